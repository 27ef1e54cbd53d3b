"""Compiled functions: traces, plans, calls."""
