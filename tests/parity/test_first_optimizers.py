"""TensorFlow 1's optimizers in eager programs, compared with TensorFlow's."""

import pytest
from compare import same

OPTIMIZERS = {
    "GradientDescentOptimizer": [{"learning_rate": 0.1}, {"learning_rate": lambda: 0.05}],
    "MomentumOptimizer": [
        {"learning_rate": 0.1, "momentum": 0.9},
        {"learning_rate": 0.05, "momentum": 0.8, "use_nesterov": True},
    ],
    "AdamOptimizer": [{}, {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "epsilon": 1e-3}],
}


def trained(tf, name, options, compiled=False):
    w, b = tf.Variable([1.0, -2.0], name="w"), tf.Variable([[0.5]], dtype=tf.float64, name="b")
    optimizer = getattr(tf.compat.v1.train, name)(**options)
    counted = tf.Variable(0, dtype=tf.int64)

    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((w * x - 3.0) ** 2) + tf.cast(tf.reduce_sum(b**4), tf.float32)
        optimizer.apply_gradients(zip(tape.gradient(loss, [w, b]), [w, b], strict=True), global_step=counted)
        return loss

    step = tf.function(step) if compiled else step
    losses = [step(tf.constant(float(i))) for i in range(1, 6)]
    # A variable added later has slots of its own.
    late = tf.Variable(2.0)
    optimizer.minimize(lambda: late * late, counted, [late])
    return losses, w, b, late, counted, optimizer.get_name()


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training(name, number, compiled):
    same(lambda tf: trained(tf, name, OPTIMIZERS[name][number], compiled), rtol=1e-5, atol=1e-6, compiles=False)


def slots(tf):
    w = tf.Variable([1.0, 2.0])
    momentum, adam = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9), tf.compat.v1.train.AdamOptimizer(0.1)
    for optimizer in (momentum, adam):
        optimizer.apply_gradients([(tf.constant([1.0, 3.0]), w), (None, tf.Variable(1.0))])
    return momentum.get_slot(w, "momentum"), adam.get_slot(w, "m"), adam.get_slot(w, "v")


def gathered(tf):
    """Sparse gradients update variables like dense ones."""
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for optimizer in (tf.compat.v1.train.GradientDescentOptimizer(0.1), tf.compat.v1.train.AdamOptimizer(0.1)):
        for rows in ([0, 2, 0], [1, 1, 2]):
            optimizer.minimize(lambda rows=rows: tf.reduce_sum(tf.gather(table, rows) ** 2), var_list=[table])
    return table


def gradients(tf):
    w, v = tf.Variable(3.0), tf.Variable(2.0)
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(lambda: w * w * v)
    weighted = optimizer.compute_gradients(lambda: w * w, [w, v], grad_loss=tf.constant(2.0))
    return [(gradient, variable.numpy()) for gradient, variable in [*pairs, *weighted]]


def counting(tf):
    step = tf.compat.v1.train.get_or_create_global_step()
    again = tf.compat.v1.train.get_or_create_global_step()
    return step.dtype, step.name, again is step, tf.compat.v1.train.get_global_step() is step


PROGRAMS = {
    "slots": slots,
    "gathered": gathered,
    "gradients": gradients,
    "counting": counting,
    "a loss that is no function": lambda tf: tf.compat.v1.train.AdamOptimizer().minimize(tf.constant(1.0)),
    "no variables": lambda tf: tf.compat.v1.train.AdamOptimizer().apply_gradients([]),
    "kinds": lambda tf: issubclass(tf.compat.v1.train.AdamOptimizer, tf.compat.v1.train.Optimizer),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    same(PROGRAMS[name], rtol=1e-5, atol=1e-6, compiles=False)


def test_no_gradients():
    same(
        lambda tf: tf.compat.v1.train.AdamOptimizer().apply_gradients([(None, tf.Variable(1.0))]),
        message=False,
        compiles=False,
    )
