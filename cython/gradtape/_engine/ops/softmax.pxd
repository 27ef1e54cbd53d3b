"""Softmax along an axis, its logarithm, and cross entropies."""

from gradtape._engine.record.primitive cimport Evaluate

# How a step of a plan evaluates what Python knows by one of the functions of this module; NULL of anything else. Its operands
# must be of float32 or float64; its attribute is the axis.
cdef Evaluate compiled(object evaluate)
