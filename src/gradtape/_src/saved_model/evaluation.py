"""Functions of files, evaluated: the steps of a trace, op by op, through functions that check what they are given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradtape._engine.api.api import full, tensor_from
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import errors
from gradtape._src.core.operands import check_memory
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.function import Function
from gradtape._src.function.signature import fit
from gradtape._src.saved_model.ops import ROWS
from gradtape._src.saved_model.statics import decoded, decoded_spec, dtype_of

_ASSIGNS = ("assign", "assign_add", "assign_sub")


class Body:
    """A function of one signature.

    Args:
      node: what the file says of it.
      variables: those of the file, by number.
      constants: arrays by name.

    Raises:
      ValueError, TypeError, KeyError: the file says nothing that could be evaluated.
    """

    def __init__(self, node: Any, variables: Mapping[int, BaseVariable], constants: Mapping[str, np.ndarray]) -> None:
        self._variables, self._constants = variables, constants
        self._steps, self._result, self._least = node["steps"], node["result"], node["least"]
        self.args, self.kwargs = (_argument(part) for part in node["arguments"]["tuple"])
        self.specs: list[TensorSpec] = []
        self._places(self.args)
        self._places(self.kwargs)
        if not isinstance(self.args, tuple) or not isinstance(self.kwargs, dict):
            raise ValueError("no arguments")
        self._check()
        # Traced, so that it is repeated without Python, and its tapes see ops as they see those of the original.
        self._function = Function(self._evaluate)

    def _places(self, template: Any) -> None:
        if isinstance(template, TensorSpec):
            self.specs.append(template)
        elif isinstance(template, list | tuple | dict):
            for part in template.values() if isinstance(template, dict) else template:
                self._places(part)

    def _check(self) -> None:
        """Raises ValueError unless every step names an op, and values that stand before it."""
        count = len(self.specs)
        sizes = dict.fromkeys({axis for spec in self.specs for axis, size in enumerate(spec.shape) if size is None}, 2)
        for step in self._steps:
            op, operands, results = step["op"], step["operands"], step["results"]
            if not all(type(slot) is int and 0 <= slot < count for slot in operands) or type(results) is not int:
                raise ValueError(f"{op}: no such values")
            if op in ("read", *_ASSIGNS):
                if step["variable"] not in self._variables or len(operands) != (op != "read"):
                    raise ValueError(f"{op}: no such variable")
            elif op == "constant":
                self._constant(step, sizes)
            elif op not in ROWS or ROWS[op].operand_count not in (None, len(operands)):
                raise ValueError(f"no op {op!r} of {len(operands)} operands")
            else:
                decoded(step["static"], sizes)
            count += results if results in range(len(self._steps) + 10_000) else 0
        self._check_result(self._result, count)

    def _check_result(self, node: Any, count: int) -> None:
        if "slot" in node:
            decoded_spec(node["spec"])
            if type(node["slot"]) is not int or not 0 <= node["slot"] < count:
                raise ValueError("no such value")
        else:
            structure(node, lambda part: self._check_result(part, count))

    def _constant(self, step: Any, sizes: Mapping[int, int]) -> Any:
        dtype, shape = dtype_of(step["dtype"]), decoded(step["shape"], sizes)
        if not isinstance(shape, tuple) or not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError("no shape of a constant")
        ((way, given),) = step["value"].items()
        if way == "name":
            array = self._constants[given]
            if array.shape != shape:
                raise ValueError("a constant of another shape")
            return tensor_from(array, dtype)
        value = decoded(given, sizes)
        if way == "values":
            values = np.array(value, np.int64 if dtype.is_integer else None)
            if values.size != math.prod(shape):
                raise ValueError("a constant of another shape")
            return tensor_from(values.reshape(shape), dtype)
        if not isinstance(value, bool | int | float):
            raise ValueError("no value of a constant")
        return lambda: full(shape, value, dtype)

    def matched(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor] | None:
        """The tensors of a call; None where it does not fit the signature."""
        tensors: list[Tensor] = []
        fits = len(args) == len(self.args) and kwargs.keys() == self.kwargs.keys()
        fits = fits and all(_fits(value, one, tensors) for value, one in zip(args, self.args, strict=True))
        return (
            tensors if fits and all(_fits(kwargs[name], self.kwargs[name], tensors) for name in self.kwargs) else None
        )

    def fitted(self, values: list[Any]) -> list[Tensor]:
        """Tensors of values that are given one per spec. Raises InvalidArgumentError where one does not fit."""
        try:
            return [fit(value, spec) for value, spec in zip(values, self.specs, strict=True)]
        except TypeError as error:
            raise errors.InvalidArgumentError(None, None, f"cannot compute the signature: {error}") from None

    def __call__(self, tensors: list[Tensor]) -> Any:
        """What the function gives of tensors that fit its signature."""
        return self._function(*tensors)

    def _evaluate(self, *tensors: Tensor) -> Any:
        sizes: dict[int, int] = {}
        for tensor, spec in zip(tensors, self.specs, strict=True):
            for axis, size in enumerate(spec.shape):
                if size is None and sizes.setdefault(axis, tensor.shape[axis]) != tensor.shape[axis]:
                    raise ValueError(
                        f"axis {axis} has {sizes[axis]} elements in one argument and {tensor.shape[axis]} in another: "
                        "an exported function has one unknown size per axis"
                    )
        if sizes and self._least > 0 and min(sizes.values()) < self._least:
            raise ValueError(
                "the function was exported for any sizes but 1, with which it does something else: export it for "
                "TensorSpecs of that size too"
            )
        values = list(tensors)
        for step in self._steps:
            values.extend(self._step(step, [values[slot] for slot in step["operands"]], sizes))
        return _filled(self._result, values)

    def _step(self, step: Any, operands: list[Tensor], sizes: Mapping[int, int]) -> tuple[Tensor, ...]:
        op = step["op"]
        results: Any
        if op == "read":
            results = BaseVariable.read_value(self._variables[step["variable"]])
        elif op in _ASSIGNS:
            getattr(self._variables[step["variable"]], op)(operands[0])
            results = ()
        elif op == "constant":
            made = self._constant(step, sizes)
            if callable(made):
                check_memory(decoded(step["shape"], sizes), dtype_of(step["dtype"]))
                made = made()
            results = made
        else:
            results = ROWS[op].evaluate(tuple(operands), *decoded(step["static"], sizes))
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != step["results"]:
            raise ValueError(f"{op} gives {len(results)} results, {step['results']} were written")
        return results


def structure(node: Any, inner: Any) -> Any:
    """A structure of Python's of what JSON says."""
    if isinstance(node, dict) and len(node) == 1:
        ((kind, parts),) = node.items()
        if kind == "value":
            return decoded(parts, {})
        if kind in ("list", "tuple") and isinstance(parts, list):
            return (list if kind == "list" else tuple)([inner(part) for part in parts])
        if kind == "dict" and isinstance(parts, list) and all(len(part) == 2 for part in parts):
            return {str(name): inner(part) for name, part in parts}
    raise ValueError(f"no structure: {str(node)[:60]}")


def _argument(node: Any) -> Any:
    if isinstance(node, dict) and "spec" in node:
        return decoded_spec(node["spec"], node.get("name"))
    return structure(node, _argument)


def _filled(node: Any, values: list[Tensor]) -> Any:
    return values[node["slot"]] if "slot" in node else structure(node, lambda part: _filled(part, values))


def result_specs(node: Any) -> Any:
    """A structure with specs in place of results."""
    return decoded_spec(node["spec"]) if "slot" in node else structure(node, result_specs)


def _fits(value: Any, template: Any, tensors: list[Tensor]) -> bool:
    if isinstance(template, TensorSpec):
        try:
            tensors.append(fit(value, template))
        except (TypeError, ValueError):
            return False
        return True
    if isinstance(template, dict):
        return (
            isinstance(value, Mapping)
            and value.keys() == template.keys()
            and all(_fits(value[name], template[name], tensors) for name in template)
        )
    if isinstance(template, list | tuple):
        return (
            isinstance(value, list | tuple)
            and len(value) == len(template)
            and all(_fits(one, other, tensors) for one, other in zip(value, template, strict=True))
        )
    return type(value) is type(template) and bool(value == template)
