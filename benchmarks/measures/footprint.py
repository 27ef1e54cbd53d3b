"""The footprint of a library: import time, disk space, and memory after the perceptron steps."""

from __future__ import annotations

import io
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness import Effort, in_fresh_process, with_bytecode
from benchmarks.peers import PEERS, Peer
from benchmarks.section import Section, Verdict, duration
from benchmarks.targets import IMPORT_SECONDS, WHEEL_MEGABYTES
from benchmarks.workload import Workload
from benchmarks.workloads import WORKLOADS

MEGABYTE = 1e6
MEMORY_STEPS = 10


def libraries() -> list[Peer]:
    """The installed peers, one per library."""
    return [peer for peer in PEERS.values() if peer.present and peer.name in (peer.module, "jax", "numpy")]


def imports(effort: Effort) -> Section:
    """Seconds of `import` in a new process, the libraries in turns, each after a discarded first run."""
    modules = [peer.module for peer in libraries()]
    figures: dict[str, list[float]] = {module: [] for module in modules}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(1 + min(effort.rounds, 5)):
            for module in modules:
                program = (
                    f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
                )
                command, environment = [sys.executable, "-c", program], with_bytecode(folder)
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                if turn:
                    figures[module].append(float(done.stdout.split()[-1]))
    medians = {module: statistics.median(times) for module, times in figures.items()}
    rows = [
        [peer.module, duration(medians[peer.module]), duration(min(times)), duration(max(times))]
        for peer in libraries()
        for times in [figures[peer.module]]
    ]
    verdicts = []
    if "gradtape" in medians:
        added = medians["gradtape"] - medians["numpy"]
        verdicts.append(
            Verdict(
                "import", f"NumPy's + {duration(IMPORT_SECONDS)}", f"NumPy's + {added * 1e3:.1f} ms",
                added <= IMPORT_SECONDS,
            )
        )  # fmt: skip
    return Section("Import in a fresh process", ["module", "median", "least", "most"], rows, verdicts=verdicts)


def closure(distribution: str) -> set[str]:
    """The distribution and all its installed requirements, by canonical name, without extras."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            waiting += [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in requirements if "extra ==" not in text]
    return found


def installed_files(distribution: str) -> list[Path]:
    """The files of an installed distribution, without bytecode."""
    files = metadata.files(distribution) or []
    paths = [Path(str(file.locate())) for file in files if "__pycache__" not in file.parts]
    return [path for path in paths if path.is_file()]


def package_files() -> list[Path]:
    """The files of the gradtape imported here, installed or in its source tree."""
    spec = find_spec("gradtape")
    if spec is None or spec.origin is None:
        return []
    files = Path(spec.origin).parent.rglob("*")
    return [file for file in files if file.is_file() and file.suffix in (".py", ".so", ".pyd", ".pyi", ".typed")]


def total(files: list[Path]) -> float:
    """The total size of the files in megabytes."""
    return sum(file.stat().st_size for file in files) / MEGABYTE


def sizes(effort: Effort) -> Section:
    """Megabytes on disk of each library with its requirements, and gradtape's wheel."""
    rows = []
    for peer in libraries():
        names = closure(peer.distribution) | ({"numpy"} if peer.name == "gradtape" else set())
        others = [file for name in names if name != "gradtape" for file in installed_files(name)]
        size = total(others) + (total(package_files()) if peer.name == "gradtape" else 0)
        rows.append([peer.distribution, f"{size:.1f}", str(len(names))])
    verdicts = []
    if PEERS["gradtape"].present:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
            for file in package_files():
                wheel.write(file)
        size = len(packed.getvalue()) / MEGABYTE
        verdicts.append(Verdict("wheel", f"≤ {WHEEL_MEGABYTES:g} MB", f"{size:.2f} MB", size <= WHEEL_MEGABYTES))
    remark = "Each distribution with all it requires, in MB; the wheel is gradtape's files deflated, as a wheel is."
    return Section("Installed size", ["distribution", "MB", "distributions"], rows, [remark], verdicts)


def perceptrons() -> list[Workload]:
    """The perceptrons of the MLP table."""
    return [
        workload for workload in WORKLOADS.values() if workload.name.startswith("mlp-") and "numpy" in workload.peers
    ]


def trainers() -> list[str]:
    """The installed peers that train all of them."""
    shared = set.intersection(*(set(workload.peers) for workload in perceptrons())) - {"floor"}
    return [peer.name for peer in PEERS.values() if peer.present and peer.name in shared]


def peak_after_steps(peer: str, steps: int) -> float:
    """The peak resident megabytes of this process after `steps` steps of every perceptron, one size after another."""
    for workload in perceptrons():
        run = workload.setup(peer)
        for _ in range(steps):
            run.step()
        del run
    status = Path("/proc/self/status")
    if status.exists():  # the resource module would also count the parent process
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) * 1024 / MEGABYTE
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / MEGABYTE


def memory(effort: Effort) -> Section:
    """Peak resident memory of a new process per peer after the steps of all four perceptrons."""
    peaks, failed = {}, {}
    for peer in trainers():
        try:
            peaks[peer] = in_fresh_process(peak_after_steps, peer, MEMORY_STEPS)
        except RuntimeError as error:
            failed[peer] = str(error).strip().splitlines()[-1]
    rows = [[PEERS[name].title, f"{peak:.0f}"] for name, peak in peaks.items()]
    remarks = [f"{PEERS[name].title} could not be measured: {reason}" for name, reason in failed.items()]
    verdicts = []
    if "gradtape" in peaks:
        ours, theirs = peaks["gradtape"], peaks["numpy"]
        target = f"≤ NumPy by hand, {theirs:.0f} MB"
        verdicts.append(Verdict("peak memory of the MLP table", target, f"{ours:.0f} MB", ours <= theirs))
    title = f"Peak resident memory, MB, after {MEMORY_STEPS} steps of every MLP"
    return Section(title, ["peer", "MB"], rows, remarks, verdicts)


def threads() -> int:
    """The number of processors available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
