"""Workloads: the same step written for every peer, and the numbers it must produce."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np


class Run(NamedTuple):
    """A peer's prepared step: `step` is timed, `result` returns the numbers that all peers must agree on."""

    step: Callable[[], Any]
    result: Callable[[], Any]


Setup = Callable[..., Run]


@dataclass(frozen=True)
class Workload:
    """One row of the tables.

    `peers` maps a peer's name to its setup, called with `arguments` for timing, and with `check` overriding them (such
    as a learning rate at which gradients show) for the comparison after `check_steps` steps with the peer named
    `reference`: NumPy written by hand unless stated otherwise.
    """

    name: str
    title: str
    peers: Mapping[str, Setup]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    check: Mapping[str, Any] = field(default_factory=dict)
    check_steps: int = 3
    tolerance: float = 1e-4
    reference: str = "numpy"

    def setup(self, peer: str) -> Run:
        """The peer's run, as timed."""
        return self.peers[peer](**self.arguments)

    def values(self, peer: str) -> list[np.ndarray]:
        """The peer's numbers, for comparison."""
        run = self.peers[peer](**{**self.arguments, **self.check})
        for _ in range(self.check_steps):
            run.step()
        result = run.result()
        return [as_array(value) for value in (result if isinstance(result, (tuple, list)) else [result])]

    def disagreement(self, values: list[np.ndarray], expected: list[np.ndarray]) -> str | None:
        """How `values` differ from `expected` by more than `tolerance` of an array's largest magnitude; None if not."""
        if len(values) != len(expected):
            return f"{len(values)} results instead of {len(expected)}"
        for index, (value, wanted) in enumerate(zip(values, expected, strict=True)):
            if value.shape != wanted.shape:
                return f"result {index} has shape {value.shape} instead of {wanted.shape}"
            error = float(np.max(np.abs(value - wanted), initial=0.0))
            scale = float(np.max(np.abs(wanted), initial=0.0))
            if not error <= self.tolerance * scale:
                return f"result {index} is off by {error:.3g} where values reach {scale:.3g}"
        return None


def as_array(value: Any) -> np.ndarray:
    """Converts a peer's tensor to a NumPy array."""
    if hasattr(value, "detach"):
        value = value.detach()
    return np.array(value.numpy() if hasattr(value, "numpy") else value)


def tensorflow_family(program: Callable[..., Run]) -> dict[str, Setup]:
    """The peers that run one TensorFlow program: gradtape and TensorFlow, eager and under tf.function.

    `program(tf, **arguments)` is the program; the peers differ in the module that is passed to it.
    """

    def eager(module: str) -> Setup:
        return lambda **arguments: program(import_module(module), **arguments)

    def compiled(module: str, **options: Any) -> Setup:
        def setup(**arguments: Any) -> Run:
            tf = import_module(module)
            run = program(tf, **arguments)
            step = tf.function(run.step, **options)
            return Run(step, step if run.result is run.step else run.result)

        return setup

    return {
        "gradtape": eager("gradtape"),
        "gradtape.function": compiled("gradtape"),
        "tensorflow": eager("tensorflow"),
        "tf.function": compiled("tensorflow"),
        "tf.function-jit": compiled("tensorflow", jit_compile=True),
    }
