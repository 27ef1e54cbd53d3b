"""Sources of batches: arrays, datasets, generators and other iterables, epoch by epoch."""

from __future__ import annotations

import itertools
import math
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.tensor.sequence import held
from gradtape._src.core import nest, replication
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.keras import settings
from gradtape._src.keras.inputs import TENSORS, leaves, mapped
from gradtape._src.random import philox


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Unpacks a batch into inputs, targets and weights; None for missing ones.

    Args:
      data: the inputs, or a tuple of up to three of these.

    Returns:
      A tuple of three.

    Raises:
      ValueError: a longer tuple.

    Example:
      >>> tf.keras.utils.unpack_x_y_sample_weight((1, 2))
      (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        return (*data, None, None)[:3]
    raise ValueError(
        f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {data}"
    )


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Packs inputs, targets and weights into a batch for `fit`.

    Args:
      x: the inputs.
      y: the targets, if there are any.
      sample_weight: the weights, if there are any.

    Returns:
      A tuple, or `x` if it is alone and not a sequence.

    Example:
      >>> tf.keras.utils.pack_x_y_sample_weight(1, 2)
      (1, 2)
    """
    if y is None:
        return (x,) if isinstance(x, tuple | list) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def _setting(name: str) -> property:
    """A constructor argument of a PyDataset, which may be set."""

    def get(self: PyDataset) -> Any:
        return self._settings()[name]

    def put(self: PyDataset, value: Any) -> None:
        self._settings()[name] = value

    return property(get, put, doc="Not used.")


class PyDataset:
    """Base of datasets that return a batch by index; iterated in order, or in random order if `fit` shuffles.

    A subclass defines `__len__` (the number of batches) and `__getitem__(index)` (a batch), and may define
    `on_epoch_end()`.

    Args:
      workers, use_multiprocessing, max_queue_size: not used; batches are computed when they are needed.

    Raises:
      NotImplementedError: the class does not implement `__getitem__`.

    Example:
      >>> class Ones(tf.keras.utils.PyDataset):
      ...     def __len__(self):
      ...         return 3
      ...
      ...     def __getitem__(self, index):
      ...         return np.ones((2, 4)), np.zeros((2, 1))
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> len(model.fit(Ones(), verbose=0).history["loss"])
      1
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self._queue = {
            "workers": workers,
            "use_multiprocessing": use_multiprocessing,
            "max_queue_size": max_queue_size,
        }

    if TYPE_CHECKING:
        workers: int
        use_multiprocessing: bool
        max_queue_size: int
    else:
        workers = _setting("workers")
        use_multiprocessing = _setting("use_multiprocessing")
        max_queue_size = _setting("max_queue_size")

    def _settings(self) -> dict[str, Any]:
        if not hasattr(self, "_queue"):
            PyDataset.__init__(self)
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its constructor. `**kwargs` can "
                "include `workers`, `use_multiprocessing`, `max_queue_size`. Do not pass these arguments to `fit()`, "
                "as they will be ignored.",
                stacklevel=3,
            )
        return self._queue

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None: infinite or unknown."""
        return len(self) if hasattr(self, "__len__") else None

    def on_epoch_begin(self) -> None:
        """Called before each epoch.

        Example:
          >>> tf.keras.utils.PyDataset().on_epoch_begin()
        """

    def on_epoch_end(self) -> None:
        """Called after each epoch.

        Example:
          >>> tf.keras.utils.PyDataset().on_epoch_end()
        """


class Batches:
    """The batches of a source, epoch by epoch.

    Attributes:
      num_batches: the number of batches per epoch, or None while it is unknown.
      batch_size: the number of examples in every batch, or None if it varies.
    """

    def __init__(self, source: Source, steps_per_epoch: int | None, group: int = 1) -> None:
        self._source, self._steps, self._group = source, steps_per_epoch, group
        self.batch_size, self.of_replica = source.batch_size, source.of_replica
        self._size = source.size
        self._current: Iterator[Any] | None = None
        self._seen = 0

    @property
    def num_batches(self) -> int | None:
        return self._steps or self._size

    def begin_anew(self) -> None:
        """Restarts the data, and forgets the number of batches."""
        self._current, self._seen, self._size = None, 0, self._source.size
        self._source.end()  # as Keras, also before the first epoch

    def epoch(self) -> Iterator[tuple[int, int, list[Any]]]:
        """The indices of the first and the last batch of each group, and the batches; none if the data ran out.

        A group is complete unless the data ends, even if it exceeds `steps_per_epoch`.
        """
        self._source.begin()
        steps = self._steps or self._size
        if self._current is None or self._steps is None:
            self._current, self._seen = iter(self._source.batches()), 0
        for step in itertools.count(0, self._group) if steps is None else range(0, steps, self._group):
            if steps is not None and self._size and self._seen >= self._size:
                if self._steps:
                    self._warn()
                break
            self._seen += self._group
            group = list(itertools.islice(self._current, self._group))
            if not group and self._size is None:
                self._size = self._seen  # includes the missing group, as in Keras
            yield step, step + self._group - 1, group
            if not group:
                self._warn()
                self._current = None
                self._source.end()
                return
        if self._size and self._seen >= self._size:
            # As in Keras, although the next epoch may restart: shuffled datasets have a new order each time.
            self._current, self._seen = iter(self._source.batches()), 0
        self._source.end()

    def _warn(self) -> None:
        warnings.warn(
            "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate "
            "at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function when building "
            "your dataset.",
            stacklevel=2,
        )


class Source:
    """The source of batches for `fit`, `evaluate` and `predict`.

    Attributes:
      size: the number of batches per epoch, or None.
    """

    size: int | None = None
    # The number of examples in every batch, or None if it varies.
    batch_size: int | None = None
    # Whether batches are for one replica, rather than for all.
    of_replica = False

    def batches(self) -> Iterable[Any]:
        raise NotImplementedError

    def begin(self) -> None:
        """Called before each epoch."""

    def end(self) -> None:
        """Called after each epoch."""


def source_of(
    x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: int | None, shuffle: Any, class_weight: Any
) -> Source:
    """The source for the arguments of `fit`. ValueError if they are inconsistent."""
    if all(map(_is_array, leaves([x, y, sample_weight]))):
        return _Arrays(x, y, sample_weight, batch_size, steps, shuffle, class_weight)
    kind = "tf.data.Dataset"
    if isinstance(x, PyDataset):
        kind = "PyDataset"
    elif isinstance(x, types.GeneratorType) or (hasattr(x, "__next__") and hasattr(x, "__iter__")):
        kind = "generator"
    elif isinstance(x, str | bytes) or not hasattr(x, "__iter__") or (y is not None and not hasattr(x, "element_spec")):
        raise ValueError(f"Unrecognized data type: x={x} (of type {type(x)})")
    for name, what, value in (("y", "the targets", y), ("sample_weights", "the sample weights", sample_weight)):
        if value is not None:
            raise ValueError(
                f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, {what} should be included as "
                f"part of the {kind}."
            )
    if kind == "PyDataset":
        numbered = _Numbered(x, shuffle, class_weight)
        if shuffle and numbered.size is None:
            _warn_of_shuffle("an infinite PyDataset. The PyDataset is expected to already be shuffled.")
        return numbered
    if kind == "generator":
        if class_weight is not None:
            raise ValueError(
                f"Argument `class_weight` is not supported for Python generator inputs. Received: "
                f"class_weight={class_weight}"
            )
        if shuffle:
            _warn_of_shuffle("a generator. The generator is expected to yield already-shuffled data.")
        return _Generated(x)
    if shuffle and (hasattr(x, "cardinality") or hasattr(x, "of_replica")):
        _warn_of_shuffle(
            "a tf.data.Dataset. The Dataset is expected to already be shuffled (via `.shuffle(buffer_size)`)."
        )
    return _Dataset(x, class_weight)


def _warn_of_shuffle(data: str) -> None:
    warnings.warn(
        f"`shuffle=True` was passed, but will be ignored since the data `x` was provided as {data}", stacklevel=3
    )


def _is_array(value: Any) -> bool:
    if value is None or isinstance(value, (*TENSORS, np.ndarray)):
        return True
    return hasattr(value, "__array__") and hasattr(value, "shape") and not hasattr(value, "element_spec")


def _as_batch(value: Any) -> Any:
    """Converts a value of a batch to a tensor, of `floatx` if it is floating; strings and objects are unchanged."""
    if value is None or isinstance(value, TENSORS):
        return value
    array = np.asarray(held(value))
    if array.dtype.kind not in "biuf":
        return value
    return as_tensor(array, as_dtype(settings.floatx())) if array.dtype.kind == "f" else as_tensor(array)


def as_batch(data: Any) -> Any:
    """Converts the arrays of a batch to tensors."""
    if isinstance(data, list):
        data = tuple(data)
    return mapped(_as_batch, data)


def class_weight_to_sample_weights(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """The weight of each example by its class: its target, or the index of the target's largest entry."""
    classes = np.asarray(held(y))
    if classes.ndim > 1:
        classes = np.argmax(classes, -1) if classes.shape[-1] != 1 else np.squeeze(classes, -1)
    classes = np.round(classes).astype(np.int32)
    found = np.ones(classes.shape[:1], settings.floatx())
    for place, number in enumerate(classes):
        found[place] = class_weight.get(int(number), 1.0)
    return found


# Batches that are gathered at a time: gathering many rows costs less per row, and they stay in cache.
_CHUNK = 16


class _Arrays(Source):
    def __init__(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        batch_size: int | None,
        steps: int | None,
        shuffle: Any,
        class_weight: Any,
    ) -> None:
        if sample_weight is not None:
            if class_weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            if nest.is_nested(y):
                sample_weight = _spread(y, sample_weight)
        if class_weight is not None:
            if nest.is_nested(y):
                raise ValueError("`class_weight` is only supported for Models with a single output.")
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        data = pack_x_y_sample_weight(x, y, sample_weight)
        sizes = {int(value.shape[0]) for value in leaves(data) if value is not None}
        if len(sizes) > 1:
            message = "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples."
            for label, part in zip(("x", "y", "sample_weight"), data, strict=False):
                message += f"'{label}' sizes: {', '.join(str(value.shape[0]) for value in leaves(part))}\n"
            raise ValueError(message)
        if not sizes:
            raise ValueError(f"Expected all elements of `x` to be array-like. Received invalid types: x={x}")
        self._data = _as_tuples(mapped(_plain_array, data))
        self._samples = sizes.pop()
        self._batch = batch_size or (math.ceil(self._samples / steps) if steps else 32)
        self._shuffle = shuffle
        self.size = math.ceil(self._samples / self._batch)
        self.batch_size = None if self._samples % self._batch else self._batch

    def batches(self) -> Iterator[Any]:
        samples, size = self._samples, self._batch
        order = replication.alike(self._order())
        flat = [value for value in leaves(self._data) if value is not None]
        rebuild: Callable[[list[Any]], Any]
        whole = self._data
        if type(whole) is tuple and len(flat) == len(whole) and not any(map(nest.is_nested, whole)):
            rebuild = tuple
        elif not nest.is_nested(whole):
            rebuild = _first
        else:
            rebuild = self._packed
        kinds = [as_dtype(value.dtype) for value in flat]
        for start in range(0, samples, size * _CHUNK):
            stop = min(start + size * _CHUNK, samples)
            rows = [value[start:stop] if order is None else value[order[start:stop]] for value in flat]
            for place in range(0, stop - start, size):
                yield rebuild(
                    [tensor_from(part[place : place + size], kind) for part, kind in zip(rows, kinds, strict=True)]
                )

    def _packed(self, flat: list[Any]) -> Any:
        values = iter(flat)
        return mapped(lambda value: None if value is None else next(values), self._data)

    def _order(self) -> np.ndarray | None:
        """The order of the examples: with a global seed the same each time, as with TensorFlow."""
        if not self._shuffle:
            return None
        stream = philox.graph_stream(0)
        if self._shuffle != "batch":
            return philox.permutation(stream, self._samples)
        parts = []
        for start in range(0, self._samples, self._batch):
            count = min(self._batch, self._samples - start)
            parts.append(philox.permutation(stream, count) + start)
            stream = stream.skip(philox.RESERVED)
        return np.concatenate(parts)


def _as_tuples(structure: Any) -> Any:
    """The structure with lists replaced by tuples, as in batches."""
    if isinstance(structure, list | tuple):
        return tuple(_as_tuples(part) for part in structure)
    if isinstance(structure, dict):
        return {key: _as_tuples(part) for key, part in structure.items()}
    return structure


def _first(values: list[Any]) -> Any:
    return values[0]


def _plain_array(value: Any) -> Any:
    if value is None:
        return None
    array = np.asarray(held(value))
    if array.dtype.kind in "OSU":
        raise ValueError(f"Invalid dtype: {array.dtype.name}")
    if array.dtype.kind == "f" and array.dtype.name != settings.floatx():
        array = array.astype(settings.floatx())
    return array


def _spread(y: Any, sample_weight: Any) -> Any:
    """Weights in the structure of several targets."""
    if isinstance(sample_weight, list | tuple | dict):
        try:
            nest.assert_same_structure(y, sample_weight)
        except (TypeError, ValueError):
            raise ValueError(
                "You should provide one `sample_weight` array per output in `y`. The two structures did not match:\n"
                f"- y: {y}\n- sample_weight: {sample_weight}\n"
            ) from None
        return sample_weight
    shape = tuple(sample_weight.shape)
    if len(shape) != 1 and shape[1:] != (1,):
        raise ValueError(
            "For a model with multiple outputs, when providing a single `sample_weight` array, it should only have one "
            "scalar score per sample (i.e. shape `(num_samples,)`). If you want to use non-scalar sample weights, pass "
            "a `sample_weight` argument with one array per model output."
        )
    return mapped(lambda _: sample_weight, y)


class _Dataset(Source):
    """A dataset, or any other re-iterable object."""

    def __init__(self, dataset: Any, class_weight: Any) -> None:
        self._dataset, self._class_weight = dataset, class_weight
        self.of_replica = getattr(dataset, "of_replica", False)
        strategy = replication.replicated()
        if strategy is not None and not self.of_replica:
            self._dataset = strategy._undivided(dataset)
        if hasattr(dataset, "cardinality"):
            size = int(dataset.cardinality())
            self.size = size if size >= 0 else None
        else:
            self.size = len(dataset) if hasattr(dataset, "__len__") else None
        sizes = {_first_size(spec) for spec in leaves(getattr(dataset, "element_spec", None))}
        self.batch_size = sizes.pop() if len(sizes) == 1 else None

    def batches(self) -> Iterator[Any]:
        return map(self._prepared, self._dataset)

    def _prepared(self, batch: Any) -> Any:
        batch = as_batch(batch)
        return batch if self._class_weight is None else _with_class_weight(batch, self._class_weight)


def _first_size(spec: Any) -> int | None:
    shape = getattr(spec, "shape", None)
    return shape[0] if shape is not None and shape.rank else None


def _with_class_weight(batch: Any, class_weight: Any) -> Any:
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    if sample_weight is not None:
        raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
    return x, y, as_tensor(class_weight_to_sample_weights(y, class_weight))


class _Numbered(Source):
    """A PyDataset."""

    def __init__(self, dataset: PyDataset, shuffle: Any, class_weight: Any) -> None:
        self._dataset, self._shuffle, self._class_weight = dataset, shuffle, class_weight
        self.size = dataset.num_batches
        dataset._settings()

    def batches(self) -> Iterator[Any]:
        size = self._dataset.num_batches
        order: Iterable[int]
        if size is None:
            order = iter(range(2**63 - 1))
        else:
            order = [int(place) for place in np.random.permutation(size)] if self._shuffle else range(size)
            order = replication.alike(order)
        for place in order:
            batch = as_batch(self._dataset[place])
            yield batch if self._class_weight is None else _with_class_weight(batch, self._class_weight)

    def begin(self) -> None:
        self._dataset.on_epoch_begin()

    def end(self) -> None:
        self._dataset.on_epoch_end()
        self.size = self._dataset.num_batches


class _Generated(Source):
    """A generator, which continues where the last epoch ended."""

    def __init__(self, generator: Iterator[Any]) -> None:
        self._batches = map(as_batch, generator)

    def batches(self) -> Iterator[Any]:
        return self._batches


def train_validation_split(data: Any, validation_split: float) -> tuple[Any, Any]:
    """Splits arrays into a first part, and a last one of the given fraction. ValueError if one would be empty."""
    flat = list(leaves(data))
    wrong = [type(value) for value in flat if not _is_array(value)]
    if wrong:
        raise ValueError(
            "Argument `validation_split` is only supported for tensors or NumPy arrays.Found incompatible type in the "
            f"input: {wrong}"
        )
    size = next((int(value.shape[0]) for value in flat if value is not None), None)
    if size is None:
        return data, data
    middle = math.floor(size * (1.0 - validation_split))
    if middle in (0, size):
        raise ValueError(
            f"Training data contains {size} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={validation_split}`. Either provide more data, or a "
            "different value for the `validation_split` argument."
        )
    arrays = mapped(_plain_array, data)
    return (
        mapped(lambda value: None if value is None else value[:middle], arrays),
        mapped(lambda value: None if value is None else value[middle:], arrays),
    )
