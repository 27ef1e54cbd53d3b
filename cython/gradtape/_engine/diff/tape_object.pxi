"""How a tape is entered, left, made and ended: by hand, as every step of a program does so. A part of `tape`.

A with statement binds __enter__ and __exit__ and drops what it bound, every time. Binding is done here without asking the
system for memory, and calling without a tuple of arguments.
"""

@cython.final
cdef class BoundEnd:
    """`tape.__enter__` or `tape.__exit__`."""
    cdef VectorCall call
    cdef GradientTape tape


# Those that ended, which hold nothing: a step binds twice.

cdef PyObject* _idle_ends[MOST_IDLE_ENDS]
cdef int _idle_end_count = 0


cdef inline BoundEnd made_end():
    global _idle_end_count
    cdef BoundEnd bound
    if not _idle_end_count:
        return BoundEnd.__new__(BoundEnd)
    _idle_end_count -= 1
    bound = <BoundEnd>_idle_ends[_idle_end_count]
    PyObject_GC_Track(<PyObject*>bound)
    return bound


cdef void end_bound(PyObject* o) noexcept:
    """The destructor: o's count is 0, so no variable may hold it here. The tape's end may run a program's code, which binds."""
    global _idle_end_count
    PyObject_GC_UnTrack(o)
    (<BoundEnd>o).tape = None
    if _idle_end_count == MOST_IDLE_ENDS:
        _free_bound(o)
        return
    _idle_ends[_idle_end_count] = o
    _idle_end_count += 1


cdef object enter_bound(object bound, PyObject** arguments, size_t count, PyObject* names):
    cdef GradientTape tape = (<BoundEnd>bound).tape
    if PyVectorcall_NARGS(count) or names != NULL:
        raise TypeError("GradientTape.__enter__() takes no arguments")
    tape.enter()
    return tape


cdef object exit_bound(object bound, PyObject** arguments, size_t count, PyObject* names):
    if PyVectorcall_NARGS(count) != 3 or names != NULL:
        raise TypeError("GradientTape.__exit__() takes an exception's type, value and traceback, or three Nones")
    (<BoundEnd>bound).tape.stop()
    return None


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
@cython.final
cdef class End:
    """`GradientTape.__enter__` or `GradientTape.__exit__`."""
    cdef VectorCall call

    def __get__(self, tape, cls):
        cdef BoundEnd bound
        if tape is None:
            return self
        bound = made_end()
        bound.call = self.call
        bound.tape = <GradientTape?>tape
        return bound

    def __call__(self, tape, *arguments):
        return self.__get__(tape, None)(*arguments)


cdef int install_end(str name, VectorCall call) except -1:
    cdef End end = End.__new__(End)
    end.call = call
    (<dict>_type.tp_dict)[name] = end
    return 0


cdef TypeObject* _type = <TypeObject*>GradientTape
cdef TypeObject* _bound_type = <TypeObject*>BoundEnd
cdef BoundEnd _any = BoundEnd.__new__(BoundEnd)
_bound_type.tp_vectorcall_offset = <char*>&_any.call - <char*><PyObject*>_any
_bound_type.tp_call = PyVectorcall_Call
_bound_type.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL
cdef Destructor _free_bound = _bound_type.tp_dealloc
_bound_type.tp_dealloc = end_bound
install_end("__enter__", <VectorCall><void*>enter_bound)
install_end("__exit__", <VectorCall><void*>exit_bound)
PyType_Modified(GradientTape)


# Tapes that ended, clean, each with its storage: a step makes one and ends it, so these are made and ended by hand.

cdef PyObject* _idle[MOST_IDLE]
cdef int _idle_count = 0
cdef Destructor _free = _type.tp_dealloc


cdef object make_tape(object cls, PyObject** arguments, size_t count, PyObject* names):
    """GradientTape called by CPython's vector protocol."""
    global _idle_count
    cdef GradientTape tape
    cdef Py_ssize_t i, given = PyVectorcall_NARGS(count)
    if _idle_count:
        _idle_count -= 1
        tape = <GradientTape>_idle[_idle_count]
        PyObject_GC_Track(<PyObject*>tape)
    else:
        tape = GradientTape.__new__(GradientTape)
    if given or names != NULL:
        keywords = {} if names == NULL else {name: <object>arguments[given + i] for i, name in enumerate(<tuple>names)}
        tape.__init__(*[<object>arguments[i] for i in range(given)], **keywords)
    return tape


cdef void end_tape(PyObject* o) noexcept:
    """The destructor: o's count is 0, so no variable may hold it here."""
    global _idle_count
    PyObject_GC_UnTrack(o)
    if <TypeObject*>o.ob_type != _type or _idle_count == MOST_IDLE or PyObject_GC_IsFinalized(o):
        # Cython's destructor calls no finalizer where it is called by another, and pages know their windows by address.
        o.ob_refcnt = 1
        (<GradientTape>o).stop()
        (<GradientTape>o).forget()
        o.ob_refcnt = 0
        PyObject_GC_Track(o)
        _free(o)
        return
    if (<PyObject**>(<char*>o + _type.tp_weaklistoffset))[0] != NULL:
        PyObject_ClearWeakRefs(o)
    o.ob_refcnt = 1
    clean(<GradientTape>o)
    o.ob_refcnt = 0
    _idle[_idle_count] = o
    _idle_count += 1


cdef int clean(GradientTape tape) except -1:
    """As a new one."""
    cdef PyObject** attributes = <PyObject**>(<char*><PyObject*>tape + _type.tp_dictoffset)
    if tape.owner is not None:
        tape.stop()
    if tape.page_count or tape.segment_count or tape.mark_count:
        tape.forget()
    if tape.variables is not None:
        empty_list(tape.variables)
    # Calls of a tape's methods are quick while its dictionary is there and empty; one that others hold is theirs.
    if attributes[0] != NULL and (attributes[0].ob_refcnt > 1 or len(<dict>attributes[0])):
        Py_CLEAR(attributes[0])
    tape.watch_variables = True
    tape.keeps = tape.spent = tape.entered = tape.collected = False
    return 0


_type.tp_name = "gradtape.GradientTape"        # where programs know it
_type.tp_dealloc = end_tape
_type.tp_vectorcall = <VectorCall><void*>make_tape
