"""Runs programs compiled: wrapped in `tf.function`, with each call compared with eager execution bit by bit.

A program creates its constants and variables itself. To let them change between calls, like a training step's operands,
it is passed a library whose n-th constant and n-th variable are those of the eager run: constants are the
compiled function's arguments, and variables are created once and reset at each call.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import gradtape
from neutral import neutral

MADE = "tf.function only supports singleton tf.Variables created on the first call"


class Optimizers:
    """The library's optimizers; the n-th one that a program creates is kept."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs

    def __getattr__(self, name: str) -> Any:
        found = getattr(gradtape.optimizers, name)
        return (lambda *args, **kwargs: self.inputs.optimizer(found, *args, **kwargs)) if callable(found) else found


class Inputs:
    """The library, with a program's constants, variables and optimizers replaced from outside."""

    def __init__(self) -> None:
        self.constants: list[Any] = []
        self.variables: list[tuple[Any, Any]] = []
        self.kept: list[Any] = []
        self.given: list[Any] | None = None
        self.calls = [0, 0, 0]
        self.optimizers = Optimizers(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(gradtape, name)

    def begin(self, given: list[Any] | None) -> None:
        """Starts a call; without given constants they are recorded."""
        self.given, self.calls = given, [0, 0, 0]
        if given is not None:
            for variable, start in self.variables:
                variable.assign(start)
            for optimizer, known in self.kept:
                for variable in optimizer.variables:
                    variable.assign(known.get(id(variable), gradtape.zeros_like(variable)))

    def next(self, which: int) -> int:
        self.calls[which] += 1
        return self.calls[which] - 1

    def constant(self, *args: Any, **kwargs: Any) -> Any:
        """`tf.constant`: recorded, or replaced by the given one."""
        made = gradtape.constant(*args, **kwargs)
        place = self.next(0)
        if self.given is None:
            self.constants.append(made)
        elif place < len(self.given) and fits(self.given[place], made):
            return self.given[place]
        return made

    def Variable(self, *args: Any, **kwargs: Any) -> Any:
        """`tf.Variable`: created once."""
        place = self.next(1)
        if self.given is not None and place < len(self.variables):
            return self.variables[place][0]
        made = gradtape.Variable(*args, **kwargs)
        self.variables.append((made, gradtape.convert_to_tensor(made)))
        return made

    def optimizer(self, kind: Any, *args: Any, **kwargs: Any) -> Any:
        """An optimizer: created once, and reset at the start of each call."""
        place = self.next(2)
        if place == len(self.kept):
            made = kind(*args, **kwargs)
            self.kept.append((made, {id(variable): variable.value() for variable in made.variables}))
        return self.kept[place][0]


@dataclasses.dataclass
class Slot:
    """The place of a tensor in a result."""

    place: int


def fits(tensor: Any, other: Any) -> bool:
    return tensor.dtype == other.dtype and tensor.shape == other.shape


def changed(tensor: Any) -> Any:
    """A tensor of other values with the same signs."""
    return gradtape.convert_to_tensor(tensor.numpy() * 1.25, tensor.dtype) if tensor.dtype.is_floating else tensor


def bits(value: Any) -> Any:
    """A result as bits."""
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.kind == "f":  # which of two operands' NaNs a processor returns is unspecified
            value = np.where(np.isnan(value), value.dtype.type(np.nan), value)
        return (value.dtype.str, value.shape, value.tobytes() if value.dtype.kind != "O" else value.tolist())
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, Mapping):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [bits(item) for item in value]
    return value


def compiled_as_eager(program: Callable[[Any], Any]) -> bool:
    """Asserts that a program gives the same results compiled and eagerly: traced, replayed, fused, on other constants.

    Returns whether it can be compiled: like TensorFlow, tf.function rejects programs that create variables per call.
    """
    library = Inputs()
    library.begin(None)
    outcome(lambda: program(library))
    first = list(library.constants)
    other = [changed(tensor) for tensor in first]
    skeletons: list[Any] = []

    @gradtape.function
    def compiled(given: list[Any]) -> Any:
        library.given = given
        tensors: list[Any] = []
        skeletons.append(separated(program(library), tensors))
        return len(skeletons) - 1, tensors

    def repeated(given: list[Any]) -> Any:
        library.begin(given)
        place, tensors = compiled(given)
        return filled(skeletons[int(place)], tensors)

    def eager(given: list[Any]) -> Any:
        library.begin(given)
        tensors: list[Any] = []
        skeleton = separated(program(library), tensors)
        return filled(skeleton, tensors)

    expected = [outcome(lambda: eager(given)) for given in (first, other)]  # noqa: B023
    for place in (0, 0, 0, 1, 0, 1):
        actual = outcome(lambda: repeated((first, other)[place]))  # noqa: B023
        if str(actual[1]).startswith(MADE):
            return False
        assert actual == expected[place], f"eagerly {expected[place]}\ncompiled {actual}"
    return True


def separated(value: Any, tensors: list[Any]) -> Any:
    """A result in plain terms, and its tensors separately."""
    if type(value).__name__ == "IndexedSlices":
        return {"values": separated(value.values, tensors), "indices": separated(value.indices, tensors)}
    if type(value).__name__ == "StringTensor":
        return ["text", value.numpy()]
    if isinstance(value, gradtape.Tensor | gradtape.Variable):
        tensors.append(gradtape.convert_to_tensor(value))
        return Slot(len(tensors) - 1)
    if isinstance(value, Mapping):
        return {key: separated(item, tensors) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(separated(item, tensors) for item in value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: separated(getattr(value, field.name), tensors) for field in dataclasses.fields(value)}
    return neutral(value) if isinstance(value, str) else value


def filled(skeleton: Any, tensors: list[Any]) -> Any:
    """The same with the tensors' values."""
    if isinstance(skeleton, Slot):
        value = tensors[skeleton.place]
        return value.dtype.name, value.numpy()
    if isinstance(skeleton, dict):
        return {key: filled(item, tensors) for key, item in skeleton.items()}
    return [filled(item, tensors) for item in skeleton] if isinstance(skeleton, list) else skeleton


def outcome(call: Callable[[], Any]) -> Any:
    """A call's result as bits, or its exception."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            return "", bits(call())
        except Exception as error:
            return type(error).__name__, neutral(str(error))
