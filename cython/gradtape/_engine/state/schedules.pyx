"""Learning rate schedules: one formula of the step each.

As in Keras, a formula is computed in the dtype of the initial learning rate: float32 unless that is a float64 array.
"""

from libc.math cimport NAN, M_PI, ceil, cos, floor, log, pow
from libc.stdint cimport int64_t

import numpy as np

from gradtape._engine.base.types cimport F64, real
from gradtape._engine.record.primitive cimport DRAWS
from gradtape._engine.tensor.conversion cimport convert, from_array
from gradtape._engine.tensor.tensor cimport Tensor, as_array

from gradtape._engine.record.primitive import as_effect

cdef extern from "math.h" nogil:
    float powf(float, float)
    float cosf(float)
    float logf(float)
    float floorf(float)
    float ceilf(float)

cdef enum:
    FORMULAS = 8             # capacity of the table


cdef inline real power(real x, real y) noexcept nogil:
    if real is float:
        return powf(x, y)
    else:
        return pow(x, y)


cdef inline real cosine(real x) noexcept nogil:
    if real is float:
        return cosf(x)
    else:
        return cos(x)


cdef inline real logarithm(real x) noexcept nogil:
    if real is float:
        return logf(x)
    else:
        return log(x)


cdef inline real below(real x) noexcept nogil:
    if real is float:
        return floorf(x)
    else:
        return floor(x)


cdef inline real above(real x) noexcept nogil:
    if real is float:
        return ceilf(x)
    else:
        return ceil(x)


cdef inline real smaller(real x, real y) noexcept nogil:
    return x if x < y else y


# The formulas. h: parameters in the order given to `enter` below (IN), NaN for None.

cdef real exponential(const double* h, real step) noexcept nogil:
    cdef real periods = step / <real>h[1]
    return <real>h[0] * power(<real>h[2], below(periods) if h[3] != 0 else periods)


cdef real inverse_time(const double* h, real step) noexcept nogil:
    cdef real periods = step / <real>h[1]
    return <real>h[0] / (1 + <real>h[2] * (below(periods) if h[3] != 0 else periods))


cdef real polynomial(const double* h, real step) noexcept nogil:
    cdef real steps = <real>h[1], end = <real>h[2]
    if h[4] == 0:
        step = smaller(step, steps)
    elif step != 0:
        steps *= above(step / steps)
    return (<real>h[0] - end) * power(1 - step / steps, <real>h[3]) + end


cdef real cosine_decay(const double* h, real step) noexcept nogil:
    cdef real start = <real>h[0], steps = <real>h[1], top = <real>h[3], warmup = <real>h[4]
    if top != top:
        top, warmup = start, 0
    step = smaller(step, steps + warmup)
    if step < warmup:
        return (top - start) * (step / warmup) + start
    return top * (<real>(1 - h[2]) * (<real>0.5 * (1 + cosine(<real>M_PI * ((step - warmup) / steps)))) + <real>h[2])


cdef real cosine_restarts(const double* h, real step) noexcept nogil:
    cdef real longer = <real>h[2], alpha = <real>h[4], fraction = step / <real>h[1], restarts
    if longer == 1:
        restarts = below(fraction)
        fraction -= restarts
    else:
        restarts = below(logarithm(1 - fraction * (1 - longer)) / logarithm(longer))
        fraction = (fraction - (1 - power(longer, restarts)) / (1 - longer)) / power(longer, restarts)
    return <real>h[0] * ((1 - alpha) * (<real>0.5 * power(<real>h[3], restarts) * (1 + cosine(<real>M_PI * fraction))) + alpha)


ctypedef float (*Single)(const double* h, float step) noexcept nogil
ctypedef double (*Double)(const double* h, double step) noexcept nogil

cdef Formula table[FORMULAS]
PLACES = {}                  # per formula: its index in the table, and the names of its parameters in order


cdef int enter(str name, Single single, Double double_precision, str parameters) except -1:
    table[len(PLACES)].single, table[len(PLACES)].double_precision = single, double_precision
    PLACES[name] = (len(PLACES), tuple(parameters.split()))
    return 0


enter("exponential", exponential[float], exponential[double], "initial_learning_rate decay_steps decay_rate staircase")
enter("inverse_time", inverse_time[float], inverse_time[double], "initial_learning_rate decay_steps decay_rate staircase")
enter("polynomial", polynomial[float], polynomial[double], "initial_learning_rate decay_steps end_learning_rate power cycle")
enter("cosine", cosine_decay[float], cosine_decay[double], "initial_learning_rate decay_steps alpha warmup_target warmup_steps")
enter("cosine_restarts", cosine_restarts[float], cosine_restarts[double],
      "initial_learning_rate first_decay_steps t_mul m_mul alpha")
# Reads its Python lists at every step, as they may be changed in place.
enter("pieces", NULL, NULL, "boundaries values")


def number_places(str formula):
    """The indices of a formula's parameters, by name."""
    return {name: place for place, name in enumerate(PLACES[formula][1])}


cdef class BaseSchedule:
    """The compiled part of a schedule: the formula named by the class' `_formula`."""

    def __cinit__(self, *arguments, **keywords):
        self.formula = &table[PLACES[type(self)._formula][0]]

    def _set_number(self, str name, int place, value):
        """Sets one of the formula's parameters."""
        if self.formula.single == NULL:
            if name == "boundaries":
                self.boundaries = value
            else:
                self.values = value
            return
        if name == "initial_learning_rate":
            self.double_precision = convert(value, -1, False).dtype_code == F64
        self.parameters[place] = NAN if value is None else float(value)

    cdef double at(self, int64_t step) except? -1:
        """The rate at a step."""
        if self.formula.single == NULL:
            return self.piece(step)
        if self.double_precision:
            return self.formula.double_precision(self.parameters, step)
        return self.formula.single(self.parameters, step)

    cdef double piece(self, object step) except? -1:
        kind = type(step)
        for boundary, value in zip(self.boundaries, self.values):
            if step <= kind(boundary):
                return value
        return self.values[len(self.values) - 1]

    def __call__(self, step):
        """The rate at a step, a number, tensor or variable of any shape, as a tensor."""
        # Traced as an effect that, like drawing random numbers, has results of a known shape.
        return as_effect(DRAWS, self._rates, convert(step, -1, False), writes=[])

    def _rates(self, Tensor steps not None):
        """The rates at each of the steps."""
        cdef float[::1] single_in, single_out
        cdef double[::1] double_in, double_out
        cdef Py_ssize_t i
        array = as_array(steps)
        if self.formula.single == NULL:
            found = np.array([self.piece(one) for one in array.ravel().tolist()])
            kind = as_array(convert(self.values[0], -1, False)).dtype
            return from_array(found.astype(kind).reshape(array.shape), -1)
        if self.double_precision:
            found = np.empty(array.shape, np.float64)
            double_in, double_out = array.astype(np.float64).ravel(), found.ravel()
            for i in range(double_in.shape[0]):
                double_out[i] = self.formula.double_precision(self.parameters, double_in[i])
        else:
            found = np.empty(array.shape, np.float32)
            single_in, single_out = array.astype(np.float32).ravel(), found.ravel()
            for i in range(single_in.shape[0]):
                single_out[i] = self.formula.single(self.parameters, single_in[i])
        return from_array(found, -1)
