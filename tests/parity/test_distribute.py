"""Strategies with one replica, compared with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()


def strategies(tf: Any) -> list[Any]:
    """One of each kind, with all the arguments that it needs."""
    distribute = tf.distribute
    return [
        distribute.MirroredStrategy(),
        distribute.MultiWorkerMirroredStrategy(),
        distribute.OneDeviceStrategy("/cpu:0"),
        distribute.get_strategy(),
    ]


def of_each(tf: Any, function: Any) -> list[Any]:
    """A function's results for each strategy."""
    return [function(strategy) for strategy in strategies(tf)]


@program
def where_a_program_is(tf):
    def told():
        distribute = tf.distribute
        context = distribute.get_replica_context()
        replica = None if context is None else (int(context.replica_id_in_sync_group), context.num_replicas_in_sync)
        return distribute.has_strategy(), distribute.in_cross_replica_context(), replica

    def within(strategy):
        with strategy.scope():
            return told(), tf.distribute.get_strategy() is strategy

    return told(), of_each(tf, within), of_each(tf, lambda strategy: strategy.run(told))


@program
def how_many_replicas(tf):
    return of_each(tf, lambda strategy: strategy.num_replicas_in_sync)


@program
def run_calls_with_arguments(tf):
    return of_each(tf, lambda strategy: strategy.run(lambda x, y=0: x + y, args=(1,), kwargs={"y": 2}))


@program
def run_within_run(tf):
    strategy = tf.distribute.MirroredStrategy()
    return strategy.run(lambda: strategy.run(lambda: 1))


@program
def scopes_of_two_strategies(tf):
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope(), tf.distribute.MirroredStrategy().scope():
        return 1


@program
def reductions(tf):
    value = tf.constant([[1.0, 2.0], [3.0, 5.0]])
    cases = [("SUM", None), ("sum", 0), (tf.distribute.ReduceOp.MEAN, 1), ("MEAN", None), ("mean", -1)]
    return of_each(tf, lambda strategy: [strategy.reduce(op, value, axis=axis) for op, axis in cases])


@program
def reductions_by_another_op(tf):
    return tf.distribute.MirroredStrategy().reduce("MAX", tf.constant(1.0), axis=None)


@program
def reductions_of_structures(tf):
    return tf.distribute.MirroredStrategy().reduce("SUM", {"a": tf.constant(1.0)}, axis=None)


@program
def gathered_values(tf):
    return of_each(tf, lambda strategy: strategy.gather(tf.constant([[1.0, 2.0]]), 1))


@program
def exchanges_of_replicas(tf):
    def replica():
        context = tf.distribute.get_replica_context()
        total = context.all_reduce("SUM", [tf.constant(1.0), tf.constant(2.0)])
        return (
            total,
            context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.constant(3.0)),
            context.all_gather(tf.constant([[1.0]]), 1),
        )

    return of_each(tf, lambda strategy: strategy.run(replica))


@program
def exchanges_are_differentiated(tf):
    v = tf.Variable([1.0, 2.0])

    def replica():
        with tf.GradientTape() as tape:
            total = tf.distribute.get_replica_context().all_reduce("SUM", v * v)
            loss = tf.reduce_sum(total)
        return tape.gradient(loss, v)

    return of_each(tf, lambda strategy: strategy.run(replica))


@program
def merged_calls(tf):
    def replica(strategy):
        def merged(given, x):
            return given is strategy, tf.distribute.in_cross_replica_context(), x

        return tf.distribute.get_replica_context().merge_call(merged, args=(3,))

    return [strategy.run(replica, (strategy,)) for strategy in strategies(tf)[:3]]


@program
def datasets(tf):
    def batches(strategy):
        distributed = strategy.experimental_distribute_dataset(tf.data.Dataset.range(10).batch(4))
        return [batch.numpy().tolist() for batch in distributed]

    return of_each(tf, batches)


@program
def datasets_from_functions(tf):
    contexts = []

    def make(context):
        contexts.append((context.num_input_pipelines, context.input_pipeline_id, context.num_replicas_in_sync))
        return tf.data.Dataset.range(6).batch(context.get_per_replica_batch_size(4))

    def batches(strategy):
        return [batch.numpy().tolist() for batch in strategy.distribute_datasets_from_function(make)]

    return of_each(tf, batches), contexts


@program
def sizes_of_batches(tf):
    return tf.distribute.InputContext(2, 1, 4).get_per_replica_batch_size(8)


@program
def sizes_of_batches_that_do_not_fit(tf):
    return tf.distribute.InputContext(2, 1, 4).get_per_replica_batch_size(7)


@program
def what_is_called_what(tf):
    kinds = (tf.distribute.ReduceOp, tf.VariableSynchronization, tf.VariableAggregation)
    return [[(member.name, member.value) for member in kind] for kind in kinds]


@program
def a_training_loop(tf):
    def trained(strategy):
        with strategy.scope():
            w = tf.Variable([[0.5], [-0.25]])
            optimizer = tf.keras.optimizers.SGD(0.125)
        x = np.arange(12, dtype=np.float32).reshape(6, 2) / 8
        dataset = tf.data.Dataset.from_tensor_slices((x, x.sum(1, keepdims=True))).batch(4)

        @tf.function
        def step(inputs):
            def replica(features, labels):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_sum(tf.square(features @ w - labels)) / 4.0
                optimizer.apply_gradients([(tape.gradient(loss, w), w)])
                return loss

            return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(replica, args=inputs), axis=None)

        losses = [step(batch) for batch in strategy.experimental_distribute_dataset(dataset) for _ in range(2)]
        return losses, w.numpy()

    return of_each(tf, trained)


@program
def classes(tf):
    distribute = tf.distribute
    strategy = distribute.experimental.MultiWorkerMirroredStrategy()
    distributed = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
    value = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(context.num_replicas_in_sync)
    )
    return (
        [isinstance(one, distribute.Strategy) for one in [strategy, *strategies(tf)]],
        isinstance(distributed, distribute.DistributedDataset),
        isinstance(distribute.get_replica_context(), distribute.ReplicaContext),
        strategy.experimental_local_results(value),
        distribute.experimental.ValueContext(1, 4).num_replicas_in_sync,
    )


@program
def local_results(tf):
    return of_each(tf, lambda strategy: strategy.experimental_local_results(tf.constant(1.0)))


@program
def a_variable_of_every_kind(tf):
    with tf.distribute.MirroredStrategy().scope():
        made = [
            tf.Variable(1.0, synchronization=synchronization, aggregation=tf.VariableAggregation.SUM, trainable=False)
            for synchronization in (tf.VariableSynchronization.AUTO, tf.VariableSynchronization.ON_READ)
        ]
    return [variable.numpy() for variable in made]


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {"scopes_of_two_strategies": "it names the strategies as Python does"}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
