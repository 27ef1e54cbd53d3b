"""Reductions: sums, means, extremes and products over axes."""

cimport numpy as cnp
from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent, extent_from, new_extent, release_extent, same_extent
from gradtape._engine.base.types cimport F32, F64, MAX_OPERANDS, MAX_RANK, U64, is_complex, is_differentiable, is_half, is_native
from gradtape._engine.compute.loops cimport execute_sum
from gradtape._engine.compute.program cimport Operand, Program, program as program_named
from gradtape._engine.kernels.dispatch cimport MAX, MIN, PROD, SUM
from gradtape._engine.ops.elementwise cimport elementwise, elementwise_list
from gradtape._engine.ops.operand cimport describe
from gradtape._engine.ops.structural cimport broadcast_batch, cast, reduce_into, reshape_batch, materialize, rounded, splat, widened
from gradtape._engine.record.entries cimport Entry, attribute_of, operand_extent, RESULT_SLOT
from gradtape._engine.record.primitive cimport (READS_RESULT, Primitive, make_primitive, note, observe_compiled, observing,
                                                unobserved)
from gradtape._engine.tensor.conversion cimport from_array
from gradtape._engine.tensor.tensor cimport Tensor, as_array, new_scalar, new_tensor, scalar_value

import functools

import numpy as np

cnp.import_array()

cdef enum:
    KEEPS = 16                # bit of a reduction's attribute: keepdims


cdef Program MULTIPLY_PROGRAM = program_named("multiply")
cdef Program DIVIDE_PROGRAM = program_named("divide")
cdef Program EQUAL_PROGRAM = program_named("equal")


# Reductions by TensorFlow's kernel names, used by Python.
cdef dict KINDS = {"Sum": SUM, "Prod": PROD, "Max": MAX, "Min": MIN, "Mean": MEAN}
cdef dict NAMES = {kind: name for name, kind in KINDS.items()}


cdef int kind_of(str name) except -1:
    return KINDS[name]


# A reduction's attribute: kind in bits 0-3, KEEPS, the axes' mask from bit 8.


def read_reduction(int64_t attribute) -> tuple:
    """Decodes a reduction's attribute: kernel name, reduced axes, keepdims."""
    cdef int64_t axes = attribute >> 8
    return NAMES[attribute & 15], [i for i in range(MAX_RANK) if (axes >> i) & 1], attribute & KEEPS != 0


cdef Tensor unreduced(Tensor a, Extent* source, int64_t axes, Py_ssize_t batch):
    """A reduced tensor with its reduced axes inserted again, of size 1."""
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int i
    cdef Extent* extent
    cdef Tensor out
    if a.extent.rank == 0:
        return a
    for i in range(source.rank):
        dims[i] = 1 if (axes >> i) & 1 else source.dims[i]
    extent = new_extent(source.rank, dims)
    out = a if batch == 0 and same_extent(extent, a.extent) else reshape_batch(a, extent, batch)
    release_extent(extent)
    return out


cdef object reduce_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef int kind = attribute_of(entry) & 15
    cdef int64_t axes = attribute_of(entry) >> 8
    cdef Extent* source = operand_extent(entry, 0)
    cdef Tensor wide, chosen, count, result, a
    if source == NULL:
        # Nothing was reduced, or only axes of size 1 that the result kept.
        if kind == SUM or kind == MEAN:
            return cotangent
        source = (<Tensor>entry.saved[0]).extent
    if (kind == SUM or kind == MEAN) and cotangent.extent.size == 1 and source.size > 1 and batch == 0:
        if is_native(cotangent.dtype_code) and unobserved():
            return even(cotangent, source, attribute_of(entry))
    cotangent = materialize(cotangent)
    wide = unreduced(cotangent, source, axes, batch)
    if kind == SUM:
        return broadcast_batch(wide, source, batch)
    if kind == MEAN:
        if source.size:
            wide = elementwise(DIVIDE_PROGRAM, wide, new_scalar(cotangent.dtype_code, reduced_count(source, axes)), None)
        return broadcast_batch(wide, source, batch)
    a = <Tensor>entry.saved[0]
    result = unreduced(<Tensor>entry.saved[RESULT_SLOT], source, axes, 0)
    chosen = cast(elementwise(EQUAL_PROGRAM, a, result, None), cotangent.dtype_code)
    count = reduce(SUM, chosen, axes, True)
    return elementwise(MULTIPLY_PROGRAM, elementwise(DIVIDE_PROGRAM, chosen, count, None), wide, None)


cdef double reduced_count(Extent* source, int64_t axes) noexcept:
    cdef double count = 1
    cdef int i
    for i in range(source.rank):
        if (axes >> i) & 1:
            count *= source.dims[i]
    return count


cdef Tensor compute_even(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return even(a, shape, attribute)


cdef Primitive EVEN = make_primitive("even", "BroadcastTo", compute_even, NULL, 0, 0, False, "even")


cdef Tensor even(Tensor a, Extent* extent, int64_t attribute):
    """A splat of a tensor's only value; for a mean, divided by the number of reduced elements."""
    cdef Tensor out
    cdef double value = scalar_value(a)
    if attribute & 15 == MEAN:
        value = value / reduced_count(extent, attribute >> 8)
    out = splat(a.dtype_code, extent, value)
    if observing:
        observe_compiled(EVEN, out, a, None, attribute)
    return out


cdef Tensor compute_reduction(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return reduce(attribute & 15, a, attribute >> 8, attribute & KEEPS)


cdef Primitive SUMS = make_primitive("reduce_sum", "Sum", compute_reduction, reduce_rule, 0, 0, True, "reduce")
cdef Primitive MEANS = make_primitive("reduce_mean", "Mean", compute_reduction, reduce_rule, 0, 0, True, "reduce")
cdef Primitive LARGEST = make_primitive("reduce_max", "Max", compute_reduction, reduce_rule, 1 | READS_RESULT, 0, False, "reduce")
cdef Primitive SMALLEST = make_primitive("reduce_min", "Min", compute_reduction, reduce_rule, 1 | READS_RESULT, 0, False, "reduce")
cdef Primitive PRODUCTS = make_primitive("reduce_prod", "Prod", compute_reduction, NULL, 0, 0, False, "reduce")     # of integers
cdef dict _numpy_reductions = {SUM: np.sum, PROD: np.prod, MAX: np.max, MIN: np.min}


cdef Tensor reduce(int kind, Tensor a, int64_t axes, bint keepdims):
    """Sum, mean, maximum, minimum or product over a mask of axes."""
    cdef Tensor out
    if kind == PROD and is_differentiable(a.dtype_code):
        raise TypeError("Products of integers have no derivative here; reduce_prod takes those of floats.")
    out = reduced_value(kind, a, axes, keepdims)
    note(SUMS if kind == SUM else MEANS if kind == MEAN else LARGEST if kind == MAX else SMALLEST if kind == MIN else PRODUCTS,
         out, a, None, kind | (KEEPS if keepdims else 0) | (axes << 8))
    return out


cdef Tensor reduced_value(int kind, Tensor a, int64_t axes, bint keepdims):
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank = 0, i
    cdef Extent* extent
    cdef Tensor out
    for i in range(a.extent.rank):
        if not (axes >> i) & 1:
            dims[rank] = a.extent.dims[i]
            rank += 1
        elif keepdims:
            dims[rank] = 1
            rank += 1
    if is_half(a.dtype_code):
        return rounded(reduced_value(kind, widened(a), axes, keepdims), a.dtype_code)
    if not is_native(a.dtype_code):
        return other_reduce(kind, a, axes, keepdims)
    extent = new_extent(rank, dims)
    out = new_tensor(a.dtype_code, extent)
    release_extent(extent)
    write_reduction(out, a, None, kind | (axes << 8))
    return out


cdef int write_reduction(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef int kind = attribute & 15
    cdef double count
    cdef Py_ssize_t i
    if kind != MEAN:
        return reduce_into(kind, a, attribute >> 8, out)
    reduce_into(SUM, a, attribute >> 8, out)
    count = reduced_count(a.extent, attribute >> 8)
    for i in range(out.extent.size):
        if a.dtype_code == F32:
            (<float*>out.data)[i] = (<float*>out.data)[i] / <float>count
        else:
            (<double*>out.data)[i] = (<double*>out.data)[i] / count
    return 0


SUMS.write = MEANS.write = LARGEST.write = SMALLEST.write = write_reduction


cdef Tensor other_reduce(int kind, Tensor a, int64_t axes, bint keepdims):
    cdef object array = as_array(a)
    cdef tuple chosen = tuple([i for i in range(a.extent.rank) if (axes >> i) & 1])
    if kind == MEAN and is_complex(a.dtype_code):
        with np.errstate(all="ignore"):
            return from_array(np.asarray(np.sum(array, axis=chosen, keepdims=keepdims) / reduced_count(a.extent, axes)), a.dtype_code)
    if kind == MEAN:
        count = <int64_t>reduced_count(a.extent, axes)
        summed = np.sum(array, axis=chosen, keepdims=keepdims, dtype=np.uint64 if a.dtype_code == U64 else np.int64)
        # In integers throughout, as float64 cannot represent all int64; the mean of no elements is 0, as in TensorFlow.
        return from_array(np.asarray((summed - np.fmod(summed, count)) // count if count else summed), a.dtype_code)
    if kind >= MAX and array.size == 0:
        limits = np.iinfo(array.dtype)
        return from_array(np.asarray(np.max(array, axis=chosen, keepdims=keepdims, initial=limits.min) if kind == MAX else
                                     np.min(array, axis=chosen, keepdims=keepdims, initial=limits.max)), a.dtype_code)
    if kind <= PROD:
        return from_array(np.asarray(_numpy_reductions[kind](array, axis=chosen, keepdims=keepdims, dtype=array.dtype)),
                          a.dtype_code)
    return from_array(np.asarray(_numpy_reductions[kind](array, axis=chosen, keepdims=keepdims)), a.dtype_code)


# A reduction fused with the program whose values it sums, for plans. It has no derivatives.


cdef bint reduces_all(Primitive primitive, int64_t attribute, int rank) noexcept:
    return rank > 0 and (primitive is SUMS or primitive is MEANS) and attribute >> 8 == (<int64_t>1 << rank) - 1


cdef Primitive summed(Program program):
    return Primitive(f"sum of {program.name}", functools.partial(evaluate_summed, program))


def evaluate_summed(Program program, *arguments):
    """The sum or mean over all axes of a program's value, given its operands, the value's shape and the reduction's attribute."""
    cdef Extent* over = extent_from(arguments[len(arguments) - 2])
    try:
        return reduced_program(program, list(arguments[:len(arguments) - 2]), over, arguments[len(arguments) - 1])
    finally:
        release_extent(over)


cdef Tensor reduced_program(Program program, list operands, Extent* over, int64_t attribute):
    cdef Operand described[MAX_OPERANDS]
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Extent* extent
    cdef Tensor tensor, out
    cdef bint double_precision = False
    cdef int i, kind = attribute & 15
    for i in range(len(operands)):
        tensor = operands[i]
        describe(&described[i], tensor, over, 0)
        double_precision = double_precision or tensor.dtype_code == F64
    for i in range(over.rank):
        dims[i] = 1
    extent = new_extent(over.rank if attribute & KEEPS else 0, dims)
    out = new_tensor(F64 if double_precision else F32, extent)
    release_extent(extent)
    if not execute_sum(program, double_precision, out.data, described, over.size):
        return reduced_value(kind, elementwise_list(program, operands), attribute >> 8, attribute & KEEPS)
    if kind == MEAN and double_precision:
        (<double*>out.data)[0] = (<double*>out.data)[0] / reduced_count(over, attribute >> 8)
    elif kind == MEAN:
        (<float*>out.data)[0] = (<float*>out.data)[0] / <float>reduced_count(over, attribute >> 8)
    return out
