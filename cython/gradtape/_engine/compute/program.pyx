"""Programs: elementwise expressions compiled to vector instructions, and the interpreter that runs them block by block.

Expressions and their derivatives are made in expressions, the rows of the table in elementwise.
"""

cimport cython
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.string cimport memcpy, memset

from gradtape._engine.base.types cimport (
    ADD, C128, CODE_COUNT, DIV, MAX_OPERANDS, MAX_RANK, MUL, NEG, SIGMOID_GRAD, SQUARE, SUB, TANH_GRAD, real)
from gradtape._engine.kernels.dispatch cimport (
    LINK_ADD, LINK_ADD_TO, LINK_DIV, LINK_DIV_FROM, LINK_MUL, LINK_MUL_BY, LINK_NEG, LINK_SIGMOID_GRAD, LINK_SQUARE, LINK_SUB,
    LINK_SUB_FROM, LINK_TANH_GRAD, NO_LINK, Link, kernels)

from gradtape._src.table import expressions, order as ordering, special  # no-cython-lint: `expand` reads it, and no finalizer is to find it half read

cdef extern from "compiler.h":
    void* gradtape_alloca(size_t size) noexcept nogil
    void FETCH(const void* p) noexcept nogil
    void FETCH_TO_WRITE(const void* p) noexcept nogil

cdef enum:
    BLOCK_BYTES = 4096          # of one register: small enough that all of a program's stay in L1
    SCRATCH_BYTES = 32768       # of all registers that need memory of their own; taken from the stack
    LANES = 16                  # registers start at multiples of this many elements; no fewer than FEW
    FEW_REGISTERS = 32          # of the programs that have a short way for few elements
    MAX_REGISTERS = 250
    MOST_SHORT = 64             # constants of a program that can be short: repeated for a vector, not for a block
    LINE = 64                   # bytes of a line of cache
    FAR_BYTES = 1 << 19         # of a run from which the next block's lines are asked for: they are not in cache by themselves
    FAR_BLOCK_BYTES = 2048      # of one register then, as these lines are in L1 too

# What an operand's register needs before a block is run.
cdef enum Upkeep:
    KEEP          # nothing: the same elements serve every block
    ADVANCE       # the pointer moves by the block
    LOCATE        # the pointer moves by strides: the block's elements are contiguous
    COPY_IN       # elements are gathered or converted into the register's own memory

CODES = {name: code for code, name in enumerate(expressions.INSTRUCTIONS)}
if len(CODES) != CODE_COUNT or CODES["add"] != ADD or CODES["div"] != DIV:
    raise ImportError("the engine was built from another table of instructions: build it again")


# The result's axes as STRIDED operands see them: axes of one element dropped, axes that run on merged.
cdef struct Walk:
    int rank
    Py_ssize_t shape[MAX_RANK]
    Py_ssize_t strides[MAX_OPERANDS][MAX_RANK]


cdef void fold_axes(Walk* walk, const Operand* operands, int arity, int rank, const Py_ssize_t* shape) noexcept nogil:
    """Fills `walk` (OUT) from the result's shape and the strides of the operands that are STRIDED (all IN)."""
    cdef int axis, k, last
    cdef bint merge
    walk.rank = 0
    for axis in range(rank):
        if shape[axis] == 1:
            continue
        last = walk.rank - 1
        merge = last >= 0
        for k in range(arity):
            if merge and operands[k].mode == STRIDED:
                merge = walk.strides[k][last] == operands[k].strides[axis] * shape[axis]
        if merge:
            walk.shape[last] *= shape[axis]
        else:
            last += 1
            walk.rank = last + 1
            walk.shape[last] = shape[axis]
        for k in range(arity):
            walk.strides[k][last] = operands[k].strides[axis] if operands[k].mode == STRIDED else 0


cdef Py_ssize_t whole_rows(const Walk* walk, Py_ssize_t block) noexcept nogil:
    """The largest block that holds whole trailing subarrays; 0 if even one row is longer."""
    cdef Py_ssize_t rows = 1
    cdef int axis
    for axis in range(walk.rank - 1, -1, -1):
        if rows * walk.shape[axis] > block:
            break
        rows *= walk.shape[axis]
    return block // rows * rows if rows > 1 else 0


cdef Py_ssize_t period(const Walk* walk, int k) noexcept nogil:
    """After how many elements operand k repeats from its start for good."""
    cdef Py_ssize_t length = 1
    cdef int axis, first = 0
    while first < walk.rank and walk.strides[k][first] == 0:
        first += 1
    for axis in range(first, walk.rank):
        length *= walk.shape[axis]
    return length


cdef Py_ssize_t locate(const Walk* walk, int k, Py_ssize_t offset, Py_ssize_t* index) noexcept nogil:
    """Element of operand k for the result's element `offset`; `index` (OUT) is its position on each axis."""
    cdef Py_ssize_t element = 0
    cdef int axis
    for axis in range(walk.rank - 1, -1, -1):
        index[axis] = offset % walk.shape[axis]
        offset //= walk.shape[axis]
        element += index[axis] * walk.strides[k][axis]
    return element


cdef inline bint is_run(const Operand* operand, Py_ssize_t size) noexcept nogil:
    """Whether the operand's elements lie side by side in the program's type, one for each of the result."""
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


# Lines of memory that the next block reads and writes, asked for while this one is computed: so many at each step.
cdef struct Ahead:
    int streams
    const char* at[MAX_OPERANDS]
    const char* written                 # NULL: nothing is
    Py_ssize_t share                    # of each, per step


cdef inline void ask_ahead(Ahead* ahead, int steps) noexcept nogil:
    cdef Py_ssize_t _line
    cdef int k
    for _line in range(ahead.share * steps):
        for k in range(ahead.streams):
            FETCH(ahead.at[k])
            ahead.at[k] += LINE
        if ahead.written != NULL:
            FETCH_TO_WRITE(ahead.written)
            ahead.written += LINE


cdef inline void run_steps(Program program, real** registers, Py_ssize_t n, Ahead* ahead) noexcept nogil:
    """Every instruction of a program on the first n elements of its registers."""
    cdef const Instruction* step = program.instructions
    cdef const Instruction* end = step + program.length
    cdef int links
    while step < end:
        links = step.chained
        if ahead.share:
            ask_ahead(ahead, max(links, 1))
        if links:
            if real is float:
                kernels.chain32(program.links + (step - program.instructions), links, registers[step.first], registers, n)
            else:
                kernels.chain64(program.links + (step - program.instructions), links, registers[step.first], registers, n)
            step += links
            continue
        if real is float:
            kernels.run32(step.code, registers[step.out], registers[step.a], registers[step.b], registers[step.c], n)
        else:
            kernels.run64(step.code, registers[step.out], registers[step.a], registers[step.b], registers[step.c], n)
        step += 1


cdef void gather_run(real* out, const real* a, Py_ssize_t stride, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if stride == 0:
        fill(out, a[0], n)
    elif stride == 1 and n > 32:
        memcpy(out, a, n * sizeof(real))
    else:
        for i in range(n):
            out[i] = a[i * stride]


cdef void gather(real* out, const Operand* operand, const Walk* walk, int k, Py_ssize_t offset,
                 Py_ssize_t n) noexcept nogil:
    """Copies operand k (IN) for the result's elements offset .. offset+n into `out` (OUT), axis by axis."""
    cdef Py_ssize_t index[MAX_RANK]
    cdef Py_ssize_t element, run, stride
    cdef int axis, last = walk.rank - 1
    element = locate(walk, k, offset, index)
    stride = walk.strides[k][last]
    while True:
        run = min(walk.shape[last] - index[last], n)
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
        while axis > 0 and index[axis] == walk.shape[axis] - 1:
            element -= index[axis] * walk.strides[k][axis]
            index[axis] = 0
            axis -= 1
        index[axis] += 1
        element += walk.strides[k][axis]


cdef void repeat(real* out, const Operand* operand, const Walk* walk, int k, Py_ssize_t n) noexcept nogil:
    """Fills `out` (OUT, n elements) with the period of operand k (IN) over and over, by doubling."""
    cdef Py_ssize_t done = period(walk, k)
    gather(out, operand, walk, k, 0, done)
    while done < n:
        memcpy(out + done, out, min(done, n - done) * sizeof(real))
        done += min(done, n - done)


cdef bint interpret_few(Program program, real* out, const Operand* operands, Py_ssize_t size,
                        bint total) noexcept nogil:
    """Program.run_few for one element type. Arithmetic is done here, on registers of one element that stands for all, too."""
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
    """Gives a register of one element that stands for all as many as there are."""
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
    cdef Walk walk
    cdef Ahead ahead
    cdef int arity = program.arity, constants = program.constant_count, result = program.registers - 1
    cdef int k, owned, moving = 0
    cdef bint strided = False, far
    cdef Py_ssize_t block, stride, n, row = 0, offset = 0
    cdef const Operand* operand
    cdef real* spare
    cdef double sum = 0.0

    if size == 0:
        if total:
            out[0] = 0
        return
    owned = program.registers - 1 - arity - program.short_count + (program.predicate or total)
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
        fold_axes(&walk, operands, arity, rank, shape)
        n = whole_rows(&walk, block)
        if n > 0:
            block = n
        else:
            row = walk.shape[walk.rank - 1]
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
            elif block % period(&walk, k) == 0:
                repeat(registers[k], operand, &walk, k, block)
            elif not operand.bytes and walk.strides[k][walk.rank - 1] == 1 and (row or block == walk.shape[walk.rank - 1]):
                upkeep[k] = LOCATE
            else:
                upkeep[k] = COPY_IN
        if upkeep[k] != KEEP:
            moving = k + 1
    for k in range(constants):
        if k < MOST_SHORT and (program.shorts >> k) & 1:
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
    ahead.share = 0
    if far:
        ahead.share = block * <Py_ssize_t> sizeof(real) // (max(1, program.length) * LINE) + 1

    while offset < size:
        n = min(block, size - offset)
        ahead.streams = 0
        ahead.written = NULL
        if row:
            n = min(n, row - offset % row)
        for k in range(moving):
            operand = &operands[k]
            if upkeep[k] == ADVANCE:
                registers[k] = <real*> operand.data + offset
                ahead.at[ahead.streams] = <const char*> (registers[k] + block)
                ahead.streams += 1
            elif upkeep[k] == LOCATE:
                registers[k] = <real*> operand.data + locate(&walk, k, offset, index)
            elif upkeep[k] == COPY_IN and operand.mode == FULL:
                from_bytes(registers[k], <const unsigned char*> operand.data + offset, 1, n)
            elif upkeep[k] == COPY_IN:
                gather(registers[k], operand, &walk, k, offset, n)
        if not (program.predicate or total):
            registers[result] = out + offset
            ahead.written = <const char*> (registers[result] + block)
        run_steps(program, registers, n, &ahead)
        if total:
            sum += sum_of(registers[result], n)
        elif program.predicate:
            to_bytes(<unsigned char*> out + offset, registers[result], n)
        offset += n
    if total:
        out[0] = <real> sum


@cython.final
cdef class Derivative:
    """The reverse rule of one operand: cotangent of the operand = program(*reads)."""

    @property
    def roles(self):
        """The role of each operand of `program`: -1 the cotangent, -2 the operation's result, else an operand's position."""
        return tuple([self.reads[k] for k in range(self.count)])

    def __repr__(self):
        if self.zero:
            return "Derivative(zero)"
        return f"Derivative({'identity' if self.identity else self.program.name}, {self.roles})"


cdef int link_kind(const Instruction* step, int value) noexcept:
    """The kind of link that an instruction is to a value in a register, NO_LINK where it is none."""
    if step.a == value:
        if step.code == NEG:
            return LINK_NEG
        if step.code == SQUARE:
            return LINK_SQUARE
        if step.b != value:
            return (LINK_ADD if step.code == ADD else LINK_SUB if step.code == SUB else LINK_MUL if step.code == MUL
                    else LINK_DIV if step.code == DIV else LINK_TANH_GRAD if step.code == TANH_GRAD
                    else LINK_SIGMOID_GRAD if step.code == SIGMOID_GRAD else NO_LINK)
    elif step.b == value:
        return (LINK_ADD_TO if step.code == ADD else LINK_SUB_FROM if step.code == SUB else LINK_MUL_BY if step.code == MUL
                else LINK_DIV_FROM if step.code == DIV else NO_LINK)
    return NO_LINK


cdef int find_chains(Instruction* steps, Link* links, int count, list read_once, int constants, int temporaries) except -1:
    """Joins instructions (IN, OUT) of which each takes the value of the one before; a value that only the next link reads is
    not stored. links is OUT. Registers from `constants` on, up to `temporaries`, are of constants."""
    cdef int k, kind, start = -1
    cdef bint second
    if kernels.chain32 == NULL:
        return 0
    for k in range(count):
        steps[k].first = steps[k].a
        kind = NO_LINK if start < 0 else link_kind(&steps[k], steps[k - 1].out)
        if kind != NO_LINK:
            steps[start].chained = k - start + 1
            if read_once[k - 1]:
                links[k - 1].out = -1
        else:
            # From the operand that is no constant: links take constants out of a register.
            if constants <= steps[k].a < temporaries:
                kind = link_kind(&steps[k], steps[k].b)
                steps[k].first = steps[k].b
            if kind == NO_LINK:
                kind = link_kind(&steps[k], steps[k].a)
                steps[k].first = steps[k].a
            start = k if kind != NO_LINK else -1
        second = (kind == LINK_ADD or kind == LINK_SUB or kind == LINK_MUL or kind == LINK_DIV or kind == LINK_TANH_GRAD
                  or kind == LINK_SIGMOID_GRAD)
        links[k] = Link(kind, steps[k].b if second else steps[k].a, steps[k].out, 0)
    return 0


cdef unsigned long long bit_of(int register, int constants, int temporaries) noexcept:
    """The bit of a constant in a mask of them, 0 for other registers and for constants that are too many."""
    return 1ULL << (register - constants) if constants <= register < min(temporaries, constants + MOST_SHORT) else 0


cdef unsigned long long short_constants(const Instruction* steps, Link* links, int count, int constants, int temporaries) noexcept:
    """The mask of the constants that links alone read, which take them out of a register (links, IN and OUT)."""
    cdef unsigned long long shorts = 0, others = 0
    cdef int k, chain_end = 0
    for k in range(count):
        if steps[k].chained:
            others |= bit_of(steps[k].first, constants, temporaries)
            chain_end = k + steps[k].chained
        if k >= chain_end:
            others |= (bit_of(steps[k].a, constants, temporaries) | bit_of(steps[k].b, constants, temporaries)
                       | bit_of(steps[k].c, constants, temporaries))
        elif links[k].kind == LINK_TANH_GRAD or links[k].kind == LINK_SIGMOID_GRAD:
            others |= bit_of(links[k].other, constants, temporaries)
    for k in range(count):
        if links[k].kind != NO_LINK and bit_of(links[k].other, constants, temporaries) & ~others:
            links[k].still = True
            shorts |= bit_of(links[k].other, constants, temporaries)
    return shorts


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
@cython.final
cdef class Program(Primitive):
    """A compiled elementwise function of `arity` operands."""

    def __init__(self, str name, int arity, expression, dict overrides):
        self.name = name
        self.kernel = camel(name)
        self.batch = "elementwise"
        self.arity = arity
        self.expression = expression
        self.overrides = overrides
        self.derivatives = [None] * arity
        self.predicate = expression.code in expressions.PREDICATES
        self.single = -1
        memset(self.reads, -1, sizeof(self.reads))
        if expression.args == tuple([expressions.operand(k) for k in range(arity)]):
            self.single = CODES.get(expression.code, -1)
        self.plain = self.single >= 0 and not self.predicate
        self.arithmetic = self.single in (ADD, SUB, MUL, DIV)
        self.takes, self.taken = (2 << C128) - 1, "float, double, half, bfloat16, complex64, complex128"     # as derivatives do

    def __dealloc__(self):
        PyMem_RawFree(self.instructions)
        PyMem_RawFree(self.links)
        PyMem_RawFree(self.constants32)
        PyMem_RawFree(self.constants64)

    cdef int compile(self) except -1:
        """Lists the formula's instructions, with values in as few registers as their lifetimes allow."""
        cdef int k
        cdef float* constants32
        cdef double* constants64
        cdef Instruction* instructions
        cdef Link* links
        cdef object shorts
        formula = self.expression
        root = formula if self.expanded else expressions.expand(formula if formula.args else expressions.copy(formula), ())
        order = expressions.nodes(root, True)
        constants = [node for node in order if node.code == "constant"]
        steps = ordering.in_chains([node for node in order if node.args])
        register = {node: int(node.value) for node in order if node.code == "operand"}
        register.update({node: self.arity + k for k, node in enumerate(constants)})
        first = count = self.arity + len(constants)
        idle = []
        uses = dict.fromkeys(order, 0)
        for node in steps:
            for arg in set(node.args):
                uses[arg] += 1
        readers = uses.copy()
        for node in steps:
            for arg in dict.fromkeys(node.args):
                uses[arg] -= 1
                if uses[arg] == 0 and register[arg] >= first:
                    idle.append(register[arg])
            if node is root or not idle:
                idle.append(count)
                count += 1
            register[node] = idle.pop()
        if count > MAX_REGISTERS:
            raise ValueError(f"{self.name}: the formula needs {count} registers, at most {MAX_REGISTERS} are supported")
        constants32 = <float*> PyMem_RawMalloc(max(1, len(constants)) * LANES * sizeof(float))
        constants64 = <double*> PyMem_RawMalloc(max(1, len(constants)) * LANES * sizeof(double))
        instructions = <Instruction*> PyMem_RawMalloc(len(steps) * sizeof(Instruction))
        links = <Link*> PyMem_RawMalloc(len(steps) * sizeof(Link))
        if constants32 != NULL and constants64 != NULL and instructions != NULL and links != NULL:
            for k, node in enumerate(constants):
                fill(constants32 + k * LANES, <float> node.value, LANES)
                fill(constants64 + k * LANES, <double> node.value, LANES)
            for k, node in enumerate(steps):
                sources = [register[arg] for arg in node.args] + [count, count]
                instructions[k] = Instruction(CODES[node.code], register[node], sources[0], sources[1], sources[2], 0, 0)
                links[k] = Link(NO_LINK, 0, 0, 0)
            find_chains(instructions, links, len(steps), [readers[node] == 1 for node in steps], self.arity, first)
            shorts = short_constants(instructions, links, len(steps), self.arity, first)
            # Another thread may have been here meanwhile.
            if self.instructions == NULL:
                self.registers = count
                self.constant_count = len(constants)
                self.length = len(steps)
                self.shorts, self.short_count = shorts, shorts.bit_count()
                self.constants32, self.constants64, self.links = constants32, constants64, links
                self.instructions = instructions
                return 0
        PyMem_RawFree(constants32)
        PyMem_RawFree(constants64)
        PyMem_RawFree(links)
        PyMem_RawFree(instructions)
        if self.instructions == NULL:
            raise MemoryError()
        return 0

    cdef int prepare(self) except -1:
        """Compiles a program that was not run yet; running cannot raise."""
        if self.instructions == NULL:
            self.compile()
        return 0

    cdef Derivative derivative(self, int operand):
        found = self.derivatives[operand]
        if found is None:
            found = self.derivatives[operand] = self.derive(operand)
            self.ready[operand] = <void*> found
        return <Derivative> found

    cdef int find_reads(self, int operands) except -1:
        cdef Derivative derivative
        cdef int k, i, found = 0
        for k in range(self.arity):
            if (operands >> k) & 1:
                derivative = self.derivative(k)
                for i in range(derivative.count):
                    if derivative.reads[i] == RESULT:
                        found |= READS_RESULT
                    elif derivative.reads[i] >= 0:
                        found |= 1 << derivative.reads[i]
        self.reads[operands] = found
        return found

    cdef Derivative derive(self, int operand):
        cdef Derivative made = Derivative.__new__(Derivative)
        cdef int k
        if operand in self.overrides:
            rule = self.overrides[operand]
            roles = (expressions.COTANGENT, expressions.RESULT, *range(self.arity))
            formula = rule and rule(*map(expressions.operand, roles))
        else:
            formula = expressions.derivative(self.expression, operand)
        if formula is None:
            made.zero = True
            return made
        if isinstance(formula, expressions.RowCall):
            made.program = program(formula.name)
            roles = tuple([int(node.value) for node in formula.operands])
        else:
            formula, roles = expressions.canonical(formula)
            roles = roles or (expressions.COTANGENT,)          # a constant still needs a shape
            if len(roles) > MAX_OPERANDS:
                raise ValueError(f"the derivative of {self.name} reads more than {MAX_OPERANDS} operands")
            if formula.code == "operand":
                made.identity = True
            else:
                made.program = derived_program(formula, len(roles))
        made.count = len(roles)
        made.short = not made.identity and made.count <= 3
        for k in range(made.count):
            made.reads[k] = roles[k]
        return made

    cdef void run(self, bint double_precision, void* out, const Operand* operands, int rank, const Py_ssize_t* shape,
                  Py_ssize_t size, bint total) noexcept nogil:
        cdef int arity = self.arity
        # One instruction over whole runs needs no blocks.
        if (self.single >= 0 and not (total or self.predicate) and is_run(&operands[0], size)
                and (arity < 2 or is_run(&operands[1], size)) and (arity < 3 or is_run(&operands[2], size))):
            if double_precision:
                kernels.run64(self.single, <double*> out, <const double*> operands[0].data,
                              <const double*> operands[1].data if arity > 1 else NULL,
                              <const double*> operands[2].data if arity > 2 else NULL, size)
            else:
                kernels.run32(self.single, <float*> out, <const float*> operands[0].data,
                              <const float*> operands[1].data if arity > 1 else NULL,
                              <const float*> operands[2].data if arity > 2 else NULL, size)
            return
        if self.arithmetic and not total and size > FEW:
            if is_run(&operands[0], size) and self.run_rows(double_precision, out, &operands[0], &operands[1], 0, rank, shape, size):
                return
            if is_run(&operands[1], size) and self.run_rows(double_precision, out, &operands[1], &operands[0], 1, rank, shape, size):
                return
        if self.run_few(double_precision, out, operands, size, total):
            return
        if double_precision:
            interpret[double](self, <double*> out, operands, rank, shape, size, total)
        else:
            interpret[float](self, <float*> out, operands, rank, shape, size, total)

    cdef bint run_few(self, bint double_precision, void* out, const Operand* operands, Py_ssize_t size, bint total) noexcept nogil:
        if size > FEW or size == 0 or self.instructions == NULL or self.registers > FEW_REGISTERS:
            return False
        if double_precision:
            return interpret_few[double](self, <double*> out, operands, size, total)
        return interpret_few[float](self, <float*> out, operands, size, total)

    cdef bint run_rows(self, bint double_precision, void* out, const Operand* a, const Operand* b, bint swapped, int rank,
                       const Py_ssize_t* shape, Py_ssize_t size) noexcept nogil:
        """Arithmetic of a run with one element, or with a row that repeats; False, and nothing is done, where b is neither."""
        cdef int op = self.single - ADD, axis = rank - 1, step = b.mode != SCALAR
        cdef Py_ssize_t width = 1
        if b.bytes:
            return False
        if step:
            while axis >= 0 and (shape[axis] == 1 or b.strides[axis] == width):
                width *= shape[axis]
                axis -= 1
            while axis >= 0:
                if shape[axis] != 1 and b.strides[axis] != 0:
                    return False
                axis -= 1
            if width == 1:
                return False
        if swapped and (op == SUB - ADD or op == DIV - ADD):
            op = 4 if op == SUB - ADD else 5
        if double_precision:
            kernels.broadcast64(op, <double*> out, <const double*> a.data, <const double*> b.data, step, size // width, width)
        else:
            kernels.broadcast32(op, <float*> out, <const float*> a.data, <const float*> b.data, step, size // width, width)
        return True

    # For tests and for documentation; the engine calls `derivative` and `run`.

    def rule(self, int operand):
        """The `Derivative` with respect to the operand at a position."""
        if not 0 <= operand < self.arity:
            raise IndexError(operand)
        return self.derivative(operand)

    def evaluate(self, *arrays, bint total=False, out=None):
        """The program's value on NumPy arrays: float64 if one of them is, else float32; bool arrays are read as bytes.

        Arrays broadcast as NumPy's do, and any strides will do. With `total`, the sum over all elements.
        `out` is a contiguous array of the result's shape and type; it may be an operand of that shape.
        """
        import numpy

        cdef Operand operands[MAX_OPERANDS]
        cdef Py_ssize_t shape[MAX_RANK]
        cdef int k, axis
        arrays = [numpy.asarray(array) for array in arrays]
        if len(arrays) != self.arity:
            raise TypeError(f"{self.name} takes {self.arity} operands, not {len(arrays)}")
        dtype = numpy.float64 if any([array.dtype == numpy.float64 for array in arrays]) else numpy.float32
        arrays = [numpy.require(array, None if array.dtype == bool else dtype, "A") for array in arrays]
        extents = numpy.broadcast_shapes(*[array.shape for array in arrays])
        if len(extents) > MAX_RANK:
            raise ValueError(f"at most {MAX_RANK} axes are supported")
        for axis in range(len(extents)):
            shape[axis] = extents[axis]
        for k, array in enumerate(arrays):
            operands[k].data = <const void*> <size_t> array.ctypes.data
            operands[k].bytes = array.dtype == bool
            if array.shape == extents and array.flags.c_contiguous:
                operands[k].mode = FULL
            elif array.size == 1:
                operands[k].mode = SCALAR
            else:
                operands[k].mode = STRIDED
                strides = numpy.broadcast_to(array, extents).strides
                for axis in range(len(extents)):
                    operands[k].strides[axis] = strides[axis] // array.itemsize
        if out is None:
            out = numpy.empty(() if total else extents, bool if self.predicate and not total else dtype)
        self.prepare()
        self.run(dtype is numpy.float64, <void*> <size_t> out.ctypes.data, operands, len(extents), shape,
                 max(0, numpy.prod(extents, dtype=int)), total)
        return out

    def __repr__(self):
        return f"Program({self.name})"


cdef str camel(str name):
    """TensorFlow's name of a kernel, where it is the public one's in other letters."""
    return "".join([part.capitalize() for part in name.split("_")])


# Programs without overriding rules, by formula and arity, so that equal derivatives are one program.
cdef dict shared = {}
# The programs of the table's rows by name, made as they are asked for, and which of the shared ones have a row's name.
cdef dict named = {}
cdef bint _all_named = False
cdef set titled = set()
cdef dict rows = {}


cdef Program derived_program(expression, int arity):
    global _all_named
    found = shared.get((expression, arity))
    if found is None and not _all_named:
        # It may be a row's.
        for name in table():
            program(name)
        _all_named = True
        found = shared.get((expression, arity))
    if found is None:
        found = Program(repr(expression), arity, expression, {})
        (<Program> found).compile()
        shared[expression, arity] = found
    return <Program> found


cdef Program program(str name):
    """A row's program is made when it is first asked for, and compiled when it is first run."""
    found = named.get(name)
    if found is None:
        row = table()[name]
        arity = len(row.arguments)
        formula = row.value(*map(expressions.operand, range(arity)))
        found = None if row.derivatives else shared.get((formula, arity))
        if found is None:
            found = Program(name, arity, formula, row.derivatives)
        if found not in titled:
            describe_by(<Program> found, row)
            if not row.derivatives:
                titled.add(found)
                shared[formula, arity] = found
        # Another thread may have been here meanwhile.
        found = named.setdefault(name, found)
    return <Program> found


cdef int describe_by(Program program, row) except -1:
    """Gives a program the name, kernel and dtypes of its row."""
    program.name = row.name
    program.kernel = row.kernel or camel(row.name)
    program.integers = row.integers
    program.takes = sum([1 << dtype.code for dtype in row.takes])
    program.taken = row.allowed
    return 0


def table():
    """The rows of the elementwise table, by name."""
    if not rows:
        from gradtape._src.table import elementwise

        rows.update({row.name: row for row in elementwise.ROWS})
    return rows


def named_program(str name):
    """The program of a row of the table, for tests; KeyError if there is none."""
    return program(name)
