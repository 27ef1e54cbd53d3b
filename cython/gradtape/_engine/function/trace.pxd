"""Traces: the steps of a function call."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.record.primitive cimport Primitive, Tracer
from gradtape._engine.tensor.tensor cimport Tensor
from gradtape._engine.state.variable cimport BaseVariable

cdef enum StepKind:
    CONSTANT                 # a tensor created outside of the function
    PROGRAM                  # an elementwise program of up to three operands
    LONG_PROGRAM             # with more operands
    COMPILED                 # a compiled primitive
    SCRIPTED                 # a primitive evaluated in Python
    READ                     # reads a variable
    ASSIGN                   # assigns to a variable, adds to it or subtracts from it
    EFFECT                   # a call of a Python function with side effects
    GUARD                    # Python read a value

cdef class Place:
    """Placeholder for the tensor of a slot in a structure."""
    cdef readonly int slot

cdef class Built:
    """Placeholder for an object that contains tensors: a function that builds it from its parts, and the parts."""
    cdef object make
    cdef tuple parts

cdef class Step:
    """One step of a trace."""
    cdef readonly int kind
    cdef readonly Primitive primitive
    cdef int operand_count, result_count
    cdef int* operands
    cdef int* results
    cdef object attributes               # of a primitive evaluated in Python
    # Of a compiled primitive its attribute; of a program its operands' dtype; of an assignment its instruction; of a guard whether it
    # only tests truth.
    cdef int64_t attribute
    cdef Extent* shape                   # of the result of a program or compiled primitive
    cdef int dtype_code                  # the result's dtype
    cdef list forms                      # (dimensions as bytes, dtype code) of each result of a Python function
    cdef BaseVariable variable
    cdef object function, arguments      # of an effect: the function, and its arguments with Places for tensors
    cdef int effect
    cdef list writes                     # variables that an effect may write; None: any
    cdef object outcome                  # of a guard: the value when it was traced
    cdef Tensor constant
    cdef object code                     # Python's code that the step comes from, or None
    cdef int instruction                 # byte offset in it
    cdef bint handled                    # whether the function handles exceptions of this step

cdef class Recorder(Tracer):
    """Records a trace of its thread."""
    cdef unsigned int first
    cdef readonly list steps
    cdef readonly list arguments         # dimensions as bytes, dtype code and size of each; they have the first slots
    cdef readonly dict constants         # tensor by slot
    cdef bytearray fixed                 # per slot, whether its value is the same in every replay
    cdef readonly str failure            # why the trace cannot be replayed, or None
    cdef readonly bint recorded          # an outer tape records the function
    cdef readonly list created           # weak references to variables created
    cdef str refusal                     # error message if a variable is created; None if that is allowed
    cdef list tapes
    cdef object outermost                # the frame that calls the function
    cdef readonly bint op_raised         # an op raised, so it has no step; a function that returns all the same has handled that
    cdef int new_slot(self, Tensor tensor, bint fixed) except -1
    cdef int slot_of(self, Tensor tensor) except -1
    cdef int add(self, Step step) except -1
    cdef Step evaluation(self, int kind, Primitive primitive, tuple operands, tuple results)
    cdef object packed(self, object value, list places)

cdef int collect(object value, list found) except -1                # appends the tensors of a structure, in order
cdef object filled_in(object packed, PyObject** slots)              # a structure with its Places replaced by the slots' tensors (IN)
cdef object outcome_of(Step guard, Tensor tensor)                   # the part of a value that a guard compares
