"""Random numbers by Philox 4x32-10, drawn in TensorFlow's order so that the same seeds give the same numbers.

A stream is three 64-bit words: ``key``, and the counter's ``low`` and ``high`` halves. Each counter value yields a block of
four 32-bit words. Block i of a stream belongs to outputs 4i..4i+3 (2i, 2i+1 for doubles), so any partition of the work
gives the same numbers. For rejection methods, which may need more words than one block has, each output has 256 blocks.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from libc.math cimport NAN, ceil, INFINITY, cos, cosf, exp, fabs, floor, lgamma, log, log1p, logf, pow, sin, sinf, sqrt, sqrtf
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from gradtape._engine.base.types cimport real

cdef enum:
    RESERVED = 256  # blocks per output of a rejection method
    RESERVED_FEW = 42  # blocks per sum of geometric numbers
    PATIENCE = 1000  # maximum number of consecutive draws above the highest value, even one of which is rare

cdef double TWO_PI = 6.283185307179586


cdef inline float unit_float(uint32_t x) noexcept nogil:
    """A number in [0, 1): 23 bits are the fraction of a number in [1, 2), from which 1 is subtracted."""
    cdef uint32_t bits = (127u << 23) | (x & 0x7FFFFFu)
    cdef float value
    memcpy(&value, &bits, 4)
    return value - <float>1.0


cdef inline double unit_double(uint32_t x, uint32_t y) noexcept nogil:
    """A number in [0, 1) of 52 bits: the upper 20 are from x, the lower 32 from y."""
    cdef uint64_t bits = (<uint64_t>1023 << 52) | (<uint64_t>(x & 0xFFFFFu) << 32) | y
    cdef double value
    memcpy(&value, &bits, 8)
    return value - 1.0


cdef inline void normal_pair(const uint32_t* x, real* pair) noexcept nogil:
    """Two normal numbers by Box-Muller: floats from two words, doubles from four."""
    cdef double radius, angle
    cdef float u, r, a
    if real is float:
        u = unit_float(x[0])
        r = sqrtf(-<float>2.0 * logf(u if u >= <float>1.0e-7 else <float>1.0e-7))
        a = <float>(TWO_PI * unit_float(x[1]))
        pair[0] = sinf(a) * r
        pair[1] = cosf(a) * r
    else:
        radius = unit_double(x[0], x[1])
        radius = sqrt(-2.0 * log(radius if radius >= 1.0e-7 else 1.0e-7))
        angle = TWO_PI * unit_double(x[2], x[3])
        pair[0] = sin(angle) * radius
        pair[1] = cos(angle) * radius


def fill_bits(uint32_t[::1] out, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out`` (OUT) with the stream's words."""
    cdef Py_ssize_t i, n = out.shape[0]
    cdef Stream stream = start(key, low, high, 0)
    with nogil:
        for i in range(n):
            out[i] = word(&stream)


def fill_uniform(real[::1] out, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out`` (OUT) with uniform numbers in [0, 1)."""
    cdef Py_ssize_t i, n = out.shape[0]
    cdef uint32_t x
    cdef Stream stream = start(key, low, high, 0)
    with nogil:
        for i in range(n):
            x = word(&stream)
            if real is float:
                out[i] = unit_float(x)
            else:
                out[i] = unit_double(x, word(&stream))


def fill_normal(real[::1] out, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out`` (OUT) with standard normal numbers."""
    cdef Py_ssize_t i, j, n = out.shape[0]
    cdef Py_ssize_t wide = 2 if real is float else 4   # words per pair
    cdef real pair[2]
    cdef uint32_t x[4]
    cdef Stream stream = start(key, low, high, 0)
    with nogil:
        for i in range(0, n, 2):
            for j in range(wide):
                x[j] = word(&stream)
            normal_pair(x, pair)
            out[i] = pair[0]
            if i + 1 < n:
                out[i + 1] = pair[1]


def fill_truncated_normal(real[::1] out, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out`` (OUT) with standard normal numbers in (-2, 2): others are redrawn."""
    cdef Py_ssize_t i, j, k, n = out.shape[0]
    cdef Py_ssize_t group = 4 if real is float else 2
    cdef Py_ssize_t wide = 8 // group   # words per pair
    cdef real pair[2]
    cdef uint32_t x[4]
    cdef Stream stream
    with nogil:
        i = 0
        while i < n:
            stream = start(key, low, high, <uint64_t>(i * (RESERVED // 4)))
            j = 0
            while j < group:
                for k in range(wide):
                    x[k] = word(&stream)
                normal_pair(x, pair)
                for k in range(2):
                    if j < group and -2 < pair[k] < 2:
                        if i + j < n:
                            out[i + j] = pair[k]
                        j += 1
            i += group


cdef double[10] STIRLING_TAILS = [
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211, 0.0138761288230707,
    0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287]


cdef struct Pairs:   # doubles generated in pairs, of which the second is returned first
    double values[2]
    int left


cdef inline double uniform_of(Stream* stream, Pairs* pairs) noexcept nogil:
    if pairs.left == 0:
        advance(stream)
        pairs.values[0] = unit_double(stream.words[0], stream.words[1])
        pairs.values[1] = unit_double(stream.words[2], stream.words[3])
        pairs.left = 2
    pairs.left -= 1
    return pairs.values[pairs.left]


cdef inline double normal_of(Stream* stream, Pairs* pairs) noexcept nogil:
    if pairs.left == 0:
        advance(stream)
        normal_pair[double](stream.words, pairs.values)
        pairs.left = 2
    pairs.left -= 1
    return pairs.values[pairs.left]


cdef double gamma_draw(Stream* stream, double alpha) noexcept nogil:
    """A number from Gamma(alpha, 1), NaN if alpha is negative or NaN: Marsaglia and Tsang, ACM TOMS 26(3), 2000."""
    cdef Pairs uniforms, normals
    cdef double d, c, x, v, u
    if not alpha >= 0:
        return NAN
    uniforms.left = normals.left = 0
    if alpha == 1.0:
        return -log1p(-uniform_of(stream, &uniforms))
    d = alpha + (2.0 / 3 if alpha < 1 else -1.0 / 3)
    c = 1.0 / 3 / sqrt(d)
    while True:
        x = normal_of(stream, &normals)
        v = 1 + c * x
        if v <= 0:
            continue
        v = v * v * v
        u = uniform_of(stream, &uniforms)
        if u < 1 - 0.0331 * (x * x) * (x * x) or log(u) < 0.5 * x * x + d * (1 - v + log(v)):
            if alpha < 1:
                return d * v * pow(uniform_of(stream, &uniforms), 1 / alpha)
            return d * v


cdef double poisson_draw(Stream* stream, double rate, double highest) noexcept nogil:
    """A number from Poisson(rate), NaN for NaN: by Knuth's product below 10, else by Hoermann's transformed rejection (1993). Draws
    above `highest` are rejected; after PATIENCE of them the result is `highest`."""
    cdef Pairs uniforms
    cdef double product = 1, count = 0, limit, a, b, inverse_alpha, u, v, shifted
    cdef int beyond = 0
    uniforms.left = 0
    if rate < 10:
        limit = exp(-rate)
        while True:
            product *= uniform_of(stream, &uniforms)
            if product <= limit and count <= highest:
                return count
            count += 1
    if not rate < INFINITY:
        return rate
    b = 0.931 + 2.53 * sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    while True:
        u = uniform_of(stream, &uniforms) - 0.5
        v = uniform_of(stream, &uniforms)
        shifted = 0.5 - fabs(u)
        count = floor((2 * a / shifted + b) * u + rate + 0.43)
        if count > highest:
            beyond += 1
            if beyond == PATIENCE:
                return highest
            continue
        if shifted >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return count
        if count < 0 or (shifted < 0.013 and v > shifted):
            continue
        if log(v * inverse_alpha / (a / (shifted * shifted) + b)) <= -rate + count * log(rate) - lgamma(count + 1):
            return count


cdef double stirling_tail(double k) noexcept nogil:
    """log(k!) minus Stirling's approximation of it."""
    cdef double square = (k + 1) * (k + 1)
    if k <= 9:
        return STIRLING_TAILS[<int>k]
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)


cdef double binomial_draw(Stream* stream, double count, double p, bint many) noexcept nogil:
    """A number from Binomial(count, p), p at most 1/2: by sums of geometric numbers or, if the mean is 10 or more (`many`), by
    transformed rejection with squeeze (Hoermann, Journal of Statistical Computation and Simulation 46, 1993)."""
    cdef Pairs uniforms
    cdef double total = 0, drawn = 0, stddev, a, b, alpha, odds, mode, u, v, shifted, k
    uniforms.left = 0
    if not many:
        while True:
            total += ceil(log(uniform_of(stream, &uniforms)) / log1p(-p))
            if total > count:
                return drawn
            drawn += 1
    stddev = sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * stddev
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha = (2.83 + 5.1 / b) * stddev
    odds = p / (1 - p)
    mode = floor((count + 1) * p)
    while True:
        u = uniform_of(stream, &uniforms) - 0.5
        v = uniform_of(stream, &uniforms)
        shifted = 0.5 - fabs(u)
        k = floor((2 * a / shifted + b) * u + (count * p + 0.5))
        if shifted >= 0.07 and v <= 0.92 - 4.2 / b:
            return k
        if k < 0 or k > count:
            continue
        if log(v * alpha / (a / (shifted * shifted) + b)) <= (
                (mode + 0.5) * log((mode + 1) / (odds * (count - mode + 1)))
                + (count + 1) * log((count - mode + 1) / (count - k + 1))
                + (k + 0.5) * log(odds * (count - k + 1) / (k + 1))
                + stirling_tail(mode) + stirling_tail(count - mode) - stirling_tail(k) - stirling_tail(count - k)):
            return k


def fill_binomial(double[:, ::1] out, const double[::1] counts, const double[::1] p, const unsigned char[::1] many,
                  uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out[sample, j]`` (OUT) with numbers from Binomial(counts[j], p[j]); ``counts`` and ``p`` are IN, p at most 1/2."""
    cdef Py_ssize_t i, j, samples = out.shape[0]
    cdef Stream stream
    with nogil:
        for j in range(p.shape[0]):
            for i in range(samples):
                if not counts[j] > 0 or not p[j] > 0:
                    out[i, j] = NAN if counts[j] != counts[j] or p[j] != p[j] else 0
                    continue
                stream = start(key, low, high, <uint64_t>((RESERVED if many[j] else RESERVED_FEW) * (j * samples + i)))
                out[i, j] = binomial_draw(&stream, counts[j], p[j], many[j])


def fill_gamma(double[:, ::1] out, const double[::1] alpha, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out[sample, j]`` (OUT) with numbers from Gamma(alpha[j], 1); ``alpha`` is IN. Samples of one alpha are adjacent in
    the stream."""
    cdef Py_ssize_t i, j, samples = out.shape[0]
    cdef Stream stream
    with nogil:
        for j in range(alpha.shape[0]):
            for i in range(samples):
                stream = start(key, low, high, <uint64_t>(RESERVED * (j * samples + i)))
                out[i, j] = gamma_draw(&stream, alpha[j])


def fill_poisson(double[:, ::1] out, const double[::1] rate, double highest, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out[sample, j]`` (OUT) with numbers from Poisson(rate[j]), at most ``highest``; ``rate`` is IN."""
    cdef Py_ssize_t i, j, samples = out.shape[0]
    cdef Stream stream
    with nogil:
        for j in range(rate.shape[0]):
            for i in range(samples):
                stream = start(key, low, high, <uint64_t>(RESERVED * (j * samples + i)))
                out[i, j] = poisson_draw(&stream, rate[j], highest)


def fill_categorical(int64_t[:, ::1] out, const double[:, ::1] cdf, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out[row, sample]`` (OUT) with random classes: the first where ``cdf[row]`` (IN, unnormalised) exceeds a uniform draw."""
    cdef Py_ssize_t row, i, first, last, middle, classes = cdf.shape[1]
    cdef double draw
    cdef uint32_t x
    cdef Stream stream = start(key, low, high, 0)
    with nogil:
        for row in range(out.shape[0]):
            for i in range(out.shape[1]):
                x = word(&stream)
                draw = unit_double(x, word(&stream)) * cdf[row, classes - 1]
                first, last = 0, classes
                while first < last:
                    middle = (first + last) // 2
                    if cdf[row, middle] <= draw:
                        first = middle + 1
                    else:
                        last = middle
                out[row, i] = first


def fill_permutation(int64_t[::1] out, uint64_t key, uint64_t low, uint64_t high):
    """Fills ``out`` (OUT) with a random permutation of 0..n-1: Fisher and Yates from the front, one word per swap."""
    cdef Py_ssize_t i, j, n = out.shape[0]
    cdef Stream stream = start(key, low, high, 0)
    with nogil:
        for i in range(n):
            out[i] = i
        for i in range(n - 1):
            j = i + word(&stream) % <uint32_t>(n - i)
            out[i], out[j] = out[j], out[i]
