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
    FUSES_AFTER = 2          # replays after which steps are fused

cdef extern from "Python.h":
    PyObject** PySequence_Fast_ITEMS(object sequence)
    PyObject* PyList_GET_ITEM(object items, Py_ssize_t place)
    int PyErr_CheckSignals() except -1
    object PyObject_CallOneArg(object function, object argument)
    object PyTuple_Pack(Py_ssize_t count, PyObject* first, PyObject* second)

MISSED = object()
globals()["MISSED"] = MISSED


include "code.pxi"
include "tree.pxi"
include "comparison.pxi"


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


include "actions.pxi"
include "effects.pxi"
include "numbering.pxi"
include "encoding.pxi"
include "layout.pxi"
