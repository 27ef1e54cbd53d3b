"""Ops that read the values of indices, labels or seeds are ordinary steps of a trace, without guards or branches.

Ops whose shapes depend on the values need guards: these are listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.table.rows import rows
from gradtape._src.table.samples import Leaf, Op, Sample

keras = tf.keras

# What depends on values: the number of rows, a shape that is an operand, or whether an error is raised.
FOLLOWS = {
    **dict.fromkeys(("segment_sum", "segment_mean", "segment_max", "segment_min", "segment_prod"), "rows"),
    **dict.fromkeys(("dynamic_stitch", "eigh_tridiagonal"), "rows"),
    **dict.fromkeys(("check_numerics", "lu_reconstruct"), "an error"),
    "unsorted_segment_prod": "bits of its second derivative",
}


def looks(function: Callable[..., Any], draws: Callable[[int], list[Any]], calls: int = 6) -> list[str]:
    """The plan's report on values that Python reads, after calls with other operands."""
    compiled = tf.function(function)
    for seed in range(calls):
        compiled(*draws(seed))
    said = re.findall(r"runs eagerly.*|branches: \d+|guard at", compiled.explain_plan())
    return [text for text in said if text != "branches: 1"]


def drawn(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, Leaf):
        if value.values is not None:
            return tf.constant(np.array(value.values, value.dtype or (np.int32 if value.integral else np.float32)))
        array = rng.uniform(value.low, value.high, value.shape)
        return tf.constant((array if value.through is None else np.asarray(value.through(array))).astype(np.float32))
    if isinstance(value, dict):
        return {key: drawn(item, rng) for key, item in value.items()}
    return type(value)(drawn(item, rng) for item in value) if type(value) in (list, tuple) else value


def looks_of_sample(row: Op, call: Sample) -> list[str]:
    flat = tf.nest.flatten((drawn(list(call.arguments), rng := np.random.default_rng(0)), drawn(call.keywords, rng)))
    places = [place for place, item in enumerate(flat) if isinstance(item, tf.Tensor)]

    def draws(seed: int) -> list[Any]:
        rng = np.random.default_rng(seed)
        again = tf.nest.flatten((drawn(list(call.arguments), rng), drawn(call.keywords, rng)))
        return [again[place] for place in places]

    def function(*tensors: Any) -> Any:
        items = list(flat)
        for place, tensor in zip(places, tensors, strict=True):
            items[place] = tensor
        arguments, keywords = tf.nest.pack_sequence_as((list(call.arguments), dict(call.keywords)), items)
        return row.function(*arguments, **keywords)

    return looks(function, draws) if places else []


def test_no_op_of_the_table_looks_at_values_but_those_listed() -> None:
    found = {}
    for row in rows():
        for call in row.samples() if row.samples else []:
            leaves = [item for item in tf.nest.flatten((call.arguments, call.keywords)) if isinstance(item, Leaf)]
            if row.name in FOLLOWS or not leaves or ("complex" in row.dtypes and "float" not in row.dtypes):
                continue
            # Integer scalars are counts, sizes and axes.
            if any(leaf.integral and np.ndim(leaf.values) == 0 for leaf in leaves):
                continue
            said = looks_of_sample(row, call)
            if said:
                found[row.name] = said
    assert not found


def numbers(*shape: int) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: rng.uniform(0.05, 0.95, shape).astype(np.float32)


def whole(top: int, *shape: int, dtype: str = "int64") -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: rng.integers(0, top, shape).astype(dtype)


def hot(rng: np.random.Generator) -> np.ndarray:
    return np.eye(5, dtype=np.float32)[rng.integers(0, 5, 4)]


SEED, SCORES, IDS, IMAGE = whole(1000, 2), numbers(4, 5), whole(3, 4), numbers(6, 6, 3)

CASES: dict[str, tuple[Callable[..., Any], list[Callable[[np.random.Generator], np.ndarray]]]] = {
    "sparse labels": (tf.nn.sparse_softmax_cross_entropy_with_logits, [whole(5, 4), SCORES]),
    "gather_nd": (lambda x, i: tf.gather_nd(x, i), [SCORES, whole(4, 3, 2)]),
    "gather_nd of rows": (lambda x, i: tf.gather_nd(x, i), [SCORES, whole(4, 3, 1)]),
    "scatter_nd": (lambda i, x: tf.scatter_nd(i, x, (4, 5)), [whole(4, 4, 1), SCORES]),
    "tensor_scatter_nd_update": (lambda x, i: tf.tensor_scatter_nd_update(x, i, x[:2]), [SCORES, whole(4, 2, 1)]),
    "tensor_scatter_nd_max": (lambda x, i: tf.tensor_scatter_nd_max(x, i, x[:2]), [SCORES, whole(4, 2, 1)]),
    "unsorted_segment_sum": (lambda x, i: tf.math.unsorted_segment_sum(x, i, 3), [SCORES, IDS]),
    "unsorted_segment_max": (lambda x, i: tf.math.unsorted_segment_max(x, i, 3), [SCORES, IDS]),
    "in_top_k": (lambda i, x: tf.math.in_top_k(i, x, 2), [whole(5, 4), SCORES]),
    "confusion_matrix": (lambda a, b: tf.math.confusion_matrix(a, b, num_classes=3), [IDS, IDS]),
    "searchsorted": (lambda x, y: tf.searchsorted(tf.sort(x), y), [SCORES, SCORES]),
    "reverse_sequence": (lambda x, n: tf.reverse_sequence(x, n, 1), [SCORES, whole(5, 4, dtype="int32")]),
    "roll": (lambda x, n: tf.roll(x, n, 0), [SCORES, whole(4, dtype="int32")]),
    "slice": (lambda x, i: tf.slice(x, [i, 0], [1, 2]), [SCORES, whole(3, dtype="int32")]),
    "an index": (lambda x, i: x[i], [SCORES, whole(4)]),
    "an index beside an ellipsis": (lambda x, i: x[i, ..., None], [SCORES, whole(4)]),
    "stateless_uniform": (lambda s: tf.random.stateless_uniform([3], s), [SEED]),
    "stateless_normal": (lambda s: tf.random.stateless_normal([3], s), [SEED]),
    "stateless_gamma": (lambda s: tf.random.stateless_gamma([3], s, 0.5), [SEED]),
    "stateless_categorical": (lambda x, s: tf.random.stateless_categorical(x, 3, s), [SCORES, SEED]),
    "split": (lambda s: tf.random.split(s, 2), [SEED]),
    "stateless_dropout": (lambda x, s: tf.nn.experimental.stateless_dropout(x, 0.5, s), [SCORES, SEED]),
    "random_crop": (lambda x: tf.image.random_crop(x, (3, 3, 3)), [IMAGE]),
    "CTC": (keras.losses.CTC(), [lambda rng: rng.integers(1, 4, (2, 3)), numbers(2, 8, 5)]),
    **{
        name: (getattr(keras.layers, name)(0.3), [numbers(3, 6, 4)])
        for name in ("Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "SpatialDropout1D")
    },
    **{
        name: (make(), [hot, SCORES])
        for name, make in {
            "AUC": lambda: keras.metrics.AUC(),
            "PrecisionAtRecall": lambda: keras.metrics.PrecisionAtRecall(0.5),
            "OneHotIoU": lambda: keras.metrics.OneHotIoU(5, [0, 1]),
            "TopKCategoricalAccuracy": lambda: keras.metrics.TopKCategoricalAccuracy(2),
        }.items()
    },
    "MeanIoU": (keras.metrics.MeanIoU(5), [whole(5, 8), whole(5, 8)]),
    "SparseTopKCategoricalAccuracy": (keras.metrics.SparseTopKCategoricalAccuracy(2), [whole(5, 4, 1), SCORES]),
}


CHECKED: dict[str, Any] = {
    "random_hue": (lambda x: tf.image.random_hue(x, 0.2), [IMAGE]),
    "adjust_gamma": (tf.image.adjust_gamma, [IMAGE, numbers()]),
}


@pytest.mark.parametrize("case", CASES)
def test_values_of_operands_are_no_guards(case: str) -> None:
    function, drawing = CASES[case]
    if isinstance(function, keras.layers.Layer):
        layer = function
        function = lambda x: layer(x, training=True)  # noqa: E731
    elif isinstance(function, keras.metrics.Metric):
        function = function.update_state

    def draws(seed: int) -> list[Any]:
        rng = np.random.default_rng(seed)
        return [tf.constant(draw(rng)) for draw in drawing]

    assert looks(function, draws) == []


def test_a_kernel_that_is_not_zero_is_all_that_spectral_normalization_looks_at() -> None:
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    said = looks(
        lambda x: layer(x, training=True), lambda seed: [tf.constant(numbers(4, 5)(np.random.default_rng(seed)))]
    )
    assert said == ["guard at"]


DIFFERENTIABLE = {
    name: CASES[name]
    for name in (
        *("sparse labels", "gather_nd", "gather_nd of rows", "scatter_nd", "tensor_scatter_nd_update"),
        *(
            "tensor_scatter_nd_max",
            "unsorted_segment_sum",
            "unsorted_segment_max",
            "reverse_sequence",
            "roll",
            "slice",
        ),
        *("roll", "slice", "an index", "an index beside an ellipsis", "stateless_dropout"),
    )
}


@pytest.mark.parametrize("case", DIFFERENTIABLE)
def test_their_derivatives_are_eager_ones_to_the_last_bit(case: str) -> None:
    """First and second order, with tapes inside the function and around it, and in forward mode."""
    function, drawing = DIFFERENTIABLE[case]

    def value(*operands: Any) -> Any:
        return tf.reduce_sum(tf.square(function(*operands)))

    def derivatives(*operands: Any) -> list[Any]:
        sources = [operand for operand in operands if operand.dtype.is_floating]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(sources)
            with tf.GradientTape() as tape:
                tape.watch(sources)
                result = value(*operands)
            first = [tf.convert_to_tensor(part) for part in tape.gradient(result, sources)]
            total = tf.add_n([tf.reduce_sum(part * part) for part in first])
        second = [tf.convert_to_tensor(part) for part in outer.gradient(total, sources, unconnected_gradients="zero")]
        with tf.autodiff.ForwardAccumulator(sources, [tf.ones_like(source) for source in sources]) as forward:
            pushed = value(*operands)
        return [result, *first, *second, forward.jvp(pushed)]

    def around(called: Callable[..., Any], *operands: Any) -> list[Any]:
        sources = [operand for operand in operands if operand.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            result = called(*operands)
        return [result, *[tf.convert_to_tensor(part) for part in tape.gradient(result, sources)]]

    inside, outside = tf.function(derivatives), tf.function(value)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        operands = [tf.constant(draw(rng)) for draw in drawing]
        for found, expected in (
            *zip(inside(*operands), derivatives(*operands), strict=True),
            *zip(around(outside, *operands), around(value, *operands), strict=True),
        ):
            np.testing.assert_array_equal(found.numpy(), expected.numpy())


def test_wrong_indices_raise_what_they_raise_eagerly() -> None:
    compiled = tf.function(lambda x, i: tf.gather_nd(x, i))
    x = tf.ones((2, 3))
    for _ in range(3):
        compiled(x, tf.constant([[1, 2]]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"does not index into param shape \[2,3\]"):
        compiled(x, tf.constant([[1, 3]]))
    labels = tf.function(tf.nn.sparse_softmax_cross_entropy_with_logits)
    for _ in range(3):
        labels(tf.constant([1]), tf.ones((1, 3)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="outside the valid range"):
        labels(tf.constant([3]), tf.ones((1, 3)))


def test_a_model_with_dropout_and_many_classes_stays_compiled_in_training() -> None:
    model = keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(200)])
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer, accuracy = keras.optimizers.Adam(), keras.metrics.SparseTopKCategoricalAccuracy(5)
    model.build((None, 6))

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_of(y, logits)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        accuracy.update_state(y, logits)
        return loss

    rng = np.random.default_rng(0)
    for _ in range(50):
        step(tf.constant(numbers(16, 6)(rng)), tf.constant(whole(200, 16)(rng)))
    said = step.explain_plan()
    assert "branches: 1" in said and "guard" not in said and "eagerly" not in said
