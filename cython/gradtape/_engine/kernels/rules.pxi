# The arithmetic of optimizers on flat data: one function per rule, and the decay, scaling and clipping before it.
#
# The arithmetic is that of Keras 3: scalars that Keras casts to the variable's dtype are rounded to it here, too, as 1 - 0.999
# in float32 and in float64 have a relative difference of one hundred thousandth. Products and sums are not contracted, so that
# all instruction sets give the same bits.

from libc.math cimport fabs, fabsf, pow, sqrt, sqrtf
from libc.stdint cimport int64_t, uint16_t
from libc.stdlib cimport free, malloc
from gradtape._engine.base.halves cimport round_to_halves, widen_halves
from gradtape._engine.base.types cimport *
from gradtape._engine.kernels.rules cimport SLOTS, STEP_BLOCK, Rule, Rules, Step

cdef extern from "math.h" nogil:
    float powf(float, float)

cdef enum:
    RULES = 16               # size of the table
    SQUARE_LANES = 8         # partial sums of `squares`

cdef enum Trait:
    ABSOLUTE = 1
    WHOLE = 2


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
    """A Python number as Keras casts it: through float32, even for float64 variables."""
    return <float>x


cdef double squares(const real* g, double divisor, Py_ssize_t n) noexcept nogil:
    """The sum of (g / divisor)², g IN: squares of g's type, accumulated in lanes of double."""
    cdef double lanes[SQUARE_LANES]
    cdef double total = 0
    cdef real x, by = <real>divisor
    cdef Py_ssize_t i, lane, whole = n // SQUARE_LANES
    for lane in range(SQUARE_LANES):
        lanes[lane] = 0
    if divisor == 1:
        for i in range(whole):
            for lane in range(SQUARE_LANES):
                lanes[lane] += g[i * SQUARE_LANES + lane] * g[i * SQUARE_LANES + lane]
    else:
        for i in range(whole):
            for lane in range(SQUARE_LANES):
                x = g[i * SQUARE_LANES + lane] / by
                lanes[lane] += x * x
    for i in range(whole * SQUARE_LANES, n):
        x = g[i] / by
        total += x * x
    for lane in range(SQUARE_LANES):
        total += lanes[lane]
    return total


# The rules. p: the parameter (IN, OUT); g: its gradient (IN); q (IN): used instead of g² (|g| in Adamax) unless NULL: for sparse
# gradients with repeated indices, whose entries Keras squares one by one; s: the rule's slots (IN, OUT), NULL if not in use;
# n: number of elements; h: hyperparameters in the order of the rule's entry in the table below.

cdef void sgd(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real rate = <real>step.rate, momentum, m
    cdef real* velocity = s[0]
    if velocity == NULL or h[0] == 0:
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


cdef void adam(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """With a third slot AMSGrad: the maximum of v so far is used (Reddi, Kale and Kumar 2018)."""
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real first = <real>(1 - h[0]), second = <real>(1 - h[1]), epsilon = <real>h[2]
    cdef real alpha = <real>step.rate * root(1 - power(<real>cast_as_keras(h[1]), <real>step.t)) / (
        1 - power(<real>cast_as_keras(h[0]), <real>step.t))
    cdef real* m = s[0]
    cdef real* v = s[1]
    cdef real* largest = s[2]
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
            u = v[i] if v[i] > largest[i] or v[i] != v[i] else largest[i]
            largest[i] = u
            p[i] -= m[i] * alpha / (root(u) + epsilon)


cdef void rmsprop(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """With a third slot, the mean of g, centered: its variance is used instead of its mean square."""
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real rho = <real>h[0], rest = <real>(1 - h[0]), momentum = <real>h[1], epsilon = <real>h[2], rate = <real>step.rate
    cdef real* v = s[0]
    cdef real* velocity = s[1]
    cdef real* mean = s[2]
    cdef real variance, change
    for i in range(n):
        v[i] = rho * v[i] + rest * square(g, q, i)
        variance = v[i]
        if mean != NULL:
            mean[i] = rho * mean[i] + rest * g[i]
            variance -= mean[i] * mean[i]
        change = rate * g[i] / root(variance + epsilon)
        if velocity != NULL:
            change += momentum * velocity[i]
            velocity[i] = change
        p[i] -= change


cdef void adagrad(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef real epsilon = <real>step.hyper[0], rate = <real>step.rate
    cdef real* total = s[0]
    for i in range(n):
        total[i] += square(g, q, i)
        p[i] -= rate * g[i] / root(total[i] + epsilon)


cdef void adadelta(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real rho = <real>h[0], rest = <real>(1 - h[0]), epsilon = <real>h[1], rate = <real>step.rate
    cdef real* squares = s[0]
    cdef real* changes = s[1]
    cdef real change, factor
    for i in range(n):
        squares[i] = rho * squares[i] + rest * square(g, q, i)
        factor = root(changes[i] + epsilon)
        change = -(factor * g[i] / root(squares[i] + epsilon))
        changes[i] = rho * changes[i] + rest * (
            change * change if q == NULL else factor * factor * q[i] / (squares[i] + epsilon))
        p[i] += rate * change


cdef void adamax(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real first = <real>(1 - h[0]), fading = <real>h[1], epsilon = <real>h[2], rate = <real>step.rate
    cdef real correction = 1 - power(<real>cast_as_keras(h[0]), <real>step.t)
    cdef real* m = s[0]
    cdef real* u = s[1]
    cdef real old, new
    for i in range(n):
        m[i] += (g[i] - m[i]) * first
        old = fading * u[i]
        new = magnitude(g[i]) if q == NULL else q[i]
        u[i] = new if new > old or new != new else old
        p[i] -= rate * m[i] / (correction * (u[i] + epsilon))


cdef inline real nadam_momentum(real beta, real fading, int64_t t) noexcept nogil:
    """The momentum that step t uses; fading is 0.96."""
    return beta * (1 - <real>0.5 * power(fading, <real>t))


cdef void nadam(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real beta_1 = <real>cast_as_keras(h[0]), beta_2 = <real>cast_as_keras(h[1]), epsilon = <real>h[2]
    cdef real first = 1 - beta_1, second = 1 - beta_2, rate = <real>step.rate, product = <real>step.product
    cdef real fading = cast_as_keras(0.96)
    cdef real now = nadam_momentum(beta_1, fading, step.t), after = nadam_momentum(beta_1, fading, step.t + 1)
    cdef real correction = 1 - power(beta_2, <real>step.t)
    cdef real* m = s[0]
    cdef real* v = s[1]
    cdef real expected
    for i in range(n):
        m[i] += (g[i] - m[i]) * first
        v[i] += (square(g, q, i) - v[i]) * second
        expected = after * m[i] / (1 - product * after) + (1 - now) * g[i] / (1 - product)
        p[i] -= expected * rate / (root(v[i] / correction) + epsilon)


cdef void ftrl(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real rate = <real>step.rate
    cdef real exponent = <real>(-h[0]), l1 = <real>h[1], shrinkage = <real>(2 * h[3])
    cdef real l2 = <real>h[2] + <real>h[4] / (2 * rate)
    cdef real* total = s[0]
    cdef real* linear = s[1]
    cdef real new, powered, before, clipped
    for i in range(n):
        new = total[i] + square(g, q, i)
        if exponent == <real>0.5:
            powered, before = root(new), root(total[i])
        else:
            powered, before = power(new, exponent), power(total[i], exponent)
        linear[i] += g[i] + shrinkage * p[i] - (powered - before) / rate * p[i]
        clipped = l1 if linear[i] > l1 else -l1 if linear[i] < -l1 else linear[i]
        p[i] = (clipped - linear[i]) / (powered / rate + 2 * l2)
        total[i] = new


cdef void lion(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real inner = <real>cast_as_keras(h[0]), outer = <real>cast_as_keras(h[1]), rate = <real>step.rate
    cdef real* m = s[0]
    cdef real direction
    for i in range(n):
        direction = m[i] * inner + g[i] * (1 - inner)
        p[i] -= rate * (<real>(direction > 0) - <real>(direction < 0) if direction == direction else direction)
        m[i] = m[i] * outer + g[i] * (1 - outer)


cdef void schedule_free_adamw(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """The parameter is an interpolation of the iterate z and the mean of all iterates; the mean is recovered from both."""
    cdef Py_ssize_t i
    cdef const double* h = step.hyper
    cdef real beta_1 = <real>cast_as_keras(h[0]), beta_2 = <real>cast_as_keras(h[1]), epsilon = <real>cast_as_keras(h[2])
    cdef real t = <real>step.t, rate = <real>step.rate, weight = 1 / <real>step.t, warmth, mean, before
    cdef real correction = 1 - power(beta_2, t)
    cdef real* z = s[0]
    cdef real* v = s[1]
    if h[3] > 0:
        warmth = t / <real>h[3]
        rate *= warmth if warmth < 1 else 1
    for i in range(n):
        before = z[i]
        v[i] += (square(g, q, i) - v[i]) * (1 - beta_2)
        z[i] -= rate * g[i] / (root(v[i] / correction) + epsilon)
        mean = (p[i] - (1 - beta_1) * before) / beta_1
        mean = (1 - weight) * mean + weight * z[i]
        p[i] = (1 - beta_1) * z[i] + beta_1 * mean


cdef inline void adam_change(const real* m, const real* v, real* out, Py_ssize_t n, real first, real second, real epsilon) noexcept nogil:
    """out (OUT) = m / first / (sqrt(v / second) + epsilon), m and v IN."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = m[i] / first / (root(v[i] / second) + epsilon)


cdef void lamb(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """Adam's change, scaled by the ratio of the parameter's norm to its own. It is computed twice rather than stored."""
    cdef Py_ssize_t i, start = 0, length
    cdef const double* h = step.hyper
    cdef real first = <real>(1 - h[0]), second = <real>(1 - h[1]), epsilon = <real>h[2]
    cdef real of_first = 1 - power(<real>cast_as_keras(h[0]), <real>step.t)
    cdef real of_second = 1 - power(<real>cast_as_keras(h[1]), <real>step.t)
    cdef real* m = s[0]
    cdef real* v = s[1]
    cdef real change[STEP_BLOCK]
    cdef real of_parameter = root(<real>squares(p, 1, n)), of_change, rate = <real>step.rate
    cdef double total = 0
    for i in range(n):
        m[i] += (g[i] - m[i]) * first
        v[i] += (square(g, q, i) - v[i]) * second
    while start < n:
        length = n - start if n - start < STEP_BLOCK else STEP_BLOCK
        adam_change(m + start, v + start, change, length, of_first, of_second, epsilon)
        total += squares(change, 1, length)
        start += length
    of_change = root(<real>total)
    if of_parameter > 0 and of_change > 0:
        rate *= of_parameter / of_change
    start = 0
    while start < n:
        length = n - start if n - start < STEP_BLOCK else STEP_BLOCK
        if n > STEP_BLOCK:
            adam_change(m + start, v + start, change, length, of_first, of_second, epsilon)
        for i in range(length):
            p[start + i] -= rate * change[i]
        start += length


cdef void adafactor(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """For matrices only the means of g² over rows and over columns are stored; v is their outer product divided by its mean."""
    cdef Py_ssize_t i, row, column, rows = step.rows, columns = step.columns, start
    cdef const double* h = step.hyper
    cdef real epsilon_1 = <real>h[1], epsilon_2 = <real>cast_as_keras(h[2]), t = <real>step.t
    cdef real beta = 1 - power(t, <real>h[0]), rest = 1 - beta
    cdef real size = root(<real>(squares(p, 1, n) / n)), rate = <real>step.rate, share = rest / rows if rows else 0, scale
    cdef real* r = s[0]
    cdef real* c = s[1]
    cdef real* v = s[2]
    cdef double total
    rate = 1 / root(t) if 1 / root(t) < rate else rate
    rate *= epsilon_2 if epsilon_2 > size else size
    if rows == 0:
        for i in range(n):
            v[i] = beta * v[i] + rest * (square(g, q, i) + epsilon_1)
    else:
        start = 0
        while start < n:
            for row in range(rows):
                total = 0
                for column in range(columns):
                    total += square(g, q, start + row * columns + column) + epsilon_1
                r[row] = beta * r[row] + rest * <real>(total / columns)
            for column in range(columns):
                c[column] = beta * c[column]
            for row in range(rows):
                for column in range(columns):
                    c[column] += share * (square(g, q, start + row * columns + column) + epsilon_1)
            total = 0
            for row in range(rows):
                total += r[row]
            for row in range(rows):
                scale = r[row] / <real>(total / rows)
                for column in range(columns):
                    v[start + row * columns + column] = scale * c[column]
            r += rows
            c += columns
            start += rows * columns
    total = 0
    for i in range(n):
        scale = g[i] / root(v[i])
        total += scale * scale if q == NULL else q[i] / v[i]
    scale = root(<real>(total / n)) / <real>h[3]
    rate /= 1 if scale < 1 else scale
    for i in range(n):
        p[i] -= rate * (g[i] / root(v[i]))


ctypedef void (*Single)(const Step* step, float* p, const float* g, const float* q, float** s, Py_ssize_t n) noexcept nogil
ctypedef void (*Double)(const Step* step, double* p, const double* g, const double* q, double** s, Py_ssize_t n) noexcept nogil

cdef Rule rule_table[RULES]
PLACES = {}                  # read by dispatch


cdef int enter_rule(str name, Single single, Double double_precision, int row_slots, int traits, str hyperparameters) except -1:
    cdef Rule* rule = &rule_table[len(PLACES)]
    if len(PLACES) == RULES:
        raise ImportError(f"the table has {RULES} places; no rule of '{name}' fits in")
    rule.single, rule.double_precision, rule.row_slots = single, double_precision, row_slots
    rule.absolute, rule.whole = traits & ABSOLUTE != 0, traits & WHOLE != 0
    PLACES[name] = (len(PLACES), tuple(hyperparameters.split()))
    return 0


enter_rule("sgd", sgd[float], sgd[double], 0, 0, "momentum nesterov")
enter_rule("adam", adam[float], adam[double], -1, 0, "beta_1 beta_2 epsilon")
enter_rule("rmsprop", rmsprop[float], rmsprop[double], -1, 0, "rho momentum epsilon")
enter_rule("adagrad", adagrad[float], adagrad[double], 1, 0, "epsilon")
enter_rule("adadelta", adadelta[float], adadelta[double], -1, 0, "rho epsilon")
enter_rule("adamax", adamax[float], adamax[double], -1, ABSOLUTE, "beta_1 beta_2 epsilon")
enter_rule("nadam", nadam[float], nadam[double], -1, 0, "beta_1 beta_2 epsilon")
enter_rule("ftrl", ftrl[float], ftrl[double], -1, 0, "learning_rate_power l1_regularization_strength l2_regularization_strength "
                                                "l2_shrinkage_regularization_strength beta")
enter_rule("lion", lion[float], lion[double], -1, 0, "beta_1 beta_2")
enter_rule("lamb", lamb[float], lamb[double], -1, WHOLE, "beta_1 beta_2 epsilon")
enter_rule("adafactor", adafactor[float], adafactor[double], -1, WHOLE, "beta_2_decay epsilon_1 epsilon_2 clip_threshold")
enter_rule("schedule_free_adamw", schedule_free_adamw[float], schedule_free_adamw[double], -1, 0, "beta_1 beta_2 epsilon warmup_steps")


cdef inline bint is_plain_gradient(const Step* step) noexcept nogil:
    """Whether the gradient is neither scaled nor clipped."""
    return step.divisor == 1 and step.denominator == 0 and step.limit != step.limit


cdef inline void shape_part(const Step* step, const real* g, real* out, Py_ssize_t n) noexcept nogil:
    """out (OUT) = the gradient (IN) scaled and clipped; NaNs are kept."""
    cdef Py_ssize_t i
    cdef real divisor = <real>step.divisor, numerator = <real>step.numerator, denominator = <real>step.denominator
    cdef real limit = <real>step.limit
    for i in range(n):
        out[i] = g[i]
    if divisor != 1:
        for i in range(n):
            out[i] = out[i] / divisor
    if denominator != 0:
        for i in range(n):
            out[i] = out[i] * numerator
        if denominator != 1:
            for i in range(n):
                out[i] = out[i] / denominator
    if limit == limit:
        for i in range(n):
            out[i] = limit if out[i] > limit else -limit if out[i] < -limit else out[i]


cdef inline void shape_squares(const Step* step, const real* q, real* out, Py_ssize_t n) noexcept nogil:
    """out (OUT) = the squares q (IN) of a gradient, scaled like the gradient. If they are to be clipped, they were before."""
    cdef Py_ssize_t i
    cdef real scale = 1 / <real>step.divisor
    if step.denominator != 0:
        scale *= <real>step.numerator / <real>step.denominator
    if not rule_table[step.rule].absolute:
        scale *= scale
    for i in range(n):
        out[i] = q[i] * scale


cdef inline void decay_part(const Step* step, real* p, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef real weight = <real>cast_as_keras(step.decay), rate = <real>step.rate
    for i in range(n):
        p[i] -= p[i] * weight * rate


cdef inline void run_rule(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    if real is float:
        rule_table[step.rule].single(step, p, g, q, s, n)
    else:
        rule_table[step.rule].double_precision(step, p, g, q, s, n)


cdef void run_blocks(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """Decay, scaling and clipping, then the rule, block by block."""
    cdef real shaped[STEP_BLOCK]
    cdef real shaped_squares[STEP_BLOCK]
    cdef real* slots[SLOTS]
    cdef const real* of_squares
    cdef const real* gradient
    cdef Py_ssize_t start = 0, length, i
    cdef bint unshaped = is_plain_gradient(step)
    while start < n:
        length = n - start if n - start < STEP_BLOCK else STEP_BLOCK
        gradient, of_squares = g + start, q + start if q != NULL else NULL
        if not unshaped:
            shape_part(step, gradient, shaped, length)
            gradient = shaped
            if q != NULL:
                shape_squares(step, q + start, shaped_squares, length)
                of_squares = shaped_squares
        if step.decay == step.decay:
            decay_part(step, p + start, length)
        for i in range(SLOTS):
            slots[i] = s[i] + start if s[i] != NULL else NULL
        run_rule(step, p + start, gradient, of_squares, slots, length)
        start += length


cdef int run_whole(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    """The same for a rule that needs all of the parameter at once. -1: out of memory."""
    cdef real* shaped = NULL
    if step.decay == step.decay:
        decay_part(step, p, n)
    if is_plain_gradient(step):
        run_rule(step, p, g, q, s, n)
        return 0
    shaped = <real*>malloc((1 if q == NULL else 2) * n * sizeof(real) + 1)
    if shaped == NULL:
        return -1
    shape_part(step, g, shaped, n)
    if q != NULL:
        shape_squares(step, q, shaped + n, n)
    run_rule(step, p, shaped, shaped + n if q != NULL else NULL, s, n)
    free(shaped)
    return 0


cdef inline int walk_typed(const Step* step, real* p, const real* g, const real* q, real** s, Py_ssize_t n) noexcept nogil:
    if rule_table[step.rule].whole:
        return run_whole(step, p, g, q, s, n)
    if step.decay != step.decay and is_plain_gradient(step):
        run_rule(step, p, g, q, s, n)
    else:
        run_blocks(step, p, g, q, s, n)
    return 0


# Half precision is computed in float32, block by block, and rounded once when it is stored.

ctypedef void (*Pass)(const void* context, float* target, const float* source, Py_ssize_t n) noexcept nogil


cdef void pass_in_single(int dtype_code, Pass apply, const void* context, char* target, const char* source, Py_ssize_t n) noexcept nogil:
    """Applies a pass to target (IN, OUT) and source (IN; NULL if not read) converted to float32."""
    cdef float wide_target[STEP_BLOCK]
    cdef float wide_source[STEP_BLOCK]
    cdef Py_ssize_t start = 0, length
    cdef bint brain = dtype_code == BF16
    while start < n:
        length = n - start if n - start < STEP_BLOCK else STEP_BLOCK
        widen_halves(brain, <uint16_t*>target + start, wide_target, length)
        if source != NULL:
            widen_halves(brain, <const uint16_t*>source + start, wide_source, length)
        apply(context, wide_target, wide_source if source != NULL else NULL, length)
        round_to_halves(brain, wide_target, <uint16_t*>target + start, length)
        start += length


cdef int walk_in_single(const Step* step, bint brain, uint16_t* p, const uint16_t* g, const uint16_t* q, uint16_t** s,
                        const Py_ssize_t* sizes, Py_ssize_t n) noexcept nogil:
    """Updates one parameter in float32: block by block, or at once for a rule that needs that. -1: out of memory."""
    cdef bint whole = rule_table[step.rule].whole
    cdef Py_ssize_t most = n if whole or n < STEP_BLOCK else STEP_BLOCK, needed = 3 * most, start = 0, length, i
    cdef Py_ssize_t counts[SLOTS]
    cdef float* memory
    cdef float* wide_p
    cdef float* wide_g
    cdef float* wide_q
    cdef float* slots[SLOTS]
    for i in range(SLOTS):
        counts[i] = 0 if s[i] == NULL else sizes[i] if whole else most
        needed += counts[i]
    memory = <float*>malloc(needed * sizeof(float) + 1)
    if memory == NULL:
        return -1
    wide_p, wide_g, wide_q = memory, memory + most, memory + 2 * most
    needed = 3 * most
    for i in range(SLOTS):
        slots[i] = NULL if s[i] == NULL else memory + needed
        needed += counts[i]
    while start < n:
        length = n - start if n - start < most else most
        widen_halves(brain, p + start, wide_p, length)
        widen_halves(brain, g + start, wide_g, length)
        if q != NULL:
            widen_halves(brain, q + start, wide_q, length)
        for i in range(SLOTS):
            if s[i] != NULL:
                widen_halves(brain, s[i] + start, slots[i], counts[i] if whole else length)
        if walk_typed(step, wide_p, <const float*>wide_g, <const float*>wide_q if q != NULL else NULL, slots, length):
            free(memory)
            return -1
        round_to_halves(brain, wide_p, p + start, length)
        for i in range(SLOTS):
            if s[i] != NULL:
                round_to_halves(brain, slots[i], s[i] + start, counts[i] if whole else length)
        start += length
    free(memory)
    return 0


cdef int walk(const Step* step, int dtype_code, char* p, const char* g, const char* q, char** slots, const Py_ssize_t* sizes,
              Py_ssize_t n) noexcept nogil:
    if dtype_code == F32:
        return walk_typed(step, <float*>p, <const float*>g, <const float*>q, <float**>slots, n)
    if dtype_code == F64:
        return walk_typed(step, <double*>p, <const double*>g, <const double*>q, <double**>slots, n)
    return walk_in_single(step, dtype_code == BF16, <uint16_t*>p, <const uint16_t*>g, <const uint16_t*>q, <uint16_t**>slots,
                          sizes, n)


cdef void shape_pass(const void* context, float* target, const float* source, Py_ssize_t n) noexcept nogil:
    shape_part(<const Step*>context, source, target, n)


cdef void shape(const Step* step, int dtype_code, const char* g, char* out, Py_ssize_t n) noexcept nogil:
    if dtype_code == F32:
        shape_part(step, <const float*>g, <float*>out, n)
    elif dtype_code == F64:
        shape_part(step, <const double*>g, <double*>out, n)
    else:
        pass_in_single(dtype_code, shape_pass, step, out, g, n)


cdef void decay_pass(const void* context, float* target, const float* source, Py_ssize_t n) noexcept nogil:
    decay_part(<const Step*>context, target, n)


cdef void decay(const Step* step, int dtype_code, char* p, Py_ssize_t n) noexcept nogil:
    if dtype_code == F32:
        decay_part(step, <float*>p, n)
    elif dtype_code == F64:
        decay_part(step, <double*>p, n)
    else:
        pass_in_single(dtype_code, decay_pass, step, p, NULL, n)


cdef inline void accumulate_typed(real* total, const real* g, real divisor, real count, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if divisor == 1:
        for i in range(n):
            total[i] += g[i]
    else:
        for i in range(n):
            total[i] += g[i] / divisor
    if count != 1:
        for i in range(n):
            total[i] = total[i] / count


cdef void accumulate_pass(const void* context, float* target, const float* source, Py_ssize_t n) noexcept nogil:
    accumulate_typed(target, source, (<const float*>context)[0], (<const float*>context)[1], n)


cdef void accumulate(int dtype_code, char* total, const char* g, double divisor, double count, Py_ssize_t n) noexcept nogil:
    cdef float[2] numbers
    numbers[0], numbers[1] = <float>divisor, <float>count
    if dtype_code == F32:
        accumulate_typed(<float*>total, <const float*>g, numbers[0], numbers[1], n)
    elif dtype_code == F64:
        accumulate_typed(<double*>total, <const double*>g, divisor, count, n)
    else:
        pass_in_single(dtype_code, accumulate_pass, numbers, total, g, n)


cdef inline void average_typed(real* average, const real* p, real momentum, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef real rest = 1 - momentum
    for i in range(n):
        average[i] = momentum * average[i] + rest * p[i]


cdef void average_pass(const void* context, float* target, const float* source, Py_ssize_t n) noexcept nogil:
    average_typed(target, source, (<const float*>context)[0], n)


cdef void average(int dtype_code, char* average, const char* p, double momentum, Py_ssize_t n) noexcept nogil:
    cdef float single = <float>momentum
    if dtype_code == F32:
        average_typed(<float*>average, <const float*>p, single, n)
    elif dtype_code == F64:
        average_typed(<double*>average, <const double*>p, momentum, n)
    else:
        pass_in_single(dtype_code, average_pass, &single, average, p, n)


cdef double sum_of_squares(int dtype_code, const char* g, double divisor, Py_ssize_t n) noexcept nogil:
    cdef float wide[STEP_BLOCK]
    cdef double total = 0
    cdef Py_ssize_t start = 0, length
    if dtype_code == F32:
        return squares(<const float*>g, divisor, n)
    if dtype_code == F64:
        return squares(<const double*>g, divisor, n)
    while start < n:
        length = n - start if n - start < STEP_BLOCK else STEP_BLOCK
        widen_halves(dtype_code == BF16, <const uint16_t*>g + start, wide, length)
        total += squares(<const float*>wide, divisor, length)
        start += length
    return total


cdef inline void advance_typed(real* product, double beta_1, int64_t t) noexcept nogil:
    product[0] *= nadam_momentum(<real>beta_1, <real>0.96, t)


cdef struct Momentum:
    double beta_1
    int64_t t


cdef void advance_pass(const void* context, float* target, const float* source, Py_ssize_t n) noexcept nogil:
    advance_typed(target, (<const Momentum*>context).beta_1, (<const Momentum*>context).t)


cdef void advance(int dtype_code, char* product, double beta_1, int64_t t) noexcept nogil:
    cdef Momentum momentum
    if dtype_code == F32:
        advance_typed(<float*>product, beta_1, t)
    elif dtype_code == F64:
        advance_typed(<double*>product, beta_1, t)
    else:
        momentum.beta_1, momentum.t = beta_1, t
        pass_in_single(dtype_code, advance_pass, &momentum, product, NULL, 1)


cdef Rules rules_here
rules_here.table = rule_table
rules_here.walk = walk
rules_here.shape = shape
rules_here.decay = decay
rules_here.accumulate = accumulate
rules_here.average = average
rules_here.sum_of_squares = sum_of_squares
rules_here.advance = advance


def rules():
    """The address of this set's table of rules."""
    return <size_t>&rules_here
