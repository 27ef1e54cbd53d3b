"""Concatenating, stacking and splitting: checks arguments, then copies elements."""

from gradtape._engine.base.shape cimport Extent, dims_text, extent_from, release_extent, same_extent
from gradtape._engine.base.types cimport F32
from gradtape._engine.ops.arguments cimport alike_tensors, first_dtype, int_attribute, int_of
from gradtape._engine.ops.movement cimport joined, part, parted
from gradtape._engine.ops.structural cimport filled, identity
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport Tensor

from gradtape._engine.ops.arguments import index_array
from gradtape._engine.ops.messages import refused


def concat(values, axis, name="concat") -> Tensor:
    """Concatenates tensors of one dtype along an axis; `name` is shown in error messages."""
    cdef tuple tensors
    cdef Extent* first
    cdef Extent* other
    cdef int place, i, j
    if not isinstance(values, (list, tuple)):
        values = (values,)
    if len(values) < 2:
        if not values:
            raise refused("concat nothing", name)
        int_of(axis, "ConcatV2", "Tidx")
        return identity(convert(values[0], -1, False))
    tensors = alike_tensors(values, "ConcatV2")
    first = (<Tensor>tensors[0]).extent
    axis = int_of(axis, "ConcatV2", "Tidx")
    if first.rank == 0:
        raise refused("concat scalars", name)
    if not -first.rank <= axis < first.rank:
        raise refused("concat axis", name, axis=axis, rank=first.rank)
    place = axis if axis >= 0 else axis + first.rank
    for i in range(1, len(tensors)):
        other = (<Tensor>tensors[i]).extent
        if other == first:
            continue
        if other.rank != first.rank:
            raise refused("concat ranks", name, first=dims_text(first), place=i, other=dims_text(other))
        for j in range(first.rank):
            if other.dims[j] != first.dims[j] and j != place:
                raise refused("concat sizes", name, axis=j, first=dims_text(first), place=i, other=dims_text(other))
    return joined("ConcatV2", tensors, place, False)


def stack(values, axis=0, name="stack") -> Tensor:
    """Stacks tensors of one shape and dtype along a new axis; `name` is shown in error messages."""
    cdef tuple tensors
    cdef Extent* first
    cdef Extent* extent
    cdef Tensor nothing
    cdef int i, rank
    if not isinstance(values, (list, tuple)):
        values = list(convert(values, -1, False))
    # Numbers and lists of numbers are converted together if they have a common dtype, else one by one.
    elif values and first_dtype(values) is None:
        try:
            values = tuple(convert(values, -1, False))
        except (TypeError, ValueError):
            pass
    if not values:
        extent = extent_from(0)
        nothing = filled(F32, extent, 0)
        release_extent(extent)
        return nothing
    tensors = alike_tensors(values, "Pack")
    first = (<Tensor>tensors[0]).extent
    rank = first.rank + 1
    axis = int_attribute(axis, "axis")
    if not -rank <= axis < rank:
        raise ValueError(f"Argument `axis` = {axis} not in range [-{rank}, {rank})")
    for i in range(1, len(tensors)):
        if not same_extent((<Tensor>tensors[i]).extent, first):
            raise refused("stack shapes", name, first=dims_text(first), place=i, other=dims_text((<Tensor>tensors[i]).extent),
                          count=len(tensors))
    return joined("Pack", tensors, axis if axis >= 0 else axis + rank, True)


def unstack(value, num=None, axis=0, name="unstack") -> list:
    """The slices of a tensor along an axis; there must be `num` of them unless it is None."""
    cdef Tensor tensor = <Tensor>value if type(value) is Tensor else convert(value, -1, False)
    cdef int rank = tensor.extent.rank, place
    axis = int_attribute(axis, "axis")
    if not -rank <= axis < rank:
        raise ValueError(f"Argument `axis` = {axis} not in range [{-rank}, {rank})")
    place = axis if axis >= 0 else axis + rank
    if num is not None:
        num = int_attribute(num, "num")
        if num != tensor.extent.dims[place]:
            raise refused("unstack size", name, axis=place, count=num, shape=dims_text(tensor.extent))
    return parted("Unpack", tensor, place, tensor.extent.dims[place], True)


def split(value, sizes, axis=0, num=None, name="split") -> list:
    """Splits a tensor along an axis into a number of equal parts, or into parts of given sizes, one of which may be -1: the rest."""
    cdef Tensor tensor = <Tensor>value if type(value) is Tensor else convert(value, -1, False)
    cdef int rank = tensor.extent.rank, place
    cdef bint even = isinstance(sizes, int)
    axis = int_of(axis, "Split", "split_dim")
    if not even and convert(sizes, -1, False).extent.rank == 0:
        raise ValueError("Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: "
                         f"{sizes!s}")
    if not -rank <= axis < rank:
        raise refused("split axis", name, op="Split" if even else "SplitV", axis=axis, rank=rank)
    place = axis if axis >= 0 else axis + rank
    if not even:
        return uneven(tensor, place, lengths(sizes, tensor.extent.dims[place], num, name))
    if sizes < 1:
        raise refused("split count", name, count=sizes)
    if tensor.extent.dims[place] % sizes:
        raise refused("split remainder", name, axis=place, size=tensor.extent.dims[place], count=sizes)
    return parted("Split", tensor, place, sizes, False)


cdef list uneven(Tensor tensor, int place, list sizes):
    """Splits into parts of these sizes along an axis."""
    cdef tuple shape = tuple([tensor.extent.dims[j] for j in range(tensor.extent.rank)])
    cdef Py_ssize_t outer = 1
    cdef int j
    for j in range(place):
        outer *= tensor.extent.dims[j]
    return list(part("SplitV", tensor, [(*shape[:place], size, *shape[place + 1:]) for size in sizes], outer))


cdef list lengths(object sizes, Py_ssize_t total, object num, object name):
    """The sizes of the parts of an axis of `total` elements."""
    array = index_array(sizes, "SplitV", "Tlen", "int8, int32, int64")
    cdef list listed = array.reshape(-1).tolist()
    if array.ndim != 1 or (num is not None and num != len(listed)):
        raise refused("split sizes", name, rank=array.ndim, count=len(listed))
    if listed.count(-1) > 1:
        raise refused("split open", name)
    known = sum([size for size in listed if size != -1])
    if known > total or (known != total and -1 not in listed):
        raise refused("split total", name, total=known)
    return [total - known if size == -1 else size for size in listed]
