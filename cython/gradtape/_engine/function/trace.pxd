"""Traces: what a function did, as a list of steps."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

from gradtape._engine.base.shape cimport Extent
from gradtape._engine.record.primitive cimport Primitive, Tracer
from gradtape._engine.tensor.tensor cimport Tensor
from gradtape._engine.state.variable cimport BaseVariable

cdef enum StepKind:
    CONSTANT                 # a tensor that was there before
    PROGRAM                  # an elementwise program of up to three operands
    LONG_PROGRAM             # of more
    COMPILED                 # a compiled primitive
    SCRIPTED                 # a primitive whose evaluation is Python
    READ                     # of a variable
    ASSIGN                   # to a variable: the value, or what is added to or taken off it
    EFFECT                   # a call of Python that does more than give a value
    GUARD                    # Python looked at a value

cdef class Place:
    """Stands for the tensor of a slot in a structure."""
    cdef readonly int slot

cdef class Built:
    """Stands for an object that holds tensors: what makes it of its parts, and these."""
    cdef object make
    cdef tuple parts

cdef class Step:
    """One evaluation, reading, writing or decision."""
    cdef readonly int kind
    cdef readonly Primitive primitive
    cdef int operand_count, result_count
    cdef int* operands
    cdef int* results
    cdef object attributes               # of a primitive whose evaluation is Python
    # Of a compiled one; of a program its operands' dtype; an assignment's instruction; whether a guard asks for truth alone.
    cdef int64_t attribute
    cdef Extent* shape                   # of the result of a program or compiled primitive
    cdef int dtype_code                  # and its dtype
    cdef list forms                      # (dimensions as bytes, dtype code) of each result that Python gives
    cdef BaseVariable variable
    cdef object function, arguments      # of an effect: what is called, with Places in its arguments
    cdef int effect
    cdef list writes                     # variables that an effect may write; None: any
    cdef object outcome                  # of a guard: what the value was
    cdef Tensor constant
    cdef str file                        # where the program stood
    cdef int line

cdef class Recorder(Tracer):
    """Makes a trace of what its thread does."""
    cdef unsigned int first
    cdef readonly list steps
    cdef readonly list arguments         # dimensions as bytes, dtype code and size of each, which have the first slots
    cdef readonly dict constants         # tensor by slot
    cdef bytearray fixed                 # per slot, whether it is the same in every repetition
    cdef readonly str failure            # why there is no repetition
    cdef readonly bint recorded          # tapes around the function record it
    cdef readonly list created           # weak references to the variables that were made
    cdef str refusal                     # what is said where variables are made that may not be; None where they may
    cdef list tapes
    cdef int new_slot(self, Tensor tensor, bint fixed) except -1
    cdef int slot_of(self, Tensor tensor) except -1
    cdef int add(self, Step step) except -1
    cdef Step evaluation(self, int kind, Primitive primitive, tuple operands, tuple results)
    cdef object packed(self, object value, list places)

cdef int collect(object value, list found) except -1                # the tensors of a structure, in order
cdef object filled_in(object packed, PyObject** slots)              # a structure with the slots' tensors (IN) in their Places
cdef object outcome_of(Step guard, Tensor tensor)                   # what a guard compares of a value
