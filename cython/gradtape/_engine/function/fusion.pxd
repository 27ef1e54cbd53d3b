"""Fusion of consecutive elementwise steps into one program."""

from gradtape._engine.function.trace cimport Step

# Dimensions, as bytes, and dtype code of one of a step's results in every repetition, its slot's form; None where it is not known.
cdef object form_of(Step maker, int slot)

# Steps with the same values in the slots that live on. known: by slot, forms of what was there before.
cdef list fused_steps(list steps, set live, dict known)

# The form of a slot where it is read. makers: by slot the place of the step that it is a result of.
cdef object form_at(list steps, int slot, dict makers, dict known)
