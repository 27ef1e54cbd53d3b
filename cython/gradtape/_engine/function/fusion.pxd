"""Fusion: elementwise neighbours become one program."""

# Steps with the same values in the slots that live on. arguments: the dimensions of those slots that come first, as bytes.
cdef list fused_steps(list steps, set live, list arguments)
