"""Traces: what a function did, as a list of steps that a loop repeats without Python.

A trace is made while the function runs, once, eagerly. Tensors are told apart by tags: those of the arguments, of results
and of what variables held have a slot each; any other was there before and is a constant. What tapes did meanwhile leaves
nothing but the primitives that they evaluated. Where Python looked at a value stands a guard: a repetition computes up to
it, and goes on where the value leads it. Traces of one signature that part at their guards are branches of one tree.
"""

from cpython.object cimport PyObject_RichCompareBool, Py_EQ
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF, PyObject
from cpython.weakref cimport PyWeakref_NewRef
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memset

from gradtape._extent cimport Extent, extent_from, release_extent, retain_extent, same_extent, tensor_shape
from gradtape._log cimport Thread, here, renew_epoch, thread
from gradtape._ops cimport elementwise, elementwise_list, identity
from gradtape._primitive cimport (DRAWS, EXTERNAL, SHOWS, WRITES, Primitive, Tracer, examining, install_tracer, traced, tracer)
from gradtape._program cimport Program
from gradtape._tensor cimport Tensor, as_array, item_size, share
from gradtape._types cimport ADD, SUB
from gradtape._variable cimport BaseVariable

import sys

import numpy as np

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

cdef enum:
    HIDDEN = 0xFFFFFFFF      # the tag of what was computed inside of an evaluation or effect
    LAST_TAG = 0xF0000000    # no trace begins beyond
    MOST_READ = 1024         # bytes of a value that a guard compares
    FEW_SLOTS = 128          # that a repetition keeps on the stack

cdef extern from "Python.h":
    PyObject** PySequence_Fast_ITEMS(object sequence)

cdef unsigned int _next_tag = 1


cdef class Place:
    """Stands for the tensor of a slot in a structure."""
    cdef readonly int slot

    def __cinit__(self, int slot):
        self.slot = slot

    def __eq__(self, other):
        return type(other) is Place and (<Place>other).slot == self.slot

    def __hash__(self):
        return self.slot


cdef class Step:
    """One evaluation, reading, writing or decision."""
    cdef readonly int kind
    cdef readonly Primitive primitive
    cdef int operand_count, result_count
    cdef int* operands
    cdef int* results
    cdef object attributes               # of a primitive whose evaluation is Python
    cdef int64_t attribute               # of a compiled one; an assignment's instruction; whether a guard asks for truth alone
    cdef Extent* shape                   # of a compiled one's result
    cdef list forms                      # (shape, dtype code) of each result that Python gives
    cdef BaseVariable variable
    cdef object function, arguments      # of an effect: what is called, with Places in its arguments
    cdef int effect
    cdef list writes                     # variables that an effect may write; None: any
    cdef object outcome                  # of a guard: what the value was
    cdef Tensor constant
    cdef str file                        # where the program stood
    cdef int line
    cdef int* ends                       # slots that nobody needs after it
    cdef int end_count

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
        free(self.ends)
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
            return f"{'assign_add' if self.attribute == ADD else 'assign_sub' if self.attribute == SUB else 'assign'} {self.variable.given_name}"
        if self.kind == GUARD:
            return "guard"
        return getattr(self.function, "__qualname__", None) or repr(self.function)

    @property
    def place(self):
        """File and line of the program."""
        return self.file, self.line

    @property
    def operand_slots(self):
        return [self.operands[i] for i in range(self.operand_count)]

    @property
    def result_slots(self):
        return [self.results[i] for i in range(self.result_count)]


cdef bint is_pure(Step step) noexcept:
    """Whether it matters for its results alone."""
    return step.kind <= READ


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
    cdef unsigned int first
    cdef readonly list steps
    cdef readonly dict constants         # tensor by slot
    cdef bytearray fixed                 # per slot, whether it is the same in every repetition
    cdef readonly str failure            # why there is no repetition
    cdef readonly bint recorded          # tapes around the function record it
    cdef readonly list created           # weak references to the variables that were made
    cdef readonly bint refuses           # variables may not be made
    cdef list tapes

    def __cinit__(self, bint recorded, bint refuses):
        self.steps = []
        self.constants = {}
        self.fixed = bytearray()
        self.created = []
        self.tapes = []
        self.recorded = recorded
        self.refuses = refuses

    def begin(self, list tensors):
        """Has the recorder work in this thread, and returns what stands for the tensors in the function; False where it cannot."""
        global _next_tag
        cdef Thread th = thread()
        cdef Tensor tensor
        cdef list given = []
        if tracer is not None or _next_tag > LAST_TAG or examining:
            return False
        self.first = _next_tag
        self.thread = here()
        for value in tensors:
            tensor = identity(<Tensor?>value)
            self.new_slot(tensor, False)
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
        if _next_tag >= HIDDEN - 1:
            self.fail("it is too long")
            return 0
        tensor.tag = _next_tag
        _next_tag += 1
        self.fixed.append(fixed)
        return tensor.tag - self.first

    cdef int slot_of(self, Tensor tensor) except -1:
        cdef int slot
        cdef Step step
        if tensor.tag >= self.first:
            if tensor.tag != HIDDEN:
                return tensor.tag - self.first
            self.fail("a tensor came from inside of an evaluation")
        slot = self.new_slot(tensor, True)
        self.constants[slot] = tensor
        step = Step(CONSTANT, 0, 1)
        step.constant = tensor
        step.results[0] = slot
        self.add(step)
        return slot

    cdef bint holds(self, Tensor tensor) noexcept:
        return tensor.tag >= self.first and tensor.tag != HIDDEN and (tensor.tag - self.first) in self.constants

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

    cdef int hide(self, tuple results) except -1:
        for result in results:
            (<Tensor?>result).tag = HIDDEN
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
        step.forms = [(tensor_shape((<Tensor>result).extent), (<Tensor>result).dtype_code) for result in results]
        return self.add(step)

    cdef int computed(self, Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
        cdef Step step = self.evaluation(COMPILED, primitive, (a,) if b is None else (a, b), (out,))
        step.attribute = attribute
        step.shape = retain_extent(out.extent)
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
        return self.add(step)

    cdef int variable_made(self, object variable) except -1:
        if self.refuses:
            raise ValueError(
                "tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is only "
                "created once or created outside tf.function. See "
                "https://www.tensorflow.org/guide/function#creating_tfvariables for more information.")
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
            step.forms.append((tensor_shape(tensor.extent), tensor.dtype_code))
        renew_epoch(thread())        # its inside may have read variables, which nobody was shown
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
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*[self.packed(item, places) for item in value])
        if type(value) is dict:
            return {key: self.packed(item, places) for key, item in value.items()}
        if hasattr(value, "_add_to") and hasattr(value, "dense_shape"):
            return Slices(type(value), *[self.packed(part, places) for part in (value.values, value.indices, value.dense_shape)])
        return value

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


cdef class Slices:
    """Stands for IndexedSlices in a structure."""
    cdef object kind, values, indices, dense_shape

    def __init__(self, kind, values, indices, dense_shape):
        self.kind, self.values, self.indices, self.dense_shape = kind, values, indices, dense_shape

    def __eq__(self, other):
        return type(other) is Slices and (self.values, self.indices, self.dense_shape) == (
            (<Slices>other).values, (<Slices>other).indices, (<Slices>other).dense_shape)

    def __hash__(self):
        return 0


cdef int collect(object value, list found) except -1:
    """The tensors of a structure, in order."""
    if type(value) is Tensor:
        found.append(value)
    elif isinstance(value, (tuple, list)):
        for item in value:
            collect(item, found)
    elif type(value) is dict:
        for item in value.values():
            collect(item, found)
    elif hasattr(value, "_add_to") and hasattr(value, "dense_shape"):
        collect((value.values, value.indices, value.dense_shape), found)
    return 0


cdef object filled_in(object packed, PyObject** slots):
    """A structure with the slots' tensors in their Places."""
    if type(packed) is Place:
        return <object>slots[(<Place>packed).slot]
    if type(packed) is tuple:
        return tuple([filled_in(item, slots) for item in <tuple>packed])
    if type(packed) is list:
        return [filled_in(item, slots) for item in <list>packed]
    if type(packed) is dict:
        return {key: filled_in(item, slots) for key, item in (<dict>packed).items()}
    if type(packed) is Slices:
        return (<Slices>packed).kind(filled_in((<Slices>packed).values, slots), filled_in((<Slices>packed).indices, slots),
                                     filled_in((<Slices>packed).dense_shape, slots))
    if isinstance(packed, tuple) and hasattr(packed, "_fields"):
        return type(packed)(*[filled_in(item, slots) for item in packed])
    return packed


cdef object outcome_of(Step guard, Tensor tensor):
    """What a guard compares of a value."""
    if guard.attribute:
        return bool(as_array(tensor).item() != 0)
    return (tensor.dtype_code, tensor_shape(tensor.extent), tensor.data[:tensor.extent.size * item_size(tensor.dtype_code)])


# Trees

cdef class Node:
    """A run of steps up to a guard, or to the end."""
    cdef readonly list steps             # as they were traced
    cdef readonly list plan              # those that a repetition takes
    cdef readonly Step guard             # None at the end
    cdef readonly dict children          # the node for each outcome of the guard met so far
    cdef readonly object outputs         # at the end: the result, with Places
    cdef list output_slots
    cdef Py_ssize_t certain              # the step of the plan from which on nothing leads off the trace

    def __cinit__(self):
        self.steps = []
        self.plan = []
        self.children = {}


cdef bint same_attributes(object a, object b) except -1:
    """Whether two attributes are equal to the last bit; False where that cannot be told."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all([same_attributes(x, y) for x, y in zip(a, b)])
    if isinstance(a, float):
        return a.hex() == b.hex()
    if isinstance(a, dict):
        return list(a) == list(b) and all([same_attributes(a[key], b[key]) for key in a])
    try:
        return bool(a == b)
    except Exception:
        return False


cdef bint same_tensor(Tensor a, Tensor b) noexcept:
    """Whether two tensors are equal to the last bit."""
    return a is b or (a.dtype_code == b.dtype_code and a.uniform == b.uniform and same_extent(a.extent, b.extent)
                      and memcmp(a.data, b.data, (1 if a.uniform else a.extent.size) * item_size(a.dtype_code)) == 0)


cdef bint same_step(Step a, Step b) except -1:
    """Whether two steps do the same; guards may differ in their outcome."""
    if (a.kind != b.kind or a.primitive is not b.primitive or a.operand_count != b.operand_count or a.result_count != b.result_count
            or a.attribute != b.attribute or a.variable is not b.variable or a.effect != b.effect):
        return False
    if memcmp(a.operands, b.operands, a.operand_count * sizeof(int)) or memcmp(a.results, b.results, a.result_count * sizeof(int)):
        return False
    if a.kind == COMPILED:
        return same_extent(a.shape, b.shape)
    if a.kind == SCRIPTED:
        return same_attributes(a.attributes, b.attributes) and a.forms == b.forms
    if a.kind == EFFECT:
        return same_attributes(a.function, b.function) and same_attributes(a.arguments, b.arguments) and a.forms == b.forms
    if a.kind == CONSTANT:
        return same_tensor(a.constant, b.constant)
    return True


cdef Node grown(list steps, int start, object outputs, list output_slots):
    """A branch of the steps from `start` on."""
    cdef Node root = Node(), node = root, child
    cdef Step step
    cdef int i
    for i in range(start, len(steps)):
        step = steps[i]
        if step.kind != GUARD:
            node.steps.append(step)
            continue
        node.guard = step
        child = Node()
        node.children[step.outcome] = child
        node = child
    node.outputs = outputs
    node.output_slots = output_slots
    return root


MISSED = object()
globals()["MISSED"] = MISSED


cdef object _random_state = None
cdef object _set_random_state = None


def install_random_state(get, put) -> None:
    """How the state of random numbers that functions draw is kept and put back."""
    global _random_state, _set_random_state
    _random_state, _set_random_state = get, put


cdef class Plan:
    """All traces of one signature, and how they are repeated."""
    def __init__(self, bint recorded):
        self.recorded = recorded

    def fail(self, str reason not None):
        """From now on the function runs eagerly for this signature."""
        self.failure = reason
        self.root = None

    def insert(self, Recorder trace not None, outputs, list output_slots not None):
        """Adds a trace to the tree."""
        cdef Step step
        cdef str decided = None
        for step in reversed(trace.steps):
            if decided is not None and step.kind == EFFECT and (step.effect == EXTERNAL or step.writes is None and step.effect == WRITES):
                return self.fail(f"{step.name} cannot be taken back, and what follows depends on a value ({decided})")
            if step.kind == GUARD or may_vary(step):
                decided = f"{step.name}, {step.file}, line {step.line}"
        if self.root is None or not self.follow(trace, outputs, output_slots):
            self.resets += self.root is not None
            self.root = grown(trace.steps, 0, outputs, output_slots)
            self.leaves = 1
            self.slots = 0
        self.slots = max(self.slots, trace.slot_count)
        prepare(self.root)

    cdef bint follow(self, object made, object outputs, list output_slots) except -1:
        """Follows a trace through the tree, and grows a branch where it leaves it; False where it does other things there."""
        cdef Recorder trace = made
        cdef Node node = <Node>self.root
        cdef Step step
        cdef int i = 0, count = len(trace.steps)
        while True:
            for known in node.steps:
                if i >= count or not same_step(known, trace.steps[i]):
                    return False
                i += 1
            if node.guard is None or i >= count or not same_step(node.guard, trace.steps[i]):
                return False
            step = trace.steps[i]
            i += 1
            if step.outcome not in node.children:
                node.children[step.outcome] = grown(trace.steps, i, outputs, output_slots)
                self.leaves += 1
                return True
            node = node.children[step.outcome]

    def run(self, list arguments not None):
        """The function's result of these tensors; MISSED, and nothing has happened, where no trace tells it."""
        arguments = list(arguments)
        return self.repeat(PySequence_Fast_ITEMS(arguments), len(arguments))

    cdef object repeat(self, PyObject** arguments, Py_ssize_t count):
        cdef Node node = <Node>self.root
        cdef PyObject* few[FEW_SLOTS]
        cdef PyObject** slots = few
        cdef Repetition state = None
        cdef Step step
        cdef bint leaf, touched = False
        cdef Py_ssize_t i, size = self.slots            # another thread may add to the tree meanwhile
        cdef int k
        if node is None:
            return MISSED
        if size > FEW_SLOTS:
            slots = <PyObject**>malloc(size * sizeof(PyObject*))
            if slots == NULL:
                raise MemoryError()
        memset(slots, 0, size * sizeof(PyObject*))
        try:
            for i in range(count):
                Py_INCREF(<object>arguments[i])
                slots[i] = arguments[i]
            while True:
                leaf = False
                for i in range(len(node.plan)):
                    step = <Step>node.plan[i]
                    if i == node.certain:
                        leaf = True
                        if state is not None:
                            touched = True
                            state.finish()
                            state = None
                    if step.kind <= READ:
                        if step.kind == READ and state is not None:
                            state.before_read(step.variable)
                        perform(step, slots)
                    elif leaf:
                        touched = True
                        perform(step, slots)
                    else:
                        if state is None:
                            state = Repetition()
                        state.put_off(step, slots)
                    for k in range(step.end_count):
                        put(slots, step.ends[k], None)
                if node.guard is None:
                    if state is not None:
                        touched = True
                        state.finish()
                    return filled_in(node.outputs, slots)
                child = node.children.get(outcome_of(node.guard, <Tensor>slots[node.guard.operands[0]]))
                if child is None:
                    if state is not None:
                        state.take_back()
                    return MISSED
                node = <Node>child
        except BaseException as error:
            if touched:
                if type(error) is OtherForm:
                    raise RuntimeError(f"{error}: a primitive whose result's shape depends on values must say `varies=True`") from None
                explain(error, step)
                raise
            if state is not None:
                state.take_back()
            if not isinstance(error, Exception):
                raise
            return MISSED
        finally:
            for i in range(size):
                Py_XDECREF(slots[i])
            if slots != few:
                free(slots)


cdef int explain(object error, Step step) except -1:
    """Says which op of the traced program raised, where a repetition could not be run again from its start."""
    if step is None or step.file is None:
        return 0
    note = f'  in "{step.name}", traced at {step.file}, line {step.line}'
    if hasattr(error, "add_note"):
        error.add_note(note)
    return 0


cdef class Repetition:
    """What a repetition keeps back, or can take back, as long as a guard may lead it off its trace."""
    cdef list waiting                    # (step, what it is done with)
    cdef list before                     # (variable, its value)
    cdef object random

    def __cinit__(self):
        self.waiting = []
        self.before = []

    cdef int put_off(self, Step step, PyObject** slots) except -1:
        if step.kind == EFFECT and step.effect == DRAWS:
            if step.writes is not None:
                self.keep(step.writes)
            elif self.random is None:
                self.random = _random_state()
            perform(step, slots)
        elif step.kind == EFFECT and step.result_count:
            self.flush()
            self.keep(step.writes)
            perform(step, slots)
        else:
            self.waiting.append((step, <Tensor>slots[step.operands[0]] if step.kind == ASSIGN else filled_in(step.arguments, slots)))
        return 0

    cdef int keep(self, list variables) except -1:
        cdef BaseVariable variable
        for variable in variables:
            self.before.append((variable, share(variable.present(), variable.held.extent)))
        return 0

    cdef int before_read(self, BaseVariable variable) except -1:
        """Does what was put off if the variable is written by it."""
        cdef Step step
        for step, _ in self.waiting:
            if step.effect == WRITES and any([written is variable for written in step.writes]):
                self.flush()
                return 0
        return 0

    cdef int flush(self) except -1:
        """Writes what was put off; what only shows values stays."""
        cdef Step step
        cdef list waiting = self.waiting
        self.waiting = []
        for step, given in waiting:
            if step.effect == SHOWS:
                self.waiting.append((step, given))
            else:
                self.keep(step.writes)
                carry_out(step, given)
        return 0

    cdef int finish(self) except -1:
        """Does all that was put off: the end of the trace is certain."""
        cdef list waiting = self.waiting
        self.waiting = []
        for step, given in waiting:
            carry_out(step, given)
        return 0

    cdef int take_back(self) except -1:
        cdef BaseVariable variable
        self.waiting = []
        for variable, value in reversed(self.before):
            variable.store(<Tensor>value)
        self.before = []
        if self.random is not None:
            _set_random_state(self.random)
            self.random = None
        return 0


cdef int carry_out(Step step, object given) except -1:
    if step.kind == ASSIGN:
        if step.attribute:
            step.variable.shift(given, step.attribute)
        else:
            step.variable.store(<Tensor>given)
    else:
        step.function(*given)
    return 0


cdef inline int put(PyObject** slots, Py_ssize_t slot, object tensor) except -1:
    """Puts a tensor into a slot; None empties it."""
    cdef PyObject* before = slots[slot]
    if tensor is None:
        slots[slot] = NULL
    else:
        Py_INCREF(tensor)
        slots[slot] = <PyObject*>tensor
    Py_XDECREF(before)
    return 0


cdef inline Tensor operand(Step step, PyObject** slots, int place):
    return <Tensor>slots[step.operands[place]] if place < step.operand_count else None


cdef int perform(Step step, PyObject** slots) except -1:
    """Does a step, as eager execution does it: tapes and tracers of the present see it."""
    cdef Tensor out
    cdef int i
    if step.kind == PROGRAM:
        out = elementwise(<Program>step.primitive, <Tensor>slots[step.operands[0]], operand(step, slots, 1), operand(step, slots, 2))
        return put(slots, step.results[0], out)
    if step.kind == COMPILED:
        out = step.primitive.compute(<Tensor>slots[step.operands[0]], operand(step, slots, 1), step.shape, step.attribute)
        return put(slots, step.results[0], out)
    if step.kind == CONSTANT:
        return put(slots, step.results[0], step.constant)
    if step.kind == READ:
        return put(slots, step.results[0], step.variable.read())
    if step.kind == LONG_PROGRAM:
        out = elementwise_list(<Program>step.primitive, [<Tensor>slots[step.operands[i]] for i in range(step.operand_count)])
        return put(slots, step.results[0], out)
    if step.kind == SCRIPTED:
        given = tuple([<Tensor>slots[step.operands[i]] for i in range(step.operand_count)])
        results = step.primitive(*given, attributes=step.attributes)
        return take(step, slots, list(results) if type(results) is tuple else [results])
    if step.kind == ASSIGN:
        return carry_out(step, <Tensor>slots[step.operands[0]])
    results = []
    collect(step.function(*filled_in(step.arguments, slots)), results)
    return take(step, slots, results)


class OtherForm(Exception):
    """A result has not the shape or dtype that it had in the trace."""


cdef int take(Step step, PyObject** slots, list results) except -1:
    """Puts results of Python into their slots, if they are of the traced shapes and dtypes: what follows was made for these."""
    cdef Tensor result
    cdef int i
    if len(results) != step.result_count:
        raise OtherForm(f"{step.name} gave {len(results)} tensors, not {step.result_count}")
    for i in range(step.result_count):
        result = results[i]
        shape, code = step.forms[i]
        if result.dtype_code != code or tensor_shape(result.extent) != shape:
            raise OtherForm(f"{step.name} gave a tensor of shape {tensor_shape(result.extent)}, not {shape}")
        put(slots, step.results[i], result)
    return 0


# Plans

cdef set prepare(Node node):
    """Plans a node and all beyond it: dead steps are left out, and tensors let go of after their last use. The slots that it reads."""
    cdef set live = set()
    cdef Step step
    cdef int i, k
    cdef list plan = [], ends
    if node.guard is None:
        live.update(node.output_slots)
    else:
        for child in node.children.values():
            live |= prepare(<Node>child)
        live.add(node.guard.operands[0])
    for step in reversed(node.steps):
        if is_pure(step) and not any([step.results[i] in live for i in range(step.result_count)]):
            continue
        ends = []
        for slot in dict.fromkeys([step.operands[i] for i in range(step.operand_count)]
                                  + [step.results[i] for i in range(step.result_count)]):
            if slot not in live:
                ends.append(slot)
        free(step.ends)
        step.end_count = 0
        step.ends = <int*>malloc((len(ends) + 1) * sizeof(int))
        if step.ends == NULL:
            raise MemoryError()
        for k in range(len(ends)):
            step.ends[k] = ends[k]
        step.end_count = len(ends)
        for i in range(step.result_count):
            live.discard(step.results[i])
        for i in range(step.operand_count):
            live.add(step.operands[i])
        plan.append(step)
    node.plan = plan[::-1]
    node.certain = 0 if node.guard is None else len(plan)
    for i, step in enumerate(node.plan):
        if may_vary(step):
            node.certain = max(node.certain, i + 1)
    return live


cdef bint may_vary(Step step) noexcept:
    """Whether its results may have another shape each time."""
    return (step.kind == SCRIPTED and step.primitive.varies) or (step.kind == EFFECT and step.result_count and step.effect != DRAWS)


def is_recording() -> tuple:
    """Whether a tape of this thread records, and whether a forward accumulator does."""
    cdef Thread th = thread()
    return th.span != 0, th.forward


def is_examining() -> bool:
    """Whether an observer judges every evaluation, as `debugging.enable_check_numerics` has it."""
    return examining
