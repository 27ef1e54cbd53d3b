"""Structures of tensors as vectors of float64, as SciPy's optimizers, solvers and integrators want them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reshape, as_tensor, tensor_from, view
from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest
from gradtape._src.ops.joining import concat

Vector = np.ndarray


class Packing:
    """A structure of tensors and variables, and its conversion to and from vectors of float64; see `pack`.

    Functions that it creates take vectors. They assign the values of a vector to the variables of the structure, and
    call a program's function with the structure, of variables and tensors as it was given.

    Args:
      structure: see `pack`.

    Attributes:
      size: the number of elements.
      vector: the vector of the values that the variables have now; of tensors, those that they were given with.

    Raises:
      TypeError: a tensor of the structure is not floating.
      ValueError, InvalidArgumentError: a part of the structure cannot be converted to a tensor of numbers.

    Example:
      >>> packing = tf.interop.scipy.pack({"a": tf.Variable(1.0), "b": tf.Variable([2.0, 3.0])})
      >>> packing.size, packing.vector
      (3, array([1., 2., 3.]))
    """

    def __init__(self, structure: Any) -> None:
        self._structure = structure
        self._parts = [part if isinstance(part, BaseVariable) else as_tensor(part) for part in nest.flatten(structure)]
        for part in self._parts:
            if not part.dtype.is_floating:
                raise TypeError(f"packed tensors must be floating, not {part.dtype.name}")
        self._sizes = [math.prod(part.shape) for part in self._parts]

    @property
    def size(self) -> int:
        """The number of elements."""
        return sum(self._sizes)

    @property
    def vector(self) -> Vector:
        """The vector of the values that the variables have now."""
        return self.pack(self._parts)

    def pack(self, structure: Any) -> Vector:
        """The vector of a structure's values.

        Args:
          structure: tensors, arrays and numbers of the shapes of the packed structure's, in its order; None means
            zeros.

        Returns:
          A new array of float64.

        Raises:
          ValueError: there are more or fewer values, or of other shapes.

        Example:
          >>> tf.interop.scipy.pack([tf.Variable(1.0), tf.Variable([2.0, 3.0])]).pack([4.0, np.array([5.0, 6.0])])
          array([4., 5., 6.])
        """
        values = nest.flatten(structure)
        if len(values) != len(self._parts):
            raise ValueError(f"there are {len(values)} values where {len(self._parts)} were packed")
        out = np.zeros(self.size)
        at = 0
        for part, value, size in zip(self._parts, values, self._sizes, strict=True):
            if value is not None:
                array = view(as_tensor(value))
                if array.shape != tuple(part.shape):
                    raise ValueError(f"a value has shape {array.shape} where {tuple(part.shape)} was packed")
                out[at : at + size] = array.reshape(-1)
            at += size
        return out

    def unpack(self, vector: Any) -> Any:
        """Converts a vector to the structure of tensors.

        Args:
          vector: of shape [size].

        Returns:
          A structure like the packed one, of tensors of its shapes and dtypes.

        Raises:
          ValueError: the vector has another size.

        Example:
          >>> tf.interop.scipy.pack({"a": tf.Variable([1.0, 2.0])}).unpack([3.0, 4.0])["a"].numpy()
          array([3., 4.], dtype=float32)
        """
        return nest.pack_sequence_as(self._structure, self._tensors(vector))

    def _tensors(self, vector: Any) -> list[Tensor]:
        array = np.asarray(held(vector), np.float64)
        if array.shape != (self.size,):
            raise ValueError(f"a vector has shape {array.shape} where ({self.size},) was packed")
        ends = np.cumsum(self._sizes)
        return [
            tensor_from(array[end - size : end].reshape(tuple(part.shape)), part.dtype)
            for part, size, end in zip(self._parts, self._sizes, ends, strict=True)
        ]

    def assign(self, vector: Any) -> None:
        """Assigns the values of a vector to the variables.

        Args:
          vector: of shape [size].

        Raises:
          ValueError: the vector has another size.

        Example:
          >>> v = tf.Variable([1.0, 2.0])
          >>> tf.interop.scipy.pack(v).assign([3.0, 4.0])
          >>> v.numpy()
          array([3., 4.], dtype=float32)
        """
        self._place(self._tensors(vector))

    def _place(self, tensors: list[Tensor]) -> Any:
        """The structure with values: variables, assigned to, and tensors."""
        placed = []
        for part, tensor in zip(self._parts, tensors, strict=True):
            if isinstance(part, BaseVariable):
                part.assign(tensor)
            placed.append(part if isinstance(part, BaseVariable) else tensor)
        return nest.pack_sequence_as(self._structure, placed)

    def _recorded(self, function: Callable[[Any], Any], vector: Any) -> tuple[GradientTape, list[Any], Any]:
        """A tape that has seen function(structure), what it watches, and the result."""
        structure = self._place(self._tensors(vector))
        sources = nest.flatten(structure)
        with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(sources)
            result = function(structure)
        return tape, sources, result

    def value_and_gradient(self, loss: Callable[[Any], Any]) -> Callable[[Vector], tuple[float, Vector]]:
        """A loss and its gradient as a function of vectors, for `scipy.optimize.minimize(..., jac=True)`.

        Args:
          loss: a function of the structure that returns a scalar. It may be compiled by `tf.function`.

        Returns:
          A function from a vector to the loss, a float, and the gradient, a vector; zeros for what it does not depend
          on. It raises ValueError where the loss is not a scalar.

        Example:
          >>> from scipy.optimize import minimize
          >>> v = tf.Variable([0.0, 0.0])
          >>> packing = tf.interop.scipy.pack(v)
          >>> loss = packing.value_and_gradient(lambda v: tf.reduce_sum((v - [1.0, 2.0]) ** 2))
          >>> found = minimize(loss, packing.vector, jac=True, method="L-BFGS-B")
          >>> packing.assign(found.x)
          >>> v.numpy().round(3)
          array([1., 2.], dtype=float32)
        """

        def evaluate(vector: Vector) -> tuple[float, Vector]:
            tape, sources, result = self._recorded(loss, vector)
            value = as_tensor(result)
            if value.shape.rank:
                raise ValueError(f"a loss is a scalar, and this one has shape {tuple(value.shape)}")
            gradients = tape.gradient(result, sources) if isinstance(result, Tensor | BaseVariable) else None
            gradient = np.zeros(self.size) if gradients is None else self.pack(gradients)
            return float(view(value)), gradient

        return evaluate

    def hessian_product(self, loss: Callable[[Any], Any]) -> Callable[[Vector, Vector], Vector]:
        """A loss' Hessian times a vector, for `scipy.optimize.minimize(..., hessp=...)`.

        Args:
          loss: a function of the structure that returns a scalar.

        Returns:
          A function from two vectors, the point and the direction, to a vector.

        Example:
          >>> packing = tf.interop.scipy.pack(tf.Variable([1.0, 2.0]))
          >>> packing.hessian_product(lambda v: tf.reduce_sum(v**3))(packing.vector, [1.0, 10.0])
          array([  6., 120.])
        """

        def product(vector: Vector, direction: Vector) -> Vector:
            structure = self._place(self._tensors(vector))
            sources, along = nest.flatten(structure), self._tensors(direction)
            with GradientTape(watch_accessed_variables=False) as outer:
                outer.watch(sources)
                with GradientTape(watch_accessed_variables=False) as inner:
                    inner.watch(sources)
                    result = loss(structure)
                slopes = inner.gradient(result, sources)
            pairs = [(slope, part) for slope, part in zip(slopes, along, strict=True) if slope is not None]
            if not pairs:
                return np.zeros(self.size)
            targets, weights = map(list, zip(*pairs, strict=True))
            return self.pack(outer.gradient(targets, sources, output_gradients=weights))

        return product

    def function(self, function: Callable[[Any], Any]) -> Callable[[Vector], Vector]:
        """A function of the structure as one from vectors to vectors.

        It is for `scipy.optimize.root` and `least_squares`, or the derivative in `scipy.integrate.solve_ivp`.

        Args:
          function: a function of the structure that returns a tensor or a structure of them.

        Returns:
          A function from a vector to the values of the result one after the other, a vector.

        Example:
          >>> packing = tf.interop.scipy.pack([tf.Variable(1.0), tf.Variable([2.0])])
          >>> packing.function(lambda parts: [parts[1] * 2.0, parts[0]])([3.0, 4.0])
          array([8., 3.])
        """

        def evaluate(vector: Vector) -> Vector:
            return view(_flat(function(self._place(self._tensors(vector))))).copy()

        return evaluate

    def jacobian(self, function: Callable[[Any], Any]) -> Callable[[Vector], np.ndarray]:
        """The Jacobian of what `function` makes of a program's function, for the same SciPy functions.

        Args:
          function: a function of the structure that returns a tensor or a structure of them.

        Returns:
          A function from a vector to a matrix of as many rows as the result has elements.

        Example:
          >>> packing = tf.interop.scipy.pack(tf.Variable([1.0, 2.0]))
          >>> packing.jacobian(lambda v: [v * v, tf.reduce_sum(v)])(packing.vector)
          array([[2., 0.],
                 [0., 4.],
                 [1., 1.]])
        """

        def evaluate(vector: Vector) -> np.ndarray:
            tape, sources, result = self._recorded(lambda structure: _flat(function(structure)), vector)
            blocks = tape.jacobian(result, sources)
            rows = result.shape[0]
            parts = [
                np.zeros((rows, size)) if block is None else view(as_tensor(block)).reshape(rows, size)
                for block, size in zip(blocks, self._sizes, strict=True)
            ]
            return np.concatenate([*parts, np.zeros((rows, 0))], axis=1, dtype=np.float64)

        return evaluate


def _flat(result: Any) -> Tensor:
    """The values of a result one after the other, in float64."""
    parts = [apply_reshape(apply_cast(part, dtypes.float64), (-1,)) for part in nest.flatten(result)]
    return parts[0] if len(parts) == 1 else concat(parts, axis=0)


def pack(structure: Any) -> Packing:
    """Prepares a structure of variables and tensors for SciPy, which knows vectors of float64 alone.

    Args:
      structure: floating variables, tensors or values convertible to them, in nested lists, tuples and dicts, such as a
        model's `trainable_variables`.

    Returns:
      A `Packing`: its `vector` is where to start; `value_and_gradient`, `hessian_product`, `function` and `jacobian`
      make of a program's functions what SciPy calls; `assign` and `unpack` bring the result back.

    Raises:
      TypeError: something in it is not floating.

    Example:
      >>> from scipy.optimize import root
      >>> packing = tf.interop.scipy.pack(tf.constant([1.0, 1.0], tf.float64))
      >>> equations = lambda v: [v[0] ** 2 - 2.0, v[0] * v[1] - 1.0]
      >>> found = root(packing.function(equations), packing.vector, jac=packing.jacobian(equations))
      >>> packing.unpack(found.x).numpy().round(4)
      array([1.4142, 0.7071])
    """
    return Packing(structure)
