"""tf.distribute: programs with strategies, the data of replicas, and Keras' fit under a strategy."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf

hvd = tf.distributed
STRATEGY = tf.distribute.MultiWorkerMirroredStrategy()


def examples(count: int = 22) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((count, 4)).astype("float32")
    return x, (x @ rng.standard_normal((4, 1))).astype("float32")


def check_where_a_program_is():
    assert STRATEGY.num_replicas_in_sync == hvd.size()
    assert not tf.distribute.has_strategy()
    with STRATEGY.scope():
        assert tf.distribute.get_strategy() is STRATEGY and tf.distribute.in_cross_replica_context()
        assert tf.distribute.get_replica_context() is None

    def replica():
        context = tf.distribute.get_replica_context()
        assert not tf.distribute.in_cross_replica_context() and context.strategy is STRATEGY
        with pytest.raises(RuntimeError, match="requires being in cross-replica context"):
            STRATEGY.run(lambda: 1)
        return context.replica_id_in_sync_group

    assert int(STRATEGY.run(replica)) == hvd.rank()
    # Tutorials choose the process that saves a model by its task.
    resolver = STRATEGY.cluster_resolver
    assert (resolver.task_type, resolver.task_id) == (("worker", hvd.rank()) if hvd.size() > 1 else (None, None))
    assert tf.distribute.MirroredStrategy().cluster_resolver is None


def check_variables_begin_alike():
    with STRATEGY.scope():
        v = tf.Variable(float(hvd.rank()) + 3.0)
        layer = tf.keras.layers.Dense(3)
        layer.build((None, 4))
    assert float(v) == 3.0
    hvd.check_variables(layer.variables)
    assert float(tf.Variable(float(hvd.rank()))) == hvd.rank()


def number_of_replica() -> tf.Tensor:
    """From 1, within a replica."""
    return tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32) + 1.0


def check_variables_that_replicas_write():
    """The values are those of TensorFlow's MirroredStrategy."""
    size = hvd.size()
    aggregation = tf.VariableAggregation
    wanted = {
        aggregation.SUM: size * (size + 1) / 2,
        aggregation.MEAN: (size + 1) / 2,
        aggregation.NONE: hvd.rank() + 1,
    }
    wanted[aggregation.ONLY_FIRST_REPLICA] = 1.0
    for kind, value in wanted.items():
        with STRATEGY.scope():
            v = tf.Variable([0.0, 5.0], aggregation=kind)
        assert (v.aggregation, v.synchronization) == (kind, tf.VariableSynchronization.ON_WRITE) and v.trainable

        def replica(v=v):
            return v.assign([number_of_replica(), 5.0])

        def compiled_replica(v=v):
            v.assign_add([number_of_replica(), 0.0])
            v.assign_sub([number_of_replica() / 2.0, 0.0])

        STRATEGY.run(replica)
        np.testing.assert_array_equal(v[0].numpy(), np.float32(value))
        compiled = tf.function(lambda step=compiled_replica: STRATEGY.run(step))
        for _ in range(3):
            compiled()
        np.testing.assert_allclose(v[0].numpy(), 2.5 * value, rtol=1e-6)
        v.assign_add([1.0, 1.0])  # outside of replicas it has its usual meaning
        np.testing.assert_allclose(v[0].numpy(), 2.5 * value + 1.0, rtol=1e-6)
        if kind not in (aggregation.NONE,):
            hvd.check_variables([v])
            with pytest.raises(NotImplementedError, match="assign it whole"):
                STRATEGY.run(lambda v=v: v.scatter_add(tf.IndexedSlices([1.0], [0])))


def check_variables_that_replicas_read_as_one():
    size, rank = hvd.size(), hvd.rank()
    aggregation, on_read = tf.VariableAggregation, tf.VariableSynchronization.ON_READ
    with STRATEGY.scope():
        total, mean, first, own = (
            tf.Variable(0.0, synchronization=on_read, aggregation=kind)
            for kind in (aggregation.SUM, aggregation.MEAN, aggregation.ONLY_FIRST_REPLICA, aggregation.NONE)
        )

    def replica():
        for v in (total, mean, first, own):
            v.assign_add(number_of_replica())
        return total.read_value(), total + 0.0

    assert [float(value) for value in STRATEGY.run(replica)] == [rank + 1, rank + 1]
    assert not total.trainable
    for v, value in ((total, size * (size + 1) / 2), (mean, (size + 1) / 2), (first, 1.0)):
        found = (
            v.read_value(),
            v.value(),
            v.numpy(),
            float(v),
            v + 0.0,
            0.0 + v,
            1.0 * v,
            abs(v),
            tf.constant(v.numpy()),
        )
        assert [float(one) for one in found] == [value] * len(found)
        assert bool(v > value - 0.5) and bool(v == value)
    with pytest.raises(ValueError, match="Could not convert from"):
        own.read_value()
    total.assign(6.0)
    assert float(total) == 6.0 and STRATEGY.run(lambda: float(total)) == 6.0 / size
    with pytest.raises(ValueError, match="does not support `assign_add` in cross-replica context"):
        total.assign_add(1.0)
    mean.assign_sub(2.0)
    np.testing.assert_allclose(float(mean), (size + 1) / 2 - 2.0)


def check_variables_of_replicas_are_saved_as_one():
    on_read, size = tf.VariableSynchronization.ON_READ, hvd.size()
    with STRATEGY.scope():
        total = tf.Variable(0.0, synchronization=on_read, aggregation=tf.VariableAggregation.SUM)
    STRATEGY.run(lambda: total.assign_add(number_of_replica()))
    with tempfile.TemporaryDirectory() as folder:
        path = tf.train.Checkpoint(total=total).save(f"{folder}/all")  # each rank its own
        assert tf.train.load_variable(path, "total/.ATTRIBUTES/VARIABLE_VALUE") == size * (size + 1) / 2
        total.assign(0.0)
        tf.train.Checkpoint(total=total).restore(path)
    assert float(total) == size * (size + 1) / 2
    copied = copy.deepcopy(tf.Variable(1.0, aggregation=tf.VariableAggregation.SUM))
    assert copied.aggregation is tf.VariableAggregation.SUM


def check_variables_that_cannot_be():
    with STRATEGY.scope():
        for said, given in (
            ("Invalid variable aggregation mode: x for variable: v", {"aggregation": "x"}),
            ("Invalid variable synchronization mode: x for variable: v", {"synchronization": "x"}),
            ("`NONE` variable synchronization mode", {"synchronization": tf.VariableSynchronization.NONE}),
            ("aggregation=MEAN and a non-floating dtype", {"aggregation": tf.VariableAggregation.MEAN}),
        ):
            with pytest.raises(ValueError, match=said):
                tf.Variable(1, name="v", **given)


def check_losses_of_replicas():
    size = hvd.size()

    def replica():
        return (
            tf.nn.compute_average_loss([1.0, 2.0, 3.0]),
            tf.nn.compute_average_loss([1.0, 2.0], sample_weight=[1.0, 3.0]),
            tf.nn.compute_average_loss([1.0, 2.0], global_batch_size=8),
            tf.nn.scale_regularization_loss([2.0, 4.0]),
        )

    found = [float(value) for value in STRATEGY.run(replica)]
    np.testing.assert_allclose(found, [2.0 / size, 3.5 / size, 0.375, 6.0 / size], rtol=1e-6)
    with STRATEGY.scope():
        for function in (tf.nn.compute_average_loss, tf.nn.scale_regularization_loss):
            with pytest.raises(RuntimeError, match=f"`{function.__name__}` in cross replica context"):
                function([1.0])


def check_values_become_one():
    rank, size = hvd.rank(), hvd.size()
    own = tf.fill([rank + 1, 2], float(rank))
    total = sum(other * (other + 1) for other in range(size))
    count = size * (size + 1) // 2
    np.testing.assert_array_equal(STRATEGY.reduce("SUM", own, axis=0).numpy(), [total, total])
    np.testing.assert_allclose(STRATEGY.reduce("MEAN", own, axis=0).numpy(), np.full(2, total / count), rtol=1e-6)
    assert float(STRATEGY.reduce(tf.distribute.ReduceOp.MEAN, tf.constant(float(rank)), axis=None)) == (size - 1) / 2
    assert STRATEGY.gather(own, axis=0).shape == [count, 2]
    assert STRATEGY.gather(tf.transpose(own), axis=1).shape == [2, count]

    def replica():
        context = tf.distribute.get_replica_context()
        return context.all_reduce("SUM", {"a": tf.ones(2)}), context.all_gather(tf.ones([1, 2]), 0)

    reduced, gathered = STRATEGY.run(replica)
    np.testing.assert_array_equal(reduced["a"].numpy(), [size, size])
    assert gathered.shape == [size, 2]


def check_data_is_parted():
    rank, size = hvd.rank(), hvd.size()
    dataset = tf.data.Dataset.range(21).shuffle(21).batch(8)
    distributed = STRATEGY.experimental_distribute_dataset(dataset)
    epochs = []
    for _ in range(2):
        parts = hvd.allgather_object([part.numpy().tolist() for part in distributed])
        epochs.append([[row for of_rank in parts for row in of_rank[place]] for place in range(3)])
        assert sorted(row for batch in epochs[-1] for row in batch) == list(range(21))
        lengths = [[len(of_rank[place]) for of_rank in parts] for place in range(3)]
        assert all(max(one) - min(one) <= 1 for one in lengths)
    assert epochs[0] != epochs[1]

    def make(context):
        assert (context.num_input_pipelines, context.input_pipeline_id) == (size, rank)
        return tf.data.Dataset.range(rank + 1).batch(context.get_per_replica_batch_size(2 * size))

    own = [batch.numpy().tolist() for batch in STRATEGY.distribute_datasets_from_function(make)]
    assert len(own) == (size + 1) // 2 and sorted(row for batch in own for row in batch) == list(range(rank + 1))


def check_a_training_loop():
    x, y = examples()
    with STRATEGY.scope():
        w = tf.Variable(tf.zeros([4, 1]))
        optimizer = tf.keras.optimizers.SGD(0.1)
    dataset = STRATEGY.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices((x, y)).batch(8))

    def step(inputs):
        features, labels = inputs
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(features @ w - labels)) / 8.0
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return loss

    losses = [
        float(STRATEGY.reduce("SUM", STRATEGY.run(step, (batch,)), axis=None)) for _ in range(2) for batch in dataset
    ]
    alone, wanted = np.zeros((4, 1), np.float32), []
    for _ in range(2):
        for start in range(0, 22, 8):
            part = slice(start, start + 8)
            error = x[part] @ alone - y[part]
            wanted.append(np.sum(error**2) / 8)
            alone = alone - 0.1 * x[part].T @ error * 2 / 8
    np.testing.assert_allclose(losses, wanted, rtol=1e-4)
    np.testing.assert_allclose(w.numpy(), alone, rtol=1e-4, atol=1e-6)
    hvd.check_variables([w])


def network(normalized: bool = False, synchronized: bool = True) -> tf.keras.Model:
    tf.keras.utils.set_random_seed(3)
    layers = [tf.keras.layers.Dense(8, activation="tanh")]
    if normalized:
        layers.append(tf.keras.layers.BatchNormalization(synchronized=synchronized, momentum=0.5))
    model = tf.keras.Sequential([*layers, tf.keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def fitted(model: tf.keras.Model, eager: bool = False, **kwargs):
    x, y = examples(kwargs.pop("count", 22))
    vars(model)["run_eagerly"] = eager
    return model.fit(x, y, batch_size=8, epochs=3, verbose=0, **kwargs).history


def compared(normalized: bool, rtol: float, **kwargs) -> None:
    """Training on all replicas against training in one process on the same batches."""
    with STRATEGY.scope():
        model = network(normalized)
    history = fitted(model, **kwargs)
    hvd.check_variables(model.variables)
    assert kwargs.get("eager") or "runs eagerly" not in model.train_function.explain_plan()
    alone = network(normalized)
    wanted = fitted(alone, **kwargs)
    for name, values in wanted.items():
        np.testing.assert_allclose(history[name], values, rtol=rtol, err_msg=name)
    for variable, other in zip(model.variables, alone.variables, strict=True):
        if variable.dtype.is_floating:
            np.testing.assert_allclose(variable.numpy(), other.numpy(), rtol=rtol, atol=1e-4, err_msg=variable.name)
    x, y = examples(23)
    assert len(set(hvd.allgather_object(tuple(model.evaluate(x, y, verbose=0, batch_size=8))))) == 1
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), alone.evaluate(x, y, verbose=0), rtol=rtol)
    np.testing.assert_allclose(model.predict(x, verbose=0), alone.predict(x, verbose=0), rtol=rtol, atol=1e-3)


def check_fit_is_that_of_one_process():
    compared(False, 1e-3)
    compared(False, 1e-3, eager=True)


def check_fit_with_last_batches_of_any_size():
    # Some replicas have no example of the last batches.
    compared(False, 1e-3, count=17)


def check_fit_with_validation_and_without_order():
    compared(False, 1e-3, shuffle=False, validation_split=0.3)


def check_normalization_over_all_replicas():
    compared(True, 5e-3, shuffle=False)
    compared(True, 5e-3, shuffle=False, count=17)


def check_moving_means_become_one():
    with STRATEGY.scope():
        model = network(True, synchronized=False)
    fitted(model)
    hvd.check_variables(model.variables)


def check_fit_with_datasets():
    x, y = examples()
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(22).batch(8)
    with STRATEGY.scope():
        model = network()
    model.fit(dataset, epochs=2, verbose=0)
    model.fit(STRATEGY.experimental_distribute_dataset(dataset), epochs=2, verbose=0)

    def make(context):
        own = tf.data.Dataset.from_tensor_slices((x, y)).shard(context.num_input_pipelines, context.input_pipeline_id)
        return own.batch(3)

    history = model.fit(STRATEGY.distribute_datasets_from_function(make), epochs=2, verbose=0).history
    assert len(set(hvd.allgather_object(tuple(history["loss"])))) == 1
    hvd.check_variables(model.variables)


def check_callbacks_act_alike():
    with STRATEGY.scope():
        model = network()

    class Stop(tf.keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if hvd.rank() == 1 and batch == 1:
                self.model.stop_training = True

    history = fitted(model, callbacks=[Stop()])
    assert len(history["loss"]) == 1
    hvd.check_variables(model.variables)


def check_metrics_of_programs():
    with STRATEGY.scope():
        mean = tf.keras.metrics.Mean()
    STRATEGY.run(lambda: mean.update_state([float(hvd.rank())] * (hvd.rank() + 1)))
    ranks = np.arange(hvd.size())
    with STRATEGY.scope():
        np.testing.assert_allclose(float(mean.result()), np.average(ranks, weights=ranks + 1), rtol=1e-6)
    np.testing.assert_allclose(float(mean.result()), np.average(ranks, weights=ranks + 1), rtol=1e-6)
    assert STRATEGY.run(lambda: float(mean.result())) == hvd.rank()


def check_fit_with_an_optimizer_that_exchanges():
    """Without a strategy: each rank has its own data, and initially its own variables."""
    rank = hvd.rank()
    tf.keras.utils.set_random_seed(rank)
    x, y = examples(64)
    model = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="tanh"), tf.keras.layers.Dense(1)])
    optimizer = hvd.DistributedOptimizer(tf.keras.optimizers.SGD(0.05 * hvd.size(), momentum=0.9))
    model.compile(optimizer, "mse")
    rates = []
    callbacks = [
        hvd.callbacks.BroadcastGlobalVariablesCallback(0),
        hvd.callbacks.MetricAverageCallback(),
        hvd.callbacks.LearningRateWarmupCallback(0.05 * hvd.size(), warmup_epochs=2),
        tf.keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: rates.append(float(optimizer.learning_rate))
        ),
    ]
    own = slice(rank, 64, hvd.size())
    history = model.fit(x[own], y[own], batch_size=4, epochs=3, verbose=0, callbacks=callbacks).history
    hvd.check_variables([*model.variables, *optimizer.variables])
    assert len(set(hvd.allgather_object(tuple(history["loss"])))) == 1 and history["loss"][-1] < history["loss"][0]
    assert rates == sorted(rates) and 0.05 < rates[0] < rates[-1]
    np.testing.assert_allclose(rates[-1], 0.05 * hvd.size(), rtol=1e-6)


def check_optimizers_step_alike_or_not_at_all():
    with STRATEGY.scope():
        w = tf.Variable(1.0)
        scaled = tf.optimizers.LossScaleOptimizer(tf.optimizers.SGD(0.5), initial_scale=4.0)
        first = tf.compat.v1.train.GradientDescentOptimizer(0.5)
        with pytest.raises(RuntimeError, match="outside of its replicas"):
            scaled.apply_gradients([(tf.constant(1.0), w)])
    for turn in range(3):
        gradient = tf.constant(np.inf if hvd.rank() == 1 and turn == 1 else 1.0)
        STRATEGY.run(scaled.apply_gradients, ([(gradient, w)],))
    STRATEGY.run(lambda: first.apply_gradients([(number_of_replica(), w)]))
    hvd.check_variables([w, *scaled.variables])


def check_single_batches_are_those_of_one_process():
    x, y = examples(7)
    with STRATEGY.scope():
        model = network()
    alone = network()
    for _ in range(2):
        np.testing.assert_allclose(model.train_on_batch(x, y), alone.train_on_batch(x, y), rtol=1e-5)
        np.testing.assert_allclose(model.test_on_batch(x, y), alone.test_on_batch(x, y), rtol=1e-5)
    hvd.check_variables(model.variables)


def check_losses_of_any_reduction_and_masks():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 20, (17, 5)), rng.integers(0, 3, (17, 5))
    x[:9, 2:] = 0  # which replicas have unequally often
    for reduction in ("sum", "mean_with_sample_weight", "sum_over_batch_size"):
        models, histories = [], []
        for scope in (STRATEGY.scope(), tf.distribute.get_strategy().scope()):
            with scope:
                tf.keras.utils.set_random_seed(2)
                model = tf.keras.Sequential(
                    [tf.keras.layers.Embedding(20, 4, mask_zero=True), tf.keras.layers.Dense(3, activation="softmax")]
                )
                model.compile("sgd", tf.keras.losses.SparseCategoricalCrossentropy(reduction=reduction))
            weights = np.linspace(0, 3, 17)[:, None] if reduction == "sum" else None
            kwargs = {"batch_size": 8, "verbose": 0, "sample_weight": weights}
            histories.append(model.fit(x, y, epochs=2, shuffle=False, **kwargs).history["loss"])
            histories[-1].append(model.evaluate(x, y, **kwargs))
            models.append(model)
        np.testing.assert_allclose(*histories, rtol=1e-4, err_msg=reduction)
        for one, other in zip(models[0].variables, models[1].variables, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-3, atol=1e-5, err_msg=reduction)


def check_only_the_first_rank_writes():
    folder = hvd.broadcast_object(tempfile.mkdtemp() if hvd.rank() == 0 else None)
    own = folder if hvd.rank() == 0 else f"{folder}/not shared"  # as on a machine without a common file system
    x, y = examples()

    class Interrupt(tf.keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    for interrupted in (True, False):
        with STRATEGY.scope():
            model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
            model.compile("adam", "mse")
        callbacks = [tf.keras.callbacks.BackupAndRestore(f"{own}/backup"), tf.keras.callbacks.TensorBoard(f"{own}/log")]
        try:
            history = model.fit(
                x, y, 8, epochs=4, verbose=0, callbacks=[*callbacks, *([Interrupt()] if interrupted else [])]
            )
        except KeyboardInterrupt:
            assert interrupted
            hvd.barrier()
    assert history.epoch == [2, 3] and int(model.optimizer.iterations) == 12
    hvd.check_variables([*model.variables, *model.optimizer.variables])
    assert not Path(f"{folder}/not shared").exists() and Path(f"{folder}/log").exists()


def check_iterators_of_replicas():
    iterator = iter(STRATEGY.experimental_distribute_dataset(tf.data.Dataset.range(8).batch(4)))
    assert iterator.element_spec.dtype == tf.int64
    assert len(iterator.get_next()) + len(next(iterator)) == 8 // hvd.size()
    assert not iterator.get_next_as_optional().has_value()
    dataset = STRATEGY.distribute_datasets_from_function(lambda context: tf.data.Dataset.range(4).batch(2))
    with pytest.raises(tf.errors.FailedPreconditionError, match="the next batch of a distributed dataset"):
        next(iter(dataset)) if hvd.rank() == 0 else hvd.barrier()
    if hvd.rank() == 0:
        assert hvd.is_homogeneous()  # which needs no other rank
    hvd.barrier()
