"""Primitives.

A primitive is a pure function of tensors and static attributes, together with its derivatives. Tapes record calls of primitives and
nothing else, so everything recorded can be evaluated again from its operands and attributes. A primitive is an elementwise program
(whose derivatives are derived), a compiled function, or a pair of Python functions for evaluation and vjp. Decisions that depend
on a tensor's *value*, such as an axis given as a tensor, are made before a primitive is called.

An op of up to three operands and one result is recorded in its entry alone; others also have a Call.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport malloc

from gradtape._engine.base.shape cimport Extent, extent_from, release_extent, tensor_shape
from gradtape._engine.base.types cimport C128, F64, is_differentiable
from gradtape._engine.record.entries cimport Call, Entry, set_attribute, CALL, OUTPUT
from gradtape._engine.record.log cimport (Thread, append, allocate_node, has_page, thread_state, on_open_window, renew_epoch,
                                           reserve_entries, thread as thread_here)
from gradtape._engine.tensor.tensor cimport Tensor, operators, tracing

from gradtape._src.core.errors import on_error

from gradtape._engine.record import collection as _collection       # sets the log's collector  # no-cython-lint


cdef Hooks _hooks


cdef Hooks* hooks() noexcept:
    return &_hooks


cdef class Primitive:
    """An op that tapes can record: a pure function of tensors and static attributes, and its derivatives.

    Calling it with operands evaluates it and, if a tape is open, records it.

    Args:
      name: TensorFlow's name of the op, for error messages.
      evaluate: called as evaluate(*operands, *attributes); returns the result, a new tensor, or a tuple of results.
      vjp: called as vjp(call, needs, *cotangents), with one cotangent per result, zeros if there is none; returns one
        cotangent or None per operand. `needs` says per operand whether its cotangent is needed; `call.saved` are the
        tensors listed in `saves`, `call.attributes` the attributes. It uses gradtape's differentiable functions, so that
        higher derivatives work. None: the op has no derivative.
      saves: the operands (0, 1, ...) and results (-1, -2, ...) that the vjp reads.
      linear: whether it is jointly linear in its operands, so that its jvp is the primitive itself, applied to tangents.
      stateful: whether it draws random numbers or reads variables.
      varies: whether the shapes of its results depend on its operands' values.
      complexes: whether `evaluate` and `vjp` support complex numbers, with cotangents in TensorFlow's convention.
      holomorphic: the same if the vjp is given conjugates of the saved tensors, as for holomorphic functions.
      batch: the name of its batch rule, which evaluates it on operands of which some have a leading batch axis. None: slice
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
        """Evaluates and records."""
        if tracing and traced():
            results = evaluate_inside(self, operands, attributes)
        else:
            results = evaluate_on(self, operands, attributes)
        note_call(self, operands, results if type(results) is tuple else (results,), attributes)
        return results

    def again(self, tuple operands, attributes):
        """Evaluates and records, given attributes as they are passed to observers; returns a tuple of results."""
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
    """Makes a compiled primitive. first_reads, second_reads: what the vjp reads for the first and the second operand."""
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


# Observers

observing = examining = False
cdef object _observer = None


def install_observer(observer) -> None:
    """Calls observer(primitive, operands, attributes, results) after every evaluation of a primitive; None removes the observer.

    `primitive.again(operands, attributes)` repeats the evaluation. Without an observer each op only tests a flag.
    """
    global observing, examining, _observer
    if tracing and observer is not None and tracer is not None:
        tracer.fail("an observer of every evaluation was installed")
    _observer = observer
    examining = observer is not None
    observing = examining or tracing


# A tracer is notified before an op is recorded, as recording computes the tangents of its results; an observer afterwards, when results
# have their nodes.

cdef int trace(Primitive primitive, tuple operands, object attributes, tuple results) except -1:
    if tracing and tracer is not None:
        if tracer.thread != thread_state():
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
    """Notifies of an evaluation that is not recorded."""
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
    """Notifies of an evaluation of a compiled primitive that is not recorded."""
    trace_compiled(primitive, out, a, b, attribute)
    return examine_compiled(primitive, out, a, b, attribute)


cdef int note_observed(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    trace_compiled(primitive, out, a, b, attribute)
    note_alone(primitive, out, a, b, attribute)
    return examine_compiled(primitive, out, a, b, attribute)


# Tracing. There is at most one tracer at a time, which recognizes its tensors by their tags.

cdef class Tracer:
    cdef int hides(self, str what) except -1:
        """Notes something that affects tapes and is not part of any step, so that tapes around a replay would miss it."""
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

    cdef int raised(self) except -1:
        """Notes that an operation raises, so that there will be no step of it."""
        return 0

    cdef int foreign(self, tuple operands) except -1:
        return 0

    cdef bint holds(self, Tensor tensor) noexcept:
        return False

    cdef bint follows(self, Tensor tensor) noexcept:
        """Whether the tensor may have another value in a replay."""
        return False

    cdef int fail(self, str reason) except -1:
        return 0


cdef int install_tracer(Tracer made) except -1:
    """Installs a tracer; None removes it."""
    global tracing, observing, tracer
    tracer = made
    tracing = made is not None           # no-cython-lint: the cimported variable
    observing = tracing or examining
    return 0


cdef inline object evaluate_on(Primitive primitive, tuple operands, tuple attributes):
    """Evaluates; on half-precision and complex numbers by the hook."""
    for operand in operands:
        if F64 < (<Tensor?>operand).dtype_code <= C128:
            return _hooks.others(primitive, operands, attributes)
    return primitive.evaluate(*operands, *attributes)


cdef object evaluate_inside(Primitive primitive, tuple operands, tuple attributes):
    """Evaluates as one step of the trace; the ops inside are not traced."""
    cdef Tracer held = tracer
    held.depth += 1
    try:
        return evaluate_on(primitive, operands, attributes)
    except Exception:
        held.raised()
        raise
    finally:
        held.depth -= 1


cdef int value_read(Tensor tensor, bint truth) except -1:
    if traced():
        tracer.value_read(tensor, truth)
    elif tracing and tracer is not None and tracer.thread != thread_state():
        tracer.foreign((tensor,))
    return 0


operators().value_read = value_read


def effect_kind(str name) -> int:
    """The EffectKind called "writes", "draws", "shows", "external" or "exchanges"."""
    return {"writes": WRITES, "draws": DRAWS, "shows": SHOWS, "external": EXTERNAL, "exchanges": EXCHANGES}[name]


def is_traced() -> bool:
    """Whether this thread is being traced now."""
    return tracing and traced()


def varies_in_trace(Tensor tensor not None) -> bool:
    """Whether this thread is being traced, and the tensor may have another value in a replay."""
    return tracing and traced() and tracer.follows(tensor)


def fail_trace(str reason) -> None:
    """Called by code that cannot be replayed: a function that is being traced runs eagerly from now on."""
    if tracing and traced():
        tracer.fail(reason)


def _raised():
    if tracing and traced():
        tracer.raised()


on_error(_raised)


cdef class OutsideTrace:
    """A block that is not traced: it runs while tracing, and is not replayed."""
    cdef Tracer held

    def __enter__(self):
        if tracing and traced():
            self.held = tracer
            self.held.thread = NULL
            renew_epoch(thread_here())        # reads of variables in the block are not cached for the trace

    def __exit__(self, *exception):
        if self.held is not None:
            self.held.thread = thread_state()
            self.held = None
            renew_epoch(thread_here())


def hides_from_tapes(str what) -> None:
    """Notes something that affects tapes and cannot be replayed."""
    if tracing and traced():
        tracer.hides(what)


def as_effect(int kind, function, *arguments, writes=None):
    """Calls function(*arguments) as one step of a trace.

    kind: an EffectKind; writes: the variables that it may write, None if any.
    """
    cdef Tracer held = tracer
    if not (tracing and traced()):
        return function(*arguments)
    held.depth += 1
    try:
        results = function(*arguments)
    except Exception:
        held.raised()
        raise
    finally:
        held.depth -= 1
    held.effect(kind, function, arguments, results, writes)
    return results


# Recording

cdef int record_compiled(Thread thread, Primitive primitive, Tensor out, Tensor a, Tensor b, int live, int64_t attribute) except -1:
    return record(thread, primitive, out, a, b, None, live, attribute)


cdef list forms(tuple tensors):
    """The shape and dtype code of each tensor."""
    return [(tensor_shape((<Tensor>tensor).extent), (<Tensor>tensor).dtype_code) for tensor in tensors]


cdef int record_call(Thread thread, Primitive primitive, tuple operands, tuple results, tuple attributes, bint stated) except -1:
    """Records an op of any number of operands and results. stated: whether its vjp is a user's custom gradient."""
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
        # Shapes to make zeros for outputs without a cotangent. A single output is only visited if it has one.
        call.outputs = forms(results)
    if stated:
        call.stated = forms(operands)
    if live:
        reserve_entries(thread, call.output_count)
        live = has_page(thread)
    if live:
        # The nodes of one call's outputs are consecutive: until all are appended, nothing may run user code.
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
                    # Nothing can depend on it, and without a node its tensor cannot flag the entry when it is freed.
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
            out.node = allocate_node(thread)
    if thread.forward:
        _hooks.push_call_tangents(thread, call, results)
    return 0


cdef int note_call(Primitive primitive, tuple operands, tuple results, tuple attributes) except -1:
    """`note` for a primitive in Python, already evaluated."""
    cdef Thread th = thread_here()
    if observing:
        trace(primitive, operands, attributes, results)
    if th.span != 0 or th.forward:
        record_call(th, primitive, operands, results, attributes, False)
    if observing:
        examine(primitive, operands, attributes, results)
    return 0


def record_custom(str name, rule, tuple operands, tuple results) -> None:
    """Records results with a user's custom gradient, whose cotangents are checked."""
    cdef Thread th = thread_here()
    if tracing and traced():
        tracer.hides("a gradient that the program states")
    if th.span != 0 or th.forward:
        record_call(th, Primitive(name, None, rule), operands, results, (), True)


def node_of(Tensor tensor) -> int:
    """A tensor's node id; 0 if it was never recorded or watched."""
    return tensor.node


def is_recorded(*tensors) -> bool:
    """Whether an op on these tensors would be recorded by an open tape or forward accumulator."""
    cdef Thread th = thread_here()
    cdef Tensor tensor
    for tensor in tensors:
        if tensor.node and (th.forward or on_open_window(th, tensor.node)):
            return True
    return False
