"""tf.train.ExponentialMovingAverage in training loops, compared with TensorFlow's."""

import pytest
from compare import same


def training(tf, **options):
    """Averages in a loop of gradient steps, one of the variables from the second step on."""
    w, b = tf.Variable([1.0, -2.0], name="w"), tf.Variable(0.5, dtype=tf.float64, name="b")
    ema = tf.train.ExponentialMovingAverage(0.9, **options)
    found = []
    for step in range(4):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((w - 3.0) ** 2) + tf.cast(b * b, tf.float32)
        for variable, gradient in zip([w, b], tape.gradient(loss, [w, b]), strict=True):
            variable.assign_sub(0.1 * gradient)
        ema.apply([w, b] if step else [w])
        found.append([average and average.numpy() for average in (ema.average(w), ema.average(b))])
    return found, ema.average(w).trainable, sorted(ema.variables_to_restore())


def counted(tf):
    steps = tf.Variable(0)
    v = tf.Variable(1.0)
    ema = tf.train.ExponentialMovingAverage(0.9, num_updates=steps)
    found = []
    for value in (1.0, 2.0, 4.0):
        v.assign(value)
        ema.apply([v])
        steps.assign_add(1)
        found.append(ema.average(v).numpy())
    return found


def compiled(tf):
    v = tf.Variable(1.0)
    ema = tf.train.ExponentialMovingAverage(tf.constant(0.5))

    @tf.function
    def step(x):
        v.assign(x)
        ema.apply([v])

    for value in (1.0, 3.0, 5.0):
        step(tf.constant(value))
    return ema.average(v).numpy(), v.numpy()


PROGRAMS = {
    "training": training,
    "corrected": lambda tf: training(tf, zero_debias=True),
    "counted": counted,
    "compiled": compiled,
    "names": lambda tf: (
        tf.train.ExponentialMovingAverage(0.9).average_name(tf.Variable(1.0, name="v")),
        tf.train.ExponentialMovingAverage(0.9, name="mean").name,
    ),
    "unknown": lambda tf: tf.train.ExponentialMovingAverage(0.9).average(tf.Variable(1.0)),
    "nothing": lambda tf: tf.train.ExponentialMovingAverage(0.9).apply(),
    "a tensor": lambda tf: tf.train.ExponentialMovingAverage(0.9).apply([tf.constant(1.0)]),
    "integers": lambda tf: tf.train.ExponentialMovingAverage(0.9).apply([tf.Variable(1, name="n")]),
    "options": lambda tf: tf.train.CheckpointOptions(enable_async=True).enable_async,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    same(PROGRAMS[name], rtol=1e-6, compiles=False)


def test_checkpoints_as_they_come(tmp_path):
    def program(tf):
        folder = tmp_path / tf.__name__
        checkpoint = tf.train.Checkpoint(w=tf.Variable(1.0))
        none = list(tf.train.checkpoints_iterator(folder, timeout=0))
        paths, found = [checkpoint.save(folder / "ckpt")], []
        for path in tf.train.checkpoints_iterator(str(folder), timeout=0, timeout_fn=lambda: len(found) == 3):
            found.append(path)
            paths.append(checkpoint.save(folder / "ckpt"))
        return none, len(found), found == paths[:3]

    same(program, compiles=False)
