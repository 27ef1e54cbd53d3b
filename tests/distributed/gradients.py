"""Gradients of all ranks: the tape's, optimizers', those that only some ranks have, and whole trainings."""

from __future__ import annotations

import numpy as np
import pytest

import gradtape as tf

hvd = tf.distributed


def network(seed: int = 0, table: str = "table") -> list[tf.Variable]:
    """Variables of all sizes: some are sent alone, some are packed."""
    rng = np.random.default_rng(seed)
    shapes = [(50, 2), (2, 400), (400,), (400, 200), (200,), (200, 1), (1,)]
    named = zip((table, "w1", "b1", "w2", "b2", "w3", "b3"), shapes, strict=True)
    return [tf.Variable(rng.standard_normal(shape).astype(np.float32) * 0.1, name=name) for name, shape in named]


def loss_of(variables: list[tf.Variable], rank: int, sparse: bool = False) -> tf.Tensor:
    table, w1, b1, w2, b2, w3, b3 = variables
    rows = np.random.default_rng(rank).integers(0, 50, 8)
    x = (
        tf.gather(table, rows)
        if sparse
        else tf.constant(np.random.default_rng(rank).random((8, 2), np.float32)) + table[0]
    )
    hidden = tf.tanh(tf.tanh(x @ w1 + b1) @ w2 + b2)
    return tf.reduce_mean(tf.square(hidden @ w3 + b3 - 1.0))


def gradients_of(variables: list[tf.Variable], rank: int, sparse: bool = False) -> list[np.ndarray]:
    """A rank's local gradients."""
    with tf.GradientTape() as tape:
        loss = loss_of(variables, rank, sparse)
    return [tf.convert_to_tensor(gradient).numpy() for gradient in tape.gradient(loss, variables)]


def mean_of_all(variables: list[tf.Variable], sparse: bool = False) -> list[np.ndarray]:
    found = [gradients_of(variables, rank, sparse) for rank in range(hvd.size())]
    return [np.mean(of_variable, axis=0) for of_variable in zip(*found, strict=True)]


def check_the_tape_averages():
    for sparse in (False, True):
        # A gradient that was dense once is sent as dense from then on: the sparse one is of another variable.
        variables = network(table="rows" if sparse else "table")
        wanted = mean_of_all(variables, sparse)
        for _ in range(3):  # only the first one does not know yet which gradients are dense
            with tf.GradientTape() as tape:
                loss = loss_of(variables, hvd.rank(), sparse)
            found = hvd.DistributedGradientTape(tape).gradient(loss, variables)
            assert isinstance(found[0], tf.IndexedSlices) == sparse
            for gradient, value in zip(found, wanted, strict=True):
                np.testing.assert_allclose(tf.convert_to_tensor(gradient).numpy(), value, rtol=1e-4, atol=1e-7)
    with hvd.DistributedGradientTape(sparse_as_dense=True) as tape:
        loss = loss_of(variables, hvd.rank(), True)
    assert isinstance(tape.gradient(loss, variables)[0], tf.Tensor)


def check_gradients_are_sent_while_the_sweep_runs():
    """The rule of the first layer checks how many messages have been sent when the sweep reaches it."""
    from gradtape._src.distributed.world import current

    variables = network()[1:]
    begun: list[int] = []

    @tf.custom_gradient
    def watched(x):
        def gradient(cotangent):
            begun.append(current().sent)
            return cotangent

        return tf.identity(x), gradient

    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = loss_of([watched(tf.ones([50, 2]) * variables[0][0, 0]), *variables], hvd.rank())
        before = current().sent
        hvd.DistributedGradientTape(tape).gradient(loss, variables)
        begun[-1] -= before
        all_sent = current().sent - before
    assert begun == [0, 1] and all_sent == 2, (begun, all_sent)


def check_what_only_some_ranks_use():
    rank, size = hvd.rank(), hvd.size()
    everywhere, here, nowhere, rows = (
        tf.Variable(tf.ones([3, 2]), name=name) for name in ("all", "one", "none", "rows")
    )
    for turn in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(everywhere)
            if rank == 1:
                loss += tf.reduce_sum(here) * 2.0
            loss += tf.reduce_sum(tf.gather(rows, [1])) if rank or turn == 2 else 0.0
            if turn == 2 and rank == 1:
                loss += tf.reduce_sum(nowhere) + tf.reduce_sum(rows)
        found = hvd.DistributedGradientTape(tape, op=hvd.Sum).gradient(loss, [everywhere, here, nowhere, rows])
        np.testing.assert_array_equal(found[0].numpy(), np.full((3, 2), float(size)))
        np.testing.assert_array_equal(found[1].numpy(), np.full((3, 2), 2.0))
        if turn < 2:
            assert found[2] is None and isinstance(found[3], tf.IndexedSlices)
            np.testing.assert_array_equal(tf.convert_to_tensor(found[3]).numpy()[:, 0], [0.0, size - 1.0, 0.0])
        else:
            np.testing.assert_array_equal(found[2].numpy(), np.ones((3, 2)))
            np.testing.assert_array_equal(tf.convert_to_tensor(found[3]).numpy()[:, 0], [1.0, size + 1.0, 1.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(everywhere)
    zero = hvd.DistributedGradientTape(tape).gradient(loss, [everywhere, nowhere], unconnected_gradients="zero")[1]
    np.testing.assert_array_equal(zero.numpy(), np.zeros((3, 2)))


def check_sources_in_structures_and_tensors():
    x = tf.constant([1.0, 2.0]) * (hvd.rank() + 1.0)
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(x * x) * v
    tape = hvd.DistributedGradientTape(tape)
    assert tape.watched_variables() == (v,)
    found = tape.gradient(loss, {"x": x, "v": [v]})
    mean = (hvd.size() + 1) / 2
    np.testing.assert_allclose(found["x"].numpy(), np.array([6.0, 12.0]) * mean, rtol=1e-6)
    np.testing.assert_allclose(float(found["v"][0]), 5.0 * np.mean((np.arange(hvd.size()) + 1.0) ** 2), rtol=1e-6)


def check_gradients_of_half_precision():
    for dtype in (tf.float16, tf.bfloat16):
        dense, rows = (tf.Variable(tf.ones([3, 2], dtype), name=f"{dtype.name} {name}") for name in ("dense", "rows"))
        factor = hvd.rank() + 1
        for optimizer in (None, hvd.DistributedOptimizer(tf.optimizers.SGD(1.0), op=hvd.Sum)):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(dense) * factor + tf.reduce_sum(tf.gather(rows, [1])) * factor
            total = hvd.size() * (hvd.size() + 1) / 2
            if optimizer is None:
                found = hvd.DistributedGradientTape(tape, op=hvd.Sum).gradient(loss, [dense, rows])
                assert isinstance(found[1], tf.IndexedSlices)
                assert all(gradient.dtype == dtype for gradient in found)
                np.testing.assert_array_equal(tf.convert_to_tensor(found[1])[:, 0].numpy(), [0, total, 0])
                np.testing.assert_array_equal(found[0].numpy(), np.full((3, 2), total))
            else:
                optimizer.apply_gradients(zip(tape.gradient(loss, [dense, rows]), (dense, rows), strict=True))
                np.testing.assert_array_equal(dense.numpy(), np.full((3, 2), 1 - total))


def check_sources_that_differ_are_named():
    one, other = tf.Variable(1.0, name="one"), tf.Variable(1.0, name="other")
    with tf.GradientTape() as tape:
        loss = one * other
    with pytest.raises(tf.errors.FailedPreconditionError, match="gradients has 'one:0' on rank 0 and not on rank 1"):
        hvd.DistributedGradientTape(tape).gradient(loss, [other if hvd.rank() else one])
    hvd.barrier()


def train(optimizer: tf.optimizers.Optimizer, steps: int = 5, compiled: bool = False) -> list[tf.Variable]:
    variables = network(hvd.rank())
    hvd.broadcast_variables(variables)
    optimizer = hvd.DistributedOptimizer(optimizer)

    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(variables, hvd.rank())
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    step = tf.function(step) if compiled else step
    for _ in range(steps):
        step()
    if compiled:
        assert "runs eagerly" not in step.explain_plan(), step.explain_plan()
    return variables


def check_training_is_that_of_one_process_on_all_data():
    variables = train(tf.optimizers.Adam(0.01))
    hvd.check_variables(variables)
    alone, optimizer = network(0), tf.optimizers.Adam(0.01)
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.add_n([loss_of(alone, rank) for rank in range(hvd.size())]) / hvd.size()
        optimizer.apply_gradients(zip(tape.gradient(loss, alone), alone, strict=True))
    for variable, wanted in zip(variables, alone, strict=True):
        np.testing.assert_allclose(variable.numpy(), wanted.numpy(), rtol=1e-3, atol=2e-5)


def check_every_run_has_the_same_bits():
    runs = [train(tf.optimizers.SGD(0.1, momentum=0.9)) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert one.numpy().tobytes() == other.numpy().tobytes()
    hvd.check_variables(runs[0])


def check_compiled_training_has_the_bits_of_eager():
    one, other = train(tf.optimizers.Adam(0.01)), train(tf.optimizers.Adam(0.01), compiled=True)
    for eager, compiled in zip(one, other, strict=True):
        assert eager.numpy().tobytes() == compiled.numpy().tobytes()


def check_the_tape_and_the_optimizer_have_the_same_bits():
    variables, optimizer = network(), tf.optimizers.Adam(0.01)
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = loss_of(variables, hvd.rank())
        found = hvd.DistributedGradientTape(tape).gradient(loss, variables)
        optimizer.apply_gradients(zip(found, variables, strict=True))
    for one, other in zip(variables, train(tf.optimizers.Adam(0.01)), strict=True):
        assert one.numpy().tobytes() == other.numpy().tobytes()


def check_gradients_may_be_added_up_first():
    w = tf.Variable(0.0)
    optimizer = hvd.DistributedOptimizer(tf.optimizers.SGD(1.0), backward_passes_per_step=2)
    for value in (1.0, 2.0):
        optimizer.apply_gradients([(tf.constant(value), w)])
    assert float(w) == -3.0 and optimizer.name.startswith("Distributed")
    half = hvd.DistributedOptimizer(tf.optimizers.SGD(1.0), op=hvd.Average, gradient_predivide_factor=2.0)
    half.apply_gradients([(tf.constant(1.0), w)])
    np.testing.assert_allclose(float(w), -4.0, rtol=1e-6)
    with pytest.raises(ValueError, match="gradient_predivide_factor not supported with op != Average"):
        hvd.DistributedOptimizer(tf.optimizers.SGD(1.0), op=hvd.Sum, gradient_predivide_factor=2.0)


def check_a_compiled_step_that_broadcasts_at_first():
    """As in Horovod's examples: each rank's variables start with its own values, and are then set to the first's."""
    tf.keras.utils.set_random_seed(hvd.rank())
    rng = np.random.default_rng(hvd.rank())
    x, labels = rng.random((24, 8, 8, 1), np.float32), rng.integers(0, 3, 24)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Conv2D(4, [3, 3], activation="relu"),
            tf.keras.layers.MaxPooling2D(pool_size=(2, 2)),
            tf.keras.layers.Dropout(0.25),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(3, activation="softmax"),
        ]
    )
    loss = tf.losses.SparseCategoricalCrossentropy()
    optimizer = tf.optimizers.Adam(0.001 * hvd.size())

    @tf.function
    def training_step(images, labels, first_batch):
        with tf.GradientTape() as tape:
            loss_value = loss(labels, model(images, training=True))
        tape = hvd.DistributedGradientTape(tape)
        grads = tape.gradient(loss_value, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        if first_batch:
            hvd.broadcast_variables(model.variables, root_rank=0)
            hvd.broadcast_variables(optimizer.variables, root_rank=0)
        return loss_value

    dataset = tf.data.Dataset.from_tensor_slices((x, labels)).repeat().shuffle(24).batch(8)
    for batch, (images, answers) in enumerate(dataset.take(6)):
        training_step(images, answers, batch == 0)
    hvd.check_variables([*model.trainable_variables, *optimizer.variables])


def check_steps_are_left_out_on_all_ranks_or_none():
    """Of gradients that are not finite on one rank, whichever optimizer is around the other."""
    scaled = tf.optimizers.LossScaleOptimizer
    for wrap in (
        lambda inner: scaled(hvd.DistributedOptimizer(inner), initial_scale=4.0),
        lambda inner: hvd.DistributedOptimizer(scaled(inner, initial_scale=4.0)),
    ):
        w, optimizer = tf.Variable(1.0), wrap(tf.optimizers.SGD(0.5))
        for turn in range(3):
            optimizer.apply_gradients([(tf.constant(np.inf if hvd.rank() == 1 and turn == 1 else 1.0), w)])
        hvd.barrier()
        assert float(w) == 1.0 - 0.5 / 4.0 - 0.5 / 2.0
        hvd.check_variables([w, *optimizer.variables])


def check_second_derivatives():
    rank, size = hvd.rank(), hvd.size()
    x, table = tf.Variable(rank + 1.0), tf.Variable(tf.ones([4, 2]) * (rank + 1.0))

    def second():
        with tf.GradientTape() as outer:
            with hvd.DistributedGradientTape() as inner:
                y = x * x * x + tf.reduce_sum(tf.gather(table, [1, 1, 2]) ** 3)
            first, rows = inner.gradient(y, [x, table])
            z = first * first + tf.reduce_sum(rows)
        return outer.gradient(z, [x, table])

    mean = np.mean([3.0 * (other + 1) ** 2 for other in range(size)])
    for compute in (second, tf.function(second)):
        for _ in range(3):
            found = compute()
            np.testing.assert_allclose(float(found[0]), 2 * mean * 6 * (rank + 1), rtol=1e-6)
            wanted = np.outer([0, 2, 1, 0], [6.0, 6.0]) * (rank + 1)
            np.testing.assert_allclose(tf.convert_to_tensor(found[1]).numpy(), wanted, rtol=1e-6)
