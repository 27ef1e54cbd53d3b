"""The compatibility page agrees with the tables and tests, and names nothing that no test uses."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_is_current():
    script = ROOT / "docs" / "generate_compatibility.py"
    page = subprocess.run([sys.executable, str(script), "--print"], capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "compatibility.md").read_text() == page, "run: python docs/generate_compatibility.py"
    assert "| no test |" not in page
