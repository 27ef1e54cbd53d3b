"""Edge cases and errors of reductions, scans, segments, sorting, counts and clipping, against TensorFlow."""

import itertools

import numpy as np
import pytest
import tensorflow
from compare import run, same

import gradtape

NAN, INF = np.nan, np.inf


def derivatives(tf, f, *arrays, orders=2):
    """A value, its gradient and the gradient's gradient, up to the given order."""
    sources = [tf.constant(array, tf.float32) for array in arrays]
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(sources)
        with tf.GradientTape() as inner:
            inner.watch(sources)
            value = f(*sources)
        first = inner.gradient(value, sources)
    second = [None if g is None else outer.gradient(g, sources) for g in first]
    return (value, first, second)[: orders + 1]


def orders_at(name, array):
    """The highest order at which TensorFlow's derivatives of a product are right; ours: test_products_at_zeros.py."""
    zeros = 0.0 in np.reshape(array, -1)
    return 0 if zeros and name == "cumprod" else 1 if zeros and name == "prod" else 2


VECTORS = {
    "ties": [1.0, 1.0, 0.0],
    "one zero": [0.0, 2.0, 3.0],
    "two zeros": [0.0, 2.0, 0.0],
    "NaN": [NAN, 1.0],
    "NaN alone": [NAN, NAN],
    "infinities": [INF, INF],
    "infinity and zero": [INF, 0.0],
    "beyond the largest": [1e30, 1e30],
    "infinity": [INF, 1.0],
    "negative infinities": [-INF, -INF],
    "nothing": [],
    "scalar": 2.0,
    "scalar zero": 0.0,
}
REDUCTIONS = ["max", "min", "sum", "mean", "prod", "logsumexp", "std", "variance", "euclidean_norm"]


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduction_and_derivatives_at_edges(name, vector):
    def program(tf):
        function = getattr(tf.math, f"reduce_{name}")
        return derivatives(tf, function, VECTORS[vector], orders=orders_at(name, VECTORS[vector]))

    same(program, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("axis", [0, -1, [], [0, 1], (0,)], ids=str)
@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (2, 3)], ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reduction_of_empty_axes(name, shape, axis):
    array = np.arange(1.0, 7.0).reshape(2, 3) if shape == (2, 3) else np.zeros(shape)
    same(lambda tf: derivatives(tf, lambda x: getattr(tf.math, f"reduce_{name}")(x, axis), array), rtol=1e-5, atol=1e-6)


SCANS = {
    "ordinary": [1.0, 3.0, 2.0],
    "zero": [1.0, 0.0, 2.0],
    "NaN": [NAN, 1.0],
    "infinity": [INF, 1.0],
    "far apart": [1000.0, -1000.0],
    "nothing": [],
}


@pytest.mark.parametrize("exclusive,reverse", list(itertools.product([False, True], repeat=2)))
@pytest.mark.parametrize("vector", SCANS)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cumulative_logsumexp"])
def test_scan_and_derivatives_at_edges(name, vector, exclusive, reverse):
    def program(tf):
        function = getattr(tf.math, name)
        orders = orders_at(name, SCANS[vector])
        return derivatives(tf, lambda x: function(x, 0, exclusive, reverse), SCANS[vector], orders=orders)

    same(program, rtol=1e-5, atol=1e-6)


SEGMENTS = ["sum", "mean", "max", "min", "prod"]
GROUPS = {
    "ties": ([1.0, 1.0, 0.0], [0, 0, 2]),
    "zeros": ([0.0, 0.0, 5.0], [0, 0, 2]),
    "NaN": ([NAN, 2.0, 5.0], [1, 1, 1]),
}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", SEGMENTS)
def test_segments_at_edges(name, group):
    data, ids = GROUPS[group]

    def program(tf):
        function = getattr(tf.math, f"segment_{name}")
        return derivatives(tf, lambda x: function(x, ids) ** 2, data, orders=orders_at(name, data))

    same(program, rtol=1e-5)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", [*SEGMENTS, "sqrt_n"])
def test_unsorted_segments_at_edges(name, group):
    data, ids = GROUPS[group]

    def program(tf):
        function = getattr(tf.math, f"unsorted_segment_{name}")
        return derivatives(tf, lambda x: function(x, ids, 3) ** 2, data, orders=orders_at(name, data))

    same(program, rtol=1e-5)


def clipped(tf, f):
    """The derivatives of a clipping function for vectors inside, on and outside its bounds, zero, and not finite."""
    return [derivatives(tf, f, x) for x in ([3.0, 4.0], [0.6, 0.8], [0.1, 0.2], [0.0, 0.0], [NAN, 1.0], [INF, 1.0])]


def slices(tf):
    return tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([1]), tf.constant([4, 2]))


def doubles(tf, *values):
    return tf.constant(values, tf.float64)


PROGRAMS = {
    "clip_by_norm": lambda tf: clipped(tf, lambda x: tf.clip_by_norm(x, 1.0)),
    "clip_by_norm to 0": lambda tf: tf.clip_by_norm(tf.constant([3.0, 4.0]), 0.0),
    "clip_by_norm below 0": lambda tf: tf.clip_by_norm(tf.constant([3.0, 4.0]), -1.0),
    "clip_by_norm of slices": lambda tf: tf.clip_by_norm(slices(tf), 1.0),
    "clip_by_value": lambda tf: clipped(tf, lambda x: tf.clip_by_value(x, 0.1, 0.8)),
    "clip_by_value by tensors": lambda tf: derivatives(
        tf, tf.clip_by_value, [1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 3.0, 9.0], [3.0, 2.0, 3.0, 9.0]
    ),
    "clip_by_value of integers": lambda tf: tf.clip_by_value(tf.constant([1, 5]), 2, 3),
    "clip_by_value of slices": lambda tf: tf.clip_by_value(slices(tf), 0.0, 3.5),
    "clip_by_value with crossed bounds": lambda tf: tf.clip_by_value(tf.constant([1.0, 5.0]), 2.0, 1.0),
    "clip_by_value by NaN": lambda tf: tf.clip_by_value(tf.constant([1.0, 5.0]), NAN, 3.0),
    "clip_by_global_norm": lambda tf: clipped(tf, lambda x: tf.clip_by_global_norm([x, None, x], 1.0)[0][0]),
    "clip_by_global_norm of one known": lambda tf: tf.clip_by_global_norm(
        [tf.constant([3.0, 4.0])], 1.0, use_norm=tf.constant(2.0)
    ),
    "clip_by_global_norm of none": lambda tf: [tf.clip_by_global_norm([], 1.0), tf.clip_by_global_norm([None], 1.0)],
    "clip_by_global_norm to 0": lambda tf: tf.clip_by_global_norm([tf.constant([3.0, 4.0])], 0.0),
    "clip_by_global_norm of slices": lambda tf: tf.clip_by_global_norm([slices(tf), tf.constant(1.0)], 1.0),
    "global_norm": lambda tf: clipped(tf, lambda x: tf.linalg.global_norm([x])),
    "global_norm of slices": lambda tf: tf.linalg.global_norm((slices(tf), 12.0)),
    "scalar_mul of slices": lambda tf: tf.scalar_mul(tf.constant(2.0), slices(tf)),
    "searchsorted NaN": lambda tf: [
        tf.searchsorted(tf.constant([1.0, 2.0]), tf.constant([NAN, 2.0]), side) for side in ("left", "right")
    ],
    "unsorted_segment_mean of integers": lambda tf: [
        tf.math.unsorted_segment_mean(tf.constant([1, 2], dtype), [0, 0], 2) for dtype in ("uint8", "int32", "int64")
    ],
    "segment_mean of integers": lambda tf: tf.math.segment_mean(tf.constant([1, 2], tf.int64), [0, 0]),
    "confusion_matrix of floats": lambda tf: tf.math.confusion_matrix([1.0, 2.0], [0.0, 1.0]),
    "argmax of NaN": lambda tf: [tf.argmax(doubles(tf, 1.0, NAN, 2.0)), tf.argmin(doubles(tf, NAN, NAN))],
    "argsort of zeros": lambda tf: tf.argsort(tf.constant([0.0, -0.0, 0.0]), direction="DESCENDING"),
    "top_k of ties": lambda tf: tf.math.top_k(tf.constant([2, -3, 9, 9]), 4),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    assert not same(PROGRAMS[name], rtol=1e-5, atol=1e-6).exception


REFUSED = {
    "accumulate_n of none": lambda tf: tf.math.accumulate_n([]),
    "accumulate_n of unequal shapes": lambda tf: tf.math.accumulate_n([tf.zeros([1]), tf.zeros([2])]),
    "add_n of none": lambda tf: tf.math.add_n([]),
    "add_n of None": lambda tf: tf.math.add_n([tf.zeros([1]), None]),
    "add_n of unequal shapes": lambda tf: tf.math.add_n([tf.zeros([1]), tf.zeros([2])]),
    "add_n of unequal dtypes": lambda tf: tf.math.add_n([tf.zeros([1]), doubles(tf, 1.0)]),
    "argmax over several axes": lambda tf: tf.argmax(doubles(tf, 1.0), tf.constant([0])),
    "argmax of nothing": lambda tf: tf.argmax(tf.zeros([2, 0]), -1),
    "argmin beyond": lambda tf: tf.argmin(doubles(tf, 1.0), 1),
    "bincount along axis 1": lambda tf: tf.math.bincount(tf.constant([[1, 2]]), axis=1),
    "bincount of cubes": lambda tf: tf.math.bincount(tf.constant([[[1]]]), axis=-1),
    "bincount of negatives": lambda tf: tf.math.bincount(tf.constant([1, -1])),
    "bincount of negatives by row": lambda tf: tf.math.bincount(tf.constant([[1, -2]]), axis=-1),
    "bincount of no size": lambda tf: tf.math.bincount(tf.constant([1]), maxlength=-1),
    "bincount by weights and presence": lambda tf: tf.math.bincount([1, 1], weights=[1.0, 2.0], binary_output=True),
    "clip_by_global_norm of a tensor": lambda tf: tf.clip_by_global_norm(doubles(tf, 1.0), 1.0),
    "clip_by_global_norm of text": lambda tf: tf.clip_by_global_norm("abc", 1.0),
    "clip_by_norm that would broadcast": lambda tf: tf.clip_by_norm(tf.zeros([2]), tf.ones([2, 1])),
    "clip_by_value that would broadcast": lambda tf: tf.clip_by_value(tf.zeros([2]), tf.zeros([2, 1]), 1.0),
    "confusion_matrix of negatives": lambda tf: tf.math.confusion_matrix(tf.constant([1, -1]), tf.constant([1, 2])),
    "confusion_matrix beyond": lambda tf: tf.math.confusion_matrix(tf.constant([1, 2]), tf.constant([0, 5]), 3),
    "confusion_matrix of unequal lengths": lambda tf: tf.math.confusion_matrix([1, 2], tf.constant([0, 1, 2])),
    "confusion_matrix of unfit weights": lambda tf: tf.math.confusion_matrix([1, 2], [0, 1], weights=[1, 2, 3]),
    "cumsum over several axes": lambda tf: tf.cumsum(doubles(tf, 1.0), tf.constant([0])),
    "cumsum beyond": lambda tf: tf.cumsum(doubles(tf, 1.0), -2),
    "global_norm of a tensor": lambda tf: tf.linalg.global_norm(doubles(tf, 1.0)),
    "histogram of an empty range": lambda tf: tf.histogram_fixed_width(tf.constant([1.0]), [5.0, 5.0], 5),
    "histogram of NaN": lambda tf: tf.histogram_fixed_width(tf.constant([NAN]), [0.0, 5.0], 5),
    "histogram of no bins": lambda tf: tf.histogram_fixed_width(tf.constant([1.0]), [0.0, 5.0], 0),
    "histogram of three bounds": lambda tf: tf.histogram_fixed_width(tf.constant([1.0]), tf.zeros([3]), 5),
    "histogram of unequal dtypes": lambda tf: tf.histogram_fixed_width(tf.constant([1.0]), doubles(tf, 0.0, 1.0), 5),
    "histogram places of no bins": lambda tf: tf.histogram_fixed_width_bins(tf.constant([1.0]), [0.0, 5.0], 0),
    "in_top_k of doubles": lambda tf: tf.math.in_top_k(tf.constant([0]), tf.constant([[0.1, 0.2]], tf.float64), 1),
    "in_top_k of unequal lengths": lambda tf: tf.math.in_top_k(tf.constant([0]), tf.ones([2, 2]), 1),
    "invert_permutation of a matrix": lambda tf: tf.math.invert_permutation(tf.constant([[1]])),
    "is_non_decreasing of bools": lambda tf: tf.math.is_non_decreasing(tf.constant([True])),
    "reduce beyond": lambda tf: tf.reduce_sum(doubles(tf, 1.0), 1),
    "reduce one axis twice": lambda tf: tf.reduce_max(doubles(tf, 1.0), [0, -1]),
    "reduce_std of integers": lambda tf: tf.math.reduce_std(tf.constant([1, 2])),
    "searchsorted of unequal batches": lambda tf: tf.searchsorted(tf.constant([[1, 2], [3, 4]]), tf.constant([[1]])),
    "searchsorted of unequal dtypes": lambda tf: tf.searchsorted(tf.constant([1.0, 2.0]), tf.constant([1])),
    "segment_sum of decreasing numbers": lambda tf: tf.math.segment_sum(tf.zeros([2]), tf.constant([1, 0])),
    "segment_sum of negative numbers": lambda tf: tf.math.segment_sum(tf.zeros([2]), tf.constant([-1, 0])),
    "segment_sum of too few numbers": lambda tf: tf.math.segment_sum(tf.zeros([2]), tf.constant([0])),
    "sort by an unknown direction": lambda tf: tf.sort(tf.zeros([2]), direction="up"),
    "sort of a scalar": lambda tf: tf.sort(tf.constant(1.0)),
    "top_k of several": lambda tf: tf.math.top_k(tf.constant([[1.0, 2.0]]), tf.constant([1, 2])),
    "top_k of more than there are": lambda tf: tf.math.top_k(tf.constant([1.0]), 2),
    "unique of a matrix": lambda tf: tf.unique(tf.constant([[1]])),
    "unravel_index of a matrix": lambda tf: tf.unravel_index(tf.constant([[1]]), tf.constant([2, 4])),
    "unsorted_segment_sum beyond": lambda tf: tf.math.unsorted_segment_sum(tf.zeros([2]), tf.constant([1, 0]), 1),
    "unsorted_segment_sum of several": lambda tf: tf.math.unsorted_segment_sum(tf.zeros([2]), tf.constant([1, 0]), [2]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    assert same(REFUSED[name], message=False).exception
    # Whether a name appears at the end depends in TensorFlow on how operands were passed.
    assert said(REFUSED[name], gradtape) == said(REFUSED[name], tensorflow)


def said(program, library):
    return run(library, program).message.split(" [Op:")[0]


UNFIT = {
    "top_k": lambda tf: tf.math.top_k(tf.constant([True]), 1),
    "top_k's places": lambda tf: tf.math.top_k(tf.constant([1.0]), 1, index_type=tf.float32),
    "argsort": lambda tf: tf.argsort(tf.constant([True]), direction="DESCENDING"),
    "argmax's places": lambda tf: tf.argmax(tf.constant([1.0]), output_type=tf.float32),
    "argmin's places": lambda tf: tf.argmin(tf.constant([1.0]), output_type=tf.uint8),
    "searchsorted's places": lambda tf: tf.searchsorted([1], [1], out_type=tf.float32),
    "in_top_k's targets": lambda tf: tf.math.in_top_k(tf.constant([0.0]), tf.ones([1, 2]), 1),
    "invert_permutation": lambda tf: tf.math.invert_permutation(tf.constant([1.0, 0.0])),
    "bincount": lambda tf: tf.math.bincount(tf.constant([1], tf.uint8)),
    "bincount's result": lambda tf: tf.math.bincount(tf.constant([1]), dtype=tf.uint8),
    "histogram": lambda tf: tf.histogram_fixed_width(tf.constant([1], tf.uint8), tf.constant([0, 5], tf.uint8), 2),
    "histogram's result": lambda tf: tf.histogram_fixed_width(tf.constant([1.0]), [0.0, 5.0], 5, tf.float32),
    "unique's places": lambda tf: tf.unique(tf.constant([1]), tf.float32),
    "segment_sum": lambda tf: tf.math.segment_sum(tf.constant([True]), [0]),
    "segment_max": lambda tf: tf.math.segment_max(tf.constant([True]), [0]),
    "segment_sum's numbers": lambda tf: tf.math.segment_sum(tf.constant([1.0]), [0.0]),
    "unsorted_segment_sum's size": lambda tf: tf.math.unsorted_segment_sum(tf.constant([1.0]), [0], 2.0),
    "unsorted_segment_sqrt_n": lambda tf: tf.math.unsorted_segment_sqrt_n(tf.constant([1]), [0], 2),
    "cumsum": lambda tf: tf.cumsum(tf.constant([True])),
    "reduce_std": lambda tf: tf.math.reduce_std(tf.constant([True])),
    "global_norm": lambda tf: tf.linalg.global_norm([tf.constant([1, 2])]),
    "clip_by_norm": lambda tf: tf.clip_by_norm(tf.constant([3, 4]), 1.0),
}


@pytest.mark.parametrize("name", UNFIT)
def test_dtypes_refused(name):
    def program(tf):
        try:
            return UNFIT[name](tf)
        except tf.errors.InvalidArgumentError as error:
            # TensorFlow continues with the op's definition.
            return str(error).split("\n")[0].split(" [Op:")[0]

    assert isinstance(same(program).result, str)


def test_nan_is_the_largest():
    """TensorFlow leaves the order of NaN to the algorithm."""
    x = gradtape.constant([3.0, NAN, 1.0, INF])
    np.testing.assert_array_equal(gradtape.sort(x), [1.0, 3.0, INF, NAN])
    np.testing.assert_array_equal(gradtape.argsort(x, direction="DESCENDING"), [1, 3, 0, 2])
    np.testing.assert_array_equal(gradtape.math.top_k(x, 2).values, [NAN, INF])
