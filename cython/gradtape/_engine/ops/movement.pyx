"""Data movement: ops that only copy elements, in pairs that are each other's vjp.

`chunks` reads one run of elements from each of `outer` equal stretches of a tensor, `place` puts such runs among zeros;
basic indexing is made of them. `assemble` interleaves the runs of several tensors, `part` takes them apart: concat, stack,
split and unstack. What the ops are given has been checked.
"""

from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from gradtape._engine.base.shape cimport Extent, extent_from, new_extent, release_extent, retain_extent, tensor_shape
from gradtape._engine.base.types cimport MAX_RANK, is_differentiable
from gradtape._engine.ops.structural cimport batched_extent, filled
from gradtape._engine.record.entries cimport Call, Entry, attribute_of, operand_extent
from gradtape._engine.record.primitive cimport Primitive, make_primitive, note, note_call, observing
from gradtape._engine.tensor.tensor cimport Tensor, item_size, new_tensor

cdef int64_t OUTER_MASK = 0x7fffffff

cdef enum:
    OUTER_BITS = 31              # a chunk op's attribute: `outer` in the low bits, the first run's offset above them


def read_runs(int64_t attribute) -> tuple:
    """Decodes an attribute: the number of runs that a chunk op copies, and the offset of the first."""
    return attribute & OUTER_MASK, attribute >> OUTER_BITS


def runs_attribute(outer, int64_t offset):
    """Encodes the attribute; None if there are too many runs."""
    return None if outer > OUTER_MASK else outer | offset << OUTER_BITS


# Runs

cdef void copy_runs(char* target, Py_ssize_t target_stride, const char* source, Py_ssize_t source_stride, Py_ssize_t run,
                    Py_ssize_t outer) noexcept:
    """`outer` runs of `run` bytes; target is OUT, source is IN. Long copies release the GIL."""
    if run * outer <= LONG_COPY:
        copy_runs_alone(target, target_stride, source, source_stride, run, outer)
    else:
        with nogil:
            copy_runs_alone(target, target_stride, source, source_stride, run, outer)


cdef void copy_runs_alone(char* target, Py_ssize_t target_stride, const char* source, Py_ssize_t source_stride, Py_ssize_t run,
                          Py_ssize_t outer) noexcept nogil:
    # Constant lengths are copied without a call. Runs of four or eight bytes may be unaligned.
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


cdef Extent* operand_batch(Entry* entry, Tensor cotangent, Py_ssize_t batch) except NULL:
    """The extent of an operand's cotangent; a new reference."""
    cdef Extent* extent = operand_extent(entry, 0)
    if extent == NULL:
        return retain_extent(cotangent.extent)
    return batched_extent(extent, extent.rank, batch) if batch else retain_extent(extent)


cdef object chunks_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef Extent* source = operand_batch(entry, cotangent, batch)
    try:
        return place(cotangent, source, (attribute_of(entry) & OUTER_MASK) * max(1, batch), attribute_of(entry) >> OUTER_BITS)
    finally:
        release_extent(source)


cdef object place_rule(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch):
    cdef Extent* source = operand_batch(entry, cotangent, batch)
    try:
        return chunks(cotangent, source, (attribute_of(entry) & OUTER_MASK) * max(1, batch), attribute_of(entry) >> OUTER_BITS)
    finally:
        release_extent(source)


cdef Tensor compute_chunks(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return chunks(a, shape, attribute & OUTER_MASK, attribute >> OUTER_BITS)


cdef Tensor compute_place(Tensor a, Tensor b, Extent* shape, int64_t attribute):
    return place(a, shape, attribute & OUTER_MASK, attribute >> OUTER_BITS)


cdef Primitive CHUNKS = make_primitive("strided_slice", "StridedSlice", compute_chunks, chunks_rule, 0, 0, True, "runs")
cdef Primitive PLACE = make_primitive("strided_slice_grad", "StridedSliceGrad", compute_place, place_rule, 0, 0, True, "runs")


cdef Tensor chunks(Tensor a, Extent* extent, Py_ssize_t outer, Py_ssize_t offset):
    """A tensor of this extent made of `outer` runs of a: run i starts at element offset + i * a.size / outer."""
    cdef Tensor out = new_tensor(a.dtype_code, extent)
    cdef int64_t attribute = (offset << OUTER_BITS) | outer
    write_chunks(out, a, None, attribute)
    note(CHUNKS, out, a, None, attribute)
    return out


cdef int write_chunks(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef Py_ssize_t outer = attribute & OUTER_MASK, offset = attribute >> OUTER_BITS, item = item_size(a.dtype_code)
    if out.extent.size:
        copy_runs(out.data, out.extent.size // outer * item, a.data + offset * item, a.extent.size // outer * item,
                  out.extent.size // outer * item, outer)
    return 0


cdef Tensor place(Tensor a, Extent* extent, Py_ssize_t outer, Py_ssize_t offset):
    """Zeros of this extent with a's elements where `chunks` reads them."""
    cdef Tensor out = new_tensor(a.dtype_code, extent)
    cdef int64_t attribute = (offset << OUTER_BITS) | outer
    write_place(out, a, None, attribute)
    note(PLACE, out, a, None, attribute)
    return out


cdef int write_place(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef Py_ssize_t outer = attribute & OUTER_MASK, offset = attribute >> OUTER_BITS, item = item_size(a.dtype_code)
    memset(out.data, 0, out.extent.size * item)
    if a.extent.size:
        copy_runs(out.data + offset * item, out.extent.size // outer * item, a.data, a.extent.size // outer * item,
                  a.extent.size // outer * item, outer)
    return 0


CHUNKS.write, PLACE.write = write_chunks, write_place


def read_chunks(Tensor a, shape, Py_ssize_t outer, Py_ssize_t offset) -> Tensor:
    """`chunks` for Python, with the result's shape."""
    cdef Extent* extent = extent_from(shape)
    try:
        return chunks(a, extent, outer, offset)
    finally:
        release_extent(extent)


# Concatenating and splitting

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


cdef Primitive named(str name, evaluate, vjp, str batch):
    """The primitive with this evaluation and vjp for an op of this name: several ops share the same loops."""
    found = _named.get((name, evaluate))
    if found is None:
        found = _named[name, evaluate] = Primitive(name, evaluate, vjp, linear=True, complexes=True, batch=batch)
    return <Primitive>found


cdef int record_joined(str name, tuple tensors, Tensor out, Py_ssize_t outer) except -1:
    cdef Tensor part
    cdef bint numbered = observing
    for part in tensors:
        if part.node and is_differentiable(out.dtype_code):
            numbered = True
    if numbered:
        note_call(named(name, evaluate_assembly, assemble_rule, "assembled"), tensors, (out,),
                  ([tensor_shape((<Tensor>part).extent) for part in tensors], outer, tensor_shape(out.extent)))
    return 0


def evaluate_assembly(*arguments) -> Tensor:
    """`assemble` as a primitive's `evaluate`: the attributes follow the operands."""
    cdef Py_ssize_t count = len(arguments) - 3
    cdef Extent* extent = extent_from(arguments[count + 2])
    try:
        return interleaved(arguments[:count], extent, arguments[count + 1])
    finally:
        release_extent(extent)


def assemble(str name, tuple tensors, shape, Py_ssize_t outer) -> Tensor:
    """Interleaves tensors of one dtype: the result consists of `outer` groups, each of one run of every tensor."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor out
    try:
        out = interleaved(tensors, extent, outer)
    finally:
        release_extent(extent)
    record_joined(name, tensors, out, outer)
    return out


cdef Tensor joined(str name, tuple tensors, int place, bint stacked):
    """Concatenates tensors along the axis `place`, or stacks them along a new one: dtype and other sizes are the same."""
    cdef Py_ssize_t dims[MAX_RANK + 1]
    cdef Py_ssize_t total = 0, outer = 1
    cdef Extent* first = (<Tensor>tensors[0]).extent
    cdef Extent* extent
    cdef int j, rank = first.rank + stacked
    cdef Tensor out
    if stacked:
        total = len(tensors)
    else:
        for tensor in tensors:
            total += (<Tensor>tensor).extent.dims[place]
    for j in range(rank):
        dims[j] = total if j == place else first.dims[j - stacked if j > place else j]
        if j < place:
            outer *= dims[j]
    extent = new_extent(rank, dims)
    out = interleaved(tensors, extent, outer)
    release_extent(extent)
    record_joined(name, tensors, out, outer)
    return out


def assemble_rule(Call call, needs, Tensor cotangent):
    """Vjp: each tensor's cotangent consists of its runs of the result's."""
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


cpdef tuple part(str name, Tensor tensor, list shapes, Py_ssize_t outer):
    """The reverse of `assemble`: splits a tensor into tensors of these shapes."""
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
        note_call(named(name, evaluate_parts, part_rule, "assembled"), (tensor,), parts,
                  ([tensor_shape((<Tensor>part).extent) for part in parts], outer, tensor_shape(tensor.extent)))
    return 0


def evaluate_parts(Tensor tensor, list shapes, Py_ssize_t outer, shape) -> tuple:
    """`part` as a primitive's `evaluate`."""
    return runs_of(tensor, shapes, outer)


cdef list parted(str name, Tensor tensor, int place, Py_ssize_t count, bint dropped):
    """Splits a tensor into equal parts along an axis; dropped: into slices without that axis."""
    cdef Extent* source = tensor.extent
    cdef Extent* extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t outer = 1, run, item = item_size(tensor.dtype_code), i
    cdef int rank = 0, j
    cdef list made = []
    cdef Tensor out
    if count == 0:
        return made
    for j in range(source.rank):
        if j != place:
            dims[rank] = source.dims[j]
            rank += 1
        elif not dropped:
            dims[rank] = source.dims[j] // count
            rank += 1
        if j < place:
            outer *= source.dims[j]
    # The parts share one extent.
    extent = new_extent(rank, dims)
    run = extent.size // outer * item if extent.size else 0
    for i in range(count):
        out = new_tensor(tensor.dtype_code, extent)
        copy_runs(out.data, run, tensor.data + i * run, run * count, run, outer)
        made.append(out)
    release_extent(extent)
    note_parts(name, tensor, tuple(made), outer)
    return made


def part_rule(Call call, needs, *cotangents):
    """Vjp: concatenates the cotangents of all parts."""
    _, outer, shape = call.attributes
    return assemble("concat", cotangents, shape, outer)
