"""Tests that cannot run on this machine are not collected, and the summary lists them."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.register_assert_rewrite("agreement", "compiled")

# Processes that tests start may run in other folders, and must find the same packages.
if os.environ.get("PYTHONPATH"):
    os.environ["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p) for p in os.environ["PYTHONPATH"].split(os.pathsep))
# There are hundreds of them, each of which would compile all its imports and discard the result.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# NumPy's BLAS starts threads as it is imported, which by default look for work for longer than most processes last.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

ROOT = Path(__file__).parents[1]
INSTRUCTIONS = ROOT / "benchmarks" / "instructions.json"


def hindrance() -> str:
    """Why instructions cannot be counted here and compared with the recorded counts, or an empty string."""
    from gradtape._engine.kernels import dispatch  # imports NumPy, so only once the environment is set

    if shutil.which("valgrind") is None:
        return "valgrind is absent"
    recorded = json.loads(INSTRUCTIONS.read_text())
    minor = ".".join(platform.python_version_tuple()[:2])
    here = f"{platform.python_implementation()} {minor}, {platform.machine()}, {dispatch.compiler()}"
    there = re.sub(r"(\d+\.\d+)[^,]*", r"\1", recorded["interpreter"]) + ", " + recorded["compiler"]
    return "" if here == there else f"they are recorded of {there}; this is {here}"


def without_browser() -> str:
    """Why the site cannot be viewed here, or an empty string."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is absent"
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return "" if found else "a Chromium is absent; CHROMIUM names one that is not on the path"


HINDRANCE, BROWSERLESS = hindrance(), without_browser()

collect_ignore = [
    *(["test_instruction_counts.py"] if HINDRANCE else []),
    *(["test_site_in_browser.py"] if BROWSERLESS else []),
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: each process may load TensorFlow, so no more of them than shorten the run."""
    return min(os.cpu_count() or 1, 8)


LONGEST = {"test_site_in_browser.py", "test_package.py"}  # modules with a single test of a minute or so


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the longest tests first, so that no process waits for another's at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


FULL = 4  # full collections, after which surviving objects are excluded from the next ones


def full_collections() -> int:
    return gc.get_stats()[2]["collections"]


class Kept:
    """Excludes long-lived objects, such as TensorFlow and caches, from the collections that many tests request."""

    def __init__(self) -> None:
        self.collections = 0

    def pytest_collection_finish(self) -> None:
        gc.collect()
        gc.freeze()
        self.collections = full_collections()

    def pytest_runtest_logfinish(self) -> None:
        if full_collections() - self.collections >= FULL:
            self.pytest_collection_finish()


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with warnings as errors by the first test process that needs it."""
    folder = tmp_path_factory.getbasetemp()
    site = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "site"
    ended = site.with_suffix(".txt")
    try:
        site.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 600
        while not ended.exists():
            assert time.monotonic() < deadline, "the process that builds the site has not come to an end"
            time.sleep(0.2)
    else:
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(site)]
        quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
        whole = ended.with_suffix(".part")
        whole.write_text(f"mkdocs: {done.returncode}\n{done.stdout}{done.stderr}" if done.returncode else "")
        whole.replace(ended)
    faults = ended.read_text()
    assert not faults, faults
    return site


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Kept())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if HINDRANCE:
        terminalreporter.write_line(f"instruction counts: not run, {HINDRANCE}")
    if importlib.util.find_spec("pandas") is None:
        terminalreporter.write_line("scikit-learn's checks with data frames: not run, pandas is absent")
    if BROWSERLESS:
        terminalreporter.write_line(f"the site in a browser: not run, {BROWSERLESS}")
