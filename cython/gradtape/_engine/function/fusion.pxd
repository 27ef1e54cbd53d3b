"""Fusion: elementwise neighbours become one program."""

# Steps with the same values in the slots that live on. arguments: dimensions, dtype code and size of those that come first.
cdef list fused_steps(list steps, set live, list arguments)

# Dimensions, as bytes, and dtype code of what a slot holds in every repetition; None where they are not known. makers: the place of
# the step that a slot is a result of.
cdef object form_at(list steps, int slot, dict makers, list arguments)
