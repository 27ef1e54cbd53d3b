"""Tensors.

A Tensor is immutable: its bytes are written once, by the op that makes it, before anyone else sees it. Values of up to
CELL_BYTES live in the tensor itself, larger ones in a pooled block that tensors, variables and exports share.
"""

cimport cython
cimport numpy as cnp
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_WRITABLE
from cpython.list cimport PyList_GET_ITEM
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from gradtape._engine.base.buffer cimport acquire, release
from gradtape._engine.base.halves cimport bfloat_of_float, float_of_bfloat, float_of_half, half_of_float
from gradtape._engine.base.shape cimport Extent, release_extent, retain_extent, scalar_extent, shared_extent, tensor_shape
from gradtape._engine.base.types cimport (ABS, ADD, AND, BF16, C64, C128, DIV, DTYPE_COUNT, F16, F32, F64, FLOOR_MOD, GE, GT,
                                          I8, I16, I32, I64, LE, LT, MAX_RANK, MUL, NEG, NOT, OR, SUB, U16, U32, U64, XOR)
from gradtape._engine.record.log cimport drop_tangents, tangent_tables_of_process, mark_dead, open_windows

import numpy as np

from gradtape._src.core import dtypes as _dtypes, formatting as _formatting


cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_Scalar(void* data, cnp.dtype descr, object base)

cdef Operators _operators
memset(&_operators, 0, sizeof(Operators))

cdef list _dtype_objects = list(_dtypes.DTYPES)
cdef int _code
numpy_dtypes = [None] * DTYPE_COUNT
codes_by_numpy = {}
for _code in range(<int>DTYPE_COUNT):
    type_numbers[_code] = -1
    if _code != BF16:
        adopt_numpy(_code)
cdef list _formats = [b"f", b"d", b"e", None, b"Zf", b"Zd", b"b", b"h", b"i", b"q", b"B", b"H", b"I", b"Q", b"?"]  # of buffers, by code


cdef int adopt_numpy(int dtype_code) except -1:
    """Looks up NumPy's dtype of a code. bfloat16's is that of a package, imported when it is first used."""
    numpy_dtype = np.dtype(_dtype_objects[dtype_code].as_numpy_dtype)
    numpy_dtypes[dtype_code] = numpy_dtype
    codes_by_numpy[numpy_dtype] = dtype_code
    type_numbers[dtype_code] = numpy_dtype.num
    return 0


cdef Operators* operators() noexcept:
    return &_operators


cdef object dtype_object(int dtype_code):
    return _dtype_objects[dtype_code]


cdef int dtype_code_of(object dtype) except -1:
    cdef int code
    for code in range(<int>DTYPE_COUNT):
        if <object>PyList_GET_ITEM(_dtype_objects, code) is dtype:
            if type_numbers[code] < 0:
                adopt_numpy(code)
            return code
    found = _dtypes.as_dtype(dtype)
    if found.code == BF16:
        return dtype_code_of(found)
    if found.code < 0:
        raise TypeError(f"Tensors of dtype {found.name} are made by tf.constant; ops and variables compute with numbers.")
    return found.code


cdef class Readable:
    cdef Tensor read(self):
        raise NotImplementedError


def variables_are(type cls) -> type:
    """Makes the class, a subclass of Readable, the one that operands are compared with first."""
    global variable_type
    Py_INCREF(cls)
    variable_type = <PyObject*>cls
    return cls


cdef inline Tensor seen(Tensor tensor):
    """The tensor, after telling a trace that the program reads its value."""
    if tracing:
        _operators.value_read(tensor, False)
    return tensor


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
@cython.c_api_binop_methods(True)
@cython.final
cdef class Tensor:
    """An immutable array of numbers of one dtype: floating, complex, integers or bools.

    Made by `tf.constant`, `tf.convert_to_tensor` and every operation; never by calling this class.
    Supports Python's operators with numbers, lists and NumPy arrays on either side, indexing, iteration,
    `numpy()` (a writable copy), `np.asarray` (a read-only view) and the buffer protocol.

    Raises:
      TypeError: when called.

    Example:
      >>> t = tf.constant([[1.0, 2.0], [3.0, 4.0]])
      >>> (t[0] + 10.0).numpy()
      array([11., 12.], dtype=float32)
      >>> t.shape, t.dtype
      (TensorShape([2, 2]), tf.float32)
    """

    __array_priority__ = 100

    # What it is

    @property
    def shape(self):
        """Its shape, a TensorShape."""
        return tensor_shape(self.extent)

    def get_shape(self):
        """Its shape, the same as `shape`.

        Returns:
          A TensorShape.

        Example:
          >>> tf.constant([[1, 2, 3]]).get_shape()
          TensorShape([1, 3])
        """
        return tensor_shape(self.extent)

    @property
    def dtype(self):
        """Its element type, a DType."""
        return dtype_object(self.dtype_code)

    @property
    def ndim(self):
        """Its number of axes."""
        return self.extent.rank

    @property
    def device(self):
        """The one device there is, under TensorFlow's name."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    @property
    def name(self):
        """Undefined: asking for it raises AttributeError, as tensors have names in graphs alone."""
        raise AttributeError("Tensor.name is undefined when eager execution is enabled.")

    @property
    def op(self):
        """Undefined: asking for it raises AttributeError, as there are no graphs."""
        raise AttributeError("Tensor.op is undefined when eager execution is enabled.")

    @property
    def graph(self):
        """Undefined: asking for it raises AttributeError, as there are no graphs."""
        raise AttributeError("Tensor.graph is undefined when eager execution is enabled.")

    def set_shape(self, shape):
        """Checks that the tensor has this shape.

        Args:
          shape: the shape, in which None stands for any size.

        Raises:
          ValueError: it has another one.

        Example:
          >>> tf.constant([1, 2]).set_shape([None])
        """
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"Tensor's shape {self.shape} is not compatible with supplied shape {shape}.")

    # Data out

    def numpy(self):
        """Its value as a writable NumPy array, a copy.

        Returns:
          An array of the tensor's shape and dtype; a NumPy scalar where it has no axes.

        Example:
          >>> tf.constant([1, 2]).numpy()
          array([1, 2], dtype=int32)
        """
        return to_numpy(seen(self))

    def __array__(self, dtype=None, copy=None):
        array = as_array(seen(self))
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        array = as_array(seen(self))
        if max_version is None or max_version[0] < 1:
            # A capsule older than version 1 cannot be read-only: writing to it would change the tensor.
            if copy is False:
                raise BufferError("Tensors are immutable: ask for DLPack's version 1, which can say so, or for a copy")
            array = array.copy()
        return array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self):
        return 1, 0

    def __array_namespace__(self, *, api_version=None):
        if api_version is not None and api_version not in ("2021.12", "2022.12", "2023.12", "2024.12"):
            raise ValueError(f"the version {api_version!r} of the array API is not known")
        import gradtape.array_api

        return gradtape.array_api

    def __getbuffer__(self, Py_buffer* view, int flags):
        cdef Py_ssize_t* strides
        cdef Py_ssize_t stride = item_size(self.dtype_code)
        cdef int i
        if flags & PyBUF_WRITABLE:
            raise BufferError("Tensors are immutable: ask for a read-only buffer, or use numpy() for a writable copy")
        if self.dtype_code == BF16:
            raise BufferError("Buffers have no format for bfloat16: use numpy() or np.asarray, or cast to float32 first")
        seen(self)
        strides = <Py_ssize_t*>malloc((self.extent.rank + 1) * sizeof(Py_ssize_t))
        if strides == NULL:
            raise MemoryError()
        view.itemsize = stride
        for i in range(self.extent.rank - 1, -1, -1):
            strides[i] = stride
            stride *= self.extent.dims[i]
        view.buf = self.data
        view.len = self.extent.size * view.itemsize
        view.readonly = 1
        view.format = <char*><bytes>_formats[self.dtype_code] if flags & PyBUF_FORMAT else NULL
        view.ndim = self.extent.rank
        view.shape = self.extent.dims
        view.strides = strides
        view.suboffsets = NULL
        view.internal = strides
        view.obj = self

    def __releasebuffer__(self, Py_buffer* view):
        free(view.internal)

    def __float__(self):
        return float(to_numpy(seen(self)))

    def __int__(self):
        return int(to_numpy(seen(self)))

    def __index__(self):
        return to_numpy(seen(self)).__index__()

    def __complex__(self):
        return complex(to_numpy(seen(self)))

    def __bool__(self):
        if self.extent.size == 0:
            return False
        if tracing:
            _operators.value_read(self, True)
        return bool(to_numpy(self))

    def __len__(self):
        if self.extent.rank == 0:
            raise TypeError("Scalar tensor has no `len()`")
        return self.extent.dims[0]

    def __iter__(self):
        cdef Py_ssize_t i
        if self.extent.rank == 0:
            raise TypeError("Cannot iterate over a scalar tensor.")
        for i in range(self.extent.dims[0]):
            yield _operators.getitem(self, i)

    def __getitem__(self, key):
        return _operators.getitem(self, key)

    def __hash__(self):
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    @property
    def assign(self):
        """Assigns to a part of a variable, where the tensor was just read from one by an index: v[1:].assign(value)."""
        return _operators.part_assigner(self)

    def ref(self):
        """A hashable reference to the tensor, for sets and keys of dicts.

        Returns:
          A reference, whose `deref()` gives the tensor back.

        Example:
          >>> t = tf.constant(1.0)
          >>> t.ref() in {t.ref()}, t.ref().deref() is t
          (True, True)
        """
        return Reference(self)

    experimental_ref = ref

    @property
    def backing_device(self):
        """The device whose memory it is in: the one there is."""
        return self.device

    def cpu(self):
        """Itself: there is no other device that it could be copied from.

        Returns:
          The tensor.

        Example:
          >>> t = tf.constant(1.0)
          >>> t.cpu() is t
          True
        """
        return self

    def __repr__(self):
        return _formatting.tensor_repr(as_array(seen(self)), self.dtype.name)

    def __str__(self):
        return _formatting.tensor_str(as_array(seen(self)), self.dtype.name)

    def __format__(self, specification):
        return _formatting.tensor_format(to_numpy(seen(self)), specification)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return _restore, (np.array(to_numpy(seen(self))),)

    # Operators, once more in BaseVariable: a common base class would cost tensors their free list

    def __add__(a, b):
        return _operators.binary(ADD, a, b)

    def __sub__(a, b):
        return _operators.binary(SUB, a, b)

    def __mul__(a, b):
        return _operators.binary(MUL, a, b)

    def __truediv__(a, b):
        return _operators.binary(DIV, a, b)

    def __floordiv__(a, b):
        return _operators.floordiv(a, b)

    def __mod__(a, b):
        return _operators.binary(FLOOR_MOD, a, b)

    def __pow__(a, b, modulus):
        return NotImplemented if modulus is not None else _operators.power(a, b)

    def __matmul__(a, b):
        return _operators.matmul(a, b)

    def __and__(a, b):
        return _operators.bitwise(AND, a, b)

    def __or__(a, b):
        return _operators.bitwise(OR, a, b)

    def __xor__(a, b):
        return _operators.bitwise(XOR, a, b)

    def __neg__(self):
        return _operators.unary(NEG, self)

    def __pos__(self):
        return self

    def __abs__(self):
        return _operators.unary(ABS, self)

    def __invert__(self):
        return _operators.unary(NOT, self)

    def __lt__(self, other):
        return _operators.binary(LT, self, other)

    def __le__(self, other):
        return _operators.binary(LE, self, other)

    def __gt__(self, other):
        return _operators.binary(GT, self, other)

    def __ge__(self, other):
        return _operators.binary(GE, self, other)

    def __eq__(self, other):
        return _operators.equal(self, other, False)

    def __ne__(self, other):
        return _operators.equal(self, other, True)


class Reference:
    """A hashable stand-in for a tensor or variable, equal to every other reference to the same object."""

    __slots__ = ("__weakref__", "_wrapped")

    def __init__(self, wrapped):
        self._wrapped = wrapped

    def deref(self):
        """The object itself."""
        return self._wrapped

    def __hash__(self):
        return id(self._wrapped)

    @property
    def unwrapped(self):
        """The object itself."""
        return self._wrapped

    def __eq__(self, other):
        return other is not None and self._wrapped is wrapped_by(other)

    def __lt__(self, other):
        return id(self._wrapped) < id(wrapped_by(other))

    def __gt__(self, other):
        return id(self._wrapped) > id(wrapped_by(other))

    def __repr__(self):
        return f"<Reference wrapping {self._wrapped!r}>"


cdef object wrapped_by(object other):
    if not isinstance(other, Reference):
        raise TypeError("Cannot compare wrapped object with unwrapped object")
    return other._wrapped


def _restore(array):
    """A pickled tensor's value as a tensor."""
    cdef int dtype_code = dtype_code_of(array.dtype)
    cdef cnp.ndarray held = np.asarray(array, numpy_dtypes[dtype_code], order="C")
    cdef Extent* extent = shared_extent(held.ndim, <Py_ssize_t*>cnp.PyArray_DIMS(held))
    cdef Tensor tensor = new_tensor(dtype_code, extent)
    release_extent(extent)
    memcpy(tensor.data, cnp.PyArray_DATA(held), tensor.extent.size * item_size(dtype_code))
    return tensor


# Every operation makes a tensor and most free one, so both are done here: Cython's code clears fields that are about to be
# set, and saves and restores the pending exception around each destructor. Idle objects are linked through their `data`.

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
    """A tensor that has its shape and dtype; the caller gives it storage."""
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
    """The destructor: o's count is 0, so no variable may hold it here."""
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
# Attributes that programs set on a tensor, in a dict that is made for the first one: as a field of Cython's it would make the
# cycle collector follow every tensor. So a tensor that holds itself in an attribute is never freed.
cdef Tensor _example = Tensor.__new__(Tensor)
(<TypeObject*>Tensor).tp_dictoffset = <char*>&_example.attributes - <char*><PyObject*>_example
PyType_Modified(<TypeObject*>Tensor)
_example = None


def add_property(str name, described) -> None:
    """Gives tensors an attribute that a room above describes, a property; until then it is any program's own."""
    (<dict>(<TypeObject*>Tensor).tp_dict)[name] = described
    PyType_Modified(<TypeObject*>Tensor)


cdef object refuse(object cls, object arguments, object keywords):
    """Tensor.__new__ for Python, which refuses; the engine makes tensors without it."""
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


cdef void write_number(int dtype_code, char* target, double value) noexcept nogil:
    """One element (OUT) of any dtype."""
    if dtype_code == F32:
        (<float*>target)[0] = <float>value
    elif dtype_code == F64:
        (<double*>target)[0] = value
    elif dtype_code == F16:
        (<uint16_t*>target)[0] = half_of_float(<float>value)
    elif dtype_code == BF16:
        (<uint16_t*>target)[0] = bfloat_of_float(<float>value)
    elif dtype_code == C64:
        (<float*>target)[0] = <float>value
        (<float*>target)[1] = 0
    elif dtype_code == C128:
        (<double*>target)[0] = value
        (<double*>target)[1] = 0
    elif dtype_code == I32:
        (<int32_t*>target)[0] = <int32_t>value
    elif dtype_code == I64:
        (<int64_t*>target)[0] = <int64_t>value
    elif dtype_code == U64:
        (<uint64_t*>target)[0] = <uint64_t>value
    elif dtype_code == U32:
        (<uint32_t*>target)[0] = <uint32_t>value
    elif dtype_code == I16:
        (<int16_t*>target)[0] = <int16_t>value
    elif dtype_code == U16:
        (<uint16_t*>target)[0] = <uint16_t>value
    elif dtype_code == I8:
        (<int8_t*>target)[0] = <int8_t>value
    else:
        (<uint8_t*>target)[0] = <uint8_t>value


cdef double scalar_value(Tensor tensor) noexcept:
    if tensor.dtype_code == F32:
        return (<float*>tensor.data)[0]
    if tensor.dtype_code == F64:
        return (<double*>tensor.data)[0]
    if tensor.dtype_code == F16:
        return float_of_half((<uint16_t*>tensor.data)[0])
    if tensor.dtype_code == BF16:
        return float_of_bfloat((<uint16_t*>tensor.data)[0])
    if tensor.dtype_code == I32:
        return (<int32_t*>tensor.data)[0]
    if tensor.dtype_code == I64:
        return <double>(<int64_t*>tensor.data)[0]
    if tensor.dtype_code == U64:
        return <double>(<uint64_t*>tensor.data)[0]
    if tensor.dtype_code == U32:
        return (<uint32_t*>tensor.data)[0]
    if tensor.dtype_code == I16:
        return (<int16_t*>tensor.data)[0]
    if tensor.dtype_code == U16:
        return (<uint16_t*>tensor.data)[0]
    if tensor.dtype_code == I8:
        return (<int8_t*>tensor.data)[0]
    return (<uint8_t*>tensor.data)[0]


cdef Tensor share(Tensor tensor, Extent* extent):
    cdef Tensor other = blank(tensor.dtype_code, extent)
    if tensor.block == NULL:
        if extent.size == 1:
            other.cell[0] = tensor.cell[0]
            other.cell[1] = tensor.cell[1]       # a complex number's second half
        else:
            memcpy(other.cell, tensor.cell, CELL_BYTES)
        other.data = <char*>other.cell
    else:
        other.block = tensor.block
        other.block.refs += 1
        other.data = tensor.data
    return other


cdef object as_array(Tensor tensor):
    cdef cnp.npy_intp dims[MAX_RANK]
    cdef int i
    for i in range(tensor.extent.rank):
        dims[i] = tensor.extent.dims[i]
    array = cnp.PyArray_SimpleNewFromData(tensor.extent.rank, dims, type_numbers[tensor.dtype_code], tensor.data)
    cnp.set_array_base(array, tensor)
    cnp.PyArray_CLEARFLAGS(array, cnp.NPY_ARRAY_WRITEABLE)
    return array


cdef object to_numpy(Tensor tensor):
    cdef cnp.npy_intp dims[MAX_RANK]
    cdef int i
    if tensor.extent.rank == 0:
        return PyArray_Scalar(tensor.data, numpy_dtypes[tensor.dtype_code], None)
    for i in range(tensor.extent.rank):
        dims[i] = tensor.extent.dims[i]
    array = cnp.PyArray_SimpleNew(tensor.extent.rank, dims, type_numbers[tensor.dtype_code])
    memcpy(cnp.PyArray_DATA(array), tensor.data, tensor.extent.size * item_size(tensor.dtype_code))
    return array
