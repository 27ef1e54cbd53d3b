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

cdef extern from *:
    """
    #include <frameobject.h>
    #if PY_VERSION_HEX < 0x030B0000
    static PyObject* PyFrame_GetGlobals(PyFrameObject* frame) { Py_INCREF(frame->f_globals); return frame->f_globals; }
    static int PyFrame_GetLasti(PyFrameObject* frame) { return 2 * frame->f_lasti; }
    static int may_handle(PyFrameObject* frame) { return 1; }
    #else
    // Whether the code of a frame has any handler of exceptions.
    static int may_handle(PyFrameObject* frame) {
        PyCodeObject* code = PyFrame_GetCode(frame);
        int found = PyBytes_GET_SIZE(code->co_exceptiontable) != 0;
        Py_DECREF(code);
        return found;
    }
    #endif
    """
    ctypedef struct Frame "PyFrameObject":
        pass
    ctypedef struct CodeObject "PyCodeObject":
        pass
    Frame* PyEval_GetFrame()
    dict PyFrame_GetGlobals(Frame* frame)
    CodeObject* PyFrame_GetCode(Frame* frame)
    Frame* PyFrame_GetBack(Frame* frame)
    int PyFrame_GetLasti(Frame* frame)
    bint may_handle(Frame* frame)
    int PyCode_Addr2Line(CodeObject* code, int offset)

cdef extern from "compiler.h":
    object owned "OWNED"(CodeObject* code)
    object owned_frame "OWNED"(Frame* frame)

cdef enum:
    LAST_TAG = 0xF0000000    # no trace begins above this tag
    NO_TAG = 0xFFFFFFFF
    MOST_READ = 1024         # largest value that a guard compares, in bytes

cdef unsigned int _next_tag = 1


cdef class Place:
    """Placeholder for the tensor of a slot in a structure."""

    def __cinit__(self, int slot):
        self.slot = slot

    def __eq__(self, other):
        return type(other) is Place and (<Place>other).slot == self.slot

    def __hash__(self):
        return self.slot


cdef class Step:
    """One step of a trace."""

    def __cinit__(self, int kind, int operand_count, int result_count):
        self.kind = kind
        self.operand_count, self.result_count = operand_count, result_count
        self.operands = <int*>malloc((operand_count + result_count + 1) * sizeof(int))
        if self.operands == NULL:
            raise MemoryError()
        self.results = self.operands + operand_count

    def __dealloc__(self):
        free(self.operands)
        if self.shape != NULL:
            release_extent(self.shape)

    @property
    def name(self):
        """A name for display."""
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
        """Source file and line."""
        if self.code is None:
            return None, 0
        return self.code.co_filename, max(PyCode_Addr2Line(<CodeObject*>self.code, self.instruction), 0)

    @property
    def result_bytes(self):
        """The size of each result in bytes; for a read, of the variable's value."""
        cdef Tensor constant = self.constant
        if constant is not None:
            return [(1 if constant.splat else constant.extent.size) * item_size(constant.dtype_code)]
        if self.kind == READ:
            return [self.variable.numpy().nbytes]
        if self.forms is None:
            return [self.shape.size * item_size(self.dtype_code)] if self.shape != NULL else []
        return [math.prod(memoryview(dims).cast("n")) * item_size(code) for dims, code in self.forms]

    def call_effect(self, list values):
        """Calls an effect again, given a tensor or None per slot; returns its result."""
        return as_effect(self.effect, self.function, *placed(self.arguments, values), writes=self.writes)

    @property
    def what(self):
        """The name of its kind."""
        if self.kind == EFFECT:
            return "draws" if self.effect == DRAWS else "effect"
        return ("constant", "program", "program", "compiled", "scripted", "read", "assign", "effect", "guard")[self.kind]

    @property
    def static(self):
        """A primitive's attributes, as passed to observers."""
        return (self.attribute, tensor_shape(self.shape)) if self.kind == COMPILED else self.attributes or ()

    @property
    def held(self):
        """The variable that is read or assigned to, or the constant's tensor."""
        return self.constant if self.kind == CONSTANT else self.variable

    @property
    def operand_slots(self):
        return [self.operands[i] for i in range(self.operand_count)]

    @property
    def result_slots(self):
        return [self.results[i] for i in range(self.result_count)]


cdef int locate(Step step, object outermost) except -1:
    """Sets where the step is in the source, which is in the innermost frame outside of gradtape, and whether its exceptions are handled.

    Its line is searched for when it is asked for.
    """
    cdef bint within = may_raise(step)
    frame = innermost_frame()
    while frame is not None:
        within = within and frame is not outermost
        if is_users(frame):
            step.code = owned(PyFrame_GetCode(<Frame*>frame))
            step.instruction = PyFrame_GetLasti(<Frame*>frame)
            step.handled = within and is_handled(frame, outermost)
            return 0
        frame = caller_of(frame)
    return 0


cdef object innermost_frame():
    cdef Frame* frame = PyEval_GetFrame()
    return None if frame == NULL else <object>frame


cdef object caller_of(object frame):
    cdef Frame* caller = PyFrame_GetBack(<Frame*>frame)
    return None if caller == NULL else owned_frame(caller)


cdef bint is_users(object frame) except -1:
    """Whether a frame is outside of gradtape."""
    name = PyFrame_GetGlobals(<Frame*>frame).get("__name__")
    return type(name) is not str or not (<str>name).startswith("gradtape.")


cdef bint is_handled(object frame, object outermost) except -1:
    """Whether an exception raised in a frame is handled by the function that is called in the outermost frame."""
    while frame is not None and frame is not outermost:
        if may_handle(<Frame*>frame) and is_users(frame) and handles(frame):
            return True
        frame = caller_of(frame)
    return False


cdef bint may_raise(Step step) noexcept:
    """Whether a step may raise for some values."""
    if step.kind == PROGRAM or step.kind == LONG_PROGRAM:
        return step.attribute > F64
    return step.kind == COMPILED or step.kind == SCRIPTED or step.kind == ASSIGN or step.kind == EFFECT


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


cdef class SliceRecorder(Recorder):
    """Records a trace of a function of one slice, to be evaluated on a batch of slices.

    It may replace another tracer for a while, from which everything computed meanwhile is hidden.
    """
    cdef Recorder outer
    cdef list made                       # tensor by slot
    cdef list earlier                    # tensors of the outer tracer, with their previous tags
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
        renew_epoch(thread())                # the outer tracer has not seen reads made meanwhile

    def drawn(self, slot):
        """An effect's result for the first slice; None if there is an outer tracer, which would have to see it."""
        return self.made[slot] if self.outer is None else None

    def is_alone(self):
        """Whether no outer tracer, tape or accumulator has to see what is computed."""
        return self.outer is None and not self.recorded

    def is_full(self, slot):
        """Whether a slot's tensor has the maximum rank, so that a batch axis cannot be added."""
        return (<Tensor>self.made[slot]).extent.rank == MAX_RANK

    def give_up(self, str reason):
        """Fails the outer tracer, which has not seen how the result was computed."""
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
            return 0                         # with an outer tracer it may only be constant here
        step = Step(GUARD, 1, 0)
        step.operands[0] = slot
        return self.add(step)

    cdef int raised(self) except -1:
        if is_handled(innermost_frame(), self.outermost):
            self.fail("an exception was handled")
        return 0 if self.outer is None else self.outer.raised()

    cdef int variable_made(self, object variable) except -1:
        if self.outer is not None:
            self.outer.variable_made(variable)
        return Recorder.variable_made(self, variable)


cdef object _parts_of = None


def install_parts(parts_of) -> None:
    """Sets a function that splits objects which may contain tensors: it returns None for others, else an object with `items`
    and `make`."""
    global _parts_of
    _parts_of = parts_of


cdef class Built:
    """Placeholder for an object that contains tensors: a function that builds it from its parts, and the parts."""

    def __init__(self, make, tuple parts not None):
        self.make, self.parts = make, parts

    def __eq__(self, other):
        return type(other) is Built and self.make == (<Built>other).make and self.parts == (<Built>other).parts

    def __hash__(self):
        return 0


cdef int collect(object value, list found) except -1:
    """Appends the tensors of a structure, in order."""
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
    """A structure with its Places replaced by the slots' tensors."""
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
    """The same with a list of values."""
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
