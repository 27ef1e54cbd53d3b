"""Expressions, their derivatives, and the block interpreter that runs them."""

cimport cython

from gradtape._engine.base.types cimport ADD, MAX_OPERANDS, MAX_RANK, MUL, SUB, real
from gradtape._engine.kernels.dispatch cimport Link
from gradtape._engine.record.primitive cimport READS_RESULT, Primitive

cdef enum:
    FEW = 16              # elements up to which arithmetic is inlined rather than done by a kernel

cdef enum OperandMode:
    FULL          # contiguous, one element per result element
    SCALAR        # one element, broadcast
    STRIDED       # any other strides

cdef struct Operand:
    const void* data
    int mode
    bint bytes                         # elements are bool bytes: loaded as 0.0 or 1.0 of the program's type
    Py_ssize_t strides[MAX_RANK]       # in elements per result axis, 0 if broadcast; only for STRIDED

# Roles that a derivative program's operands play, in Derivative.reads.
cdef enum Role:
    COTANGENT = -1
    RESULT = -2                        # the op's own output; roles >= 0 are its operands by position

# One vector instruction of a program: `out` and its operands `a`, `b`, `c` are register numbers.
cdef struct Instruction:
    int code
    int out
    int a
    int b
    int c

# How a program's instructions are chained in one element type.
cdef struct Chaining:
    Link* links                        # per instruction its link, if it is part of a chain
    unsigned long long shorts          # the constants, a bit each, that only links read, so that they are not filled to a block
    int short_count

cdef class Program(Primitive)          # forward declaration

@cython.final
cdef class Derivative:
    """The vjp with respect to one operand: cotangent of the operand = program(*reads)."""
    cdef readonly bint zero            # identically zero
    cdef readonly bint identity        # the cotangent itself; program is None
    cdef readonly Program program
    cdef readonly int count
    cdef bint short                    # a program with at most three operands
    cdef int reads[MAX_OPERANDS]       # a Role or an operand position per operand of `program`

@cython.final
cdef class Program(Primitive):
    """A compiled elementwise function of `arity` operands. Its name is the public op's, or the text of a derived formula."""
    cdef readonly int arity
    cdef readonly bint predicate       # the result is stored as bool bytes
    cdef int single                    # the Code if the program is one instruction on its operands in order, else -1
    cdef bint direct                   # `single`, and not a predicate
    cdef bint expanded                 # the formula already consists of instructions
    cdef bint arithmetic               # `single` is a sum, difference, product or quotient
    cdef readonly object expression    # the formula: expressions.Expr over operands 0 .. arity-1
    cdef object integers               # function that computes it on NumPy arrays of integers or bools; None: not supported
    cdef int takes                     # supported dtype codes, a bit each
    cdef str taken                     # the same as listed by error messages
    cdef bint logical                  # see the row's: it takes bools and nothing else
    cdef bint quotient                 # integers are divided as floats
    cdef bint lenient                  # another operand may keep its dtype
    cdef tuple refuses                 # a message and a function that finds integers that are refused; or None
    cdef dict overrides                # operand position -> rule that replaces the derived derivative
    cdef list derivatives              # Derivative per operand, None until first used
    cdef void* ready[MAX_OPERANDS]     # the same, borrowed, NULL until first used
    # Made by `compile` before the first run. Registers are numbered: operands, constants, temporaries, the result.
    cdef Instruction* instructions
    cdef Chaining chained32            # chains by dtype: only float32 kernels have links of exponentials
    cdef Chaining chained64
    cdef float* constants32            # each constant LANES times
    cdef double* constants64
    cdef int length, constant_count, registers
    cdef int compile(self) except -1
    cdef int prepare(self) except -1                   # before every run
    cdef Derivative derive(self, int operand)
    cdef Derivative derivative(self, int operand)      # derived or overriding rule, built on first use and cached
    # Runs over all elements of the result shape. `out` is OUT: `size` elements of the program's type, bool bytes when
    # `predicate`, or one element when `total` (the sum over all elements is stored instead of the elements).
    # out may be identical to a FULL operand of the same type.
    cdef void run(self, bint double_precision, void* out, const Operand* operands, int rank, const Py_ssize_t* shape,
                  Py_ssize_t size, bint total) noexcept nogil

    cdef bint run_rows(self, bint double_precision, void* out, const Operand* a, const Operand* b, bint swapped, int rank,
                       const Py_ssize_t* shape, Py_ssize_t size) noexcept nogil

    # A variant of `run` with little overhead for few elements. False, and nothing is done, if there are more than FEW elements, an
    # operand is STRIDED or the program is not compiled yet.
    cdef bint run_few(self, bint double_precision, void* out, const Operand* operands, Py_ssize_t size, bint total) noexcept nogil

cdef Program program(str name)         # the program of a row of the elementwise table; raises KeyError


cdef inline Derivative derivative_of(Program program, int operand):
    """`program.derivative(operand)` for the hot path."""
    if program.ready[operand] != NULL:
        return <Derivative>program.ready[operand]
    return program.derivative(operand)

cdef inline void few(int code, real* out, const real* a, Py_ssize_t a_step, const real* b, Py_ssize_t b_step,
                     Py_ssize_t n) noexcept nogil:
    """Arithmetic on so few elements that a call of a kernel would take most of the time. a and b are IN, out is OUT."""
    cdef Py_ssize_t i
    if n == 1:
        # Avoids the overhead of the loops below, which compilers vectorize.
        out[0] = a[0] * b[0] if code == MUL else a[0] + b[0] if code == ADD else a[0] - b[0] if code == SUB else a[0] / b[0]
    elif code == MUL:
        for i in range(n):
            out[i] = a[i * a_step] * b[i * b_step]
    elif code == ADD:
        for i in range(n):
            out[i] = a[i * a_step] + b[i * b_step]
    elif code == SUB:
        for i in range(n):
            out[i] = a[i * a_step] - b[i * b_step]
    else:
        for i in range(n):
            out[i] = a[i * a_step] / b[i * b_step]
