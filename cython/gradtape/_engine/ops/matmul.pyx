"""Matrix products. Bits 0 and 1 of the attribute say which operands are transposed."""

cimport numpy as cnp
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from gradtape._engine.base.shape cimport Extent, dims_text, new_extent, release_extent, retain_extent, tensor_shape
from gradtape._engine.base.types cimport F64, MAX_RANK, is_complex, is_half, is_native
from gradtape._engine.compute.matmul cimport add_product, product, transpose_invariant
from gradtape._engine.ops.elementwise cimport conjugated
from gradtape._engine.ops.messages cimport mixed_dtypes
from gradtape._engine.ops.structural cimport reshape, rounded, sum_to_batch, transpose, widened
from gradtape._engine.record.entries cimport Entry, attribute_of, operand_extent
from gradtape._engine.record.primitive cimport Primitive, examining, make_primitive, note, observe, unobserved
from gradtape._engine.tensor.conversion cimport from_array
from gradtape._engine.tensor.tensor cimport Tensor, as_array, item_size, new_tensor

import numpy as np

from gradtape._engine.ops.messages import refused

cnp.import_array()


def read_sides(int64_t attribute) -> tuple:
    """Which operands of a product are transposed."""
    return attribute & 1 != 0, attribute & 2 != 0


# The product of a cotangent and one operand that is the cotangent of the other operand.
cdef struct Factors:
    PyObject* left           # Tensors, borrowed
    PyObject* right
    bint left_transposed
    bint right_transposed


cdef inline Factors factors(Entry* entry, Tensor g, Tensor other, int operand) noexcept:
    cdef bint ta = attribute_of(entry) & 1, tb = (attribute_of(entry) >> 1) & 1
    if operand == 0:
        if not ta:
            return Factors(<PyObject*>g, <PyObject*>other, False, not tb)
        return Factors(<PyObject*>other, <PyObject*>g, tb, True)
    if not tb:
        return Factors(<PyObject*>other, <PyObject*>g, not ta, False)
    return Factors(<PyObject*>g, <PyObject*>other, True, ta)


# Transposes of matrices by which a sweep multiplies repeatedly, as in recurrent networks: row-wise access is faster. Found by the
# matrix's address, and dropped when the sweep ends, so that optimizers can write to the matrix in place.
cdef struct Kept:
    PyObject* met                # a matrix used once so far; only compared
    PyObject* matrix             # owned
    PyObject* transpose          # owned


cdef enum:
    MOST_KEPT = 8

cdef Kept _kept[MOST_KEPT]
cdef bint _keeps = False         # any place is taken


cdef Tensor kept_transpose(Tensor matrix, Tensor g):
    """The transpose of a matrix used repeatedly, for its product with g; None if it saves no time or would change a bit."""
    global _keeps
    cdef Tensor made
    cdef size_t address = <size_t><PyObject*>matrix
    cdef Kept* kept = &_kept[((address >> 7) ^ (address >> 10)) & (MOST_KEPT - 1)]
    if (matrix.extent.rank != 2 or g.extent.rank != 2 or not unobserved()
            or not transpose_invariant(g.extent.dims[0], matrix.extent.dims[0], matrix.extent.dims[1])):
        return None
    if kept.matrix == <PyObject*>matrix:
        return <Tensor>kept.transpose
    _keeps = True
    if kept.met != <PyObject*>matrix:
        kept.met = <PyObject*>matrix
        return None
    made = transpose(matrix, 1)
    forget(kept)
    Py_INCREF(matrix)
    Py_INCREF(made)
    kept.matrix, kept.transpose = <PyObject*>matrix, <PyObject*>made
    return made


cdef int forget(Kept* kept) except -1:
    cdef PyObject* matrix = kept.matrix
    cdef PyObject* held = kept.transpose
    kept.met = kept.matrix = kept.transpose = NULL
    if matrix != NULL:
        Py_DECREF(<object>matrix)
        Py_DECREF(<object>held)
    return 0


cdef int forget_transposes() except -1:
    global _keeps
    cdef int i
    if _keeps:
        _keeps = False
        for i in range(MOST_KEPT):
            forget(&_kept[i])
    return 0


cdef object matmul_rule(Entry* entry, Tensor g, int operand, Py_ssize_t batch):
    cdef Tensor result, other = <Tensor>entry.saved[1 - operand], transposed = None
    cdef Factors of
    cdef Extent* extent = operand_extent(entry, operand)
    if is_complex(g.dtype_code):
        other = conjugated(other)
    if batch == 0 and operand == 1 and not attribute_of(entry) & 1 and g.extent.rank > 2 and extent != NULL and extent.rank == 2:
        # One matrix for all batches: one product with the rows of all batches.
        other = as_rows(other)
        g = as_rows(g)
    if operand == 0 and attribute_of(entry) == 0:
        transposed = kept_transpose(other, g)
    if transposed is not None:
        result = matmul(g, transposed, False, False)
    else:
        of = factors(entry, g, other, operand)
        result = matmul(<Tensor>of.left, <Tensor>of.right, of.left_transposed, of.right_transposed)
    return result if extent == NULL else sum_to_batch(result, extent, batch)


cdef bint add_cotangent(Entry* entry, Tensor g, int operand, Tensor total) noexcept:
    """Accumulates the cotangent of one of a product's operands in place in `total`, if that is faster."""
    cdef Factors of
    cdef Tensor left, right
    cdef Py_ssize_t depth
    if g.extent.rank != 2 or examining or not is_native(g.dtype_code):
        return False
    of = factors(entry, g, <Tensor>entry.saved[1 - operand], operand)
    left, right = <Tensor>of.left, <Tensor>of.right
    # A custom gradient may have returned a cotangent of any shape and dtype.
    if (left.extent.rank != 2 or right.extent.rank != 2 or total.extent.rank != 2
            or left.dtype_code != right.dtype_code or left.dtype_code != total.dtype_code):
        return False
    depth = left.extent.dims[0 if of.left_transposed else 1]
    if (right.extent.dims[1 if of.right_transposed else 0] != depth
            or left.extent.dims[1 if of.left_transposed else 0] != total.extent.dims[0]
            or right.extent.dims[0 if of.right_transposed else 1] != total.extent.dims[1]):
        return False
    return add_product(total.dtype_code == F64, of.left_transposed, of.right_transposed, total.extent.dims[0],
                       total.extent.dims[1], depth, left.data, right.data, total.data)


cdef Tensor added_product(Entry* entry, Tensor g, int operand, Tensor total):
    """The result of `add_cotangent` as a new tensor, while it is traced; None if that is not faster."""
    cdef Tensor out = new_tensor(total.dtype_code, total.extent)
    cdef Factors of
    memcpy(out.data, total.data, total.extent.size * item_size(total.dtype_code))
    if not add_cotangent(entry, g, operand, out):
        return None
    of = factors(entry, g, <Tensor>entry.saved[1 - operand], operand)
    observe(ADD_PRODUCT, (<Tensor>of.left, <Tensor>of.right, total), (of.left_transposed, of.right_transposed), (out,))
    return out


def evaluate_added_product(Tensor left, Tensor right, Tensor total, bint left_transposed, bint right_transposed) -> Tensor:
    cdef Tensor out = new_tensor(total.dtype_code, total.extent)
    memcpy(out.data, total.data, total.extent.size * item_size(total.dtype_code))
    if not add_product(total.dtype_code == F64, left_transposed, right_transposed, total.extent.dims[0], total.extent.dims[1],
                       left.extent.dims[0 if left_transposed else 1], left.data, right.data, out.data):
        raise RuntimeError("a product was added that is not added so")
    return out


cdef Primitive ADD_PRODUCT = Primitive("matmul", evaluate_added_product, batch="added_product")


cdef Tensor as_rows(Tensor a):
    cdef Py_ssize_t dims[2]
    cdef Extent* extent
    dims[1] = a.extent.dims[a.extent.rank - 1]
    dims[0] = 1
    for i in range(a.extent.rank - 1):
        dims[0] *= a.extent.dims[i]
    extent = new_extent(2, dims)
    a = reshape(a, extent)
    release_extent(extent)
    return a


cdef Tensor compute_matmul(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return matmul(a, b, attribute & 1, (attribute >> 1) & 1)


cdef Primitive MATMUL = make_primitive("matmul", "MatMul", compute_matmul, matmul_rule, 2, 1, True, "matmul")
cdef Primitive BATCH_MATMUL = make_primitive("matmul", "BatchMatMulV2", compute_matmul, matmul_rule, 2, 1, True, "matmul")
MATMUL.adds = BATCH_MATMUL.adds = True
MATMUL.write = BATCH_MATMUL.write = write_matmul
MATMULS = MATMUL, BATCH_MATMUL


cdef int write_matmul(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef bint ta = attribute & 1, tb = (attribute >> 1) & 1
    cdef Py_ssize_t n = b.extent.dims[0 if tb else 1], k = b.extent.dims[1 if tb else 0], m = a.extent.size // k
    return product(a.dtype_code == F64, ta, tb, 1, m, n, k, a.data, m * k, b.data, n * k, out.data)


cdef bint multiplies_rows(int64_t attribute, Py_ssize_t left_rank, Py_ssize_t right_rank) noexcept:
    return right_rank == 2 and (left_rank == 2 or left_rank > 2 and not attribute & 1)


cdef Tensor matmul(Tensor a, Tensor b, bint ta, bint tb):
    """Matrix product over the last two axes, the others broadcast."""
    cdef Extent* x = a.extent
    cdef Extent* y = b.extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t m, n, k, height, left_step, batch = 1
    cdef int i, rank
    cdef Extent* extent
    cdef Tensor out, left = a, right = b
    cdef str op = "MatMul" if x.rank == 2 and y.rank == 2 else "BatchMatMulV2"
    if a.dtype_code != b.dtype_code:
        raise mixed_dtypes(op, a, b, 1)
    if x.rank < 2 or y.rank < 2:
        which = 0 if x.rank < 2 else 1
        raise refused("matmul rank", op=op, which=which, rank=(a if which == 0 else b).extent.rank)
    m = x.dims[x.rank - 1] if ta else x.dims[x.rank - 2]
    k = x.dims[x.rank - 2] if ta else x.dims[x.rank - 1]
    n = y.dims[y.rank - 2] if tb else y.dims[y.rank - 1]
    if k != (y.dims[y.rank - 1] if tb else y.dims[y.rank - 2]):
        raise refused("matmul sizes", op=op, left=dims_text(x), right=dims_text(y))
    if not is_native(a.dtype_code):
        out = other_matmul(a, b, ta, tb)
        note(MATMUL if out.extent.rank == 2 else BATCH_MATMUL, out, a, b, ta | (tb << 1))
        return out
    height = m
    left_step = m * k
    if y.rank == 2 and not ta:
        # One product with the rows of all batches.
        for i in range(x.rank - 2):
            dims[i] = x.dims[i]
            batch *= x.dims[i]
        rank = x.rank
        m *= batch
        batch = 1
    elif x.rank == 2 and y.rank > 2:
        rank = y.rank
        left_step = 0
        for i in range(rank - 2):
            dims[i] = y.dims[i]
            batch *= y.dims[i]
    elif x.rank == y.rank and batches_match(x, y):
        rank = x.rank
        for i in range(rank - 2):
            dims[i] = x.dims[i]
            batch *= x.dims[i]
    else:
        left, right = broadcast_batches(a, b, op)
        x = left.extent
        y = right.extent
        rank = x.rank
        for i in range(rank - 2):
            dims[i] = x.dims[i]
            batch *= x.dims[i]
    dims[rank - 2] = height
    dims[rank - 1] = n
    # Equal shapes are often the same object.
    if rank == 2 and x.rank == 2 and height == x.dims[0] and n == x.dims[1]:
        extent = retain_extent(x)
    else:
        extent = new_extent(rank, dims)
    out = new_tensor(a.dtype_code, extent)
    release_extent(extent)
    if left_step == 0 and n == 1:
        # One matrix times many columns: one product, with the columns as rows.
        product(a.dtype_code == F64, False, not ta, 1, batch, m, k, right.data, 0, left.data, 0, out.data)
    else:
        product(a.dtype_code == F64, ta, tb, batch, m, n, k, left.data, left_step, right.data, n * k, out.data)
    note(MATMUL if out.extent.rank == 2 else BATCH_MATMUL, out, a, b, ta | (tb << 1))
    return out


cdef bint batches_match(Extent* x, Extent* y) noexcept:
    cdef int i
    for i in range(x.rank - 2):
        if x.dims[i] != y.dims[i]:
            return False
    return True


cdef tuple broadcast_batches(Tensor a, Tensor b, str op):
    """Both operands with their batch axes broadcast: unrecorded copies, as the vjp sums over broadcast axes."""
    cdef tuple x = tuple(tensor_shape(a.extent)), y = tuple(tensor_shape(b.extent))
    cdef Py_ssize_t p = len(x) - 2, q = len(y) - 2
    try:
        batch = np.broadcast_shapes(x[:p], y[:q])
    except ValueError:
        raise refused("matmul batches", op=op, left=dims_text(a.extent), right=dims_text(b.extent)) from None
    return (from_array(np.broadcast_to(as_array(a), (*batch, *x[p:])), a.dtype_code),
            from_array(np.broadcast_to(as_array(b), (*batch, *y[q:])), b.dtype_code))


cdef Tensor other_matmul(Tensor a, Tensor b, bint ta, bint tb):
    if is_half(a.dtype_code):
        return rounded(matmul(widened(a), widened(b), ta, tb), a.dtype_code)
    x, y = as_array(a), as_array(b)
    return from_array(np.matmul(np.matrix_transpose(x) if ta else x, np.matrix_transpose(y) if tb else y), a.dtype_code)
