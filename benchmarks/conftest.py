"""Reports missing peers in pytest's header."""

from benchmarks.peers import absent


def pytest_report_header() -> str | None:
    missing = absent()
    return f"not installed, so not measured: {', '.join(missing)}" if missing else None
