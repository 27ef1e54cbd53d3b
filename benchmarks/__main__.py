"""`python -m benchmarks`: measures everything side by side and writes RESULTS.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.harness import QUICK, Effort
from benchmarks.peers import PEERS
from benchmarks.report import HERE, MEASURES, run
from benchmarks.workloads import WORKLOADS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--workloads", nargs="*", choices=WORKLOADS, help="the steps to time (default: all)")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="who to time (default: all)")
    parser.add_argument("--measures", nargs="*", choices=MEASURES, help="what else to measure (default: all)")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: the shape, not the figures")
    parser.add_argument("--output", type=Path, help="where to write (default: RESULTS.md if everything is measured)")
    chosen = parser.parse_args()
    some = chosen.workloads is not None or chosen.measures is not None
    workloads = chosen.workloads if some else list(WORKLOADS)
    measures = chosen.measures if some else list(MEASURES)
    whole = not some and not chosen.quick and chosen.peers == list(PEERS)
    output = chosen.output or (HERE / "RESULTS.md" if whole else None)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    text = run(workloads or [], chosen.peers, measures or [], QUICK if chosen.quick else Effort())
    sys.stdout.write(text)
    if output:
        output.write_text(text)


if __name__ == "__main__":
    main()
