"""Matrix products over raw, row-major operands."""

# c (OUT, batch x m x n) = op(a) op(b). a (IN) is batch x m x k, or batch x k x m when transpose_a; b likewise.
# A batch stride of 0 elements repeats the same matrix. Needs the GIL; releases it around long work.
cdef int product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                 Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                 const void* a, Py_ssize_t a_batch_stride, const void* b, Py_ssize_t b_batch_stride, void* c) except -1

# Whether a product is not empty and so small that `product` always computes it by direct_product.
cdef bint is_short(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept

# Adds op(a) op(b) to c (IN, OUT) if the product is short; otherwise returns False.
cdef bint add_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                      const void* a, const void* b, void* c) noexcept

# Whether op(a) op(b) is bitwise the same if b is replaced with a copy of its transpose: if it is direct, and its depth summed
# in one pass either way.
cdef bint transpose_invariant(Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept

# The implementations that `product` chooses from; no size may be 0. direct_product does not need the GIL. shared_product divides
# the product into parts for as many threads, and packs the operands if `blocked`.
cdef int shared_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                        Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                        const void* b, Py_ssize_t b_batch_stride, void* c, int parts, bint blocked) except -1
cdef void direct_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                         Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                         const void* b, Py_ssize_t b_batch_stride, void* c, bint accumulate) noexcept nogil
cdef int blas_product(bint double_precision, bint transpose_a, bint transpose_b, Py_ssize_t batch,
                      Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, const void* a, Py_ssize_t a_batch_stride,
                      const void* b, Py_ssize_t b_batch_stride, void* c) except -1
