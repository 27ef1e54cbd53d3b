"""Softmax along an axis, its logarithm, and cross entropies: of logits of float32 and float64, block by block in L1.

Each is evaluated in the same way: logits less the greatest of them, the exponentials of that, and their sums.
"""

from libc.stdint cimport int32_t, int64_t

from gradtape._engine.base.buffer cimport Block, acquire, release
from gradtape._engine.base.shape cimport Extent, new_extent, release_extent, same_extent
from gradtape._engine.base.threads cimport run_parts, thread_count
from gradtape._engine.base.types cimport EXP, F32, I32, I64, LOG, MAX_RANK, MUL, NEG, SUB, is_native, real
from gradtape._engine.compute.loops cimport LONG_RUN, reduce_run, run_instruction, worth_cutting
from gradtape._engine.kernels.dispatch cimport LINK_DIV, LINK_SUB, MAX, SUM, kernels
from gradtape._engine.record.primitive cimport Evaluate
from gradtape._engine.tensor.tensor cimport Tensor, as_array, new_tensor

from gradtape._engine.ops.messages import refused

cdef enum:
    BLOCK = 2048             # elements per block
    WORK = 16                # instructions per element
    NARROW = 16              # length of rows too short for a kernel call

cdef enum Form:
    SOFTMAX
    LOG_SOFTMAX
    SURPLUS                  # softmax - 1 at the label's class
    ENTROPY                  # -sum(labels * log_softmax)
    NAMED_ENTROPY            # -log_softmax at the label's class


cdef struct Job:
    Form form
    bint double_precision
    bint short_labels        # labels are int32
    const char* logits       # IN, outer x reduced x inner
    const char* labels       # IN, of the same shape, or one class per outer index
    char* out                # OUT, as the logits; of entropies outer x inner
    Py_ssize_t outer, reduced, inner
    Py_ssize_t together      # outer indices per block
    bint whole               # there is only one block, each of whose loops is divided among threads
    char* scratch            # OUT, so many bytes per part
    Py_ssize_t scratch_bytes


cdef inline void each(const Job* job, int code, real* out, const real* a, const real* b, Py_ssize_t n) noexcept nogil:
    if job.whole:
        with gil:
            run_instruction(code, real is double, <char*>out, <const char*>a, <const char*>b, n)
    elif real is float:
        kernels.run32(code, out, a, b, NULL, n)
    else:
        kernels.run64(code, out, a, b, NULL, n)


cdef inline void reduced(const Job* job, int kind, const real* a, real* out, Py_ssize_t outer) noexcept nogil:
    if job.whole:
        with gil:
            reduce_run(kind, F32 if real is float else F32 + 1, <const char*>a, <char*>out, outer, job.reduced, job.inner)
    elif real is float:
        kernels.reduce32(kind, a, out, outer, job.reduced, job.inner)
    else:
        kernels.reduce64(kind, a, out, outer, job.reduced, job.inner)


cdef inline void broadcast_along(const Job* job, int op, real* out, const real* a, const real* b, Py_ssize_t outer) noexcept nogil:
    """out = a op b, where b is broadcast along the reduced axis."""
    cdef Py_ssize_t i, j, row = job.reduced * job.inner
    cdef Py_ssize_t rows = 1 if job.inner == 1 else job.reduced, width = job.reduced if job.inner == 1 else job.inner
    if job.inner == 1 and job.reduced <= NARROW:
        for i in range(outer):
            if op == LINK_SUB:
                for j in range(row):
                    out[j] = a[j] - b[i]
            else:
                for j in range(row):
                    out[j] = a[j] / b[i]
            out, a = out + row, a + row
        return
    for i in range(outer):
        if real is float:
            kernels.broadcast32(op, out, a, b + i * job.inner, job.inner > 1, rows, width)
        else:
            kernels.broadcast64(op, out, a, b + i * job.inner, job.inner > 1, rows, width)
        out, a = out + row, a + row


cdef inline int64_t label(const Job* job, Py_ssize_t i) noexcept nogil:
    return (<const int32_t*>job.labels)[i] if job.short_labels else (<const int64_t*>job.labels)[i]


cdef inline void rows(const Job* job, Py_ssize_t first, Py_ssize_t outer, real* scratch) noexcept nogil:
    """Computes `outer` indices from `first` on."""
    cdef Py_ssize_t count = outer * job.inner, n = count * job.reduced, start = first * job.reduced * job.inner, i
    cdef real* top = scratch
    cdef real* total = top + count
    cdef real* below = total + count
    cdef real* powers
    cdef real* out = <real*>job.out + (first * job.inner if job.form >= ENTROPY else start)
    if job.form == ENTROPY:
        powers = below + n
    elif job.form == LOG_SOFTMAX:
        powers, below = below, out
    else:
        if job.form != NAMED_ENTROPY:
            below = out
        powers = below
    reduced(job, MAX, <const real*>job.logits + start, top, outer)
    broadcast_along(job, LINK_SUB, below, <const real*>job.logits + start, <const real*>top, outer)
    if job.form == NAMED_ENTROPY:
        for i in range(outer):
            out[i] = below[i * job.reduced + label(job, first + i)]
    each(job, EXP, powers, <const real*>below, <const real*>below, n)
    reduced(job, SUM, <const real*>powers, total, outer)
    if job.form == SOFTMAX or job.form == SURPLUS:
        broadcast_along(job, LINK_DIV, out, <const real*>powers, <const real*>total, outer)
        if job.form == SURPLUS:
            for i in range(outer):
                out[i * job.reduced + label(job, first + i)] -= 1
        return
    each(job, LOG, total, <const real*>total, <const real*>total, count)
    if job.form == LOG_SOFTMAX:
        broadcast_along(job, LINK_SUB, out, <const real*>below, <const real*>total, outer)
    elif job.form == NAMED_ENTROPY:
        each(job, SUB, out, <const real*>total, <const real*>out, count)
    else:
        broadcast_along(job, LINK_SUB, powers, <const real*>below, <const real*>total, outer)
        each(job, MUL, powers, <const real*>job.labels + start, <const real*>powers, n)
        reduced(job, SUM, <const real*>powers, out, outer)
        each(job, NEG, out, <const real*>out, <const real*>out, count)


cdef void run_part(void* context, int part, int parts) noexcept nogil:
    cdef const Job* job = <const Job*>context
    cdef Py_ssize_t first = job.outer * part // parts, stop = job.outer * (part + 1) // parts, outer
    cdef char* scratch = job.scratch + part * job.scratch_bytes
    while first < stop:
        outer = min(job.together, stop - first)
        if job.double_precision:
            rows[double](job, first, outer, <double*>scratch)
        else:
            rows[float](job, first, outer, <float*>scratch)
        first += outer


cdef int run(Job* job) except -1:
    cdef Py_ssize_t row = job.reduced * job.inner
    cdef int parts = thread_count()
    cdef Block* scratch
    job.whole = job.outer < parts and job.outer * row > LONG_RUN
    job.together = job.outer if job.whole else min(job.outer, max(1, BLOCK // max(1, row)))
    if job.outer < parts or not worth_cutting(job.outer * row * WORK):
        parts = 1
    job.scratch_bytes = (2 * job.together * (row + job.inner) * (8 if job.double_precision else 4) + 63) // 64 * 64
    scratch = acquire(parts * job.scratch_bytes)
    job.scratch = scratch.data
    if parts > 1 or (job.outer * row > LONG_RUN and not job.whole):
        with nogil:
            run_parts(run_part, job, parts)
    else:
        run_part(job, 0, 1)
    release(scratch)
    return 0


cdef int require_classes(const Job* job, Tensor labels) except -1:
    """Raises InvalidArgumentError if a label is not a class, or there are no classes."""
    cdef Py_ssize_t i
    if job.reduced == 0:
        raise refused("no classes", shape=f"[{job.outer},0]")
    for i in range(job.outer):
        if not 0 <= label(job, i) < job.reduced:
            numbers = as_array(labels).ravel()
            raise refused("label", label=numbers[i], classes=job.reduced, labels=" ".join(map(str, numbers)))
    return 0


cdef Tensor evaluated(Form form, Tensor labels, Tensor logits, int64_t axis):
    cdef Job job
    cdef Extent* extent = logits.extent
    cdef Extent* narrow
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Tensor out
    cdef int i
    if not 0 <= axis < extent.rank or not is_native(logits.dtype_code):
        raise ValueError(f"softmax has no axis {axis} in shape {list(logits.shape)} of {logits.dtype.name}")
    job.form, job.double_precision = form, logits.dtype_code != F32
    job.logits, job.labels = logits.data, NULL
    job.outer, job.reduced, job.inner = 1, extent.dims[axis], 1
    for i in range(extent.rank):
        if i < axis:
            job.outer *= extent.dims[i]
        elif i > axis:
            job.inner *= extent.dims[i]
        if i != axis:
            dims[i - (i > axis)] = extent.dims[i]
    narrow = new_extent(extent.rank - 1, dims)
    try:
        if form == ENTROPY and not (same_extent(labels.extent, extent) and labels.dtype_code == logits.dtype_code):
            raise ValueError("labels and logits differ in shape or dtype")
        if (form == SURPLUS or form == NAMED_ENTROPY) and not (
                same_extent(labels.extent, narrow) and (labels.dtype_code == I32 or labels.dtype_code == I64)):
            raise ValueError("labels are no integers, or not one for each row of the logits")
        if labels is not None:
            job.labels, job.short_labels = labels.data, labels.dtype_code == I32
        if form == SURPLUS or form == NAMED_ENTROPY:
            # Checked by both: a compiled function may omit the loss.
            require_classes(&job, labels)
        out = new_tensor(logits.dtype_code, narrow if form >= ENTROPY else extent)
    finally:
        release_extent(narrow)
    job.out = out.data
    run(&job)
    return out


# As steps of a plan, and as evaluations of primitives.

cdef Tensor compute_softmax(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return evaluated(SOFTMAX, None, a, axis)


cdef Tensor compute_log_softmax(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return evaluated(LOG_SOFTMAX, None, a, axis)


cdef Tensor compute_cross_entropy(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return evaluated(ENTROPY, a, b, axis)


cdef Tensor compute_sparse_cross_entropy(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return evaluated(NAMED_ENTROPY, a, b, b.extent.rank - 1)


cdef Tensor compute_surplus(Tensor a, Tensor b, Extent* shape, int64_t axis):
    return evaluated(SURPLUS, a, b, b.extent.rank - 1)


def evaluate_softmax(Tensor logits not None, axis) -> Tensor:
    """Softmax along an axis."""
    return compute_softmax(logits, None, NULL, axis)


def evaluate_log_softmax(Tensor logits not None, axis) -> Tensor:
    """The logarithm of softmax along an axis."""
    return compute_log_softmax(logits, None, NULL, axis)


def evaluate_cross_entropy(Tensor labels not None, Tensor logits not None, axis) -> Tensor:
    """The sum of -labels * log_softmax(logits) along an axis."""
    return compute_cross_entropy(labels, logits, NULL, axis)


def evaluate_sparse_cross_entropy(Tensor labels not None, Tensor logits not None) -> Tensor:
    """-log_softmax(logits) along the last axis, at each label's class."""
    return compute_sparse_cross_entropy(labels, logits, NULL, 0)


def evaluate_surplus(Tensor labels not None, Tensor logits not None) -> Tensor:
    """softmax(logits) along the last axis, minus 1 at each label's class."""
    return compute_surplus(labels, logits, NULL, 0)


cdef Evaluate compiled(object evaluate):
    if evaluate is evaluate_softmax:
        return compute_softmax
    if evaluate is evaluate_log_softmax:
        return compute_log_softmax
    if evaluate is evaluate_cross_entropy:
        return compute_cross_entropy
    if evaluate is evaluate_sparse_cross_entropy:
        return compute_sparse_cross_entropy
    if evaluate is evaluate_surplus:
        return compute_surplus
    return NULL
