"""Profiling of time and memory by op."""

from gradtape._src.explain.profiler import (
    Profile as Profile,
)
