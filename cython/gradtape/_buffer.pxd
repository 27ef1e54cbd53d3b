"""Pooled storage: slabs of contiguous floats cut into blocks, reused last in, first out."""

cdef struct Block:
    char* data             # 64-byte aligned
    Py_ssize_t refs        # tensors, variables and exports that hold the block
    Py_ssize_t capacity    # bytes
    int size_class
    Block* next            # in its free list
    void* slab             # the Slab, borrowed: a dedicated slab is freed with its only block

cdef Block* acquire(Py_ssize_t nbytes) except NULL     # one reference, contents undefined; MemoryError
cdef void recycle(Block* block) noexcept               # back to its free list

cdef inline void release(Block* block) noexcept:
    block.refs -= 1
    if block.refs == 0:
        recycle(block)

cdef void on_growth(int (*relieve)() except -1) noexcept     # called before memory in use grows far beyond what it was
