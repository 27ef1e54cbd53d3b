"""Callbacks of Keras' models that ranks train with `DistributedOptimizer`."""

from gradtape._src.keras.callbacks.ranks import (
    BroadcastGlobalVariablesCallback as BroadcastGlobalVariablesCallback,
    LearningRateWarmupCallback as LearningRateWarmupCallback,
    MetricAverageCallback as MetricAverageCallback,
)
