"""Sparse gradients, and passes over one parameter, divided among threads if it is long. Included in `optimizers`."""

# A gradient and its variable, checked.
cdef struct Pair:
    PyObject* gradient       # a Tensor or Rows, owned
    PyObject* variable       # a BaseVariable, owned
    Py_ssize_t place         # the variable's index in `known`


cdef class Rows:
    """A sparse gradient: nonzero rows and their indices.

    Attributes:
      values: the rows, summed over equal indices.
      places: the indices (IN), valid, unique and ascending.
      squares: if there were equal indices, the sums of the squared rows (of their magnitudes for an absolute rule), as
        Keras squares before it sums; else None.
      norm: the Euclidean norm of the gradient before summing.
    """

    cdef Tensor values, squares
    cdef const int64_t[::1] places
    cdef double norm

    def __cinit__(self, Tensor values not None, const int64_t[::1] places not None, Tensor squares or None, double norm):
        self.values, self.places, self.squares, self.norm = values, places, squares, norm

    cdef Tensor dense(self, Tensor rows, Extent* extent):
        """Rows as a dense tensor."""
        cdef Tensor dense
        cdef Py_ssize_t i, bytes_of_row
        if rows is None:
            return None
        dense = new_tensor(rows.dtype_code, extent)
        memset(dense.data, 0, extent.size * item_size(rows.dtype_code))
        if self.places.shape[0]:
            bytes_of_row = rows.extent.size // self.places.shape[0] * item_size(rows.dtype_code)
            for i in range(self.places.shape[0]):
                memcpy(dense.data + self.places[i] * bytes_of_row, rows.data + i * bytes_of_row, bytes_of_row)
        return dense


# The step of one long parameter, to be divided among threads. The pointers are arguments of the rules' `walk`; for a sparse gradient g
# and q point to its rows only: `count` rows of `width` elements, at ascending indices.
cdef struct UpdateJob:
    const Step* step
    int dtype_code
    char* target
    const char* g
    const char* q
    char* slots[SLOTS]
    Py_ssize_t slot_sizes[SLOTS]
    Py_ssize_t size
    const int64_t* places          # indices of the rows; NULL: a dense gradient
    Py_ssize_t count
    Py_ssize_t width
    bint failed                    # out of memory


cdef inline int parts_per_thread(Py_ssize_t size) noexcept nogil:
    """Into how many parts a thread's share of so many elements is divided, so that others can take over parts of a late thread."""
    return 1 if size < 2 * MIN_PART else size // MIN_PART if size < MAX_PARTS * MIN_PART else MAX_PARTS


cdef void update_part(void* context, int part, int parts) noexcept nogil:
    cdef UpdateJob* job = <UpdateJob*>context
    cdef Py_ssize_t first = place_of_cut(job.size, part, parts), stop = place_of_cut(job.size, part + 1, parts)
    cdef Py_ssize_t start = first * item_size(job.dtype_code)
    if job.places != NULL:
        update_range_sparse(job, first, stop)
    else:
        update_range(job, job.g + start, job.q + start if job.q != NULL else NULL, first, stop)


cdef void update_range(UpdateJob* job, const char* g, const char* q, Py_ssize_t first, Py_ssize_t stop) noexcept nogil:
    """Updates the elements from first to stop; g, q: their gradient (IN)."""
    cdef Py_ssize_t start = first * item_size(job.dtype_code)
    cdef char* slots[SLOTS]
    cdef int i
    for i in range(SLOTS):
        slots[i] = job.slots[i] + start if job.slots[i] != NULL else NULL
    if rules.walk(job.step, job.dtype_code, job.target + start, g, q, slots, job.slot_sizes, stop - first):
        job.failed = True


cdef void update_range_sparse(UpdateJob* job, Py_ssize_t first, Py_ssize_t stop) noexcept nogil:
    """The same for a sparse gradient, which is made dense block by block, in the cache."""
    cdef double g[STEP_BLOCK]
    cdef double q[STEP_BLOCK]
    cdef Py_ssize_t item = item_size(job.dtype_code), row = 0, start = first, end, first_row
    memset(g, 0, STEP_BLOCK * item)
    if job.q != NULL:
        memset(q, 0, STEP_BLOCK * item)
    while row < job.count and (job.places[row] + 1) * job.width <= first:
        row += 1
    while start < stop:
        end = start + STEP_BLOCK if start + STEP_BLOCK < stop else stop
        first_row = row
        while row < job.count and job.places[row] * job.width < end:
            copy_row(<char*>g, job.g, job, row, start, end)
            if job.q != NULL:
                copy_row(<char*>q, job.q, job, row, start, end)
            row += 1
        update_range(job, <const char*>g, <const char*>q if job.q != NULL else NULL, start, end)
        while first_row < row:                # clear for the next block
            copy_row(<char*>g, NULL, job, first_row, start, end)
            if job.q != NULL:
                copy_row(<char*>q, NULL, job, first_row, start, end)
            first_row += 1
        if row and (job.places[row - 1] + 1) * job.width > end:
            row -= 1
        start = end


cdef inline void copy_row(char* out, const char* rows, UpdateJob* job, Py_ssize_t row, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    """Copies the part of a row (IN) that lies between start and end to out (OUT), which begins at start; NULL: clears it."""
    cdef Py_ssize_t item = item_size(job.dtype_code), begin = job.places[row] * job.width, stop = begin + job.width
    cdef Py_ssize_t skipped = start - begin if start > begin else 0
    stop = stop if stop < end else end
    out += (begin + skipped - start) * item
    if rows == NULL:
        memset(out, 0, (stop - begin - skipped) * item)
    else:
        memcpy(out, rows + (row * job.width + skipped) * item, (stop - begin - skipped) * item)
