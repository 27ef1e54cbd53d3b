"""Primitives.

A primitive is a pure function of tensors and static attributes together with its derivatives: everything that a tape
records is a call of one, so everything can be run again from its operands and attributes. There are three makes of one
kind: programs (elementwise; derivatives are derived), compiled ones (functions in C) and those whose evaluation and vjp
are Python. What decides by a tensor's *value*, such as an axis given as a tensor, does so before a primitive is called.

An entry of up to three operands and one result stands in the log itself; any other keeps a Call beside it.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport malloc

from gradtape._engine.base.shape cimport Extent, extent_from, release_extent, tensor_shape
from gradtape._engine.base.types cimport C128, F64, is_differentiable
from gradtape._engine.record.entries cimport Call, Entry, set_attribute, CALL, OUTPUT
from gradtape._engine.record.log cimport (Thread, append, give_node, has_page, here, on_open_window, renew_epoch, reserve_entries,
                                           thread as thread_here)
from gradtape._engine.tensor.tensor cimport Tensor, operators, tracing

from gradtape._engine.record import collection as _collection       # which the log collects by  # no-cython-lint


cdef Hooks _hooks


cdef Hooks* hooks() noexcept:
    return &_hooks


cdef class Primitive:
    """An op that tapes record: a pure function of tensors and static attributes, and its derivatives.

    Called with its operands it is evaluated and, where a tape is open, recorded.

    Args:
      name: as TensorFlow's messages call it.
      evaluate: evaluate(*operands, *attributes) gives the result, a fresh tensor, or a tuple of them.
      vjp: vjp(call, needs, *cotangents) gives one cotangent or None per operand. It gets one cotangent per result, zeros
        where none arrived; `needs` says per operand whether its cotangent is wanted; `call.saved` are the tensors that
        `saves` names, `call.attributes` the attributes. It is made of gradtape's functions, so that it differentiates
        again. None: there is no derivative.
      saves: the operands (0, 1, ...) and results (-1, -2, ...) that the vjp reads, nothing more.
      linear: whether it is linear in its operands together, so that its tangent is itself, of their tangents.
      stateful: whether it draws random numbers or reads variables.
      varies: whether its results' shapes depend on its operands' values.
      complexes: whether `evaluate` and `vjp` are right for complex numbers, with cotangents in TensorFlow's convention.
      holomorphic: whether they are if the vjp gets conjugates of what was saved: that of a holomorphic function.
      batch: the name of the rule by which it is evaluated on operands of which some have an axis of slices in front. None: slice
        by slice.
    """

    def __init__(self, str name, evaluate, vjp=None, tuple saves=(), bint linear=False, bint stateful=False, bint varies=False,
                 bint complexes=False, bint holomorphic=False, str batch=None):
        self.name = self.kernel = name
        self.evaluate = evaluate
        self.vjp = vjp
        self.saves = saves
        self.linear = linear
        self.stateful = stateful
        self.varies = varies
        self.complexes = complexes or holomorphic
        self.holomorphic = holomorphic
        self.batch = batch

    def __call__(self, *operands, tuple attributes=()):
        """Evaluates on tensors, and records."""
        if tracing and traced():
            results = evaluate_inside(self, operands, attributes)
        else:
            results = evaluate_on(self, operands, attributes)
        note_call(self, operands, results if type(results) is tuple else (results,), attributes)
        return results

    def again(self, tuple operands, attributes):
        """Evaluates and records on operands, with attributes as an observer is told them; results as a tuple."""
        cdef Extent* shape
        if self.compute == NULL and self.evaluate is None:
            return (_hooks.elementwise(self, list(operands)),)
        if self.compute == NULL:
            results = self(*operands, attributes=attributes)
            return results if type(results) is tuple else (results,)
        shape = extent_from(attributes[1])
        try:
            return (self.compute(operands[0], operands[1] if len(operands) > 1 else None, shape, attributes[0]),)
        finally:
            release_extent(shape)

    cdef int find_reads(self, int operands) except -1:
        return self.reads[operands]

    def __repr__(self):
        return f"Primitive({self.name})"


cdef Primitive make_primitive(str name, str kernel, Evaluate compute, Vjp vjp, int first_reads, int second_reads, bint linear,
                              str batch):
    """A compiled primitive. first_reads, second_reads: what the vjp of either operand reads."""
    cdef Primitive made = Primitive.__new__(Primitive)
    cdef int known
    made.name = name
    made.kernel = kernel
    made.compute = compute
    made.compiled_vjp = vjp
    made.linear = linear
    made.batch = batch
    for known in range(8):
        made.reads[known] = (first_reads if known & 1 else 0) | (second_reads if known & 2 else 0)
    return made


# Observers: the check for NaN, tracers

observing = examining = False
cdef object _observer = None


def install_observer(observer) -> None:
    """Has every evaluation of a primitive shown from now on, as observer(primitive, operands, attributes, results); None ends it.

    `primitive.again(operands, attributes)` gives the same results again. It costs one test per op while there is none.
    """
    global observing, examining, _observer
    if tracing and observer is not None and tracer is not None:
        tracer.fail("an observer of every evaluation was installed")
    _observer = observer
    examining = observer is not None
    observing = examining or tracing


# A tracer is told before recording, which computes the tangents of forward accumulators from the result; an examiner of results
# after it, when they have their nodes.

cdef int trace(Primitive primitive, tuple operands, object attributes, tuple results) except -1:
    if tracing and tracer is not None:
        if tracer.thread != here():
            tracer.foreign(operands)
        elif tracer.depth == 0:
            tracer.evaluated(primitive, operands, attributes, results)
        else:
            for result in results:
                (<Tensor?>result).tag = tracer.hidden
    return 0


cdef int examine(Primitive primitive, tuple operands, object attributes, tuple results) except -1:
    if _observer is not None:
        _observer(primitive, operands, attributes, results)
    return 0


cdef int observe(Primitive primitive, tuple operands, object attributes, tuple results) except -1:
    """Shows an evaluation that is not recorded."""
    trace(primitive, operands, attributes, results)
    return examine(primitive, operands, attributes, results)


cdef int trace_compiled(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    if tracing and traced():
        return tracer.computed(primitive, out, a, b, attribute)
    return trace(primitive, (a,) if b is None else (a, b), None, (out,))


cdef int examine_compiled(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    if _observer is not None:
        examine(primitive, (a,) if b is None else (a, b), (attribute, tensor_shape(out.extent)), (out,))
    return 0


cdef int observe_compiled(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    """Shows an evaluation of a compiled primitive that is not recorded."""
    trace_compiled(primitive, out, a, b, attribute)
    return examine_compiled(primitive, out, a, b, attribute)


cdef int note_observed(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    trace_compiled(primitive, out, a, b, attribute)
    note_alone(primitive, out, a, b, attribute)
    return examine_compiled(primitive, out, a, b, attribute)


# Tracing. There is one tracer at a time: tags tell its tensors from all others.

cdef class Tracer:
    cdef int hides(self, str what) except -1:
        """Notes what tapes are told of and steps are not: tapes around a repetition would not see it."""
        return 0

    cdef int evaluated(self, Primitive primitive, tuple operands, object attributes, tuple results) except -1:
        return 0

    cdef int computed(self, Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
        return 0

    cdef int value_read(self, Tensor tensor, bint truth) except -1:
        return 0

    cdef int variable_read(self, object variable, Tensor value) except -1:
        return 0

    cdef int variable_made(self, object variable) except -1:
        return 0

    cdef int assigned(self, object variable, Tensor value, int code) except -1:
        return 0

    cdef int effect(self, int kind, object function, tuple arguments, object results, object writes) except -1:
        return 0

    cdef int tape_opened(self, object tape) except -1:
        return 0

    cdef int tape_used(self, object tape) except -1:
        return 0

    cdef int foreign(self, tuple operands) except -1:
        return 0

    cdef bint holds(self, Tensor tensor) noexcept:
        return False

    cdef bint follows(self, Tensor tensor) noexcept:
        """Whether the tensor follows from what may be another in a repetition."""
        return False

    cdef int fail(self, str reason) except -1:
        return 0


cdef int install_tracer(Tracer made) except -1:
    """Installs a tracer; None removes it."""
    global tracing, observing, tracer
    tracer = made
    tracing = made is not None           # no-cython-lint: the variable that is cimported
    observing = tracing or examining
    return 0


cdef inline object evaluate_on(Primitive primitive, tuple operands, tuple attributes):
    """Evaluates; on half-precision and complex numbers by the hook of the module that knows how."""
    for operand in operands:
        if F64 < (<Tensor?>operand).dtype_code <= C128:
            return _hooks.others(primitive, operands, attributes)
    return primitive.evaluate(*operands, *attributes)


cdef object evaluate_inside(Primitive primitive, tuple operands, tuple attributes):
    """Evaluates; ops within are part of the evaluation, and no steps of a trace."""
    cdef Tracer held = tracer
    held.depth += 1
    try:
        return evaluate_on(primitive, operands, attributes)
    finally:
        held.depth -= 1


cdef int value_read(Tensor tensor, bint truth) except -1:
    if traced():
        tracer.value_read(tensor, truth)
    elif tracing and tracer is not None and tracer.thread != here():
        tracer.foreign((tensor,))
    return 0


operators().value_read = value_read


def effect_kind(str name) -> int:
    """The number of a kind of effect: "writes", "draws", "shows", "external" or "exchanges"."""
    return {"writes": WRITES, "draws": DRAWS, "shows": SHOWS, "external": EXTERNAL, "exchanges": EXCHANGES}[name]


def is_traced() -> bool:
    """Whether what this thread does now belongs to a trace."""
    return tracing and traced()


def varies_in_trace(Tensor tensor not None) -> bool:
    """Whether what this thread does now belongs to a trace, and the tensor may have another value in a repetition."""
    return tracing and traced() and tracer.follows(tensor)


def fail_trace(str reason) -> None:
    """What happens now cannot be done again without Python: a function that is being traced runs eagerly from now on."""
    if tracing and traced():
        tracer.fail(reason)


cdef class OutsideTrace:
    """A block that belongs to no trace: what it does is done while tracing, and not repeated."""
    cdef Tracer held

    def __enter__(self):
        if tracing and traced():
            self.held = tracer
            self.held.thread = NULL
            renew_epoch(thread_here())        # variables read in the block are read again by the trace

    def __exit__(self, *exception):
        if self.held is not None:
            self.held.thread = here()
            self.held = None
            renew_epoch(thread_here())


def hides_from_tapes(str what) -> None:
    """Notes that tapes are told something that a trace does not repeat."""
    if tracing and traced():
        tracer.hides(what)


def as_effect(int kind, function, *arguments, writes=None):
    """function(*arguments), which a trace sees as one call with its results.

    kind: see `effect_kind`; writes: the variables that it may write, None where any.
    """
    cdef Tracer held = tracer
    if not (tracing and traced()):
        return function(*arguments)
    held.depth += 1
    try:
        results = function(*arguments)
    finally:
        held.depth -= 1
    held.effect(kind, function, arguments, results, writes)
    return results


# Recording

cdef int record_compiled(Thread thread, Primitive primitive, Tensor out, Tensor a, Tensor b, int live, int64_t attribute) except -1:
    return record(thread, primitive, out, a, b, None, live, attribute)


cdef list forms(tuple tensors):
    """Shape and dtype code of each."""
    return [(tensor_shape((<Tensor>tensor).extent), (<Tensor>tensor).dtype_code) for tensor in tensors]


cdef int record_call(Thread thread, Primitive primitive, tuple operands, tuple results, tuple attributes, bint stated) except -1:
    """Records an op of any number of operands and results. stated: whether its vjp is a program's own."""
    cdef Call call
    cdef Entry* entry
    cdef Entry* main
    cdef Tensor tensor, out
    cdef bint live = False, any_number = False, collecting
    cdef list fresh
    cdef int i, place
    cdef int64_t position
    for i in range(len(operands)):
        tensor = <Tensor?>operands[i]
        if tensor.node != 0:
            any_number = True
            if on_open_window(thread, tensor.node):
                live = True
    if primitive.vjp is None or (not live and not (thread.forward and any_number)):
        return 0
    call = Call.__new__(Call)
    call.primitive = primitive
    call.attributes = attributes
    call.input_count = len(operands)
    call.output_count = len(results)
    call.inputs = <int64_t*>malloc(sizeof(int64_t) * (call.input_count + 1))
    if call.inputs == NULL:
        raise MemoryError()
    for i in range(call.input_count):
        tensor = <Tensor>operands[i]
        # As in `record`.
        call.inputs[i] = tensor.node if thread.forward or on_open_window(thread, tensor.node) else 0
    fresh = []
    call.saved = tuple([operands[place] if place >= 0 else results[-1 - place] for place in primitive.saves])
    for i in range(len(primitive.saves)):
        if primitive.saves[i] < 0:
            if call.own is None:
                call.own = [-1] * call.output_count
            call.own[-1 - <int>primitive.saves[i]] = i
    if call.output_count > 1:
        # Zeros stand in for outputs without a cotangent; a sole output is only visited when it has one.
        call.outputs = forms(results)
    if stated:
        call.stated = forms(operands)
    if live:
        reserve_entries(thread, call.output_count)
        live = has_page(thread)
    if live:
        # The nodes of one call are consecutive, so that its outputs find each other: until all are appended nothing is freed or
        # allocated that may run a program's code.
        collecting = thread.collecting
        thread.collecting = True
        try:
            entry = append(thread)
            position = thread.next - 1
            entry.dead = 0
            entry.kind = CALL
            entry.count = 0
            entry.op = <PyObject*>call
            if thread.page.held is None:
                thread.page.held = fresh
            set_attribute(entry, len(thread.page.held))
            thread.page.holding += 1
            thread.page.held.append(call)
            main = entry
            for i in range(1, call.output_count):
                out = results[i]
                entry = append(thread)
                entry.dead = 0
                entry.kind = OUTPUT
                entry.count = 1
                entry.inputs[0] = position
                entry.inputs[1] = i
                if is_differentiable(out.dtype_code):
                    out.node = thread.next - 1
                else:
                    # Nothing can depend on it, and its result has no node by which to mark it dead.
                    entry.dead = 1
        finally:
            thread.collecting = collecting
        out = results[0]
        if is_differentiable(out.dtype_code):
            out.node = position
        else:
            main.dead = 1
    elif thread.forward:
        for out in results:
            out.node = give_node(thread)
    if thread.forward:
        _hooks.push_call(thread, call, results)
    return 0


cdef int note_call(Primitive primitive, tuple operands, tuple results, tuple attributes) except -1:
    """`note` of a primitive in Python that was computed already."""
    cdef Thread th = thread_here()
    if observing:
        trace(primitive, operands, attributes, results)
    if th.span != 0 or th.forward:
        record_call(th, primitive, operands, results, attributes, False)
    if observing:
        examine(primitive, operands, attributes, results)
    return 0


def record_stated(str name, rule, tuple operands, tuple results) -> None:
    """Records results whose vjp the program defines. Its cotangents may be of any shape and dtype."""
    cdef Thread th = thread_here()
    if tracing and traced():
        tracer.hides("a gradient that the program states")
    if th.span != 0 or th.forward:
        record_call(th, Primitive(name, None, rule), operands, results, (), True)


def node_of(Tensor tensor) -> int:
    """A tensor's node in the log, 0 where it was never recorded or watched."""
    return tensor.node


def is_recorded(*tensors) -> bool:
    """Whether an op on these tensors would be recorded by an open tape or forward accumulator."""
    cdef Thread th = thread_here()
    cdef Tensor tensor
    for tensor in tensors:
        if tensor.node and (th.forward or on_open_window(th, tensor.node)):
            return True
    return False
