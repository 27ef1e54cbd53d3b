"""The steps of explanations: cotangents are those of the tape's own sweep, whatever it recorded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf

ROOT = Path(__file__).parents[2]


def custom(x, w):
    @tf.custom_gradient
    def doubled(value):
        return value * 1.0, lambda g: 2.0 * g

    return tf.reduce_sum(doubled(x) * w[0, 0])


def several_results(x, w):
    first, second, _ = tf.split(w, 3, axis=0)
    return tf.reduce_sum(first * tf.exp(second)) + tf.reduce_sum(tf.unstack(w)[0] * x[0])


def decomposed(x, w):
    values, vectors = tf.linalg.eigh(w @ tf.transpose(w) + tf.eye(3))
    return tf.reduce_sum(values * vectors[0]) + tf.reduce_sum(x)


def gathered(x, w):
    return tf.reduce_sum(tf.gather(w, [0, 2, 2]) ** 2) * tf.reduce_mean(x)


def looked_up(x, w):
    return tf.reduce_sum(tf.nn.embedding_lookup(w, [1, 1]) * x[:2]) + tf.reduce_sum(w * w)


def normalized(x, w):
    mean, variance = tf.nn.moments(x @ w, axes=[0])
    return tf.reduce_sum(tf.nn.batch_normalization(x @ w, mean, variance, None, None, 1e-3) ** 3)


def convolved(x, w):
    image = tf.reshape(tf.tile(x, [4, 4]), (1, 12, 12, 1))
    kernel = tf.reshape(w, (3, 3, 1, 1))
    return tf.reduce_sum(tf.nn.max_pool2d(tf.nn.conv2d(image, kernel, 1, "SAME"), 2, 2, "VALID"))


def compiled(x, w):
    @tf.function
    def inner(x, w):
        return tf.reduce_sum(tf.tanh(x @ w) * 2.0)

    inner(x, w)
    return inner(x, w) + inner(w, x)


def looped(x, w):
    h = x
    while tf.reduce_sum(tf.abs(h)) > 1.0:
        h = tf.tanh(h @ w) * 0.6
    return tf.reduce_sum(h)


def second_order(x, w):
    with tf.GradientTape() as inner:
        inner.watch(x)
        y = tf.reduce_sum(tf.sin(x @ w))
    return tf.reduce_sum(inner.gradient(y, x) ** 2)


def recomputed(x, w):
    return tf.reduce_sum(tf.recompute_grad(lambda a: tf.tanh(a) * a)(x @ w))


def transposed_products(x, w):
    return tf.reduce_sum(
        tf.matmul(x, w, transpose_a=True) * tf.matmul(x, w, transpose_b=True)
        + tf.matmul(x, w, transpose_a=True, transpose_b=True)
    )


def cross_entropies(x, w):
    logits = x @ w
    dense = tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(w), logits=logits)
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 2, 1], logits=logits)
    return tf.reduce_mean(dense) + tf.reduce_mean(sparse)


def extremes(x, w):
    return tf.reduce_max(x) * tf.reduce_min(w) + tf.reduce_prod(x[0]) + tf.reduce_sum(tf.reduce_max(w, axis=0))


def model(x, w):
    layers = tf.keras.layers
    network = tf.keras.Sequential([layers.Dense(4, "tanh"), layers.LayerNormalization(), layers.Dense(3)])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss([0, 2, 1], network(x @ w)) + tf.keras.losses.MeanSquaredError()(w, network(w))


def itself(x, w):
    return x


PROGRAMS = (
    *(custom, several_results, decomposed, gathered, looked_up, normalized, convolved, compiled, looped, second_order),
    *(recomputed, transposed_products, cross_entropies, extremes, model, itself),
)


def operands():
    random = np.random.default_rng(2)
    return [tf.Variable(random.normal(size=(3, 3)).astype("float32"), name=name) for name in "xw"]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_gradients_are_the_tapes_own(program, lines):
    x, w = operands()

    def recorded(tape):
        with tape:
            return program(x, w)

    tape = tf.GradientTape(persistent=True)
    if lines:
        with tf.explain.lines():
            y = recorded(tape)
            explanation = tape.explain(y, [x, w])
    else:
        y = recorded(tape)
        explanation = tape.explain(y, [x, w])
    for told, gradient in zip(explanation.gradients, tape.gradient(y, [x, w]), strict=True):
        if gradient is None:
            assert told is None
        else:
            np.testing.assert_allclose(told, tf.convert_to_tensor(gradient), rtol=1e-6, atol=1e-7)
    check = explanation.check()
    assert check.passed, str(check)
    if lines and program is not compiled:
        assert {step.reason for step in check.steps} <= {"", "the program states its derivative"}
    for form in (explanation.text, explanation.markdown, explanation.latex, explanation.svg, explanation.html):
        assert form()


def test_another_cotangent():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    explanation = tape.explain(y, x, output_gradients=tf.constant([10.0, 100.0]))
    np.testing.assert_array_equal(explanation.gradients[0], [20.0, 400.0])
    assert explanation.formulas == ["2·x·∂y/∂y"]


def test_several_targets_are_explained_as_their_sum():
    x, w, b = tf.Variable(2.0), tf.Variable(3.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        fit = tf.square(x * w)
        penalty = 0.5 * w * w + tf.reduce_sum(b * b)
        both = fit + penalty
        entirely_another = both * x
    sources = {"x": x, "others": (w, [b])}
    explanation = tape.explain({"fit": fit, "penalty": [penalty]}, sources)
    assert explanation.target == "fit + penalty"
    assert dict(zip(explanation.sources, explanation.formulas, strict=True)) == {
        "x": "2·x·w²",
        "w": "w + 2·x²·w",
        "b": "2·b",
    }
    for told, gradient in zip(
        explanation.gradients, tf.nest.flatten(tape.gradient([fit, penalty], sources)), strict=True
    ):
        np.testing.assert_allclose(told, gradient)
    assert explanation.check().passed
    assert explanation.svg().count('class="target"') == 2
    # One that depends on another, one that is given twice, and cotangents as for gradient.
    twice = tape.explain([fit, both, fit], x)
    assert (twice.target, twice.formulas) == ("2·fit + both", ["6·x·w²"])
    (step,) = [step for step in twice.steps if step.result == "fit"]
    assert step.arrives == 3.0
    seeds = [tf.constant(2.0), None, tf.constant(4.0)]
    seeded = tape.explain([fit, both, fit], [x, w], output_gradients=seeds)
    expected = tape.gradient([fit, both, fit], [x, w], output_gradients=seeds)
    np.testing.assert_allclose(seeded.gradients, expected)
    assert seeded.check().passed
    assert "the sum of 2 contributions" in seeded.text()
    long = tape.explain([fit, penalty, both, entirely_another], x)
    assert long.target == "targets" and long.derivative_name("x") == "∂targets/∂x"


def test_what_leads_to_no_source_is_told_by_its_formula():
    x, w, b = tf.Variable(2.0), tf.Variable(3.0), tf.Variable([1.0, 2.0])
    with tf.explain.lines(), tf.GradientTape() as tape:
        y = x * w + (0.5 * w * w + tf.reduce_sum(b * b))
        explanation = tape.explain(y, x)
    assert [step.title for step in explanation.steps] == ["y = x·w + 0.5·w² + sum(b²)", "x·w"]
    assert [flow.operand for step in explanation.steps for flow in step.flows] == ["x·w", "x"]
    assert "contributions" not in explanation.text()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "complex64"])
def test_every_type_of_number_that_has_gradients(dtype):
    x = tf.Variable([1.5, 2.0], dtype=dtype)
    with tf.explain.lines(), tf.GradientTape() as tape:
        y = tf.reduce_sum(x * x * 3.0)
        explanation = tape.explain(y, x)
        broken = tape.diagnose(y * np.inf, x)
    check = explanation.check()
    assert check.passed and {step.reason for step in check.steps} == {""}
    for form in (explanation.text, explanation.markdown, explanation.latex, explanation.svg, explanation.html):
        assert form()
    np.testing.assert_array_equal(tf.cast(explanation.gradients[0], tf.complex64), [9.0, 12.0])
    assert tape.diagnose(y, x).healthy and not broken.healthy


def test_conditions_are_constants():
    x = tf.Variable([1.0, -2.0])
    with tf.explain.lines(), tf.GradientTape() as tape:
        y = tf.where(tf.reduce_sum(x) > 0.0, x, 3.0 * x) * tf.cast(True, tf.float32)
        explanation = tape.explain(y, x)
    assert "select(False, x, 3·x)" in explanation.text() and explanation.check().passed
    np.testing.assert_array_equal(explanation.gradients[0], [3.0, 3.0])


def test_complex_numbers():
    z, a = tf.Variable(1 + 2j), tf.Variable([1 + 1j, 2 - 1j])
    with tf.explain.lines(), tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.math.real(tf.exp(a * z) / z) + tf.math.imag(a * a))
        explanation = tape.explain(y, [z, a])
    for told, gradient in zip(explanation.gradients, tape.gradient(y, [z, a]), strict=True):
        np.testing.assert_allclose(told, gradient)
    check = explanation.check()
    assert check.passed and {step.reason for step in check.steps} == {""}
    (product,) = [step for step in explanation.steps if step.result == "a·z"]
    by_a, by_z = product.flows
    assert by_a.operand == "a" and by_z.operand == "z"
    np.testing.assert_array_equal(by_z.slope_numbers, a)
    np.testing.assert_allclose(by_z.given, np.sum(product.arrives * np.conj(a)))


def test_within_the_block_nothing_more_is_recorded():
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        first = tape.explain(y, x)
        again = tape.explain(y, x)
        z = y * 1.0
    assert [len(explanation.steps) for explanation in (first, again, tape.explain(z, x))] == [1, 1, 2]


def test_a_variable_assigned_since_keeps_no_old_value():
    x, w = tf.Variable(3.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x + w
    x.assign(50.0)
    explanation = tape.explain(y, [x, w])
    step = explanation.steps[0].step
    assert step.operands[0].tensor is None and step.operands[1].tensor.numpy() == 2.0
    assert explanation.steps[0].value == 5.0
    assert "50.0" not in explanation.text()


def test_lines_of_loops_calls_and_comprehensions():
    x = tf.Variable(0.5)
    with tf.explain.lines(), tf.GradientTape() as tape:
        h = x
        for _ in range(3):
            h = tf.sin(h)
        a, b = h * 2.0, h * 3.0
        parts = [a + i for i in (1.0, 2.0)]
        total = parts[0] * parts[1]
        total += b
        explanation = tape.explain(total, x)
    results = [step.result for step in explanation.steps]
    assert results[0] == "total₂" and results[1] == "total"
    assert len(set(results[-3:])) == 3 and {name[0] for name in results[-3:]} == {"h"}
    assert {"a", "b"} <= set(results)
    source = Path(__file__).read_text().splitlines()
    for step in explanation.steps:
        assert step.code == source[step.line - 1].strip()


def test_a_models_step():
    """Its variables are named after their layers, and its line is the program's."""
    network = tf.keras.Sequential([tf.keras.layers.Dense(3, "relu", name="hidden"), tf.keras.layers.Dense(1)])
    x = tf.constant([[1.0, 2.0], [-3.0, 0.5]])
    network(x)
    with tf.explain.lines(), tf.GradientTape() as tape:
        loss = tf.reduce_mean(network(x) ** 2)
        explanation = tape.explain(loss, network.trainable_variables)
    assert explanation.sources[:2] == ["hidden.kernel", "hidden.bias"]
    assert explanation.check().passed
    assert {step.code for step in explanation.steps} == {"loss = tf.reduce_mean(network(x) ** 2)"}
    for told, gradient in zip(explanation.gradients, tape.gradient(loss, network.trainable_variables), strict=True):
        np.testing.assert_allclose(told, gradient)


def test_fit_is_explained(tmp_path):
    program = tmp_path / "fits.py"
    program.write_text(
        "import numpy as np\nimport tensorflow as tf\n"
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "x, y = np.ones((4, 2), 'float32'), np.zeros((4, 1), 'float32')\n"
        "model.fit(x, y, verbose=0)\n"
    )
    command = [sys.executable, "-m", "gradtape", "explain", str(program)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert "model.fit(x, y, verbose=0)" in done.stdout
    assert "dense.kernel = (2/n)·xᵀ @ (v1 - y)" in done.stdout


def test_names_that_the_program_gave_tell_a_loops_variables_apart():
    weights = [tf.Variable(float(i + 2), name=f"w{i}") for i in range(3)]
    h = tf.constant(1.0)
    with tf.explain.lines(), tf.GradientTape() as tape:
        for w in weights:
            h = h * w
        explanation = tape.explain(h, weights)
    assert len(set(explanation.sources)) == 3 and explanation.sources[1:] != ["w₂", "w₃"]
    assert {"w1"} <= set(explanation.sources) <= {"w", "w0", "w1", "w2"}


def test_what_is_remembered_ends_with_the_block():
    from gradtape._src.explain import lines

    x = tf.Variable(0.5)
    with tf.explain.lines():
        with tf.GradientTape() as tape:
            y = tf.stop_gradient(x) * x
        assert lines._remembered and lines._lost
    assert not lines._remembered and not lines._lost
    assert tape.explain(y, x).steps[0].file == ""


def test_beside_check_numerics():
    tf.debugging.enable_check_numerics()
    try:
        x = tf.Variable(2.0)
        with tf.explain.lines(), tf.GradientTape() as tape:
            y = x * x
            explanation = tape.explain(y, x)
        assert explanation.steps[0].file == __file__
        with pytest.raises(tf.errors.InvalidArgumentError, match="Detected Infinity or NaN"):
            tf.math.log(0.0)
    finally:
        tf.debugging.disable_check_numerics()
    assert np.isneginf(tf.math.log(0.0))


EXAMPLES = sorted((ROOT / "examples").glob("00[0-4]*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_tutorials_are_explained(example):
    command = [sys.executable, "-m", "gradtape", "explain", "--width", "100", str(example)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"examples/{example.name}:" in done.stdout
    explained = done.stdout[done.stdout.index("\n====") :]
    assert max(map(len, explained.splitlines())) <= 100
    expected = {
        "000_shapes_and_derivation": "∂loss/∂W = (2/n)·xᵀ @ y",
        "001_descent_and_regression": "∂y/∂x = 3·x²\n        = 48.0",
        "002_using_the_tape": "∂z/∂w1 = 2·w2 + 6·w1\n         = 36.0",
        "003_gradients_by_hand": "∂loss/∂W = 2·x·(W·x + b - y)\n           = -1.388673",
        "004_one_neuron": "∂loss/∂w = -2·x·(y - y_pred)\n           = -4.0",
    }
    assert expected[example.stem] in done.stdout


@pytest.mark.parametrize("form,beginning", [("markdown", "# `"), ("latex", "% "), ("html", "<!doctype html>")])
def test_explained_into_a_file(tmp_path, form, beginning):
    target = tmp_path / "explained"
    example = ROOT / "examples" / "002_using_the_tape.py"
    command = [sys.executable, "-m", "gradtape", "explain", "--as", form, "--output", str(target), str(example)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    text = target.read_text(encoding="utf-8")
    assert text.startswith(beginning)
    assert "does not watch" in text or form == "latex"


def test_a_wrong_rule_is_found():
    from gradtape._engine.api.api import tensor_from, view
    from gradtape._engine.record.primitive import Primitive

    def cubed(vjp):
        return Primitive("Cubed", lambda x: tensor_from(view(x) ** 3), vjp, saves=(0,))

    right = cubed(lambda call, needs, g: (g * 3.0 * call.saved[0] ** 2,))
    wrong = cubed(lambda call, needs, g: (g * 3.0 * call.saved[0],))
    for primitive, passes in ((right, True), (wrong, False)):
        x = tf.Variable([0.5, 2.0])
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(primitive(tf.convert_to_tensor(x)) * 2.0)
        check = tape.explain(y, x).check()
        assert check.passed == bool(check) == passes
        assert ("<- differs" in str(check)) != passes
        assert [step.place for step in check.steps if step.error > check.tolerance] == ([] if passes else [3])
