"""Pooled storage.

Every tensor larger than its inline cell is stored in a Block: a range of bytes inside a Slab. A slab is contiguous memory,
held by one typed memoryview. Blocks have size classes. A released block is put on top of its class' free list, so that the next
op's result is in memory that is still in cache, and training steps of fixed shapes make no system calls. Everything runs with
the GIL held.

Dedicated slabs of chosen classes may be allocated by a provider instead of the system, such as shared memory.
"""

cimport cython

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cdef extern from *:
    """
    #include <stdlib.h>
    #if defined(_WIN32)
    #include <malloc.h>
    static void* slab_alloc(size_t n) { return _aligned_malloc(n, 64); }
    static void slab_free(void* p, size_t n) { (void)n; _aligned_free(p); }
    static int slab_replace(void* p, size_t n) { (void)p; (void)n; return -1; }
    #else
    #include <stdint.h>
    #include <sys/mman.h>
    /* Every slab is mapped separately, so that freed memory is returned to the system rather than kept by the C library.
       Slabs of 4 MiB and more are aligned to 2 MiB and use huge pages: fewer page faults on first access. */
    static void* slab_alloc(size_t n) {
        size_t huge = (size_t)1 << 21, spare = n >= ((size_t)1 << 22) ? huge : 0;
        char* p = (char*)mmap(0, n + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == (char*)MAP_FAILED) return 0;
        if (spare) {
            size_t before = (huge - ((uintptr_t)p & (huge - 1))) & (huge - 1);
            if (before) munmap(p, before);
            p += before;
            n = (n + 4095) & ~(size_t)4095;
            if (spare > before) munmap(p + n, spare - before);
    #ifdef MADV_HUGEPAGE
            madvise(p, n & ~(huge - 1), MADV_HUGEPAGE);
    #endif
        }
        return p;
    }
    static void slab_free(void* p, size_t n) { munmap(p, n); }
    static int slab_replace(void* p, size_t n) {
        return mmap(p, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
    }
    #endif
    """
    void* slab_alloc(size_t n) nogil
    void slab_free(void* p, size_t n) nogil
    int slab_replace(void* p, size_t n) nogil      # maps private pages at the same address; contents are lost

cdef enum:
    SHARED_SLAB = 1 << 18
    IDLE_FLOOR = 1 << 25          # initial limit of idle dedicated memory while other dedicated memory is in use
    REST_FLOOR = 1 << 20          # initial limit while none is in use
    RELIEF_FLOOR = 1 << 24        # memory in use from which on growth makes the log free dead results
    RESERVE = 1 << 21             # two arenas of Python's object allocator

cdef bint _trimmed[CLASSES]      # blocks of the class were returned to the system: needing one again doubles the limit
cdef Py_ssize_t _kept_at_rest = REST_FLOOR, _kept_in_use = IDLE_FLOOR
cdef Py_ssize_t _dedicated = 0   # dedicated memory in use
cdef Py_ssize_t _reserved = 0, _idle_dedicated = 0
cdef Py_ssize_t _slabs = 0, _system_calls = 0
cdef object _provider = None     # allocates the slabs of the provided classes
cdef bint _provided[CLASSES]
cdef void* _reserve = NULL       # freed when the system is out of memory, as handling that error needs some
cdef Py_ssize_t _scarce = 0      # memory in use when the system was out of memory, until half of it is free again; else 0


cdef class SlabMemory:
    """Owns the memory of a slab. A separate object, as an exporter that held a view of itself would never be freed."""
    cdef void* start
    cdef Py_ssize_t nbytes

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.start, self.nbytes, 0, flags)

    def __dealloc__(self):
        if self.start != NULL:
            slab_free(self.start, self.nbytes)


@cython.final
cdef class Slab:
    """A contiguous piece of memory, and the memoryview that keeps it alive."""
    cdef unsigned char[::1] view
    cdef unsigned char* cursor
    cdef Py_ssize_t left
    cdef object provider         # that allocated it; None: the system

    @staticmethod
    cdef Slab make(Py_ssize_t nbytes):
        global _scarce, _reserve
        cdef SlabMemory memory = SlabMemory.__new__(SlabMemory)
        memory.start = slab_alloc(nbytes)
        if memory.start == NULL:
            trim(0)
            memory.start = slab_alloc(nbytes)
        if memory.start == NULL:
            if nbytes <= pool.in_use:      # failure of a larger request does not mean that memory is scarce
                _scarce = pool.in_use
            if _reserve != NULL:
                slab_free(_reserve, RESERVE)
                _reserve = NULL
            raise exhausted(nbytes)
        memory.nbytes = nbytes
        if _reserve == NULL:
            _reserve = slab_alloc(RESERVE)
        return Slab.of(memory, nbytes)

    @staticmethod
    cdef Slab of(object memory, Py_ssize_t nbytes):
        """A slab of given memory, an exporter of `nbytes` bytes."""
        global _slabs, _reserved, _system_calls
        cdef Slab slab = Slab.__new__(Slab)
        slab.view = memory
        slab.cursor = &slab.view[0]
        slab.left = nbytes
        _slabs += 1
        _system_calls += 1
        _reserved += nbytes
        return slab


cdef Slab _open_slab = None       # the shared slab that small blocks are taken from


cdef inline Py_ssize_t class_capacity(int size_class) noexcept nogil:
    cdef int shift, step
    if size_class < LINEAR_CLASSES:
        return (<Py_ssize_t>size_class + 1) * GRAIN
    shift = (size_class - LINEAR_CLASSES) // 8 + 1
    step = (size_class - LINEAR_CLASSES) % 8
    return ((<Py_ssize_t>(step + 9)) << shift) * GRAIN


cdef int (*_relieve)() except -1
_relieve = NULL
cdef Py_ssize_t _relieve_at = RELIEF_FLOOR


cdef Block* acquire_anew(int size_class) except NULL:
    """A block of a class that has no idle blocks, or whose blocks have dedicated slabs."""
    global _idle_dedicated, _dedicated, _relieve_at
    cdef Py_ssize_t wanted = pool.in_use + class_capacity(size_class)
    cdef Block* block
    if 4 * wanted < _relieve_at:
        _relieve_at = max(RELIEF_FLOOR, 2 * wanted)    # an old peak must not delay relief for ever
    if wanted > _relieve_at and _relieve != NULL:
        request_collection()
    block = pool.idle[size_class]
    if block == NULL:
        block = make_block(size_class)
    else:
        pool.idle[size_class] = block.next
        if block.capacity > SHARED_LIMIT:
            _idle_dedicated -= block.capacity
    if block.capacity > SHARED_LIMIT:
        _dedicated += block.capacity
    return hand_out(block)


cdef void on_growth(int (*relieve)() except -1) noexcept:
    global _relieve
    _relieve = relieve


cdef int request_collection() except -1:
    """Makes the log free dead results. Called each time that memory in use has doubled since the last call."""
    global _relieve_at
    _relieve()
    _relieve_at = max(RELIEF_FLOOR, 2 * pool.in_use)
    return 0


cdef Block* make_block(int size_class) except NULL:
    global _open_slab, _kept_at_rest, _kept_in_use
    cdef Py_ssize_t capacity = class_capacity(size_class)
    cdef Slab slab
    cdef Block* block
    if capacity > SHARED_LIMIT:
        if _trimmed[size_class]:
            _trimmed[size_class] = False
            _kept_at_rest *= 2
            _kept_in_use = max(IDLE_FLOOR, min(2 * _kept_in_use, 2 * pool.peak))
        trim(max(_kept_in_use, pool.in_use + capacity))
        slab = provided_slab(size_class) if _provided[size_class] else None
        if slab is None:
            slab = Slab.make(capacity)
        Py_INCREF(slab)          # released by discard
    else:
        if _open_slab is None or _open_slab.left < capacity:
            recycle_rest()
            _open_slab = Slab.make(SHARED_SLAB)
            Py_INCREF(_open_slab)    # shared slabs are never freed
        slab = _open_slab
    block = cut(slab, size_class)
    return block


cdef Slab provided_slab(int size_class):
    """A slab from the provider; None if it has no more, which ends its use for the class."""
    cdef Py_ssize_t capacity = class_capacity(size_class)
    cdef object memory = _provider.slab(capacity)
    if memory is None:
        _provided[size_class] = False
        return None
    cdef Slab slab = Slab.of(memory, capacity)
    slab.provider = _provider
    return slab


cdef inline object provider_of(int size_class):
    return _provider if _provided[size_class] else None


cdef object exhausted(Py_ssize_t nbytes):
    from gradtape._src.core.errors import ResourceExhaustedError
    return ResourceExhaustedError(None, None, f"OOM when allocating a tensor of {nbytes} bytes. Work on smaller batches, or "
                                              "delete tensors and tapes that are not needed any more.")


cdef Block* cut(Slab slab, int size_class) except NULL:
    cdef Block* block = <Block*>malloc(sizeof(Block))
    if block == NULL:
        raise MemoryError("gradtape could not allocate a block header")
    block.capacity = class_capacity(size_class)
    block.size_class = size_class
    block.data = <char*>slab.cursor
    block.slab = <void*>slab
    block.next = NULL
    slab.cursor += block.capacity
    slab.left -= block.capacity
    return block


cdef int recycle_rest() except -1:
    """Moves the rest of the open slab to the free lists, so that it is not lost."""
    cdef Block* block
    cdef int size_class
    if _open_slab is None:
        return 0
    while _open_slab.left >= GRAIN:
        size_class = class_of(_open_slab.left)
        while class_capacity(size_class) > _open_slab.left:
            size_class -= 1
        block = cut(_open_slab, size_class)
        block.next = pool.idle[size_class]
        pool.idle[size_class] = block
    return 0


cdef void recycle(Block* block) noexcept:
    global _idle_dedicated, _dedicated, _scarce
    pool.in_use -= block.capacity
    if block.capacity > SHARED_LIMIT and (<Slab>block.slab).provider is not provider_of(block.size_class):
        _dedicated -= block.capacity
        discard(block)
        return
    block.next = pool.idle[block.size_class]
    pool.idle[block.size_class] = block
    if block.capacity > SHARED_LIMIT:
        _idle_dedicated += block.capacity
        _dedicated -= block.capacity
        if _scarce:
            if 2 * pool.in_use <= _scarce:
                _scarce = 0
            trim(0)                        # the rest of the process needs memory, too
        elif _dedicated == 0 and _idle_dedicated > _kept_at_rest:
            trim(_kept_at_rest)            # a model or batch was freed; the next one may have other sizes
        elif _idle_dedicated > _kept_in_use and _idle_dedicated > pool.peak:
            trim(max(_kept_in_use, pool.peak // 2))


cdef void trim(Py_ssize_t keep) noexcept:
    """Returns idle dedicated slabs to the system, largest first, until at most `keep` idle bytes are left."""
    global _idle_dedicated
    cdef int size_class = CLASSES - 1
    cdef Block* block
    while size_class >= 0 and _idle_dedicated > keep:
        while pool.idle[size_class] != NULL and _idle_dedicated > keep and pool.idle[size_class].capacity > SHARED_LIMIT:
            block = pool.idle[size_class]
            pool.idle[size_class] = block.next
            _idle_dedicated -= block.capacity
            _trimmed[size_class] = True
            discard(block)
        size_class -= 1


cdef void discard(Block* block) noexcept:
    """Returns a dedicated slab, whose block is in no list, to the system or its provider."""
    global _reserved, _slabs
    _reserved -= block.capacity
    _slabs -= 1
    Py_DECREF(<Slab>block.slab)
    free(block)


LARGEST_CUT = SHARED_LIMIT       # bytes; larger tensors have dedicated slabs, which a provider may allocate


def provide(provider, Py_ssize_t nbytes) -> None:
    """Allocates tensors of the size class of `nbytes` from a provider's memory from now on, if their blocks have dedicated
    slabs. Idle slabs of the class are freed now, others when they are released.

    The provider has a method `slab` that takes a number of bytes and returns a writable buffer of that size, or None if it has
    no more; then the system's memory is used from that time on. Only one provider is possible at a time, until
    `remove_provider`.
    """
    global _provider
    cdef int size_class = class_of(nbytes)
    if _provider is not None and _provider is not provider:
        raise ValueError("Memory of the pool comes from another provider.")
    if class_capacity(size_class) <= SHARED_LIMIT or _provided[size_class]:
        return
    _provider = provider
    discard_idle(size_class)
    _provided[size_class] = True


def remove_provider() -> None:
    """Allocates all tensors from the system's memory again, and returns idle slabs to the provider."""
    global _provider
    cdef int size_class
    for size_class in range(CLASSES):
        if _provided[size_class]:
            _provided[size_class] = False
            discard_idle(size_class)
    _provider = None


cdef int discard_idle(int size_class) except -1:
    """Returns the idle dedicated slabs of a class."""
    global _idle_dedicated
    cdef Block* block
    while pool.idle[size_class] != NULL:
        block = pool.idle[size_class]
        pool.idle[size_class] = block.next
        _idle_dedicated -= block.capacity
        discard(block)
    return 0


def replace_pages(unsigned char[::1] memory, const unsigned char[::1] contents) -> None:
    """Replaces whole pages of shared memory with private pages of the given contents, at the same address.

    Raises MemoryError if the system has none.
    """
    if memory.shape[0] != contents.shape[0]:
        raise ValueError("Memory and its contents have different lengths.")
    if slab_replace(&memory[0], memory.shape[0]) < 0:
        raise MemoryError("pages that processes share could not be replaced")
    memcpy(&memory[0], &contents[0], memory.shape[0])


def statistics() -> dict:
    """Counters of the pool: bytes used by tensors now and at most, bytes allocated from the system, the number of slabs, and the
    numbers of blocks acquired and of system allocations since import."""
    return {
        "in_use": pool.in_use,
        "peak": pool.peak,
        "reserved": _reserved,
        "slabs": _slabs,
        "blocks_acquired": pool.acquired,
        "system_allocations": _system_calls,
    }


def reset_peak() -> None:
    """Sets the peak to the memory in use now."""
    pool.peak = pool.in_use
