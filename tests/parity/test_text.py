"""String tensors: ops that move, compare or count elements, and string functions, compared with TensorFlow."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow

import gradtape
from drawing import resolve
from gradtape._src.table.rows import ALL, rows
from gradtape._src.table.samples import Leaf, Op

# Expressions in tf; S is a vector of strings, M a matrix of them.
MOVES = """
tf.reshape(S, [2, 2])
tf.reshape(S, -1)
tf.reshape(["a", "b"], [2, 1])
tf.transpose(M)
tf.transpose(M, [1, 0])
tf.broadcast_to("a", [2, 2])
tf.broadcast_to(["a", "b"], [2, 2])
tf.expand_dims(S, -1)
tf.squeeze(tf.expand_dims(S, 0))
tf.squeeze([["a"]], 0)
tf.ensure_shape(S, [None])
tf.identity(S)
tf.identity("a")
tf.identity_n([S, 1])
tf.stop_gradient(S)
tf.concat([S, S], 0)
tf.concat([S, ["z"]], 0)
tf.concat([["a"], ["b", "c"]], 0)
tf.concat([M, M], axis=1)
tf.concat([M, [["x", "y"]]], -2)
tf.stack([S, S])
tf.stack([S, S], axis=1)
tf.stack(["a", "b"])
tf.stack([S[0], "q"])
tf.unstack(S)
tf.unstack(M, axis=1)
tf.split(S, 2)
tf.split(S, [1, -1])
tf.gather(S, [0, 2])
tf.gather(S, 1)
tf.gather(params=M, indices=[[1], [0]], axis=1, batch_dims=1)
tf.gather(["x", "y"], [[1, 0]])
tf.gather_nd(M, [[0, 1], [1, 0]])
tf.boolean_mask(S, [True, False, True, False])
tf.boolean_mask(M, [True, False], axis=1)
tf.where([True, False, True, False], S, "z")
tf.where([True, False], "y", "z")
tf.where(S == "a", S, tf.zeros_like(S))
tf.where(S == "b")
tf.unique(["a", "b", "a"])
tf.unique(["a", "b", "a"], tf.int64)
tf.unique_with_counts(tf.constant(["a", "b", "a"]))
tf.tile(S, [2])
tf.repeat(S, 2)
tf.repeat(M, [1, 2], axis=0)
tf.reverse(S, [0])
tf.roll(S, 1, 0)
tf.slice(S, [1], [2])
tf.strided_slice(S, [0], [4], [2])
tf.strided_slice(M, [0, 1], [2, 2], shrink_axis_mask=2)
tf.pad(S, [[1, 1]])
tf.pad(S, [[1, 0]], constant_values="x")
tf.pad(S, [[1, 1]], "REFLECT")
tf.fill([2], "a")
tf.zeros_like(S)
tf.zeros_like(S, tf.int32)
tf.zeros([2], tf.string)
tf.dynamic_partition(S, [0, 1, 0, 1], 2)
tf.dynamic_stitch([[0, 1], [2]], [["a", "b"], ["c"]])
tf.tensor_scatter_nd_update(S, [[0]], ["q"])
tf.shape(S)
tf.shape("a", tf.int64)
tf.shape_n([S, M])
tf.size(M)
tf.size(tf.constant([], tf.string))
tf.rank(M)
tf.reshape(tf.constant([], tf.string), [0, 2])
tf.cast(S, tf.string)
tf.equal(S, "a")
tf.equal("a", S)
tf.equal(["a", "b"], ["a", "c"])
tf.math.equal(M, ["a", "d"])
tf.not_equal(S, S)
tf.add(S, "x")
S + "x"
"x" + S
S + S
S == "a"
S != ["a", "x", "c", "d"]
S == ["a", "b"]
S == None
tf.constant("a") in ["b", "a"]
tf.reduce_any(S == "c")
S[0]
S[-1]
S[1:]
S[::-1]
S[None]
S[..., 0]
M[0, 1]
M[:, 1]
M[tf.constant(1)]
S[S == "a"]
S[1:3][0]
len(S)
list(S)
list(M)
isinstance(S, tf.Tensor)
tf.is_tensor(S)
bool(S[0])
bool(tf.constant(""))
bool(S[0] == "a")
int(tf.constant("3"))
float(tf.constant("1.5"))
S.ref().deref() is S
(S.shape, S.dtype, S.ndim, S.get_shape())
S.set_shape([4])
(S.numpy(), S[0].numpy())
np.array(S)
tf.constant(S)
tf.convert_to_tensor([S, S])
tf.convert_to_tensor(np.array(["a", "b"]))
tf.constant("a", shape=[2])
tf.map_fn(lambda s: s + "x", S)
tf.map_fn(tf.strings.length, S, fn_output_signature=tf.int32)
tf.cond(tf.constant(True), lambda: S, lambda: M)
tf.nest.map_structure(tf.strings.upper, {"a": S})
tf.debugging.assert_type(S, tf.string)
tf.debugging.assert_equal(S, S)
tf.function(lambda s: tf.reshape(s, [2, 2]))(S)
tf.function(lambda s: tf.strings.upper(s) + "!")(S)
tf.function(lambda s, x: (s, x + 1.0))(S, 1.0)
tf.function(lambda s: tf.strings.length(s), input_signature=[tf.TensorSpec([None], tf.string)])(S)
tf.function(lambda s: tf.strings.length(s), input_signature=[tf.TensorSpec([None], tf.string)])(["p"])
tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + "x"), [0, tf.constant("")])[1]
tf.foldl(lambda a, x: a + x, S)
tf.scan(lambda a, x: a + x, S)
tf.tuple([S])[0]
tf.TensorArray(tf.string, 2).write(0, "a").write(1, "b").stack()
tf.TensorArray(tf.string, 3, element_shape=[]).unstack(["a", "b"]).stack()
tf.random.shuffle(S).shape
tf.reverse_sequence(M, [1, 2], seq_axis=1)
tf.debugging.assert_rank(S, 1)
tf.debugging.assert_shapes([(S, (4,))])
np.array(["a", "x", "c", "d"]) == S
np.array(["a"]) + S
list(tf.data.Dataset.from_tensor_slices(["a b", "c"]).map(tf.strings.split).padded_batch(2, padding_values="?"))
list(tf.data.Dataset.from_tensor_slices(["a/b", "c/d"]).map(lambda p: tf.strings.split(p, "/")[-2] == ["a", "c"]))
list(tf.data.Dataset.from_tensor_slices(S).map(lambda s: tf.strings.upper(s)).batch(3).as_numpy_iterator())
list(tf.data.Dataset.from_tensor_slices(S).filter(lambda s: s != "a").as_numpy_iterator())
list(tf.data.Dataset.from_tensor_slices(M).map(lambda row: tf.concat([row, ["z"]], 0)).as_numpy_iterator())
list(tf.data.Dataset.from_tensors("1,2").map(lambda s: tf.strings.to_number(tf.strings.split(s, ","))))
"""

FUNCTIONS = """
tf.strings.split("a b  c")
tf.strings.split(" a  b ", sep=" ")
tf.strings.split("  a b  c  ", maxsplit=1)
tf.strings.split("a,b,,c", ",", maxsplit=1)
tf.strings.split("a::b:c", tf.constant("::"))
tf.strings.split("")
tf.strings.split("", ",")
tf.strings.substr("tape", 1, 2)
tf.strings.substr(["tape", "watch"], 1, 2)
tf.strings.substr(["tape", "watch"], [0, -2], [2, 3])
tf.strings.substr("tape", [0, 1], [1, 1])
tf.strings.substr("tape", 4, 2)
tf.strings.substr("tape", 1, -1)
tf.strings.substr("tape", 1, 9)
tf.strings.substr("héé", 1, 1, unit="UTF8_CHAR")
tf.strings.substr("héé", -1, 1, unit="UTF8_CHAR")
tf.strings.reduce_join([["a", "b"], ["c", "d"]])
tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=0)
tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=-1, separator="-")
tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=[0, 1], keepdims=True)
tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=[1, 0])
tf.strings.reduce_join([["a", "b"]], axis=[])
tf.strings.reduce_join("a", separator="-")
tf.strings.reduce_join(tf.zeros([0], tf.string))
tf.strings.bytes_split("abc")
tf.strings.bytes_split("")
tf.strings.unicode_split("héa", "UTF-8")
tf.strings.unicode_decode("héa", "UTF-8")
tf.strings.unicode_decode(b"a\\xff", "UTF-8")
tf.strings.unicode_decode(b"a\\xff", "UTF-8", errors="ignore")
tf.strings.unicode_decode(b"a\\xff", "UTF-8", replacement_char=63)
tf.strings.unicode_encode([104, 233], "UTF-8")
tf.strings.unicode_encode([[104, 233], [97, 98]], "UTF-16-BE")
tf.strings.unicode_encode([104, 0x110000], "UTF-8")
tf.strings.as_string([1.5, 2.25])
tf.strings.as_string([1 + 2j], precision=1)
tf.strings.to_number(["0x10", "-0x1p3", " 1.5 ", "inf"])
tf.strings.to_number(" 5 ", tf.int32)
tf.strings.join([S, "x"], "-")
tf.strings.length(tf.constant(["a", ""]))[0]
"""

REFUSALS = """
tf.reshape(S, [3])
tf.expand_dims(S, 5)
tf.transpose(M, [0, 0])
tf.gather(S, [9])
tf.concat([S, 1], 0)
tf.equal(S, 1)
tf.equal(S, ["a", "b"])
S[9]
S[0, 0]
S["a"]
S[0][0]
len(S[0])
list(S[0])
hash(S)
S == 1
S + 1
S * 2
S.set_shape([5])
S.name
int(tf.constant("x"))
tf.unique([["a"]])
tf.boolean_mask(["a", "b"], [True])
tf.convert_to_tensor(["a", 1])
tf.convert_to_tensor([1, "a"])
tf.convert_to_tensor([["a"], ["b", "c"]])
tf.convert_to_tensor("a", tf.float32)
tf.convert_to_tensor(S, tf.float32)
tf.convert_to_tensor(1, tf.string)
tf.constant("a", tf.int32)
tf.strings.split(1)
tf.strings.split("a b", 1)
tf.strings.substr("tape", 9, 2)
tf.strings.substr("tape", -5, 2)
tf.strings.substr(["tape", "x"], [0, 0, 0], [1, 1, 1])
tf.strings.substr("tape", 1, [1, 2])
tf.strings.substr("tape", tf.constant(1), tf.constant(2, tf.int64))
tf.strings.substr("héé", 4, 1, unit="UTF8_CHAR")
tf.strings.reduce_join([["a", "b"]], axis=[0, 0])
tf.strings.reduce_join([1, 2])
tf.strings.unicode_decode(b"a\\xff", "UTF-8", errors="strict")
"""

# The same error type; TensorFlow's message lists dtypes, or names its own kernels.
REFUSED_BY_TYPE = """
S == tf.constant(1)
tf.equal(S, tf.constant(1))
tf.constant(1) == S
S - S
-S
S < S
tf.less(S, S)
tf.exp(S)
tf.exp("a")
tf.reduce_sum(S)
tf.reduce_max(S)
tf.matmul(M, M)
tf.ones_like(S)
tf.ones([2], tf.string)
tf.argmax(S)
tf.sort(S)
tf.one_hot(S, 3)
tf.cast(S, tf.float32)
tf.cast(1, tf.string)
tf.concat([S, tf.constant([1])], 0)
tf.stack([S[0], tf.constant(1)])
tf.where([True], tf.constant(["a"]), tf.constant([1]))
S + tf.constant(1)
tf.strings.substr("tape", 1.0, 9)
tf.strings.substr("tape", 1, 2, unit="X")
tf.strings.reduce_join([["a", "b"]], axis=4)
tf.strings.unicode_encode([104], "utf-8")
"""


def evaluated(tf: Any, expression: str) -> Any:
    texts, matrix = tf.constant(["a", "b", "c", "d"]), tf.constant([["a", "b"], ["c", "d"]])
    return eval(expression, {"tf": tf, "np": np, "S": texts, "M": matrix})


def told(value: Any) -> Any:
    """A value as text; Python's containers, whose types differ, as lists."""
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    return repr(value).replace("tensorflow.python.framework.", "")


def refused(tf: Any, expression: str) -> BaseException:
    with pytest.raises(Exception) as caught:
        evaluated(tf, expression)
    return caught.value


def of_text(tf: Any, argument: Any) -> Any:
    """A sampled argument with strings in place of floats."""
    if isinstance(argument, list | tuple) and not isinstance(argument, Leaf):
        return type(argument)(of_text(tf, item) for item in argument)
    if not isinstance(argument, Leaf):
        return argument
    if argument.integral:
        return tf.constant(np.array(argument.values), argument.dtype or None)
    shape = argument.shape if argument.values is None else np.shape(argument.values)
    texts = np.array([*(f"text {place % 7}" for place in range(int(np.prod(shape)))), None], object)[:-1]
    return tf.reshape(tf.constant(texts, tf.string), shape) if texts.size else tf.zeros(shape, tf.string)


@pytest.mark.parametrize(
    "row", [row for row in rows() if row.dtypes == ALL and row.tensorflow], ids=lambda row: row.name
)
def test_every_function_of_all_dtypes_takes_text_where_tensorflow_s_does(row: Op) -> None:
    for arguments, keywords, _ in row.samples() if row.samples else []:
        given = {
            name: ([of_text(tf, a) for a in arguments], {k: of_text(tf, v) for k, v in keywords.items()})
            for name, tf in (("here", gradtape), ("there", tensorflow))
        }
        try:
            expected = resolve(tensorflow, row.tensorflow[0])(*given["there"][0], **given["there"][1])
        except Exception as error:
            with pytest.raises(gradtape.errors.OpError if isinstance(error, tensorflow.errors.OpError) else Exception):
                row.function(*given["here"][0], **given["here"][1])
        else:
            assert told(row.function(*given["here"][0], **given["here"][1])) == told(expected)


@pytest.mark.parametrize("expression", (MOVES + FUNCTIONS).strip().replace("\n\n", "\n").splitlines())
def test_as_tensorflow(expression: str) -> None:
    assert told(evaluated(gradtape, expression)) == told(evaluated(tensorflow, expression))


def message(error: BaseException) -> str:
    """Without TensorFlow's NodeDef and names of scopes, and without gradtape's remedies after a message."""
    return str(error).split("\n")[0].split(" [Op:")[0].rstrip(".")


@pytest.mark.parametrize("expression", REFUSALS.strip().splitlines())
def test_refused_as_in_tensorflow(expression: str) -> None:
    here, there = refused(gradtape, expression), refused(tensorflow, expression)
    assert type(here).__name__ == type(there).__name__
    assert message(here).startswith(message(there))


@pytest.mark.parametrize("expression", REFUSED_BY_TYPE.strip().splitlines())
def test_numbers_alone(expression: str) -> None:
    assert type(refused(gradtape, expression)).__name__ == type(refused(tensorflow, expression)).__name__


def test_rows_of_one_length_are_dense() -> None:
    parts = gradtape.strings.split(["a b", "c d"])
    assert parts.numpy().tolist() == tensorflow.strings.split(["a b", "c d"]).to_list()
    assert gradtape.strings.bytes_split([["ab"], ["cd"]]).shape == (2, 1, 2)
    for function in (
        lambda tf, texts: tf.strings.split(texts),
        lambda tf, texts: tf.strings.bytes_split(texts),
        lambda tf, texts: tf.strings.unicode_decode(texts, "UTF-8"),
    ):
        with pytest.raises(ValueError, match="ragged"):
            function(gradtape, ["a b", "c"])


def test_a_text_operand_is_an_invalid_argument() -> None:
    with pytest.raises(gradtape.errors.InvalidArgumentError, match="'T' of string is not in the list") as caught:
        gradtape.exp("a")
    assert type(pickle.loads(pickle.dumps(caught.value))) is gradtape.errors.InvalidArgumentError


def test_variables_refuse_text() -> None:
    for make in (lambda: gradtape.Variable("a"), lambda: gradtape.Variable(gradtape.constant(["a"]))):
        with pytest.raises(gradtape.errors.UnimplementedError, match="Variables hold numbers"):
            make()
    with pytest.raises(TypeError, match="Cannot convert 'a' to EagerTensor of dtype float"):
        gradtape.Variable(1.0).assign("a")


def test_text_is_not_changed_behind_a_tensors_back() -> None:
    given = np.array([b"a", b"b"], object)
    tensor = gradtape.constant(given)
    given[0] = b"x"
    tensor.numpy()[1] = b"x"
    np.array(tensor)[0] = b"x"
    for part in (tensor, gradtape.reshape(tensor, [2, 1]), tensor[::-1]):
        np.asarray(part)[0] = b"x"
        assert sorted(part.numpy().reshape(-1).tolist()) == [b"a", b"b"]


def test_copies() -> None:
    tensor = gradtape.constant([["a", ""], ["b\0", "é"]])
    for copied in (copy.copy(tensor), copy.deepcopy(tensor), pickle.loads(pickle.dumps(tensor))):
        assert bool(gradtape.reduce_all(copied == tensor))
        assert copied.shape == tensor.shape


def test_text_beside_recorded_numbers() -> None:
    x = gradtape.Variable([1.0, 2.0, 3.0])
    names = gradtape.constant(["a", "b", "a"])
    with gradtape.GradientTape() as tape:
        kept = gradtape.where(gradtape.equal(names, "a"), x, 0.0)
        names = gradtape.gather(names, [2, 1, 0])
        total = gradtape.reduce_sum(kept * kept)
    assert tape.gradient(total, x).numpy().tolist() == [2.0, 0.0, 6.0]


def test_threads_do_not_share_numbers() -> None:
    texts = [f"text {i}" for i in range(50)]
    found: list[Any] = []

    def move() -> None:
        tensor = gradtape.constant(texts)
        for _ in range(20):
            tensor = gradtape.reverse(gradtape.concat([tensor[25:], tensor[:25]], 0), [0])
        found.append(tensor.numpy().tolist())

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[1:] == found[:-1]
    assert sorted(found[0]) == sorted(text.encode() for text in texts)


def test_lines_of_files(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("name,score\n Ada ,1.5\nbob,2\n\ncéline,-3e1\n", encoding="utf-8")

    def read(tf: Any) -> Any:
        def parsed(line: Any) -> Any:
            name, score = tf.unstack(tf.strings.split(line, ","), num=2)
            return tf.strings.lower(tf.strings.strip(name), encoding="utf-8"), tf.strings.to_number(score)

        lines = tf.data.TextLineDataset(str(path)).skip(1).filter(lambda line: tf.strings.length(line) > 0)
        return [[part.numpy().tolist() for part in batch] for batch in lines.map(parsed).batch(2)]

    assert read(gradtape) == read(tensorflow)
    whole = tensorflow.strings.split(tensorflow.io.read_file(str(path)), "\n")
    assert gradtape.strings.split(gradtape.io.read_file(str(path)), "\n").numpy().tolist() == whole.numpy().tolist()
