"""Pooled storage: slabs of memory divided into blocks, which are reused last in, first out."""

cdef struct Block:
    char* data             # 64-byte aligned
    Py_ssize_t refs        # tensors, variables and exports that hold the block
    Py_ssize_t capacity    # bytes
    int size_class
    Block* next            # in its free list
    void* slab             # the Slab, borrowed: a dedicated slab is freed with its only block

cdef enum:
    GRAIN = 64                    # smallest block and alignment, bytes
    LINEAR_CLASSES = 16           # GRAIN, 2*GRAIN, ... 1 KiB
    SHARED_LIMIT = 1 << 17        # larger blocks get a slab of their own, returned to the system when idle
    CLASSES = 448                 # enough for any size of 64 bits, so that indices need no check

cdef struct Pool:
    Block* idle[CLASSES]
    Py_ssize_t in_use, peak       # bytes
    Py_ssize_t acquired           # blocks, ever

cdef Pool pool
cdef Block* acquire_anew(int size_class) except NULL
cdef void recycle(Block* block) noexcept               # returns it to its free list

cdef inline int class_of(Py_ssize_t nbytes) noexcept nogil:
    """The size class: multiples of 64 bytes up to 1 KiB, then eight per doubling (at most 12.5% are unused)."""
    cdef Py_ssize_t grains = (nbytes + GRAIN - 1) // GRAIN
    cdef int shift = 0
    if grains <= LINEAR_CLASSES:
        return <int>(grains - 1) if grains > 0 else 0
    while (grains - 1) >> shift >= 16:
        shift += 1
    return LINEAR_CLASSES + (shift - 1) * 8 + <int>(((grains - 1) >> shift) - 8)

cdef inline Block* acquire(Py_ssize_t nbytes) except NULL:
    """A block with one reference, its contents undefined. Raises MemoryError."""
    cdef int size_class = class_of(nbytes)
    cdef Block* block = pool.idle[size_class]
    if block == NULL or block.capacity > SHARED_LIMIT:
        return acquire_anew(size_class)
    pool.idle[size_class] = block.next
    return hand_out(block)

cdef inline Block* hand_out(Block* block) noexcept:
    block.refs = 1
    pool.acquired += 1
    pool.in_use += block.capacity
    if pool.in_use > pool.peak:
        pool.peak = pool.in_use
    return block

cdef inline void release(Block* block) noexcept:
    block.refs -= 1
    if block.refs == 0:
        recycle(block)

cdef void on_growth(int (*relieve)() except -1) noexcept     # sets a function to be called before memory in use doubles
