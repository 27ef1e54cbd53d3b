"""Where a step is in the source of the program, and whether exceptions that it raises are handled there. Included in `trace`."""

cdef extern from *:
    """
    #include <frameobject.h>
    #if PY_VERSION_HEX < 0x030B0000
    static PyObject* PyFrame_GetGlobals(PyFrameObject* frame) { Py_INCREF(frame->f_globals); return frame->f_globals; }
    static int PyFrame_GetLasti(PyFrameObject* frame) { return 2 * frame->f_lasti; }
    static int may_handle(PyFrameObject* frame) { return 1; }
    #else
    // Whether the code of a frame has any handler of exceptions.
    static int may_handle(PyFrameObject* frame) {
        PyCodeObject* code = PyFrame_GetCode(frame);
        int found = PyBytes_GET_SIZE(code->co_exceptiontable) != 0;
        Py_DECREF(code);
        return found;
    }
    #endif
    """
    ctypedef struct Frame "PyFrameObject":
        pass
    ctypedef struct CodeObject "PyCodeObject":
        pass
    Frame* PyEval_GetFrame()
    dict PyFrame_GetGlobals(Frame* frame)
    CodeObject* PyFrame_GetCode(Frame* frame)
    Frame* PyFrame_GetBack(Frame* frame)
    int PyFrame_GetLasti(Frame* frame)
    bint may_handle(Frame* frame)
    int PyCode_Addr2Line(CodeObject* code, int offset)

cdef extern from "compiler.h":
    object owned "OWNED"(CodeObject* code)
    object owned_frame "OWNED"(Frame* frame)


cdef int locate(Step step, object outermost) except -1:
    """Sets where the step is in the source, which is in the innermost frame outside of gradtape, and whether its exceptions are handled.

    Its line is searched for when it is asked for.
    """
    cdef bint within = may_raise(step)
    frame = innermost_frame()
    while frame is not None:
        within = within and frame is not outermost
        if is_users(frame):
            step.code = owned(PyFrame_GetCode(<Frame*>frame))
            step.instruction = PyFrame_GetLasti(<Frame*>frame)
            step.handled = within and is_handled(frame, outermost)
            return 0
        frame = caller_of(frame)
    return 0


cdef object innermost_frame():
    cdef Frame* frame = PyEval_GetFrame()
    return None if frame == NULL else <object>frame


cdef object caller_of(object frame):
    cdef Frame* caller = PyFrame_GetBack(<Frame*>frame)
    return None if caller == NULL else owned_frame(caller)


cdef bint is_users(object frame) except -1:
    """Whether a frame is outside of gradtape."""
    name = PyFrame_GetGlobals(<Frame*>frame).get("__name__")
    return type(name) is not str or not (<str>name).startswith("gradtape.")


cdef bint is_handled(object frame, object outermost) except -1:
    """Whether an exception raised in a frame is handled by the function that is called in the outermost frame."""
    while frame is not None and frame is not outermost:
        if may_handle(<Frame*>frame) and is_users(frame) and handles(frame):
            return True
        frame = caller_of(frame)
    return False


cdef bint may_raise(Step step) noexcept:
    """Whether a step may raise for some values."""
    if step.kind == PROGRAM or step.kind == LONG_PROGRAM:
        return step.attribute > F64
    return step.kind == COMPILED or step.kind == SCRIPTED or step.kind == ASSIGN or step.kind == EFFECT
