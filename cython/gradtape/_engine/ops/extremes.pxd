"""Argmax and argmin along an axis."""

from gradtape._engine.record.primitive cimport Evaluate

# How a step of a plan evaluates what Python knows by one of the functions of this module; NULL of anything else. Its
# attribute is the axis.
cdef Evaluate compiled(object evaluate)
