"""Primitives: the ops that the log knows, how they are recorded, and the observers that see them run."""

cimport cython

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t
from libc.string cimport memset
from gradtape._engine.base.shape cimport Extent, same_extent
from gradtape._engine.base.types cimport is_differentiable
from gradtape._engine.record.entries cimport Entry, clear, keep_extent, extension_of, set_attribute, OP, RESULT_SLOT
from gradtape._engine.record.log cimport Thread, append, give_node, has_page, here, on_open_window
from gradtape._engine.tensor.tensor cimport Tensor, tracing

# The result of a compiled primitive of one or two operands. `shape` is the result's, for those that cannot tell it.
ctypedef Tensor (*Evaluate)(Tensor a, Tensor b, Extent* shape, int64_t attribute)
# The same in the storage of `out` (OUT), of native numbers of the result's shape and dtype, which no operand shares. Nothing is
# recorded, and no operand may be a splat.
ctypedef int (*Write)(Tensor out, Tensor a, Tensor b, int64_t attribute) except -1
# Cotangent of one operand; None where none flows. Where `batch` is not 0, the cotangent and what is returned have an axis of
# so many before the axes of the op's result and operand: a Jacobian's cotangents, swept together.
ctypedef object (*Vjp)(Entry* entry, Tensor cotangent, int operand, Py_ssize_t batch)

cdef enum:
    READS_RESULT = 8

cdef class Primitive:
    """An op as the log knows it: a pure function of tensors and static attributes, and its derivatives."""
    cdef readonly str name
    cdef readonly str kernel             # as TensorFlow's messages call it
    cdef readonly bint linear            # in each operand: its tangent is itself, of the operand's tangent
    cdef readonly bint stateful          # draws random numbers or reads variables: no two runs need agree
    cdef readonly bint complexes         # its evaluation and rule in Python are right for complex numbers
    cdef readonly bint holomorphic       # so is its rule, if what it saved is conjugated
    cdef readonly bint varies            # its results' shapes depend on values
    cdef readonly str batch              # the name of the rule by which it is evaluated on a batch of slices; None: on each
    # Compiled ones
    cdef Evaluate compute
    cdef Write write                     # NULL where there is none
    cdef bint shares                     # the result lies where the operand does
    cdef Vjp compiled_vjp                # NULL of elementwise programs, whose rule is derived
    cdef bint adds                       # `add_cotangent` knows it
    cdef signed char reads[8]            # what the rules of a set of operands read, a bit each and READS_RESULT; -1 until first asked
    # Those in Python
    cdef readonly object evaluate        # called as evaluate(*operands, *attributes)
    cdef readonly object vjp             # of one in Python, called as vjp(call, needs, *cotangents)
    cdef readonly tuple saves            # operands (0, 1, ...) and results (-1, -2, ...) that the vjp reads
    cdef int find_reads(self, int operands) except -1

# Hooks, set by the modules above: how programs run, evaluation in dtypes that programs do not know, and forward accumulation.
cdef struct Hooks:
    object (*elementwise)(object program, list operands)
    object (*others)(Primitive primitive, tuple operands, tuple attributes)      # evaluates in half precision, or on complex numbers
    int (*push)(Thread thread, Entry* entry, Tensor out, bint loose) except -1
    int (*push_call)(Thread thread, object call, object outputs) except -1

cdef Hooks* hooks() noexcept
cdef Primitive make_primitive(str name, str kernel, Evaluate compute, Vjp vjp, int first_reads, int second_reads, bint linear,
                              str batch)
cdef int record_compiled(Thread thread, Primitive primitive, Tensor out, Tensor a, Tensor b, int live, int64_t attribute) except -1
cdef int record_call(Thread thread, Primitive primitive, tuple operands, tuple results, tuple attributes, bint stated) except -1
cdef int note_call(Primitive primitive, tuple operands, tuple results, tuple attributes) except -1
cdef int observe(Primitive primitive, tuple operands, object attributes, tuple results) except -1

cdef bint observing                      # an observer is shown every evaluation: the one test that each op makes
cdef bint examining                      # and it examines results: ops are not merged, so that it sees each

cdef class Tracer:
    """Is shown, in order, what one thread evaluates, reads, changes and branches on, so that it can be repeated.

    `depth` counts evaluations and effects under way: what happens inside of them is theirs.
    """
    cdef PyObject* thread                # whose, borrowed
    cdef int depth
    cdef unsigned int hidden             # the tag of what is computed inside of these
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
    cdef int foreign(self, tuple operands) except -1
    cdef bint holds(self, Tensor tensor) noexcept
    cdef bint follows(self, Tensor tensor) noexcept
    cdef int fail(self, str reason) except -1

# The kinds of effects in a trace.
cdef enum EffectKind:
    WRITES                   # it writes variables, and nothing else
    DRAWS                    # it draws random numbers
    SHOWS                    # it shows values, and gives nothing back
    EXTERNAL                 # anything
    EXCHANGES                # it gives tensors of the same shapes every time, and cannot be taken back

cdef Tracer tracer                       # the installed one, or None
cdef int install_tracer(Tracer made) except -1
cdef inline bint traced() noexcept:
    """Whether what this thread does now belongs to a trace. Called while `tracing`."""
    return tracer is not None and tracer.depth == 0 and tracer.thread == here()

cdef inline bint unobserved() noexcept:
    """Whether neither a tape nor an accumulator nor an examiner would see an op."""
    cdef PyObject* at = here()
    return (<Thread>at).span == 0 and not (<Thread>at).forward and not examining


cdef inline PyObject* keep(Tensor a) noexcept:
    Py_INCREF(a)
    return <PyObject*>a


cdef inline int record(Thread thread, Primitive primitive, Tensor out, Tensor a, Tensor b, Tensor c, int live, int64_t attribute) except -1:
    """Records an op of up to three operands. `live` has a bit per operand that an open window knows.

    Inlined where elementwise ops are recorded; others call `record_compiled`."""
    cdef int known = 7 if thread.forward else live
    cdef int wanted = primitive.reads[known]
    cdef Entry* entry
    cdef Entry loose
    if wanted < 0:
        wanted = primitive.find_reads(known)            # which may derive rules, be interrupted, record, and close windows
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
        out.node = give_node(thread)
        memset(&loose, 0, sizeof(Entry))
        entry = &loose
    entry.kind = OP
    entry.op = <PyObject*>primitive
    entry.count = 1
    # An operand that is only watched later stands as none, since what its cotangent reads was not kept.
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
        hooks().push(thread, entry, out, not live)
    return 0

cdef int note_observed(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1

cdef inline int note_alone(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    cdef PyObject* at
    cdef int live
    if is_differentiable(out.dtype_code) and (a.node or (b is not None and b.node)):
        at = here()
        if (<Thread>at).span != 0 or (<Thread>at).forward:
            live = on_open_window(<Thread>at, a.node)
            if b is not None:
                live |= on_open_window(<Thread>at, b.node) << 1
            if live or (<Thread>at).forward:
                record_compiled(<Thread>at, primitive, out, a, b, live, attribute)
    return 0

cdef inline int note(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1:
    """Records a compiled primitive where an operand is on an open window or has a tangent, and shows it to an observer."""
    if observing:
        return note_observed(primitive, out, a, b, attribute)
    return note_alone(primitive, out, a, b, attribute)

cdef int trace(Primitive primitive, tuple operands, object attributes, tuple results) except -1
cdef int examine(Primitive primitive, tuple operands, object attributes, tuple results) except -1

cdef int observe_compiled(Primitive primitive, Tensor out, Tensor a, Tensor b, int64_t attribute) except -1
