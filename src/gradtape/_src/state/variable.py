"""Variable: a named, assignable tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.ops.rows import sums_of_rows
from gradtape._engine.record.primitive import as_effect, effect_kind
from gradtape._engine.state.variable import BaseVariable, with_operators
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Reference, Tensor, variables_are
from gradtape._src.core import errors, nest, replication
from gradtape._src.core.operands import NUMERIC, dims_text, index_array, not_allowed
from gradtape._src.core.replication import VariableAggregation, VariableSynchronization
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import DTypeLike, ShapeLike, TensorLike
from gradtape._src.ops.gathering import gather, gather_nd
from gradtape._src.state.naming import name_prefix

_WRITES = effect_kind("writes")


@variables_are
@with_operators
class Variable(BaseVariable):
    """A value that can be assigned to; trainable ones are watched by tapes.

    Args:
      initial_value: the value, or a callable that returns it.
      trainable: whether tapes watch it by themselves; True unless said otherwise.
      name: its name, "Variable" unless given.
      dtype: its dtype, the value's own unless given.
      constraint: kept as an attribute; optimizers do not apply it.
      shape: a shape that every value must have; sizes that it leaves open may change with each assignment.
      synchronization: when the values of a strategy's replicas become one, a `tf.VariableSynchronization`; what does
        when it is read is not trainable unless said otherwise.
      aggregation: how they become one, a `tf.VariableAggregation`.
      validate_shape, caching_device, variable_def, import_scope: not used.
      experimental_enable_variable_lifting: not used.

    Raises:
      ValueError: no initial value, or one of another shape; no such synchronization or aggregation.

    Example:
      >>> w = tf.Variable([1.0, 2.0], name="w")
      >>> with tf.GradientTape() as tape:
      ...     loss = tf.reduce_sum(w * w)
      >>> w.assign_sub(0.25 * tape.gradient(loss, w)).numpy()
      array([0.5, 1. ], dtype=float32)
    """

    constraint: Any = None
    synchronization = VariableSynchronization.AUTO
    aggregation = VariableAggregation.NONE

    def __init__(
        self,
        initial_value: TensorLike | Callable[[], TensorLike] | None = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: DTypeLike | None = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: ShapeLike | None = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
                "`variable_def`. "
                "You provided neither."
            )
        try:
            value = as_tensor(initial_value() if callable(initial_value) else initial_value, dtype)
        except errors.TextOperand:
            message = "Variables hold numbers. Keep text in an attribute of Python's, which is assigned to like one"
            raise errors.UnimplementedError(None, None, message) from None
        wanted = None if shape is None else TensorShape(shape)
        if wanted is not None and not value.shape.is_compatible_with(wanted):
            raise ValueError(
                f"In this `tf.Variable` creation, the initial value's shape ({value.shape}) is not compatible with "
                f"the explicitly supplied `shape` argument ({shape})."
            )
        open_shape = wanted if wanted is not None and not wanted.is_fully_defined() else None
        if not isinstance(name, str | None):
            raise ValueError("name for name_scope must be a string.")
        scoped = name_prefix() + ("Variable" if name is None else name)
        if synchronization is not None or aggregation is not None:
            self._combine(synchronization, aggregation, name)
        if trainable is None:
            trainable = self.synchronization is not VariableSynchronization.ON_READ
        if replication.several:
            value = replication.initial_value(value, scoped)
        self._initialise(value, bool(trainable), scoped, open_shape)
        if replication.several:
            self._replicate(replication.replicated())
        if constraint is not None:
            if not callable(constraint):
                raise ValueError(
                    f"Argument `constraint` must be None or a callable. a callable. Got a {type(constraint)}:  "
                    f"{constraint}"
                )
            # Otherwise the class's does, and the variable needs no attributes of its own.
            self.constraint = constraint

    def _combine(self, synchronization: Any, aggregation: Any, name: str | None) -> None:
        """Says when and how the replicas' values become one."""
        for what, kind, given in (
            ("synchronization", VariableSynchronization, synchronization),
            ("aggregation", VariableAggregation, aggregation),
        ):
            try:
                found = getattr(type(self), what) if given is None else kind(given)
            except ValueError:
                raise ValueError(f"Invalid variable {what} mode: {given} for variable: {name}") from None
            setattr(self, what, found)
        if self.synchronization is VariableSynchronization.NONE and replication.current() is not None:
            raise ValueError(
                "`NONE` variable synchronization mode is not supported with tf.distribute strategy. Please change the "
                f"`synchronization` for variable: {name}"
            )

    def _replicate(self, strategy: Any) -> None:
        """Makes the variable one of a strategy's replicas, or of none."""
        if strategy is None:
            return
        if self.synchronization is VariableSynchronization.AUTO:
            self.synchronization = VariableSynchronization.ON_WRITE
        on_read = self.synchronization is VariableSynchronization.ON_READ
        if type(self) is Variable and (on_read or self.aggregation is not VariableAggregation.NONE):
            from gradtape._src.state.replicated import ReplicatedVariable  # read when first used

            self.__class__ = ReplicatedVariable
            self._replicate(strategy)

    def ref(self) -> Reference[Variable]:
        """A hashable reference to the variable, for sets and keys of dicts.

        Returns:
          A reference, whose `deref()` gives the variable back.

        Example:
          >>> v = tf.Variable(1.0)
          >>> {v.ref(): "v"}[v.ref()], v.ref().deref() is v
          ('v', True)
        """
        return Reference(self)

    experimental_ref = ref

    def __copy__(self) -> Variable:
        # A copy shares the value with the original, assignments included.
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        copied = type(self)(
            self.numpy(),
            self.trainable,
            name=self.name.removesuffix(":0"),
            constraint=self.constraint,
            synchronization=self.synchronization,
            aggregation=self.aggregation,
        )
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.numpy(), self.trainable, self.name.removesuffix(":0"), self.constraint)

    def is_initialized(self, name: str | None = None) -> Tensor:
        """True: a variable has its value from the start.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A bool tensor without axes.

        Example:
          >>> tf.Variable(1.0).is_initialized().numpy()
          np.True_
        """
        return as_tensor(True)

    @property
    def initializer(self) -> None:
        """None: a variable is initialised as it is made."""
        return None

    def load(self, value: Any, session: Any = None) -> None:
        """Assigns a value, as programs with sessions write it.

        Args:
          value: a value of the variable's shape, which converts to its dtype.
          session: not used.

        Raises:
          ValueError: the value has another shape or dtype.

        Example:
          >>> v = tf.Variable(1.0)
          >>> v.load(2.0)
          >>> v.numpy()
          np.float32(2.0)
        """
        self.assign(value)

    def count_up_to(self, limit: int) -> Tensor:
        """Adds 1 to an integer scalar, until it is the limit.

        Args:
          limit: the value that it does not go beyond.

        Returns:
          A tensor without axes: the value from before.

        Raises:
          OutOfRangeError: the value is the limit.
          InvalidArgumentError: the variable is not an int32 or int64 without axes.

        Example:
          >>> v = tf.Variable(1)
          >>> v.count_up_to(3).numpy(), v.numpy()
          (np.int32(1), np.int32(2))
        """
        value = self.read_value()
        if value.dtype.name not in ("int32", "int64"):
            raise not_allowed("CountUpTo", value.dtype, "int32, int64")
        if value.ndim:
            raise errors.invalid_argument("CountUpTo", f"input is not a scalar: {dims_text(value.shape)}", None)
        if int(value) >= limit:
            raise errors.from_op(errors.OutOfRangeError, "CountUpTo", f"Reached limit of {limit}")
        before = as_tensor(value.numpy())
        self.assign_add(1)
        return before

    def set_shape(self, shape: TensorShape | Sequence[int | None]) -> None:
        """Checks that the variable has this shape.

        Args:
          shape: the shape, in which None stands for any size.

        Raises:
          ValueError: it has another one.

        Example:
          >>> tf.Variable([1.0, 2.0]).set_shape([None])
        """
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"Shapes {self.shape} and {tuple(shape)} are not compatible")

    # Parts of it

    def _assign_part(self, key: Any, value: Any, name: str | None = None) -> Variable:
        """What ``self[key].assign(value)`` does: sets the part at a key to a value that broadcasts to it."""
        return as_effect(_WRITES, self._put_part, key, as_tensor(value, self.dtype), writes=[self])

    def _put_part(self, key: Any, value: Tensor) -> Variable:
        from gradtape._src.ops.indexing import plain_key

        array, part = np.array(self.numpy()), as_tensor(value, self.dtype)
        place = plain_key(key)
        wanted = array[place].shape
        values = np.asarray(held(part))
        # Axes of size 1 in front of those of the part say nothing.
        while values.ndim > len(wanted) and len(values) == 1:
            values = values[0]
        if values.ndim > len(wanted) or not _fills(values.shape, wanted):
            raise errors.invalid_argument(
                "ResourceStridedSliceAssign",
                f"Cannot broadcast input shape {dims_text(part.shape)} into final shape {dims_text(wanted)}",
                "strided_slice/_assign",
            )
        array[place] = values
        return self.assign(array)

    def sparse_read(self, indices: TensorLike, name: str | None = None) -> Tensor:
        """The rows at these indices, as `tf.gather` gives them.

        Args:
          indices: whole numbers that count along the first axis.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of shape indices.shape + shape[1:].

        Raises:
          InvalidArgumentError: an index is outside.

        Example:
          >>> tf.Variable([10, 20, 30]).sparse_read([2, 0]).numpy()
          array([30, 10], dtype=int32)
        """
        return gather(self.read_value(), indices)

    def gather_nd(self, indices: TensorLike, name: str | None = None) -> Tensor:
        """The slices at these coordinates, as `tf.gather_nd` gives them.

        Args:
          indices: whole numbers of shape [..., d]: coordinates along the first d axes.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of shape indices.shape[:-1] + shape[d:].

        Raises:
          InvalidArgumentError: a coordinate is outside.

        Example:
          >>> tf.Variable([[1, 2], [3, 4]]).gather_nd([[1, 0]]).numpy()
          array([3], dtype=int32)
        """
        return gather_nd(self.read_value(), indices)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Adds to rows; to one that is listed more than once, all of them.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_add(tf.IndexedSlices(tf.constant([1.0, 2.0]), [2, 0])).numpy()
          array([12., 20., 31.], dtype=float32)
        """
        return self._scatter("ResourceScatterAdd", _ADD, sparse_delta)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Subtracts from rows; from one that is listed more than once, all of them.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_sub(tf.IndexedSlices(tf.constant([1.0, 2.0]), [2, 0])).numpy()
          array([ 8., 20., 29.], dtype=float32)
        """
        return self._scatter("ResourceScatterSub", _SUBTRACT, sparse_delta)

    def scatter_max(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Raises elements of rows to the given ones where they are less.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_max(tf.IndexedSlices(tf.constant([50.0, 5.0]), [2, 0])).numpy()
          array([10., 20., 50.], dtype=float32)
        """
        return self._scatter("ResourceScatterMax", np.maximum.at, sparse_delta)

    def scatter_min(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Lowers elements of rows to the given ones where they are greater.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_min(tf.IndexedSlices(tf.constant([50.0, 5.0]), [2, 0])).numpy()
          array([ 5., 20., 30.], dtype=float32)
        """
        return self._scatter("ResourceScatterMin", np.minimum.at, sparse_delta)

    def scatter_mul(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Multiplies rows; one that is listed more than once, by all of them.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_mul(tf.IndexedSlices(tf.constant([2.0, 3.0]), [2, 0])).numpy()
          array([30., 20., 60.], dtype=float32)
        """
        return self._scatter("ResourceScatterMul", np.multiply.at, sparse_delta)

    def scatter_div(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Divides rows; one that is listed more than once, by all of them. Integer quotients are cut towards 0.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_div(tf.IndexedSlices(tf.constant([2.0, 4.0]), [2, 0])).numpy()
          array([ 2.5, 20. , 15. ], dtype=float32)
        """
        return self._scatter("ResourceScatterDiv", _divide_at, sparse_delta)

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Replaces rows; one that is listed more than once, by the last.

        Args:
          sparse_delta: IndexedSlices of the variable's dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          TypeError: it is given no IndexedSlices.
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_update(tf.IndexedSlices(tf.constant([1.0, 2.0]), [2, 0])).numpy()
          array([ 2., 20.,  1.], dtype=float32)
        """
        return self._scatter("ResourceScatterUpdate", _put_at, sparse_delta)

    def batch_scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Replaces elements in each of a batch.

        Args:
          sparse_delta: IndexedSlices whose indices have leading axes that count along the variable's own, and a last
            axis of positions along the next axis.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: an index is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([[1, 2, 3], [4, 5, 6]])
          >>> v.batch_scatter_update(tf.IndexedSlices(tf.constant([[9], [8]]), tf.constant([[0], [2]]))).numpy()
          array([[9, 2, 3],
                 [4, 5, 8]], dtype=int32)
        """
        places = index_array(sparse_delta.indices, "ResourceScatterNdUpdate")
        before = np.indices(places.shape)[:-1]
        return self.scatter_nd_update(np.stack([*before, places], -1), sparse_delta.values)

    def scatter_nd_add(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Variable:
        """Adds to slices at coordinates.

        Args:
          indices: whole numbers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_add([[2], [0]], [1.0, 2.0]).numpy()
          array([12., 20., 31.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdAdd", _ADD, indices, updates)

    def scatter_nd_sub(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Variable:
        """Subtracts from slices at coordinates.

        Args:
          indices: whole numbers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_sub([[2], [0]], [1.0, 2.0]).numpy()
          array([ 8., 20., 29.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdSub", _SUBTRACT, indices, updates)

    def scatter_nd_max(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Variable:
        """Raises slices at coordinates to the updates where they are less.

        Args:
          indices: whole numbers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_max([[2], [0]], [50.0, 5.0]).numpy()
          array([10., 20., 50.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdMax", np.maximum.at, indices, updates)

    def scatter_nd_min(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Variable:
        """Lowers slices at coordinates to the updates where they are greater.

        Args:
          indices: whole numbers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_min([[2], [0]], [50.0, 5.0]).numpy()
          array([ 5., 20., 30.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdMin", np.minimum.at, indices, updates)

    def scatter_nd_update(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Variable:
        """Replaces slices at coordinates; of several updates of one place the last one counts.

        Args:
          indices: whole numbers of shape [..., d]: coordinates along the first d axes.
          updates: a tensor of the variable's dtype and of shape indices.shape[:-1] + shape[d:].
          name: not used; TensorFlow names operations by it.

        Returns:
          The variable.

        Raises:
          InvalidArgumentError: a coordinate is outside, or the shapes do not match.

        Example:
          >>> v = tf.Variable([10.0, 20.0, 30.0])
          >>> v.scatter_nd_update([[2], [0]], [1.0, 2.0]).numpy()
          array([ 2., 20.,  1.], dtype=float32)
        """
        return self._scatter_nd("ResourceScatterNdUpdate", _put_at, indices, updates)

    def _scatter(self, op: str, change: Callable[..., Any], sparse_delta: Any) -> Variable:
        if not hasattr(sparse_delta, "indices") or not hasattr(sparse_delta, "values"):
            raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}")
        self._check_dtype(op, "dtype")
        given = as_tensor(sparse_delta.indices), as_tensor(sparse_delta.values, self.dtype)
        return as_effect(_WRITES, self._put_rows, op, change, *given, writes=[self])

    def _put_rows(self, op: str, change: Callable[..., Any], places: Tensor, values: Tensor) -> Variable:
        indices, updates = index_array(places, op), np.asarray(held(values))
        shape = self.read_value().shape
        if updates.ndim and updates.shape[: indices.ndim] != indices.shape:
            raise errors.invalid_argument(
                op,
                f"The shape of indices ({dims_text(indices.shape)}) must be a prefix of the shape of updates "
                f"({dims_text(updates.shape)})",
            )
        if not shape.rank or (updates.ndim and updates.shape != (*indices.shape, *shape[1:])):
            found = [dims_text(sizes) for sizes in (updates.shape, indices.shape, shape)]
            raise errors.invalid_argument(
                op,
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape "
                f"{found[0]}, indices.shape {found[1]}, params.shape {found[2]}",
            )
        outside = (indices < 0) | (indices >= shape[0])
        if outside.any():
            place = _first(outside)
            text = dims_text(place) if indices.ndim else ""
            raise errors.invalid_argument(op, f"indices{text} = {indices[place]} is not in [0, {shape[0]})")
        return self._change(op, change, (indices,), updates)

    def _scatter_nd(self, op: str, change: Callable[..., Any], indices: Any, updates: Any) -> Variable:
        self._check_dtype(op, "T")
        given = as_tensor(indices), as_tensor(updates, self.dtype)
        return as_effect(_WRITES, self._put_slices, op, change, *given, writes=[self])

    def _put_slices(self, op: str, change: Callable[..., Any], indices: Tensor, updates: Tensor) -> Variable:
        places, values = index_array(indices, op), np.asarray(held(updates))
        shape = tuple(self.read_value().shape)
        if places.ndim == 0:
            raise errors.invalid_argument(op, "Indices shape must have rank at least one. Found:[]")
        count, depth = places.ndim - 1, places.shape[-1]
        if values.shape[:count] != places.shape[:-1]:
            raise errors.invalid_argument(
                op,
                f"Dimensions [0,{count}) of indices[shape={dims_text(places.shape)}] must match dimensions "
                f"[0,{count}) of updates[shape={dims_text(values.shape)}]",
            )
        if depth > len(shape) or values.shape[count:] != shape[depth:]:
            raise errors.invalid_argument(
                op,
                f"Dimensions [{depth},{len(shape)}) of input[shape={dims_text(shape)}] must match dimensions "
                f"[{count},{values.ndim}) of updates[shape={dims_text(values.shape)}]",
            )
        outside = np.asarray(((places < 0) | (places >= np.asarray(shape[:depth], np.int64))).any(-1))
        if outside.any():
            place = _first(outside)
            text = dims_text(place) if outside.ndim else ""
            coordinates = ", ".join(map(str, places[place].tolist()))
            raise errors.invalid_argument(
                op, f"indices{text} = [{coordinates}] does not index into shape {dims_text(shape)}"
            )
        return self._change(op, change, tuple(np.moveaxis(places, -1, 0)), values)

    def _check_dtype(self, op: str, attribute: str) -> None:
        if self.dtype.is_bool and not op.endswith("Update"):
            raise not_allowed(op, self.dtype, NUMERIC, attribute)

    def _change(
        self, op: str, change: Callable[..., Any], places: tuple[np.ndarray, ...], updates: np.ndarray
    ) -> Variable:
        """Applies a change at places, one array of indices per leading axis."""
        if places and change in (_ADD, _SUBTRACT):
            return self.assign(self._with_added(places, -updates if change is _SUBTRACT else updates))
        array = np.array(self.numpy())
        if change is _divide_at and array.dtype.kind != "f" and not updates.all():
            raise errors.invalid_argument(op, "updates must not contain 0")
        change(array, places, updates)
        return self.assign(array)

    def _with_added(self, places: tuple[np.ndarray, ...], updates: np.ndarray) -> Tensor:
        """The value with updates added one after the other, as sums of rows."""
        before, depth = self.read_value(), len(places)
        shape = tuple(before.shape)
        rows = np.ravel_multi_index(places, shape[:depth]) if places[0].size else np.zeros(places[0].shape, np.int64)
        values = tensor_from(np.broadcast_to(updates, (*rows.shape, *shape[depth:])), self.dtype)
        return sums_of_rows(values, np.asarray(rows, np.int64), shape, before)


# Held once: every asking makes another of the same.
_ADD, _SUBTRACT = np.add.at, np.subtract.at


def _first(found: np.ndarray) -> tuple[Any, ...]:
    """Where the first true element is."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(found)), found.shape))


def _fills(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a value of this shape broadcasts to the wanted one."""
    return all(size in (1, whole) for size, whole in zip(reversed(shape), reversed(wanted), strict=False))


def _put_at(array: np.ndarray, places: Any, updates: np.ndarray) -> None:
    array[places] = updates


def _divide_at(array: np.ndarray, places: Any, updates: np.ndarray) -> None:
    if array.dtype.kind == "f":
        np.divide.at(array, places, updates)
        return
    # An index may occur more than once: each quotient is that of the one before, cut towards 0.
    for place in np.ndindex(places[0].shape):
        row = tuple(axis[place] for axis in places)
        divisor = updates[place] if updates.ndim else updates
        array[row] = (array[row] - np.fmod(array[row], divisor)) // divisor


def _restore(value: np.ndarray, trainable: bool, name: str, constraint: Any = None) -> Variable:
    return Variable(value, trainable, name=name, constraint=constraint)


nest.register_leaf(Variable)
