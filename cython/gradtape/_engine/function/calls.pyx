"""Calls of compiled functions: a call like the last one goes to its plan without Python."""

from cpython.ref cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from gradtape._engine.base.shape cimport Extent, release_extent, retain_extent, same_extent
from gradtape._engine.record.log cimport Thread, here
from gradtape._engine.record.primitive cimport examining
from gradtape._engine.tensor.tensor cimport Tensor, tracing
from gradtape._engine.function.plan cimport MISSED, Plan

cdef enum:
    MOST = 16                    # arguments of a call that may be like the last one

cdef extern from "Python.h":
    ctypedef object (*Call "ternaryfunc")(object callable, object arguments, object keywords)
    ctypedef struct TypeObject "PyTypeObject":
        Call tp_call
    Py_ssize_t PyDict_GET_SIZE(object o)

cdef bint _eagerly = False


def run_eagerly(bint eagerly) -> None:
    """Whether functions run their Python at every call."""
    global _eagerly
    _eagerly = eagerly


def runs_eagerly() -> bool:
    """What `run_eagerly` was last told."""
    return _eagerly


cdef class Caller:
    """The compiled part of a function that `tf.function` made: it remembers the last call's signature and plan."""
    cdef Plan plan               # None: the next call is like none before
    cdef Py_ssize_t count
    cdef Extent* extents[MOST]   # of tensors; NULL of other arguments
    cdef int dtypes[MOST]
    cdef tuple others            # the last call's arguments that are no tensors, at their places

    def __dealloc__(self):
        self.forget()

    cdef void forget(self) noexcept:
        cdef Py_ssize_t i
        for i in range(self.count):
            if self.extents[i] != NULL:
                release_extent(self.extents[i])
        self.count = 0

    def _remember(self, tuple arguments not None, Plan plan not None):
        """Has calls like this one, of tensors and Python's own constants by place, go to a plan."""
        cdef Py_ssize_t i
        cdef list others = []
        self.plan = None
        self.forget()
        if len(arguments) > MOST:
            return
        for value in arguments:
            if type(value) is not Tensor and type(value) not in (int, float, bool, str, type(None)):
                return
        for i in range(len(arguments)):
            value = arguments[i]
            if type(value) is Tensor:
                self.extents[i] = retain_extent((<Tensor>value).extent)
                self.dtypes[i] = (<Tensor>value).dtype_code
                others.append(None)
            else:
                self.extents[i] = NULL
                others.append(value)
            self.count = i + 1
        self.others = tuple(others)
        self.plan = plan

    def __call__(self, *arguments, **keywords):
        return call(self, arguments, keywords)

    def _look_up(self, tuple arguments, dict keywords):
        """The result of a call that is not like the last one."""
        raise NotImplementedError


cdef object call(object called, object arguments, object keywords):
    cdef Caller caller = <Caller>called
    cdef PyObject* at
    cdef PyObject* value
    cdef PyObject* tensors[MOST]
    cdef Py_ssize_t i, count = 0
    cdef Plan plan = caller.plan
    if (plan is not None and (<PyObject*>keywords == NULL or PyDict_GET_SIZE(keywords) == 0)
            and PyTuple_GET_SIZE(arguments) == caller.count and not (tracing or examining or _eagerly)):
        at = here()
        if plan.recorded == ((<Thread>at).span != 0) and not (<Thread>at).forward:
            for i in range(caller.count):
                value = PyTuple_GET_ITEM(arguments, i)
                if caller.extents[i] == NULL:
                    if value != PyTuple_GET_ITEM(caller.others, i):
                        break
                elif (type(<object>value) is Tensor and (<Tensor>value).dtype_code == caller.dtypes[i]
                        and ((<Tensor>value).extent == caller.extents[i]
                             or same_extent((<Tensor>value).extent, caller.extents[i]))):
                    tensors[count] = value
                    count += 1
                else:
                    break
            else:
                result = plan.repeat(tensors, count)
                if result is not MISSED:
                    return result
    return caller._look_up(arguments, {} if <PyObject*>keywords == NULL else keywords)


def called_at_once(type cls not None) -> type:
    """The class, a subclass of Caller that defines no `__call__`, with the base's in its place: without a search for it."""
    (<TypeObject*>cls).tp_call = call
    return cls


called_at_once(Caller)
