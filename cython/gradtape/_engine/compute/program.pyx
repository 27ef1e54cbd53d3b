"""Programs: elementwise expressions compiled to vector instructions, and a registry of the table's programs by name.

Expressions and their derivatives are defined in `expressions`, the rows of the table in `elementwise`.
"""

cimport cython
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.string cimport memcpy, memset

from gradtape._engine.base.types cimport (
    ADD, C128, CODE_COUNT, DIV, EXP, MAX_OPERANDS, MAX_RANK, MUL, NEG, SIGMOID, SIGMOID_GRAD, SQUARE, SUB, TANH, TANH_GRAD, real)
from gradtape._engine.kernels.dispatch cimport (
    LINK_ADD, LINK_ADD_TO, LINK_DIV, LINK_DIV_FROM, LINK_EXP, LINK_MUL, LINK_MUL_BY, LINK_NEG, LINK_SIGMOID, LINK_SIGMOID_GRAD,
    LINK_SIGMOID_GRAD_OF, LINK_SQUARE, LINK_SUB, LINK_SUB_FROM, LINK_TANH, LINK_TANH_GRAD, LINK_TANH_GRAD_OF, NO_LINK, Link,
    Prefetch, kernels, prefetch)

# `special` is used by `expand`. It is imported here so that no finalizer that needs a program can find it half imported.
from gradtape._src.table import expressions, order as ordering, special  # no-cython-lint

cdef extern from "compiler.h":
    void* gradtape_alloca(size_t size) noexcept nogil

cdef enum:
    BLOCK_BYTES = 4096          # size of one register: small enough that all of a program's fit into L1
    SCRATCH_BYTES = 32768       # maximum size of all registers that need their own memory, which is on the stack
    LANES = 16                  # registers start at multiples of this many elements; at least FEW
    FEW_REGISTERS = 32          # maximum number of registers of programs that `run_few` can run
    MAX_REGISTERS = 250
    MOST_SHORT = 64             # constants of a program that can be short: repeated for a vector, not for a block
    LINE = 64                   # bytes of a line of cache
    FAR_BYTES = 1 << 19         # of a run from which the lines that the next block writes are asked for: no cache has them
    FAR_BLOCK_BYTES = 2048      # of one register then, as these lines are in L1 too

CODES = {name: code for code, name in enumerate(expressions.INSTRUCTIONS)}
if len(CODES) != CODE_COUNT or CODES["add"] != ADD or CODES["div"] != DIV:
    raise ImportError("the engine was built from another table of instructions: build it again")

include "blocks.pxi"
include "chains.pxi"


@cython.final
cdef class Derivative:
    """The vjp with respect to one operand: cotangent of the operand = program(*reads)."""

    @property
    def roles(self):
        """The role of each operand of `program`: -1 for the cotangent, -2 for the op's result, else an operand's position."""
        return tuple([self.reads[k] for k in range(self.count)])

    def __repr__(self):
        if self.zero:
            return "Derivative(zero)"
        return f"Derivative({'identity' if self.identity else self.program.name}, {self.roles})"


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
        self.direct = self.single >= 0 and not self.predicate
        self.arithmetic = self.single in (ADD, SUB, MUL, DIV)
        self.takes, self.taken = (2 << C128) - 1, "float, double, half, bfloat16, complex64, complex128"     # as derivatives do

    def __dealloc__(self):
        PyMem_RawFree(self.instructions)
        PyMem_RawFree(self.chained32.links)
        PyMem_RawFree(self.chained64.links)
        PyMem_RawFree(self.constants32)
        PyMem_RawFree(self.constants64)

    cdef int compile(self) except -1:
        """Compiles the formula to instructions, reusing registers of values that are not read any more."""
        cdef int k
        cdef float* constants32
        cdef double* constants64
        cdef Instruction* instructions
        cdef Chaining chained32, chained64
        formula = self.expression
        root = formula if self.expanded else expressions.expand(formula if formula.args else expressions.copy(formula), ())
        root, steps = ordering.arranged(root)
        order = expressions.nodes(root, True)
        constants = [node for node in order if node.code == "constant"]
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
        chained32.links = <Link*> PyMem_RawMalloc(len(steps) * sizeof(Link))
        chained64.links = <Link*> PyMem_RawMalloc(len(steps) * sizeof(Link))
        if (constants32 != NULL and constants64 != NULL and instructions != NULL and chained32.links != NULL
                and chained64.links != NULL):
            for k, node in enumerate(constants):
                fill(constants32 + k * LANES, <float> node.value, LANES)
                fill(constants64 + k * LANES, <double> node.value, LANES)
            for k, node in enumerate(steps):
                sources = [register[arg] for arg in node.args] + [count, count]
                instructions[k] = Instruction(CODES[node.code], register[node], sources[0], sources[1], sources[2])
            read_once = [readers[node] == 1 for node in steps]
            find_chains(&chained32, instructions, len(steps), read_once, self.arity, first, kernels.exponentials32)
            find_chains(&chained64, instructions, len(steps), read_once, self.arity, first, False)
            # Another thread may have been here meanwhile.
            if self.instructions == NULL:
                self.registers = count
                self.constant_count = len(constants)
                self.length = len(steps)
                self.constants32, self.constants64, self.chained32, self.chained64 = constants32, constants64, chained32, chained64
                self.instructions = instructions
                return 0
        PyMem_RawFree(constants32)
        PyMem_RawFree(constants64)
        PyMem_RawFree(chained32.links)
        PyMem_RawFree(chained64.links)
        PyMem_RawFree(instructions)
        if self.instructions == NULL:
            raise MemoryError()
        return 0

    cdef int prepare(self) except -1:
        """Compiles the program unless that is done. Running cannot raise."""
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
        # One instruction on contiguous operands needs no blocks.
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
        """Arithmetic of a contiguous operand a with a scalar or a row b that is broadcast; False, and nothing is done, if b is neither."""
        cdef int op, axis = rank - 1, step = b.mode != SCALAR
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
        if self.single == SUB:
            op = LINK_SUB_FROM if swapped else LINK_SUB
        elif self.single == DIV:
            op = LINK_DIV_FROM if swapped else LINK_DIV
        else:
            op = LINK_ADD if self.single == ADD else LINK_MUL
        if double_precision:
            kernels.broadcast64(op, <double*> out, <const double*> a.data, <const double*> b.data, step, size // width, width)
        else:
            kernels.broadcast32(op, <float*> out, <const float*> a.data, <const float*> b.data, step, size // width, width)
        return True

    # For tests and documentation; the engine calls `derivative` and `run`.

    def rule(self, int operand):
        """The `Derivative` with respect to the operand at a position."""
        if not 0 <= operand < self.arity:
            raise IndexError(operand)
        return self.derivative(operand)

    def evaluate(self, *arrays, bint total=False, out=None):
        """The program's value on NumPy arrays: float64 if one of them is, else float32; bool arrays are read as bytes.

        Arrays may be of any strides and are broadcast as in NumPy. With `total`, the sum over all elements.
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
    """The default of a kernel's name in TensorFlow: the public name in camel case."""
    return "".join([part.capitalize() for part in name.split("_")])


# Programs without overriding rules by formula and arity, so that equal derivatives share a program.
cdef dict shared = {}
# Programs of the table's rows by name, made on first use; `titled`: the shared ones that have a row's name.
cdef dict named = {}
cdef bint _all_named = False
cdef set titled = set()
cdef dict table_rows = {}


cdef Program derived_program(expression, int arity):
    global _all_named
    found = shared.get((expression, arity))
    if found is None and not _all_named:
        # It may be the program of a row.
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
    """Makes a row's program on first use. It is compiled when it is first run."""
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
        # Another thread may have made it meanwhile.
        found = named.setdefault(name, found)
    return <Program> found


cdef int describe_by(Program program, row) except -1:
    """Gives a program the name, kernel and dtypes of its row."""
    program.name = row.name
    program.kernel = row.kernel or camel(row.name)
    program.integers = row.integers
    program.takes = sum([1 << dtype.code for dtype in row.takes])
    program.taken = row.allowed
    program.logical, program.quotient, program.lenient = row.logical, row.quotient, row.lenient
    program.refuses = row.refuses
    return 0


def table():
    """The rows of the elementwise table, by name."""
    if not table_rows:
        from gradtape._src.table import elementwise

        table_rows.update({row.name: row for row in elementwise.ROWS})
    return table_rows


def named_program(str name):
    """The program of a row of the table, for tests; raises KeyError."""
    return program(name)
