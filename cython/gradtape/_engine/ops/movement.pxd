"""Moves: ops that carry elements from place to place."""

# `outer` runs of `run` bytes; target is OUT, source is IN. Long copies let other Python threads in.
cdef void copy_runs(char* target, Py_ssize_t target_stride, const char* source, Py_ssize_t source_stride, Py_ssize_t run,
                    Py_ssize_t outer) noexcept
