"""The interface of the optimizers' update rules, which each kernel set implements."""

from libc.stdint cimport int64_t

cdef enum:
    HYPERPARAMETERS = 8      # maximum number per rule
    SLOTS = 3
    STEP_BLOCK = 2048        # elements processed at once, so that they stay in cache

# An optimizer's step for one parameter.
cdef struct Step:
    int rule
    const double* hyper      # hyperparameters, in the order of the rule's entry in the table
    double rate
    int64_t t                # number of the step, from 1
    double product           # for Nadam: product of the momenta of all steps up to this one
    Py_ssize_t rows          # sizes of the parameter's last two axes; 0 if it has fewer
    Py_ssize_t columns
    bint bare                # no decay, scaling or clipping
    double decay             # weight decay, multiplied by the rate and applied first; NaN: none
    double divisor           # of the gradient; 1: none
    double numerator         # the gradient is then multiplied by numerator / denominator, unless the denominator is 0
    double denominator
    double limit             # the gradient is then clipped to ±limit; NaN: not

cdef struct Rule:
    void (*single)(const Step* step, float* p, const float* g, const float* q, float** s, Py_ssize_t n) noexcept nogil
    void (*double_precision)(const Step* step, double* p, const double* g, const double* q, double** s, Py_ssize_t n) noexcept nogil
    bint absolute            # uses |g| instead of g²
    bint whole               # needs all of the parameter at once, as it computes norms or means
    int row_slots            # rows without gradient do not change if at most this many slots are in use; -1: they always may

cdef struct Rules:
    const Rule* table
    # Updates one parameter. p: the parameter (IN, OUT); g: its gradient (IN); q: used instead of g² (|g| for an absolute rule)
    # unless NULL (IN); slots (IN, OUT): SLOTS of them, NULL if not in use; sizes: their numbers of elements, only read by whole
    # rules in half precision (IN). All are of one floating dtype. -1: out of memory.
    int (*walk)(const Step* step, int dtype_code, char* p, const char* g, const char* q, char** slots, const Py_ssize_t* sizes,
                Py_ssize_t n) noexcept nogil
    # out (OUT) = the gradient (IN) scaled and clipped.
    void (*shape)(const Step* step, int dtype_code, const char* g, char* out, Py_ssize_t n) noexcept nogil
    # Applies weight decay to p (IN, OUT).
    void (*decay)(const Step* step, int dtype_code, char* p, Py_ssize_t n) noexcept nogil
    # total (IN, OUT) = (total + g / divisor) / count, with g IN.
    void (*accumulate)(int dtype_code, char* total, const char* g, double divisor, double count, Py_ssize_t n) noexcept nogil
    # Updates a moving average (IN, OUT) of p (IN).
    void (*average)(int dtype_code, char* average, const char* p, double momentum, Py_ssize_t n) noexcept nogil
    # The sum of (g / divisor)², g IN.
    double (*sum_of_squares)(int dtype_code, const char* g, double divisor, Py_ssize_t n) noexcept nogil
    # Multiplies Nadam's product of momenta (IN, OUT) by that of step t.
    void (*advance)(int dtype_code, char* product, double beta_1, int64_t t) noexcept nogil
