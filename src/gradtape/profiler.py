"""Where the time and memory of a program's ops go."""

from gradtape._src.explain.profiler import (
    Profile as Profile,
)
