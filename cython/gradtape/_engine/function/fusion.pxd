"""Fusion: elementwise neighbours become one program."""

# Steps with the same values in the slots that live on. arguments: dimensions, dtype code and size of those that come first.
cdef list fused_steps(list steps, set live, list arguments)
