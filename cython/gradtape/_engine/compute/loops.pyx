"""Loops over flat data: programs and reductions. Long ones release the GIL and are divided among threads.

Long sums are computed by segments that depend only on the size, and threads compute whole segments, so results depend neither
on timing nor on the number of threads. Elementwise loops may be divided anywhere, as that does not change results.
"""

from gradtape._engine.base.buffer cimport Block, acquire, release
from gradtape._engine.base.shape cimport Extent
from gradtape._engine.base.threads cimport alert_threads, run_parts, thread_count
from gradtape._engine.base.types cimport F32, MAX_OPERANDS, MAX_RANK
from gradtape._engine.compute.program cimport FULL, SCALAR, STRIDED, Operand, Program
from gradtape._engine.kernels.dispatch cimport SUM, kernels

cdef enum:
    SPLIT_WORK = 1 << 18        # elements times instructions from which a loop is divided
    ALERT_WORK = 1 << 15        # the same while other threads are spinning
    CUT = 1024                  # parts of a flat loop begin at multiples of this number of elements
    MOST_SEGMENTS = 64
    SEGMENT = 8 * CUT           # minimum size of a segment, in elements
    MOST_VALUES = 2048          # float64 values, or twice as many float32 values, that are summed while they are in L1


cdef bint worth_cutting(Py_ssize_t work) noexcept nogil:
    return thread_count() > 1 and (work >= SPLIT_WORK or work >= ALERT_WORK and alert_threads() > 0)


cdef Py_ssize_t place_of_cut(Py_ssize_t length, int part, int parts) noexcept nogil:
    return length if part == parts else (length // CUT) * part // parts * CUT


cdef inline int segments_of(Py_ssize_t size) noexcept nogil:
    return <int>max(1, min(MOST_SEGMENTS, size // SEGMENT))


cdef double sum_of_segments(const double* sums, int segments) noexcept nogil:
    cdef double total = sums[0]
    cdef int i
    for i in range(1, segments):
        total += sums[i]
    return total


# A program's loop divided along the first axis, or flattened if every operand is contiguous or a scalar.
cdef struct Division:
    void* program
    bint double_precision
    int segments                    # of a total; 0 if the elements are stored
    char* out
    Py_ssize_t out_step             # bytes of result per index of the divided axis
    Operand operands[MAX_OPERANDS]
    Py_ssize_t steps[MAX_OPERANDS]  # bytes of operand per index of the divided axis
    int arity
    int rank
    Py_ssize_t shape[MAX_RANK]
    Py_ssize_t length               # of the divided axis
    Py_ssize_t inner                # elements per index of the divided axis
    double sums[MOST_SEGMENTS]


cdef void run_division(void* context, int part, int parts) noexcept nogil:
    cdef Division* division = <Division*>context
    cdef int segment
    if division.segments == 0:
        run_slice(division, part, parts)
    for segment in range(division.segments * part // parts, division.segments * (part + 1) // parts):
        run_slice(division, segment, division.segments)


cdef void run_slice(Division* division, int part, int parts) noexcept nogil:
    cdef bint flat = division.inner == 1
    cdef Py_ssize_t start = place_of_cut(division.length, part, parts) if flat else division.length * part // parts
    cdef Py_ssize_t stop = place_of_cut(division.length, part + 1, parts) if flat else division.length * (part + 1) // parts
    cdef Py_ssize_t shape[MAX_RANK]
    cdef Operand operands[MAX_OPERANDS]
    cdef bint total = division.segments > 0
    cdef double sum_ = 0
    cdef float single = 0
    cdef void* out = division.out + start * division.out_step
    cdef int i
    for i in range(division.rank):
        shape[i] = division.shape[i]
    shape[0] = stop - start
    for i in range(division.arity):
        operands[i] = division.operands[i]
        operands[i].data = <const char*>operands[i].data + start * division.steps[i]
    if total:
        out = <void*>&sum_ if division.double_precision else <void*>&single
    run_program(division.program, division.double_precision, out, operands, division.rank, shape,
                (stop - start) * division.inner, total)
    if total:
        division.sums[part] = sum_ if division.double_precision else single


cdef void run_program(void* program, bint double_precision, void* out, const Operand* operands, int rank,
                      const Py_ssize_t* shape, Py_ssize_t size, bint total) noexcept nogil:
    (<Program>program).run(double_precision, out, operands, rank, shape, size, total)


cdef int execute(Program program, bint double_precision, void* out, Operand* operands, Extent* extent, bint total) except -1:
    """Runs a program. Long runs release the GIL, as inputs are immutable and the output is not yet shared, and are divided
    among the parked threads."""
    cdef Division division
    cdef int parts = thread_count(), segments = segments_of(extent.size) if total else 0, i
    cdef bint flat = True
    cdef Py_ssize_t work
    cdef int width = 8 if double_precision else 4
    program.prepare()
    if extent.size <= LONG_RUN:
        program.run(double_precision, out, operands, extent.rank, extent.dims, extent.size, total)
        return 0
    for i in range(program.arity):
        flat = flat and operands[i].mode != STRIDED
    work = extent.size * (program.length + 1)
    if not (work >= SPLIT_WORK if total else worth_cutting(work) if flat else
            parts > 1 and work >= SPLIT_WORK and extent.dims[0] >= parts):
        with nogil:
            program.run(double_precision, out, operands, extent.rank, extent.dims, extent.size, total)
        return 0
    division.program = <void*>program
    division.double_precision = double_precision
    division.segments = segments
    division.out = <char*>out
    division.arity = program.arity
    division.rank = 1 if flat else extent.rank
    division.length = extent.size if flat else extent.dims[0]
    division.inner = extent.size // division.length
    division.out_step = division.inner * (1 if program.predicate else width)
    for i in range(division.rank):
        division.shape[i] = extent.dims[i]
    division.shape[0] = division.length
    for i in range(program.arity):
        division.operands[i] = operands[i]
        division.steps[i] = 1 if operands[i].bytes else width
        if operands[i].mode == FULL:
            division.steps[i] *= division.inner
        elif operands[i].mode == SCALAR:
            division.steps[i] = 0
        else:
            division.steps[i] *= operands[i].strides[0]
    with nogil:
        run_parts(run_division, &division, min(parts, segments) if total else parts)
    if total and double_precision:
        (<double*>out)[0] = sum_of_segments(division.sums, segments)
    elif total:
        (<float*>out)[0] = <float>sum_of_segments(division.sums, segments)
    return 0


# The sum of a program's values without storing them, bitwise the same as storing and reducing them: kernels sum CUT elements in
# the elements' type and add those sums in double precision, so threads compute the sums of CUT elements.
cdef struct Summing:
    void* program
    bint double_precision
    const Operand* operands
    int arity
    Py_ssize_t length
    double* sums


cdef void sum_blocks(void* context, int part, int parts) noexcept nogil:
    cdef Summing* job = <Summing*>context
    cdef Py_ssize_t start = place_of_cut(job.length, part, parts), stop = place_of_cut(job.length, part + 1, parts), n, i
    cdef int k
    cdef int width = 8 if job.double_precision else 4
    cdef double[MOST_VALUES] values
    cdef Operand operands[MAX_OPERANDS]
    while start < stop:
        n = min(MOST_VALUES * 8 // width, stop - start)
        for k in range(job.arity):
            operands[k] = job.operands[k]
            if operands[k].mode == FULL:
                operands[k].data = <const char*>operands[k].data + start * (1 if operands[k].bytes else width)
        run_program(job.program, job.double_precision, values, operands, 1, &n, n, False)
        i = 0
        while i < n:
            if job.double_precision:
                job.sums[(start + i) // CUT] = kernels.sum64(<double*>values + i, min(CUT, n - i))
            else:
                job.sums[(start + i) // CUT] = kernels.sum32(<float*>values + i, min(CUT, n - i))
            i += CUT
        start += n


cdef bint execute_sum(Program program, bint double_precision, void* out, Operand* operands, Py_ssize_t size) except -1:
    cdef Summing job
    cdef Block* sums
    cdef double[MOST_SEGMENTS] totals
    cdef double total
    cdef Py_ssize_t i
    cdef int segments = segments_of(size) if size >= SPLIT_WORK else 1, segment
    for i in range(program.arity):
        if operands[i].mode == STRIDED:
            return False
    program.prepare()
    sums = acquire((size // CUT + 1) * 8)
    job.program, job.double_precision, job.operands, job.arity = <void*>program, double_precision, operands, program.arity
    job.length, job.sums = size, <double*>sums.data
    with nogil:
        run_parts(sum_blocks, &job, thread_count() if worth_cutting(size * (program.length + 2)) else 1)
    # Added in the order of `reduce_run`.
    for segment in range(segments):
        totals[segment] = 0
        for i in range(place_of_cut(size, segment, segments) // CUT, (place_of_cut(size, segment + 1, segments) + CUT - 1) // CUT):
            totals[segment] += job.sums[i]
    total = sum_of_segments(totals, segments)
    release(sums)
    if double_precision:
        (<double*>out)[0] = total
    else:
        (<float*>out)[0] = <float>total
    return True


cdef struct InstructionDivision:
    int code
    bint double_precision
    char* out
    const char* a
    const char* b
    Py_ssize_t length


cdef void run_part(void* context, int part, int parts) noexcept nogil:
    cdef InstructionDivision* job = <InstructionDivision*>context
    cdef Py_ssize_t start = place_of_cut(job.length, part, parts), n = place_of_cut(job.length, part + 1, parts) - start
    if job.double_precision:
        kernels.run64(job.code, <double*>job.out + start, <const double*>job.a + start, <const double*>job.b + start, NULL, n)
    else:
        kernels.run32(job.code, <float*>job.out + start, <const float*>job.a + start, <const float*>job.b + start, NULL, n)


cdef void run_instruction(int code, bint double_precision, char* out, const char* a, const char* b, Py_ssize_t n) noexcept:
    cdef InstructionDivision job
    job.code, job.double_precision, job.out, job.a, job.b, job.length = code, double_precision, out, a, b, n
    if worth_cutting(n):
        run_parts(run_part, &job, thread_count())
    else:
        run_part(&job, 0, 1)


cdef struct ReductionDivision:
    int kind
    int dtype_code
    const char* a
    char* out
    Py_ssize_t outer
    Py_ssize_t reduced
    Py_ssize_t inner
    int segments
    double sums[MOST_SEGMENTS]


cdef void reduce_part(void* context, int part, int parts) noexcept nogil:
    """Reduces a part of the outer indices, or some segments of one long sum."""
    cdef ReductionDivision* job = <ReductionDivision*>context
    cdef Py_ssize_t start, stop, row = job.reduced * job.inner
    cdef int width = 4 if job.dtype_code == F32 else 8, i
    if job.segments == 0:
        start = job.outer * part // parts
        stop = job.outer * (part + 1) // parts
        reduce_flat(job.kind, job.dtype_code, job.a + start * row * width, job.out + start * job.inner * width,
                    stop - start, job.reduced, job.inner)
        return
    for i in range(job.segments * part // parts, job.segments * (part + 1) // parts):
        start, stop = place_of_cut(job.reduced, i, job.segments), place_of_cut(job.reduced, i + 1, job.segments)
        if job.dtype_code == F32:
            job.sums[i] = kernels.sum32(<const float*>job.a + start, stop - start)
        else:
            job.sums[i] = kernels.sum64(<const double*>job.a + start, stop - start)


cdef void reduce_flat(int kind, int dtype_code, const char* a, char* out, Py_ssize_t outer, Py_ssize_t reduced,
                      Py_ssize_t inner) noexcept nogil:
    """a is IN, out is OUT."""
    if dtype_code == F32:
        kernels.reduce32(kind, <const float*>a, <float*>out, outer, reduced, inner)
    else:
        kernels.reduce64(kind, <const double*>a, <double*>out, outer, reduced, inner)


cdef void reduce_run(int kind, int dtype_code, const char* a, char* out, Py_ssize_t outer, Py_ssize_t reduced,
                     Py_ssize_t inner) noexcept:
    """a is IN, out is OUT. Long reductions release the GIL, and are divided if the parts are independent."""
    cdef ReductionDivision job
    cdef Py_ssize_t size = outer * reduced * inner
    cdef int parts = thread_count()
    cdef bint total = kind == SUM and outer == 1 and inner == 1
    if size <= LONG_RUN:
        reduce_flat(kind, dtype_code, a, out, outer, reduced, inner)
    elif size < SPLIT_WORK or not (total or (parts > 1 and outer >= parts)):
        with nogil:
            reduce_flat(kind, dtype_code, a, out, outer, reduced, inner)
    else:
        job.kind, job.dtype_code, job.a, job.out = kind, dtype_code, a, out
        job.outer, job.reduced, job.inner = outer, reduced, inner
        job.segments = segments_of(size) if total else 0
        with nogil:
            run_parts(reduce_part, &job, min(parts, job.segments) if total else parts)
        if total and dtype_code == F32:
            (<float*>out)[0] = <float>sum_of_segments(job.sums, job.segments)
        elif total:
            (<double*>out)[0] = sum_of_segments(job.sums, job.segments)
