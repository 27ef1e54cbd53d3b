"""gradtape's targets, as data: ratios are a peer's time ÷ gradtape's, from one run."""

from __future__ import annotations

from typing import NamedTuple


class Ratio(NamedTuple):
    """In `workload`, `ours` must be at least `least` times as fast as `peer`."""

    workload: str
    peer: str
    least: float
    ours: str = "gradtape"


RATIOS = [
    Ratio("scalar", "torch", 35),
    Ratio("regression", "torch", 45),
    Ratio("regression", "jax", 2.5),
    Ratio("regression", "numpy", 5.5),
    Ratio("regression", "tensorflow", 700),
    Ratio("chain", "torch", 50),
    Ratio("mlp-32", "torch", 11),
    Ratio("mlp-32", "jax", 3.3),
    Ratio("mlp-32", "numpy", 2.4),
    Ratio("mlp-128", "torch", 1.4),
    Ratio("mlp-128", "numpy", 1.15),
    Ratio("mlp-256", "torch", 1.15),
    Ratio("mlp-256", "jax", 1.2),
    Ratio("mlp-256", "numpy", 1.09),
    Ratio("mlp-1024", "floor", 1 / 1.04),
    Ratio("mlp-1024", "jax", 1),
    Ratio("rnn", "torch", 18),
    Ratio("rnn", "jax", 1.7),
    Ratio("logistic", "torch", 11),
    Ratio("logistic", "jax", 4),
    Ratio("logistic-adam", "torch", 20),
    Ratio("jacobian", "torch", 20),
    Ratio("jacobian", "jax", 1.7),
    Ratio("hessian", "torch", 50),
    Ratio("hessian", "jax", 1.1),
    Ratio("elementwise", "torch", 1.3),
    Ratio("conv", "torch", 1),
    *(
        Ratio(*row, "gradtape.function")
        for row in (
            ("regression", "jax", 12),
            ("regression", "gradtape", 1 / 0.7),
            ("chain", "jax", 3),
            ("mlp-32", "jax", 10),
            ("mlp-32", "floor", 1 / 1.15),
            ("rnn-32", "jax", 5),
            ("lstm", "jax", 2),
            ("elementwise", "jax", 1.5),
            ("gelu", "jax", 1.5),
            ("transformer", "jax", 1.3),
            ("batch-norm", "jax", 1.5),
            ("pinn", "jax", 2),
            ("cnn", "torch", 1),
            ("cnn", "jax", 1),
            ("mlp-adam", "torch", 1.2),
            ("mlp-adam", "jax", 1.2),
            ("embedding", "torch", 1),
            ("embedding", "jax", 1),
            ("mlp-1024", "torch", 1),
            ("mlp-1024", "jax", 1),
        )
    ),
]

EMPTY_CALL, SMALL_CALL = 250e-9, 800e-9
"""Seconds: a call of a compiled function that does nothing, and of one with ten small ops."""

FIRST_CALL_EAGER, FIRST_CALL_SECONDS = 3.0, 1e-3
"""What a first call may take: eager calls, and seconds beyond these."""

PASS_SHARE = 0.80
"""Of STREAM's bandwidth, or of the same operation's rate in cache, that every elementwise pass is to reach."""

IMPORT_SECONDS = 0.030
"""What importing gradtape may add to importing NumPy."""

WHEEL_MEGABYTES = 3.0

SCALAR_OP_NANOSECONDS = 80.0
"""A recorded scalar operation, over the interpreter's own call."""

REVERSE_TO_FORWARD = 2.5
"""Of the time forward, that the sweep back through an elementwise chain may take."""

GROWTH = 1.5
"""Of the smallest cost per operation, that the cost at a million may be and still count as constant."""

OPTION_TO_ADAM = 2.0
"""Of the time of Adam's step, that the step of Adam with an option may take."""

KERAS_LAYER, KERAS_STEP, KERAS_FUNCTION, KERAS_FIT, KERAS_IMPORT = 1.5e-6, 30e-6, 14e-6, 25e-6, 40e-3
KERAS_PEERS = {"torch": ("PyTorch's modules", 8), "tensorflow": ("Keras over TF", 80)}
"""Seconds: a layer's call beyond its arithmetic, a step of a small model eagerly and by fit, what the import adds."""

FITS = {"lenet": 1.0, "lstm": 2.0}
"""The best time of PyTorch and of Keras over its backends ÷ gradtape's, for networks trained by fit."""

BATCH_OVER_COPY = 2e-6
"""Seconds that a shuffled batch of 64 rows of 784 floats may take over copying the rows."""

SHUFFLE_TO_TENSORFLOW = 5.0
"""TensorFlow's time ÷ gradtape's for a million rows, shuffled, in batches."""

CHECKPOINT_TO_NUMPY = 0.7
"""The part of numpy.save's rate at which checkpoints are to be written, and read."""

# Ranks: seconds of an exchange of 1 kB, the fraction of memcpy's bandwidth for 10 MB, and two ranks relative to one.
EXCHANGE_LATENCY = 30e-6
EXCHANGE_BANDWIDTH = 0.6
RANKS_SPEEDUP = 1.8

ENSEMBLE_SPEEDUP = 10.0
"""A Python loop's time ÷ vectorized_map's in a compiled function, for 100 small models."""
