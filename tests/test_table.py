"""Every row of the table: exists under its names, is documented, and has right derivatives to second order."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import gradtape
from cases import cases, namespace_of
from drawing import derivatives, differentiable, drawn, leaves, resized, resolve, run, sampled, scalar
from gradtape._src.table import rows as table
from gradtape._src.table.samples import Op, Sample

ROWS = table.rows()
STEP = 1e-5


def gradient_calls() -> list:
    return sampled([row for row in ROWS if row.orders != "0"], "samples")


def one_row(row: Op) -> str:
    return row.tensorflow[0] if row.tensorflow else row.name


@cases("row", ROWS, ids=one_row)
def test_row_is_public_documented_and_tested(row: Op) -> None:
    for name in row.tensorflow:
        assert resolve(gradtape, name) is row.function
    assert row.doc.endswith((".", ":", '"'))
    if row.orders == "0":
        assert (row.samples or row.edges) is not None, "no test compares it with TensorFlow"
    else:
        assert row.samples is not None, "no test checks its gradient"


def value(row: Op, call: Sample, arrays: list[np.ndarray]) -> float:
    """The weighted sum of the results, in float64."""
    total = scalar(gradtape, run(gradtape, row, row.function, call, [gradtape.constant(a) for a in arrays]))
    return 0.0 if total is None else float(total)


def slope(row: Op, call: Sample, arrays: list[np.ndarray]) -> float:
    """The weighted sum of the first derivatives."""
    _, first, _ = derivatives(gradtape, row, row.function, call, arrays)
    total = scalar(gradtape, [g for g in first if g is not None])
    return 0.0 if total is None else float(total)


def differences(function, row: Op, call: Sample, arrays: list[np.ndarray], place: int) -> np.ndarray:
    """Central differences of a scalar function along every element of one array."""
    result = np.zeros(arrays[place].shape)
    for index in np.ndindex(arrays[place].shape):
        ends = []
        for step in (STEP, -STEP):
            moved = [a.copy() for a in arrays]
            moved[place][index] += step
            ends.append(function(row, call, moved))
        result[index] = (ends[0] - ends[1]) / (2 * STEP)
    return result


@cases("row,call,label", gradient_calls(), group=namespace_of)
def test_derivatives_agree_with_central_differences(row: Op, call: Sample, label: str) -> None:
    arrays = drawn(call, "float64", label)
    places = [i for i, leaf in enumerate(leaves(call)) if differentiable(leaf)]
    _, first, second = derivatives(gradtape, row, row.function, call, arrays)
    for place, one, two in zip(places, first, second, strict=True):
        expected = differences(value, row, call, arrays, place)
        actual = np.zeros(expected.shape) if one is None else one.numpy()
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6)
        if row.orders == "1":
            continue
        expected = differences(slope, row, call, arrays, place)
        actual = np.zeros(expected.shape) if two is None else two.numpy()
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


# Rows whose other arguments determine all sizes of every sample.
FIXED = {"conv_transpose", "conv3d_transpose"}
# Rows that are defined for some sizes where their derivatives do not exist or are unknown.
PARTIAL = {"qr": NotImplementedError, "svd": NotImplementedError, "sqrtm": gradtape.errors.InvalidArgumentError}
REFUSALS = (gradtape.errors.OpError, ValueError, TypeError, IndexError, NotImplementedError, np.linalg.LinAlgError)
GENERATED = 3  # other sizes of each sample, if that many of those tried fit


def accepted(row: Op, call: Sample, label: str) -> bool:
    """Whether the call can be computed with sizes that were not chosen for it."""
    try:
        tensors = [gradtape.constant(array) for array in drawn(call, "float64", label)]
        run(gradtape, row, row.function, call, tensors)
    except REFUSALS:
        return False
    return True


def generated(row: Op, call: Sample, label: str) -> Iterator[tuple[dict[int, int], Sample]]:
    """The sample with one size changed, and with all, if its other arguments allow that."""
    found = sorted({size for leaf in leaves(call) if leaf.values is None for size in leaf.shape})
    choice = random.Random(label)
    tried = [{**dict(zip(found, found, strict=True)), size: n} for size in found for n in range(1, 6) if n != size]
    tried += [{size: choice.randint(1, 5) for size in found} for _ in range(8)]
    choice.shuffle(tried)
    fitting = ((sizes, resized(call, sizes)) for sizes in tried if accepted(row, resized(call, sizes), label))
    if row.name == "reduce_std":  # the standard deviation of one number is at the square root's kink
        fitting = ((sizes, other) for sizes, other in fitting if 1 not in sizes.values())
    if row.name in PARTIAL:
        fitting = ((sizes, other) for sizes, other in fitting if differentiated(row, other, label))
    return itertools.islice(fitting, GENERATED)


def differentiated(row: Op, call: Sample, label: str) -> bool:
    try:
        derivatives(gradtape, row, row.function, call, drawn(call, "float64", label))
    except PARTIAL[row.name]:
        return False
    return True


def test_sizes_are_generated_for_nearly_all_samples() -> None:
    """The next test covers no less than this."""
    calls = [sample.values for sample in gradient_calls()]
    counts = [(row.name, len(list(generated(row, call, label)))) for row, call, label in calls]
    assert sum(count for _, count in counts) > 0.9 * GENERATED * len(calls)
    assert {name for name, _ in counts} - {name for name, count in counts if count} == FIXED


@cases("row,call,label", gradient_calls(), group=namespace_of)
def test_derivatives_over_generated_shapes(row: Op, call: Sample, label: str) -> None:
    """Along one direction, for sizes that the call's other arguments allow."""
    for sizes, other in generated(row, call, label):
        arrays = drawn(other, "float64", label)
        places = [i for i, leaf in enumerate(leaves(other)) if differentiable(leaf)]
        _, first, second = derivatives(gradtape, row, row.function, other, arrays)
        directions = [np.sin(np.arange(array.size) + 1.0).reshape(array.shape) for array in arrays]
        for function, gradients in ((value, first), (slope, second))[: 1 if row.orders == "1" else 2]:
            ends = []
            for step in (STEP, -STEP):
                moved = [
                    a + step * d if i in places else a for i, (a, d) in enumerate(zip(arrays, directions, strict=True))
                ]
                ends.append(function(row, other, moved))
            dotted = sum(
                float(np.sum(g.numpy() * directions[i]))
                for i, g in zip(places, gradients, strict=True)
                if g is not None
            )
            np.testing.assert_allclose(
                dotted, (ends[0] - ends[1]) / (2 * STEP), rtol=1e-4, atol=1e-4, err_msg=f"with sizes {sizes}"
            )


@cases("row,call,label", gradient_calls(), group=namespace_of)
def test_forward_mode_agrees_with_reverse(row: Op, call: Sample, label: str) -> None:
    arrays = drawn(call, "float64", label)
    tensors = [gradtape.constant(a) for a in arrays]
    sources = [t for t, leaf in zip(tensors, leaves(call), strict=True) if differentiable(leaf)]
    tangents = [gradtape.constant(np.sin(np.arange(t.numpy().size) + 1.0).reshape(tuple(t.shape))) for t in sources]
    with gradtape.autodiff.ForwardAccumulator(sources, tangents) as accumulator:
        total = scalar(gradtape, run(gradtape, row, row.function, call, tensors))
    forward = accumulator.jvp(total)
    _, first, _ = derivatives(gradtape, row, row.function, call, arrays)
    reverse = sum(float(np.sum(g.numpy() * t.numpy())) for g, t in zip(first, tangents, strict=True) if g is not None)
    np.testing.assert_allclose(0.0 if forward is None else float(forward), reverse, rtol=1e-9, atol=1e-9)


@cases("row,call,label", gradient_calls(), group=namespace_of)
def test_jacobian_rows_are_gradients_one_by_one(row: Op, call: Sample, label: str) -> None:
    tensors = [gradtape.constant(a) for a in drawn(call, "float64", label)]
    sources = [t for t, leaf in zip(tensors, leaves(call), strict=True) if differentiable(leaf)]
    with gradtape.GradientTape(persistent=True) as tape:
        tape.watch(sources)
        results = gradtape.nest.flatten(run(gradtape, row, row.function, call, tensors))
        target = next(t for t in results if hasattr(t, "dtype") and t.dtype.is_floating)
        target = gradtape.reshape(target * target, [-1])  # so that its second derivatives exist
        copies = 1 + 15 // max(1, len(target))
        repeated = gradtape.tile(target, [copies])  # a rule in Python is evaluated on 16 rows or more at once
    few, many = tape.jacobian(target, sources), tape.jacobian(repeated, sources)
    for k, chosen in enumerate(np.eye(len(target))):
        for row_by_row, together, one in zip(
            few, many, tape.gradient(target, sources, gradtape.constant(chosen)), strict=True
        ):
            assert (row_by_row is None) == (together is None) == (one is None)
            if one is not None:
                expected = gradtape.convert_to_tensor(one)
                np.testing.assert_allclose(row_by_row.numpy()[k], expected, rtol=1e-12, atol=1e-12)
                for copy in range(copies):
                    found = together.numpy()[k + copy * len(target)]
                    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_operations_page_is_current() -> None:
    root = Path(__file__).parents[1]
    script = root / "docs" / "generate_operations.py"
    page = subprocess.run([sys.executable, str(script), "--print"], capture_output=True, text=True, check=True).stdout
    assert (root / "docs" / "operations.md").read_text() == page, "run: python docs/generate_operations.py"
