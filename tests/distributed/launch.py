"""Runs programs in several processes under mpiexec, and returns the outcomes of their checks.

A module of checks has functions whose names begin with `check_`, which every rank calls in source
order. Run as a program, this module does that: `mpiexec -n 2 python launch.py MODULE FOLDER`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
# Allows more ranks than processors, and root, for different versions of Open MPI; other launchers ignore it.
ALLOWED = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "PRTE_ALLOW_RUN_AS_ROOT": "1",
    "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}


def mpiexec() -> str | None:
    """The launcher: the environment's own, or the system's."""
    own = Path(sys.executable).with_name("mpiexec")
    return str(own) if own.exists() else shutil.which("mpiexec")


def hindrance() -> str:
    """Why programs cannot be started in several processes here, or an empty string."""
    if importlib.util.find_spec("mpi4py") is None:
        return "mpi4py is absent"
    return "" if mpiexec() else "mpiexec is absent"


def with_shared_memory_of(size: str) -> list[str]:
    """The prefix of a command that limits the size of shared memory."""
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={size} none /dev/shm && exec "$@"', "sh"]


def can_limit_shared_memory() -> bool:
    """Whether the system supports and allows that."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*with_shared_memory_of("1m"), "true"], capture_output=True, check=False).returncode == 0


def launch(
    count: int, *arguments: str, within: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a Python program in this number of processes, by another command if given. Ends after five minutes."""
    command = [*within, str(mpiexec()), "-n", str(count), sys.executable, *arguments]
    surroundings = {**os.environ, **ALLOWED, **environment}
    # A limit, not an expectation: programs that hang fail the test instead of stopping the run.
    return subprocess.run(
        command, env=surroundings, capture_output=True, encoding="utf-8", errors="replace", timeout=300, check=False
    )


def names(module: str) -> list[str]:
    """The checks of a module, in order."""
    return [name for name in vars(importlib.import_module(module)) if name.startswith("check_")]


def results(module: str, count: int) -> dict[str, list[str]]:
    """The failures of each check on this number of ranks: a text for each rank on which it failed."""
    with tempfile.TemporaryDirectory() as folder:
        done = launch(count, str(HERE / "launch.py"), module, folder)
        written = [Path(folder) / f"{rank}.json" for rank in range(count)]
        if not all(path.exists() for path in written):
            return {name: [done.stdout + done.stderr] for name in names(module)}
        found = [json.loads(path.read_text()) for path in written]
    return {name: [of_rank[name] for of_rank in found if of_rank.get(name, "not reached")] for name in names(module)}


def run_checks(module: str, folder: str) -> None:
    """Runs all checks of a module, and writes the failures."""
    import gradtape as tf

    tf.distributed.init()
    checks = importlib.import_module(module)
    found = {}
    for name in names(module):
        try:
            getattr(checks, name)()
            found[name] = ""
        except Exception:
            found[name] = f"rank {tf.distributed.rank()}: {traceback.format_exc()}"
    (Path(folder) / f"{tf.distributed.rank()}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    run_checks(*sys.argv[1:])
