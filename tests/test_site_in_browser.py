"""The site in a browser, on a phone and a desktop: docs/check_site.py finds no problems.

Without playwright or a Chromium it is reported as not run; see conftest.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_browser_shows_the_site_without_faults(built_site):
    look = [sys.executable, str(ROOT / "docs" / "check_site.py"), str(built_site)]
    done = subprocess.run(look, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("0 faults on ")
