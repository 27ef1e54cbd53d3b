"""What a step of an optimizer hands to the rules of a kernel set."""

from libc.stdint cimport int64_t

cdef enum:
    HYPERPARAMETERS = 8      # of one rule
    SLOTS = 3
    STEP_BLOCK = 2048        # elements that are scaled, clipped and stepped while they are in cache

# What a step does to one parameter.
cdef struct Step:
    int rule
    const double* hyper      # in the order that the rule's entry names
    double rate
    int64_t t                # the step's number from 1 on
    double product           # Nadam's, of the momenta of all steps up to this one
    Py_ssize_t rows          # of the parameter's last two axes; 0 where it has fewer
    Py_ssize_t columns
    bint bare                # whether nothing goes before the rule: no decay, scaling or clipping
    double decay             # NaN: none; else this times the rate is taken off the parameter first
    double divisor           # of the gradient; 1: none
    double numerator         # then it is multiplied by this and divided by the next, unless that is 0
    double denominator
    double limit             # then clipped to ±limit; NaN: not

cdef struct Rule:
    void (*single)(const Step* step, float* p, const float* g, const float* q, float** s, Py_ssize_t n) noexcept nogil
    void (*double_precision)(const Step* step, double* p, const double* g, const double* q, double** s, Py_ssize_t n) noexcept nogil
    bint absolute            # reads |g| where others read g²
    bint whole               # looks at all of a parameter before it writes
    int row_slots            # rows without gradient stay as they are, with no more than so many slots in use; -1: never

cdef struct Rules:
    const Rule* table
    # One parameter's part of a step. p: the parameter (IN, OUT); g: its gradient (IN); q: what stands for g² (|g| for an absolute
    # rule), or NULL where g's own do (IN); slots (IN, OUT): SLOTS of them, NULL where not in use; sizes: how many elements each
    # has, which only whole rules in half precision ask for (IN). All of one floating dtype. -1: no memory.
    int (*walk)(const Step* step, int dtype_code, char* p, const char* g, const char* q, char** slots, const Py_ssize_t* sizes,
                Py_ssize_t n) noexcept nogil
    # out (OUT) = the gradient (IN) as a rule would get it.
    void (*shape)(const Step* step, int dtype_code, const char* g, char* out, Py_ssize_t n) noexcept nogil
    # p (IN, OUT) less its decay.
    void (*decay)(const Step* step, int dtype_code, char* p, Py_ssize_t n) noexcept nogil
    # total (IN, OUT) = (total + g / divisor) / count, with g IN.
    void (*accumulate)(int dtype_code, char* total, const char* g, double divisor, double count, Py_ssize_t n) noexcept nogil
    # average (IN, OUT) moved towards p (IN).
    void (*average)(int dtype_code, char* average, const char* p, double momentum, Py_ssize_t n) noexcept nogil
    # The sum of (g / divisor)², g IN.
    double (*sum_of_squares)(int dtype_code, const char* g, double divisor, Py_ssize_t n) noexcept nogil
    # Nadam's product (IN, OUT) of momenta, with that of step t.
    void (*advance)(int dtype_code, char* product, double beta_1, int64_t t) noexcept nogil
