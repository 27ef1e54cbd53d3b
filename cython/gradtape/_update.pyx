"""Optimizer steps: each rule is one pass over a parameter, in place.

A step reads the (gradient, variable) pairs, checks them all before it writes anything, then walks each parameter in
blocks that stay in cache: scale and clip the gradient, decay the parameter, apply the rule. The arithmetic is that of
Keras 3: scalars that Keras casts to the variable's dtype are rounded to it here too, because 1 - 0.999 in float32 is
a hundred thousandth away from the same in float64.

The interpreter's lock is kept throughout: a parameter half updated must not be seen by another thread.
"""

cimport cython
from cpython.list cimport PyList_GET_ITEM
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.math cimport fabs, pow, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from gradtape._extent cimport dims_text, same_extent
from gradtape._loops cimport LONG_RUN, place_of_cut, worth_cutting
from gradtape._tensor cimport Tensor, is_floating, item_size, scalar_value
from gradtape._threads cimport run_parts, thread_count
from gradtape._types cimport F32, real
from gradtape._variable cimport BaseVariable

from gradtape.errors import InvalidArgumentError

cdef extern from "math.h" nogil:
    float sqrtf(float)
    float fabsf(float)
    float powf(float, float)

cdef extern from "Python.h":
    PyObject* next_of "PyIter_Next"(object iterator) except? NULL

cdef enum:
    HYPERPARAMETERS = 6
    SLOTS = 3
    BLOCK = 2048             # elements
    ROOM = 32                # pairs that a step takes without asking for memory

cdef enum Rule:
    SGD
    ADAM
    RMSPROP
    ADAGRAD
    ADADELTA
    ADAMAX
    NADAM
    FTRL
    LION

RULES = {"sgd": SGD, "adam": ADAM, "rmsprop": RMSPROP, "adagrad": ADAGRAD, "adadelta": ADADELTA, "adamax": ADAMAX,
         "nadam": NADAM, "ftrl": FTRL, "lion": LION}


# What all parameters of a step have in common.
cdef struct Step:
    int rule
    const double* hyper      # in the order of the rule's class
    double rate
    int64_t t                # the step's number from 1 on
    double product           # Nadam's, of the momenta of all steps up to this one
    double decay             # times the rate, taken off the parameter first
    double scale             # of the gradient, before it is clipped to ±limit where that is not negative
    double limit

# A gradient and its variable, looked at and found to fit.
cdef struct Pair:
    PyObject* gradient       # a Tensor, owned
    PyObject* variable       # a BaseVariable, owned
    Py_ssize_t place         # the variable's among the known


cdef inline real root(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)


cdef inline real magnitude(real x) noexcept nogil:
    if real is float:
        return fabsf(x)
    else:
        return fabs(x)


cdef inline real power(real x, real y) noexcept nogil:
    if real is float:
        return powf(x, y)
    else:
        return pow(x, y)


cdef inline real square(const real* g, const real* q, Py_ssize_t i) noexcept nogil:
    return g[i] * g[i] if q == NULL else q[i]


cdef inline float cast_as_keras(double x) noexcept nogil:
    """A Python number as Keras' cast gives it: by way of float32, even for float64 variables."""
    return <float>x


# One rule each. p: the parameter (IN, OUT); g: its gradient (IN); q: what stands for g² (for |g| in Adamax) where g sums
# up entries of one index, which Keras squares one by one, or NULL (IN); further pointers: the rule's slots (IN, OUT), of n
# elements each; h: hyperparameters in the order of the rule's class (IN); t: the step's number from 1 on.

cdef inline void sgd(real* p, const real* g, real* velocity, Py_ssize_t n, const double* h, real rate) noexcept nogil:
    """h: momentum, nesterov."""
    cdef Py_ssize_t i
    cdef real momentum, m
    if velocity == NULL:
        for i in range(n):
            p[i] -= g[i] * rate
        return
    momentum = <real>cast_as_keras(h[0])
    if h[1] == 0:
        for i in range(n):
            m = velocity[i] * momentum - g[i] * rate
            velocity[i] = m
            p[i] += m
    else:
        for i in range(n):
            m = velocity[i] * momentum - g[i] * rate
            velocity[i] = m
            p[i] += m * momentum - g[i] * rate


cdef inline void adam(real* p, const real* g, const real* q, real* m, real* v, real* largest, Py_ssize_t n, const double* h, real rate,
                       int64_t t) noexcept nogil:
    """h: beta_1, beta_2, epsilon. Kingma and Ba 2015; with the largest v so far: Reddi, Kale and Kumar 2018."""
    cdef Py_ssize_t i
    cdef real first = <real>(1 - h[0]), second = <real>(1 - h[1]), epsilon = <real>h[2]
    cdef real alpha = rate * root(1 - power(<real>cast_as_keras(h[1]), <real>t)) / (
        1 - power(<real>cast_as_keras(h[0]), <real>t))
    cdef real u
    if largest == NULL:
        for i in range(n):
            m[i] += (g[i] - m[i]) * first
            v[i] += (square(g, q, i) - v[i]) * second
            p[i] -= m[i] * alpha / (root(v[i]) + epsilon)
    else:
        for i in range(n):
            m[i] += (g[i] - m[i]) * first
            v[i] += (square(g, q, i) - v[i]) * second
            u = v[i] if v[i] > largest[i] else largest[i]
            largest[i] = u
            p[i] -= m[i] * alpha / (root(u) + epsilon)


cdef inline void rmsprop(real* p, const real* g, const real* q, real* v, real* velocity, real* mean, Py_ssize_t n, const double* h,
                         real rate) noexcept nogil:
    """h: rho, momentum, epsilon. Tieleman and Hinton 2012; with `mean` the variance of g stands for its mean square."""
    cdef Py_ssize_t i
    cdef real rho = <real>h[0], rest = <real>(1 - h[0]), momentum = <real>h[1], epsilon = <real>h[2]
    cdef real spread, change
    for i in range(n):
        v[i] = rho * v[i] + rest * square(g, q, i)
        spread = v[i]
        if mean != NULL:
            mean[i] = rho * mean[i] + rest * g[i]
            spread -= mean[i] * mean[i]
        change = rate * g[i] / root(spread + epsilon)
        if velocity != NULL:
            change += momentum * velocity[i]
            velocity[i] = change
        p[i] -= change


cdef inline void adagrad(real* p, const real* g, const real* q, real* total, Py_ssize_t n, const double* h, real rate) noexcept nogil:
    """h: epsilon. Duchi, Hazan and Singer 2011."""
    cdef Py_ssize_t i
    cdef real epsilon = <real>h[0]
    for i in range(n):
        total[i] += square(g, q, i)
        p[i] -= rate * g[i] / root(total[i] + epsilon)


cdef inline void adadelta(real* p, const real* g, const real* q, real* squares, real* changes, Py_ssize_t n, const double* h,
                          real rate) noexcept nogil:
    """h: rho, epsilon. Zeiler 2012."""
    cdef Py_ssize_t i
    cdef real rho = <real>h[0], rest = <real>(1 - h[0]), epsilon = <real>h[1]
    cdef real change, factor
    for i in range(n):
        squares[i] = rho * squares[i] + rest * square(g, q, i)
        factor = root(changes[i] + epsilon)
        change = -(factor * g[i] / root(squares[i] + epsilon))
        changes[i] = rho * changes[i] + rest * (
            change * change if q == NULL else factor * factor * q[i] / (squares[i] + epsilon))
        p[i] += rate * change


cdef inline void adamax(real* p, const real* g, const real* q, real* m, real* u, Py_ssize_t n, const double* h, real rate,
                        int64_t t) noexcept nogil:
    """h: beta_1, beta_2, epsilon. Kingma and Ba 2015, section 7.1."""
    cdef Py_ssize_t i
    cdef real first = <real>(1 - h[0]), decay = <real>h[1], epsilon = <real>h[2]
    cdef real correction = 1 - power(<real>cast_as_keras(h[0]), <real>t)
    cdef real old, new
    for i in range(n):
        m[i] += (g[i] - m[i]) * first
        old = decay * u[i]
        new = magnitude(g[i]) if q == NULL else q[i]
        u[i] = new if new > old else old
        p[i] -= rate * m[i] / (correction * (u[i] + epsilon))


cdef inline real nadam_momentum(real beta, real decay, int64_t t) noexcept nogil:
    """Dozat 2016: the momentum that step t uses; decay is 0.96."""
    return beta * (1 - <real>0.5 * power(decay, <real>t))


cdef inline void nadam(real* p, const real* g, const real* q, real* m, real* v, Py_ssize_t n, const double* h, real rate, int64_t t,
                       real product) noexcept nogil:
    """h: beta_1, beta_2, epsilon; product: of the momenta of all steps up to this one. Dozat 2016."""
    cdef Py_ssize_t i
    cdef real beta_1 = <real>cast_as_keras(h[0]), beta_2 = <real>cast_as_keras(h[1]), epsilon = <real>h[2]
    cdef real first = 1 - beta_1, second = 1 - beta_2
    cdef real decay = cast_as_keras(0.96)
    cdef real now = nadam_momentum(beta_1, decay, t), after = nadam_momentum(beta_1, decay, t + 1)
    cdef real correction = 1 - power(beta_2, <real>t)
    cdef real expected
    for i in range(n):
        m[i] += (g[i] - m[i]) * first
        v[i] += (square(g, q, i) - v[i]) * second
        expected = after * m[i] / (1 - product * after) + (1 - now) * g[i] / (1 - product)
        p[i] -= expected * rate / (root(v[i] / correction) + epsilon)


cdef inline void ftrl(real* p, const real* g, const real* q, real* total, real* linear, Py_ssize_t n, const double* h,
                      real rate) noexcept nogil:
    """h: learning_rate_power, l1, l2, l2 shrinkage, beta. McMahan et al. 2013."""
    cdef Py_ssize_t i
    cdef real exponent = <real>(-h[0]), l1 = <real>h[1], shrinkage = <real>(2 * h[3])
    cdef real l2 = <real>h[2] + <real>h[4] / (2 * rate)
    cdef real new, powered, clipped
    for i in range(n):
        new = total[i] + square(g, q, i)
        powered = power(new, exponent)
        linear[i] += g[i] + shrinkage * p[i] - (powered - power(total[i], exponent)) / rate * p[i]
        clipped = l1 if linear[i] > l1 else -l1 if linear[i] < -l1 else linear[i]
        p[i] = (clipped - linear[i]) / (powered / rate + 2 * l2)
        total[i] = new


cdef inline void lion(real* p, const real* g, real* m, Py_ssize_t n, const double* h, real rate) noexcept nogil:
    """h: beta_1, beta_2. Chen et al. 2023."""
    cdef Py_ssize_t i
    cdef real inner = <real>cast_as_keras(h[0]), outer = <real>cast_as_keras(h[1])
    cdef real direction
    for i in range(n):
        direction = m[i] * inner + g[i] * (1 - inner)
        p[i] -= rate * (<real>(direction > 0) - <real>(direction < 0) if direction == direction else direction)
        m[i] = m[i] * outer + g[i] * (1 - outer)


cdef void run_moments(const Step* step, real* p, const real* g, const real* q, real* a, real* b, real* c, Py_ssize_t n) noexcept nogil:
    cdef int rule = step.rule
    cdef const double* h = step.hyper
    cdef real rate = <real>step.rate
    if rule == ADAM:
        adam(p, g, q, a, b, c, n, h, rate, step.t)
    elif rule == RMSPROP:
        rmsprop(p, g, q, a, b, c, n, h, rate)
    elif rule == ADAGRAD:
        adagrad(p, g, q, a, n, h, rate)
    elif rule == ADADELTA:
        adadelta(p, g, q, a, b, n, h, rate)
    elif rule == ADAMAX:
        adamax(p, g, q, a, b, n, h, rate, step.t)
    elif rule == NADAM:
        nadam(p, g, q, a, b, n, h, rate, step.t, <real>step.product)
    elif rule == FTRL:
        ftrl(p, g, q, a, b, n, h, rate)
    elif rule == LION:
        lion(p, g, a, n, h, rate)


cdef inline void run_rule(const Step* step, real* p, const real* g, const real* q, real* a, real* b, real* c, Py_ssize_t n) noexcept nogil:
    if step.rule == SGD:
        sgd(p, g, a, n, step.hyper, <real>step.rate)
    else:
        run_moments(step, p, g, q, a, b, c, n)


cdef inline void shape_gradient(const real* g, real* out, Py_ssize_t n, real scale, real limit) noexcept nogil:
    """out (OUT) = the gradient (IN) scaled, then clipped to ±limit where limit is not negative."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = g[i] * scale
    if limit >= 0:
        for i in range(n):
            out[i] = limit if out[i] > limit else -limit if out[i] < -limit else out[i]


cdef void run_shaped(const Step* step, real* p, const real* g, const real* q, real* a, real* b, real* c, Py_ssize_t n) noexcept nogil:
    """One step of one parameter, block by block: its decay, and the gradient's scaling and clipping, go before the rule."""
    cdef real shaped[BLOCK]
    cdef real shaped_squares[BLOCK]
    cdef const real* squares
    cdef Py_ssize_t start = 0, length, i
    cdef const real* gradient
    cdef real weight = <real>cast_as_keras(step.decay)
    while start < n:
        length = n - start if n - start < BLOCK else BLOCK
        gradient = g + start
        if step.scale != 1 or step.limit >= 0:
            shape_gradient(gradient, shaped, length, <real>step.scale, <real>step.limit)
            gradient = shaped
        if step.decay != 0:
            for i in range(start, start + length):
                p[i] -= p[i] * weight * <real>step.rate
        squares = NULL
        if q != NULL:
            shape_gradient(q + start, shaped_squares, length,
                           <real>step.scale if step.rule == ADAMAX else <real>(step.scale * step.scale), <real>-1)
            squares = shaped_squares
        run_rule(step, p + start, gradient, squares, a + start if a != NULL else NULL, b + start if b != NULL else NULL,
            c + start if c != NULL else NULL, length)
        start += length


cdef inline void walk(const Step* step, real* p, const real* g, const real* q, real* a, real* b, real* c, Py_ssize_t n) noexcept nogil:
    """One step of one parameter."""
    if step.decay == 0 and step.scale == 1 and step.limit < 0:
        run_rule(step, p, g, q, a, b, c, n)
    else:
        run_shaped(step, p, g, q, a, b, c, n)


# One step of one long parameter, to be cut up among the threads. The pointers are those of `walk`.
cdef struct LongWalk:
    const Step* step
    bint double_precision
    char* target
    const char* g
    const char* q
    char* slots[SLOTS]
    Py_ssize_t size


cdef void walk_part(void* context, int part, int parts) noexcept nogil:
    cdef LongWalk* whole = <LongWalk*>context
    cdef Py_ssize_t first = place_of_cut(whole.size, part, parts), n = place_of_cut(whole.size, part + 1, parts) - first
    cdef Py_ssize_t start = first * (8 if whole.double_precision else 4)
    cdef const char* q = whole.q + start if whole.q != NULL else NULL
    cdef char* slots[SLOTS]
    cdef int i
    for i in range(SLOTS):
        slots[i] = whole.slots[i] + start if whole.slots[i] != NULL else NULL
    if whole.double_precision:
        walk(whole.step, <double*>(whole.target + start), <const double*>(whole.g + start), <const double*>q, <double*>slots[0],
             <double*>slots[1], <double*>slots[2], n)
    else:
        walk(whole.step, <float*>(whole.target + start), <const float*>(whole.g + start), <const float*>q, <float*>slots[0],
             <float*>slots[1], <float*>slots[2], n)


cdef inline char* in_place(BaseVariable variable) except NULL:
    """The variable's storage, contents kept, that nobody else holds."""
    cdef Tensor before = variable.held               # where the variable moves, others hold this, or this alone does
    cdef char* target = variable.writable()
    if target != before.data:
        memcpy(target, before.data, variable.held.extent.size * item_size(variable.held.dtype_code))
    return target


cdef void let_go(Pair* pairs, Py_ssize_t count) noexcept:
    """Ends the holding of pairs."""
    cdef Py_ssize_t i
    for i in range(count):
        Py_DECREF(<object>pairs[i].gradient)
        Py_DECREF(<object>pairs[i].variable)


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
cdef class BaseOptimizer:
    """The compiled part of gradtape.optimizers.Optimizer: counts steps and applies the rule to every parameter.

    _prepared is True once the variables are known and every step is the rule alone: neither clipping nor decay, averages,
    accumulation, scaling or constraints. Such a step never enters Python; any other goes through `_step_with_options`.
    """

    cdef double[HYPERPARAMETERS] hyper
    cdef int rule
    cdef public bint _prepared
    cdef list known                      # trainable variables, in the order of the build
    cdef list slots                      # per slot of the rule, one variable for each of them; None for a slot not in use
    cdef int slot_count                  # slots up to the last one in use
    cdef dict places                     # place in `known` by a variable's number
    cdef BaseVariable counter
    cdef BaseVariable rate               # None where the learning rate is a schedule or a callable
    cdef BaseVariable product            # Nadam's running product of momenta

    def __cinit__(self, *arguments, **keywords):
        self.known = []
        self.slots = []
        self.places = {}

    def _set_rule(self, str name):
        if name not in RULES:
            raise NotImplementedError(f"{type(self).__name__} has no rule: use one of the optimizers in tf.optimizers.")
        self.rule = RULES[name]

    def _set_hyperparameter(self, int place, double value):
        self.hyper[place] = value

    def _set_counter(self, BaseVariable iterations):
        self.counter = iterations

    def _set_rate(self, BaseVariable rate or None):
        self.rate = rate

    def _set_product(self, BaseVariable product):
        self.product = product

    def _set_variables(self, list variables, list slots):
        """Fixes the trainable variables and, per slot of the rule, one variable for each of them."""
        cdef BaseVariable variable
        self.known = variables
        self.slots = slots
        self.slot_count = 0
        for place, slot in enumerate(slots):
            if slot is not None:
                self.slot_count = place + 1
        self.places = {}
        for place, variable in enumerate(variables):
            self.places[variable.number] = place

    def _place(self, BaseVariable variable):
        """The variable's place among those the optimizer was built with, or None."""
        return self.places.get(variable.number)

    @cython.final
    cdef Py_ssize_t place_of(self, BaseVariable variable, Py_ssize_t guess) noexcept:
        if guess < len(self.known) and self.known[guess] is variable:
            return guess
        found = self.places.get(variable.number)
        return -1 if found is None else found

    @cython.final
    cdef Step step_of(self, double rate, int64_t t) noexcept:
        """Step t, of the rule alone."""
        cdef Step step
        step.rule = self.rule
        step.hyper = self.hyper
        step.rate = rate
        step.t = t
        step.product = scalar_value(self.product.held) if self.product is not None else 1
        step.decay = 0
        step.scale = 1
        step.limit = -1
        return step

    @cython.final
    cdef int update(self, const Step* step, Py_ssize_t place, PyObject* variable, const char* g, const char* q) except -1:
        """One parameter's part of a step. variable: a BaseVariable; g, q: as in `sgd`, of its dtype and size (IN)."""
        cdef LongWalk whole
        cdef char** slots = whole.slots
        cdef char* target = in_place(<BaseVariable>variable)
        cdef Py_ssize_t size = (<BaseVariable>variable).held.extent.size
        cdef int i
        slots[0] = slots[1] = slots[2] = NULL
        for i in range(self.slot_count):
            if <object>PyList_GET_ITEM(self.slots, i) is not None:
                slots[i] = in_place(<BaseVariable>PyList_GET_ITEM(<object>PyList_GET_ITEM(self.slots, i), place))
        if size > LONG_RUN and worth_cutting(size * (1 + self.slot_count)):
            whole.step, whole.target, whole.g, whole.q, whole.size = step, target, g, q, size
            whole.double_precision = (<BaseVariable>variable).held.dtype_code != F32
            run_parts(walk_part, &whole, thread_count())
        elif (<BaseVariable>variable).held.dtype_code == F32:
            walk(step, <float*>target, <const float*>g, <const float*>q, <float*>slots[0], <float*>slots[1], <float*>slots[2], size)
        else:
            walk(step, <double*>target, <const double*>g, <const double*>q, <double*>slots[0], <double*>slots[1], <double*>slots[2],
                 size)
        return 0

    @cython.final
    cdef bint take(self, PyObject* pair, Py_ssize_t guess, Pair* out) noexcept:
        """Whether a pair is a dense gradient of its known variable's dtype, a floating one, and shape; if so, out (OUT) is it."""
        cdef PyObject* gradient
        cdef PyObject* variable
        if type(<object>pair) is not tuple or PyTuple_GET_SIZE(<object>pair) != 2:
            return False
        gradient = PyTuple_GET_ITEM(<object>pair, 0)
        variable = PyTuple_GET_ITEM(<object>pair, 1)
        if type(<object>gradient) is not Tensor:
            return False
        out.place = guess
        if variable != PyList_GET_ITEM(self.known, guess):
            if not isinstance(<object>variable, BaseVariable):
                return False
            out.place = self.place_of(<BaseVariable>variable, guess)
            if out.place < 0:
                return False
        if ((<Tensor>gradient).dtype_code != (<BaseVariable>variable).held.dtype_code or not is_floating((<Tensor>gradient).dtype_code)
                or not same_extent((<Tensor>gradient).extent, (<BaseVariable>variable).held.extent)):
            return False
        Py_INCREF(<object>gradient)
        Py_INCREF(<object>variable)
        out.gradient = gradient
        out.variable = variable
        return True

    @cython.final
    cdef int step_at_once(self, const Pair* pairs, Py_ssize_t count) except -1:
        """A step of the rule alone."""
        cdef Py_ssize_t i
        cdef int64_t t = self.steps() + 1
        cdef Step step
        if self.product is not None:
            self._advance(t)
        step = self.step_of(scalar_value(self.rate.held), t)
        for i in range(count):
            self.update(&step, pairs[i].place, pairs[i].variable, (<Tensor>pairs[i].gradient).data, NULL)
        return self.count_step()

    @cython.final
    cdef int64_t steps(self) noexcept:
        return (<int64_t*>self.counter.held.data)[0]

    @cython.final
    cdef int count_step(self) except -1:
        cdef char* target = in_place(self.counter)
        (<int64_t*>target)[0] += 1
        return 0

    def _count_step(self):
        self.count_step()

    def _advance(self, int64_t t):
        """What step t does before it meets its first parameter: Nadam's product of momenta takes in the present one."""
        cdef char* target
        if self.product is None:
            return
        target = in_place(self.product)
        if self.product.held.dtype_code == F32:
            (<float*>target)[0] *= nadam_momentum[float](<float>self.hyper[0], <float>0.96, t)
        else:
            (<double*>target)[0] *= nadam_momentum[double](self.hyper[0], 0.96, t)

    def apply_gradients(self, grads_and_vars):
        """Applies one step of the optimizer to pairs of (gradient, variable); returns `iterations`.

        The variables of the first step are those of every later one. A None gradient is skipped with a warning. Raises
        ValueError if every gradient is None or a variable is unknown, InvalidArgumentError if a gradient's shape is not its
        variable's.
        """
        cdef Pair room[ROOM]
        cdef Pair* taken = room
        cdef Py_ssize_t count = 0, most = len(self.known)
        cdef PyObject* found
        cdef list others = None
        cdef object iterator
        if not self._prepared or self.rate is None:
            self._step(list(grads_and_vars))
            return self.counter
        iterator = iter(grads_and_vars)
        if most > ROOM:
            taken = <Pair*>malloc(most * sizeof(Pair))
            if taken == NULL:
                raise MemoryError()
        try:
            # A pair is let go before the next one is asked for: zip then uses one tuple for all.
            while True:
                found = next_of(iterator)
                if found == NULL:
                    break
                if count < most and self.take(found, count, &taken[count]):
                    count += 1
                    Py_DECREF(<object>found)
                    continue
                others = [(<object>taken[i].gradient, <object>taken[i].variable) for i in range(count)]
                others.append(<object>found)
                Py_DECREF(<object>found)
                others.extend(iterator)
                break
            if others is not None or count == 0:
                self._step(others or [])
            else:
                self.step_at_once(taken, count)
        finally:
            let_go(taken, count)
            if taken != room:
                free(taken)
        return self.counter

    def _update(self, BaseVariable variable, Tensor gradient, double rate, int64_t t, double decay=0, double scale=1,
                double limit=-1, Tensor squares=None):
        """One parameter's part of step t.

        gradient: of the variable's dtype and shape; it is multiplied by `scale`, then clipped to ±`limit` unless that is
        negative. decay: the weight decay, times the rate, taken off the parameter first. squares: what stands for
        the gradient's squares, before the scaling, where these are not to be its own.
        """
        cdef Step step = self.step_of(rate, t)
        step.decay, step.scale, step.limit = decay, scale, limit
        self.update(&step, self.place_of(variable, 0), <PyObject*>variable, gradient.data, squares.data if squares is not None else NULL)

    def _update_rows(self, BaseVariable variable, Tensor values, const int64_t[::1] places, double rate, int64_t t,
                     double scale=1, double limit=-1, Tensor squares=None):
        """The same for a gradient that is zero but for rows: `values` (IN) at `places` (IN), valid and each once."""
        cdef Step step = self.step_of(rate, t)
        cdef char* q = NULL
        cdef Py_ssize_t place = self.place_of(variable, 0), width, row
        cdef char* target = in_place(variable)
        cdef char* state = NULL
        if places.shape[0] == 0:
            return
        step.scale, step.limit = scale, limit
        width = values.extent.size // places.shape[0]
        if self.slots[0] is not None:
            state = in_place(<BaseVariable>(<list>self.slots[0])[place])
        for row in range(places.shape[0]):
            if squares is not None:
                q = squares.data + row * width * item_size(squares.dtype_code)
            if variable.held.dtype_code == F32:
                walk[float](&step, <float*>target + places[row] * width, <const float*>values.data + row * width,
                            <const float*>q, <float*>state + places[row] * width if state != NULL else NULL, NULL, NULL, width)
            else:
                walk[double](&step, <double*>target + places[row] * width, <const double*>values.data + row * width,
                             <const double*>q, <double*>state + places[row] * width if state != NULL else NULL, NULL, NULL, width)

    def _check_shape(self, Tensor gradient, BaseVariable variable):
        if not same_extent(gradient.extent, variable.held.extent):
            raise InvalidArgumentError(
                None, None, f"The gradient of variable '{variable.name}' has shape {dims_text(gradient.extent)}, the variable has "
                            f"shape {dims_text(variable.held.extent)}. A gradient must have its variable's shape.")
