"""Runs programs in several processes under mpiexec, and returns the outcomes of their checks.

A module of checks has functions whose names begin with `check_`, which every rank calls in source
order. Run as a program, this module does that: `mpiexec -n 2 python launch.py FOLDER MODULE...`.
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
    count: int, *arguments: str, within: Sequence[str] = (), limit: float = 300.0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a Python program in this number of processes, by another command if given, for `limit` seconds at most."""
    command = [*within, str(mpiexec()), "-n", str(count), sys.executable, *arguments]
    surroundings = {**os.environ, **ALLOWED, **environment}
    # A limit, not an expectation: programs that hang fail the test instead of stopping the run.
    return subprocess.run(
        command, env=surroundings, capture_output=True, encoding="utf-8", errors="replace", timeout=limit, check=False
    )


def results(modules: Sequence[str], count: int) -> dict[str, list[str]]:
    """The failures of each module's checks on this number of ranks: a text for each rank on which one failed."""
    with tempfile.TemporaryDirectory() as folder:
        done = launch(count, str(HERE / "launch.py"), folder, *modules, limit=300.0 * len(modules))
        failures = {}
        for module in modules:
            written = [Path(folder) / f"{module}-{rank}.json" for rank in range(count)]
            if all(path.exists() for path in written):
                failures[module] = [text for path in written for text in json.loads(path.read_text())]
            else:
                failures[module] = [f"{module} was not completed:\n{done.stdout}{done.stderr}"]
    return failures


def run_checks(folder: str, *modules: str) -> None:
    """Runs all checks of each module, after a start of its own, and writes the failures."""
    import gradtape as tf

    for module in modules:
        tf.distributed.init()
        rank, failures = tf.distributed.rank(), []
        for name, check in list(vars(importlib.import_module(module)).items()):
            if name.startswith("check_"):
                try:
                    check()
                except Exception:
                    failures.append(f"{module}, rank {rank}: {traceback.format_exc()}")
        (Path(folder) / f"{module}-{rank}.json").write_text(json.dumps(failures))
        tf.distributed.shutdown()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    run_checks(*sys.argv[1:])
