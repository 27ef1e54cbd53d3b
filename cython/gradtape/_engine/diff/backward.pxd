"""The reverse sweep over what a window has seen."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

from gradtape._engine.record.entries cimport Call
from gradtape._engine.record.log cimport Window
from gradtape._engine.state.variable cimport BaseVariable
from gradtape._engine.tensor.tensor cimport Tensor

# A source by what a sweep needs of it. Long lists are read once: variables of a large model are far apart in memory.
cdef struct Source:
    int64_t node
    PyObject* identity           # the tensor or variable, to be compared with targets only

# Puts into found (OUT: owned references, NULL before) each source's cotangent, or None where no target depends on it, for the
# targets' cotangents in `seeds` (ones where it is None) or, where `batch` is not 0, for the only target's so many cotangents in
# seeds[0]. `dropping` lets go of entries as they are passed; `tensors`: whether sources may be other than variables. Targets (IN)
# are tensors or variables. Unless told is None,
# told(place, cotangent) is called for each source as soon as its cotangent is known.
cdef int sweep(Window window, bint dropping, PyObject** targets, Py_ssize_t target_count, list seeds, const Source* sources,
               Py_ssize_t source_count, bint tensors, Py_ssize_t batch, PyObject** found, object told) except -1
cdef Tensor given_seed(Tensor tensor, object given)    # output_gradients of a target, checked
cdef object given_by_rule(Call call, tuple needs, object cotangents)  # by one in Python, a holomorphic op's by conjugates
cdef Tensor dense(object cotangent)              # a cotangent as an ordinary tensor

cdef inline int64_t node_of(PyObject* operand) noexcept:
    """The number of a tensor or variable."""
    return (<Tensor>operand).node if type(<object>operand) is Tensor else (<BaseVariable>operand).node

cdef inline Source source_of(PyObject* operand) noexcept:
    return Source(node_of(operand), operand)
