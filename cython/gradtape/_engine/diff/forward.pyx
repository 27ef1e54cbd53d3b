"""Forward accumulation.

While an accumulator is active, every op with an operand that has a tangent also computes the tangent of its result, from the entry
that a tape would record. Tangents are stored by node and dropped when their primals are freed. Elementwise ops sum derivative times
tangent over their operands; linear ops are applied to the tangent; for all others the jvp is the transpose of the vjp, which is
linear in the cotangent and is transposed_vjp by differentiating it.

The ops that compute an accumulator's tangents are seen only by accumulators and tapes that were active before it.
"""

cimport cython
from cpython.ref cimport PyObject, Py_XINCREF
from libc.stdint cimport int64_t
from libc.string cimport memset

from gradtape._engine.base.shape cimport retain_extent, same_extent
from gradtape._engine.base.types cimport is_differentiable
from gradtape._engine.compute.program cimport COTANGENT, RESULT, Derivative, Program
from gradtape._engine.diff.backward cimport call_vjp
from gradtape._engine.diff.tape cimport GradientTape
from gradtape._engine.ops.elementwise cimport add, elementwise_list
from gradtape._engine.ops.structural cimport broadcast_to, filled
from gradtape._engine.record.entries cimport (MAX_INPUTS, Call, Entry, Extension, attribute_of, clear, operand_node, extension_of,
                                              saved_operand, RESULT_SLOT)
from gradtape._engine.record.log cimport (Level, Tangents, Thread, Window, allocate_node, present_level, renew_epoch, return_to,
                                          span_from_root, thread, register_tangents, unregister_tangents)
from gradtape._engine.record.primitive cimport Primitive, hooks, traced, tracer
from gradtape._engine.state.variable cimport BaseVariable
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport Tensor, tracing

from gradtape._engine.diff.backward import zeros
from gradtape._engine.diff.tape import is_zero_unconnected
from gradtape._src.core import nest
from gradtape._src.core.logger import warn_first
from gradtape._src.core.records import opened

cdef int restrict_recording(Thread th, Level level, list accumulators, int k) except -1:
    """Lets only those tapes record and those accumulators stay active that were active before an accumulator."""
    cdef Tangents tangents = accumulators[k]
    cdef PyObject* window
    th.accumulators = accumulators[:k]
    th.forward = k > 0
    return_to(th, level)
    th.horizon = tangents.generation
    # No collection: the entry may be one that no tape needs, and must stay until its tangents are computed.
    th.collecting = True
    window = th.newest
    while window != NULL:
        if (<Window>window).generation < tangents.generation:
            return 0
        window = (<Window>window).older
    th.span = 0
    th.marking = 0
    return 0


cdef int restore_recording(Thread th, Level level, bint collecting, list accumulators) except -1:
    """Restores what the thread records and which accumulators are active. Code that ran meanwhile may have entered or left some."""
    cdef Tangents tangents
    cdef bint changed = False
    if th.window_changes != level.window_changes:
        for tangents in accumulators:
            changed = changed or not tangents.entered
        for tangents in th.accumulators:
            changed = changed or tangents not in accumulators
    if changed:
        accumulators = [*[tangents for tangents in accumulators if tangents.entered],
                        *[tangents for tangents in th.accumulators if tangents not in accumulators]]
    th.accumulators = accumulators
    th.forward = th.stopped == 0 and len(accumulators) != 0
    th.collecting = collecting
    return return_to(th, level)


cdef int copy_entry(Entry* copied, Entry* entry) except -1:
    """Copies an entry; the caller has to clear the copy."""
    cdef Extension* extension = entry.extension
    cdef Extension* made
    cdef int i
    copied[0] = entry[0]
    copied.extension = NULL
    memset(copied.saved, 0, sizeof(copied.saved))
    if extension != NULL:
        made = extension_of(copied)
        for i in range(MAX_INPUTS):
            made.extents[i] = extension.extents[i]
            if made.extents[i] != NULL:
                retain_extent(made.extents[i])
        made.third = extension.third
        Py_XINCREF(made.third)
        made.third_input = extension.third_input
        made.attribute = extension.attribute
    for i in range(3):
        copied.saved[i] = entry.saved[i]
        Py_XINCREF(copied.saved[i])
    return 0


cdef int push_tangents(Thread th, Entry* entry, Tensor out, bint unlogged) except -1:
    """Computes the tangents of an OP entry's result, for the outermost accumulator first, so that everything from which an inner
    tangent is computed has its outer tangents. The entry is copied, as user code may drop it meanwhile; a unlogged entry, which is
    not in the log, is cleared here."""
    cdef list accumulators = th.accumulators
    cdef Level level = present_level(th)
    cdef bint collecting = th.collecting
    cdef Tangents tangents
    cdef Tensor tangent
    cdef Entry copied
    cdef int k, i
    cdef bint any_tangent
    if not unlogged:
        copy_entry(&copied, entry)
        entry = &copied
    try:
        for k in range(len(accumulators)):
            tangents = accumulators[k]
            any_tangent = False
            for i in range(entry.count):
                if operand_node(entry, i) and operand_node(entry, i) in tangents.table:
                    any_tangent = True
            if not any_tangent:
                continue
            restrict_recording(th, level, accumulators, k)
            tangent = tangent_of(th, entry, out, tangents.table)
            if tangent is not None:
                tangents.table[out.node] = tangent
    finally:
        clear(entry)
        restore_recording(th, level, collecting, accumulators)
    return 0


cdef Tensor tangent_of(Thread th, Entry* entry, Tensor out, dict table):
    cdef Tensor total = None, term, tangent
    cdef int i
    for i in range(entry.count):
        tangent = table.get(operand_node(entry, i)) if operand_node(entry, i) else None
        if tangent is None:
            continue
        if (<Primitive>entry.op).compiled_vjp == NULL:
            term = program_tangent(entry, tangent, i)
        elif (<Primitive>entry.op).linear:
            term = linear_tangent(entry, out, tangent, i)
        else:
            term = transposed_vjp(th, entry, out, tangent, i)
        if term is not None:
            if not same_extent(term.extent, out.extent):
                term = broadcast_to(term, out.extent)
            total = term if total is None else add(total, term)
    return total


cdef Tensor program_tangent(Entry* entry, Tensor tangent, int operand):
    """The vjp applied to the tangent: an elementwise derivative is its own transpose."""
    cdef Program program = <Program>entry.op
    cdef Derivative derivative = program.derivative(operand)
    cdef list arguments
    cdef int i, role
    if derivative.zero:
        return None
    if derivative.identity:
        return tangent
    arguments = []
    for i in range(derivative.count):
        role = derivative.reads[i]
        arguments.append(tangent if role == COTANGENT else <Tensor>entry.saved[RESULT_SLOT] if role == RESULT
                         else <Tensor>saved_operand(entry, role))
    return elementwise_list(derivative.program, arguments)


cdef Tensor linear_tangent(Entry* entry, Tensor out, Tensor tangent, int operand):
    """The op itself, with the tangent in place of the operand."""
    cdef Primitive primitive = <Primitive>entry.op
    if entry.count == 1:
        return primitive.compute(tangent, None, out.extent, attribute_of(entry))
    if operand == 0:
        return primitive.compute(tangent, <Tensor>entry.saved[1], out.extent, attribute_of(entry))
    return primitive.compute(<Tensor>entry.saved[0], tangent, out.extent, attribute_of(entry))


cdef GradientTape private_tape():
    """A tape that sees everything that is recorded, also while tangents are pushed."""
    cdef GradientTape tape = GradientTape()
    tape.watch_variables = False
    tape.enter()
    tape.generation = 0
    # Opening a nested tape does not set the span, which `restrict_recording` may have set to 0.
    span_from_root(tape.owner)
    return tape


cdef Tensor transposed_vjp(Thread th, Entry* entry, Tensor out, Tensor tangent, int operand):
    """The transpose of a compiled vjp, applied to a tangent."""
    cdef GradientTape tape = private_tape()
    cdef Tensor cotangent
    cdef object given
    try:
        cotangent = filled(out.dtype_code, out.extent, 0.0)
        tape.watch(cotangent)
        given = (<Primitive>entry.op).compiled_vjp(entry, cotangent, operand, 0)
    finally:
        tape.stop()
    return None if given is None else tape.gradient(given, cotangent, tangent)


cdef int push_call_tangents(Thread th, object pushed, object outputs) except -1:
    """Computes the tangents of a Call's results, in the same order as `push_tangents`."""
    cdef Call call = pushed
    cdef list accumulators = th.accumulators
    cdef Level level = present_level(th)
    cdef bint collecting = th.collecting
    cdef Tangents tangents
    cdef list given, found
    cdef int k, i
    try:
        for k in range(len(accumulators)):
            tangents = accumulators[k]
            given = [tangents.table.get(call.inputs[i]) if call.inputs[i] else None for i in range(call.input_count)]
            if not any([tangent is not None for tangent in given]):
                continue
            restrict_recording(th, level, accumulators, k)
            # The vjp may read variables, and must not use reads cached for other tapes and accumulators.
            renew_epoch(th)
            found = call_tangents(call, outputs, given)
            for i in range(len(found)):
                if found[i] is not None:
                    tangents.table[(<Tensor>outputs[i]).node] = found[i]
    finally:
        restore_recording(th, level, collecting, accumulators)
        renew_epoch(th)
    return 0


cdef list call_tangents(Call call, object outputs, list given):
    """The transpose of a vjp in Python, applied to the operands' tangents."""
    cdef GradientTape tape = private_tape()
    cdef tuple needs = tuple([tangent is not None for tangent in given])
    cdef list cotangents, targets = [], seeds = [], sources = [], places = [], found = [None] * len(outputs)
    cdef Tensor output
    cdef int i
    try:
        cotangents = []
        for i in range(len(outputs)):
            output = outputs[i]
            cotangents.append(filled(output.dtype_code, output.extent, 0.0))
            if is_differentiable(output.dtype_code):
                tape.watch(cotangents[i])
                sources.append(cotangents[i])
                places.append(i)
        results = call_vjp(call, needs, cotangents)
        if type(results) is not list and type(results) is not tuple:
            results = (results,)
        for i in range(call.input_count):
            if needs[i] and results[i] is not None:
                targets.append(convert(results[i], -1, False))
                seeds.append(given[i])
    finally:
        tape.stop()
    if targets and sources:
        for place, tangent in zip(places, tape.gradient(targets, sources, seeds)):
            found[place] = tangent
    return found


def carry_tangents(list bodies, tuple outputs):
    """Copies the tangents of `bodies` to the corresponding outputs; an output whose body has none keeps its own."""
    cdef Thread th = thread()
    cdef Tangents tangents
    if not th.forward:
        return
    for tangents in th.accumulators:
        for body, output in zip(bodies, outputs):
            tangent = tangents.table.get((<Tensor?>body).node) if (<Tensor>body).node else None
            if tangent is not None:
                if (<Tensor?>output).node == 0:
                    (<Tensor>output).node = allocate_node(th)
                tangents.table[(<Tensor>output).node] = tangent


hooks().push_tangents = push_tangents
hooks().push_call_tangents = push_call_tangents


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
cdef class Accumulator:
    """The compiled part of gradtape.autodiff.ForwardAccumulator."""

    def __cinit__(self, *arguments, **keywords):
        self.tangents = Tangents.__new__(Tangents)
        self.tangents.table = {}
        self.tangents.owner = thread()

    def __init__(self, primals, tangents):
        seen = set()
        primals, tangents = opened(primals), opened(tangents)
        for primal in nest.flatten(primals):
            if id(primal) in seen:
                raise ValueError("Tensor {} was specified as a primal multiple times. This may indicate an error. If it was "
                                 "intended, please sum the corresponding tangents.")
            seen.add(id(primal))
        register_tangents(self.tangents)
        nest.map_structure(self._watch_one, primals, tangents)

    def __del__(self):
        unregister_tangents(self.tangents)

    def _watch_one(self, primal, tangent):
        cdef Thread th = thread()
        cdef Tensor given
        cdef int64_t node
        if not primal.dtype.is_floating:
            warn_first(5, "primals", "The dtype of the watched primal must be floating (e.g. tf.float32), got %r", primal.dtype)
        given = convert(tangent, primal.dtype.code, False)
        if isinstance(primal, BaseVariable):
            node = (<BaseVariable>primal).node
        else:
            if (<Tensor?>primal).node == 0:
                (<Tensor>primal).node = allocate_node(th)
            node = (<Tensor>primal).node
        self.tangents.table[node] = given

    def __enter__(self):
        cdef Thread th = thread()
        if self.recording:
            raise ValueError("Accumulator is already recording.")
        self.recording = True
        self.tangents.entered = True
        th.window_changes += 1
        if tracing and traced():
            tracer.tape_opened(self)
        th.generation += 1
        self.tangents.generation = th.generation
        th.accumulators = [*th.accumulators, self.tangents]
        th.forward = th.stopped == 0
        renew_epoch(th)
        return self

    def __exit__(self, kind, value, traceback):
        cdef Thread th = thread()
        if self.recording:
            self.recording = False
            self.tangents.entered = False
            th.window_changes += 1
            th.accumulators = [other for other in th.accumulators if other is not self.tangents]
            th.forward = th.stopped == 0 and len(th.accumulators) != 0
            renew_epoch(th)

    def jvp(self, primals, unconnected_gradients="none"):
        """The tangents of tensors or variables: their directional derivatives along the accumulator's tangents.

        They were computed together with the primals. Outer accumulators and tapes can differentiate them.

        Args:
          primals: a tensor or variable, or a nested structure of them.
          unconnected_gradients: for primals that do not depend on the accumulator's primals, "none" returns None, "zero" zeros.

        Returns:
          Tangents in the structure of `primals`.

        Raises:
          AttributeError: something is neither a tensor nor a variable.

        Example:
          >>> x = tf.constant(3.0)
          >>> with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator:
          ...     y = x * x
          >>> accumulator.jvp(y).numpy()
          np.float32(6.0)
        """
        cdef bint zero = is_zero_unconnected(unconnected_gradients)
        if tracing and traced():
            tracer.tape_used(self)

        def fetch(primal):
            cdef int64_t node
            if isinstance(primal, BaseVariable):
                node = (<BaseVariable>primal).node
            elif type(primal) is Tensor:
                node = (<Tensor>primal).node
            else:
                raise AttributeError(f"ForwardAccumulator.jvp gives tangents of tf.Tensor and tf.Variable, not of {primal!r}, which "
                                     f"is of type {type(primal).__name__}.")
            tangent = self.tangents.table.get(node) if node else None
            if tangent is None and zero:
                return zeros(primal.shape, primal.dtype.code)
            return tangent

        return nest.map_structure(fetch, opened(primals))
