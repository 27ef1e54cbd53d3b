"""The interpreter of programs: runs them block by block, with operands of any strides. Included in `program`, to be inlined."""

# How an operand's register is updated before each block.
cdef enum Upkeep:
    KEEP          # not at all: all blocks read the same elements
    ADVANCE       # the pointer advances by the block
    LOCATE        # the pointer is computed from the strides, as the block's elements are contiguous
    COPY_IN       # elements are gathered or converted into the register's own memory


# The result's axes for STRIDED operands, without axes of size 1, and with axes merged that are contiguous in every operand.
cdef struct FoldedAxes:
    int rank
    Py_ssize_t shape[MAX_RANK]
    Py_ssize_t strides[MAX_OPERANDS][MAX_RANK]


cdef void fold_axes(FoldedAxes* axes, const Operand* operands, int arity, int rank, const Py_ssize_t* shape) noexcept nogil:
    """Fills `axes` (OUT) from the result's shape and the strides of the operands that are STRIDED (all IN)."""
    cdef int axis, k, last
    cdef bint merge
    axes.rank = 0
    for axis in range(rank):
        if shape[axis] == 1:
            continue
        last = axes.rank - 1
        merge = last >= 0
        for k in range(arity):
            if merge and operands[k].mode == STRIDED:
                merge = axes.strides[k][last] == operands[k].strides[axis] * shape[axis]
        if merge:
            axes.shape[last] *= shape[axis]
        else:
            last += 1
            axes.rank = last + 1
            axes.shape[last] = shape[axis]
        for k in range(arity):
            axes.strides[k][last] = operands[k].strides[axis] if operands[k].mode == STRIDED else 0


cdef Py_ssize_t whole_rows(const FoldedAxes* axes, Py_ssize_t block) noexcept nogil:
    """The largest block that holds whole trailing subarrays; 0 if even one row is longer."""
    cdef Py_ssize_t rows = 1
    cdef int axis
    for axis in range(axes.rank - 1, -1, -1):
        if rows * axes.shape[axis] > block:
            break
        rows *= axes.shape[axis]
    return block // rows * rows if rows > 1 else 0


cdef Py_ssize_t period(const FoldedAxes* axes, int k) noexcept nogil:
    """The number of elements after which operand k repeats."""
    cdef Py_ssize_t length = 1
    cdef int axis, first = 0
    while first < axes.rank and axes.strides[k][first] == 0:
        first += 1
    for axis in range(first, axes.rank):
        length *= axes.shape[axis]
    return length


cdef Py_ssize_t locate(const FoldedAxes* axes, int k, Py_ssize_t offset, Py_ssize_t* index) noexcept nogil:
    """Offset in operand k of the result's element `offset`; `index` (OUT) is its index on each axis."""
    cdef Py_ssize_t element = 0
    cdef int axis
    for axis in range(axes.rank - 1, -1, -1):
        index[axis] = offset % axes.shape[axis]
        offset //= axes.shape[axis]
        element += index[axis] * axes.strides[k][axis]
    return element


cdef inline bint is_run(const Operand* operand, Py_ssize_t size) noexcept nogil:
    """Whether the operand is contiguous, of the program's type and of the result's size."""
    return not operand.bytes and (operand.mode == FULL or size == 1)


cdef inline void fill(real* out, real value, Py_ssize_t n) noexcept nogil:
    if real is float:
        kernels.fill32(out, value, n)
    else:
        kernels.fill64(out, value, n)


cdef void from_bytes(real* out, const unsigned char* a, Py_ssize_t stride, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i * stride]


cdef void to_bytes(unsigned char* out, const real* a, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] != 0


cdef inline double sum_of(const real* a, Py_ssize_t n) noexcept nogil:
    if real is float:
        return kernels.sum32(a, n)
    else:
        return kernels.sum64(a, n)


cdef inline void run_steps(Program program, real** registers, Py_ssize_t n, Prefetch* next) noexcept nogil:
    """Runs all instructions of a program on the first n elements of its registers."""
    cdef const Instruction* step = program.instructions
    cdef const Instruction* end = step + program.length
    cdef const Link* link = program.chained32.links if real is float else program.chained64.links
    cdef int links
    while step < end:
        links = link.chained
        if links:
            if real is float:
                kernels.chain32(link, links, registers[link.first], registers, n, next)
            else:
                kernels.chain64(link, links, registers[link.first], registers, n, next)
            step += links
            link += links
            continue
        prefetch(next, next.lines)
        if real is float:
            kernels.run32(step.code, registers[step.out], registers[step.a], registers[step.b], registers[step.c], n)
        else:
            kernels.run64(step.code, registers[step.out], registers[step.a], registers[step.b], registers[step.c], n)
        step += 1
        link += 1


cdef void gather_run(real* out, const real* a, Py_ssize_t stride, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if stride == 0:
        fill(out, a[0], n)
    elif stride == 1 and n > 32:
        memcpy(out, a, n * sizeof(real))
    else:
        for i in range(n):
            out[i] = a[i * stride]


cdef void gather(real* out, const Operand* operand, const FoldedAxes* axes, int k, Py_ssize_t offset,
                 Py_ssize_t n) noexcept nogil:
    """Copies operand k (IN) for the result's elements offset .. offset+n into `out` (OUT)."""
    cdef Py_ssize_t index[MAX_RANK]
    cdef Py_ssize_t element, run, stride
    cdef int axis, last = axes.rank - 1
    element = locate(axes, k, offset, index)
    stride = axes.strides[k][last]
    while True:
        run = min(axes.shape[last] - index[last], n)
        if operand.bytes:
            from_bytes(out, <const unsigned char*> operand.data + element, stride, run)
        else:
            gather_run(out, <const real*> operand.data + element, stride, run)
        n -= run
        if n == 0:
            return
        out += run
        element -= index[last] * stride
        index[last] = 0
        axis = last - 1
        while axis > 0 and index[axis] == axes.shape[axis] - 1:
            element -= index[axis] * axes.strides[k][axis]
            index[axis] = 0
            axis -= 1
        index[axis] += 1
        element += axes.strides[k][axis]


cdef void repeat(real* out, const Operand* operand, const FoldedAxes* axes, int k, Py_ssize_t n) noexcept nogil:
    """Fills `out` (OUT, n elements) with repetitions of operand k's (IN) period, by doubling."""
    cdef Py_ssize_t done = period(axes, k)
    gather(out, operand, axes, k, 0, done)
    while done < n:
        memcpy(out + done, out, min(done, n - done) * sizeof(real))
        done += min(done, n - done)


cdef bint interpret_few(Program program, real* out, const Operand* operands, Py_ssize_t size,
                        bint total) noexcept nogil:
    """Program.run_few for one element type. Arithmetic is inlined, and reads scalar registers without filling them."""
    cdef real* registers[FEW_REGISTERS + 1]
    cdef Py_ssize_t steps[FEW_REGISTERS + 1]
    cdef real[FEW_REGISTERS][LANES] memory
    cdef int k, arity = program.arity, last = program.registers - 1
    cdef const Operand* operand
    cdef const Instruction* step = program.instructions
    cdef const Instruction* end = step + program.length
    for k in range(arity):
        operand = &operands[k]
        if operand.mode == STRIDED and size > 1:
            return False
        registers[k] = <real*> operand.data
        steps[k] = operand.mode == FULL
        if operand.bytes:
            registers[k] = memory[k]
            from_bytes(memory[k], <const unsigned char*> operand.data, steps[k], size)
            steps[k] = 1
    for k in range(program.constant_count):
        steps[arity + k] = 1
        if real is float:
            registers[arity + k] = program.constants32 + k * LANES
        else:
            registers[arity + k] = program.constants64 + k * LANES
    for k in range(arity + program.constant_count, last + 1):
        registers[k] = memory[k]
        steps[k] = 1
    if not (program.predicate or total):
        registers[last] = out
    registers[last + 1] = NULL
    steps[last + 1] = 1
    while step < end:
        if step.code == MUL or step.code == ADD or step.code == SUB or step.code == DIV:
            few(step.code, registers[step.out], registers[step.a], steps[step.a], registers[step.b], steps[step.b], size)
        else:
            fill_out(registers, steps, memory, step.a, size)
            fill_out(registers, steps, memory, step.b, size)
            fill_out(registers, steps, memory, step.c, size)
            if real is float:
                kernels.run32(step.code, registers[step.out], registers[step.a], registers[step.b], registers[step.c], size)
            else:
                kernels.run64(step.code, registers[step.out], registers[step.a], registers[step.b], registers[step.c], size)
        step += 1
    if total:
        out[0] = sum_of(registers[last], size)
    elif program.predicate:
        to_bytes(<unsigned char*> out, registers[last], size)
    return True


cdef inline void fill_out(real** registers, Py_ssize_t* steps, real[LANES]* memory, int k, Py_ssize_t size) noexcept nogil:
    """Fills a scalar register with copies of its element."""
    if steps[k] == 0:
        if size > 1:
            fill(memory[k], registers[k][0], size)
            registers[k] = memory[k]
        steps[k] = 1


cdef void interpret(Program program, real* out, const Operand* operands, int rank, const Py_ssize_t* shape,
                    Py_ssize_t size, bint total) noexcept nogil:
    """Program.run for one element type."""
    cdef real* registers[MAX_REGISTERS + 1]
    cdef int upkeep[MAX_OPERANDS]
    cdef Py_ssize_t index[MAX_RANK]
    cdef FoldedAxes axes
    cdef Prefetch next
    cdef int arity = program.arity, constants = program.constant_count, result = program.registers - 1
    cdef int k, owned, moving = 0
    cdef bint strided = False, far
    cdef Py_ssize_t block, stride, n, row = 0, offset = 0
    cdef const Operand* operand
    cdef real* spare
    cdef double sum = 0.0
    cdef const Chaining* chaining = &program.chained32 if real is float else &program.chained64

    if size == 0:
        if total:
            out[0] = 0
        return
    owned = program.registers - 1 - arity - chaining.short_count + (program.predicate or total)
    for k in range(arity):
        operand = &operands[k]
        if operand.bytes or (operand.mode != FULL and size > 1):
            owned += 1
            strided |= operand.mode == STRIDED and size > 1
    far = size * <Py_ssize_t> sizeof(real) >= FAR_BYTES
    block = (FAR_BLOCK_BYTES if far and not (strided or total) else BLOCK_BYTES) // <Py_ssize_t> sizeof(real)
    if owned > SCRATCH_BYTES // BLOCK_BYTES:
        block = min(block, SCRATCH_BYTES // (owned * <Py_ssize_t> sizeof(real)) // LANES * LANES)
    block = min(block, size)
    if strided:
        fold_axes(&axes, operands, arity, rank, shape)
        n = whole_rows(&axes, block)
        if n > 0:
            block = n
        else:
            row = axes.shape[axes.rank - 1]
    stride = (block + LANES - 1) // LANES * LANES
    spare = <real*> gradtape_alloca((owned * stride + LANES) * sizeof(real))
    spare += ((-<Py_ssize_t> spare) & (LANES * <Py_ssize_t> sizeof(real) - 1)) // <Py_ssize_t> sizeof(real)

    for k in range(arity):
        operand = &operands[k]
        upkeep[k] = KEEP
        if not operand.bytes and (operand.mode == FULL or size == 1):
            registers[k] = <real*> operand.data
            if size > 1:
                upkeep[k] = ADVANCE
        else:
            registers[k] = spare
            spare += stride
            if operand.mode == SCALAR or size == 1:
                fill(registers[k], (<const unsigned char*> operand.data)[0] if operand.bytes
                     else (<const real*> operand.data)[0], block)
            elif operand.mode == FULL:
                upkeep[k] = COPY_IN
            elif block % period(&axes, k) == 0:
                repeat(registers[k], operand, &axes, k, block)
            elif not operand.bytes and axes.strides[k][axes.rank - 1] == 1 and (row or block == axes.shape[axes.rank - 1]):
                upkeep[k] = LOCATE
            else:
                upkeep[k] = COPY_IN
        if upkeep[k] != KEEP:
            moving = k + 1
    for k in range(constants):
        if k < MOST_SHORT and (chaining.shorts >> k) & 1:
            if real is float:
                registers[arity + k] = program.constants32 + k * LANES
            else:
                registers[arity + k] = program.constants64 + k * LANES
            continue
        registers[arity + k] = spare
        fill(spare, <real> program.constants64[k * LANES], block)
        spare += stride
    for k in range(arity + constants, program.registers):
        registers[k] = spare
        spare += stride
    registers[program.registers] = NULL
    next.lines = 0
    if far and not (program.predicate or total):
        next.lines = block * <Py_ssize_t> sizeof(real) // (max(1, program.length) * LINE) + 1

    while offset < size:
        n = min(block, size - offset)
        if row:
            n = min(n, row - offset % row)
        for k in range(moving):
            operand = &operands[k]
            if upkeep[k] == ADVANCE:
                registers[k] = <real*> operand.data + offset
            elif upkeep[k] == LOCATE:
                registers[k] = <real*> operand.data + locate(&axes, k, offset, index)
            elif upkeep[k] == COPY_IN and operand.mode == FULL:
                from_bytes(registers[k], <const unsigned char*> operand.data + offset, 1, n)
            elif upkeep[k] == COPY_IN:
                gather(registers[k], operand, &axes, k, offset, n)
        if not (program.predicate or total):
            registers[result] = out + offset
            next.at = <const char*> (registers[result] + block)
        run_steps(program, registers, n, &next)
        if total:
            sum += sum_of(registers[result], n)
        elif program.predicate:
            to_bytes(<unsigned char*> out + offset, registers[result], n)
        offset += n
    if total:
        out[0] = <real> sum
