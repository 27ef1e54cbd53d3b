"""Rows by index: `take_rows` gathers, `add_rows` scatters with addition. Gather, scatter and segment sums use these."""

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from gradtape._engine.base.shape cimport Extent, extent_from, new_extent, release_extent, tensor_shape
from gradtape._engine.base.types cimport C64, C128, F32, F64, I16, I32, I64, MAX_RANK, is_differentiable, is_half
from gradtape._engine.ops.messages cimport not_allowed
from gradtape._engine.ops.movement cimport LONG_COPY, named
from gradtape._engine.ops.structural cimport rounded, widened
from gradtape._engine.record.entries cimport Call
from gradtape._engine.record.primitive cimport Primitive, note_call, observing
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport Readable, Tensor, as_array, item_size, new_tensor

import numpy as np

from gradtape._engine.ops.messages import refused, shape_text

cnp.import_array()

ctypedef fused number:        # unsigned integers, whose sums wrap in C, as in TensorFlow
    float
    double
    uint32_t
    uint64_t
    uint16_t
    uint8_t


cdef cnp.ndarray contiguous_index(cnp.ndarray index):
    """The indices as a contiguous, aligned array in native byte order."""
    if cnp.PyArray_TYPE(index) != cnp.NPY_INT64 or not cnp.PyArray_ISCARRAY_RO(index):
        return cnp.PyArray_FROMANY(index, cnp.NPY_INT64, 0, 0, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_FORCECAST)
    return index


cpdef Py_ssize_t first_outside(cnp.ndarray index, int64_t bound) except -2:
    """The position of the first of these int64 indices that is not in [0, bound), or -1."""
    cdef const int64_t* numbers
    cdef Py_ssize_t i
    index = contiguous_index(index)
    numbers = <const int64_t*>cnp.PyArray_DATA(index)
    for i in range(cnp.PyArray_SIZE(index)):
        if numbers[i] < 0 or numbers[i] >= bound:
            return i
    return -1


cpdef object out_of_range(str op, index, Py_ssize_t place, int64_t size, name=""):
    """The error for the index at a position of an array, which is not in [0, size)."""
    return refused("gather index", name, op=op, place=shape_text(np.unravel_index(place, index.shape)) if index.ndim else "",
                   index=index.flat[place], size=size)


def distinct_numbers(cnp.ndarray index):
    """The unique values of nonnegative integers, ascending, and the position of each integer among them (both int64)."""
    cdef Py_ssize_t count, i, distinct = 0
    index = contiguous_index(index)
    count = cnp.PyArray_SIZE(index)
    buffers, owners = np.empty((2, count), np.int64), np.empty(count, np.int64)
    cdef const int64_t* numbers = <const int64_t*>cnp.PyArray_DATA(index)
    cdef int64_t* found = <int64_t*>cnp.PyArray_DATA(buffers)
    cdef int64_t* owner = <int64_t*>cnp.PyArray_DATA(owners)
    cdef const int64_t* order = sorted_places(numbers, count, found, found + count)
    cdef int64_t number
    if order == found:                       # what is found goes where no order is
        found += count
    for i in range(count):
        number = numbers[order[i]]
        if i == 0 or found[distinct - 1] != number:
            found[distinct] = number
            distinct += 1
        owner[order[i]] = distinct - 1
    return (buffers[1] if order == <const int64_t*>cnp.PyArray_DATA(buffers) else buffers[0])[:distinct], owners


cdef int64_t* sorted_places(const int64_t* numbers, Py_ssize_t count, int64_t* order, int64_t* other) noexcept:
    """Argsort of nonnegative integers (IN), in one of two buffers (OUT): radix sort with digits of eight bits."""
    cdef Py_ssize_t starts[257]
    cdef Py_ssize_t i
    cdef int64_t largest = 0
    cdef int shift = 0, digit
    for i in range(count):
        order[i] = i
        largest |= numbers[i]
    while shift < 64 and largest >> shift:
        memset(starts, 0, sizeof(starts))
        for i in range(count):
            starts[((numbers[i] >> shift) & 255) + 1] += 1
        for digit in range(256):
            starts[digit + 1] += starts[digit]
        for i in range(count):
            digit = (numbers[order[i]] >> shift) & 255
            other[starts[digit]] = order[i]
            starts[digit] += 1
        order, other = other, order
        shift += 8
    return order


cdef int check_rows(const int64_t* numbers, Py_ssize_t count, Py_ssize_t rows) except -1:
    """Raises IndexError for an index without a row; negative indices mean no row."""
    cdef Py_ssize_t i
    for i in range(count):
        if numbers[i] >= rows:
            raise IndexError(f"row {numbers[i]} of {rows}")
    return 0


def take_rows(str name, Tensor tensor, cnp.ndarray index, shape) -> Tensor:
    """Rows of the tensor under a shape that holds one row per index; zeros for a negative index.

    The tensor's elements are read as rows as long as shape has elements per index. The numbers in `index` are below the
    count of rows, and it must not change afterwards.
    """
    cdef Extent* extent = extent_from(shape)
    cdef Tensor out
    index = contiguous_index(index)
    try:
        out = rows_at(tensor, index, extent)
    finally:
        release_extent(extent)
    if observing or (tensor.node and is_differentiable(tensor.dtype_code)):
        note_call(named(name, evaluate_taking, take_rule, "rows_taken"), (tensor,), (out,), (index, tensor_shape(tensor.extent), shape))
    return out


def evaluate_taking(Tensor tensor, cnp.ndarray index, source, shape) -> Tensor:
    """`take_rows` as a primitive's `evaluate`."""
    cdef Extent* extent = extent_from(shape)
    try:
        return rows_at(tensor, index, extent)
    finally:
        release_extent(extent)


cdef void copy_rows(char* target, const char* source, const int64_t* numbers, Py_ssize_t count, Py_ssize_t run) noexcept:
    """Copies rows of `run` bytes by index, zeros for negative ones; target is OUT, source and numbers are IN."""
    if count * run <= LONG_COPY:
        copy_rows_alone(target, source, numbers, count, run)
    else:
        with nogil:
            copy_rows_alone(target, source, numbers, count, run)


cdef void copy_rows_alone(char* target, const char* source, const int64_t* numbers, Py_ssize_t count,
                          Py_ssize_t run) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        if numbers[i] < 0:
            memset(target + i * run, 0, run)
        elif run == 4:
            (<int32_t*>target)[i] = (<const int32_t*>source)[numbers[i]]
        else:
            memcpy(target + i * run, source + numbers[i] * run, run)


cdef Tensor rows_at(Tensor tensor, cnp.ndarray index, Extent* extent):
    cdef Tensor out = new_tensor(tensor.dtype_code, extent)
    cdef Py_ssize_t count = cnp.PyArray_SIZE(index), run
    cdef const int64_t* numbers = <const int64_t*>cnp.PyArray_DATA(index)
    if extent.size:
        run = extent.size // count * item_size(tensor.dtype_code)
        check_rows(numbers, count, tensor.extent.size * item_size(tensor.dtype_code) // run)
        copy_rows(out.data, tensor.data, numbers, count, run)
    return out


def gather_rows(params, indices, Primitive primitive or None) -> Tensor:
    """gather along axis 0.

    primitive: what it is recorded as, with params and indices as operands; None: it is not.

    Raises InvalidArgumentError where params has no axis, or indices are no whole numbers or outside of it.
    """
    cdef Tensor tensor = <Tensor>params if type(params) is Tensor else convert(params, -1, False)
    cdef Tensor index = <Tensor>indices if type(indices) is Tensor else convert(indices, -1, False)
    cdef Py_ssize_t dims[2 * MAX_RANK]
    cdef Extent* extent
    cdef cnp.ndarray numbers
    cdef Py_ssize_t bad
    cdef int i, rank = tensor.extent.rank - 1 + index.extent.rank
    if index.dtype_code != I32 and index.dtype_code != I64 and index.dtype_code != I16:
        raise not_allowed("GatherV2", index.dtype_code, "Tindices", "int16, int32, int64")
    if tensor.extent.rank == 0:
        raise refused("gather scalar")
    numbers = contiguous_index(as_array(index))
    bad = first_outside(numbers, tensor.extent.dims[0])
    if bad >= 0:
        resource = isinstance(params, Readable)
        raise out_of_range("ResourceGather" if resource else "GatherV2", numbers, bad, tensor.extent.dims[0], None if resource else "")
    for i in range(index.extent.rank):
        dims[i] = index.extent.dims[i]
    for i in range(1, tensor.extent.rank):
        dims[index.extent.rank + i - 1] = tensor.extent.dims[i]
    extent = new_extent(rank, dims)
    try:
        out = rows_at(tensor, numbers, extent)
    finally:
        release_extent(extent)
    if primitive is not None and (observing or (tensor.node and is_differentiable(tensor.dtype_code))):
        note_call(primitive, (tensor, index), (out,), (tensor_shape(tensor.extent),))
    return out


def take_rule(Call call, needs, Tensor cotangent):
    """Vjp: each row's cotangent is the sum over the rows of the result that it was copied to."""
    index, source, _ = call.attributes
    return add_rows("gather_grad", cotangent, index, source)


cdef void sum_rows(number* target, const number* source, const int64_t* numbers, Py_ssize_t count, Py_ssize_t run) noexcept:
    """target is OUT and starts as zeros, source and numbers are IN. Long sums release the GIL."""
    if count * run * <Py_ssize_t>sizeof(number) <= LONG_COPY:
        sum_rows_alone(target, source, numbers, count, run)
    else:
        with nogil:
            sum_rows_alone(target, source, numbers, count, run)


cdef void sum_rows_alone(number* target, const number* source, const int64_t* numbers, Py_ssize_t count,
                         Py_ssize_t run) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef number* row
    for i in range(count):
        if numbers[i] >= 0:
            row = target + numbers[i] * run
            for j in range(run):
                row[j] += source[i * run + j]


def add_rows(str name, Tensor tensor, cnp.ndarray index, shape) -> Tensor:
    """The vjp of `take_rows`: adds the tensor's rows by index to the rows of zeros of a shape."""
    cdef Tensor out
    index = contiguous_index(index)
    out = sums_of_rows(tensor, index, shape)
    if observing or (tensor.node and is_differentiable(tensor.dtype_code)):
        note_call(named(name, evaluate_adding, add_rule, "rows_added"), (tensor,), (out,), (index, tensor_shape(tensor.extent), shape))
    return out


def evaluate_adding(Tensor tensor, cnp.ndarray index, source, shape) -> Tensor:
    """`add_rows` as a primitive's `evaluate`."""
    return sums_of_rows(tensor, index, shape)


cpdef Tensor sums_of_rows(Tensor tensor, cnp.ndarray index, shape, Tensor start=None):
    """What `add_rows` gives, neither recorded nor observed. Rows are added in order.

    start: a tensor of that shape and of the rows' dtype to which they are added; None for zeros.
    """
    cdef Extent* extent = extent_from(shape)
    cdef Tensor out
    cdef Py_ssize_t count = cnp.PyArray_SIZE(index), run = tensor.extent.size // count if count else 0
    cdef const int64_t* numbers
    index = contiguous_index(index)
    numbers = <const int64_t*>cnp.PyArray_DATA(index)
    try:
        out = new_tensor(tensor.dtype_code, extent)
    finally:
        release_extent(extent)
    if start is None:
        memset(out.data, 0, out.extent.size * item_size(out.dtype_code))
    else:
        check_alike(start, out)
        memcpy(out.data, start.data, out.extent.size * item_size(out.dtype_code))
    if run:
        check_rows(numbers, count, out.extent.size // run)
    if is_half(tensor.dtype_code):
        add_halves(out, tensor, index, run)
    elif tensor.dtype_code == C64:
        sum_rows(<float*>out.data, <const float*>tensor.data, numbers, count, 2 * run)
    elif tensor.dtype_code == C128:
        sum_rows(<double*>out.data, <const double*>tensor.data, numbers, count, 2 * run)
    elif tensor.dtype_code == F32:
        sum_rows(<float*>out.data, <const float*>tensor.data, numbers, count, run)
    elif tensor.dtype_code == F64:
        sum_rows(<double*>out.data, <const double*>tensor.data, numbers, count, run)
    elif item_size(tensor.dtype_code) == 4:
        sum_rows(<uint32_t*>out.data, <const uint32_t*>tensor.data, numbers, count, run)
    elif item_size(tensor.dtype_code) == 8:
        sum_rows(<uint64_t*>out.data, <const uint64_t*>tensor.data, numbers, count, run)
    elif item_size(tensor.dtype_code) == 2:
        sum_rows(<uint16_t*>out.data, <const uint16_t*>tensor.data, numbers, count, run)
    else:
        sum_rows(<uint8_t*>out.data, <const uint8_t*>tensor.data, numbers, count, run)
    return out


cdef int check_alike(Tensor start, Tensor out) except -1:
    if start.dtype_code != out.dtype_code or start.extent.size != out.extent.size:
        raise ValueError("what rows are added to has another dtype or shape than their sums")
    return 0


cdef int add_halves(Tensor out, Tensor tensor, cnp.ndarray index, Py_ssize_t run) except -1:
    """The same for half precision (out is IN and OUT), with sums in float32."""
    cdef Tensor wide = widened(out), made
    sum_rows(<float*>wide.data, <const float*>widened(tensor).data, <const int64_t*>cnp.PyArray_DATA(index),
             cnp.PyArray_SIZE(index), run)
    made = rounded(wide, out.dtype_code)
    memcpy(out.data, made.data, out.extent.size * item_size(out.dtype_code))
    return 0


def add_rule(Call call, needs, Tensor cotangent):
    """Vjp: each row's cotangent is that of the row it was added to."""
    index, source, _ = call.attributes
    return take_rows("gather", cotangent, index, source)
