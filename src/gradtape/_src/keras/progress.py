"""Progbar: the progress of a loop, on one line."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from gradtape._engine.tensor.sequence import held
from gradtape._src.core import replication


class Progbar:
    """A progress bar with times and mean values, on one line of the terminal.

    Args:
      target: number of steps; None if unknown.
      width: the bar's width.
      verbose: 1 draws a bar, 2 prints a line at the end, 0 nothing.
      interval: minimum number of seconds between updates.
      stateful_metrics: names of values that are shown unchanged; others are averaged.
      stateless_metrics: names of values that are averaged; others are shown unchanged.
      unit_name: the name of a step.

    Raises:
      ValueError: both stateful_metrics and stateless_metrics are given.

    Example:
      >>> bar = tf.keras.utils.Progbar(2, verbose=0)
      >>> bar.update(1, [("loss", 0.5)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` or `stateless_metrics` can be provided. `stateful_metrics` is used to "
                "make metrics stateless by default (with an exclusion list), while `stateless_metrics` is used to make "
                "metrics stateful by default (with an exclusion list)."
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateless_metrics: set[str] | None = None if stateless_metrics is None else set(stateless_metrics)
        self.stateful_metrics: set[str] | None = set(stateful_metrics or ()) if stateless_metrics is None else None
        self._redraws = (
            (hasattr(sys.stdout, "isatty") and sys.stdout.isatty())
            or "ipykernel" in sys.modules
            or "posix" in sys.modules
            or "PYCHARM_HOSTED" in os.environ
        )
        self._seen_so_far = 0
        self._values: dict[str, tuple[Any, int]] = {}
        self._start = time.time()
        self._last_update = 0.0
        self._after_first: float | None = None
        self._previous_width = 0

    def update(self, current: int, values: Any = None, finalize: bool | None = None) -> None:
        """Shows the progress after a step.

        Args:
          current: the step's number.
          values: pairs of a name and a value.
          finalize: whether it is the last step; by default if `current` reaches `target`.

        Example:
          >>> tf.keras.utils.Progbar(2, verbose=0).update(2)
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            if self.stateless_metrics is not None:
                averaged = name in self.stateless_metrics
            else:
                averaged = name not in (self.stateful_metrics or ())
            if averaged and not finalize:
                weight = max(current - self._seen_so_far, 1)
                total, count = self._values.get(name, (0, 0))
                self._values[name] = (total + value * weight, count + weight)
            else:
                self._values[name] = (value, 1)
        self._seen_so_far = current
        now = time.time()
        each = self._seconds_per_step(current, now)
        if self.verbose == 1:
            if now - self._last_update < self.interval and not finalize:
                return
            self._draw(current, now, each, finalize)
        elif self.verbose == 2 and finalize and self.target is not None and self.target > 0:
            digits = int(math.log10(self.target)) + 1
            told = self._told(lambda mean: mean > 1e-3)
            _show(f"{current:{digits}}/{self.target} - {now - self._start:.0f}s -{self._time(each)}{told}\n")
        self._last_update = now

    def add(self, n: int, values: Any = None) -> None:
        """Shows the progress after further steps.

        Args:
          n: the number of steps.
          values: pairs of a name and a value.

        Example:
          >>> tf.keras.utils.Progbar(2, verbose=0).add(1)
        """
        self.update(self._seen_so_far + n, values)

    def _draw(self, current: int, now: float, each: float, finalize: bool) -> None:
        text = "\b" * self._previous_width + "\r" if self._redraws else "\n"
        known = self.target is not None and self.target > 0
        shown = 0
        if known:
            assert self.target is not None
            digits = int(math.log10(self.target)) + 1
            count = f"{current:{digits}}/{self.target}"
            done = int(self.width * (float(current) / self.target))
            bar = f"\x1b[1m{count}\x1b[0m "
            if done > 0:
                bar += f"\33[32m{'━' * done}\x1b[0m"
            bar += f"\33[37m{'━' * (self.width - done)}\x1b[0m"
            shown = len(count) + 1 + done + (self.width - done)
        else:
            bar = f"{current:7}/Unknown"
            shown = len(bar)
        if known and not finalize:
            left = each * (self.target - current)  # type: ignore[operator]
            if left > 3600:
                remaining = f"{int(left // 3600)}:{int(left % 3600 // 60):02}:{int(left % 60):02}"
            elif left > 60:
                remaining = f"{int(left // 60)}:{int(left % 60):02}"
            else:
                remaining = f"{int(left)}s"
        else:
            remaining = f"{now - self._start:.0f}s"
        rest = self._time(each) + self._told(lambda mean: abs(mean) > 1e-3)
        shown += 1 + len(remaining) + len(rest)
        text += f"{bar} \x1b[1m{remaining}\x1b[0m{rest}"
        if self._previous_width > shown:
            text += " " * (self._previous_width - shown)
        _show(text + ("\n" if finalize else ""))
        self._previous_width = shown

    def _told(self, is_large: Any) -> str:
        text = ""
        for name, (value, count) in self._values.items():
            mean = (value if isinstance(value, float) else np.mean(np.asarray(held(value)))) / max(1, count)
            text += f" - {name}: {mean:.4f}" if is_large(mean) else f" - {name}: {mean:.4e}"
        return text

    def _time(self, seconds: float) -> str:
        if seconds >= 1 or seconds == 0:
            return f" {seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f" {seconds * 1e3:.0f}ms/{self.unit_name}"
        return f" {seconds * 1e6:.0f}us/{self.unit_name}"

    def _seconds_per_step(self, current: int, now: float) -> float:
        """The time per step; the first step, which does more work, is excluded once there are others."""
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            each = (now - self._after_first) / (current - 1)
        else:
            each = (now - self._start) / current
        if current == 1:
            self._after_first = now
        return each


def _show(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.replace("━", "=").encode(encoding, "ignore").decode(encoding))
    sys.stdout.flush()


def show_line(text: str, of_each: bool = False) -> None:
    """Prints a line and flushes; only on the first replica, unless the line concerns each."""
    if of_each or replication.is_chief():
        _show(f"{text}\n")
