"""Creation, destruction, __enter__ and __exit__ of tapes, implemented by hand because every training step needs them. Included in `tape`.

Each with statement binds __enter__ and __exit__. Here bound methods are reused instead of allocated, and called by the vectorcall
protocol.
"""

@cython.final
cdef class BoundMethod:
    """`tape.__enter__` or `tape.__exit__`."""
    cdef VectorCall call
    cdef GradientTape tape


# Freed bound methods, to be reused: a step binds twice.

cdef PyObject* _idle_methods[MAX_IDLE_METHODS]
cdef int _idle_method_count = 0


cdef inline BoundMethod new_bound_method():
    global _idle_method_count
    cdef BoundMethod bound
    if not _idle_method_count:
        return BoundMethod.__new__(BoundMethod)
    _idle_method_count -= 1
    bound = <BoundMethod>_idle_methods[_idle_method_count]
    PyObject_GC_Track(<PyObject*>bound)
    return bound


cdef void free_bound_method(PyObject* o) noexcept:
    """The destructor: o's reference count is 0, so no object variable may hold it. Freeing the tape may run user code that binds."""
    global _idle_method_count
    PyObject_GC_UnTrack(o)
    (<BoundMethod>o).tape = None
    if _idle_method_count == MAX_IDLE_METHODS:
        _dealloc_bound(o)
        return
    _idle_methods[_idle_method_count] = o
    _idle_method_count += 1


cdef object enter_bound(object bound, PyObject** arguments, size_t count, PyObject* names):
    cdef GradientTape tape = (<BoundMethod>bound).tape
    if PyVectorcall_NARGS(count) or names != NULL:
        raise TypeError("GradientTape.__enter__() takes no arguments")
    tape.enter()
    return tape


cdef object exit_bound(object bound, PyObject** arguments, size_t count, PyObject* names):
    if PyVectorcall_NARGS(count) != 3 or names != NULL:
        raise TypeError("GradientTape.__exit__() takes an exception's type, value and traceback, or three Nones")
    (<BoundMethod>bound).tape.stop()
    return None


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
@cython.final
cdef class ContextMethod:
    """`GradientTape.__enter__` or `GradientTape.__exit__`."""
    cdef VectorCall call

    def __get__(self, tape, cls):
        cdef BoundMethod bound
        if tape is None:
            return self
        bound = new_bound_method()
        bound.call = self.call
        bound.tape = <GradientTape?>tape
        return bound

    def __call__(self, tape, *arguments):
        return self.__get__(tape, None)(*arguments)


cdef int install_method(str name, VectorCall call) except -1:
    cdef ContextMethod end = ContextMethod.__new__(ContextMethod)
    end.call = call
    (<dict>_type.tp_dict)[name] = end
    return 0


cdef TypeObject* _type = <TypeObject*>GradientTape
cdef TypeObject* _bound_type = <TypeObject*>BoundMethod
cdef BoundMethod _any = BoundMethod.__new__(BoundMethod)
_bound_type.tp_vectorcall_offset = <char*>&_any.call - <char*><PyObject*>_any
_bound_type.tp_call = PyVectorcall_Call
_bound_type.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL
cdef Destructor _dealloc_bound = _bound_type.tp_dealloc
_bound_type.tp_dealloc = free_bound_method
install_method("__enter__", <VectorCall><void*>enter_bound)
install_method("__exit__", <VectorCall><void*>exit_bound)
PyType_Modified(GradientTape)


# Freed tapes, reset, to be reused with their storage: a step makes and frees one.

cdef PyObject* _idle[MAX_IDLE_TAPES]
cdef int _idle_count = 0
cdef Destructor _dealloc = _type.tp_dealloc


cdef object new_tape(object cls, PyObject** arguments, size_t count, PyObject* names):
    """GradientTape(...), by CPython's vectorcall protocol."""
    global _idle_count
    cdef GradientTape tape
    cdef Py_ssize_t i, given = PyVectorcall_NARGS(count)
    if _idle_count:
        _idle_count -= 1
        tape = <GradientTape>_idle[_idle_count]
        PyObject_GC_Track(<PyObject*>tape)
        track_kept(tape)
    else:
        tape = GradientTape.__new__(GradientTape)
    if given or names != NULL:
        keywords = {} if names == NULL else {name: <object>arguments[given + i] for i, name in enumerate(<tuple>names)}
        tape.__init__(*[<object>arguments[i] for i in range(given)], **keywords)
    return tape


cdef void track_kept(GradientTape tape) noexcept:
    """Tracks what an idle tape has kept."""
    cdef PyObject* attributes = (<PyObject**>(<char*><PyObject*>tape + _type.tp_dictoffset))[0]
    if tape.variables is not None:
        PyObject_GC_Track(<PyObject*>tape.variables)
    if attributes != NULL:
        PyObject_GC_Track(attributes)


cdef void free_tape(PyObject* o) noexcept:
    """The destructor: o's reference count is 0, so no object variable may hold it."""
    global _idle_count
    PyObject_GC_UnTrack(o)
    if <TypeObject*>o.ob_type != _type or _idle_count == MAX_IDLE_TAPES or PyObject_GC_IsFinalized(o):
        # Cython's destructor does not call the finalizer when called from another destructor, but pages hold addresses of windows.
        o.ob_refcnt = 1
        (<GradientTape>o).stop()
        (<GradientTape>o).forget()
        o.ob_refcnt = 0
        PyObject_GC_Track(o)
        _dealloc(o)
        return
    if (<PyObject**>(<char*>o + _type.tp_weaklistoffset))[0] != NULL:
        PyObject_ClearWeakRefs(o)
    o.ob_refcnt = 1
    reset_freed(<GradientTape>o)
    o.ob_refcnt = 0
    _idle[_idle_count] = o
    _idle_count += 1


cdef int reset_freed(GradientTape tape) except -1:
    """Resets a freed tape to the state of a new one."""
    cdef PyObject** attributes = <PyObject**>(<char*><PyObject*>tape + _type.tp_dictoffset)
    if tape.owner is not None:
        tape.stop()
    if tape.page_count or tape.segment_count or tape.mark_count:
        tape.forget()
    if tape.variables is not None:
        empty_list(tape.variables)
    # Keep the dictionary if it is empty, which makes method calls fast; drop it if others refer to it.
    if attributes[0] != NULL and (attributes[0].ob_refcnt > 1 or len(<dict>attributes[0])):
        Py_CLEAR(attributes[0])
    # `gc.freeze` makes tracked objects permanent; cycles through the next tape that uses them would never be collected.
    if tape.variables is not None:
        PyObject_GC_UnTrack(<PyObject*>tape.variables)
    if attributes[0] != NULL:
        PyObject_GC_UnTrack(attributes[0])
    tape.watch_variables = True
    tape.persistent = tape.spent = tape.entered = tape.collected = False
    return 0


_type.tp_name = "gradtape.GradientTape"        # its public name
_type.tp_dealloc = free_tape
_type.tp_vectorcall = <VectorCall><void*>new_tape
