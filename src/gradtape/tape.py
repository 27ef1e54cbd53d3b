"""GradientTape: the compiled tape under TensorFlow's names."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradtape import nest
from gradtape._moves import join
from gradtape._ops import (
    apply_identity,
    apply_reshape,
    apply_transpose,
    as_tensor,
    full,
)
from gradtape._tape import Tape, is_zero_unconnected
from gradtape._tensor import Tensor
from gradtape._variable import BaseVariable
from gradtape.records import opened


class UnconnectedGradients(enum.Enum):
    """What a gradient is where the target does not depend on the source."""

    NONE = "none"
    ZERO = "zero"


class GradientTape(Tape):
    """Records operations for automatic differentiation.

    Trainable variables are watched by themselves, tensors after `watch`. `gradient` may be called once, or any number
    of times on a persistent tape.

    Args:
      persistent: whether `gradient` may be called more than once. What was recorded is then held until the tape is
        deleted.
      watch_accessed_variables: whether trainable variables are watched when they are read inside the block.
    """

    __slots__ = ()

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Within this block nothing is recorded on this tape; what is computed there is a constant to it.

        Raises:
          ValueError: the tape does not record.
          RuntimeError: it never did, or has given its gradients.
        """
        if self._spent:
            raise RuntimeError("Trying to stop recording a tape which is not recording.")
        if not self._recording:
            raise ValueError("Tape is not recording.")
        self._pause()
        try:
            yield
        finally:
            self._resume()

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of every element of target with respect to sources.

        Nothing is traced or compiled. The elements of target are swept together, as many as stay in cache; a reverse
        rule that is written in Python is run for each of them. An outer tape sees it all.

        Args:
          target: a tensor.
          sources: tensors or variables, or a nested structure of them.
          unconnected_gradients: None or zeros where target does not depend on a source.
          parallel_iterations: accepted as TensorFlow accepts it.
          experimental_use_pfor: likewise; False asks for a persistent tape.

        Returns:
          In sources' structure, tensors of shape target.shape + source.shape.

        Raises:
          RuntimeError: a non-persistent tape has given its gradients already, or experimental_use_pfor is False on one.
        """
        self._check_has_gradients("to compute")
        zero = is_zero_unconnected(unconnected_gradients)
        shape = tuple(target.shape)
        if not experimental_use_pfor:
            self._check_persistent(
                "the jacobian with eager execution enabled and with  experimental_use_pfor set to False."
            )
        sources = opened(sources)
        flat = nest.flatten(sources)
        target = self._readable(target)
        self._check_usable("rows")
        results = self._stacked(target, flat, shape, zero)
        if not self._persistent:
            self._release()
        return nest.pack_sequence_as(sources, results)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Tensor:
        """The Jacobian of every example, where target[i] depends on no other example than source[i].

        Args:
          target: a tensor of shape (batch, y1, ..., yn).
          source: a tensor or variable of shape (batch, x1, ..., xm).
          unconnected_gradients, parallel_iterations, experimental_use_pfor: as of `jacobian`.

        Returns:
          A tensor of shape (batch, y1, ..., yn, x1, ..., xm); zeros where target does not depend on source.

        Raises:
          ValueError: the first axes differ, or an operand has less than two.
          RuntimeError: as `jacobian`.
        """
        self._check_has_gradients("tocompute")
        is_zero_unconnected(unconnected_gradients)
        if not (
            target.shape.with_rank_at_least(2)
            and source.shape.with_rank_at_least(2)
            and target.shape[0] == source.shape[0]
        ):
            raise ValueError(
                f"Need first dimension of target shape ({target.shape}) and source shape ({source.shape}) to match."
            )
        if not experimental_use_pfor:
            self._check_persistent(
                "the batch_jacobian with eager execution enabled and  with experimental_use_pfor set to False."
            )
        batch, *inner = target.shape
        columns = target.shape.num_elements() // batch
        target = self._readable(target)
        self._check_usable("rows")
        parts = self._rows(target, [source], batch)[0] if target.dtype.is_floating else None
        if not self._persistent:
            self._release()
        shape = (batch, *inner, *source.shape[1:])
        if not parts:
            return full(shape, 0, target.dtype)
        by_column = apply_reshape(_joined(parts), (columns, batch, -1))
        return apply_reshape(apply_transpose(by_column, (1, 0, 2)), shape)

    def _jacobians(self, values: Any, sources: Any) -> Any:
        """The Jacobians of every leaf of `values`, each in sources' structure; zeros where unconnected."""
        sources = opened(sources)
        flat = nest.flatten(sources)

        def leaf(value: Any) -> Any:
            target = as_tensor(value)
            return nest.pack_sequence_as(sources, self._stacked(target, flat, tuple(target.shape), True))

        return nest.map_structure(leaf, opened(values))

    def _stacked(self, target: Tensor, sources: list[Any], shape: tuple[int, ...], zero: bool) -> list[Any]:
        """Jacobians of one target by sources."""
        found = self._rows(target, sources) if target.dtype.is_floating else [None] * len(sources)
        results: list[Any] = []
        for parts, source in zip(found, sources, strict=True):
            whole = (*shape, *source.shape)
            if parts:
                results.append(apply_reshape(_joined(parts), whole))
            else:
                empty = target.dtype.is_floating and 0 in shape
                results.append(full(whole, 0, source.dtype) if zero or empty else None)
        return results

    def _readable(self, target: Any) -> Tensor:
        """A target as a tensor; a variable's value is read as an operation of this tape."""
        if not isinstance(target, BaseVariable):
            return as_tensor(target)
        recording = self._recording
        if not recording:
            self._resume()
        try:
            return apply_identity(as_tensor(target))
        finally:
            if not recording:
                self._pause()

    def _check_has_gradients(self, words: str) -> None:
        if self._spent:
            raise RuntimeError(
                f"A non-persistent GradientTape can only be used {words} one set of gradients (or jacobians)"
            )

    def _check_persistent(self, what: str) -> None:
        if not self._persistent:
            raise RuntimeError(f"GradientTape must be created with persistent=True to compute {what}")


def _joined(parts: list[Tensor]) -> Tensor:
    """Tensors one under the other."""
    return parts[0] if len(parts) == 1 else join("ConcatV2", parts, 0, False)
