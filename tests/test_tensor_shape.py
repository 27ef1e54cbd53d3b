"""TensorShape: a tuple of sizes, in all but name."""

import pickle

import numpy as np
import pytest

from gradtape._src.core.tensor_shape import TensorShape

S = TensorShape([3, 2])
OPEN = TensorShape([None, 2])
UNKNOWN = TensorShape(None)


@pytest.mark.parametrize(
    "dims, text, inner",
    [
        ([3, 2], "(3, 2)", "[3, 2]"),
        ((), "()", "[]"),
        (3, "(3,)", "[3]"),
        (np.array([2, 3]), "(2, 3)", "[2, 3]"),
        ([np.int64(4)], "(4,)", "[4]"),
        (S, "(3, 2)", "[3, 2]"),
        ([None, 2], "(None, 2)", "[None, 2]"),
        (None, "<unknown>", "None"),
    ],
)
def test_text(dims, text, inner):
    shape = TensorShape(dims)
    assert (str(shape), repr(shape), f"{shape}", "%s" % shape) == (  # noqa: UP031
        text,
        f"TensorShape({inner})",
        text,
        text,
    )
    assert pickle.loads(pickle.dumps(shape)) == shape


def test_it_reads_as_a_tuple():
    assert list(S) == [3, 2] and len(S) == 2 and 2 in S
    assert (S[0], S[-1], type(S[0])) == (3, 2, int)
    assert isinstance(S[:1], TensorShape) and S[::-1] == (2, 3)
    assert np.zeros(S).shape == (3, 2) and np.zeros(6).reshape(S).shape == (3, 2)
    assert {S: 1}[(3, 2)] == 1
    rows, columns = S
    assert (rows, columns) == (3, 2)
    with pytest.raises(IndexError, match=r"^tuple index out of range$"):
        _ = S[5]
    with pytest.raises(TypeError, match=r"^tuple indices must be integers or slices, not str$"):
        _ = S["a"]


def test_equality():
    assert S == (3, 2) and S == [3, 2] and (3, 2) == S and [3, 2] == S and S == TensorShape.from_tuple((3, 2))  # noqa: SIM300
    assert TensorShape([3]) == 3
    for other in (None, "ab", 5, (3, 2, 1), (3.0, 2), object):
        assert S != other  # noqa: SIM300
    assert OPEN == [None, 2] and UNKNOWN == None  # noqa: E711


def test_concatenation():
    assert S + [4] == (3, 2, 4) and [1] + S == (1, 3, 2) and (1,) + S == (1, 3, 2) and S + 3 == (3, 2, 3)  # noqa: RUF005
    assert isinstance((1,) + S, TensorShape)  # noqa: RUF005
    assert (S + UNKNOWN).rank is None and S.concatenate(None).rank is None


def test_queries():
    assert (S.rank, S.ndims, S.as_list(), S.dims, S.num_elements()) == (2, 2, [3, 2], [3, 2], 6)
    assert TensorShape([]).num_elements() == 1 and OPEN.num_elements() is None
    assert S.is_fully_defined() and not OPEN.is_fully_defined() and not UNKNOWN
    assert TensorShape([]) and TensorShape([0])
    assert S.is_compatible_with([3, None]) and not S.is_compatible_with([2, 2]) and S.is_compatible_with(None)
    assert S.is_subtype_of(OPEN) and not OPEN.is_subtype_of(S)
    assert OPEN.merge_with([3, None]) == S
    assert S.most_specific_compatible_shape([3, 4]) == [3, None]
    assert S.with_rank(2) is S and UNKNOWN.with_rank(2) == [None, None]
    assert UNKNOWN[0] is None and UNKNOWN[:2] == [None, None] and UNKNOWN[1:].rank is None


@pytest.mark.parametrize(
    "act, kind, message",
    [
        (lambda: TensorShape([-1]), ValueError, "Dimension -1 must be >= 0"),
        (
            lambda: TensorShape([3.0]),
            TypeError,
            "Dimension value must be integer or None or have an __index__ method, "
            "got value '3.0' with type '<class 'float'>'",
        ),
        (
            lambda: TensorShape("ab"),
            TypeError,
            "Failed to convert ''ab'' to a shape: ''a''could not be converted to a dimension. A shape should either be "
            "single dimension (e.g. 10), or an iterable of dimensions (e.g. [1, 10, None]).",
        ),
        (lambda: S.assert_is_compatible_with([2, 2]), ValueError, "Shapes (3, 2) and [2, 2] are incompatible"),
        (lambda: S.assert_has_rank(3), ValueError, "Shape (3, 2) must have rank 3"),
        (lambda: S.assert_same_rank([1]), ValueError, "Shapes (3, 2) and (1,) must have the same rank"),
        (lambda: S.with_rank_at_least(3), ValueError, "Shape (3, 2) must have rank at least 3"),
        (lambda: S.with_rank_at_most(1), ValueError, "Shape (3, 2) must have rank at most 1"),
        (lambda: S.merge_with([3, 3]), ValueError, "Shapes (3, 2) and (3, 3) are not compatible"),
        (lambda: OPEN.assert_is_fully_defined(), ValueError, "Shape (None, 2) is not fully defined"),
        (lambda: UNKNOWN.as_list(), ValueError, "as_list() is not defined on an unknown TensorShape."),
        (lambda: len(UNKNOWN), ValueError, "Cannot take the length of shape with unknown rank."),
        (lambda: UNKNOWN[::-1], ValueError, "Steps are not yet handled"),
        (lambda: list(UNKNOWN), ValueError, "Cannot iterate over a shape with unknown rank."),
    ],
)
def test_refusals(act, kind, message):
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == message
