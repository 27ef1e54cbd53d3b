"""Tensors.

A Tensor is immutable: its data are written once, by the op that creates it. Up to CELL_BYTES they are stored in the tensor
itself, otherwise in a pooled block, which tensors, variables and exported arrays may share.
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
    """Looks up the NumPy dtype of a code. That of bfloat16 is defined by a package, which is imported on first use."""
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
    """Sets the class of variables, a subclass of Readable, that operands are compared with first."""
    global variable_type
    Py_INCREF(cls)
    variable_type = <PyObject*>cls
    return cls


cdef inline Tensor seen(Tensor tensor):
    """The tensor, after notifying the tracer that Python reads its value."""
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
        """The name of the only device, the CPU, as in TensorFlow."""
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

    # Conversions

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
            # Capsules before version 1 cannot be read-only, so writing to them would change the tensor.
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
        """Assigns to the part of a variable that the tensor was read from by indexing: v[1:].assign(value)."""
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
        """The device whose memory it is in, the same as `device`."""
        return self.device

    def cpu(self):
        """The tensor itself, as there are no other devices to copy it from.

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

    # Operators, repeated in BaseVariable, as with a common base class tensors could not have a free list

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


def _restore(array):
    """Makes a tensor of a pickled tensor's value."""
    cdef int dtype_code = dtype_code_of(array.dtype)
    cdef cnp.ndarray held = np.asarray(array, numpy_dtypes[dtype_code], order="C")
    cdef Extent* extent = shared_extent(held.ndim, <Py_ssize_t*>cnp.PyArray_DIMS(held))
    cdef Tensor tensor = new_tensor(dtype_code, extent)
    release_extent(extent)
    memcpy(tensor.data, cnp.PyArray_DATA(held), tensor.extent.size * item_size(dtype_code))
    return tensor


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


include "memory.pxi"
include "elements.pxi"
include "reference.pxi"
