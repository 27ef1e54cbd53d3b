"""Indexing by integers, unit slices, newaxis and an ellipsis. Everything else, including errors, is handled by `_general`."""

from cpython.slice cimport PySlice_AdjustIndices, PySlice_Unpack

from gradtape._engine.base.shape cimport Extent, new_extent, release_extent
from gradtape._engine.base.types cimport MAX_RANK
from gradtape._engine.ops.movement cimport chunks
from gradtape._engine.ops.structural cimport identity, reshape
from gradtape._engine.tensor.tensor cimport Operators, Readable, Tensor, operators

_general = None


def install_indexing(getitem) -> None:
    """Installs the general indexing function, which is in Python."""
    global _general
    _general = getitem


cdef object getitem(object a, object key):
    cdef Tensor tensor = <Tensor>a if type(a) is Tensor else (<Readable>a).read()
    cdef Extent* source = tensor.extent
    cdef Extent* extent
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t outer = 1, offset = 0, start, stop, step, length
    cdef int axis = 0, rank = 0, given, skip, i, k, new = 0
    cdef bint pending = False            # a run is selected but not copied yet
    cdef bint closed = False             # an axis of it is already in the result
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
    """The selected runs, with shape `dims` followed by the axes from `axis` on."""
    cdef Extent* extent
    cdef Tensor out
    cdef int i
    for i in range(axis, source.rank):
        dims[rank + i - axis] = source.dims[i]
    extent = new_extent(rank + source.rank - axis, dims)
    out = chunks(tensor, extent, outer, offset)
    release_extent(extent)
    return out


cdef Operators* _table = operators()
_table.getitem = getitem
