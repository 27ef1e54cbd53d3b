"""Errors in user programs within pipelines, and their consequences."""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np
import pytest

import gradtape as tf


def numbers(count: int = 10) -> Any:
    return tf.data.Dataset.range(count)


def test_stop_iteration_in_a_function_does_not_end_the_iteration_unnoticed() -> None:
    def stop(x: Any) -> Any:
        raise StopIteration

    with pytest.raises(RuntimeError, match=r"^the function of Dataset.map raised StopIteration$"):
        list(numbers().map(stop))


def test_a_generator_s_exception_goes_through() -> None:
    def generate() -> Any:
        yield 1
        raise OSError("gone")

    iterator = iter(tf.data.Dataset.from_generator(generate, output_signature=tf.TensorSpec([], tf.int32)))
    assert int(next(iterator)) == 1
    with pytest.raises(OSError, match=r"^gone\n") as caught:
        next(iterator)
    assert traceback.extract_tb(caught.tb)[-1].name == "generate"
    assert caught.value.__notes__ == ["The generator of Dataset.from_generator raised this after 1 elements."]
    with pytest.raises(StopIteration):
        next(iterator)


@pytest.mark.parametrize(
    "yielded,signature,message",
    [
        ("a", ((), tf.int32), "could not be converted to the expected type. The expected type was int32"),
        ([1, 2], ((), tf.int32), r"yielded an element of shape \(2,\) where an element of shape \(\) was expected"),
        ([[1], [2, 3]], ((None,), tf.int32), "could not be converted to the expected type"),
        (3, ((), tf.string), "could not be converted to the expected type. The expected type was string"),
    ],
)
def test_what_a_generator_yields_has_to_fit(yielded: Any, signature: Any, message: str) -> None:
    dataset = tf.data.Dataset.from_generator(lambda: iter([yielded]), output_signature=tf.TensorSpec(*signature))
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        list(dataset)


@pytest.mark.parametrize("yielded", [(1, 2), 1, [1, 2, 3], {"a": 1}])
def test_what_a_generator_yields_has_to_nest_as_it_was_said(yielded: Any) -> None:
    spec = tf.TensorSpec([], tf.int32)
    dataset = tf.data.Dataset.from_generator(lambda: iter([yielded]), output_signature=(spec, spec, spec))
    with pytest.raises(tf.errors.InvalidArgumentError, match="did not match the expected structure"):
        list(dataset)


def test_nothing_that_a_pipeline_does_is_recorded() -> None:
    weight = tf.Variable(3.0)
    dataset = tf.data.Dataset.from_tensor_slices([1.0, 2.0]).map(lambda x: x * weight)
    with tf.GradientTape() as tape:
        total = sum(x for x in dataset)
    assert float(total) == 9.0
    assert tape.gradient(total, weight) is None
    assert tape.watched_variables() == ()
    with tf.GradientTape() as tape:
        for x in tf.data.Dataset.from_tensor_slices([1.0, 2.0]):
            last = x * weight
    assert float(tape.gradient(last, weight)) == 2.0


@pytest.mark.parametrize("batched", [False, True])
def test_no_gradient_goes_through_a_dataset(batched: bool) -> None:
    weight = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        doubled = weight * 2.0
        for dataset in (
            tf.data.Dataset.from_tensor_slices(doubled),
            tf.data.Dataset.from_tensor_slices((doubled, weight)).map(lambda x, y: y),
            tf.data.Dataset.from_tensors(doubled),
            tf.data.Dataset.from_tensors((doubled, weight)),
            numbers(2).map(lambda x: weight),
            numbers(2).map(lambda x: (doubled, x)),
            numbers(2).scan(doubled, lambda s, x: (s, s)),
        ):
            first = tf.nest.flatten(next(iter(dataset.batch(2) if batched else dataset)))[0]
            assert tape.gradient(tf.reduce_sum(first * 1.0), weight) is None


@pytest.mark.parametrize("pair", [False, True])
def test_shapes_that_do_not_batch(pair: bool) -> None:
    dataset = numbers().map(lambda x: (x, tf.range(x)) if pair else tf.range(x)).batch(3)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        next(iter(dataset))
    assert "number of elements does not match. Shapes are: [tensor]: [1], [batch]: [0] [Op:" in str(caught.value)


def test_arrays_are_copied() -> None:
    data = np.arange(4)
    dataset = tf.data.Dataset.from_tensor_slices(data)
    data[:] = 7
    assert list(dataset.as_numpy_iterator()) == [0, 1, 2, 3]
    element = next(iter(dataset.batch(4))).numpy()
    element[:] = 7
    assert list(dataset.as_numpy_iterator()) == [0, 1, 2, 3]


def test_an_error_in_a_batch_loses_no_element_behind_it() -> None:
    def fail_at_one(x: Any) -> Any:
        if int(x) == 1:
            raise ValueError("one")
        return x

    iterator = iter(numbers(7).map(fail_at_one).batch(3))
    with pytest.raises(ValueError, match=r"^one\n"):
        next(iterator)
    assert [batch.numpy().tolist() for batch in iterator] == [[2, 3, 4], [5, 6]]


def test_an_error_while_a_buffer_is_filled_loses_nothing() -> None:
    def fail_at_two(x: Any) -> Any:
        if int(x) == 2:
            raise ValueError("two")
        return x

    iterator = iter(numbers(6).map(fail_at_two).shuffle(5, seed=1))
    with pytest.raises(ValueError, match=r"^two\n"):
        next(iterator)
    assert sorted(int(x) for x in iterator) == [0, 1, 3, 4, 5]


def test_errors_of_functions_that_give_something_else() -> None:
    with pytest.raises(TypeError, match=r"must return a `tf.data.Dataset` object. Got <class 'gradtape.*Tensor'>"):
        list(numbers().flat_map(lambda x: x))
    with pytest.raises(TypeError, match=r"^`transformation_func` must return a `tf.data.Dataset` object"):
        numbers().apply(lambda dataset: 3)
    with pytest.raises(TypeError, match="is not supported for datasets that produce values of type"):
        next(numbers().window(2).as_numpy_iterator())
    with pytest.raises(TypeError, match=r"^Datasets are created by"):
        tf.data.Dataset()


def test_specifications_of_functions_that_do_not_take_zeros() -> None:
    def careful(x: Any) -> Any:
        if int(x) < 5:
            raise ValueError("too small")
        return tf.cast(x, tf.float32)

    dataset = tf.data.Dataset.range(5, 9).map(careful)
    assert dataset.element_spec == tf.TensorSpec([], tf.float32)
    with pytest.raises(ValueError, match="cannot be inferred: there is no element to call it with"):
        _ = tf.data.Dataset.range(0).map(careful).element_spec


def test_asking_for_a_specification_draws_no_random_numbers() -> None:
    def program(ask: bool) -> Any:
        tf.random.set_seed(1)
        shuffled = numbers().shuffle(10, seed=2)
        dataset = shuffled.map(lambda x: 1 / 0 if int(x) < 0 else [1, 2, 3, 4, 5, 6, 7, 8, 9, 10][int(x)])
        noisy = numbers().map(lambda x: tf.random.uniform([]))
        if ask:
            _ = dataset.element_spec, noisy.element_spec
        return list(dataset.as_numpy_iterator()), tf.random.uniform([]).numpy()

    assert program(True) == program(False)


def test_options() -> None:
    one, two = tf.data.Options(), tf.data.Options()
    one.deterministic, two.threading.private_threadpool_size = False, 3
    two.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    found = numbers().with_options(one).map(lambda x: x).with_options(two).options()
    assert found.deterministic is False and found.threading.private_threadpool_size == 3
    assert found.experimental_distribute.auto_shard_policy == tf.data.experimental.AutoShardPolicy.OFF
    assert one.merge(two) == found and one != two
    assert found.autotune == tf.data.experimental.AutotuneOptions()
    assert found.experimental_optimization == tf.data.experimental.OptimizationOptions()
    assert type(found.threading) is tf.data.ThreadingOptions
    assert type(found.experimental_distribute) is tf.data.experimental.DistributeOptions


def test_experimental_names() -> None:
    experimental = tf.data.experimental
    assert experimental.cardinality(numbers(3)).numpy() == 3
    assert experimental.get_structure(numbers()) == tf.TensorSpec([], tf.int64)
    with pytest.raises(TypeError, match=r"^Invalid `dataset_or_iterator`"):
        experimental.get_structure(3)
    assert experimental.get_single_element(numbers(1)).numpy() == 0
    assert isinstance(experimental.get_next_as_optional(iter(numbers())), experimental.Optional)
    assert list(experimental.Counter(2, 3).take(2).as_numpy_iterator()) == [2, 5]
    batched = numbers(5).apply(experimental.map_and_batch(lambda x: x + 1, 2, num_parallel_calls=2))
    assert [batch.tolist() for batch in batched.as_numpy_iterator()] == [[1, 2], [3, 4], [5]]
    with pytest.raises(ValueError, match="allows only one of"):
        experimental.map_and_batch(lambda x: x, 2, 3, num_parallel_calls=4)
    assert len(list(numbers(4).batch(2).apply(experimental.unbatch()).apply(experimental.unique()))) == 4
    assert sorted(numbers(3).apply(experimental.shuffle_and_repeat(2, 2)).as_numpy_iterator()) == [0, 0, 1, 1, 2, 2]
    assert list(numbers(3).map(lambda x: 1 // int(x)).apply(experimental.ignore_errors()).as_numpy_iterator()) == [1, 0]
    assert experimental.choose_from_datasets is tf.data.Dataset.choose_from_datasets
    assert experimental.sample_from_datasets is tf.data.Dataset.sample_from_datasets
    assert experimental.RandomDataset is tf.data.Dataset.random
    assert experimental.ThreadingOptions is tf.data.ThreadingOptions
    listed = experimental.from_list([(1, "a"), (2, "b")])
    assert list(listed.as_numpy_iterator()) == [(1, b"a"), (2, b"b")]
    for wrong, kind in (([], ValueError), ([1, (1, 2)], TypeError), ([1, 1.5], TypeError)):
        with pytest.raises(kind, match=r"^Invalid `elements`"):
            experimental.from_list(wrong)


def test_iterators() -> None:
    iterator = iter(numbers(3))
    assert isinstance(iterator, tf.data.Iterator) and iter(iterator) is iterator
    assert [int(iterator.next()), int(iterator.get_next())] == [0, 1]
    assert iterator.element_spec == tf.TensorSpec([], tf.int64)
    plain = numbers(3).as_numpy_iterator()
    assert isinstance(plain, tf.data.NumpyIterator) and iter(plain) is plain
    assert (plain.next(), next(plain)) == (0, 1)
    assert repr(plain).startswith("NumpyIterator(iterator=<gradtape")


def test_values_of_specifications() -> None:
    assert tf.TensorSpec([]).value_type is tf.Tensor
    assert numbers().window(2).element_spec.value_type is tf.data.Dataset


def test_a_cache_in_a_file(tmp_path: Any) -> None:
    calls: list[int] = []

    def count(x: Any) -> Any:
        calls.append(int(x))
        return {"x": x, "text": f"n{int(x)}", "y": [float(x), 2.0]}

    path = str(tmp_path / "kept")

    def elements() -> Any:
        return [
            (element["x"], element["text"], element["y"].tolist())
            for element in numbers(3).map(count).cache(path).as_numpy_iterator()
        ]

    first = elements()
    assert first == [(0, b"n0", [0.0, 2.0]), (1, b"n1", [1.0, 2.0]), (2, b"n2", [2.0, 2.0])]
    made = len(calls)
    again = numbers(3).map(lambda x: 1 / 0).cache(path)
    again._node._spec = numbers(3).map(count).element_spec
    assert [element["x"] for element in again.as_numpy_iterator()] == [0, 1, 2]
    assert len(calls) - made <= 3  # only to infer the specification
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_a_cache_is_filled_by_a_whole_iteration() -> None:
    calls: list[int] = []
    dataset = numbers(4).map(lambda x: calls.append(int(x)) or x).cache()
    next(iter(dataset))
    assert list(dataset.as_numpy_iterator()) == list(dataset.as_numpy_iterator()) == [0, 1, 2, 3]
    assert calls == [0, 0, 1, 2, 3]


def test_a_cache_is_filled_by_whoever_takes_as_many_as_there_are() -> None:
    calls: list[int] = []
    dataset = numbers(4).map(lambda x: calls.append(int(x)) or x).cache()
    for _ in range(2):
        taking = iter(dataset)
        assert [int(next(taking)) for _ in range(4)] == [0, 1, 2, 3]
    assert calls == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "instead"), [("snapshot", "cache"), ("ragged_batch", "padded_batch"), ("nonsense", "")]
)
def test_methods_that_are_not_there_say_what_is(name: str, instead: str) -> None:
    with pytest.raises(AttributeError, match=f"'Dataset' object has no attribute '{name}'(: .*{instead}|$)"):
        getattr(numbers(3), name)
