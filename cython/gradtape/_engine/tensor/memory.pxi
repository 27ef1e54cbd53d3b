"""How tensors are made and freed. Included in `tensor`.

Every op creates a tensor and most free one, so both are implemented here: Cython's code clears fields that are about to be set,
and saves and restores the pending exception around each destructor. Freed objects are linked by `data` for reuse.
"""

cdef extern from *:
    """
    static PyObject* gradtape_idle = 0;
    static int gradtape_idle_count = 0;
    """
    PyObject* _idle "gradtape_idle"
    int _idle_count "gradtape_idle_count"

cdef extern from "Python.h":
    ctypedef object (*Maker "newfunc")(object cls, object arguments, object keywords)
    void PyObject_ClearWeakRefs(PyObject* o)
    void Py_CLEAR(PyObject* o)
    ctypedef void (*Destructor "destructor")(PyObject* o) noexcept
    ctypedef void (*Freer "freefunc")(void* o) noexcept
    ctypedef struct TypeObject "PyTypeObject":
        const char* tp_name
        Py_ssize_t tp_weaklistoffset
        Py_ssize_t tp_dictoffset
        PyObject* tp_dict
        Destructor tp_dealloc
        Freer tp_free
        Maker tp_new
        void* tp_vectorcall
    void PyType_Modified(TypeObject* cls)

cdef enum:
    MOST_IDLE = 512


cdef inline Tensor blank(int dtype_code, Extent* extent):
    """A tensor with shape and dtype but without storage, which the caller provides."""
    global _idle, _idle_count
    cdef Tensor tensor
    if _idle == NULL:
        tensor = Tensor.__new__(Tensor)
    else:
        tensor = <Tensor>_idle
        _idle = <PyObject*>tensor.data
        _idle_count -= 1
        tensor.block = NULL
        tensor.node = 0
        tensor.splat = False
        tensor.tag = 0
    tensor.dtype_code = dtype_code
    tensor.extent = retain_extent(extent)
    return tensor


cdef inline PyObject** weak_references(PyObject* o) noexcept:
    return <PyObject**>(<char*>o + _weakrefs)


cdef bint is_free(PyObject* tensor) noexcept:
    return (tensor.ob_refcnt == 1 and (<Tensor>tensor).block != NULL and (<Tensor>tensor).block.refs == 1
            and not ((<Tensor>tensor).node | (<Tensor>tensor).tag)
            and not (<size_t>weak_references(tensor)[0] | <size_t>(<Tensor>tensor).attributes))


cdef void end_tensor(PyObject* o) noexcept:
    """The destructor. o's reference count is 0, so it must not be assigned to an object variable."""
    global _idle, _idle_count
    if <size_t>weak_references(o)[0] | <size_t>(<Tensor>o).attributes:
        if weak_references(o)[0] != NULL:
            PyObject_ClearWeakRefs(o)
        Py_CLEAR((<Tensor>o).attributes)
    if (<Tensor>o).node:
        if open_windows:
            mark_dead((<Tensor>o).node)
        if tangent_tables_of_process:
            drop_tangents((<Tensor>o).node)
    if (<Tensor>o).block != NULL:
        release((<Tensor>o).block)
    if (<Tensor>o).extent != NULL:
        release_extent((<Tensor>o).extent)
    if _idle_count < MOST_IDLE:
        (<Tensor>o).data = <char*>_idle
        _idle = o
        _idle_count += 1
    else:
        _free_memory(<void*>o)


cdef Py_ssize_t _weakrefs = (<TypeObject*>Tensor).tp_weaklistoffset
cdef Freer _free_memory = (<TypeObject*>Tensor).tp_free
(<TypeObject*>Tensor).tp_dealloc = end_tensor
(<TypeObject*>Tensor).tp_name = "gradtape.Tensor"             # the public name
# Attributes that programs set on a tensor are in a dict that is created with the first one. It is not a field known to Cython,
# which would make the garbage collector track all tensors. So a tensor that refers to itself by an attribute is never freed.
cdef Tensor _example = Tensor.__new__(Tensor)
(<TypeObject*>Tensor).tp_dictoffset = <char*>&_example.attributes - <char*><PyObject*>_example
PyType_Modified(<TypeObject*>Tensor)
_example = None


def add_property(str name, described) -> None:
    """Adds a property to Tensor, defined by a higher module. Before that the name is an ordinary attribute."""
    (<dict>(<TypeObject*>Tensor).tp_dict)[name] = described
    PyType_Modified(<TypeObject*>Tensor)


cdef object refuse(object cls, object arguments, object keywords):
    """Tensor.__new__ for Python, which raises. The engine creates tensors without it."""
    raise TypeError("Tensors are made by tf.constant, tf.convert_to_tensor and operations, not by calling tf.Tensor")


(<TypeObject*>Tensor).tp_new = <Maker><void*>refuse
(<TypeObject*>Tensor).tp_vectorcall = NULL


cdef Tensor new_tensor(int dtype_code, Extent* extent):
    cdef Tensor tensor = blank(dtype_code, extent)
    cdef Py_ssize_t nbytes = extent.size * item_size(dtype_code)
    if nbytes <= CELL_BYTES:
        tensor.data = <char*>tensor.cell
    else:
        tensor.block = acquire(nbytes)
        tensor.data = tensor.block.data
    return tensor


cdef Tensor unplaced(int dtype_code, Extent* extent):
    return blank(dtype_code, extent)


cdef Tensor new_splat(int dtype_code, Extent* extent):
    cdef Tensor tensor = blank(dtype_code, extent)
    tensor.data = <char*>tensor.cell
    tensor.splat = True
    return tensor


cdef Tensor new_scalar(int dtype_code, double value):
    cdef Tensor tensor = blank(dtype_code, scalar_extent())
    tensor.data = <char*>tensor.cell
    write_number(dtype_code, tensor.data, value)
    return tensor


cdef Tensor share(Tensor tensor, Extent* extent):
    cdef Tensor other = blank(tensor.dtype_code, extent)
    if tensor.block == NULL:
        if extent.size == 1:
            other.cell[0] = tensor.cell[0]
            other.cell[1] = tensor.cell[1]       # the imaginary part of a complex128
        else:
            memcpy(other.cell, tensor.cell, CELL_BYTES)
        other.data = <char*>other.cell
    else:
        other.block = tensor.block
        other.block.refs += 1
        other.data = tensor.data
    return other
