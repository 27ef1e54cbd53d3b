"""Fusion of consecutive elementwise steps into one program."""

from gradtape._engine.function.trace cimport Step

# Dimensions, as bytes, and dtype code of one of a step's results in every replay, its slot's form; None where it is not known.
cdef object form_of(Step maker, int slot)

# Fuses steps; the values of live slots are the same. known: forms of slots that exist beforehand.
cdef list fused_steps(list steps, set live, dict known)

# The form of a slot. makers: by slot, the index of the step that computes it.
cdef object form_at(list steps, int slot, dict makers, dict known)
