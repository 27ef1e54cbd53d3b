"""Primitives, how they are recorded, and the observers and tracers that are notified of their evaluation."""

cimport cython

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t
from libc.string cimport memset
from gradtape._engine.base.shape cimport Extent, same_extent
from gradtape._engine.base.types cimport is_differentiable
from gradtape._engine.record.entries cimport Entry, clear, keep_extent, extension_of, set_attribute, OP, RESULT_SLOT
from gradtape._engine.record.log cimport Thread, append, allocate_node, has_page, thread_state, on_open_window
from gradtape._engine.tensor.tensor cimport Tensor, tracing

# Evaluates a compiled primitive of one or two operands. `shape` is the result's, for ops that cannot infer it.
ctypedef Tensor (*Evaluate)(Tensor a, Tensor b, Extent* shape, int64_t attribute)
# The same in the storage of `out` (OUT), of native numbers of the result's shape and dtype, which no operand shares. Nothing is
# recorded, and no operand may be a splat.
ctypedef int (*Write)(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1
# The cotangent of one operand, or None if it is zero. If `batch` is not 0, the given and the returned cotangents have a leading axis
# of that size: rows of a Jacobian, swept together.
ctypedef object (*Vjp)(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch)

cdef enum:
    READS_RESULT = 8

cdef class Primitive:
    """A pure function of tensors and static attributes, and its derivatives."""
    cdef readonly str name
    cdef readonly str kernel             # TensorFlow's kernel name, for error messages
    cdef readonly bint linear            # in each operand: its jvp applies the primitive itself to the tangent
    cdef readonly bint stateful          # draws random numbers or reads variables: evaluations may differ
    cdef readonly bint complexes         # `evaluate` and `vjp` support complex numbers
    cdef readonly bint holomorphic       # `vjp` does so if it is given the conjugates of the saved tensors
    cdef readonly bint varies            # the shapes of its results depend on operands' values
    cdef readonly str batch              # name of its batch rule; None: evaluated slice by slice
    # Of compiled primitives
    cdef Evaluate compute
    cdef Write write                     # NULL if there is none
    cdef bint shares                     # the result shares the operand's storage
    cdef Vjp compiled_vjp                # NULL for elementwise programs, whose derivatives are programs, too
    cdef bint adds                       # `add_cotangent` supports it: the vjp can accumulate in place
    cdef signed char reads[8]            # what the vjps of a set of operands read, a bit each and READS_RESULT; -1: not known yet
    # Of primitives in Python
    cdef readonly object evaluate        # called as evaluate(*operands, *attributes)
    cdef readonly object vjp             # called as vjp(call, needs, *cotangents)
    cdef readonly tuple saves            # operands (0, 1, ...) and results (-1, -2, ...) that the vjp reads
    cdef int find_reads(self, int operands) except -1

# Functions of higher modules, which set them when they are imported.
cdef struct Hooks:
    object (*elementwise)(object program, list operands)
    object (*others)(Primitive primitive, tuple operands, tuple attributes)      # evaluates on half-precision or complex operands
    int (*push_tangents)(Thread thread, Entry* entry, Tensor out, bint unlogged) except -1
    int (*push_call_tangents)(Thread thread, object call, object outputs) except -1

cdef Hooks* hooks() noexcept
cdef Primitive make_primitive(str name, str kernel, Evaluate compute, Vjp vjp, int first_reads, int second_reads, bint linear,
                              str batch)
cdef int record_compiled(Thread thread, Primitive primitive, Tensor out, Tensor a, Tensor b, int live, int64_t attribute) except -1
cdef int record_call(Thread thread, Primitive primitive, tuple operands, tuple results, tuple attributes, bint stated) except -1
cdef int note_call(Primitive primitive, tuple operands, tuple results, tuple attributes) except -1
cdef int observe(Primitive primitive, tuple operands, object attributes, tuple results) except -1

cdef bint observing                      # an observer or tracer is installed: the only test that each op makes
cdef bint examining                      # an observer is installed: ops are not merged, so that it sees each of them

cdef class Tracer:
    """Is notified, in order, of everything that one thread evaluates, reads, writes and branches on, so that it can be replayed.

    While `depth` is not 0 an evaluation or effect is in progress, and what happens inside of it is not traced separately.
    """
    cdef PyObject* thread                # the thread being traced, borrowed
    cdef int depth
    cdef unsigned int hidden             # the tag of tensors computed inside of evaluations
    cdef int hides(self, str what) except -1
    cdef int evaluated(self, Primitive primitive, tuple operands, object attributes, tuple results) except -1
    cdef int computed(self, Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1
    cdef int value_read(self, Tensor tensor, bint truth) except -1
    cdef int variable_read(self, object variable, Tensor value) except -1
    cdef int variable_made(self, object variable) except -1
    cdef int assigned(self, object variable, Tensor value, int code) except -1
    cdef int effect(self, int kind, object function, tuple arguments, object results, object writes) except -1
    cdef int tape_opened(self, object tape) except -1
    cdef int tape_used(self, object tape) except -1
    cdef int raised(self) except -1
    cdef int foreign(self, tuple operands) except -1
    cdef bint holds(self, Tensor tensor) noexcept
    cdef bint follows(self, Tensor tensor) noexcept
    cdef int fail(self, str reason) except -1

# The kinds of effects in a trace.
cdef enum EffectKind:
    WRITES                   # writes variables, and nothing else
    DRAWS                    # draws random numbers
    SHOWS                    # shows values and has no results
    EXTERNAL                 # anything else
    EXCHANGES                # returns tensors of the same shapes every time, and cannot be undone

cdef Tracer tracer                       # the installed one, or None
cdef int install_tracer(Tracer made) except -1
cdef inline bint traced() noexcept:
    """Whether this thread is being traced now. To be called only while `tracing`."""
    return tracer is not None and tracer.depth == 0 and tracer.thread == thread_state()

cdef inline bint unobserved() noexcept:
    """Whether no tape, accumulator or observer would see an op."""
    cdef PyObject* at = thread_state()
    return (<Thread>at).span == 0 and not (<Thread>at).forward and not examining


cdef inline PyObject* keep(Tensor a) noexcept:
    Py_INCREF(a)
    return <PyObject*>a


cdef inline int record(Thread thread, Primitive primitive, Tensor out, Tensor a, Tensor b, Tensor c, int live, int64_t attribute) except -1:
    """Records an op of up to three operands. `live` has a bit per operand whose node is on an open window.

    Inlined for elementwise ops; others call `record_compiled`."""
    cdef int known = 7 if thread.forward else live
    cdef int wanted = primitive.reads[known]
    cdef Entry* entry
    cdef Entry unlogged
    if wanted < 0:
        wanted = primitive.find_reads(known)            # may run Python: record, close windows, raise
        if live and not has_page(thread):
            if not thread.forward:
                return 0
            live = 0
    if live:
        entry = append(thread)
        out.node = thread.next - 1
        entry.dead = 0
        thread.page.holding += 1
    else:
        out.node = allocate_node(thread)
        memset(&unlogged, 0, sizeof(Entry))
        entry = &unlogged
    entry.kind = OP
    entry.op = <PyObject*>primitive
    entry.count = 1
    # An operand that is not known now but watched later counts as constant: what its cotangent reads is not saved.
    entry.inputs[0] = a.node if known & 1 else 0
    if a.extent != out.extent and not same_extent(a.extent, out.extent):
        keep_extent(entry, 0, a.extent)
    if b is not None:
        entry.count = 2
        entry.inputs[1] = b.node if known & 2 else 0
        if b.extent != out.extent and not same_extent(b.extent, out.extent):
            keep_extent(entry, 1, b.extent)
        if c is not None:
            entry.count = 3
            extension_of(entry).third_input = c.node if known & 4 else 0
            if c.extent != out.extent and not same_extent(c.extent, out.extent):
                keep_extent(entry, 2, c.extent)
    set_attribute(entry, attribute)
    if wanted & 1:
        entry.saved[0] = keep(a)
    if wanted & 2:
        entry.saved[1] = keep(b)
    if wanted & 4:
        entry.extension.third = keep(c)
    if wanted & READS_RESULT:
        entry.saved[RESULT_SLOT] = keep(out)
    if thread.forward:
        hooks().push_tangents(thread, entry, out, not live)
    return 0

cdef int note_observed(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1

cdef inline int note_alone(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef PyObject* at
    cdef int live
    if is_differentiable(out.dtype_code) and (a.node or (b is not None and b.node)):
        at = thread_state()
        if (<Thread>at).span != 0 or (<Thread>at).forward:
            live = on_open_window(<Thread>at, a.node)
            if b is not None:
                live |= on_open_window(<Thread>at, b.node) << 1
            if live or (<Thread>at).forward:
                record_compiled(<Thread>at, primitive, out, a, b, live, attribute)
    return 0

cdef inline int note(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    """Records a compiled primitive if an operand is on an open window or has a tangent, and notifies observers."""
    if observing:
        return note_observed(primitive, out, a, b, attribute)
    return note_alone(primitive, out, a, b, attribute)

cdef int trace(Primitive primitive, tuple operands, object attributes, tuple results) except -1
cdef int examine(Primitive primitive, tuple operands, object attributes, tuple results) except -1

cdef int observe_compiled(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1
