"""Runs the comparisons and writes the report."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks import instructions
from benchmarks.harness import Effort, Timing, compare
from benchmarks.measures.bandwidth import elementwise_passes
from benchmarks.measures.checkpoints import checkpoints
from benchmarks.measures.distributed import ranks
from benchmarks.measures.ensembles import ensembles
from benchmarks.measures.fits import fits
from benchmarks.measures.footprint import imports, memory, sizes, threads
from benchmarks.measures.functions import calls
from benchmarks.measures.growth import growth, operation_cost, reverse_to_forward
from benchmarks.measures.keras import models
from benchmarks.measures.optimizers import optimizer_steps
from benchmarks.measures.pipelines import pipelines
from benchmarks.peers import PEERS, absent
from benchmarks.section import Section, Verdict, duration, table
from benchmarks.targets import RATIOS
from benchmarks.workloads import WORKLOADS

HERE = Path(__file__).parent
NOTES = HERE / "NOTES.md"

Measure = Callable[[Effort], Section]


def instruction_counts(effort: Effort) -> Section:
    """The recorded instruction counts from instructions.json."""
    recorded = json.loads(instructions.RECORDED.read_text())
    rows = [
        [name, phase, f"{count:,.0f}", f"{engine:,.0f}"]
        for name, phase, count, engine in instructions.lines(recorded["counts"])
    ]
    remark = (
        "Counted by callgrind and recorded by `python -m benchmarks.instructions --record`; repeatable where times are "
        f"not. Taken with {recorded['interpreter']}, {recorded['compiler']}, kernel set {instructions.ISA}."
    )
    return Section(
        "Instructions per operation", ["operation", "phase", "instructions", "in the engine"], rows, [remark]
    )


GRADTAPE_MEASURES: dict[str, Measure] = {
    "operation": operation_cost,
    "growth": growth,
    "reverse": reverse_to_forward,
    "passes": elementwise_passes,
    "optimizers": optimizer_steps,
    "keras": models,
    "fits": fits,
    "pipelines": pipelines,
    "checkpoints": checkpoints,
    "functions": calls,
    "ensembles": ensembles,
    "ranks": ranks,
    "instructions": instruction_counts,
}
MEASURES: dict[str, Measure] = {"import": imports, "size": sizes, "memory": memory, **GRADTAPE_MEASURES}


def machine() -> list[str]:
    """The machine and versions of the measurements."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index, call-overload]
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {model}, {threads()} processors, {platform.system()} "
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, "
        f"NumPy's BLAS {blas['name']} {blas['version']}",
        ", ".join(f"{p.distribution} {p.version}" for p in distinct_libraries()),
    ]
    if hasattr(os, "getloadavg"):
        lines.append(f"load when started: {os.getloadavg()[0]:.2f}")
    if absent():
        lines.append("**not installed, so not measured:** " + ", ".join(absent()))
    return lines


def distinct_libraries() -> list:
    """The installed peers, one for each distribution."""
    return list({peer.distribution: peer for peer in PEERS.values() if peer.present}.values())


def ratio_verdicts(timings: dict[str, dict[str, Timing]]) -> list[Verdict]:
    """Every target ratio whose workload was run."""
    verdicts = []
    for workload, peer, least, ours in RATIOS:
        if workload not in timings:
            continue
        measured = timings[workload]
        target = f"≥ {least:.3g} × {PEERS[peer].title}" if least >= 1 else f"≤ {1 / least:.3g} × {PEERS[peer].title}"
        subject = WORKLOADS[workload].title + ("" if ours == "gradtape" else ", compiled")
        if ours not in measured or peer not in measured:
            verdicts.append(Verdict(subject, target, "not measured", None))
            continue
        ratio = measured[peer].best / measured[ours].best
        shown = f"{ratio:.3g} ×" if least >= 1 else f"{1 / ratio:.3g} ×"
        verdicts.append(Verdict(subject, target, shown, ratio >= least))
    return verdicts


def times_section(timings: dict[str, dict[str, Timing]], peers: Sequence[str]) -> Section:
    """Time per step of every peer, with its spread."""
    columns = [peer for peer in peers if any(peer in measured for measured in timings.values())]
    rows = [
        [
            WORKLOADS[name].title,
            *(
                f"{duration(measured[peer].best)} ±{measured[peer].spread:.0%}" if peer in measured else ""
                for peer in columns
            ),
        ]
        for name, measured in timings.items()
    ]
    remark = "Time per step: the best of the passes' medians, ± half the distance between the quartiles of all rounds."
    return Section("Times", ["workload", *(PEERS[peer].title for peer in columns)], rows, [remark])


def ratios_section(timings: dict[str, dict[str, Timing]], peers: Sequence[str]) -> Section:
    """Peer time ÷ gradtape time."""
    columns = [peer for peer in peers if peer != "gradtape" and any(peer in m for m in timings.values())]
    rows = [
        [
            WORKLOADS[name].title,
            *(f"{measured[peer].best / measured['gradtape'].best:.3g}" if peer in measured else "" for peer in columns),
        ]
        for name, measured in timings.items()
        if "gradtape" in measured
    ]
    remark = "Peer time ÷ gradtape time, so more than 1 means that gradtape is faster."
    return Section("Ratios", ["workload", *(PEERS[peer].title for peer in columns)], rows, [remark])


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Targets, measurements, and whether they are reached."""
    answers = {True: "yes", False: "**no**", None: "—"}
    rows = [[v.subject, v.target, v.measured, answers[v.reached]] for v in verdicts]
    return table(["what", "target", "measured", "reached"], rows)


def run(workloads: Sequence[str], peers: Sequence[str], measures: Sequence[str], effort: Effort) -> str:
    """Measures and returns the report; progress goes to standard error."""
    heading = machine()
    timings: dict[str, dict[str, Timing]] = {}
    failures: list[str] = []
    for name in workloads:
        taking_part = [peer for peer in peers if peer in WORKLOADS[name].peers and PEERS[peer].present]
        timings[name], failed = compare(WORKLOADS[name], taking_part, effort)
        failures += [f"{WORKLOADS[name].title}, {PEERS[peer].title}: {reason}" for peer, reason in failed.items()]
        figures = ", ".join(f"{peer} {duration(timing.best)}" for peer, timing in timings[name].items())
        said = [f"{name}: {figures}", *failures[len(failures) - len(failed) :]]
        print(*said, sep="\n  ", file=sys.stderr, flush=True)
    sections = []
    for name in measures:
        if name in GRADTAPE_MEASURES and not PEERS["gradtape"].present:
            continue
        try:
            sections.append(MEASURES[name](effort))
        except Exception as error:  # to keep what was measured before
            failures.append(f"{name}: {type(error).__name__}: {str(error).strip()}")
            print(failures[-1], file=sys.stderr, flush=True)
            continue
        print(sections[-1].markdown(), end="\n\n", file=sys.stderr, flush=True)
    verdicts = ratio_verdicts(timings) + [verdict for section in sections for verdict in section.verdicts]
    return compose(heading, timings, peers, sections, verdicts, failures)


def compose(
    heading: Sequence[str],
    timings: dict[str, dict[str, Timing]],
    peers: Sequence[str],
    sections: Sequence[Section],
    verdicts: Sequence[Verdict],
    failures: Sequence[str],
) -> str:
    """The report's text: targets first, then the tables on which they are based."""
    parts = [
        "# Results",
        "Written by `python -m benchmarks`; the remarks under *What falls short, and why* come from NOTES.md.",
        "\n".join(f"- {line}" for line in heading),
        "## Targets",
        verdict_table(verdicts),
    ]
    short = [v for v in verdicts if v.reached is False]
    decided = [v for v in verdicts if v.reached is not None]
    parts.append(f"{len(decided) - len(short)} of {len(decided)} reached.")
    if NOTES.exists():
        parts += ["## What falls short, and why", NOTES.read_text().strip()]
    if failures:
        parts += ["## Could not be measured", "\n".join(f"- {' '.join(line.split())}" for line in failures)]
    if timings:
        parts += [ratios_section(timings, peers).markdown(), times_section(timings, peers).markdown()]
    parts += [section.markdown() for section in sections]
    return "\n\n".join(part for part in parts if part) + "\n"
