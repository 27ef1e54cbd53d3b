"""Pairs of a gradient, dense or sparse, and its variable; the storage of variables. Included in `optimizers`."""

# A gradient and its variable, checked.
cdef struct Pair:
    PyObject* gradient       # a Tensor or Rows, owned
    PyObject* variable       # a BaseVariable, owned
    Py_ssize_t place         # the variable's index in `known`


cdef class Rows:
    """A sparse gradient: nonzero rows and their indices.

    Attributes:
      values: the rows, summed over equal indices.
      places: the indices (IN), valid, unique and ascending.
      squares: if there were equal indices, the sums of the squared rows (of their magnitudes for an absolute rule), as
        Keras squares before it sums; else None.
      norm: the Euclidean norm of the gradient before summing.
    """

    cdef Tensor values, squares
    cdef const int64_t[::1] places
    cdef double norm

    def __cinit__(self, Tensor values not None, const int64_t[::1] places not None, Tensor squares or None, double norm):
        self.values, self.places, self.squares, self.norm = values, places, squares, norm

    cdef Tensor dense(self, Tensor rows, Extent* extent):
        """Rows as a dense tensor."""
        cdef Tensor dense
        cdef Py_ssize_t i, bytes_of_row
        if rows is None:
            return None
        dense = new_tensor(rows.dtype_code, extent)
        memset(dense.data, 0, extent.size * item_size(rows.dtype_code))
        if self.places.shape[0]:
            bytes_of_row = rows.extent.size // self.places.shape[0] * item_size(rows.dtype_code)
            for i in range(self.places.shape[0]):
                memcpy(dense.data + self.places[i] * bytes_of_row, rows.data + i * bytes_of_row, bytes_of_row)
        return dense


cdef void release_pairs(Pair* pairs, Py_ssize_t count) noexcept:
    """Releases the references of pairs."""
    cdef Py_ssize_t i
    for i in range(count):
        Py_DECREF(<object>pairs[i].gradient)
        Py_DECREF(<object>pairs[i].variable)


cdef inline char* in_place(PyObject* variable) except NULL:
    """The storage of a BaseVariable, made exclusive, contents kept."""
    cdef Tensor before = (<BaseVariable>variable).held               # keeps the old contents if the storage is replaced
    cdef char* target = (<BaseVariable>variable).writable()
    if target != before.data:
        memcpy(target, before.data, before.extent.size * item_size(before.dtype_code))
    return target


cdef inline BaseVariable variable_at(list variables, Py_ssize_t place):
    return <BaseVariable>PyList_GET_ITEM(variables, place)


cdef inline PyObject* slot_of(PyObject* slots, int slot, Py_ssize_t place) noexcept:
    """The slot variable of the parameter at an index, NULL if the slot is not in use."""
    cdef PyObject* variables = PyList_GET_ITEM(<object>slots, slot)
    return PyList_GET_ITEM(<object>variables, place) if PyList_GET_SIZE(<object>variables) else NULL


cdef inline Tensor value_of(PyObject* variable):
    return (<BaseVariable>variable).held


cdef inline int dtype_of_parts(Tensor tensor) noexcept:
    """The dtype of a tensor's real numbers: for complex numbers that of their parts."""
    if not is_complex(tensor.dtype_code):
        return tensor.dtype_code
    return F32 if tensor.dtype_code == C64 else F64


cdef inline Py_ssize_t parts_of(Tensor tensor) noexcept:
    """The number of real numbers."""
    return 2 * tensor.extent.size if is_complex(tensor.dtype_code) else tensor.extent.size
