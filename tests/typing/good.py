"""A user's programs, run and type-checked: strict checkers report nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

import gradtape as tf

Parameters = dict[str, tf.Variable]


class Dense(tf.Module):
    """A layer with its own weights."""

    def __init__(self, inputs: int, outputs: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([inputs, outputs], stddev=0.1, seed=1), name="w")
        self.b = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(x @ self.w + self.b)


def batches(x: npt.NDArray[np.float32], size: int) -> Iterator[tf.Tensor]:
    for start in range(0, len(x), size):
        yield tf.constant(x[start : start + size])


def train(layer: Dense, optimizer: tf.optimizers.Optimizer, steps: int) -> list[float]:
    """A training loop: gradients, clipping, an optimizer."""
    data = np.linspace(0, 1, 12, dtype=np.float32).reshape(6, 2)
    losses: list[float] = []
    for _ in range(steps):
        for x in batches(data, 3):
            with tf.GradientTape() as tape:
                y = layer(x)
                loss = tf.reduce_mean(tf.square(y - tf.reduce_sum(x, axis=1, keepdims=True)))
                loss += 1e-3 * tf.add_n([tf.nn.l2_loss(v) for v in layer.trainable_variables])
            gradients = tape.gradient(loss, layer.trainable_variables)
            clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
            optimizer.apply_gradients(zip(clipped, layer.trainable_variables, strict=True))
            losses.append(float(loss) if norm > 0.0 else 0.0)
    return losses


@tf.custom_gradient
def log1pexp(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    e = tf.exp(x)

    def grad(upstream: tf.Tensor) -> tf.Tensor:
        return upstream * (1 - 1 / (1 + e))

    return tf.math.log(1 + e), grad


def newton(x: tf.Variable) -> tf.Tensor:
    """Second derivatives: a tape within a tape, a Hessian, a Hessian-vector product."""
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(x**4) / 4.0 - tf.tensordot(x, x, axes=1)
        g = inner.gradient(y, x)
    hessian = outer.jacobian(g, x)
    step = tf.linalg.solve(hessian, g[:, tf.newaxis])
    x.assign_sub(tf.squeeze(step, axis=-1))
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        z = tf.math.cumsum(x * x)
    return tf.where(tf.math.is_finite(z), accumulator.jvp(z), tf.zeros_like(z))


def nested(p: Parameters) -> dict[str, tf.Tensor | None]:
    """Structures of sources, persistent tapes, unconnected gradients."""
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(list(p.values()))
        y = p["a"] * 2.0
        with tape.stop_recording():
            constant = -y
    by_name = tape.gradient(y + constant, p, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    first, (second, third) = tape.gradient(y, (p["a"], [p["a"], p["b"]]), unconnected_gradients="zero")
    del tape
    return {**by_name, "sum": first + second + third}


def shapes(x: tf.Tensor) -> tf.Tensor:
    """Sizes, dtypes, slices, NumPy there and back."""
    batch, width = x.shape
    assert x.dtype == tf.float32 and x.shape.rank == 2 and x.shape.as_list() == [batch, width]
    columns = [x[..., i] for i in range(width)]
    array = np.asarray(tf.stack(columns, axis=1)) + x.numpy()
    whole = tf.cast(array, tf.float64) if array.size else tf.zeros((0,), "float64")
    return tf.reshape(whole, [-1, width * 2 // 2])


def convolved(images: tf.Tensor) -> tf.Tensor:
    features = tf.nn.conv2d(images, tf.ones([2, 2, 1, 3]), strides=1, padding="SAME", data_format="NHWC")
    pooled = tf.nn.max_pool2d(features, ksize=2, strides=2, padding="VALID")
    mean, variance = tf.nn.moments(pooled, axes=[0, 1, 2])
    return tf.nn.batch_normalization(pooled, mean, variance, None, None, 1e-3)


def main() -> None:
    tf.random.set_seed(0)
    rate = tf.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    for optimizer in (tf.optimizers.Adam(rate, beta_1=0.8), tf.optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0)):
        losses = train(Dense(2, 1, name="dense"), optimizer, steps=3)
        assert losses[-1] < losses[0], losses
        assert int(optimizer.iterations) == 6 and optimizer.get_config()["name"]
    x = tf.Variable([1.0, 2.0], dtype=tf.float64)
    print(newton(x), newton(x).numpy().tolist(), f"{x[0]:.3f}")
    with tf.GradientTape() as tape:
        tape.watch(point := tf.constant(100.0))
        y = log1pexp(point)
    print(tape.gradient(y, point))
    print(nested({"a": tf.Variable(1.0), "b": tf.Variable([2.0])}))
    print(shapes(tf.ones([2, 3])), convolved(tf.random.uniform((1, 4, 4, 1))).shape)
    w = tf.Variable(tf.eye(2), name="w", trainable=True)
    w[0, 1].assign(3.0).assign_add(tf.eye(2))
    values, vectors = tf.linalg.eigh(w @ tf.transpose(w))
    assert bool(tf.reduce_all(values > 0)) and vectors.shape == (2, 2)
    try:
        tf.reshape(w, [3])
    except tf.errors.InvalidArgumentError as error:
        print(error.message, error.error_code == tf.errors.INVALID_ARGUMENT)


main()
