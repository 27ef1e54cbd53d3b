"""Schedules which matrix products of a plan are queued for a second thread, the order of steps, and what each step waits for.

A product may be left to a second thread where the first has enough else to do between the last of its operands and the first
use of its result: gradients of weights, and inputs' part of a recurrence, but not what carries a state from step to step. Times are
estimated by sizes. Whether a thread comes for them changes no bit, so estimates may be wrong.

A product that is used at once though its operands were there long ago goes into the queue earlier, with constants and views
that it alone waits for. A step that reads what the queue gives has it settled first, and so has now and then a product, so that
operands, which live until then, do not pile up.
"""

from gradtape._engine.base.types cimport F64
from gradtape._engine.compute.matmul cimport is_short
from gradtape._engine.compute.queue cimport MOST_QUEUED
from gradtape._engine.function.fusion cimport form_at
from gradtape._engine.function.trace cimport COMPILED, CONSTANT, LONG_PROGRAM, PROGRAM, SCRIPTED, Step

import math

from gradtape._engine.ops.matmul import MATMULS, evaluate_added_product

cdef enum:
    LEAST_WORK = 16_000          # multiply-adds of the smallest product worth queueing
    LEAST_TOTAL = 2_000_000      # minimum of all queued products together
    PACE = 45                    # multiply-adds per nanosecond
    HANDOVER = 300               # latency in nanoseconds of passing a product to another thread and its result back
    AT_ONCE = 20                 # nanoseconds of a step that only moves a pointer or queues a product
    LEAD = 2_000                 # nanoseconds by which products are queued earlier than necessary
    MOST_ROUNDS = 4
    MOST_MOVED = 4               # steps that may be moved forward with a product
    BATCH = MOST_QUEUED // 4     # products awaited at once


cdef class Queued:
    pass


cdef class Schedule:
    def __cinit__(self):
        self.steps, self.reads_at_end = [], []
        self.queued, self.awaited, self.reads = {}, {}, {}


cdef class Planner:
    """State of scheduling. Indices are those of the steps in their original order."""
    cdef list steps
    cdef dict known                      # forms of slots that exist beforehand
    cdef dict makers                     # index of the producing step, by slot
    cdef dict readers                    # indices of the reading steps, by slot
    cdef dict candidates                 # Queued by index, of products that may be queued
    cdef list times                      # nanoseconds that each step takes
    cdef list clock                      # when the first thread begins each step and ends, in nanoseconds

    def __cinit__(self, list steps, dict known):
        cdef Step step
        cdef int i, k
        self.steps, self.known = steps, known
        self.makers, self.readers, self.candidates = {}, {}, {}
        for i in range(len(steps)):
            step = steps[i]
            for k in range(step.result_count):
                self.makers[step.results[k]] = i
            for k in range(step.operand_count):
                self.readers.setdefault(step.operands[k], []).append(i)
        for i in range(len(steps)):
            made = self.product_of(<Step>steps[i])
            if made is not None:
                self.candidates[i] = made

    cdef Queued product_of(self, Step step):
        """The product that a step would queue; None if it is not a matrix product of suitable size."""
        cdef Queued made
        cdef bint adds = step.kind == SCRIPTED and step.primitive.evaluate is evaluate_added_product
        if not adds and (step.kind != COMPILED or step.primitive not in MATMULS):
            return None
        forms = [form_at(self.steps, step.operands[k], self.makers, self.known) for k in range(2)]
        if forms[0] is None or forms[1] is None or forms[0][1] > F64 or forms[0][1] != forms[1][1]:
            return None
        left, right = [memoryview(dims).cast("n").tolist() for dims, _ in forms]
        made = Queued()
        made.operands = [step.operands[0], step.operands[1]]
        made.product.double_precision = forms[0][1] == F64
        made.product.accumulate = adds
        if adds:
            made.product.transpose_a, made.product.transpose_b = step.attributes
        else:
            made.product.transpose_a, made.product.transpose_b = step.attribute & 1, (step.attribute >> 1) & 1
        if len(right) != 2 or len(left) < 2 or len(left) > 2 and made.product.transpose_a:
            return None
        made.product.k = left.pop()
        made.product.m = math.prod(left)             # one product with the rows of all batches
        if made.product.transpose_a:
            made.product.m, made.product.k = made.product.k, made.product.m
        made.product.n = right[0 if made.product.transpose_b else 1]
        if work_of(made) < LEAST_WORK or not is_short(made.product.m, made.product.n, made.product.k):
            return None
        return made

    cdef long time_of(self, int place) except -1:
        cdef Step step = self.steps[place]
        cdef Py_ssize_t size
        if place in self.candidates:
            return 80 + work_of(self.candidates[place]) // PACE
        if step.kind == CONSTANT:
            return AT_ONCE
        if step.shape == NULL:
            return 100
        size = step.shape.size
        if step.kind == PROGRAM or step.kind == LONG_PROGRAM:
            return 100 + size * (1 + step.operand_count) // 20
        if step.kind == COMPILED and step.primitive in MATMULS:
            form = form_at(self.steps, step.operands[0], self.makers, self.known)
            if form is not None:
                dims = memoryview(form[0]).cast("n")
                size *= dims[len(dims) - (2 if step.attribute & 1 else 1)]
                return 80 + size // PACE
        return 100 + size // 10

    cdef int set_clock(self) except -1:
        cdef long now = 0
        self.clock = []
        for i in range(len(self.steps)):
            self.clock.append(now)
            now += AT_ONCE if i in self.candidates else <long>self.times[i]
        self.clock.append(now)
        return 0

    cdef dict needs(self):
        """The place at which each candidate's result, or what others add to it, is read by the first thread."""
        cdef dict found = {}
        cdef int place, reader, need
        for place in sorted(self.candidates, reverse=True):
            slot = (<Step>self.steps[place]).results[0]
            need = len(self.steps)
            for reader in self.readers.get(slot, ()):
                reader = found.get(reader, reader)
                if reader < need:
                    need = reader
            found[place] = need
        return found

    cdef int ready(self, int slot, set moved) except -2:
        """The place behind which what a slot holds is there if constants and views are moved there, which are added to `moved`."""
        cdef int place = self.makers.get(slot, -1)
        cdef Step step
        if place < 0 or place in moved:
            return -1
        step = self.steps[place]
        if step.kind == CONSTANT:
            moved.add(place)
            return -1
        if step.kind != COMPILED or step.operand_count != 1 or place in self.candidates or len(moved) >= MOST_MOVED:
            return place
        moved.add(place)
        return self.ready(step.operands[0], moved)

    cdef int ready_operands(self, int place, set moved) except -2:
        cdef Step step = self.steps[place]
        cdef int k, found = -1
        for k in range(step.operand_count):
            found = max(found, self.ready(step.operands[k], moved))
        return found

    cdef int choose(self) except -1:
        """Removes candidates that another thread could not finish in time."""
        cdef int place
        cdef dict needs
        cdef list late
        self.times = [self.time_of(place) for place in range(len(self.steps))]
        for _ in range(MOST_ROUNDS):
            self.set_clock()
            needs = self.needs()
            late = [place for place, need in needs.items()
                    if self.clock[need] - self.clock[self.ready_operands(place, set()) + 1] < duration(self.candidates[place])]
            if not late:
                break
            for place in late:
                del self.candidates[place]
        self.set_clock()
        return 0

    cdef list order(self):
        """The indices of the steps in the order of execution."""
        cdef dict earlier = {}           # indices to be executed before an index
        cdef set taken = set(), moved
        cdef list found = []
        cdef dict needs = self.needs()
        cdef int place, start, i
        for place in sorted(self.candidates, key=needs.__getitem__):
            wanted = self.clock[needs[place]] - 3 * duration(self.candidates[place]) - LEAD
            if wanted >= self.clock[place]:
                continue
            moved = set()
            start = self.ready_operands(place, moved) + 1
            i = place
            while i > start and self.clock[i] > wanted:
                i -= 1
            if i < place:
                earlier.setdefault(i, []).extend([*sorted(moved), place])
        for place in range(len(self.steps)):
            for i in [*earlier.get(place, ()), place]:
                if i not in taken:
                    taken.add(i)
                    found.append(i)
        return found


cdef long work_of(Queued queued) noexcept:
    return queued.product.m * queued.product.n * queued.product.k


cdef long duration(Queued queued) noexcept:
    """Nanoseconds until another thread has computed a product."""
    return work_of(queued) // PACE + HANDOVER


cdef Schedule scheduled(list steps, dict known):
    cdef Planner planner = Planner(steps, known)
    cdef Schedule made = Schedule()
    cdef Step step
    cdef Queued queued
    cdef list reads
    cdef dict numbers = {}               # by slot that products write: 1 for the first product, and so on
    cdef list unsettled = []
    cdef int place, k, needed, settled = 0
    if sum([work_of(queued) for queued in planner.candidates.values()]) < LEAST_TOTAL:
        return None
    planner.choose()
    if sum([work_of(queued) for queued in planner.candidates.values()]) < LEAST_TOTAL:
        return None
    for place in planner.order():
        step = steps[place]
        made.steps.append(step)
        queued = planner.candidates.get(place)
        reads = [step.operands[k] for k in range(step.operand_count)]
        needed = max([numbers.get(step.operands[k], 0) for k in range(step.operand_count)], default=0)
        if queued is not None:
            made.count += 1
            made.queued[step] = queued
            numbers[step.results[0]] = made.count
            for k in range(3):
                queued.product.after[k] = numbers.get(step.operands[k], 0) if k < step.operand_count else 0
            needed = made.count - BATCH if made.count % BATCH == 0 else 0
            del reads[:2]
        if needed > settled:
            for queued in unsettled[:needed - settled]:
                reads.extend(queued.operands)
            del unsettled[:needed - settled]
            made.awaited[step] = settled = needed
        made.reads[step] = reads
        if place in planner.candidates:
            unsettled.append(planner.candidates[place])
    for queued in unsettled:
        made.reads_at_end.extend(queued.operands)
    return made
