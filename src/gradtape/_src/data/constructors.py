"""The functions that create datasets, as static methods of `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, view
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TensorSpec, TypeSpec
from gradtape._src.data import structure
from gradtape._src.data.base import DatasetBase, scalar, wrap
from gradtape._src.data.functions import component_of
from gradtape._src.data.interleaving import Directed, Drawn, Zip
from gradtape._src.data.shuffling import Shuffle
from gradtape._src.data.sources import Counter, Elements, Generated, Random, Range, TensorSlices
from gradtape._src.io.files import glob


class Constructors(DatasetBase):
    """The functions that create datasets."""

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Any:
        """A dataset of the slices of tensors along their first axis.

        Args:
          tensors: a structure of tensors, arrays or lists, which are copied; their first axes have the same size.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset of as many elements as the size of the first axes.

        Raises:
          ValueError: there is no tensor, one is a scalar, or first axes differ in size.
          TypeError: a value cannot be converted to a tensor.

        Example:
          >>> dataset = tf.data.Dataset.from_tensor_slices(([[1, 2], [3, 4]], ["a", "b"]))
          >>> list(dataset.as_numpy_iterator())
          [(array([1, 2], dtype=int32), b'a'), (array([3, 4], dtype=int32), b'b')]
        """
        return wrap(TensorSlices(tensors))

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Any:
        """A dataset of one element.

        Args:
          tensors: a structure of tensors, arrays or numbers, or a dataset.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          TypeError: a value cannot be converted to a tensor.

        Example:
          >>> list(tf.data.Dataset.from_tensors([1, 2]).as_numpy_iterator())
          [array([1, 2], dtype=int32)]
        """
        element = structure.element_of(tensors, component_of)
        return wrap(Elements((element,), "_TensorDataset", lambda: structure.element_spec_of(element)))

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Any:
        """A dataset of the values yielded by a generator; each iteration calls it again.

        Args:
          generator: a function that returns an iterable.
          output_types: a structure of dtypes, if there is no signature.
          output_shapes: a structure of shapes, with `output_types`; None for unknown ones.
          args: a tuple of the function's arguments, passed as NumPy values.
          output_signature: a structure of `tf.TensorSpec`.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Yielded values are converted to the dtypes; those that do not fit raise InvalidArgumentError. An
          exception of the generator ends the iteration and propagates unchanged.

        Raises:
          TypeError: the generator is not callable, or neither or both of signature and types are given.

        Example:
          >>> def count(stop):
          ...     yield from range(stop)
          >>> dataset = tf.data.Dataset.from_generator(count, args=(3,), output_signature=tf.TensorSpec([], tf.int32))
          >>> list(dataset.as_numpy_iterator())
          [np.int32(0), np.int32(1), np.int32(2)]
        """
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if output_signature is None and output_types is None:
            raise TypeError(
                "To specify the output signature you need to provide either the `output_signature` argument or the "
                "`output_types` argument."
            )
        if output_signature is not None:
            for given, argument in ((output_types, "output_types"), (output_shapes, "output_shapes")):
                if given is not None:
                    raise TypeError(
                        f"The `{argument}` argument can not be used together with the `output_signature` argument."
                    )
            for leaf in structure.leaves(output_signature):
                if not isinstance(leaf, TypeSpec):
                    raise TypeError(
                        "`output_signature` must contain objects that are subclass of `tf.TypeSpec` but found "
                        f"{type(leaf)} which is not."
                    )
            spec = output_signature
        else:
            kinds = [as_dtype(leaf) for leaf in structure.leaves(output_types)]
            shapes = [TensorShape(None)] * len(kinds)
            if output_shapes is not None:
                shapes = [TensorShape(shape) for shape in _shapes_up_to(output_types, output_shapes)]
            spec = structure.pack(output_types, iter(map(TensorSpec, shapes, kinds)))
        if args is None:
            args = ()
        elif not isinstance(args, tuple | list):
            raise TypeError("values must be a sequence.")
        arguments = tuple(structure.to_numpy(structure.component_of(argument)) for argument in args)
        return wrap(Generated(generator, spec, arguments))

    @staticmethod
    def range(*args: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Any:
        """A dataset of equally spaced numbers, like `range`.

        Args:
          *args: the end; or begin and end; or begin, end and step.
          output_type: the numbers' dtype.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset of scalars.

        Raises:
          ValueError: there is no argument, or there are more than three.
          InvalidArgumentError: the step is 0.
          TypeError: an argument is not an integer.

        Example:
          >>> list(tf.data.Dataset.range(1, 10, 4).as_numpy_iterator())
          [np.int64(1), np.int64(5), np.int64(9)]
        """
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid `args`. The length of `args` should be between 1 and 3 but was {len(args)}.")
        numbers = [scalar(arg, "args") for arg in args]
        start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
        return wrap(Range(start, stop, step, as_dtype(output_type)))

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Any:
        """Combines corresponding elements of several datasets, up to the end of the shortest.

        Args:
          *args: datasets, or one structure of datasets.
          datasets: the same, by name.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset whose elements nest as the datasets do.

        Raises:
          TypeError: there are no arguments, or one is not a dataset.

        Example:
          >>> a, b = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 12)
          >>> list(tf.data.Dataset.zip(a, b).as_numpy_iterator())
          [(np.int64(0), np.int64(10)), (np.int64(1), np.int64(11))]
        """
        if not args and datasets is None:
            raise TypeError("Must pass at least one dataset to `zip`.")
        if args and datasets is not None:
            raise TypeError("Both `*args` and `datasets` cannot be set.")
        like = datasets if datasets is not None else args[0] if len(args) == 1 else args
        for dataset in structure.leaves(like):
            if not isinstance(dataset, DatasetBase):
                if isinstance(dataset, list):
                    raise TypeError(
                        "Invalid input to `zip`. Inputs are expected to be (nested) structures of `tf.data.Dataset` "
                        "objects. Python `list` is not supported and you should use `tuple` instead."
                    )
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) structures of `tf.data.Dataset` "
                    f"objects but encountered object of type {type(dataset)}."
                )
        nodes = [dataset._node for dataset in structure.leaves(like)]
        if not nodes:
            raise TypeError("Must pass at least one dataset to `zip`.")
        return wrap(Zip(like, nodes))

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: int | None = None, name: str | None = None
    ) -> Any:
        """A dataset of the paths that match patterns.

        Args:
          file_pattern: a pattern with ``*``, ``?`` and ``[...]``, or a list of them.
          shuffle: whether to shuffle the paths at each iteration; True by default.
          seed: the op-level seed.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset of string scalars.

        Raises:
          InvalidArgumentError: nothing matches.

        Example:
          >>> import os, tempfile
          >>> directory = tempfile.mkdtemp()
          >>> tf.io.write_file(os.path.join(directory, "a.txt"), "tape")
          >>> for path in tf.data.Dataset.list_files(directory + "/*.txt"):
          ...     print(os.path.basename(path.numpy()))
          b'a.txt'
        """
        paths = sorted(set(glob(file_pattern)))
        if not paths:
            patterns = np.atleast_1d(np.asarray(StringTensor(file_pattern))).tolist()
            shown = b", ".join(patterns)
            raise InvalidArgumentError(
                None,
                None,
                "Expected 'tf.Tensor(False, shape=(), dtype=bool)' to be true. Summarized data: "
                f"{b'No files matched pattern: ' + shown!r}",
            )
        node: Any = TensorSlices(StringTensor(paths))
        if shuffle is None or shuffle:
            node = Shuffle(node, len(paths), seed, True)
        return wrap(node)

    @staticmethod
    def random(seed: int | None = None, rerandomize_each_iteration: bool | None = None, name: str | None = None) -> Any:
        """An infinite dataset of random integers below 2**32.

        Args:
          seed: the op-level seed.
          rerandomize_each_iteration: whether each iteration has different numbers.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset of int64 scalars.

        Raises:
          TypeError: seed is not an integer.

        Example:
          >>> tf.random.set_seed(1)
          >>> len(list(tf.data.Dataset.random(seed=2).take(3)))
          3
        """
        return wrap(Random(seed, bool(rerandomize_each_iteration)))

    @staticmethod
    def counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64, name: str | None = None) -> Any:
        """An infinite dataset of equally spaced numbers.

        Args:
          start: the first number.
          step: the step.
          dtype: the numbers' dtype.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset of scalars.

        Example:
          >>> list(tf.data.Dataset.counter(step=2).take(3).as_numpy_iterator())
          [np.int64(0), np.int64(2), np.int64(4)]
        """
        kind = as_dtype(dtype)
        return wrap(Counter(as_tensor(start, kind).numpy().item(), as_tensor(step, kind).numpy().item(), kind))

    @staticmethod
    def choose_from_datasets(datasets: Sequence[Any], choice_dataset: Any, stop_on_empty_dataset: bool = True) -> Any:
        """Takes each element from one of several datasets, selected by another dataset.

        Args:
          datasets: datasets of elements of one structure.
          choice_dataset: a dataset of int64 scalars, indices into `datasets`.
          stop_on_empty_dataset: whether to stop when the selected dataset has ended; else its index is
            skipped.

        Returns:
          A dataset.

        Raises:
          TypeError: `choice_dataset` is of another kind, or the datasets' elements differ in structure or dtype.
          ValueError: `datasets` is empty.

        Example:
          >>> a, b = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 13)
          >>> choices = tf.data.Dataset.from_tensor_slices(tf.constant([0, 1, 1], tf.int64))
          >>> list(tf.data.Dataset.choose_from_datasets([a, b], choices).as_numpy_iterator())
          [np.int64(0), np.int64(10), np.int64(11)]
        """
        if not datasets:
            raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
        if not isinstance(choice_dataset, DatasetBase):
            raise TypeError(
                "Invalid `choice_dataset`. `choice_dataset` should be a `tf.data.Dataset` but is "
                f"{type(choice_dataset)}."
            )
        spec = choice_dataset.element_spec
        if not structure.is_scalar_of(spec, dtypes.int64):
            raise TypeError(
                "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` tensors but are "
                f"{spec}."
            )
        nodes = [dataset._node for dataset in datasets]
        return wrap(Directed(choice_dataset._node, nodes, stop_on_empty_dataset))

    @staticmethod
    def sample_from_datasets(
        datasets: Sequence[Any],
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Any:
        """Takes each element from one of several datasets, selected at random.

        Args:
          datasets: datasets of elements of one structure.
          weights: the probability of each of them, a list or tensor of floats; equal if None.
          seed: the op-level seed.
          stop_on_empty_dataset: whether to stop when the drawn dataset has ended, or to draw again.
          rerandomize_each_iteration: whether each iteration draws differently.

        Returns:
          A dataset.

        Raises:
          TypeError: the datasets' elements differ in structure or dtype, or weights are not floats.
          ValueError: `datasets` is empty, or the number of weights does not match.

        Example:
          >>> a, b = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 13)
          >>> sorted(tf.data.Dataset.sample_from_datasets([a, b], seed=1).as_numpy_iterator())[-1]
          np.int64(12)
        """
        if not datasets:
            raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
        if weights is None:
            likely = np.ones(len(datasets), np.float32)
        else:
            likely = view(as_tensor(weights))
            if likely.dtype.kind != "f":
                raise TypeError(
                    "Invalid `weights`. `weights` type must be either `tf.float32` or `tf.float64` but is "
                    f"{as_dtype(likely.dtype)!s}."
                )
            if likely.shape != (len(datasets),):
                raise ValueError(
                    "Invalid `weights`. `weights` should have the same length as `datasets` but got "
                    f"`len(weights)={likely.size}` vs. `len(datasets)={len(datasets)}`."
                )
        if len(datasets) == 1:
            return datasets[0]
        nodes = [dataset._node for dataset in datasets]
        return wrap(Directed(Drawn(likely, seed, bool(rerandomize_each_iteration)), nodes, stop_on_empty_dataset))


def _shapes_up_to(types: Any, shapes: Any) -> list[Any]:
    """The shapes at the components of the types: a tuple of sizes is a shape."""
    if not structure.is_structure(types):
        return [shapes]
    if isinstance(types, dict):
        return [shape for key in sorted(types) for shape in _shapes_up_to(types[key], shapes[key])]
    return [shape for one, two in zip(types, shapes, strict=True) for shape in _shapes_up_to(one, two)]
