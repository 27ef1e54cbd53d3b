"""Traces: the steps of a function call, to be replayed in a loop without Python.

A trace is recorded while the function runs once, eagerly. Tensors are identified by tags: arguments, results and values read from
variables have a slot each; any other tensor is a constant. Of tapes inside the function, a trace contains only the primitives that
they evaluated. Where Python read a value there is a guard: a replay computes up to it and continues with the branch for the value it
finds. The traces of one signature that differ after a guard are branches of one tree.
"""

from cpython.ref cimport PyObject
from cpython.weakref cimport PyWeakref_NewRef
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from gradtape._engine.base.shape cimport dims_of, release_extent, retain_extent, tensor_shape
from gradtape._engine.record.log cimport Thread, thread_state, mark_twin, renew_epoch, thread
from gradtape._engine.record.primitive cimport DRAWS, WRITES, Primitive, Tracer, examining, install_tracer, traced, tracer
from gradtape._engine.compute.program cimport Program
from gradtape._engine.tensor.tensor cimport Tensor, as_array, item_size, share
from gradtape._engine.base.types cimport ADD, F64, MAX_RANK, SUB
from gradtape._engine.state.variable cimport BaseVariable

from gradtape._engine.record.primitive import as_effect
from gradtape._src.core.handlers import handles

import math

cdef enum:
    LAST_TAG = 0xF0000000    # no trace begins above this tag
    NO_TAG = 0xFFFFFFFF
    MOST_READ = 1024         # largest value that a guard compares, in bytes

cdef unsigned int _next_tag = 1


include "structures.pxi"
include "step.pxi"
include "source.pxi"


cdef class Recorder(Tracer):
    """Records a trace of its thread."""

    def __cinit__(self, bint recorded, str refusal=None):
        self.steps = []
        self.constants = {}
        self.fixed = bytearray()
        self.arguments = []
        self.created = []
        self.tapes = []
        self.recorded = recorded
        self.refusal = refusal

    def begin(self, list tensors):
        """Starts recording this thread; returns the tensors to pass to the function, or False if it cannot be traced now."""
        global _next_tag
        cdef Thread th = thread()
        cdef Tensor tensor
        cdef list given = []
        if tracer is not None or _next_tag > LAST_TAG or examining:
            return False
        self.first = self.hidden = _next_tag
        _next_tag += 1
        self.thread = thread_state()
        self.outermost = innermost_frame()
        for value in tensors:
            # With the same node, so that outer tapes sum gradients in the same order as eagerly.
            tensor = share(<Tensor?>value, (<Tensor>value).extent)
            tensor.node = (<Tensor>value).node
            mark_twin(th, tensor.node)
            self.new_slot(tensor, False)
            self.arguments.append((dims_of(tensor.extent), tensor.dtype_code, tensor.extent.size * item_size(tensor.dtype_code)))
            given.append(tensor)
        renew_epoch(th)              # cached reads of variables are not used, so that the recorder sees every read
        install_tracer(self)
        return given

    def end(self):
        """Stops recording."""
        self.outermost = None
        if tracer is self:
            install_tracer(None)

    def close(self):
        """Fails the trace if a tape was left open."""
        for tape in self.tapes:
            if getattr(tape, "_recording", False):
                self.fail("a tape was left open")
        self.tapes = []

    @property
    def slot_count(self):
        return len(self.fixed)

    cdef int new_slot(self, Tensor tensor, bint fixed) except -1:
        global _next_tag
        if _next_tag >= NO_TAG:
            self.fail("it is too long")
            return 0
        tensor.tag = _next_tag
        _next_tag += 1
        self.fixed.append(fixed)
        return tensor.tag - self.first - 1

    cdef int slot_of(self, Tensor tensor) except -1:
        cdef int slot
        cdef Step step
        if tensor.tag > self.first:
            return tensor.tag - self.first - 1
        if tensor.tag == self.first:
            self.fail("a tensor came from inside of an evaluation or effect")
        slot = self.new_slot(tensor, True)
        self.constants[slot] = tensor
        step = Step(CONSTANT, 0, 1)
        step.constant = tensor
        step.results[0] = slot
        self.add(step)
        return slot

    cdef bint holds(self, Tensor tensor) noexcept:
        return tensor.tag > self.first and (tensor.tag - self.first - 1) in self.constants

    cdef bint follows(self, Tensor tensor) noexcept:
        return tensor.tag > self.first and not self.fixed[tensor.tag - self.first - 1]

    cdef int fail(self, str reason) except -1:
        if self.failure is None:
            self.failure = reason
        return 0

    cdef int raised(self) except -1:
        self.op_raised = True
        return 0

    cdef int hides(self, str what) except -1:
        if self.recorded:
            self.fail(f"{what}, which tapes around the function must be told")
        return 0

    cdef int foreign(self, tuple operands) except -1:
        cdef Tensor tensor
        for tensor in operands:
            if tensor.tag >= self.first:
                self.fail("another thread computes with its tensors")
        return 0

    cdef int add(self, Step step) except -1:
        if self.failure is None:
            locate(step, self.outermost)
            self.steps.append(step)
        return 0

    cdef Step evaluation(self, int kind, Primitive primitive, tuple operands, tuple results):
        cdef Step step = Step(kind, len(operands), len(results))
        cdef int i
        cdef bint fixed = not primitive.stateful
        step.primitive = primitive
        for i in range(len(operands)):
            step.operands[i] = self.slot_of(<Tensor?>operands[i])
            if not self.fixed[step.operands[i]]:
                fixed = False
        for i in range(len(results)):
            step.results[i] = self.new_slot(<Tensor?>results[i], fixed)
        if kind != SCRIPTED:
            step.shape = retain_extent((<Tensor>results[0]).extent)
            step.dtype_code = (<Tensor>results[0]).dtype_code
        if kind == PROGRAM or kind == LONG_PROGRAM:
            step.attribute = (<Tensor>operands[0]).dtype_code
            for operand in operands:
                if (<Tensor>operand).dtype_code <= F64:
                    step.attribute = (<Tensor>operand).dtype_code
        return step

    cdef int evaluated(self, Primitive primitive, tuple operands, object attributes, tuple results) except -1:
        cdef Step step
        cdef Tensor result
        if primitive.stateful:
            self.fail(f"{primitive.name} may give another value every time")
        if type(primitive) is Program:
            self.add(self.evaluation(PROGRAM if len(operands) <= 3 else LONG_PROGRAM, primitive, operands, results))
            return 0
        if primitive.evaluate is None:
            self.fail(f"{primitive.name} cannot be evaluated again")
            return 0
        step = self.evaluation(SCRIPTED, primitive, operands, results)
        step.attributes = attributes
        step.forms = [(dims_of((<Tensor>result).extent), (<Tensor>result).dtype_code) for result in results]
        return self.add(step)

    cdef int computed(self, Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
        cdef Step step = self.evaluation(COMPILED, primitive, (a,) if b is None else (a, b), (out,))
        step.attribute = attribute
        return self.add(step)

    cdef int value_read(self, Tensor tensor, bint truth) except -1:
        cdef int slot = self.slot_of(tensor)
        cdef Step step
        if self.fixed[slot]:
            return 0
        if tensor.extent.size * item_size(tensor.dtype_code) > MOST_READ:
            return self.fail(f"Python reads the values of a tensor of {tensor.extent.size} elements")
        step = Step(GUARD, 1, 0)
        step.operands[0] = slot
        step.attribute = truth and tensor.extent.size == 1
        step.outcome = outcome_of(step, tensor)
        return self.add(step)

    cdef int variable_read(self, object variable, Tensor value) except -1:
        cdef Step step = Step(READ, 0, 1)
        step.variable = <BaseVariable>variable
        step.results[0] = self.new_slot(value, False)
        step.shape, step.dtype_code = retain_extent(value.extent), value.dtype_code
        return self.add(step)

    cdef int variable_made(self, object variable) except -1:
        if self.refusal is not None:
            raise ValueError(self.refusal)
        self.created.append(PyWeakref_NewRef(variable, None))
        return self.fail("variables were made")

    cdef int assigned(self, object variable, Tensor value, int code) except -1:
        cdef Step step = Step(ASSIGN, 1, 0)
        step.operands[0] = self.slot_of(value)
        step.variable = <BaseVariable>variable
        step.attribute = code
        step.effect = WRITES
        step.writes = [variable]
        return self.add(step)

    cdef int effect(self, int kind, object function, tuple arguments, object results, object writes) except -1:
        cdef list places = [], given = []
        cdef object packed = self.packed(arguments, places)
        cdef Step step
        cdef Tensor tensor
        cdef int i
        collect(results, given)
        step = Step(EFFECT, len(places), len(given))
        step.effect, step.function, step.arguments = kind, function, packed
        step.writes = None if writes is None else list(writes)
        step.forms = []
        for i in range(len(places)):
            step.operands[i] = places[i]
        for i in range(len(given)):
            tensor = given[i]
            step.results[i] = self.new_slot(tensor, False)
            step.forms.append((dims_of(tensor.extent), tensor.dtype_code))
        renew_epoch(thread())        # it may have read variables, whose cached reads have no slot
        return self.add(step)

    cdef object packed(self, object value, list places):
        """A structure with Places instead of tensors; appends their slots to `places`."""
        if type(value) is Tensor:
            slot = self.slot_of(<Tensor>value)
            places.append(slot)
            return Place(slot)
        if type(value) is tuple or type(value) is list:
            items = [self.packed(item, places) for item in value]
            return tuple(items) if type(value) is tuple else items
        parts = _parts_of(value)
        if parts is None:
            return value
        return Built(parts.make, tuple([self.packed(item, places) for item in parts.items]))

    def outputs(self, structure):
        """A structure with Places instead of tensors, and the list of their slots."""
        places = []
        return self.packed(structure, places), places

    cdef int tape_opened(self, object tape) except -1:
        self.tapes.append(tape)
        return 0

    cdef int tape_used(self, object tape) except -1:
        if not any([tape is own for own in self.tapes]):
            self.fail("it works with a tape that was opened outside of it")
        return 0


cdef object outcome_of(Step guard, Tensor tensor):
    """The part of a value that a guard compares."""
    if guard.attribute:
        return bool(as_array(tensor).item() != 0)
    return (tensor.dtype_code, tensor_shape(tensor.extent), tensor.data[:tensor.extent.size * item_size(tensor.dtype_code)])


def is_recording() -> tuple:
    """Whether a tape of this thread is recording, and whether a forward accumulator is active."""
    cdef Thread th = thread()
    return th.span != 0, th.forward


def is_examining() -> bool:
    """Whether an observer is installed, as by `debugging.enable_check_numerics`."""
    return examining


include "slices.pxi"
