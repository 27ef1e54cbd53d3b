"""Optimizer steps: each rule is one pass over a parameter, in place.

A step reads the (gradient, variable) pairs, checks them all before it writes anything, then walks each parameter in
blocks that stay in cache: scale and clip the gradient, decay the parameter, apply the rule. The arithmetic is that of
Keras 3: scalars that Keras casts to the variable's dtype are rounded to it here too, because 1 - 0.999 in float32 is
a hundred thousandth away from the same in float64.

The interpreter's lock is kept throughout: a parameter half updated must not be seen by another thread.
"""

from libc.math cimport fabs, pow, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy


from gradtape._extent cimport dims_text, same_extent
from gradtape._tensor cimport Tensor, is_floating, item_size, scalar_value
from gradtape._types cimport F32, real
from gradtape._variable cimport BaseVariable

from gradtape.errors import InvalidArgumentError

cdef extern from "math.h" nogil:
    float sqrtf(float)
    float fabsf(float)
    float powf(float, float)

cdef enum:
    HYPERPARAMETERS = 6
    SLOTS = 3
    BLOCK = 2048             # elements

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
    cdef real momentum = <real>cast_as_keras(h[0])
    cdef real m
    if velocity == NULL:
        for i in range(n):
            p[i] -= g[i] * rate
    elif h[1] == 0:
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


cdef inline void run(int rule, real* p, const real* g, const real* q, real* a, real* b, real* c, Py_ssize_t n, const double* h, real rate,
                     int64_t t, real product) noexcept nogil:
    if rule == SGD:
        sgd(p, g, a, n, h, rate)
    elif rule == ADAM:
        adam(p, g, q, a, b, c, n, h, rate, t)
    elif rule == RMSPROP:
        rmsprop(p, g, q, a, b, c, n, h, rate)
    elif rule == ADAGRAD:
        adagrad(p, g, q, a, n, h, rate)
    elif rule == ADADELTA:
        adadelta(p, g, q, a, b, n, h, rate)
    elif rule == ADAMAX:
        adamax(p, g, q, a, b, n, h, rate, t)
    elif rule == NADAM:
        nadam(p, g, q, a, b, n, h, rate, t, product)
    elif rule == FTRL:
        ftrl(p, g, q, a, b, n, h, rate)
    elif rule == LION:
        lion(p, g, a, n, h, rate)


cdef inline void shape_gradient(const real* g, real* out, Py_ssize_t n, real scale, real limit) noexcept nogil:
    """out (OUT) = the gradient (IN) scaled, then clipped to ±limit where limit is not negative."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = g[i] * scale
    if limit >= 0:
        for i in range(n):
            out[i] = limit if out[i] > limit else -limit if out[i] < -limit else out[i]


cdef void walk(int rule, real* p, const real* g, const real* q, real* a, real* b, real* c, Py_ssize_t n, const double* h, double rate,
               int64_t t, double product, double decay, double scale, double limit) noexcept nogil:
    """One step of one parameter, block by block."""
    cdef real shaped[BLOCK]
    cdef real shaped_squares[BLOCK]
    cdef const real* squares
    cdef Py_ssize_t start, length, i
    cdef const real* gradient
    cdef real weight = <real>cast_as_keras(decay)
    if decay == 0 and scale == 1 and limit < 0:
        run(rule, p, g, q, a, b, c, n, h, <real>rate, t, <real>product)
        return
    start = 0
    while start < n:
        length = n - start if n - start < BLOCK else BLOCK
        gradient = g + start
        if scale != 1 or limit >= 0:
            shape_gradient(gradient, shaped, length, <real>scale, <real>limit)
            gradient = shaped
        if decay != 0:
            for i in range(start, start + length):
                p[i] -= p[i] * weight * <real>rate
        squares = NULL
        if q != NULL:
            shape_gradient(q + start, shaped_squares, length, <real>scale if rule == ADAMAX else <real>(scale * scale), <real>-1)
            squares = shaped_squares
        run(rule, p + start, gradient, squares, a + start if a != NULL else NULL, b + start if b != NULL else NULL,
            c + start if c != NULL else NULL, length, h, <real>rate, t, <real>product)
        start += length


cdef inline char* in_place(BaseVariable variable) except NULL:
    """The variable's storage, contents kept, that nobody else holds."""
    cdef Tensor old = variable.held
    cdef char* target = variable.writable()
    if target != old.data:
        memcpy(target, old.data, old.extent.size * item_size(old.dtype_code))
    return target


cdef class BaseOptimizer:
    """The compiled part of gradtape.optimizers.Optimizer: counts steps and applies the rule to every parameter.

    _prepared is True once the variables are known and every step is the rule alone: neither clipping nor decay, averages,
    accumulation, scaling or constraints. Such a step never enters Python; any other goes through `_step_with_options`.
    """

    cdef double[HYPERPARAMETERS] hyper
    cdef int rule
    cdef public bint _prepared
    cdef list known                      # trainable variables, in the order of the build
    cdef list slots                      # one list of variables per slot
    cdef dict places                     # place in `known` by a variable's number
    cdef BaseVariable counter
    cdef BaseVariable rate               # None where the learning rate is a schedule or a callable
    cdef BaseVariable product            # Nadam's running product of momenta

    def __cinit__(self, *arguments, **keywords):
        self.known = []
        self.slots = []
        self.places = {}

    def _set_rule(self, str name):
        self.rule = RULES[name]

    def _set_hyperparameter(self, int place, double value):
        self.hyper[place] = value

    def _set_counter(self, BaseVariable iterations):
        self.counter = iterations

    def _set_rate(self, BaseVariable rate):
        self.rate = rate

    def _set_product(self, BaseVariable product):
        self.product = product

    def _set_variables(self, list variables, list slots):
        """Fixes the trainable variables and, per slot of the rule, one variable for each of them."""
        cdef BaseVariable variable
        self.known = variables
        self.slots = slots
        self.places = {}
        for place, variable in enumerate(variables):
            self.places[variable.number] = place

    def _place(self, BaseVariable variable):
        """The variable's place among those the optimizer was built with, or None."""
        return self.places.get(variable.number)

    cdef Py_ssize_t place_of(self, BaseVariable variable, Py_ssize_t guess):
        if guess < len(self.known) and self.known[guess] is variable:
            return guess
        found = self.places.get(variable.number)
        return -1 if found is None else found

    cdef int update(self, Py_ssize_t place, BaseVariable variable, Tensor gradient, Tensor squares, double rate, int64_t t,
                    double decay, double scale, double limit) except -1:
        cdef char* slots[SLOTS]
        cdef char* q = squares.data if squares is not None else NULL
        cdef int i
        cdef char* target = in_place(variable)
        cdef double product = 1
        for i in range(SLOTS):
            slots[i] = NULL
            if i < len(self.slots) and self.slots[i] is not None:
                slots[i] = in_place(<BaseVariable>(<list>self.slots[i])[place])
        if self.product is not None:
            product = scalar_value(self.product.held)
        if variable.held.dtype_code == F32:
            walk(self.rule, <float*>target, <const float*>gradient.data, <const float*>q, <float*>slots[0], <float*>slots[1],
                 <float*>slots[2], variable.held.extent.size, self.hyper, rate, t, product, decay, scale, limit)
        else:
            walk(self.rule, <double*>target, <const double*>gradient.data, <const double*>q, <double*>slots[0],
                 <double*>slots[1], <double*>slots[2], variable.held.extent.size, self.hyper, rate, t, product, decay, scale, limit)
        return 0

    cdef bint simple(self, list pairs):
        """Whether every pair is a dense gradient of its known variable's dtype, a floating one, and shape."""
        cdef Py_ssize_t i
        cdef Tensor value
        for i in range(len(pairs)):
            pair = pairs[i]
            if type(pair) is not tuple or len(<tuple>pair) != 2 or type((<tuple>pair)[0]) is not Tensor:
                return False
            variable = (<tuple>pair)[1]
            if not isinstance(variable, BaseVariable) or self.place_of(<BaseVariable>variable, i) < 0:
                return False
            value = (<BaseVariable>variable).held
            if ((<Tensor>(<tuple>pair)[0]).dtype_code != value.dtype_code or not is_floating(value.dtype_code)
                    or not same_extent((<Tensor>(<tuple>pair)[0]).extent, value.extent)):
                return False
        return True

    cdef int64_t steps(self) noexcept:
        return (<int64_t*>self.counter.held.data)[0]

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
        cdef list pairs = list(grads_and_vars)
        cdef Py_ssize_t i
        cdef double rate
        cdef int64_t t
        if not self._prepared or self.rate is None or not self.simple(pairs):
            self._step(pairs)
            return self.counter
        rate = scalar_value(self.rate.held)
        t = self.steps() + 1
        if self.product is not None:
            self._advance(t)
        for i in range(len(pairs)):
            pair = <tuple>pairs[i]
            self.update(self.place_of(<BaseVariable>pair[1], i), <BaseVariable>pair[1], <Tensor>pair[0], None, rate, t, 0, 1, -1)
        self.count_step()
        return self.counter

    def _update(self, BaseVariable variable, Tensor gradient, double rate, int64_t t, double decay=0, double scale=1,
                double limit=-1, Tensor squares=None):
        """One parameter's part of step t.

        gradient: of the variable's dtype and shape; it is multiplied by `scale`, then clipped to ±`limit` unless that is
        negative. decay: the weight decay, times the rate, taken off the parameter first. squares: what stands for
        the gradient's squares, before the scaling, where these are not to be its own.
        """
        self.update(self.place_of(variable, 0), variable, gradient, squares, rate, t, decay, scale, limit)

    def _update_rows(self, BaseVariable variable, Tensor values, const int64_t[::1] places, double rate, int64_t t,
                     double scale=1, double limit=-1, Tensor squares=None):
        """The same for a gradient that is zero but for rows: `values` (IN) at `places` (IN), valid and each once."""
        cdef char* q = NULL
        cdef Py_ssize_t place = self.place_of(variable, 0), width, row
        cdef char* target = in_place(variable)
        cdef char* state = NULL
        if places.shape[0] == 0:
            return
        width = values.extent.size // places.shape[0]
        if self.slots[0] is not None:
            state = in_place(<BaseVariable>(<list>self.slots[0])[place])
        for row in range(places.shape[0]):
            if squares is not None:
                q = squares.data + row * width * item_size(squares.dtype_code)
            if variable.held.dtype_code == F32:
                walk[float](self.rule, <float*>target + places[row] * width, <const float*>values.data + row * width,
                            <const float*>q, <float*>state + places[row] * width if state != NULL else NULL, NULL, NULL, width, self.hyper,
                            rate, t, 1, 0, scale, limit)
            else:
                walk[double](self.rule, <double*>target + places[row] * width, <const double*>values.data + row * width,
                             <const double*>q, <double*>state + places[row] * width if state != NULL else NULL, NULL, NULL, width, self.hyper,
                             rate, t, 1, 0, scale, limit)

    def _check_shape(self, Tensor gradient, BaseVariable variable):
        if not same_extent(gradient.extent, variable.held.extent):
            raise InvalidArgumentError(
                None, None, f"The gradient of variable '{variable.name}' has shape {dims_text(gradient.extent)}, the variable has "
                            f"shape {dims_text(variable.held.extent)}. A gradient must have its variable's shape.")
