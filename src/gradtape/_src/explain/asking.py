"""Arguments of explain and diagnose: a tape that has not been used up, targets, sources and cotangents in the
structures that `gradient` takes."""

from __future__ import annotations

from typing import Any

from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest
from gradtape._src.core.records import opened, opened_like


def require_usable(tape: GradientTape, what: str) -> None:
    """Raises RuntimeError if a tape was used up."""
    if tape._spent:
        raise RuntimeError(
            "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians), and this "
            f"one has returned them, or never recorded. Call {what} before gradient, or create it with persistent=True."
        )


def flattened(structure: Any, role: str, what: str) -> list[Any]:
    """Flattens the targets or sources, as for `gradient`; TypeError if they are neither tensors nor
    variables."""
    flat = [structure] if isinstance(structure, Tensor | BaseVariable) else nest.flatten(opened(structure))
    for item in flat:
        if not isinstance(item, Tensor | BaseVariable):
            raise TypeError(
                f"A {role} of GradientTape.{what} must be a tf.Tensor or tf.Variable, got {item!r} of type "
                f"{type(item).__name__}."
            )
    if not flat:
        raise ValueError(f"GradientTape.{what} was given no {role}.")
    return flat


def flattened_seeds(target: Any, output_gradients: Any) -> list[Any]:
    """The initial cotangents of targets, None for ones, in a structure opened_like theirs."""
    return [] if output_gradients is None else nest.flatten(opened_like(opened(target), output_gradients))
