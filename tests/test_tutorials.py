"""The tutorials, run as programs: their output is that of the documents that they follow.

Numbers are compared to the documented digits, the last of which rounding may change; the text around them
must be equal. Numbers that depend on a random start are checked against the formulas instead.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf
from compiled import compiled_as_eager

EXAMPLES = Path(__file__).parents[1] / "examples"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?|\bnan\b|\binf\b")


def run(name):
    """The lines that an example prints, in its own process."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def numbers(line):
    return [float(text) for text in NUMBER.findall(line)]


def unit(text):
    """One unit in the last digit of the text."""
    mantissa = text.lower().split("e")[0]
    return 10.0 ** -len(mantissa.partition(".")[2]) if "." in mantissa else 0.0


def assert_prints(printed, documented):
    """Equal text, and numbers equal up to a unit in the documented last digit or of single precision."""
    assert len(printed) == len(documented)
    for ours, theirs in zip(printed, documented, strict=True):
        assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs)
        for value, text in zip(numbers(ours), NUMBER.findall(theirs), strict=True):
            precision = np.spacing(np.float32(abs(float(text)))) if "." in text else 0.0
            np.testing.assert_allclose(value, float(text), rtol=0, atol=1.5 * max(unit(text), precision))


def test_shapes_and_derivation():
    lines = run("000_shapes_and_derivation")
    assert lines[:2] == ["W.shape: (3, 2), dW.shape: (3, 2)", "b.shape: (2,), db.shape: (2,)"]
    tape_W, hand_W, tape_b, hand_b = (numbers(line) for line in lines[2:])
    assert (len(tape_W), len(tape_b)) == (6, 2)
    np.testing.assert_allclose(tape_W, hand_W, rtol=3e-6, atol=1e-6)
    np.testing.assert_allclose(tape_b, hand_b, rtol=3e-6, atol=1e-6)


def test_descent_and_regression():
    documented = """\
48.0
x값 : 10.0, 손실함수에 대해서 미분한 x값: 2.0
x-loss(x)의 값: 8.0
0-x값 : 10.0, 손실함수에 대해서 미분한 x값: 2.0
x-loss(x)의 값: 8.0
1-x값 : 8.0, 손실함수에 대해서 미분한 x값: 2.0
x-loss(x)의 값: 6.0
2-x값 : 6.0, 손실함수에 대해서 미분한 x값: 2.0
x-loss(x)의 값: 4.0
3-x값 : 4.0, 손실함수에 대해서 미분한 x값: 0.0
x-loss(x)의 값: 4.0
x: [ 1  2  3  4  5  6  7  8  9 10]
y: [ 23  33  43  53  63  73  83  93 103 113]
epoch :   0 | w의 값 : 9.9400 | b의 값 :   1.9 | loss : 2322.000000
epoch :  50 | w의 값 : 11.2648 | b의 값 : 4.195 | loss : 16.755640
epoch : 100 | w의 값 : 11.0248 | b의 값 : 5.866 | loss : 11.000027
epoch : 150 | w의 값 : 10.8303 | b의 값 :  7.22 | loss : 7.221475
epoch : 200 | w의 값 : 10.6728 | b의 값 : 8.316 | loss : 4.740870
epoch : 250 | w의 값 : 10.5451 | b의 값 : 9.205 | loss : 3.112357
epoch : 300 | w의 값 : 10.4417 | b의 값 : 9.925 | loss : 2.043251
epoch : 350 | w의 값 : 10.3579 | b의 값 : 10.51 | loss : 1.341386
epoch : 400 | w의 값 : 10.2899 | b의 값 : 10.98 | loss : 0.880615
epoch : 450 | w의 값 : 10.2349 | b의 값 : 11.36 | loss : 0.578120
epoch : 500 | w의 값 : 10.1903 | b의 값 : 11.67 | loss : 0.379532
예측값: [ 47.341038  98.29279  123.76866  144.14937 ]
실제값: [ 48.  98. 123. 143.]"""
    assert_prints(run("001_descent_and_regression"), documented.splitlines())


def test_using_the_tape():
    documented = """\
36.000003007075065
10.000000003174137
[<tf.Tensor: shape=(), dtype=float32, numpy=36.0>, <tf.Tensor: shape=(), dtype=float32, numpy=10.0>]
A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)
<tf.Tensor: shape=(), dtype=float32, numpy=36.0>
<tf.Tensor: shape=(), dtype=float32, numpy=10.0>
[None, None]
[None, <tf.Tensor: shape=(), dtype=float32, numpy=10.0>]
[<tf.Tensor: shape=(), dtype=float32, numpy=36.0>, <tf.Tensor: shape=(), dtype=float32, numpy=10.0>]
[<tf.Tensor: shape=(), dtype=float32, numpy=30.0>, None]
[<tf.Tensor: shape=(), dtype=float32, numpy=nan>]
tf.Tensor(inf, shape=(), dtype=float32) [<tf.Tensor: shape=(), dtype=float32, numpy=1.0>]"""
    assert run("002_using_the_tape") == documented.splitlines()


@pytest.fixture(scope="module")
def gradients_by_hand():
    return run("003_gradients_by_hand")


def test_gradients_by_hand(gradients_by_hand):
    one, each, mean, two = gradients_by_hand[:4]
    assert_prints([one, each], ["one point: -1.388673 -0.42080998", "each alone: 7.625905 -1.660500"])
    halves = f"{(7.625905 - 1.660500) / 2:.6f}"
    assert_prints([mean, two], [f"their mean: {halves}", f"two points: {halves}"])
    # The document prints 2.9828014 here, a ten-thousandth above the mean of its own two halves.
    np.testing.assert_allclose(numbers(two), 2.9828014, rtol=0, atol=1.01e-4)


def test_a_thousand_steps(gradients_by_hand):
    """The loop's output is that of the same descent in float64 from the same start."""
    lines = gradients_by_hand[5:-2]
    assert len(lines) == 21 * 5 - 1
    shown = [lines[i : i + 4] for i in range(0, len(lines), 5)]
    text = r"<tf\.Tensor: shape=\(\), dtype=float32, numpy=(\S+)>"
    variable = r"<tf\.Variable '{}:0' shape=\(\) dtype=float32, numpy=(\S+)>"
    form = re.compile(
        rf"gradient= \[{text}, {text}\] \nloss= tf\.Tensor\((\S+), shape=\(\), dtype=float32\) \n"
        rf"W= {variable.format('weight')} \nb=  {variable.format('bias')}"
    )
    steps = [1, *range(50, 1001, 50)]
    texts = [form.fullmatch("\n".join(block)).groups() for block in shown]
    rows = {step: [float(x) for x in text] for step, text in zip(steps, texts, strict=True)}

    X, Y = np.array([3.3, 1]), np.array([1.7, 2])
    W, b = rows[1][3:]
    for step in range(1, 1001):
        error = W * X + b - Y
        gradient_W, gradient_b = np.mean(2 * error * X), np.mean(2 * error)
        if step in rows:
            expected = [gradient_W, gradient_b, np.mean(error**2), W, b]
            np.testing.assert_allclose(rows[step], expected, rtol=1e-4, atol=3e-6)
        W, b = W - 0.01 * gradient_W, b - 0.01 * gradient_b
    np.testing.assert_allclose(numbers(gradients_by_hand[-1]), [W, b], rtol=1e-5)


def test_one_neuron():
    assert run("004_one_neuron") == ["Gradients of w:  -4.0", "Gradients of b:  -2.0"]


def test_fitting_with_scipy():
    first, *found = run("005_fitting_with_scipy")
    assert first.startswith("CONVERGENCE")
    assert [line.split(":")[0] for line in found] == ["height", "decay", "turns"]
    np.testing.assert_allclose([numbers(line)[0] for line in found], [1.5, 0.4, 3.0], atol=0.03)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("00[0-4]*.py")), ids=lambda path: path.stem)
def test_compiled_whole(path):
    """Each as one compiled function: all its effects are the eager ones, bit by bit."""
    source = path.read_text(encoding="utf-8")
    assert "import gradtape as tf\n" in source
    code = compile(source.replace("import gradtape as tf\n", ""), str(path), "exec")

    def program(library):
        np.random.seed(0)
        library.random.set_seed(0)
        names = {"__name__": path.stem, "tf": library}
        exec(code, names)
        kinds = (tf.Tensor, tf.Variable, np.ndarray, float, int, list)
        return {name: value for name, value in names.items() if isinstance(value, kinds)}

    assert compiled_as_eager(program)
