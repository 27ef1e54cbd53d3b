"""A hundred small models at once, by vectorized_map, against a Python loop over them."""

from __future__ import annotations

import functools
from typing import Any

from benchmarks.harness import Effort, in_fresh_process, timing
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import ENSEMBLE_SPEEDUP

MEMBERS, EXAMPLES, INPUTS, HIDDEN = 100, 4, 4, 8


def seconds_of_ensemble(effort: Effort) -> dict[str, tuple[float, float, float]]:
    """Seconds of a loop, of vectorized_map and of it in a compiled function, for the loss and with gradients."""
    import gradtape as tf

    x, y = tf.random.normal([EXAMPLES, INPUTS]), tf.random.normal([EXAMPLES, 1])
    shapes = ([INPUTS, HIDDEN], [HIDDEN], [HIDDEN, 1], [1])
    members = tuple(tf.random.normal([MEMBERS, *shape]) for shape in shapes)

    def loss(weights: Any) -> Any:
        hidden = tf.tanh(x @ weights[0] + weights[1])
        return tf.reduce_mean(tf.square(hidden @ weights[2] + weights[3] - y))

    def gradients(weights: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            value = loss(weights)
        return value, *tape.gradient(value, weights)

    def looped(function: Any) -> Any:
        results = [tf.nest.flatten(function(tuple(w[i] for w in members))) for i in range(MEMBERS)]
        return [tf.stack(column) for column in zip(*results, strict=True)]

    found = {}
    for name, function in (("loss", loss), ("loss and gradients", gradients)):

        def mapped(*weights: Any, function: Any = function) -> Any:
            return tf.vectorized_map(function, weights)

        def one_by_one(function: Any = function) -> Any:
            return looped(function)

        compiled = tf.function(mapped)  # as arguments: captured tensors would be constants, computed once for all calls
        runs = one_by_one, functools.partial(mapped, *members), functools.partial(compiled, *members)
        found[name] = tuple(timing(run, effort).best for run in runs)
    return found


def ensembles(effort: Effort) -> Section:
    """100 small models."""
    found = in_fresh_process(seconds_of_ensemble, effort)
    rows = [[name, *map(duration, times), f"{times[0] / times[2]:.0f} ×"] for name, times in found.items()]
    verdicts = [
        Verdict(
            f"{MEMBERS} models, {name}",
            f"≥ {ENSEMBLE_SPEEDUP:.0f} × a loop",
            f"{loop / compiled:.1f} ×",
            loop / compiled >= ENSEMBLE_SPEEDUP,
        )
        for name, (loop, _, compiled) in found.items()
    ]
    remark = "vectorized_map runs its function for one slice at every call; in a compiled function only once."
    return Section("Ensembles", ["", "loop", "vectorized_map", "compiled", "gain"], rows, [remark], verdicts)
