"""tf.summary's traces: a function has no graph to be shown, so that nothing is written."""

from __future__ import annotations

from typing import Any

_open: list[bool] = []


def trace_on(graph: bool = True, profiler: bool = False, profiler_outdir: str | None = None) -> None:
    """Starts a trace of functions' graphs. There are none: `tf.profiler.Profile` measures time and memory.

    Args:
      graph, profiler, profiler_outdir: not used.

    Example:
      >>> tf.summary.trace_on()
      >>> tf.summary.trace_off()
    """
    _open[:] = [True]


def trace_off() -> None:
    """Ends a trace that `trace_on` began.

    Example:
      >>> tf.summary.trace_off()
    """
    _open.clear()


def trace_export(name: str, step: Any = None, profiler_outdir: str | None = None) -> None:
    """Ends a trace that `trace_on` began; nothing is written, as there are no graphs.

    Args:
      name, step, profiler_outdir: not used.

    Raises:
      ValueError: no trace was started.

    Example:
      >>> tf.summary.trace_on()
      >>> tf.summary.trace_export("step", step=0)
    """
    if not _open:
        raise ValueError("Must enable trace before export through tf.summary.trace_on.")
    _open.clear()
