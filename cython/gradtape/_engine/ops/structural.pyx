"""Ops that change shape, order and dtype, and sums over broadcast axes, each with its vjp.

Nothing here is arithmetic on two tensors, so elementwise ops and their rules stand above.
"""

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t, uint16_t
from libc.string cimport memcpy, memset

from gradtape._engine.base.shape cimport Extent, broadcast_extents, dims_text, new_extent, release_extent, same_extent, tensor_shape
from gradtape._engine.base.halves cimport round_to_halves, widen_halves
from gradtape._engine.base.types cimport (BF16, BOOL, F32, F64, I32, I64, MAX_RANK, is_complex, is_differentiable, is_half,
                                          is_native)
from gradtape._engine.compute.loops cimport LONG_RUN, execute, reduce_run
from gradtape._engine.compute.program cimport STRIDED, Operand, Program, program as program_named
from gradtape._engine.kernels.dispatch cimport SUM, kernels
from gradtape._engine.ops.messages cimport not_allowed
from gradtape._engine.ops.operand cimport describe
from gradtape._engine.record.entries cimport Entry, attribute_of, operand_extent
from gradtape._engine.record.primitive cimport Primitive, hooks, make_primitive, note, observe_compiled, observing
from gradtape._engine.tensor.conversion cimport from_array
from gradtape._engine.tensor.tensor cimport (Tensor, as_array, dtype_object, item_size, new_tensor, new_splat,
                                             numpy_dtypes, scalar_value, share, write_number)

import numpy as np

from gradtape._engine.ops.messages import refused

cnp.import_array()


cdef Program COPY_PROGRAM = program_named("identity")


cdef Tensor splat(int dtype_code, Extent* extent, double value):
    """A splat: a cotangent with the same value everywhere, stored once. It never leaves the sweep: see `materialize`."""
    cdef Tensor out = new_splat(dtype_code, extent)
    if dtype_code == F32:
        (<float*>out.data)[0] = <float>value
    else:
        (<double*>out.data)[0] = value
    return out


cdef Tensor materialize(Tensor a):
    """A splat as an ordinary tensor."""
    cdef Tensor out
    if not a.splat:
        return a
    out = filled(a.dtype_code, a.extent, scalar_value(a))
    if observing:
        observe_compiled(MATERIALIZE, out, a, None, 0)
    return out


cdef Tensor compute_materialize(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return materialize(a)


cdef Primitive MATERIALIZE = make_primitive("materialize", "BroadcastTo", compute_materialize, NULL, 0, 0, False, "kept")


cdef Tensor filled(int dtype_code, Extent* extent, double value):
    cdef Tensor out = new_tensor(dtype_code, extent)
    cdef Py_ssize_t i, n = extent.size
    cdef float* singles = <float*>out.data
    cdef double* doubles = <double*>out.data
    cdef float single = <float>value
    if dtype_code == F32:
        for i in range(n):
            singles[i] = single
    elif dtype_code == F64:
        for i in range(n):
            doubles[i] = value
    elif value == 0.0:
        memset(out.data, 0, n * item_size(dtype_code))
    else:
        if dtype_code == I32:
            for i in range(n):
                (<int32_t*>out.data)[i] = <int32_t>value
        elif dtype_code == I64:
            for i in range(n):
                (<int64_t*>out.data)[i] = <int64_t>value
        elif item_size(dtype_code) == 1:
            memset(out.data, <int>value, n)
        else:
            repeat(out, value)
    return out


cdef void repeat(Tensor out, double value) noexcept:
    """Fills a tensor of any dtype with one value."""
    cdef Py_ssize_t i, item = item_size(out.dtype_code)
    if out.extent.size:
        write_number(out.dtype_code, out.data, value)
    for i in range(1, out.extent.size):
        memcpy(out.data + i * item, out.data, item)


# If a vjp is called for a batch, cotangents have the batch axis before the operand's axes.


cdef Extent* batched_extent(Extent* extent, int rank, Py_ssize_t batch) except NULL:
    """The extent of so many operands, filled up with axes of 1 to so many axes besides the first; one reference."""
    cdef Py_ssize_t dims[MAX_RANK + 1]
    cdef int i
    dims[0] = batch
    for i in range(rank):
        dims[i + 1] = 1 if i < rank - extent.rank else extent.dims[i - (rank - extent.rank)]
    return new_extent(rank + 1, dims)


cdef Tensor reshape_batch(Tensor a, Extent* extent, Py_ssize_t batch):
    cdef Extent* target
    cdef Tensor out
    if batch == 0:
        return reshape(a, extent)
    target = batched_extent(extent, extent.rank, batch)
    out = a if same_extent(a.extent, target) else reshape(a, target)
    release_extent(target)
    return out


cdef Tensor sum_to_batch(Tensor a, Extent* extent, Py_ssize_t batch):
    cdef Extent* padded
    cdef Tensor out
    if batch == 0:
        return sum_to(a, extent)
    padded = batched_extent(extent, a.extent.rank - 1, batch)
    out = sum_to(a, padded)
    release_extent(padded)
    return reshape_batch(out, extent, batch)


cdef Tensor broadcast_batch(Tensor a, Extent* extent, Py_ssize_t batch):
    cdef Extent* target
    cdef Extent* narrow
    cdef Tensor out
    if batch == 0:
        return broadcast_to(a, extent)
    narrow = new_extent(a.extent.rank - 1, a.extent.dims + 1)
    target = batched_extent(narrow, extent.rank, batch)
    release_extent(narrow)
    out = a if same_extent(a.extent, target) else reshape(a, target)
    release_extent(target)
    target = batched_extent(extent, extent.rank, batch)
    out = broadcast_to(out, target)
    release_extent(target)
    return out


cdef object identity_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    return cotangent


cdef Tensor compute_identity(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return identity(a)


cdef Primitive IDENTITY = make_primitive("identity", "Identity", compute_identity, identity_rule, 0, 0, True, "same_number")


cdef Tensor identity(Tensor a):
    """The same value with a new node."""
    cdef Tensor out = share(a, a.extent)
    note(IDENTITY, out, a, None, 0)
    return out


cdef Tensor compute_constant(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return constant(a)


cdef Primitive STOP_GRADIENT = make_primitive("stop_gradient", "StopGradient", compute_constant, NULL, 0, 0, False, "same_number")


cdef Tensor constant(Tensor a):
    """The same value, detached from tapes."""
    cdef Tensor out = share(a, a.extent)
    if observing:
        observe_compiled(STOP_GRADIENT, out, a, None, 0)
    return out


cdef object reshape_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    return cotangent if operand_extent(entry, 0) == NULL else reshape_batch(cotangent, operand_extent(entry, 0), batch)


cdef Tensor compute_reshape(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return reshape(a, shape)


cdef Primitive RESHAPE = make_primitive("reshape", "Reshape", compute_reshape, reshape_rule, 0, 0, True, "same_number")


IDENTITY.shares = STOP_GRADIENT.shares = RESHAPE.shares = True


cdef Tensor reshape(Tensor a, Extent* extent):
    """The same elements with another shape of equal size; no copy."""
    cdef Tensor out
    if extent.size != a.extent.size:
        raise refused("reshape size", size=a.extent.size, wanted=extent.size)
    out = share(a, extent)
    note(RESHAPE, out, a, None, 0)
    return out


cdef object broadcast_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    return cotangent if operand_extent(entry, 0) == NULL else sum_to_batch(cotangent, operand_extent(entry, 0), batch)


cdef Tensor compute_broadcast(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return broadcast_to(a, shape)


cdef Primitive BROADCAST = make_primitive("broadcast_to", "BroadcastTo", compute_broadcast, broadcast_rule, 0, 0, True, "broadcast")


cdef Tensor broadcast_to(Tensor a, Extent* extent):
    cdef Tensor out
    cdef Operand operand
    cdef Extent* common
    if same_extent(a.extent, extent):
        return a
    common = broadcast_extents(a.extent, extent)
    if common == NULL or not same_extent(common, extent):
        if common != NULL:
            release_extent(common)
        raise refused("shapes", op="BroadcastTo", left=dims_text(a.extent), right=dims_text(extent))
    release_extent(common)
    if not is_native(a.dtype_code):
        out = from_array(np.broadcast_to(as_array(a), tensor_shape(extent)), a.dtype_code)
    elif a.extent.size == 1:
        out = filled(a.dtype_code, extent, scalar_value(a))
    else:
        out = new_tensor(a.dtype_code, extent)
        describe(&operand, a, extent, a.dtype_code)
        execute(COPY_PROGRAM, a.dtype_code == F64, out.data, &operand, extent, False)
    note(BROADCAST, out, a, None, 0)
    return out


cdef object sum_to_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    return cotangent if operand_extent(entry, 0) == NULL else broadcast_batch(cotangent, operand_extent(entry, 0), batch)


cdef Tensor compute_sum_to(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return sum_to(a, shape)


cdef Primitive SUM_TO = make_primitive("sum_to", "Sum", compute_sum_to, sum_to_rule, 0, 0, True, "sum_to")


cdef Tensor sum_to(Tensor a, Extent* extent):
    """Sums over the axes along which `extent` was broadcast to a's shape: the vjp of broadcasting."""
    cdef Tensor out
    if same_extent(a.extent, extent):
        return a
    if a.splat:
        out = splat(a.dtype_code, extent, scalar_value(a) * (<double>a.extent.size / <double>extent.size if extent.size else 0.0))
        if observing:
            observe_compiled(SUM_TO, out, a, None, 0)
        return out
    out = new_tensor(a.dtype_code, extent)
    write_sum_to(out, a, None, 0)
    note(SUM_TO, out, a, None, 0)
    return out


cdef int write_sum_to(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef int64_t axes = 0
    cdef int i, shift = a.extent.rank - out.extent.rank
    for i in range(a.extent.rank):
        if i < shift or (out.extent.dims[i - shift] == 1 and a.extent.dims[i] != 1):
            axes |= (<int64_t>1) << i
    return reduce_into(SUM, a, axes, out)


SUM_TO.write = write_sum_to


cdef int reduce_into(int kind, Tensor a, int64_t axes, Tensor out) except -1:
    """Reduces the masked axes, the last run of adjacent axes first, with scratch tensors if there are several runs."""
    cdef Py_ssize_t outer, reduced, inner
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Extent* extent
    cdef Tensor source = a, target
    cdef int rank = a.extent.rank, last, first, i
    cdef bint more
    if axes == 0:
        memcpy(out.data, a.data, a.extent.size * item_size(a.dtype_code))
        return 0
    if not is_native(a.dtype_code):
        return reduce_others(kind, a, axes, out)
    if kind == SUM and out.extent.size == 1 and a.extent.size <= LONG_RUN:
        if a.dtype_code == F32:
            (<float*>out.data)[0] = <float>kernels.sum32(<const float*>a.data, a.extent.size)
        else:
            (<double*>out.data)[0] = kernels.sum64(<const double*>a.data, a.extent.size)
        return 0
    while True:
        last = rank - 1
        while not (axes >> last) & 1:
            last -= 1
        first = last
        while first > 0 and (axes >> (first - 1)) & 1:
            first -= 1
        outer = reduced = inner = 1
        for i in range(rank):
            dims[i] = source.extent.dims[i]
            if i < first:
                outer *= dims[i]
            elif i <= last:
                reduced *= dims[i]
                dims[i] = 1
            else:
                inner *= dims[i]
            if first <= i <= last:
                axes &= ~((<int64_t>1) << i)
        more = axes != 0
        if more:
            extent = new_extent(rank, dims)
            target = new_tensor(a.dtype_code, extent)
            release_extent(extent)
        else:
            target = out
        reduce_run(kind, a.dtype_code, source.data, target.data, outer, reduced, inner)
        if not more:
            return 0
        source = target


cdef int reduce_others(int kind, Tensor a, int64_t axes, Tensor out) except -1:
    """The same for half precision, summed in float32, and for dtypes that NumPy sums."""
    cdef Tensor wide
    if is_half(a.dtype_code):
        wide = new_tensor(F32, out.extent)
        reduce_into(kind, widened(a), axes, wide)
        round_to_halves(a.dtype_code == BF16, <const float*>wide.data, <uint16_t*>out.data, out.extent.size)
        return 0
    chosen = tuple([i for i in range(a.extent.rank) if (axes >> i) & 1])
    reduced = (np.sum if kind == SUM else np.prod)(as_array(a), axis=chosen, dtype=numpy_dtypes[a.dtype_code])
    wide = from_array(np.asarray(reduced), a.dtype_code)
    memcpy(out.data, wide.data, out.extent.size * item_size(a.dtype_code))
    return 0


cdef Tensor widened(Tensor a):
    """A half-precision tensor converted to float32, not recorded; other tensors unchanged."""
    cdef Tensor out
    if a is None or not is_half(a.dtype_code):
        return a
    out = new_tensor(F32, a.extent)
    widen_halves(a.dtype_code == BF16, <const uint16_t*>a.data, <float*>out.data, a.extent.size)
    return out


cdef Tensor rounded(Tensor a, int dtype_code):
    """float32 rounded to half precision, not recorded."""
    cdef Tensor out = new_tensor(dtype_code, a.extent)
    round_to_halves(dtype_code == BF16, <const float*>a.data, <uint16_t*>out.data, a.extent.size)
    return out


cdef object evaluate_others(Primitive primitive, tuple operands, tuple attributes):
    """Evaluates a primitive in Python on half-precision operands, computed in float32, or on complex ones."""
    cdef int code = -1
    cdef Tensor operand
    for operand in operands:
        if is_half(operand.dtype_code):
            code = operand.dtype_code
        elif is_complex(operand.dtype_code) and not primitive.complexes:
            raise not_allowed(primitive.kernel, operand.dtype_code, "T", "float, double, half, bfloat16")
    results = primitive.evaluate(*[widened(<Tensor>one) for one in operands], *attributes)
    if code < 0:
        return results
    if type(results) is tuple:
        return tuple([rounded(<Tensor>result, code) if (<Tensor>result).dtype_code == F32 else result for result in results])
    return rounded(results, code) if (<Tensor?>results).dtype_code == F32 else results


hooks().others = evaluate_others


# A permutation is packed four bits per axis.


def read_permutation(int64_t attribute, int rank) -> list:
    """The axes of a transpose's operand, in the order of its result."""
    return [(attribute >> (4 * i)) & 15 for i in range(rank)]


cdef object transpose_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef int64_t permutation = attribute_of(entry), inverse = 0
    cdef int i
    cdef int first = batch != 0
    for i in range(cotangent.extent.rank - first):
        inverse |= (<int64_t>(i + first)) << (4 * (((permutation >> (4 * i)) & 15) + first))
    return transpose(cotangent, inverse)


cdef Tensor compute_transpose(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return transpose(a, attribute)


cdef Primitive TRANSPOSE = make_primitive("transpose", "Transpose", compute_transpose, transpose_rule, 0, 0, True, "transpose")


cdef Tensor transpose(Tensor a, int64_t permutation):
    """Axis i of the result is axis (permutation >> 4i) & 15 of a."""
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int i, rank = a.extent.rank
    cdef Extent* extent
    cdef Tensor out
    for i in range(rank):
        dims[i] = a.extent.dims[(permutation >> (4 * i)) & 15]
    extent = new_extent(rank, dims)
    if not is_native(a.dtype_code):
        out = from_array(np.ascontiguousarray(as_array(a).transpose([(permutation >> (4 * i)) & 15 for i in range(rank)])),
                         a.dtype_code)
    else:
        out = new_tensor(a.dtype_code, extent)
        write_transpose(out, a, None, permutation)
    release_extent(extent)
    note(TRANSPOSE, out, a, None, permutation)
    return out


cdef int write_transpose(Tensor out, Tensor a, Tensor b, int64_t permutation) except -1:
    cdef Py_ssize_t strides[MAX_RANK]
    cdef Py_ssize_t stride = 1
    cdef Operand operand
    cdef int i
    for i in range(a.extent.rank - 1, -1, -1):
        strides[i] = stride
        stride *= a.extent.dims[i]
    for i in range(a.extent.rank):
        operand.strides[i] = strides[(permutation >> (4 * i)) & 15]
    operand.data = a.data
    operand.mode = STRIDED
    operand.bytes = False
    return execute(COPY_PROGRAM, a.dtype_code == F64, out.data, &operand, out.extent, False)


TRANSPOSE.write = write_transpose


cdef object cast_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    return cast(cotangent, <int>(attribute_of(entry) & 255))


def read_cast(int64_t attribute) -> tuple:
    """Decodes a cast's attribute: source and target dtype."""
    return dtype_object(<int>(attribute & 255)), dtype_object(<int>(attribute >> 8))


cdef Tensor compute_cast(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return cast(a, <int>(attribute >> 8))


CAST = make_primitive("cast", "Cast", compute_cast, cast_rule, 0, 0, True, "same_number")


cdef void convert_run(int source_code, const char* source, int target_code, char* target, Py_ssize_t n) noexcept nogil:
    """Converts floats or bools to floats; source is IN, target is OUT."""
    cdef Py_ssize_t i
    if target_code == F64:
        if source_code == F32:
            for i in range(n):
                (<double*>target)[i] = (<const float*>source)[i]
        else:
            for i in range(n):
                (<double*>target)[i] = (<const unsigned char*>source)[i]
    elif source_code == F64:
        for i in range(n):
            (<float*>target)[i] = <float>(<const double*>source)[i]
    else:
        for i in range(n):
            (<float*>target)[i] = (<const unsigned char*>source)[i]


cdef Tensor converted(Tensor a, int dtype_code):
    """Converts to another dtype as NumPy does, half precision via float32 as TensorFlow does; not recorded."""
    if is_half(a.dtype_code):
        a = widened(a)
        return a if dtype_code == F32 else rounded(a, dtype_code) if is_half(dtype_code) else converted(a, dtype_code)
    array = as_array(a)
    with np.errstate(all="ignore"):
        if is_half(dtype_code):
            return rounded(from_array((array.real if is_complex(a.dtype_code) else array).astype(np.float32), F32), dtype_code)
        if is_complex(a.dtype_code) and not is_complex(dtype_code) and dtype_code != BOOL:
            array = array.real
        return from_array(array.astype(numpy_dtypes[dtype_code]), dtype_code)


cdef Tensor cast(Tensor a, int dtype_code):
    """Converts to another dtype; floats are truncated to integers, complex numbers lose their imaginary part."""
    cdef Tensor out
    cdef Py_ssize_t n = a.extent.size
    cdef int code
    cdef const char* source
    cdef char* target
    if a.dtype_code == dtype_code:
        return a
    if (a.dtype_code == F32 or a.dtype_code == F64 or a.dtype_code == BOOL) and is_native(dtype_code):
        out = new_tensor(dtype_code, a.extent)
        code, source, target = a.dtype_code, a.data, out.data
        if n <= LONG_RUN:
            convert_run(code, source, dtype_code, target, n)
        else:
            with nogil:
                convert_run(code, source, dtype_code, target, n)
    else:
        out = converted(a, dtype_code)
    if is_differentiable(a.dtype_code) or not is_differentiable(dtype_code):
        note(CAST, out, a, None, a.dtype_code | (dtype_code << 8))
    elif observing:
        observe_compiled(CAST, out, a, None, a.dtype_code | (dtype_code << 8))
    return out
