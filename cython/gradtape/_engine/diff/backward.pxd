"""The reverse sweep over the entries of a window."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

from gradtape._engine.record.entries cimport Call
from gradtape._engine.record.log cimport Window
from gradtape._engine.state.variable cimport BaseVariable
from gradtape._engine.tensor.tensor cimport Tensor

# What a sweep needs of a source. Lists of sources are read only once: the variables of a large model are far apart in memory.
cdef struct Source:
    int64_t node
    PyObject* identity           # the tensor or variable, only compared with targets

# Stores each source's cotangent in found (OUT: owned references, NULL before), None if no target depends on it. `seeds` are the targets'
# cotangents, ones where None; if `batch` is not 0, seeds[0] is a batch of that many cotangents of the only target. Targets (IN) are
# tensors or variables. `dropping`: drop entries as they are passed; `tensors`: whether any source is not a variable. Unless it is
# None, on_cotangent(index, cotangent) is called for each source as soon as its cotangent is complete.
cdef int sweep(Window window, bint dropping, PyObject** targets, Py_ssize_t target_count, list seeds, const Source* sources,
               Py_ssize_t source_count, bint tensors, Py_ssize_t batch, PyObject** found, object on_cotangent) except -1
cdef Tensor given_seed(Tensor tensor, object given)    # a target's output_gradients, checked
cdef object call_vjp(Call call, tuple needs, object cotangents)  # calls a vjp in Python; of holomorphic ops on conjugates
cdef Tensor dense(object cotangent)              # a cotangent as an ordinary tensor

cdef inline int64_t node_of(PyObject* operand) noexcept:
    """The node id of a tensor or variable."""
    return (<Tensor>operand).node if type(<object>operand) is Tensor else (<BaseVariable>operand).node

cdef inline Source source_of(PyObject* operand) noexcept:
    return Source(node_of(operand), operand)
