"""Learning rate schedules."""

from libc.stdint cimport int64_t

cdef enum:
    PARAMETERS = 6

cdef struct Formula:
    float (*single)(const double* h, float step) noexcept nogil
    double (*double_precision)(const double* h, double step) noexcept nogil

cdef class BaseSchedule:
    cdef const Formula* formula
    cdef double[PARAMETERS] parameters
    cdef bint double_precision
    cdef object boundaries, values           # of the piecewise constant schedule
    cdef double at(self, int64_t step) except? -1
    cdef double piece(self, object step) except? -1
