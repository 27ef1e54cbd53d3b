"""Calls of compiled functions: a call with the same signature as the last one runs its plan without any Python."""

from cpython.ref cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from gradtape._engine.base.shape cimport Extent, release_extent, retain_extent, same_extent
from gradtape._engine.record.log cimport Thread, thread_state
from gradtape._engine.record.primitive cimport examining
from gradtape._engine.tensor.tensor cimport Tensor, tracing
from gradtape._engine.function.plan cimport MISSED, Plan

cdef enum:
    MOST = 16                    # arguments of calls that are compared with the last one

cdef extern from "Python.h":
    ctypedef object (*TernaryFunction "ternaryfunc")(object callable, object arguments, object keywords)
    ctypedef struct TypeObject "PyTypeObject":
        TernaryFunction tp_call
    Py_ssize_t PyDict_GET_SIZE(object o)

cdef bint _eagerly = False


def run_eagerly(bint eagerly) -> None:
    """Sets whether compiled functions run eagerly."""
    global _eagerly
    _eagerly = eagerly


def runs_eagerly() -> bool:
    """Whether compiled functions run eagerly."""
    return _eagerly


cdef class Caller:
    """The compiled part of a `tf.function`: remembers the last call's signature and plan."""
    cdef Plan plan               # None: there is no call to compare with
    cdef Py_ssize_t count
    cdef Extent* extents[MOST]   # of tensors; NULL of other arguments
    cdef int dtypes[MOST]
    cdef tuple others            # the last call's arguments, None for tensors

    def __dealloc__(self):
        self.forget()

    cdef void forget(self) noexcept:
        cdef Py_ssize_t i
        for i in range(self.count):
            if self.extents[i] != NULL:
                release_extent(self.extents[i])
        self.count = 0

    def _remember(self, tuple arguments not None, Plan plan not None):
        """Runs a plan for further calls with this signature. Only positional tensors and Python constants are supported."""
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
        """The result of a call whose signature differs from the last one's."""
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
        at = thread_state()
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
                result = plan.replay(tensors, count)
                if result is not MISSED:
                    return result
    return caller._look_up(arguments, {} if <PyObject*>keywords == NULL else keywords)


def called_directly(type cls not None) -> type:
    """Class decorator for a subclass of Caller without `__call__`: copies the base's slot, which is then called without a lookup."""
    (<TypeObject*>cls).tp_call = call
    return cls


called_directly(Caller)
