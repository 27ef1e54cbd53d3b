"""Plans: trees of traces, and the loop that replays them.

The traces of one signature form a tree that branches at guards. A node's steps are compiled to a list of actions, after
elimination of dead code and common subexpressions and constant folding. If outer tapes record the replays, all steps are
replayed as traced, since tapes must record what they would in eager execution.

Effects before a guard are deferred until no guard can fail any more. If a guard depends on them, they are executed, and
undone if the guard then fails. Python then runs the function from its start, as if the replay had not been tried.
"""

from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject
from libc.stdint cimport INT64_MAX, int64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

from gradtape._engine.base.buffer cimport SHARED_LIMIT
from gradtape._engine.base.shape cimport Extent, dims_of, extent_from, new_extent, release_extent, retain_extent, same_extent, tensor_shape
from gradtape._engine.base.types cimport BOOL, F64, MAX_OPERANDS, is_native
from gradtape._engine.compute.matmul cimport add_product
from gradtape._engine.compute.program cimport Program
from gradtape._engine.compute.queue cimport Product, Trial, enqueue, note_time, occupy, queued, settle, vacate
from gradtape._engine.function.arena cimport Arena, Layout, bytes_of
from gradtape._engine.function.fusion cimport form_of, fused_steps
from gradtape._engine.function.schedule cimport Queued, Schedule, scheduled
from gradtape._engine.function.trace cimport (ASSIGN, COMPILED, CONSTANT, EFFECT, GUARD, LONG_PROGRAM, PROGRAM, READ, SCRIPTED,
                                              Built, Place, Recorder, Step, collect, filled_in, outcome_of)
from gradtape._engine.ops.elementwise cimport elementwise, elementwise_list, overwrite, write_elementwise
from gradtape._engine.ops.matmul cimport multiplies_rows
from gradtape._engine.ops.reductions cimport EVEN, reduced_program
from gradtape._engine.ops.elementwise_vjp cimport everywhere, total
from gradtape._engine.ops.extremes cimport compiled as compiled_extremes
from gradtape._engine.ops.movement cimport copy_runs
from gradtape._engine.ops.softmax cimport compiled as compiled_softmax
from gradtape._engine.record.primitive cimport (DRAWS, EXCHANGES, EXTERNAL, SHOWS, WRITES, Evaluate, Write, observing,
                                                unobserved)
from gradtape._engine.state.variable cimport BaseVariable
from gradtape._engine.tensor.tensor cimport Tensor, is_free, item_size, new_tensor, share

import functools
import threading

import numpy as np

from gradtape._engine.ops.elementwise_vjp import evaluate_everywhere, evaluate_total
from gradtape._engine.ops.matmul import MATMULS, evaluate_added_product
from gradtape._engine.ops.movement import evaluate_assembly, evaluate_parts
from gradtape._engine.ops.reductions import evaluate_summed
from gradtape._engine.state.optimizers import BaseOptimizer
from gradtape._src.core.hints import note

cdef enum:
    FEW_SLOTS = 128          # up to which a replay's slots are on the stack
    MOST_FOLDED = 1 << 14    # largest result of constant folding, in elements
    FUSES_AFTER = 2          # replays after which steps are fused
    LARGEST_PLACED = SHARED_LIMIT    # largest result in an arena, in bytes; allocation costs little of the time of larger ones
    LAST_USE = 4             # bit in the attribute of ADD_PRODUCT: the summand is not read afterwards
    # Kinds of actions besides those of steps:
    TAKE = 100               # an optimizer's step with dense gradients
    TOTAL = -1               # the sum of a program's values
    EVERYWHERE = -2          # a program on operands with one value each, filled to a shape
    ADD_PRODUCT = -3         # adds a matrix product to a tensor, in place if possible
    JOIN = -4                # concatenation
    PART = -5                # split
    SUMMED = -6              # the sum or mean of a fused program's values, which are not stored

cdef extern from "Python.h":
    PyObject** PySequence_Fast_ITEMS(object sequence)
    PyObject* PyList_GET_ITEM(object items, Py_ssize_t place)
    int PyErr_CheckSignals() except -1
    object PyObject_CallOneArg(object function, object argument)
    object PyTuple_Pack(Py_ssize_t count, PyObject* first, PyObject* second)

MISSED = object()
globals()["MISSED"] = MISSED


# Code of replays

cdef struct Action:
    int kind                         # its step's, or TAKE and so on
    int out                          # slot of the first result; -1: none
    int operands[3]                  # slots of the first operands; -1: none
    int end_count
    int* ends                        # slots that are not read afterwards
    int held_count                   # number of these outside of the arena, which come first
    bint placed                      # its results are in the arena if the replay has it
    int ending                       # of a program, a bit for each operand in `ends`, which its result may overwrite
    PyObject* step                   # borrowed, as are the following
    PyObject* primitive
    Evaluate compute
    Write write
    Extent* shape
    Extent* over                     # shape that TOTAL and SUMMED sum over, or JOIN's result has; owned
    Extent** parts                   # shapes of the results of PART, followed by NULL; owned
    int64_t attribute
    long awaited                     # number of the node's queued products that must be finished before
    Product* product                 # the product to be queued if the replay uses the queue; owned; NULL: none


cdef class Code:
    """The actions of a node, and the code that follows. It is immutable: when the tree grows it is replaced, and running replays
    continue with the code they began with, as last uses of slots depend on the whole tree."""
    cdef Action* actions
    cdef Py_ssize_t count
    cdef Py_ssize_t certain          # index of the first action from which on the replay cannot fail
    cdef readonly list steps
    cdef Py_ssize_t slots            # number of slots of the whole tree
    cdef Layout layout               # of results in the arena; None: there are none
    cdef Arena arena                 # None while a replay uses it
    cdef int products                # number of queued products
    cdef Trial _trial                # times with and without the queue
    cdef object given                # the result, with Places; None if a guard follows
    cdef Step asked                  # the guard; None at the end
    cdef dict children               # Code by outcome of the guard

    def __cinit__(self, list steps not None):
        self.steps = steps
        self.count = len(steps)
        self.actions = <Action*>calloc(self.count + 1, sizeof(Action))
        if self.actions == NULL:
            raise MemoryError()

    @property
    def last_uses(self):
        """Per action the slots that are not read afterwards."""
        return [[self.actions[i].ends[k] for k in range(self.actions[i].end_count)] for i in range(self.count)]

    @property
    def overwritten(self):
        """Per action the operands' slots that the result may overwrite if the shape and dtype are the same."""
        return [[(<Step>self.steps[i]).operands[k] for k in range((<Step>self.steps[i]).operand_count)
                 if (self.actions[i].ending >> k) & 1] for i in range(self.count)]

    @property
    def arena_bytes(self):
        """The size of the arena in bytes."""
        return 0 if self.layout is None else self.layout.size

    @property
    def arena_places(self):
        """Offset and size of each slot's result in the arena."""
        return {} if self.layout is None else {slot: (offset, bytes_of(form)) for slot, offset, form in self.layout.places}

    @property
    def queued_steps(self):
        """The steps whose products are queued."""
        return [self.steps[i] for i in range(self.count) if self.actions[i].product != NULL]

    @property
    def waited_for(self):
        """Per queued product the numbers, from 1, of the products that it waits for."""
        return [[self.actions[i].product.after[k] for k in range(3) if self.actions[i].product.after[k]]
                for i in range(self.count) if self.actions[i].product != NULL]

    @property
    def trial(self):
        """Nanoseconds of a replay without and with the queue, as last measured; None until both are known."""
        times = self._trial.least[0], self._trial.least[1]
        return times if 0 < min(times) and max(times) < INT64_MAX else None

    @property
    def called(self):
        """The steps that are evaluated in Python."""
        return [self.steps[i] for i in range(self.count) if self.actions[i].kind == SCRIPTED]

    def __dealloc__(self):
        cdef Py_ssize_t i
        cdef int k
        if self.actions != NULL:
            for i in range(self.count):
                free(self.actions[i].ends)
                free(self.actions[i].product)
                if self.actions[i].over != NULL:
                    release_extent(self.actions[i].over)
                if self.actions[i].parts != NULL:
                    # Up to the NULL, as the garbage collector may have cleared the steps, which hold the number of results.
                    k = 0
                    while self.actions[i].parts[k] != NULL:
                        release_extent(self.actions[i].parts[k])
                        k += 1
                    free(self.actions[i].parts)
            free(self.actions)


# Trees

cdef class Node:
    """A run of steps up to a guard, or to the end."""
    cdef readonly list steps             # as they were traced
    cdef readonly Step guard             # None at the end
    cdef readonly dict children          # Node by outcome of the guard, for the outcomes met so far
    cdef object outputs                  # at the end: the result, with Places
    cdef list output_slots
    # Made by planning:
    cdef readonly Code code
    cdef list numbered                   # steps without common subexpressions, constants folded
    cdef Step asked                      # the guard and the outputs with slots renamed accordingly
    cdef object given
    cdef list given_slots

    def __cinit__(self):
        self.steps = []
        self.children = {}

    @property
    def plan(self):
        """The steps that a replay executes."""
        return self.code.steps


cdef bint same_attributes(object a, object b) except -1:
    """Whether two attributes are bitwise equal; False if comparing them raises."""
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
    """Whether two tensors are bitwise equal."""
    return a is b or (a.dtype_code == b.dtype_code and a.splat == b.splat and same_extent(a.extent, b.extent)
                      and memcmp(a.data, b.data, (1 if a.splat else a.extent.size) * item_size(a.dtype_code)) == 0)


cdef bint same_step(Step a, Step b) except -1:
    """Whether two steps are the same; guards may differ in their outcome."""
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


def evaluations(list steps not None):
    """A copy of steps for `same_evaluations`: without variables, and without the tensors of constants except splats.

    None if there are guards or side effects.
    """
    cdef list kept = []
    cdef Step step, form
    for step in steps:
        if step.kind > READ:
            return None
        if step.kind == READ or step.kind == CONSTANT and not step.constant.splat:
            form = Step(step.kind, 0, 1)
            form.results[0] = step.results[0]
            form.shape = retain_extent(step.constant.extent if step.kind == CONSTANT else step.shape)
            form.dtype_code = step.constant.dtype_code if step.kind == CONSTANT else step.dtype_code
            step = form
        kept.append(step)
    return kept


def same_evaluations(list kept not None, list steps not None):
    """Whether steps are the same as the kept ones, except for variables and constants other than splats of equal shapes and dtypes."""
    cdef Step a, b
    cdef Py_ssize_t i
    if len(kept) != len(steps):
        return False
    for i in range(len(kept)):
        a, b = kept[i], steps[i]
        if a.kind != b.kind:
            return False
        if a.kind == CONSTANT and a.constant is None:
            if (a.results[0] != b.results[0] or a.dtype_code != b.constant.dtype_code or b.constant.splat
                    or not same_extent(a.shape, b.constant.extent)):
                return False
        elif a.kind == READ:
            if a.results[0] != b.results[0] or a.dtype_code != b.dtype_code or not same_extent(a.shape, b.shape):
                return False
        elif not same_step(a, b):
            return False
    return True


cdef Node grown(list steps, int start, object outputs, list output_slots):
    """A tree of the steps from `start` on."""
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


cdef object _random_state = None
cdef object _set_random_state = None


def install_random_state(get, put) -> None:
    """Sets the functions that get and set the state of the random number generators."""
    global _random_state, _set_random_state
    _random_state, _set_random_state = get, put


cdef class Plan:
    """All traces of one signature, and their code for replays."""
    def __init__(self, bint recorded):
        self.recorded = recorded
        self.lock = threading.RLock()

    @property
    def argument_bytes(self):
        """The size in bytes of each argument that is a tensor; these have the first slots."""
        return [size for _, _, size in self.arguments]

    def fail(self, str reason not None):
        """Makes the function run eagerly with this signature from now on."""
        self.failure = reason
        self.root = None

    def insert(self, Recorder trace not None, outputs, list output_slots not None):
        """Adds a trace to the tree."""
        cdef Step step, decided = None
        cdef str cause = ""
        for step in reversed(trace.steps):
            if step.kind == EFFECT and step.effect == EXTERNAL and step.result_count:
                # If a replay got another shape, the result could not be used, nor the effect undone.
                return self.fail(f"{step.name} gives tensors whose shapes nobody knows")
            if step.handled and decided is None:
                decided, cause = step, "an exception may be handled: "
            if decided is not None and step.kind == EFFECT and (
                    step.effect == EXTERNAL or step.effect == EXCHANGES or step.writes is None and step.effect == WRITES):
                file, line = decided.place
                return self.fail(f"{step.name} cannot be taken back, and what follows depends on a value ({cause}{decided.name}, {file}, "
                                 f"line {line})")
            if step.kind == GUARD or may_diverge(step):
                decided, cause = step, ""
        with self.lock:
            root = self.root
            if root is None or not self.follow(trace, outputs, output_slots):
                self.resets += root is not None
                root = grown(trace.steps, 0, outputs, output_slots)
                self.leaves = 1
                self.slots = 0
            self.slots = max(self.slots, trace.slot_count)
            self.arguments = trace.arguments
            prepare(<Node>root, self.slots, self.recorded, self.replays > FUSES_AFTER, self.arguments)
            self.root = root                            # last, as other threads may replay it from now on

    def discard_trace(self):
        """Counts a trace that is not inserted."""
        self.resets += 1

    cdef bint follow(self, object made, object outputs, list output_slots) except -1:
        """Inserts a trace into the tree: as a new branch at the first new outcome of a guard. False if its steps differ before that."""
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
        """Replays the function on tensors. Returns its result, or MISSED, without side effects, if there is no trace for it."""
        arguments = list(arguments)
        return self.replay(PySequence_Fast_ITEMS(arguments), len(arguments))

    cdef object replay(self, PyObject** arguments, Py_ssize_t count):
        cdef Node node = <Node>self.root
        cdef Code code
        cdef PyObject* few[FEW_SLOTS]
        cdef PyObject** slots = few
        cdef DeferredEffects state = None
        cdef Action* action = NULL
        cdef Arena arena = None
        cdef bint certain, touched = False, queues = False
        cdef Py_ssize_t i, size
        cdef long base = 0
        cdef int64_t began = 0
        cdef int k
        if node is None:
            return MISSED
        self.replays += 1
        if self.replays == FUSES_AFTER + 1 and not self.recorded:
            with self.lock:
                prepare(node, self.slots, False, True, self.arguments)
        code = node.code
        size = code.slots
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
                certain = False
                if code.arena is not None and not observing and unobserved():
                    arena, code.arena = code.arena, None
                    arena.enter(slots)
                if code.products:
                    queues = occupy(&code._trial, &began)
                    base = queued()
                for i in range(code.count):
                    action = &code.actions[i]
                    if i & 255 == 255:
                        PyErr_CheckSignals()
                    if i == code.certain:
                        certain = True
                        if state is not None:
                            touched = True
                            state.finish()
                            state = None
                    if (queues or arena is not None) and (observing or not unobserved()):
                        # An op in Python may have installed an observer or opened a tape.
                        if queues:
                            settle(queued())
                            vacate()
                            queues = False
                            began = 0
                        if arena is not None:
                            arena.copy_out(slots)
                            arena, code.arena = None, arena
                    if queues and action.awaited:
                        settle(base + action.awaited)
                    if action.kind <= SCRIPTED:
                        if queues and action.product != NULL:
                            queue_product(action, slots, base, arena is not None and action.placed)
                        elif arena is not None and action.placed:
                            write(action, slots)
                        else:
                            evaluate(action, slots)
                            if arena is not None and action.kind == COMPILED:
                                arena.keep_apart(&slots[action.out])
                    elif action.kind == READ:
                        if state is not None:
                            state.before_read((<Step>action.step).variable)
                        read(action, slots)
                    elif certain:
                        touched = True
                        carry_through(action, slots)
                    else:
                        if state is None:
                            state = DeferredEffects()
                        state.defer(<Step>action.step, slots)
                    for k in range(action.end_count if arena is None else action.held_count):
                        clear_slot(slots, action.ends[k])
                if code.products:
                    if queues:
                        settle(base + code.products)
                        vacate()
                    note_time(&code._trial, queues, began)
                    queues = False
                if arena is not None:
                    arena.leave(slots)
                    arena, code.arena = None, arena
                if code.asked is None:
                    if state is not None:
                        touched = True
                        state.finish()
                    if type(code.given) is Place:
                        return <object>slots[(<Place>code.given).slot]
                    return filled_in(code.given, slots)
                child = code.children.get(outcome_of(code.asked, <Tensor>slots[code.asked.operands[0]]))
                if child is None:
                    if state is not None:
                        state.undo()
                    return MISSED
                code = <Code>child
        except BaseException as error:
            if touched:
                if type(error) is OtherForm:
                    raise RuntimeError(
                        f"{error}. A primitive whose results' shapes depend on values must say `varies=True`") from None
                explain(error, <Step>action.step)
                raise
            if state is not None:
                state.undo()
            if not isinstance(error, Exception):
                raise
            return MISSED
        finally:
            if queues:
                settle(queued())
                vacate()
            if arena is not None:
                arena.leave(slots)
                code.arena = arena
            for i in range(size):
                Py_XDECREF(slots[i])
            if slots != few:
                free(slots)


cdef int explain(object error, Step step) except -1:
    """Adds to an exception where the op that raised was traced, if the function cannot be run again eagerly from its start."""
    file, line = step.place
    if file is not None:
        note(error, f'  in "{step.name}", traced at {file}, line {line}')
    return 0


cdef inline int put(PyObject** slots, Py_ssize_t slot, object tensor) except -1:
    cdef PyObject* before = slots[slot]
    Py_INCREF(tensor)
    slots[slot] = <PyObject*>tensor
    Py_XDECREF(before)
    return 0


cdef inline void clear_slot(PyObject** slots, Py_ssize_t slot) noexcept:
    cdef PyObject* before = slots[slot]
    slots[slot] = NULL
    Py_XDECREF(before)


cdef inline Tensor operand(const Action* action, PyObject** slots, int place):
    return <Tensor>slots[action.operands[place]] if action.operands[place] >= 0 else None


cdef inline int evaluate(Action* action, PyObject** slots) except -1:
    """Evaluates as eager execution does: active tapes and tracers record it."""
    cdef Step step
    cdef int i
    if action.ending and in_place(action, slots):
        return 0
    if action.kind == PROGRAM:
        return put(slots, action.out, elementwise(<Program>action.primitive, <Tensor>slots[action.operands[0]],
                                                  operand(action, slots, 1), operand(action, slots, 2)))
    if action.kind == COMPILED:
        return put(slots, action.out, action.compute(<Tensor>slots[action.operands[0]], operand(action, slots, 1), action.shape,
                                                     action.attribute))
    if action.kind == TOTAL:
        return put(slots, action.out, total(<Program>action.primitive, <Tensor>slots[action.operands[0]], operand(action, slots, 1),
                                            operand(action, slots, 2), action.over, action.shape))
    if action.kind == EVERYWHERE:
        return put(slots, action.out, everywhere(<Program>action.primitive, <Tensor>slots[action.operands[0]],
                                                 operand(action, slots, 1), operand(action, slots, 2), action.shape))
    if action.kind == ADD_PRODUCT:
        return put(slots, action.out, sum_with_product(action, slots))
    step = <Step>action.step
    if action.kind == CONSTANT:
        return put(slots, action.out, step.constant)
    if action.kind == JOIN:
        return put(slots, action.out, joined(action, slots))
    if action.kind == PART:
        return put_parts(action, slots, False)
    if action.kind == SUMMED:
        return put(slots, action.out, reduced_program(<Program>action.primitive, [<Tensor>slots[step.operands[i]] for i in range(
            step.operand_count)], action.over, action.attribute))
    if action.kind == LONG_PROGRAM:
        return put(slots, action.out, elementwise_list(<Program>step.primitive,
                                                       [<Tensor>slots[step.operands[i]] for i in range(step.operand_count)]))
    given = tuple([<Tensor>slots[step.operands[i]] for i in range(step.operand_count)])
    results = step.primitive(*given, attributes=step.attributes)
    return take(step, slots, list(results) if type(results) is tuple else [results])


cdef int read(Action* action, PyObject** slots) except -1:
    """Reads a variable. Only the slot holds the result, as variables are written in place only if nothing else holds their value."""
    cdef Tensor value = (<Step>action.step).variable.read()
    if value.extent != action.shape and not same_extent(value.extent, action.shape):
        raise OtherForm(f"{(<Step>action.step).name} gave a tensor of shape {tensor_shape(value.extent)}")
    return put(slots, action.out, value)


cdef int write(Action* action, PyObject** slots) except -1:
    """Evaluates into the arena. Replays use it only if they are not recorded or observed."""
    cdef Step step = <Step>action.step
    cdef Tensor out = <Tensor>slots[action.out]
    cdef PyObject* given[MAX_OPERANDS]
    cdef int i
    if action.kind == PROGRAM or action.kind == LONG_PROGRAM:
        for i in range(step.operand_count):
            given[i] = slots[step.operands[i]]
        return write_elementwise(<Program>action.primitive, out, given, step.operand_count, <int>action.attribute)
    if action.kind == COMPILED:
        if action.write == NULL:
            return 0                     # the result shares the operand's storage
        return action.write(out, <Tensor>slots[action.operands[0]], operand(action, slots, 1), action.attribute)
    if action.kind == ADD_PRODUCT:
        return add_product_to(action, slots, placed_total(action, slots, False))
    if action.kind == JOIN:
        return join_into(action, slots, out)
    return put_parts(action, slots, True)


cdef bint in_place(Action* action, PyObject** slots) except -1:
    """Has a program overwrite an operand that is not read afterwards and not shared; False, and nothing is done, if there is none."""
    cdef Step step = <Step>action.step
    cdef PyObject* given[MAX_OPERANDS]
    cdef PyObject* before = slots[action.out]
    cdef int i
    for i in range(step.operand_count):
        given[i] = slots[step.operands[i]]
    for i in range(step.operand_count):
        if (action.ending >> i) & 1 and is_free(given[i]) and overwrite(<Program>action.primitive, <Tensor>given[i], given,
                                                                        step.operand_count):
            slots[step.operands[i]] = NULL
            slots[action.out] = given[i]
            Py_XDECREF(before)
            return True
    return False


cdef Tensor total_to_add_to(Action* action, PyObject** slots, bint queues):
    """The tensor that a product is added to: the operand if it is not shared, else a copy."""
    cdef PyObject* held = slots[action.operands[2]]
    cdef Tensor out = <Tensor>held
    # Two references are the slot's and that of `out`.
    if not (action.attribute & LAST_USE and held.ob_refcnt == 2 and (out.block == NULL or out.block.refs == 1)):
        if queues:
            settle(queued())
        out = new_tensor(out.dtype_code, out.extent)
        memcpy(out.data, (<Tensor>held).data, out.extent.size * item_size(out.dtype_code))
    return out


cdef Tensor placed_total(Action* action, PyObject** slots, bint queues):
    """The same in the arena: the operand is copied unless it has the same place."""
    cdef Tensor held = <Tensor>slots[action.operands[2]], out = <Tensor>slots[action.out]
    if held.data != out.data:
        if queues:
            settle(queued())
        memcpy(out.data, held.data, out.extent.size * item_size(out.dtype_code))
    return out


cdef int queue_product(Action* action, PyObject** slots, long base, bint placed) except -1:
    """Queues a product. placed: its result is in the arena."""
    cdef Tensor left = <Tensor>slots[action.operands[0]], right = <Tensor>slots[action.operands[1]], out
    if placed:
        out = placed_total(action, slots, True) if action.kind == ADD_PRODUCT else <Tensor>slots[action.out]
    else:
        out = total_to_add_to(action, slots, True) if action.kind == ADD_PRODUCT else new_tensor(left.dtype_code, action.shape)
    enqueue(action.product, base, left.data, right.data, out.data)
    return 0 if placed else put(slots, action.out, out)


cdef int add_product_to(Action* action, PyObject** slots, Tensor out) except -1:
    cdef Tensor left = <Tensor>slots[action.operands[0]], right = <Tensor>slots[action.operands[1]]
    cdef bint left_transposed = action.attribute & 1, right_transposed = (action.attribute >> 1) & 1
    if not add_product(out.dtype_code == F64, left_transposed, right_transposed, out.extent.dims[0], out.extent.dims[1],
                       left.extent.dims[0 if left_transposed else 1], left.data, right.data, out.data):
        raise RuntimeError("a product was added that is not added so")
    return 0


cdef Tensor sum_with_product(Action* action, PyObject** slots):
    """The result of `evaluate_added_product`."""
    cdef Tensor out = total_to_add_to(action, slots, False)
    add_product_to(action, slots, out)
    return out


cdef Tensor joined(Action* action, PyObject** slots):
    """The result of `evaluate_assembly`."""
    cdef Tensor out = new_tensor((<Tensor>slots[action.operands[0]]).dtype_code, action.over)
    join_into(action, slots, out)
    return out


cdef int join_into(Action* action, PyObject** slots, Tensor out) except -1:
    cdef Step step = <Step>action.step
    cdef Tensor part
    cdef Py_ssize_t outer = action.attribute, item = item_size(out.dtype_code), run, offset = 0
    cdef int i
    if out.extent.size:
        for i in range(step.operand_count):
            part = <Tensor>slots[step.operands[i]]
            run = part.extent.size // outer * item
            copy_runs(out.data + offset, out.extent.size // outer * item, part.data, run, run, outer)
            offset += run
    return 0


cdef int put_parts(Action* action, PyObject** slots, bint placed) except -1:
    """Stores the results of `evaluate_parts` in their slots. placed: they are in the arena."""
    cdef Step step = <Step>action.step
    cdef Tensor tensor = <Tensor>slots[step.operands[0]], out
    cdef Py_ssize_t outer = action.attribute, item = item_size(tensor.dtype_code), run, offset = 0
    cdef int i
    for i in range(step.result_count):
        out = <Tensor>slots[step.results[i]] if placed else new_tensor(tensor.dtype_code, action.parts[i])
        if out.extent.size:
            run = out.extent.size // outer * item
            copy_runs(out.data, run, tensor.data + offset, tensor.extent.size // outer * item, run, outer)
            offset += run
        if not placed:
            put(slots, step.results[i], out)
    return 0


cdef int carry_through(Action* action, PyObject** slots) except -1:
    """Executes a step that has side effects."""
    cdef Step step = <Step>action.step
    cdef int i
    if action.kind == ASSIGN:
        return execute_deferred(step, <Tensor>slots[step.operands[0]])
    if action.kind == TAKE:
        pairs = []
        variables = <list>step.attributes
        for i in range(step.operand_count):
            pairs.append(PyTuple_Pack(2, slots[step.operands[i]], PyList_GET_ITEM(variables, i)))
        PyObject_CallOneArg(step.function, pairs)
        return 0
    results = []
    collect(step.function(*filled_in(step.arguments, slots)), results)
    return take(step, slots, results)


cdef int execute_deferred(Step step, object given) except -1:
    """Executes a deferred step."""
    if step.kind == ASSIGN:
        if step.attribute:
            step.variable.shift(given, step.attribute)
        else:
            step.variable.store(<Tensor>given)
    else:
        step.function(*given)
    return 0


class OtherForm(Exception):
    """The shape or dtype of a result differs from the trace's."""


cdef int take(Step step, PyObject** slots, list results) except -1:
    """Stores results of Python functions in their slots, after checking that shapes and dtypes are the traced ones."""
    cdef Tensor result
    cdef int i
    if len(results) != step.result_count:
        raise OtherForm(f"{step.name} gave {len(results)} tensors, not {step.result_count}")
    for i in range(step.result_count):
        result = results[i]
        dims, code = step.forms[i]
        if result.dtype_code != code or dims_of(result.extent) != dims:
            raise OtherForm(f"{step.name} gave a tensor of shape {tensor_shape(result.extent)}, not {tuple(memoryview(dims).cast('n'))}")
        put(slots, step.results[i], result)
    return 0


cdef class DeferredEffects:
    """Deferred effects of a replay, and what is needed to undo others, as long as a guard may still fail."""
    cdef list waiting                    # deferred effects: (step, operand or arguments)
    cdef list before                     # values to be restored: (variable, value)
    cdef object random                   # state of the random number generators to be restored, or None

    def __cinit__(self):
        self.waiting = []
        self.before = []

    cdef int defer(self, Step step, PyObject** slots) except -1:
        if step.kind == EFFECT and step.effect == DRAWS:
            if step.writes is not None:
                for variable in step.writes:
                    self.before_read(<BaseVariable>variable)
                self.keep(step.writes)
            elif self.random is None:
                self.random = _random_state()
            call_effect(step, slots)
        elif step.kind == EFFECT and (step.result_count or step.handled and step.effect == WRITES):
            self.flush()
            self.keep(step.writes)
            call_effect(step, slots)
        else:
            given = <Tensor>slots[step.operands[0]] if step.kind == ASSIGN else filled_in(step.arguments, slots)
            self.waiting.append((step, given))
        return 0

    cdef int keep(self, list variables) except -1:
        cdef BaseVariable variable
        for variable in variables:
            self.before.append((variable, share(variable.held_value(), variable.held.extent)))
        return 0

    cdef int before_read(self, BaseVariable variable) except -1:
        """Executes deferred effects if one of them writes the variable."""
        cdef Step step
        for step, _ in self.waiting:
            if step.effect == WRITES and any([written is variable for written in step.writes]):
                self.flush()
                return 0
        return 0

    cdef int flush(self) except -1:
        """Executes deferred effects, except for those that only show values."""
        cdef Step step
        cdef list waiting = self.waiting
        self.waiting = []
        for step, given in waiting:
            if step.effect == SHOWS:
                self.waiting.append((step, given))
            else:
                self.keep(step.writes)
                execute_deferred(step, given)
        return 0

    cdef int finish(self) except -1:
        """Executes all deferred effects, when no guard can fail any more."""
        cdef list waiting = self.waiting
        self.waiting = []
        for step, given in waiting:
            execute_deferred(step, given)
        return 0

    cdef int undo(self) except -1:
        cdef BaseVariable variable
        self.waiting = []
        for variable, value in reversed(self.before):
            variable.store(<Tensor>value)
        self.before = []
        if self.random is not None:
            _set_random_state(self.random)
            self.random = None
        return 0


cdef int call_effect(Step step, PyObject** slots) except -1:
    results = []
    collect(step.function(*filled_in(step.arguments, slots)), results)
    return take(step, slots, results)


include "encoding.pxi"
