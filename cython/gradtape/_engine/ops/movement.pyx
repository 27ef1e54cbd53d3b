"""Moves: ops that carry elements from place to place, in pairs that are each other's reverse.

`chunks` reads one run of elements from each of `outer` equal stretches of a tensor, `place` puts such runs among zeros;
basic indexing, split and the reverse of concat are made of them. `take_rows` reads rows by index, `add_rows` adds rows
up by index; gather, scatter and segment sums are made of those. `assemble` interleaves tensors: concat and stack.
"""

cimport numpy as cnp
from cpython.slice cimport PySlice_AdjustIndices, PySlice_Unpack
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from gradtape._engine.base.shape cimport Extent, extent_from, new_extent, release_extent, tensor_shape
from gradtape._engine.base.types cimport C64, C128, F32, F64, I32, I64, MAX_RANK, is_differentiable, is_half
from gradtape._engine.ops.structural cimport filled, identity, reshape, rounded, widened
from gradtape._engine.record.entries cimport Call, Entry, attribute_of, operand_extent
from gradtape._engine.record.primitive cimport Primitive, make_primitive, note, note_call, observing
from gradtape._engine.tensor.tensor cimport Operators, Readable, Tensor, as_array, item_size, new_tensor, operators

cnp.import_array()

ctypedef fused number:        # integers without a sign: their sums wrap, as TensorFlow's do, by C's own rules
    float
    double
    uint32_t
    uint64_t
    uint16_t
    uint8_t

cdef int64_t OUTER_MASK = 0x7fffffff

cdef enum:
    OUTER_BITS = 31              # a chunk op's attribute: `outer` in the low bits, the first run's offset above them
    LONG_COPY = 1 << 17          # bytes from which other threads are let in


# Runs

cdef void copy_runs(char* target, Py_ssize_t target_stride, const char* source, Py_ssize_t source_stride, Py_ssize_t run,
                    Py_ssize_t outer) noexcept:
    """`outer` runs of `run` bytes; target is OUT, source is IN. Long copies let other Python threads in."""
    if run * outer <= LONG_COPY:
        copy_runs_alone(target, target_stride, source, source_stride, run, outer)
    else:
        with nogil:
            copy_runs_alone(target, target_stride, source, source_stride, run, outer)


cdef void copy_runs_alone(char* target, Py_ssize_t target_stride, const char* source, Py_ssize_t source_stride, Py_ssize_t run,
                          Py_ssize_t outer) noexcept nogil:
    # Lengths that are constant are copied without a call. A run may be four or eight bytes that start anywhere.
    cdef Py_ssize_t i
    if run == 4:
        for i in range(outer):
            memcpy(target + i * target_stride, source + i * source_stride, 4)
    elif run == 8:
        for i in range(outer):
            memcpy(target + i * target_stride, source + i * source_stride, 8)
    elif run:
        for i in range(outer):
            memcpy(target + i * target_stride, source + i * source_stride, run)


cdef object chunks_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef Extent* source = operand_extent(entry, 0) if operand_extent(entry, 0) != NULL else cotangent.extent
    return place(cotangent, source, attribute_of(entry) & OUTER_MASK, attribute_of(entry) >> OUTER_BITS)


cdef object place_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef Extent* source = operand_extent(entry, 0) if operand_extent(entry, 0) != NULL else cotangent.extent
    return chunks(cotangent, source, attribute_of(entry) & OUTER_MASK, attribute_of(entry) >> OUTER_BITS)


cdef Tensor compute_chunks(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return chunks(a, shape, attribute & OUTER_MASK, attribute >> OUTER_BITS)


cdef Tensor compute_place(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return place(a, shape, attribute & OUTER_MASK, attribute >> OUTER_BITS)


cdef Primitive CHUNKS = make_primitive("strided_slice", "StridedSlice", compute_chunks, chunks_rule, 0, 0, True, False)
cdef Primitive PLACE = make_primitive("strided_slice_grad", "StridedSliceGrad", compute_place, place_rule, 0, 0, True, False)


cdef Tensor chunks(Tensor a, Extent* extent, Py_ssize_t outer, Py_ssize_t offset):
    """A tensor of this extent made of `outer` runs of a: run i starts at element offset + i * a.size / outer."""
    cdef Tensor out = new_tensor(a.dtype_code, extent)
    cdef Py_ssize_t item = item_size(a.dtype_code)
    if out.extent.size:
        copy_runs(out.data, out.extent.size // outer * item, a.data + offset * item, a.extent.size // outer * item,
                  out.extent.size // outer * item, outer)
    note(CHUNKS, out, a, None, (offset << OUTER_BITS) | outer)
    return out


cdef Tensor place(Tensor a, Extent* extent, Py_ssize_t outer, Py_ssize_t offset):
    """Zeros of this extent with a's elements where `chunks` reads them."""
    cdef Tensor out = new_tensor(a.dtype_code, extent)
    cdef Py_ssize_t item = item_size(a.dtype_code)
    memset(out.data, 0, extent.size * item)
    if a.extent.size:
        copy_runs(out.data + offset * item, extent.size // outer * item, a.data, a.extent.size // outer * item,
                  a.extent.size // outer * item, outer)
    note(PLACE, out, a, None, (offset << OUTER_BITS) | outer)
    return out


def read_chunks(Tensor a, shape, Py_ssize_t outer, Py_ssize_t offset) -> Tensor:
    """`chunks` for Python: the runs under this shape."""
    cdef Extent* extent = extent_from(shape)
    try:
        return chunks(a, extent, outer, offset)
    finally:
        release_extent(extent)


# Indexing by integers, unit slices, newaxis and an ellipsis. Everything else, errors among them, is for `_general`.

_general = None


def install_indexing(getitem) -> None:
    """Gives tensors the indexing that is written in Python."""
    global _general
    _general = getitem


cdef object getitem(object a, object key):
    cdef Tensor tensor = <Tensor>a if type(a) is Tensor else (<Readable>a).read()
    cdef Extent* source = tensor.extent
    cdef Extent* extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t outer = 1, offset = 0, start, stop, step, length
    cdef int axis = 0, rank = 0, given, skip, i, k, new = 0
    cdef bint pending = False            # a run has been chosen that no copy has been made of
    cdef bint closed = False             # and an axis of it is already in the result
    cdef tuple items
    if type(key) is tuple:
        items = <tuple>key
    else:
        items = (key,)
    given = len(items)
    for item in items:
        if item is Ellipsis:
            given -= 1
        elif item is None:
            new += 1
    if given < len(items) - 1 or given - new > source.rank or source.rank + new > MAX_RANK or source.size == 0:
        return _general(tensor, key)
    given -= new
    for k in range(len(items)):
        item = items[k]
        if item is None:
            dims[rank] = 1
            rank += 1
            continue
        if item is Ellipsis:
            skip = source.rank - given
            for _skipped in range(skip):
                dims[rank] = source.dims[axis]
                rank += 1
                axis += 1
                if pending:
                    closed = True
                else:
                    outer *= source.dims[axis - 1]
            continue
        length = source.dims[axis]
        if type(item) is int:
            start = item if -0x40000000 < item < 0x40000000 else length
            if start < 0:
                start += length
            if start < 0 or start >= length:
                return _general(tensor, key)
            stop = -1
        elif type(item) is slice:
            if not plain_slice(item):
                return _general(tensor, key)
            PySlice_Unpack(<slice>item, &start, &stop, &step)
            step = PySlice_AdjustIndices(length, &start, &stop, step)
            if step == length:
                dims[rank] = length
                rank += 1
                axis += 1
                if pending:
                    closed = True
                else:
                    outer *= length
                continue
            stop = start + step
        else:
            return _general(tensor, key)
        if pending and closed:
            tensor = run_of(tensor, source, dims, rank, axis, outer, offset)
            return getitem(tensor, (slice(None),) * rank + items[k:])
        pending = True
        offset += start * stride_after(source, axis)
        if stop >= 0:
            dims[rank] = stop - start
            rank += 1
            closed = True
        axis += 1
    if pending:
        return run_of(tensor, source, dims, rank, axis, outer, offset)
    if not new:
        return identity(tensor)
    for i in range(axis, source.rank):
        dims[rank + i - axis] = source.dims[i]
    extent = new_extent(rank + source.rank - axis, dims)
    tensor = reshape(tensor, extent)
    release_extent(extent)
    return tensor


cdef inline bint plain_slice(slice item):
    return ((item.start is None or type(item.start) is int) and (item.stop is None or type(item.stop) is int)
            and (item.step is None or (type(item.step) is int and item.step == 1)))


cdef inline Py_ssize_t stride_after(Extent* extent, int axis) noexcept:
    cdef Py_ssize_t stride = 1
    cdef int i
    for i in range(axis + 1, extent.rank):
        stride *= extent.dims[i]
    return stride


cdef Tensor run_of(Tensor tensor, Extent* source, Py_ssize_t* dims, int rank, int axis, Py_ssize_t outer, Py_ssize_t offset):
    """The chosen runs with the axes from `axis` on behind `dims`."""
    cdef Extent* extent
    cdef Tensor out
    cdef int i
    for i in range(axis, source.rank):
        dims[rank + i - axis] = source.dims[i]
    extent = new_extent(rank + source.rank - axis, dims)
    out = chunks(tensor, extent, outer, offset)
    release_extent(extent)
    return out


# Joining and parting

cdef Tensor interleaved(tuple tensors, Extent* extent, Py_ssize_t outer):
    cdef Tensor out = new_tensor((<Tensor>tensors[0]).dtype_code, extent), part
    cdef Py_ssize_t item = item_size(out.dtype_code), run, offset = 0
    if extent.size:
        for part in tensors:
            run = part.extent.size // outer * item
            copy_runs(out.data + offset, extent.size // outer * item, part.data, run, run, outer)
            offset += run
    return out


cdef dict _named = {}


cdef Primitive named(str name, evaluate, vjp):
    """The primitive of this evaluation and vjp by which messages know an op of this name: ops share their loops."""
    found = _named.get((name, evaluate))
    if found is None:
        found = _named[name, evaluate] = Primitive(name, evaluate, vjp, linear=True, complexes=True)
    return <Primitive>found


cdef int record_joined(str name, tuple tensors, Tensor out, Py_ssize_t outer) except -1:
    cdef Tensor part
    cdef bint numbered = observing
    for part in tensors:
        if part.node and is_differentiable(out.dtype_code):
            numbered = True
    if numbered:
        note_call(named(name, evaluate_assembly, assemble_rule), tensors, (out,),
                  ([tensor_shape((<Tensor>part).extent) for part in tensors], outer, tensor_shape(out.extent)))
    return 0


def evaluate_assembly(*arguments) -> Tensor:
    """`assemble` on the operands of a primitive, behind which its attributes stand."""
    cdef Py_ssize_t count = len(arguments) - 3
    cdef Extent* extent = extent_from(arguments[count + 2])
    try:
        return interleaved(arguments[:count], extent, arguments[count + 1])
    finally:
        release_extent(extent)


def assemble(str name, tuple tensors, shape, Py_ssize_t outer) -> Tensor:
    """Tensors of one dtype interleaved: each stretch of the result holds a run of every tensor in turn, `outer` times."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor out
    try:
        out = interleaved(tensors, extent, outer)
    finally:
        release_extent(extent)
    record_joined(name, tensors, out, outer)
    return out


def join(str name, object values, object axis, bint stacked):
    """concat, or stack, where all is as it should be: a list of tensors of one dtype whose shapes match.

    None where anything asks for conversion or an error, which are for Python.
    """
    cdef Py_ssize_t count, place, total = 0, outer = 1
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank, j
    cdef Tensor first, tensor
    cdef Extent* extent
    cdef Tensor out
    cdef tuple tensors
    if (type(values) is not list and type(values) is not tuple) or type(axis) is not int:
        return None
    tensors = tuple(values)
    count = len(tensors)
    if count < (1 if stacked else 2) or type(tensors[0]) is not Tensor:
        return None
    first = <Tensor>tensors[0]
    rank = first.extent.rank + stacked
    if rank > MAX_RANK or not -rank <= axis < rank:
        return None
    place = axis if axis >= 0 else axis + rank
    for value in tensors:
        if type(value) is not Tensor:
            return None
        tensor = <Tensor>value
        if tensor.dtype_code != first.dtype_code or tensor.extent.rank != first.extent.rank:
            return None
        if tensor.extent != first.extent:
            for j in range(first.extent.rank):
                if tensor.extent.dims[j] != first.extent.dims[j] and (stacked or j != place):
                    return None
        if not stacked:
            total += tensor.extent.dims[place]
    for j in range(rank):
        dims[j] = first.extent.dims[j - stacked if j > place else j] if j != place else count if stacked else total
        if j < place:
            outer *= dims[j]
    extent = new_extent(rank, dims)
    out = interleaved(tensors, extent, outer)
    release_extent(extent)
    record_joined(name, tensors, out, outer)
    return out


def assemble_rule(Call call, needs, Tensor cotangent):
    """Each tensor's cotangent is its runs of the result's."""
    cdef Py_ssize_t offset = 0, outer
    cdef list shapes, given = []
    cdef Extent* extent
    shapes, outer, _ = call.attributes
    for needed, shape in zip(needs, shapes):
        extent = extent_from(shape)
        if not needed:
            given.append(None)
        else:
            given.append(chunks(cotangent, extent, outer, offset) if outer else filled(cotangent.dtype_code, extent, 0))
        offset += extent.size // outer if outer else 0
        release_extent(extent)
    return given


def part(str name, Tensor tensor, list shapes, Py_ssize_t outer) -> tuple:
    """The reverse of `assemble`: tensors of these shapes that hold the tensor's runs in turn."""
    cdef tuple parts = runs_of(tensor, shapes, outer)
    if parts:
        note_parts(name, tensor, parts, outer)
    return parts


cdef tuple runs_of(Tensor tensor, list shapes, Py_ssize_t outer):
    cdef list parts = []
    cdef Extent* extent
    cdef Tensor out
    cdef Py_ssize_t offset = 0, run, item = item_size(tensor.dtype_code)
    for shape in shapes:
        extent = extent_from(shape)
        out = new_tensor(tensor.dtype_code, extent)
        release_extent(extent)
        if out.extent.size:
            run = out.extent.size // outer * item
            copy_runs(out.data, run, tensor.data + offset, tensor.extent.size // outer * item, run, outer)
            offset += run
        parts.append(out)
    return tuple(parts)


cdef int note_parts(str name, Tensor tensor, tuple parts, Py_ssize_t outer) except -1:
    if observing or (tensor.node and is_differentiable(tensor.dtype_code)):
        note_call(named(name, evaluate_parts, part_rule), (tensor,), parts,
                  ([tensor_shape((<Tensor>part).extent) for part in parts], outer, tensor_shape(tensor.extent)))
    return 0


def evaluate_parts(Tensor tensor, list shapes, Py_ssize_t outer, shape) -> tuple:
    """`part` on the operand of a primitive."""
    return runs_of(tensor, shapes, outer)


def part_alike(str name, object value, object axis, object count, bint dropped):
    """unstack, or split into `count` equal parts, of a tensor; None where anything asks for conversion or an error.

    dropped: whether the parts lose the axis, one part for each place along it; `count` is then that size or None.
    """
    cdef Tensor tensor, out
    cdef Extent* extent
    cdef Extent* source
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t outer = 1, place, parts, run, item
    cdef int rank = 0, j
    cdef list made = []
    if type(value) is not Tensor or type(axis) is not int:
        return None
    tensor = <Tensor>value
    source = tensor.extent
    if not -source.rank <= axis < source.rank:
        return None
    place = axis if axis >= 0 else axis + source.rank
    if count is None:
        count = source.dims[place]
    if type(count) is not int or count < 1 or (count != source.dims[place] if dropped else source.dims[place] % count != 0):
        return None
    parts = count
    for j in range(source.rank):
        if j != place:
            dims[rank] = source.dims[j]
            rank += 1
        elif not dropped:
            dims[rank] = source.dims[j] // parts
            rank += 1
        if j < place:
            outer *= source.dims[j]
    # The parts share one extent.
    extent = new_extent(rank, dims)
    item = item_size(tensor.dtype_code)
    run = extent.size // outer * item if extent.size else 0
    for j in range(parts):
        out = new_tensor(tensor.dtype_code, extent)
        copy_runs(out.data, run, tensor.data + j * run, run * parts, run, outer)
        made.append(out)
    release_extent(extent)
    note_parts(name, tensor, tuple(made), outer)
    return made


def expanded(object value, object axis):
    """expand_dims of a tensor; None where anything asks for conversion or an error."""
    cdef Tensor tensor
    cdef Extent* extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank, place, j
    if type(value) is not Tensor or type(axis) is not int:
        return None
    tensor = <Tensor>value
    rank = tensor.extent.rank
    if not -rank - 1 <= axis <= rank or rank == MAX_RANK:
        return None
    place = axis if axis >= 0 else axis + rank + 1
    for j in range(rank + 1):
        dims[j] = 1 if j == place else tensor.extent.dims[j if j < place else j - 1]
    extent = new_extent(rank + 1, dims)
    tensor = reshape(tensor, extent)
    release_extent(extent)
    return tensor


def squeezed(object value, object axis):
    """squeeze of a tensor, of all axes or of one; None where anything asks for conversion or an error."""
    cdef Tensor tensor
    cdef Extent* extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int rank = 0, place = -1, j
    if type(value) is not Tensor or (axis is not None and type(axis) is not int):
        return None
    tensor = <Tensor>value
    if axis is not None:
        if not -tensor.extent.rank <= axis < tensor.extent.rank:
            return None
        place = axis if axis >= 0 else axis + tensor.extent.rank
        if tensor.extent.dims[place] != 1:
            return None
    for j in range(tensor.extent.rank):
        if j != place if place >= 0 else tensor.extent.dims[j] != 1:
            dims[rank] = tensor.extent.dims[j]
            rank += 1
    extent = new_extent(rank, dims)
    tensor = reshape(tensor, extent)
    release_extent(extent)
    return tensor


def part_rule(Call call, needs, *cotangents):
    """The cotangents of all parts, put together again."""
    _, outer, shape = call.attributes
    return assemble("concat", cotangents, shape, outer)


# Rows by index

cdef cnp.ndarray plain(cnp.ndarray index):
    """The index as the loops below read it: contiguous, aligned, in this machine's order of bytes."""
    if cnp.PyArray_TYPE(index) != cnp.NPY_INT64 or not cnp.PyArray_ISCARRAY_RO(index):
        return cnp.PyArray_FROMANY(index, cnp.NPY_INT64, 0, 0, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_FORCECAST)
    return index


def first_outside(cnp.ndarray index, int64_t bound) -> int:
    """The place of the first of these int64 numbers that is not in [0, bound), or -1."""
    cdef const int64_t* numbers
    cdef Py_ssize_t i
    index = plain(index)
    numbers = <const int64_t*>cnp.PyArray_DATA(index)
    for i in range(cnp.PyArray_SIZE(index)):
        if numbers[i] < 0 or numbers[i] >= bound:
            return i
    return -1


cdef int check_rows(const int64_t* numbers, Py_ssize_t count, Py_ssize_t rows) except -1:
    """Raises IndexError for a number that no row has; negative ones mean no row."""
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
    index = plain(index)
    try:
        out = rows_at(tensor, index, extent)
    finally:
        release_extent(extent)
    if observing or (tensor.node and is_differentiable(tensor.dtype_code)):
        note_call(named(name, evaluate_taking, take_rule), (tensor,), (out,), (index, tensor_shape(tensor.extent), shape))
    return out


def evaluate_taking(Tensor tensor, cnp.ndarray index, source, shape) -> Tensor:
    """`take_rows` on the operand of a primitive."""
    cdef Extent* extent = extent_from(shape)
    try:
        return rows_at(tensor, index, extent)
    finally:
        release_extent(extent)


cdef void copy_rows(char* target, const char* source, const int64_t* numbers, Py_ssize_t count, Py_ssize_t run) noexcept:
    """Rows of `run` bytes by number, zeros where it is negative; target is OUT, source and numbers are IN."""
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


def gather_rows(object params, object indices, Primitive primitive or None):
    """gather along axis 0 where both are tensors and every index is in range; None otherwise.

    primitive: what it is recorded as, with params and indices as operands; None: it is not.
    """
    cdef Tensor tensor, index
    cdef Py_ssize_t dims[2 * MAX_RANK]
    cdef Extent* extent
    cdef int i, rank
    cdef Py_ssize_t place, number
    if type(params) is not Tensor or type(indices) is not Tensor:
        return None
    tensor, index = <Tensor>params, <Tensor>indices
    rank = tensor.extent.rank - 1 + index.extent.rank
    if tensor.extent.rank == 0 or rank > MAX_RANK or (index.dtype_code != I32 and index.dtype_code != I64):
        return None
    for place in range(index.extent.size):
        number = (<int32_t*>index.data)[place] if index.dtype_code == I32 else (<int64_t*>index.data)[place]
        if not 0 <= number < tensor.extent.dims[0]:
            return None
    for i in range(index.extent.rank):
        dims[i] = index.extent.dims[i]
    for i in range(1, tensor.extent.rank):
        dims[index.extent.rank + i - 1] = tensor.extent.dims[i]
    extent = new_extent(rank, dims)
    try:
        out = rows_at(tensor, plain(as_array(index)), extent)
    finally:
        release_extent(extent)
    if primitive is not None and (observing or (tensor.node and is_differentiable(tensor.dtype_code))):
        note_call(primitive, (tensor, index), (out,), (tensor_shape(tensor.extent),))
    return out


def take_rule(Call call, needs, Tensor cotangent):
    """Each row's cotangent is the sum over the places that it was taken to."""
    index, source, _ = call.attributes
    return add_rows("gather_grad", cotangent, index, source)


cdef void sum_rows(number* target, const number* source, const int64_t* numbers, Py_ssize_t count, Py_ssize_t run) noexcept:
    """target is OUT and starts as zeros, source and numbers are IN. Long sums let other Python threads in."""
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
    """Zeros of a shape to whose rows the tensor's rows are added by index: the reverse of `take_rows`."""
    cdef Tensor out
    index = plain(index)
    out = sums_of_rows(tensor, index, shape)
    if observing or (tensor.node and is_differentiable(tensor.dtype_code)):
        note_call(named(name, evaluate_adding, add_rule), (tensor,), (out,), (index, tensor_shape(tensor.extent), shape))
    return out


def evaluate_adding(Tensor tensor, cnp.ndarray index, source, shape) -> Tensor:
    """`add_rows` on the operand of a primitive."""
    return sums_of_rows(tensor, index, shape)


cpdef Tensor sums_of_rows(Tensor tensor, cnp.ndarray index, shape):
    """What `add_rows` gives, on no tape and shown to nobody. Rows are added in the order in which they come."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor out
    cdef Py_ssize_t count = cnp.PyArray_SIZE(index), run = tensor.extent.size // count if count else 0
    cdef const int64_t* numbers
    index = plain(index)
    numbers = <const int64_t*>cnp.PyArray_DATA(index)
    try:
        out = new_tensor(tensor.dtype_code, extent)
    finally:
        release_extent(extent)
    memset(out.data, 0, out.extent.size * item_size(out.dtype_code))
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


cdef int add_halves(Tensor out, Tensor tensor, cnp.ndarray index, Py_ssize_t run) except -1:
    """The same in half precision (out is OUT), with sums in float32."""
    cdef Tensor wide = filled(F32, out.extent, 0), made
    sum_rows(<float*>wide.data, <const float*>widened(tensor).data, <const int64_t*>cnp.PyArray_DATA(index),
             cnp.PyArray_SIZE(index), run)
    made = rounded(wide, out.dtype_code)
    memcpy(out.data, made.data, out.extent.size * item_size(out.dtype_code))
    return 0


def add_rule(Call call, needs, Tensor cotangent):
    """Each row that was added receives the cotangent of the row that it was added to."""
    index, source, _ = call.attributes
    return take_rows("gather", cotangent, index, source)


cdef Operators* _table = operators()
_table.getitem = getitem
