"""GradientTape.

The Python class of windows. Objects of freed tapes are reused with their storage, as training makes a tape in every step.
"""

cimport cython

from cpython.ref cimport Py_DECREF, PyObject

from gradtape._engine.base.shape cimport Extent, new_extent, release_extent
from gradtape._engine.base.types cimport MAX_RANK, is_differentiable
from gradtape._engine.diff.backward cimport Source, dense, source_of, sweep
from gradtape._engine.ops.structural cimport batched_extent, filled, reshape
from gradtape._engine.record.entries cimport Entry, MARK
from gradtape._engine.record.log cimport Thread, Window, append, is_marked, thread
from gradtape._engine.record.primitive cimport traced, tracer
from gradtape._engine.state.variable cimport BaseVariable, watch_variable
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport FETCH_AHEAD, Tensor, fetch, item_size, tracing, type_of, variable_type, write_number

from gradtape._engine.diff.backward import zeros
from gradtape._engine.ops.joining import concat
from gradtape._src.core import nest
from gradtape._src.core.errors import InternalError
from gradtape._src.core.hints import DIAGNOSE, SPENT, pointed
from gradtape._src.core.logger import note, warn_first
from gradtape._src.core.records import opened, opened_like


cdef enum:
    JACOBIAN_BATCH_SIZE = 1 << 16         # number of elements of the cotangents in a batch of Jacobian rows
    MAX_IDLE_TAPES = 16
    MAX_IDLE_METHODS = 4
    FEW_SOURCES = 16           # sources that `gradient` describes without allocating memory

cdef extern from "Python.h":
    ctypedef void (*Destructor "destructor")(PyObject* o) noexcept
    ctypedef object (*VectorCall "vectorcallfunc")(object callable, PyObject** arguments, size_t count, PyObject* names)
    ctypedef object (*TernaryFunction "ternaryfunc")(object callable, object arguments, object keywords)
    ctypedef struct TypeObject "PyTypeObject":
        const char* tp_name
        PyObject* tp_dict
        Destructor tp_dealloc
        VectorCall tp_vectorcall
        TernaryFunction tp_call
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags
        Py_ssize_t tp_weaklistoffset
        Py_ssize_t tp_dictoffset
    list PyList_New(Py_ssize_t length)
    bytes PyBytes_FromStringAndSize(const char* start, Py_ssize_t length)
    char* PyBytes_AS_STRING(bytes held)
    PyObject** PySequence_Fast_ITEMS(object sequence)
    Py_ssize_t PyVectorcall_NARGS(size_t count)
    void PyObject_ClearWeakRefs(PyObject* o)
    void Py_CLEAR(PyObject* reference)
    void PyObject_GC_Track(PyObject* o)
    void PyObject_GC_UnTrack(PyObject* o)
    bint PyObject_GC_IsFinalized(PyObject* o)
    void PyType_Modified(type cls)
    object PyVectorcall_Call(object callable, object arguments, object keywords)
    const unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    void set_size "Py_SET_SIZE"(list items, Py_ssize_t size)

cdef str WATCHED = "The dtype of the watched tensor must be floating (e.g. tf.float32), got %r" + DIAGNOSE
cdef str ONE_SET = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
cdef str INSIDE = (
    "Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient than calling it "
    "outside the context (it causes the gradient ops to be recorded on the tape, leading to increased CPU and memory usage). "
    "Only call GradientTape.gradient inside the context if you actually want to trace the gradient in order to compute higher "
    "order derivatives.")


cdef int empty_list(list items) except -1:
    """Removes all items, keeping the list's storage."""
    cdef PyObject** held = PySequence_Fast_ITEMS(items)
    cdef Py_ssize_t i = len(items)
    set_size(items, 0)
    while i > 0:
        i -= 1
        if i >= FETCH_AHEAD:
            fetch(held[i - FETCH_AHEAD])
        Py_DECREF(<object>held[i])
    return 0


cdef list untracked_list(Py_ssize_t length):
    """A list whose items are NULL, hidden from the cycle collector until it is tracked."""
    cdef list made = PyList_New(length)
    PyObject_GC_UnTrack(<PyObject*>made)
    return made


def _creation_order(variable):
    return (<BaseVariable>variable).node


cdef object unwatchable(object item):
    return ValueError(f"Passed in object {item} of type {type(item).__name__!r}, not tf.Tensor or tf.Variable or ExtensionType.")


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
cdef class GradientTape(Window):
    """Records operations for automatic differentiation.

    Trainable variables are watched automatically, tensors after `watch`. `gradient` may be called once, or any number
    of times on a persistent tape.

    Args:
      persistent: whether `gradient` may be called more than once. The recorded tensors are then kept until the tape is
        deleted.
      watch_accessed_variables: whether trainable variables are watched when they are read inside the block.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * x
      >>> tape.gradient(y, x).numpy()
      np.float32(6.0)
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = persistent
        self.watch_variables = watch_accessed_variables

    cdef int enter(self) except -1:
        if self.owner is not None:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        if self.spent:
            self.renew()
        self.entered = True
        if tracing and traced():
            tracer.tape_opened(self)
        return self.start(thread())

    def __reduce__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    @property
    def _recording(self):
        return self.owner is not None

    @property
    def _spent(self):
        """Whether there is nothing to differentiate: gradients were computed already, or nothing was ever recorded."""
        return self.spent or not self.entered

    @property
    def _persistent(self):
        return self.persistent

    def watch(self, tensor):
        """Watches a tensor, a variable or a nested structure of them: operations on them are recorded from now on.

        Logs a warning for dtypes that have no gradient.

        Args:
          tensor: a tensor, a variable or a nested structure of them.

        Raises:
          ValueError: it is neither.
          AttributeError: the tape was not entered yet, or its gradients were computed already.

        Example:
          >>> x = tf.constant(3.0)
          >>> with tf.GradientTape() as tape:
          ...     tape.watch(x)
          ...     y = x * x
          >>> tape.gradient(y, x).numpy()
          np.float32(6.0)
        """
        if self.spent or not self.entered:
            for item in nest.flatten(opened(tensor)):
                if not (type(item) is Tensor or isinstance(item, BaseVariable) or type(getattr(item, "values", None)) is Tensor):
                    raise unwatchable(item)
                raise AttributeError("GradientTape.watch has nothing to watch with: the tape was never entered, or has given its "
                                     "gradients. Call it inside the tape's block.")
            return
        if type(tensor) is Tensor or isinstance(tensor, BaseVariable):
            self.watch_one(tensor)
            return
        for item in nest.flatten(opened(tensor)):
            self.watch_one(item)

    cdef int watch_one(self, object item) except -1:
        cdef Thread th = thread()
        cdef Tensor tensor
        cdef Entry* entry
        if tracing and traced():
            tracer.tape_used(self)
        if type(item) is Tensor:
            tensor = <Tensor>item
            if not is_differentiable(tensor.dtype_code):
                warn_first(5, None, WATCHED, tensor.dtype)
                return 0
            if th.stopped or th.newest == NULL:
                return 0
            if tensor.node == 0:
                if th.newest != <PyObject*>self:
                    (<Window>th.newest).keep_activity_bits()          # the node is not watched by that window
                entry = append(th)
                entry.dead = 0
                entry.kind = MARK
                entry.count = 0
                tensor.node = th.next - 1
            self.mark(tensor.node)
        elif isinstance(item, BaseVariable):
            if not is_differentiable((<BaseVariable>item).held.dtype_code):
                warn_first(5, None, WATCHED, item.dtype)
                return 0
            if not th.stopped and th.newest != NULL and not is_marked(self, (<BaseVariable>item).node):
                watch_variable(self, <BaseVariable>item)
                # A value that was read before is a constant; the next read must be recorded.
                (<BaseVariable>item).cached = None
        else:
            slices = getattr(item, "values", None)
            if type(slices) is Tensor and hasattr(item, "indices"):
                return self.watch_one(slices)
            raise unwatchable(item)
        return 0

    def watched_variables(self):
        """The variables that the tape watches, in order of creation.

        Returns:
          A tuple of variables.

        Example:
          >>> x = tf.Variable(3.0, name="x")
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          >>> [v.name for v in tape.watched_variables()]
          ['x:0']
        """
        return tuple(sorted(self.variables or (), key=_creation_order))

    def reset(self):
        """Discards everything recorded and watched, and continues recording.

        Raises:
          ValueError: the tape is not recording.

        Example:
          >>> x = tf.Variable(3.0)
          >>> with tf.GradientTape() as tape:
          ...     y = x * x
          ...     tape.reset()
          ...     z = 2.0 * x
          >>> tape.gradient(z, x).numpy()
          np.float32(2.0)
        """
        cdef Thread th = self.owner
        if th is None:
            raise ValueError("Tape is not recording.")
        if tracing and traced():
            tracer.tape_used(self)
        self.stop()
        self.renew()
        self.start(th)

    def _pause(self):
        """Closes the current segment until `_resume`."""
        if self.owner is None:
            raise RuntimeError("The tape is not recording.")
        if tracing and traced():
            tracer.tape_used(self)
        self.owner.paused += 1
        self.stop()

    def _resume(self):
        cdef Thread th = thread()
        th.paused -= 1
        if self.spent:
            self.enter()
        else:
            self.start(th)

    def _release(self):
        self.release()

    cdef int release(self) except -1:
        """Drops everything after the gradients of a non-persistent tape were computed."""
        if self.owner is not None:
            self.stop()
        self.forget()
        self.spent = True
        return 0

    cdef int renew(self) except -1:
        """Resets the tape, keeping its options."""
        self.forget()
        if self.variables is not None:
            empty_list(self.variables)
        self.spent = False
        return 0

    def _check_usable(self, place=None):
        self.check_usable(place)

    cdef int check_usable(self, object place) except -1:
        """Raises RuntimeError if the tape has nothing to differentiate; ends a non-persistent tape's recording."""
        if tracing and traced():
            tracer.tape_used(self)
        if self.spent or not self.entered:
            raise pointed(RuntimeError(ONE_SET), SPENT)
        if self.broken:
            raise InternalError(None, None, "Internal state of the gradient tape is invalid: an earlier call of gradient failed half "
                                            "way and let go of what it had passed. Record anew, or on a persistent tape.")
        if self.owner is not None:
            if not self.persistent:
                self.stop()
            else:
                warn_first(1, place, INSIDE)
        return 0

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """The gradient of target with respect to sources, computed by reverse accumulation over the recorded operations.

        Args:
          target: a tensor, variable or nested structure of them; gradients of several targets are summed.
          sources: tensors or variables, or a nested structure of them. A dataclass is flattened to its fields that contain
            tensors, unless it defines `__tf_flatten__`.
          output_gradients: cotangents of the targets, in target's structure; None means ones.
          unconnected_gradients: for sources that target does not depend on, "none" returns None, "zero" zeros.

        Returns:
          One gradient per source, in sources' structure, with the source's shape and dtype. The gradient of a variable from
          which rows were gathered may be IndexedSlices.

        Raises:
          RuntimeError: a second call on a non-persistent tape.
          AttributeError, TypeError: a target is neither a tensor nor a variable.
          InvalidArgumentError: a cotangent has another shape or dtype than its target.

        Example:
          >>> w, b = tf.Variable([1.0, 2.0]), tf.Variable(0.5)
          >>> with tf.GradientTape() as tape:
          ...     loss = tf.reduce_sum(w * w) + 3.0 * b
          >>> [g.numpy() for g in tape.gradient(loss, [w, b])]
          [array([2., 4.], dtype=float32), np.float32(3.0)]
        """
        cdef tuple targets
        cdef list results = None, seeds = None
        cdef list flat = <list>sources if type(sources) is list else None
        cdef bint alone = flat is None and (type(sources) is Tensor or isinstance(sources, BaseVariable))
        cdef bint listed = False, tensors = True, floating = False, zero = False
        cdef Source few[FEW_SOURCES]
        cdef Source* described = few
        cdef bytes storage
        # Used if there is only one target or source.
        cdef PyObject* target_alone = <PyObject*>target
        cdef PyObject* source_alone = <PyObject*>sources
        cdef PyObject** target_items = &target_alone
        cdef Py_ssize_t i, count = 0, target_count = 1
        if tracing and traced():
            tracer.tape_used(self)
        if self.spent or not self.entered or self.owner is not None or self.broken:
            self.check_usable(None)
        if target is None:
            raise TypeError("Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to "
                            "be differentiated, but received None.")
        if unconnected_gradients != "none":
            zero = zero_wanted(unconnected_gradients)
        if type(target) is not Tensor:
            target = opened(target)
            targets = tuple(nest.flatten(target))
            target_items, target_count = PySequence_Fast_ITEMS(targets), len(targets)
        if not alone:
            if flat is not None:
                count = len(flat)
                if count > FEW_SOURCES:
                    storage = PyBytes_FromStringAndSize(NULL, count * sizeof(Source))
                    described = <Source*>PyBytes_AS_STRING(storage)
                listed = describe(PySequence_Fast_ITEMS(flat), count, described, &tensors, &floating)
                if listed and (zero or not floating):
                    flat = list(flat)       # a copy: vjps and warning handlers may change the caller's list
            if not listed:
                sources = opened(sources)
                flat = list(nest.flatten(sources))
                count = len(flat)
        if output_gradients is not None:
            seeds = ([output_gradients] if type(output_gradients) is Tensor
                     else flatten_seeds(opened_like(target, output_gradients)))
        if target_items != &target_alone or not is_differentiable((<Tensor>target).dtype_code):
            check_operands(target_items, target_count, "target")
        if alone:
            check_operands(&source_alone, 1, "source")
            described[0] = source_of(source_alone)
            source_alone = NULL
            sweep(self, self.may_drop(), target_items, target_count, seeds, described, 1, True, 0, &source_alone, None)
            result = <object>source_alone
            Py_DECREF(result)
            if zero and result is None:
                result = zeros(sources.shape, sources.dtype.code)
        else:
            if not listed or not floating:
                check_operands(PySequence_Fast_ITEMS(flat), count, "source")
            if not listed:
                if count > FEW_SOURCES:
                    storage = PyBytes_FromStringAndSize(NULL, count * sizeof(Source))
                    described = <Source*>PyBytes_AS_STRING(storage)
                describe(PySequence_Fast_ITEMS(flat), count, described, &tensors, &floating)
            results = untracked_list(count)
            sweep(self, self.may_drop(), target_items, target_count, seeds, described, count, tensors, 0, PySequence_Fast_ITEMS(results),
                  None)
            PyObject_GC_Track(<PyObject*>results)
            if zero:
                for i in range(count):
                    if results[i] is None:
                        results[i] = zeros(flat[i].shape, flat[i].dtype.code)
            result = results if listed else nest.pack_sequence_as(sources, results)
        if not self.persistent:
            self.release()
        return result

    def _gradient_with_callback(self, object target, list sources not None, object output_gradients, object on_gradient not None):
        """`gradient` with respect to a list of tensors and variables; on_gradient(index, gradient) is called for each as soon as it is
        complete, during the sweep."""
        cdef tuple targets
        cdef list seeds = None, results
        cdef tuple flat = tuple(sources)
        cdef Py_ssize_t k
        cdef bytes storage = PyBytes_FromStringAndSize(NULL, len(flat) * sizeof(Source))
        cdef Source* described = <Source*>PyBytes_AS_STRING(storage)
        if tracing and traced():
            tracer.tape_used(self)
        self.check_usable(None)
        target = opened(target)
        targets = tuple(nest.flatten(target))
        if output_gradients is not None:
            seeds = flatten_seeds(opened_like(target, output_gradients))
        check_operands(PySequence_Fast_ITEMS(targets), len(targets), "target")
        check_operands(PySequence_Fast_ITEMS(flat), len(flat), "source")
        for k in range(len(flat)):
            described[k] = source_of(PySequence_Fast_ITEMS(flat)[k])
        results = untracked_list(len(flat))
        sweep(self, self.may_drop(), PySequence_Fast_ITEMS(targets), len(targets), seeds, described, len(flat), True, 0,
              PySequence_Fast_ITEMS(results), on_gradient)
        PyObject_GC_Track(<PyObject*>results)
        if not self.persistent:
            self.release()
        return results

    cdef bint may_drop(self) noexcept:
        """Whether a sweep may drop entries as it passes them."""
        return not self.persistent and self.sweeps == NULL and self.sole_owner()

    def _jacobian_rows(self, Tensor target, list sources, Py_ssize_t batch=1):
        """The rows of the Jacobians, one per element of target: per source a list of tensors to be concatenated along their first
        axis, or None if target does not depend on the source.

        With `batch`, target's first axis has `batch` independent elements, and corresponding elements share a row. As many rows are
        swept together as fit into the cache.
        """
        cdef PyObject* target_alone = <PyObject*>target
        cdef Extent* extent
        cdef Tensor seed
        cdef Py_ssize_t start = 0, rows, row, k, place, count = target.extent.size // batch, most = target.extent.size
        cdef tuple flat = tuple(sources)
        cdef list found, parts = [None] * len(flat)
        cdef bytes storage = PyBytes_FromStringAndSize(NULL, len(flat) * sizeof(Source))
        cdef Source* described
        cdef bint empty = True
        for source in flat:
            most = max(most, extent_of(source).size)
            empty = empty and extent_of(source).size == 0
        if empty and count > 1:
            count = 1                   # one row suffices if all sources are empty
        described = <Source*>PyBytes_AS_STRING(storage)
        for k in range(len(flat)):
            described[k] = source_of(<PyObject*>flat[k])
        while start < count:
            rows = max(1, min(JACOBIAN_BATCH_SIZE // most, count - start))
            extent = batched_extent(target.extent, target.extent.rank, rows)
            seed = filled(target.dtype_code, extent, 0.0)
            release_extent(extent)
            for row in range(rows):
                for k in range(batch):
                    place = row * target.extent.size + k * count + start + row
                    write_number(seed.dtype_code, seed.data + place * item_size(seed.dtype_code), 1)
            found = untracked_list(len(flat))
            sweep(self, False, &target_alone, 1, [seed], described, len(found), True, rows, PySequence_Fast_ITEMS(found), None)
            PyObject_GC_Track(<PyObject*>found)
            for k in range(len(flat)):
                if found[k] is not None:
                    if parts[k] is None:
                        parts[k] = []
                    (<list>parts[k]).append(dense(found[k]))
            start += rows
        return parts

    def _full_jacobians(self, Tensor target, list sources, bint zero):
        """The Jacobians of target with respect to the sources, of shape target.shape + source.shape; None or zeros for sources on
        which target does not depend."""
        cdef list parts, found = [None] * len(sources), results = []
        cdef Py_ssize_t dims[2 * MAX_RANK]
        cdef Extent* extent
        cdef Extent* inner
        cdef int i
        cdef int dtype_code
        if is_differentiable(target.dtype_code):
            found = self._jacobian_rows(target, sources)
        for source, parts in zip(sources, found):
            if parts is None and not zero and not (is_differentiable(target.dtype_code) and target.extent.size == 0):
                results.append(None)
                continue
            inner = extent_of(source)
            for i in range(target.extent.rank):
                dims[i] = target.extent.dims[i]
            for i in range(inner.rank):
                dims[target.extent.rank + i] = inner.dims[i]
            extent = new_extent(target.extent.rank + inner.rank, dims)
            if parts is None:
                dtype_code = (<Tensor>source).dtype_code if type(source) is Tensor else (<BaseVariable>source).held.dtype_code
                results.append(filled(dtype_code, extent, 0.0))
            else:
                results.append(reshape(parts[0] if len(parts) == 1 else concat(parts, 0), extent))
            release_extent(extent)
        return results


cdef Extent* extent_of(object source) except NULL:
    if type(source) is Tensor:
        return (<Tensor>source).extent
    if not isinstance(source, BaseVariable):
        raise bad_operand("source", source)
    return (<BaseVariable>source).held.extent


cdef bint describe(PyObject** items, Py_ssize_t count, Source* described, bint* tensors, bint* floating) noexcept:
    """Describes sources (IN) in described (OUT, count). Returns whether all are tensors or variables; sets whether any is a tensor and
    whether all of the tensors are floating (OUT)."""
    cdef Py_ssize_t i
    tensors[0] = False
    floating[0] = True
    for i in range(count):
        if i + FETCH_AHEAD < count:
            fetch(items[i + FETCH_AHEAD])
            fetch(<char*>items[i + FETCH_AHEAD] + 64)
        if type(<object>items[i]) is Tensor:
            tensors[0] = True
            floating[0] &= is_differentiable((<Tensor>items[i]).dtype_code)
        elif type_of(<object>items[i]) != variable_type and not isinstance(<object>items[i], BaseVariable):
            return False
        described[i] = source_of(items[i])
    return True


cdef list flatten_seeds(object output_gradients):
    return [None if item is None else item if type(item) is Tensor else convert(item, -1, False)
            for item in nest.flatten(output_gradients)]


def is_zero_unconnected(unconnected_gradients) -> bool:
    """Whether unconnected gradients are zeros; ValueError unless it is "none", "zero" or a tf.UnconnectedGradients."""
    value = getattr(unconnected_gradients, "value", unconnected_gradients)
    if value == "zero":
        return True
    if value == "none":
        return False
    raise ValueError(f"{unconnected_gradients!r} is not a valid UnconnectedGradients")


def zero_wanted(unconnected_gradients) -> bool:
    """The same with the error message of GradientTape."""
    try:
        return is_zero_unconnected(unconnected_gradients)
    except ValueError:
        raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}") from None


cdef inline int check_operands(PyObject** operands, Py_ssize_t count, str role) except -1:
    """Checks that targets or sources are tensors or variables; warns about dtypes without gradients."""
    cdef Py_ssize_t i
    for i in range(count):
        if type(<object>operands[i]) is Tensor:
            if not is_differentiable((<Tensor>operands[i]).dtype_code):
                note(f"The dtype of the {role} tensor must be floating (e.g. tf.float32) when calling "
                     "GradientTape.gradient, got %r" + DIAGNOSE, (<Tensor>operands[i]).dtype)
        elif not isinstance(<object>operands[i], BaseVariable):
            raise bad_operand(role, <object>operands[i])
    return 0


cdef object bad_operand(str role, object value):
    """The exception for a value that is neither a tensor nor a variable, of the same type as TensorFlow's."""
    if hasattr(value, "_type_spec"):
        return ValueError(f"Type {type(value).__name__} is not supported as a gradient source or gradient target. "
                          "Take the gradient of, or with respect to, its values.")
    kind = AttributeError if isinstance(value, (int, float, complex)) or hasattr(value, "dtype") else TypeError
    return kind(f"A {role} of GradientTape.gradient must be a tf.Tensor or tf.Variable, got {value!r} of type "
                f"{type(value).__name__}. Convert it with tf.constant and watch it before the computation.")


def method(function):
    """Decorator that adds a Python function to GradientTape as a method."""
    function.__qualname__ = f"{GradientTape.__name__}.{function.__name__}"
    (<dict>(<TypeObject*>GradientTape).tp_dict)[function.__name__] = function
    PyType_Modified(GradientTape)
    return function


include "tape_object.pxi"
