"""Traces: what a function did, as a list of steps that a loop repeats without Python.

A trace is made while the function runs, once, eagerly. Tensors are told apart by tags: those of the arguments, of results
and of what variables held have a slot each; any other was there before and is a constant. What tapes did meanwhile leaves
nothing but the primitives that they evaluated. Where Python looked at a value stands a guard: a repetition computes up to
it, and goes on where the value leads it. Traces of one signature that part at their guards are branches of one tree.
"""

from cpython.ref cimport PyObject
from cpython.weakref cimport PyWeakref_NewRef
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from gradtape._engine.base.shape cimport dims_of, release_extent, retain_extent, tensor_shape
from gradtape._engine.record.log cimport Thread, here, mark_twin, renew_epoch, thread
from gradtape._engine.record.primitive cimport DRAWS, WRITES, Primitive, Tracer, examining, install_tracer, traced, tracer
from gradtape._engine.compute.program cimport Program
from gradtape._engine.tensor.tensor cimport Tensor, as_array, item_size, share
from gradtape._engine.base.types cimport ADD, F64, MAX_RANK, SUB
from gradtape._engine.state.variable cimport BaseVariable

from gradtape._engine.record.primitive import as_effect

import math
import sys

cdef enum:
    LAST_TAG = 0xF0000000    # no trace begins beyond
    NO_TAG = 0xFFFFFFFF
    MOST_READ = 1024         # bytes of a value that a guard compares

cdef unsigned int _next_tag = 1


cdef class Place:
    """Stands for the tensor of a slot in a structure."""

    def __cinit__(self, int slot):
        self.slot = slot

    def __eq__(self, other):
        return type(other) is Place and (<Place>other).slot == self.slot

    def __hash__(self):
        return self.slot


cdef class Step:
    """One evaluation, reading, writing or decision."""

    def __cinit__(self, int kind, int operand_count, int result_count):
        self.kind = kind
        self.operand_count, self.result_count = operand_count, result_count
        self.operands = <int*>malloc((operand_count + 1) * sizeof(int))
        self.results = <int*>malloc((result_count + 1) * sizeof(int))
        if self.operands == NULL or self.results == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.operands)
        free(self.results)
        if self.shape != NULL:
            release_extent(self.shape)

    @property
    def name(self):
        """What it does, in a word."""
        if self.kind == CONSTANT:
            return "constant"
        if self.kind <= SCRIPTED:
            return self.primitive.name
        if self.kind == READ:
            return f"read {self.variable.given_name}"
        if self.kind == ASSIGN:
            done = "assign_add" if self.attribute == ADD else "assign_sub" if self.attribute == SUB else "assign"
            return f"{done} {self.variable.given_name}"
        if self.kind == GUARD:
            return "guard"
        return getattr(self.function, "__qualname__", None) or repr(self.function)

    @property
    def place(self):
        """File and line of the program."""
        return self.file, self.line

    @property
    def result_bytes(self):
        """How many bytes each result has; of a read variable its value."""
        cdef Tensor constant = self.constant
        if constant is not None:
            return [(1 if constant.splat else constant.extent.size) * item_size(constant.dtype_code)]
        if self.kind == READ:
            return [self.variable.numpy().nbytes]
        if self.forms is None:
            return [self.shape.size * item_size(self.dtype_code)] if self.shape != NULL else []
        return [math.prod(memoryview(dims).cast("n")) * item_size(code) for dims, code in self.forms]

    def call_effect(self, list values):
        """Calls an effect again, on a tensor per slot (None of others); what it gives."""
        return as_effect(self.effect, self.function, *placed(self.arguments, values), writes=self.writes)

    @property
    def what(self):
        """Its kind, by name."""
        if self.kind == EFFECT:
            return "draws" if self.effect == DRAWS else "effect"
        return ("constant", "program", "program", "compiled", "scripted", "read", "assign", "effect", "guard")[self.kind]

    @property
    def static(self):
        """What a primitive is told besides its operands, as an observer is told it."""
        return (self.attribute, tensor_shape(self.shape)) if self.kind == COMPILED else self.attributes or ()

    @property
    def held(self):
        """The variable that is read or assigned to; the tensor of a constant."""
        return self.constant if self.kind == CONSTANT else self.variable

    @property
    def operand_slots(self):
        return [self.operands[i] for i in range(self.operand_count)]

    @property
    def result_slots(self):
        return [self.results[i] for i in range(self.result_count)]


cdef int locate(Step step) except -1:
    """Notes where the program stands: in the innermost frame that is not gradtape's own."""
    frame = sys._getframe()
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith("gradtape."):
            step.file = frame.f_code.co_filename
            step.line = frame.f_lineno or 0
            return 0
        frame = frame.f_back
    return 0


cdef class Recorder(Tracer):
    """Makes a trace of what its thread does."""

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
        """Has the recorder work in this thread, and returns what stands for the tensors in the function; False where it cannot."""
        global _next_tag
        cdef Thread th = thread()
        cdef Tensor tensor
        cdef list given = []
        if tracer is not None or _next_tag > LAST_TAG or examining:
            return False
        self.first = self.hidden = _next_tag
        _next_tag += 1
        self.thread = here()
        for value in tensors:
            # Under the same number, so that tapes around the function add up gradients in the order of eager execution.
            tensor = share(<Tensor?>value, (<Tensor>value).extent)
            tensor.node = (<Tensor>value).node
            mark_twin(th, tensor.node)
            self.new_slot(tensor, False)
            self.arguments.append((dims_of(tensor.extent), tensor.dtype_code, tensor.extent.size * item_size(tensor.dtype_code)))
            given.append(tensor)
        renew_epoch(th)              # what was read before is read anew, where the recorder sees it
        install_tracer(self)
        return given

    def end(self):
        """Ends the recorder's work."""
        if tracer is self:
            install_tracer(None)

    def close(self):
        """Looks for what was left open."""
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
            locate(step)
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
        renew_epoch(thread())        # its inside may have read variables, which the trace was not shown
        return self.add(step)

    cdef object packed(self, object value, list places):
        """A structure with Places where it has tensors; the slots go to `places`."""
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
        """A structure with Places where it has tensors, and the slots of these."""
        places = []
        return self.packed(structure, places), places

    cdef int tape_opened(self, object tape) except -1:
        self.tapes.append(tape)
        return 0

    cdef int tape_used(self, object tape) except -1:
        if not any([tape is own for own in self.tapes]):
            self.fail("it works with a tape that was opened outside of it")
        return 0


cdef class SliceRecorder(Recorder):
    """Makes a trace of a function of one slice, for a batch of slices.

    It may work beside another tracer, which sees nothing meanwhile: what is computed then is hidden from that one.
    """
    cdef Recorder outer
    cdef list made                       # what has each slot
    cdef list earlier                    # tensors that had one of the other tracer's before, and that
    cdef unsigned int next_tag

    def begin(self, list tensors):
        if tracer is not None and not traced():
            return False
        self.outer = tracer
        self.made, self.earlier = [], []
        self.next_tag = _next_tag
        install_tracer(None)
        given = Recorder.begin(self, tensors)
        if given is False:
            install_tracer(self.outer)
        elif self.outer is not None:
            self.hidden = self.outer.hidden
        return given

    def end(self):
        global _next_tag
        Recorder.end(self)
        if self.outer is None:
            return
        for tensor in self.made:
            (<Tensor>tensor).tag = self.outer.hidden
        for tensor, tag in reversed(self.earlier):
            (<Tensor>tensor).tag = tag
        _next_tag = self.next_tag
        install_tracer(self.outer)
        renew_epoch(thread())                # what was read meanwhile was not shown to the other

    def drawn(self, slot):
        """What an effect gave for the first slice; None where another tracer would have to be told."""
        return self.made[slot] if self.outer is None else None

    def is_alone(self):
        """Whether no other tracer, tape or accumulator is to be told of what is computed."""
        return self.outer is None and not self.recorded

    def is_full(self, slot):
        """Whether what has a slot has as many axes as tensors can have: no axis of slices goes in front."""
        return (<Tensor>self.made[slot]).extent.rank == MAX_RANK

    def give_up(self, str reason):
        """What was computed is the result after all: the other tracer has not seen how."""
        if self.outer is not None:
            self.outer.fail(reason)

    cdef int new_slot(self, Tensor tensor, bint fixed) except -1:
        self.made.append(tensor)
        return Recorder.new_slot(self, tensor, fixed)

    cdef int slot_of(self, Tensor tensor) except -1:
        if self.outer is not None and tensor.tag == self.hidden:
            self.fail("a tensor came from inside of an evaluation or effect")
        elif self.outer is not None and tensor.tag < self.first:
            self.earlier.append((tensor, tensor.tag))
        return Recorder.slot_of(self, tensor)

    cdef int value_read(self, Tensor tensor, bint truth) except -1:
        cdef int slot
        cdef Step step
        slot = self.slot_of(tensor)
        if self.fixed[slot] and self.outer is None:
            return 0                         # one of the other tracer's is a constant here, and none there
        step = Step(GUARD, 1, 0)
        step.operands[0] = slot
        return self.add(step)

    cdef int variable_made(self, object variable) except -1:
        if self.outer is not None:
            self.outer.variable_made(variable)
        return Recorder.variable_made(self, variable)


cdef object _parts_of = None


def install_parts(parts_of) -> None:
    """How objects that may hold tensors are taken apart and made again: None of others, else what has `items` and `make`."""
    global _parts_of
    _parts_of = parts_of


cdef class Built:
    """Stands for an object that holds tensors: what makes it of its parts, and these."""

    def __init__(self, make, tuple parts not None):
        self.make, self.parts = make, parts

    def __eq__(self, other):
        return type(other) is Built and self.make == (<Built>other).make and self.parts == (<Built>other).parts

    def __hash__(self):
        return 0


cdef int collect(object value, list found) except -1:
    """The tensors of a structure, in order."""
    if type(value) is Tensor:
        found.append(value)
    elif type(value) is tuple or type(value) is list:
        for item in value:
            collect(item, found)
    else:
        parts = _parts_of(value)
        if parts is not None:
            collect(parts.items, found)
    return 0


cdef object filled_in(object packed, PyObject** slots):
    """A structure with the slots' tensors in their Places."""
    if type(packed) is Place:
        return <object>slots[(<Place>packed).slot]
    if type(packed) is tuple:
        return tuple([filled_in(item, slots) for item in <tuple>packed])
    if type(packed) is list:
        return [filled_in(item, slots) for item in <list>packed]
    if type(packed) is Built:
        return (<Built>packed).make(tuple([filled_in(item, slots) for item in (<Built>packed).parts]))
    return packed


cdef object placed(object packed, list values):
    """A structure with these values in its Places."""
    if type(packed) is Place:
        return values[(<Place>packed).slot]
    if type(packed) is tuple:
        return tuple([placed(item, values) for item in <tuple>packed])
    if type(packed) is list:
        return [placed(item, values) for item in <list>packed]
    if type(packed) is Built:
        return (<Built>packed).make(tuple([placed(item, values) for item in (<Built>packed).parts]))
    return packed


cdef object outcome_of(Step guard, Tensor tensor):
    """What a guard compares of a value."""
    if guard.attribute:
        return bool(as_array(tensor).item() != 0)
    return (tensor.dtype_code, tensor_shape(tensor.extent), tensor.data[:tensor.extent.size * item_size(tensor.dtype_code)])


def is_recording() -> tuple:
    """Whether a tape of this thread records, and whether a forward accumulator does."""
    cdef Thread th = thread()
    return th.span != 0, th.forward


def is_examining() -> bool:
    """Whether an observer judges every evaluation, as `debugging.enable_check_numerics` has it."""
    return examining
