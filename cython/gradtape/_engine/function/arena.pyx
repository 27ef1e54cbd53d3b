"""Arenas: preallocated storage for results that are not visible outside of a plan.

A replay allocates one block for all of these, and reuses the arena's Tensor objects rather than creating new ones. So no other
reference to them may exist when it ends, which the layout (`lay_out` in layout.pxi) must ensure.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from gradtape._engine.base.buffer cimport GRAIN, acquire, release
from gradtape._engine.base.shape cimport Extent, new_extent, release_extent, retain_extent
from gradtape._engine.tensor.tensor cimport Tensor, item_size, new_tensor, unplaced

import bisect


cdef Py_ssize_t bytes_of(tuple form) except -1:
    cdef const char* dims = form[0]
    cdef Py_ssize_t size = item_size(form[1])
    cdef int i
    for i in range(<int>(len(form[0]) // sizeof(Py_ssize_t))):
        size *= (<const Py_ssize_t*>dims)[i]
    return size


cdef class Layout:
    def __cinit__(self):
        self.regions, self.gaps, self.places = {}, [], []

    cdef int add(self, int slot, tuple form, int over) except -1:
        cdef Py_ssize_t wanted = (bytes_of(form) + GRAIN - 1) // GRAIN * GRAIN, offset, length, least = 0
        cdef int i, best = -1
        if over >= 0:
            region = self.regions[slot] = self.regions[over]
            region[2] += 1
            self.places.append((slot, region[0], form))
            return 0
        for i in range(len(self.gaps)):
            length = self.gaps[i][1]
            if length >= wanted and (best < 0 or length < least):
                best, least = i, length
                if length == wanted:
                    break
        if best >= 0:
            offset = self.gaps[best][0]
            if least == wanted:
                del self.gaps[best]
            else:
                self.gaps[best] = offset + wanted, least - wanted
        else:
            offset = self.size
            if self.gaps and sum(self.gaps[len(self.gaps) - 1]) == self.size:
                offset = self.gaps.pop()[0]          # extends the last gap
            self.size = offset + wanted
        self.regions[slot] = [offset, wanted, 1]
        self.places.append((slot, offset, form))
        return 0

    cdef bint alone(self, int slot) except -1:
        return self.regions[slot][2] == 1

    cdef int end(self, int slot) except -1:
        cdef Py_ssize_t offset, length
        cdef int i
        region = self.regions.pop(slot)
        region[2] -= 1
        if region[2]:
            return 0
        offset, length, _ = region
        i = bisect.bisect(self.gaps, (offset,))
        if i < len(self.gaps) and self.gaps[i][0] == offset + length:
            length += self.gaps.pop(i)[1]
        if i and sum(self.gaps[i - 1]) == offset:
            i -= 1
            offset, length = self.gaps[i][0], self.gaps[i][1] + length
            del self.gaps[i]
        self.gaps.insert(i, (offset, length))
        return 0


cdef class Arena:
    def __cinit__(self, Layout layout not None):
        cdef dict known = {}             # tensors by offset and form, and one of each shape
        cdef Tensor tensor
        cdef Extent* extent
        cdef bytes dims
        self.size = layout.size
        self.distinct = []
        self.slots = <int*>malloc(len(layout.places) * sizeof(int))
        self.tensors = <PyObject**>malloc(len(layout.places) * sizeof(PyObject*))
        self.offsets = <Py_ssize_t*>malloc(len(layout.places) * sizeof(Py_ssize_t))
        if self.slots == NULL or self.tensors == NULL or self.offsets == NULL:
            raise MemoryError()
        for slot, offset, form in layout.places:
            tensor = known.get((offset, form))
            if tensor is None:
                dims, dtype_code = form
                tensor = known.get(dims)
                extent = (new_extent(<int>(len(dims) // sizeof(Py_ssize_t)), <const Py_ssize_t*><const char*>dims) if tensor is None
                          else retain_extent(tensor.extent))
                tensor = known[dims] = known[offset, form] = unplaced(dtype_code, extent)
                release_extent(extent)
                self.offsets[len(self.distinct)] = offset
                self.distinct.append(tensor)
            self.slots[self.count] = slot
            self.tensors[self.count] = <PyObject*>tensor
            self.count += 1

    def __dealloc__(self):
        free(self.slots)
        free(self.tensors)
        free(self.offsets)

    cdef int enter(self, PyObject** slots) except -1:
        cdef Py_ssize_t i = 0
        cdef Tensor tensor
        cdef Block* block = acquire(self.size)
        self.block = block
        for tensor in self.distinct:
            tensor.block = block
            tensor.data = block.data + self.offsets[i]
            i += 1
        block.refs += i                  # so that no op finds an operand unshared, and overwrites it
        for i in range(self.count):
            slots[self.slots[i]] = self.tensors[i]
        return 0

    cdef void leave(self, PyObject** slots) noexcept:
        cdef Py_ssize_t i
        cdef Tensor tensor
        if self.block == NULL:
            return                       # enter ran out of memory
        for i in range(self.count):
            slots[self.slots[i]] = NULL
        for tensor in self.distinct:
            tensor.block = NULL
        self.block.refs -= len(self.distinct)
        release(self.block)
        self.block = NULL

    cdef int keep_apart(self, PyObject** slot) except -1:
        cdef Tensor copy, tensor = <Tensor>slot[0]
        if tensor.block == self.block:
            copy = copy_of(tensor)
            Py_INCREF(copy)
            slot[0] = <PyObject*>copy
            Py_DECREF(tensor)
        return 0

    cdef int copy_out(self, PyObject** slots) except -1:
        cdef Py_ssize_t i
        cdef list copies = [copy_of(<Tensor>self.tensors[i]) for i in range(self.count)]
        self.leave(slots)
        for i in range(self.count):
            Py_INCREF(copies[i])
            slots[self.slots[i]] = <PyObject*>copies[i]
        return 0


cdef Tensor copy_of(Tensor tensor):
    cdef Tensor copy = new_tensor(tensor.dtype_code, tensor.extent)
    memcpy(copy.data, tensor.data, tensor.extent.size * item_size(tensor.dtype_code))
    return copy
