"""Matrix products over raw, row-major operands."""

# c (OUT, batch x m x n) = op(a) op(b). a (IN) is batch x m x k, or batch x k x m when transpose_a; b likewise.
# A batch stride of 0 elements repeats the same matrix. Needs the GIL; releases it around long work.
cdef int product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                 Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                 const void* a, Py_ssize_t a_batch_stride, const void* b, Py_ssize_t b_batch_stride, void* c) except -1

# Whether a product is too small for any way but direct_product, but not empty.
cdef bint is_short(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept

# Adds op(a) op(b) to c (IN, OUT) instead, and says so, where the product is short.
cdef bint add_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                      const void* a, const void* b, void* c) noexcept

# Whether op(a) op(b) has the same bits from b as from a copy of its transpose: it is direct, and adds up in one go either way.
cdef bint indifferent(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept

# The ways that `product` chooses between; no size may be 0. direct_product may also run without the GIL; shared_product cuts
# the product into parts for as many threads, and packs what it multiplies when `blocked`.
cdef int shared_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                        Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                        const void* b, Py_ssize_t b_batch_stride, void* c, int parts, bint blocked) except -1
cdef void direct_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                         Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                         const void* b, Py_ssize_t b_batch_stride, void* c, bint accumulate) noexcept nogil
cdef int blas_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                      Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                      const void* b, Py_ssize_t b_batch_stride, void* c) except -1
