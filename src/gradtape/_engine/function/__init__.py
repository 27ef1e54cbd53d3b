"""Functions that are traced once: traces, plans, calls."""
