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
"""Seconds per call of an empty compiled function, and of one with ten small ops."""

FIRST_CALL_EAGER, FIRST_CALL_SECONDS = 3.0, 1e-3
"""The limit of a first call: a multiple of an eager call, plus seconds."""

PASS_SHARE = 0.80
"""The fraction of STREAM's bandwidth, or of the same operation's rate in cache, for every elementwise pass."""

IMPORT_SECONDS = 0.030
"""Seconds that importing gradtape may add to importing NumPy."""

WHEEL_MEGABYTES = 3.0

SCALAR_OP_NANOSECONDS = 80.0
"""A recorded scalar operation relative to a Python call."""

REVERSE_TO_FORWARD = 2.5
"""The reverse sweep of an elementwise chain relative to the forward pass."""

GROWTH = 1.5
"""The cost per operation at a million, relative to the smallest, that still counts as constant."""

OPTION_TO_ADAM = 2.0
"""The step of Adam with an option relative to plain Adam's."""

KERAS_LAYER, KERAS_STEP, KERAS_FUNCTION, KERAS_FIT, KERAS_IMPORT = 1.5e-6, 30e-6, 14e-6, 25e-6, 40e-3
KERAS_PEERS = {"torch": ("PyTorch's modules", 8), "tensorflow": ("Keras over TF", 80)}
"""Seconds: a layer's call without its arithmetic, a step of a small model eagerly and by fit, the import of keras."""

FITS = {"lenet": 1.0, "lstm": 2.0}
"""The best time of PyTorch and of Keras on its backends ÷ gradtape's, for networks trained by fit."""

BATCH_OVER_COPY = 2e-6
"""Seconds of a shuffled batch of 64 rows of 784 floats beyond copying the rows."""

SHUFFLE_TO_TENSORFLOW = 5.0
"""TensorFlow's time ÷ gradtape's for a million rows, shuffled, in batches."""

CHECKPOINT_TO_NUMPY = 0.7
"""The fraction of numpy.save's rate for writing and reading checkpoints."""

# Ranks: seconds of an exchange of 1 kB, the fraction of memcpy's bandwidth for 10 MB, and two ranks relative to one.
EXCHANGE_LATENCY = 30e-6
EXCHANGE_BANDWIDTH = 0.6
RANKS_SPEEDUP = 1.8

ENSEMBLE_SPEEDUP = 10.0
"""A Python loop's time ÷ vectorized_map's in a compiled function, for 100 small models."""
