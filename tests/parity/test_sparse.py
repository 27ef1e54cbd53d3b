"""Sparse tensors, compared with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
PLACE = "gradtape names the place that is outside"
WORDED = {
    "map_values_of_other_places": "TensorFlow prints both tables",
    "map_values_of_other_shapes": "TensorFlow prints both shapes as tables",
    "no_further_axis_there": "TensorFlow names the slice that it takes on the way",
    "indicator_out_of_range": PLACE,
    "indices_that_are_no_whole_numbers": "gradtape adds what to do",
    "conversion": "the class is gradtape's",
    "segment_mean_of_integers": "TensorFlow adds the signature of its op",
    "a_smaller_shape": "TensorFlow swaps the two shapes",
    "itself_as_a_source": "gradtape adds what to do",
    "itself_as_a_target": "gradtape adds what to do",
}
DELIBERATE: dict[str, tuple[str, Any]] = {
    "sum_with_places_out_of_order": (
        "TensorFlow merges as if places were in order, and lists one twice; gradtape orders them",
        ["SparseTensor", [[0, 1], [2, 0]], [3.0, 3.0], [3, 2]],
    ),
    "sum_with_a_place_outside": ("TensorFlow keeps the place that is outside", "InvalidArgumentError"),
    "transposed_with_an_axis_twice": ("TensorFlow gives a matrix of no meaning", "ValueError"),
    "sum_over_an_axis_with_a_place_outside": ("TensorFlow raises InternalError", "InvalidArgumentError"),
    "reduce_sum_of_a_dense_tensor": ("TensorFlow raises AttributeError", "TypeError"),
    "product_of_two_sparse_ones": ("TensorFlow recurses until Python stops it", "TypeError"),
    "number_on_the_left": (
        "TensorFlow knows only tensors on the left",
        ["SparseTensor", [[0, 1], [2, 0]], [2.0, 4.0], [3, 2]],
    ),
    "gradient_of_reduce_max": ("TensorFlow has no gradient of it", [1.0, 1.0]),
    "gradient_of_split": ("TensorFlow has no gradient of it", [1.0, 0.0]),
    "gradient_of_concat": ("TensorFlow has no gradient of it", [2.0, 2.0]),
    "gradient_of_maximum": ("TensorFlow's fails", [1.0, 0.0]),
    "gradient_of_a_sparse_sum": ("TensorFlow has no gradient of it", [1.0, 1.0]),
}


def matrix(tf: Any, values: Any = (1.0, 2.0)) -> Any:
    return tf.SparseTensor([[0, 1], [2, 0]], values, [3, 2])


def unordered(tf: Any) -> Any:
    return tf.SparseTensor([[2, 0], [0, 1]], [1.0, 2.0], [3, 2])


def outside(tf: Any) -> Any:
    return tf.SparseTensor([[0, 1], [5, 0]], [1.0, 2.0], [3, 2])


def parts(sparse: Any) -> Any:
    return type(sparse).__name__, sparse.indices, sparse.values, sparse.dense_shape


def sloped(tf: Any, function: Any) -> Any:
    """The gradient of the sum of a function of a matrix, with respect to its values."""
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        result = function(matrix(tf, x))
        result = tf.reduce_sum(getattr(result, "values", result))
    return tf.convert_to_tensor(tape.gradient(result, x))


# The parameters are one expression each, of a matrix m, and of others that are named as above.
EXPRESSIONS = {
    "itself": "m",
    "integers": "tf.SparseTensor([[0, 0]], [1], [3, 2])",
    "no_values": "tf.SparseTensor(tf.zeros([0, 2], tf.int64), [], [3, 2])",
    "arrays": "tf.SparseTensor(np.array([[0, 1]], np.int32), np.ones(1), np.array([3, 2]))",
    "other_values": "m.with_values([3.0, 4.0])",
    "from_value": "tf.SparseTensor.from_value(m)",
    "halved": "m / 2.0",
    "divided_as_integers": "tf.cast(m, tf.int32) / 2",
    "times_a_number": "m * 3.0",
    "times_a_matrix": "m * tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])",
    "times_a_row": "m * tf.constant([10.0, 20.0])",
    "times_a_column": "m * tf.constant([[1.0], [2.0], [3.0]])",
    "matrix_times_it": "tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]) * m",
    "number_on_the_left": "2.0 * m",
    "cast": "tf.cast(m, tf.float64)",
    "identity": "tf.identity(m)",
    "reordered": "tf.sparse.reorder(unordered)",
    "transposed": "tf.sparse.transpose(m)",
    "transposed_unordered": "tf.sparse.transpose(unordered)",
    "axes_as_they_were": "tf.sparse.transpose(m, [0, 1])",
    "transposed_with_an_axis_twice": "tf.sparse.transpose(m, [1, 1])",
    "reshaped": "tf.sparse.reshape(m, [2, -1])",
    "reshaped_to_a_vector": "tf.sparse.reshape(unordered, [6])",
    "further_axis": "tf.sparse.expand_dims(m)",
    "further_axis_first": "tf.sparse.expand_dims(m, 0)",
    "further_axis_from_behind": "tf.sparse.expand_dims(m, -2)",
    "concat_rows": "tf.sparse.concat(0, [m, unordered])",
    "concat_columns": "tf.sparse.concat(-1, [m, m])",
    "concat_one": "tf.sparse.concat(0, [m])",
    "concat_expanded": "tf.sparse.concat(0, [m, tf.SparseTensor([[0, 0]], [1.0], [1, 3])], expand_nonconcat_dims=True)",
    "sliced": "tf.sparse.slice(m, [1, 0], [5, 2])",
    "sliced_from_before": "tf.sparse.slice(m, [-1, 0], [1, 1])",
    "retained": "tf.sparse.retain(m, [True, False])",
    "retained_by_numbers": "tf.sparse.retain(m, [1, 0])",
    "reset": "tf.sparse.reset_shape(m)",
    "reset_larger": "tf.sparse.reset_shape(m, [4, 4])",
    "filled": "tf.sparse.fill_empty_rows(m, 7.0)[0]",
    "filled_unordered": "tf.sparse.fill_empty_rows(unordered, 7.0)[0]",
    "sum": "tf.sparse.add(m, m)",
    "sum_with_others": "tf.sparse.add(m, tf.SparseTensor([[0, 0], [2, 0]], [5.0, -2.0], [3, 2]))",
    "sum_above_a_threshold": "tf.sparse.add(m, m.with_values([-1.0, 1.0]), threshold=0.5)",
    "sum_above_a_threshold_of_one": "tf.sparse.add(tf.SparseTensor([[0, 0], [2, 0]], [0.1, 1.0], [3, 2]), "
    "tf.SparseTensor([[2, 0]], [-0.8], [3, 2]), threshold=0.5)",
    **{
        name: f"tf.math.{name}(tf.SparseTensor([[0, 1], [1, 0]], [-0.5, 0.25], [2, 2]))"
        for name in (
            *("abs", "negative", "sign", "square", "sqrt", "erf", "tanh"),
            *("sin", "tan", "asin", "atan", "asinh", "atanh"),
        )
    },
    "softmax_of_huge_rows": "tf.sparse.softmax(tf.SparseTensor([[0, 1], [2**31, 0]], [1.0, 2.0], [2**32, 2**20]))",
    "sum_of_huge_ones": "tf.sparse.add(*[tf.SparseTensor([[0, 1], [2**31, 0]], [1.0, 2.0], [2**40, 2**40])] * 2)",
    "sum_with_places_out_of_order": "tf.sparse.add(unordered, m)",
    "sum_with_a_place_outside": "tf.sparse.add(outside, m)",
    "largest": "tf.sparse.maximum(m, tf.SparseTensor([[0, 0], [2, 0]], [-1.0, 9.0], [3, 2]))",
    "smallest": "tf.sparse.minimum(m, tf.SparseTensor([[0, 0], [2, 0]], [-1.0, 9.0], [3, 2]))",
    "sparse_sums": "tf.sparse.reduce_sum(m, 1, output_is_sparse=True)",
    "sparse_sums_that_keep_axes": "tf.sparse.reduce_sum(m, 1, keepdims=True, output_is_sparse=True)",
    "sparse_sum_of_all": "tf.sparse.reduce_sum(m, output_is_sparse=True)",
    "sparse_largest": "tf.sparse.reduce_max(m, 1, output_is_sparse=True)",
    "softmax": "tf.sparse.softmax(tf.SparseTensor([[0, 0, 1], [0, 0, 3], [1, 1, 0]], [1.0, 2.0, 3.0], [2, 2, 4]))",
    "softmax_unordered": "tf.sparse.softmax(unordered)",
    "mapped": "tf.sparse.map_values(tf.sin, m)",
    "mapped_of_two": "tf.sparse.map_values(tf.add, m, m)",
    "from_dense": "tf.sparse.from_dense([[1, 0], [0, 3]])",
    "from_nan_and_zeros": "tf.sparse.from_dense([float('nan'), -0.0, 0.0])",
    "from_bool": "tf.sparse.from_dense([[True, False]])",
    "from_text": "tf.sparse.from_dense(tf.constant(['a', '']))",
    "eye": "tf.sparse.eye(2)",
    "eye_of_integers": "tf.sparse.eye(2, 3, tf.int32)",
}
VALUES = {
    "shape": "m.shape, m.get_shape(), m.dtype, tf.shape(m), tf.size(m), tf.rank(m), tf.is_tensor(m)",
    "text": "str(m)",
    "representation": "repr(m)",
    "dense": "tf.sparse.to_dense(m)",
    "dense_with_a_default": "tf.sparse.to_dense(m, default_value=9)",
    "dense_unordered": "tf.sparse.to_dense(unordered, validate_indices=False)",
    "dense_out_of_order": "tf.sparse.to_dense(unordered)",
    "dense_repeated": "tf.sparse.to_dense(tf.SparseTensor([[2, 0], [2, 0]], [1.0, 2.0], [3, 2]))",
    "dense_outside": "tf.sparse.to_dense(outside)",
    "dense_with_a_vector_as_default": "tf.sparse.to_dense(m, default_value=[1.0, 2.0])",
    "dense_text": "tf.sparse.to_dense(tf.SparseTensor([[0, 1], [2, 0]], ['a', 'b'], [3, 2]), default_value='z')",
    "dense_of_dense": "tf.sparse.to_dense(tf.ones([2]))",
    "product": "tf.sparse.sparse_dense_matmul(m, tf.constant([[1.0, 2.0], [3.0, 4.0]]))",
    "product_unordered": "tf.sparse.sparse_dense_matmul(unordered, tf.constant([[1.0, 2.0], [3.0, 4.0]]))",
    "product_adjoint": "tf.sparse.sparse_dense_matmul(m, tf.ones([3, 2]), adjoint_a=True)",
    "product_with_adjoint": "tf.sparse.sparse_dense_matmul(m, tf.constant([[1.0, 2.0], [3.0, 4.0]]), adjoint_b=True)",
    "product_from_the_left": "tf.sparse.sparse_dense_matmul(tf.ones([2, 3]), m)",
    "product_from_the_left_adjoint": "tf.sparse.sparse_dense_matmul(tf.ones([3, 2]), m, True, False)",
    "product_of_integers": "tf.sparse.sparse_dense_matmul(tf.cast(m, tf.int32), tf.ones([2, 2], tf.int32))",
    "complex_product": "tf.sparse.sparse_dense_matmul(m.with_values([1 + 2j, 3j]), "
    "tf.constant([[1j], [2.0], [1 - 1j]], tf.complex128), adjoint_a=True)",
    "product_of_other_sizes": "tf.sparse.sparse_dense_matmul(m, tf.ones([3, 2]))",
    "product_of_other_dtypes": "tf.sparse.sparse_dense_matmul(m, np.ones([2, 2]))",
    "product_with_a_vector": "tf.sparse.sparse_dense_matmul(m, tf.ones([2]))",
    "product_of_a_vector": "tf.sparse.sparse_dense_matmul(tf.SparseTensor([[0]], [1.0], [3]), tf.ones([2, 1]))",
    "product_outside": "tf.sparse.sparse_dense_matmul(outside, tf.ones([2, 2]))",
    "product_outside_within": "tf.sparse.sparse_dense_matmul(tf.SparseTensor([[0, 5]], [1.0], [3, 2]), "
    "tf.ones([2, 2]))",
    "product_of_two_dense_ones": "tf.sparse.sparse_dense_matmul(tf.ones([3, 2]), tf.ones([2, 2]))",
    "product_of_two_sparse_ones": "tf.sparse.sparse_dense_matmul(m, m)",
    "sum_with_a_dense_one": "tf.sparse.add(m, tf.ones([3, 2])), tf.sparse.add(tf.ones([3, 2]), m)",
    "sum_with_another_shape": "tf.sparse.add(m, tf.ones([2, 2]))",
    "sum_of_two_dense_ones": "tf.sparse.add(tf.ones([3, 2]), tf.ones([3, 2]))",
    "sum_of_other_dtypes": "tf.sparse.add(m, tf.cast(m, tf.float64))",
    "sum_of_other_shapes": "tf.sparse.add(m, tf.SparseTensor([[0, 0]], [1.0], [1, 2]))",
    "largest_of_other_dtypes": "tf.sparse.maximum(m, tf.cast(m, tf.int32))",
    "sum_of_all": "tf.sparse.reduce_sum(m), tf.sparse.reduce_sum(m, [0, 1]), tf.sparse.reduce_sum(m, 0)",
    "sums_that_keep_axes": "tf.sparse.reduce_sum(m, 1, keepdims=True), tf.sparse.reduce_sum(unordered, -1)",
    "sum_over_no_such_axis": "tf.sparse.reduce_sum(m, 2)",
    "sum_over_an_axis_with_a_place_outside": "tf.sparse.reduce_sum(outside, -1)",
    "reduce_sum_of_a_dense_tensor": "tf.sparse.reduce_sum(tf.ones([2]))",
    "largest_of_all": "tf.sparse.reduce_max(m.with_values([-1.0, -2.0])), tf.sparse.reduce_max(m, 1)",
    "largest_of_none": "tf.sparse.reduce_max(tf.SparseTensor(np.zeros([0, 2], np.int64), tf.zeros([0]), [2, 2]), 1)",
    "softmax_of_a_vector": "tf.sparse.softmax(tf.SparseTensor([[1]], [1.0], [3]))",
    "split": "[[*parts(part)] for part in tf.sparse.split(m, 2, axis=0)]",
    "split_from_behind": "[[*parts(part)] for part in tf.sparse.split(m, num_split=2, axis=-1)]",
    "split_too_far": "tf.sparse.split(m, 3, axis=1)",
    "split_along_no_axis": "tf.sparse.split(m, 2, axis=5)",
    "filled_rows": "tf.sparse.fill_empty_rows(m, 7.0)[1]",
    "filled_with_a_vector": "tf.sparse.fill_empty_rows(m, [0.0])",
    "filled_outside": "tf.sparse.fill_empty_rows(outside, 0.0)",
    "indicator": "tf.sparse.to_indicator(tf.SparseTensor([[0, 0], [1, 1]], [1, 2], [3, 2]), 4)",
    "indicator_of_floats": "tf.sparse.to_indicator(m, 3)",
    "indicator_out_of_range": "tf.sparse.to_indicator(tf.SparseTensor([[0, 0], [1, 1]], [1, 9], [3, 2]), 4)",
    "masked": "tf.sparse.mask(tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, 3])), [3]).values",
    "segment_sum": "tf.sparse.segment_sum(tf.ones([4, 2]), [0, 2, 3], [0, 0, 2])",
    "segment_mean": "tf.sparse.segment_mean(tf.ones([4, 2]), [0, 2, 3], [0, 0, 2], num_segments=5)",
    "segment_sqrt_n": "tf.sparse.segment_sqrt_n(tf.ones([4, 2]), [0, 2, 3], [0, 0, 2])",
    "segment_mean_of_many_halves": "tf.sparse.segment_mean(tf.cast(tf.fill([4000, 1], 100.0), tf.float16), "
    "tf.range(4000), tf.zeros([4000], tf.int32))",
    "segment_mean_of_integers": "tf.sparse.segment_mean(tf.ones([4, 2], tf.int32), [0, 2, 3], [0, 0, 2])",
    "bags_of_many_halves": "tf.nn.embedding_lookup_sparse(tf.cast(tf.fill([1, 2], 100.0), tf.float16), tf.SparseTensor("
    "[[0, i] for i in range(2000)], tf.zeros([2000], tf.int64), [1, 2000]), None, 'mean')",
    "bags_with_weights_of_integers": "tf.nn.embedding_lookup_sparse(tf.constant([[1.0, 2.0], [3.0, 4.0]]), "
    "tf.SparseTensor([[0, 0], [0, 1]], [0, 1], [1, 2]), tf.SparseTensor([[0, 0], [0, 1]], [1, 3], [1, 2]))",
    "slice_of_a_negative_size": "tf.sparse.slice(m, [0, 0], [-1, 2])",
    "segment_of_no_row": "tf.sparse.segment_sum(tf.ones([4, 2]), [0, 2, 9], [0, 0, 2])",
    "segments_that_decrease": "tf.sparse.segment_sum(tf.ones([4, 2]), [0, 2, 3], [2, 0, 0])",
    "segments_beyond": "tf.sparse.segment_sum(tf.ones([4, 2]), [0, 2, 3], [0, 0, 2], num_segments=2)",
    "segments_of_another_count": "tf.sparse.segment_sum(tf.ones([4, 2]), [0, 2], [0, 0, 2])",
    "map_values_of_nothing_sparse": "tf.sparse.map_values(tf.add, 1.0, 2.0)",
    "map_values_to_a_scalar": "tf.sparse.map_values(tf.reduce_sum, m)",
    "map_values_of_other_shapes": "tf.sparse.map_values(tf.add, m, tf.sparse.transpose(m))",
    "map_values_of_other_places": "tf.sparse.map_values(tf.add, m, "
    "tf.SparseTensor([[0, 1], [2, 1]], [1.0, 2.0], [3, 2]))",
    "values_that_are_too_few": "m.with_values([3.0])",
    "indices_of_a_vector": "tf.SparseTensor([0, 1], [1.0, 2.0], [3])",
    "indices_of_another_rank": "tf.SparseTensor([[0, 1]], [1.0], [3])",
    "indices_that_are_no_whole_numbers": "tf.SparseTensor([[0.0, 1.0]], [1.0], [3, 2])",
    "indices_of_int32": "tf.SparseTensor(tf.constant([[0, 1]], tf.int32), [1.0], [3, 2])",
    "from_no_value": "tf.SparseTensor.from_value((1, 2))",
    "conversion": "tf.convert_to_tensor(m)",
    "scalar_to_sparse": "tf.sparse.from_dense(tf.constant(3.0))",
    "divided_by_zero": "m / 0.0",
    "times_what_does_not_fit": "m * tf.ones([5])",
    "no_further_axis_there": "tf.sparse.expand_dims(m, 5)",
    "concat_of_other_shapes": "tf.sparse.concat(0, [m, tf.SparseTensor([[0, 0]], [1.0], [1, 3])])",
    "concat_of_other_ranks": "tf.sparse.concat(0, [m, tf.SparseTensor([[0]], [1.0], [3])])",
    "concat_along_no_axis": "tf.sparse.concat(5, [m, m])",
    "slice_of_another_rank": "tf.sparse.slice(m, [0], [1])",
    "reshaped_to_two_unknowns": "tf.sparse.reshape(m, [-1, -1])",
    "reshaped_to_another_size": "tf.sparse.reshape(m, [7])",
    "reshaped_to_a_remainder": "tf.sparse.reshape(m, [4, -1])",
    "retained_of_another_count": "tf.sparse.retain(m, [True])",
    "retained_by_a_matrix": "tf.sparse.retain(m, tf.constant([[True, False]]))",
    "a_smaller_shape": "tf.sparse.reset_shape(m, [1, 1])",
    "transposed_to_another_rank": "tf.sparse.transpose(m, [0])",
    "spec": "repr(tf.SparseTensorSpec([None, 2], tf.float32)), "
    "tf.SparseTensorSpec([None, 2], tf.float32).is_compatible_with(m), "
    "tf.SparseTensorSpec([3, 2]) == tf.type_spec_from_value(m)",
    "structure": "len(tf.nest.flatten([m, m])), tf.nest.flatten(m)[0] is m",
}
BAGS = "tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 3, 0], [3, 2])"
WEIGHTS = "tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [0.5, 3.0, 2.0], [3, 2])"
TABLE = "tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])"
VALUES |= {
    f"bags_{combiner}_{weights != 'None'}": f"tf.nn.embedding_lookup_sparse({TABLE}, {BAGS}, {weights}, "
    f"'{combiner}', 2.0)"
    for combiner in ("sum", "mean", "sqrtn")
    for weights in ("None", WEIGHTS)
}
VALUES |= {
    "bags_of_no_such_combiner": f"tf.nn.embedding_lookup_sparse({TABLE}, {BAGS}, None, 'x')",
    "safe_bags": f"tf.nn.safe_embedding_lookup_sparse({TABLE}, {BAGS.replace('3', '-3', 1)})",
    "safe_bags_with_a_default": f"tf.nn.safe_embedding_lookup_sparse({TABLE}, {BAGS}, {WEIGHTS}, default_id=2)",
}
SLOPES = {
    "dense": "tf.sparse.to_dense(m) ** 2",
    "reduce_sum": "tf.sparse.reduce_sum(m, 0) ** 2",
    "sum": "tf.sparse.add(m, m)",
    "sum_with_a_dense_one": "tf.sparse.add(m, tf.ones([3, 2])) ** 2",
    "transpose": "tf.sparse.transpose(m)",
    "slice": "tf.sparse.slice(m, [1, 0], [2, 2])",
    "product": "m * tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])",
    "quotient": "m / tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])",
    "reshape": "tf.sparse.reshape(m, [6])",
    "further_axis": "tf.sparse.expand_dims(m, 0)",
    "filled": "tf.sparse.fill_empty_rows(m, 0.0)[0]",
    "matmul": "tf.sparse.sparse_dense_matmul(m, tf.constant([[1.0, 2.0], [3.0, 4.0]])) ** 2",
    "retain": "tf.sparse.retain(m, [False, True])",
    "split": "tf.sparse.split(m, 2, axis=0)[0]",
    "concat": "tf.sparse.concat(0, [m, m])",
    "maximum": "tf.sparse.maximum(m, m.with_values([0.0, 5.0]))",
    "reduce_max": "tf.sparse.reduce_max(m, 0)",
    "a_sparse_sum": "tf.sparse.reduce_sum(m, 0, output_is_sparse=True)",
}


def _evaluated(text: str, tf: Any, m: Any) -> Any:
    names = {"m": m, "unordered": unordered(tf), "outside": outside(tf), "parts": parts, "np": np}
    return eval(text, {"tf": tf, **names})


def _add(name: str, function: Any) -> None:
    function.__name__ = name
    program(function)


for _name, _text in EXPRESSIONS.items():
    _add(_name, lambda tf, text=_text: parts(_evaluated(text, tf, matrix(tf))))
for _name, _text in VALUES.items():
    _add(_name, lambda tf, text=_text: _evaluated(text, tf, matrix(tf)))
for _name, _text in SLOPES.items():
    _add(f"gradient_of_{_name}", lambda tf, text=_text: sloped(tf, lambda m: _evaluated(text, tf, m)))


@program
def itself_as_a_source(tf):
    m = matrix(tf)
    with tf.GradientTape() as tape:
        tape.watch(m.values)
        y = tf.sparse.to_dense(m)
    return tape.gradient(y, m)


@program
def itself_as_a_target(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        m = matrix(tf, x)
    return tape.gradient(m, x)


@program
def gradients_of_a_product(tf):
    x, w = tf.Variable([1.0, 2.0]), tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.sparse.sparse_dense_matmul(matrix(tf, x), w) ** 2)
    return tape.gradient(y, [x, w])


@program
def gradient_of_bags(tf):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    with tf.GradientTape() as tape:
        bags = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 3, 0], [2, 2])
        y = tf.reduce_sum(tf.nn.embedding_lookup_sparse(table, bags, None, combiner="mean") ** 2)
    return tf.convert_to_tensor(tape.gradient(y, table))


@program
def a_function_of_sparse_tensors(tf):
    @tf.function
    def product(m, x):
        return tf.sparse.sparse_dense_matmul(m, x), tf.sparse.transpose(m)

    found = [product(m, tf.ones([2, 1])) for m in (matrix(tf), matrix(tf, [5.0, 6.0]), unordered(tf))]
    return [(y, parts(t)) for y, t in found]


@program
def a_function_with_a_signature(tf):
    @tf.function(input_signature=[tf.SparseTensorSpec([None, 2], tf.float32)])
    def dense(m):
        return tf.sparse.to_dense(m)

    return dense(matrix(tf)), dense(tf.SparseTensor([[0, 0]], [7.0], [1, 2]))


@program
def a_graph_convolution_is_trained(tf):
    edges = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [2, 1], [2, 2]]
    adjacency = tf.SparseTensor(edges, [0.5, 0.5, 0.3, 0.3, 0.4, 0.6, 0.4], [3, 3])
    features = tf.constant([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    w = tf.Variable([[0.1, -0.2], [0.3, 0.4]])
    v = tf.Variable([[0.5, 0.6], [-0.7, 0.8]])
    optimizer = tf.optimizers.SGD(0.5)
    losses = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(tf.sparse.sparse_dense_matmul(adjacency, features @ w))
            logits = tf.sparse.sparse_dense_matmul(adjacency, hidden @ v)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 1], logits))
        optimizer.apply_gradients(zip(tape.gradient(loss, [w, v]), [w, v], strict=True))
        losses.append(loss)
    return losses, w, v


@pytest.mark.parametrize("name", PROGRAMS)
def test_sparse(name):
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)
