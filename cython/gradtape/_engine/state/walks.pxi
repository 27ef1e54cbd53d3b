"""The update of one parameter by the rule: passes over it, divided among threads if it is long. Included in `optimizers`."""

cdef enum:
    MIN_PART = 1 << 16               # elements that make it worthwhile to give a thread several parts
    MAX_PARTS = 4

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


cdef int update_parameter(BaseOptimizer optimizer, Step* step, const Pair* pair, const char* g, const char* q, Rows rows) except -1:
    """Updates one parameter. g, q: gradient and squares as for `walk` (IN), of the variable's size or of the rows only."""
    cdef UpdateJob job
    cdef PyObject* value = <PyObject*>(<BaseVariable>pair.variable).held
    cdef PyObject* slot
    cdef Extent* extent = (<Tensor>value).extent
    cdef const Rule* rule = optimizer.entry
    cdef int i
    job.dtype_code = (<Tensor>value).dtype_code
    job.slots[0] = job.slots[1] = job.slots[2] = NULL
    for i in range(optimizer.slot_count):
        slot = slot_of(<PyObject*>optimizer.slots, i, pair.place)
        if slot != NULL:
            slot = <PyObject*>(<BaseVariable>slot).held
            job.slots[i] = (<Tensor>slot).data
            if rule.whole:
                job.slot_sizes[i] = (<Tensor>slot).extent.size if (<Tensor>slot).dtype_code == job.dtype_code else 0
            if not rule.whole or i == optimizer.slot_count - 1:
                if (<Tensor>slot).extent.size != extent.size or (<Tensor>slot).dtype_code != job.dtype_code:
                    raise variable_mismatch(<BaseVariable>pair.variable)
    if step.bare and not rule.whole and extent.size <= LONG_RUN and rows is None:
        if job.dtype_code == F32:
            rule.single(step, <float*>(<Tensor>value).data, <const float*>g, <const float*>q, <float**>job.slots, extent.size)
            return 0
        if job.dtype_code == F64:
            rule.double_precision(step, <double*>(<Tensor>value).data, <const double*>g, <const double*>q, <double**>job.slots,
                                  extent.size)
            return 0
    if rule.whole and extent.rank >= 2:
        step.rows, step.columns = extent.dims[extent.rank - 2], extent.dims[extent.rank - 1]
    else:
        step.rows = step.columns = 0
    job.step, job.target, job.g, job.q, job.size = step, (<Tensor>value).data, g, q, extent.size
    if is_complex(job.dtype_code):
        job.dtype_code, job.size = dtype_of_parts(<Tensor>value), parts_of(<Tensor>value)
    job.places, job.failed = NULL, False
    if rows is not None and rows.places.shape[0]:
        job.places, job.count = &rows.places[0], rows.places.shape[0]
        job.width = rows.values.extent.size // job.count
    if extent.size > LONG_RUN and not rule.whole and worth_cutting(extent.size * (1 + optimizer.slot_count)):
        run_parts(update_part, &job, thread_count() * parts_per_thread(extent.size // thread_count()))
    elif job.places != NULL:
        update_range_sparse(&job, 0, job.size)
    elif extent.size:
        update_range(&job, g, q, 0, job.size)
    if job.failed:
        raise MemoryError()
    return 0


cdef int update_rows(BaseOptimizer optimizer, const Step* step, const Pair* pair, Rows rows) except -1:
    """Updates only the rows of a sparse gradient."""
    cdef Tensor value = value_of(pair.variable), state = None
    cdef Py_ssize_t row, width, start
    cdef char* slots[SLOTS]
    cdef int item = item_size(value.dtype_code)
    slots[0] = slots[1] = slots[2] = NULL
    if optimizer.slot_count:
        state = variable_at(<list>optimizer.slots[0], pair.place).held
        if state.extent.size != value.extent.size:
            raise variable_mismatch(<BaseVariable>pair.variable)
    if rows.places.shape[0] == 0:
        return 0
    width = rows.values.extent.size // rows.places.shape[0]
    for row in range(rows.places.shape[0]):
        start = rows.places[row] * width * item
        if state is not None:
            slots[0] = state.data + start
        if rules.walk(step, value.dtype_code, value.data + start, rows.values.data + row * width * item,
                      rows.squares.data + row * width * item if rows.squares is not None else NULL, slots, NULL, width):
            raise MemoryError()
    return 0


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
