"""The cost of a step of each optimizer, and of Adam with each option, relative to plain Adam: four 8×8 variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import Effort, in_fresh_process, timing
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import OPTION_TO_ADAM

VARIABLES, SIDE = 4, 8

OPTIONS: dict[str, dict[str, Any]] = {
    "weight_decay": {"weight_decay": 0.004},
    "clipvalue": {"clipvalue": 0.5},
    "clipnorm": {"clipnorm": 0.5},
    "global_clipnorm": {"global_clipnorm": 0.5},
    "use_ema": {"use_ema": True},
    "ema_overwrite_frequency": {"use_ema": True, "ema_overwrite_frequency": 10},
    "loss_scale_factor": {"loss_scale_factor": 8.0},
    "gradient_accumulation_steps": {"gradient_accumulation_steps": 2},
}
SCHEDULES: dict[str, tuple[Any, ...]] = {
    "CosineDecay": (0.1, 1000),
    "CosineDecayRestarts": (0.1, 1000),
    "ExponentialDecay": (0.1, 1000, 0.9),
    "InverseTimeDecay": (0.1, 1000, 0.9),
    "PiecewiseConstantDecay": ([1000, 2000], [0.1, 0.05, 0.01]),
    "PolynomialDecay": (0.1, 1000),
}


def stepping(optimizer: Any) -> Callable[[], Any]:
    """A step of an optimizer on its own variables."""
    import gradtape as tf

    random = np.random.default_rng(0)

    def drawn() -> np.ndarray:
        return random.standard_normal((SIDE, SIDE), np.float32)

    variables = [tf.Variable(drawn()) for _ in range(VARIABLES)]
    gradients = [tf.constant(drawn()) for _ in range(VARIABLES)]
    return lambda: optimizer.apply_gradients(zip(gradients, variables, strict=True))


def seconds_of_steps(effort: Effort) -> dict[str, dict[str, float]]:
    """Seconds per step: of every optimizer, and of Adam with one option, with one schedule, and with several."""
    import gradtape as tf
    from gradtape._src.optimizers import rows as optimizer_rows

    schedules = {name: getattr(tf.optimizers.schedules, name)(*given) for name, given in SCHEDULES.items()}
    much = {"learning_rate": schedules["CosineDecay"], **OPTIONS["weight_decay"], **OPTIONS["clipnorm"]}
    made = {
        "rows": {kind.__name__: kind() for kind in optimizer_rows.ROWS},
        "options": {name: tf.optimizers.Adam(**options) for name, options in OPTIONS.items()}
        | {name: tf.optimizers.Adam(schedule) for name, schedule in schedules.items()}
        | {"CosineDecay, weight_decay, clipnorm, use_ema": tf.optimizers.Adam(**much, use_ema=True)},
    }
    return {
        group: {name: timing(stepping(optimizer), effort).best for name, optimizer in optimizers.items()}
        for group, optimizers in made.items()
    }


def optimizer_steps(effort: Effort) -> Section:
    """Every option is part of the compiled step: none may cost as much as Adam's step itself."""
    found = in_fresh_process(seconds_of_steps, effort)
    adam = found["rows"]["Adam"]
    rows, verdicts = [], []
    for name, seconds in found["rows"].items():
        rows.append([name, duration(seconds), f"{seconds / adam:.2f}"])
    for name, seconds in found["options"].items():
        ratio = seconds / adam
        rows.append([f"Adam with {name}", duration(seconds), f"{ratio:.2f}"])
        target = f"≤ {OPTION_TO_ADAM:g} × Adam"
        verdicts.append(Verdict(f"Adam with {name}, a step", target, f"{ratio:.2f}", ratio <= OPTION_TO_ADAM))
    title = f"Steps of optimizers, {VARIABLES} variables of {SIDE}×{SIDE}"
    return Section(title, ["optimizer", "a step", "÷ Adam"], rows, [], verdicts)
