"""Variables.

A variable owns a tensor that it never returns. Reading it returns a new tensor, with its own node, that shares the storage and is cached
until a window opens, resumes or is reset. Assignment drops the cached read and writes in place if nothing else refers to the
storage, otherwise into new storage.
"""

cimport cython
from cpython.ref cimport PyObject
from cpython.weakref cimport PyWeakref_NewRef

from libc.math cimport NAN
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from gradtape._engine.base.shape cimport dims_text, same_extent, tensor_shape
from gradtape._engine.base.types cimport (ABS, ADD, AND, BOOL, DIV, F32, F64, FLOOR_MOD, GE, GT, LE, LT, MUL, NEG, NOT, OR, SUB, XOR,
                                          is_differentiable, is_floating, is_half, is_native)
from gradtape._engine.compute.loops cimport run_instruction
from gradtape._engine.compute.program cimport program
from gradtape._engine.ops.elementwise cimport elementwise
from gradtape._engine.ops.structural cimport cast
from gradtape._engine.record.entries cimport Entry, READ
from gradtape._engine.record.log cimport (Tangents, Thread, Window, append, allocate_node, has_page, thread_state, is_marked, mark_dead,
                                          new_variable_node, renew_epoch, thread)
from gradtape._engine.record.primitive cimport Tracer, traced, tracer
from gradtape._engine.tensor.conversion cimport convert
from gradtape._engine.tensor.tensor cimport (CELL_BYTES, Operators, Readable, Tensor, as_array, dtype_code_of, dtype_object,
                                             item_size, new_scalar, new_tensor, operators, share, to_numpy, tracing)

import functools

from gradtape._engine.ops.messages import refused
from gradtape._src.core import formatting as _formatting

cdef extern from "Python.h":
    ctypedef struct Numbers "PyNumberMethods":
        pass
    ctypedef struct TypeObject "PyTypeObject":
        Numbers* tp_as_number
        PyObject* tp_dict
    ctypedef struct MethodDefinition "PyMethodDef":
        pass
    ctypedef struct MethodDescriptor "PyMethodDescrObject":
        MethodDefinition* d_method
    void PyType_Modified(type cls)
    object PyDescr_NewMethod(TypeObject* cls, MethodDefinition* definition)

cdef Operators* _operators = operators()


cdef enum:
    STALE = 0                # never a thread's epoch: the cached read is outdated


cdef int note_read(BaseVariable variable, Tensor cached) except -1:
    if traced():
        tracer.variable_read(variable, cached)
    return 0


# Per thread the floating dtype to which reads of variables are cast. Setting one renews the thread's epoch and cast reads are not
# cached, so valid cached reads need no check.
cdef dict _autocasts = {}


def set_autocast(dtype):
    """Makes this thread cast reads of variables with `_autocast` to a floating dtype; None: no cast. Returns the previous dtype."""
    cdef Thread th = thread()
    cdef size_t key = <size_t><PyObject*>th
    before = _autocasts.pop(key, None)
    if dtype is not None:
        _autocasts[key] = dtype_code_of(dtype)
        renew_epoch(th)
    return None if before is None else dtype_object(before)


cdef Tensor autocast(BaseVariable variable, Tensor cached):
    code = _autocasts.get(<size_t>thread_state())
    if code is None or code == cached.dtype_code or not is_floating(cached.dtype_code) or not getattr(variable, "_autocast", False):
        return cached
    variable.epoch = STALE
    return cast(cached, code)


# The value of a variable whose __init__ has not run or raised, so that there always is a tensor.
cdef Tensor _nothing = new_scalar(F32, NAN)


@cython.binding(False)              # methods check what they are called on
@cython.embedsignature(True)
@cython.c_api_binop_methods(True)
cdef class BaseVariable(Readable):
    """The compiled part of gradtape.Variable."""

    __array_priority__ = 100

    def __cinit__(self, *arguments, **keywords):
        self.node = new_variable_node()
        self.is_trainable = True
        self.held = _nothing
        self.given_name = "Variable"

    cdef Tensor read(self):
        cdef PyObject* at = thread_state()
        cdef PyObject* place
        cdef Window window
        cdef Entry* entry
        cdef Tensor cached
        cdef bint live = False
        cached = self.cached
        if cached is not None and self.epoch == (<Thread>at).epoch:
            return cached
        if cached is not None and (<PyObject*>cached).ob_refcnt == 2:
            # The variable has the only reference: reuse the object as a new tensor.
            if <uint64_t>(cached.node - (<Thread>at).floor) < (<Thread>at).span or (<Thread>at).tangent_table_count:
                mark_dead(cached.node)
            cached.node = 0
            if self.epoch == STALE and cached.block == NULL:
                memcpy(cached.cell, self.held.cell, CELL_BYTES)
        else:
            cached = share(self.held_value(), self.held.extent)
        # Set before anything that may run user code, which may assign to the variable.
        self.cached = cached
        self.epoch = (<Thread>at).epoch
        if tracing:
            note_read(self, cached)
        if (<Thread>at).watchers and self.is_trainable:
            for found in (<Thread>at).watchers:
                if not any([v is self for v in found]):
                    (<list>found).append(self)
        if (<Thread>at).span != 0 and is_differentiable(cached.dtype_code):
            place = (<Thread>at).newest
            while place != NULL:
                if is_marked(<Window>place, self.node):
                    live = True
                elif (<Window>place).watch_variables and self.is_trainable:
                    live = True
                    window = <Window>place         # the collector may run, and close windows
                    watch_variable(window, self)
                    if window.owner is None:
                        place = (<Thread>at).newest
                        continue
                place = (<Window>place).older
            if live and has_page(<Thread>at):
                entry = append(<Thread>at)
                entry.dead = 0
                entry.kind = READ
                entry.count = 1
                entry.inputs[0] = self.node
                cached.node = (<Thread>at).next - 1
        if (<Thread>at).forward and is_differentiable(cached.dtype_code):
            if cached.node == 0:
                cached.node = allocate_node(<Thread>at)
            for tangents in (<Thread>at).accumulators:
                tangent = (<Tangents>tangents).table.get(self.node)
                if tangent is not None:
                    (<Tangents>tangents).table[cached.node] = tangent
        return autocast(self, cached) if _autocasts else cached

    cdef Tensor held_value(self):
        """The value; NotImplementedError, as in TensorFlow, if there is none."""
        if self.held is _nothing:
            raise NotImplementedError(f"{type(self).__name__} has no value: its __init__ must call Variable's, which did not run or "
                                      "raised.")
        return self.held

    cdef char* writable(self) except NULL:
        """Exclusive storage to write the value to. The contents are undefined if there were other references to the old one.

        The caller has to notify the tracer of the write."""
        if self.held is _nothing:
            self.held_value()
        if self.held.block == NULL:
            self.epoch = STALE                # the cached read has a copy of the inline value
            return self.held.data
        self.cached = None
        if self.held.block.refs > 1:
            self.held = new_tensor(self.held.dtype_code, self.held.extent)
        return self.held.data

    cdef int store(self, Tensor value) except -1:
        cdef char* target
        self.held_value()
        if tracing and traced():
            return self.store_traced(value)
        if value.dtype_code != self.held.dtype_code:
            raise ValueError(f"Tensor conversion requested dtype {dtype_object(self.held.dtype_code).name} for Tensor with dtype "
                             f"{dtype_object(value.dtype_code).name}: {value!r}")
        if not same_extent(value.extent, self.held.extent):
            if self.open_shape is None or not self.open_shape.is_compatible_with(tensor_shape(value.extent)):
                raise ValueError(f"Cannot assign value to variable ' {self.name}': Shape mismatch."
                                 f"The variable shape {self.shape}, and the "
                                 f"assigned value shape {tensor_shape(value.extent)} are incompatible.")
            self.cached = None
            self.held = share(value, value.extent)
            return 0
        target = self.writable()
        memcpy(target, value.data, value.extent.size * item_size(value.dtype_code))
        return 0

    cdef int store_traced(self, Tensor value) except -1:
        cdef Tracer held = tracer
        held.depth += 1
        try:
            self.store(value)
        finally:
            held.depth -= 1
        return held.assigned(self, value, 0)

    cdef int shift_traced(self, Tensor change, int code) except -1:
        cdef Tracer held = tracer
        held.depth += 1
        try:
            self.shift(change, code)
        finally:
            held.depth -= 1
        return held.assigned(self, change, code)

    cdef Tensor shown(self):
        """The value, to be shown to Python: notifies the tracer."""
        if tracing:
            operators().value_read(self.read(), False)
        return self.held_value()

    def _initialise(self, value, bint trainable, str name, open_shape=None):
        """Sets the value, trainability, name, and a shape that is not fully known. Called again, only assigns the value."""
        if self.held is not _nothing:
            self.store(<Tensor?>value)
            return
        if tracing and tracer is not None and tracer.thread == thread_state():
            tracer.variable_made(self)
        self.open_shape = open_shape
        self.held = share(<Tensor?>value, (<Tensor?>value).extent)      # storage with other references is never written
        self.is_trainable = trainable
        self.given_name = name

    def _adopt(self, value):
        """Sets the value to a tensor of the same shape and dtype, taking over its storage without a copy."""
        cdef Tensor tensor = <Tensor?>value
        if tensor.block == NULL or tensor.dtype_code != self.held.dtype_code or not same_extent(tensor.extent, self.held.extent):
            self.store(tensor)
            return
        self.cached = None
        self.epoch = STALE
        self.held = share(tensor, tensor.extent)

    # Properties

    @property
    def name(self):
        """Its name with TensorFlow's output suffix."""
        return self.given_name + ":0"

    @property
    def trainable(self):
        """Whether tapes watch it automatically."""
        return self.is_trainable

    @property
    def shape(self):
        """Its shape, a TensorShape; with unknown sizes if it was created with such a shape."""
        return tensor_shape(self.held_value().extent) if self.open_shape is None else self.open_shape

    def get_shape(self):
        """Its shape, the same as `shape`.

        Returns:
          A TensorShape.

        Example:
          >>> tf.Variable([1.0, 2.0]).get_shape()
          TensorShape([2])
        """
        return self.shape

    @property
    def dtype(self):
        """Its element type, a DType."""
        return dtype_object(self.held_value().dtype_code)

    @property
    def ndim(self):
        """Its number of axes."""
        return self.held_value().extent.rank

    @property
    def device(self):
        """The only device, with TensorFlow's name."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    # Reading

    def value(self):
        """Its current value, the same as `read_value`.

        Returns:
          A tensor, which later assignments do not change.

        Example:
          >>> tf.Variable([1.0, 2.0]).value().numpy()
          array([1., 2.], dtype=float32)
        """
        return self.read()

    def read_value(self):
        """Its current value.

        Returns:
          A tensor, which later assignments do not change.

        Example:
          >>> v = tf.Variable(1.0)
          >>> before = v.read_value()
          >>> before.numpy(), v.assign(5.0).numpy(), before.numpy()
          (np.float32(1.0), np.float32(5.0), np.float32(1.0))
        """
        return self.read()

    def numpy(self):
        """A copy of its current value as a writable NumPy array.

        Returns:
          An array of the variable's shape and dtype; a NumPy scalar if it has no axes.

        Example:
          >>> tf.Variable([1.0, 2.0]).numpy()
          array([1., 2.], dtype=float32)
        """
        return to_numpy(self.shown())

    def __array__(self, dtype=None, copy=None):
        return self.read().__array__(dtype, copy)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        return self.read().__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self):
        return 1, 0

    def __array_namespace__(self, *, api_version=None):
        return self.read().__array_namespace__(api_version=api_version)

    # Assigning

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Sets the value. Gradients do not flow through assignments.

        Args:
          value: a tensor, or a value convertible to one, of the variable's shape and dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.
          read_value: whether to return the variable.

        Returns:
          The variable, or None.

        Raises:
          ValueError: another shape or dtype.

        Example:
          >>> v = tf.Variable([1.0, 2.0])
          >>> v.assign([3.0, 4.0]).numpy()
          array([3., 4.], dtype=float32)
        """
        self.store(convert(value, self.held.dtype_code, False))
        return self if read_value else None

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Adds to the value in place.

        Args:
          delta: the value to add, of the variable's shape and dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.
          read_value: whether to return the variable.

        Returns:
          The variable, or None.

        Raises:
          InvalidArgumentError: another shape, or the variable is of bools.

        Example:
          >>> v = tf.Variable([1.0, 2.0])
          >>> v.assign_add([0.5, 0.5]).numpy()
          array([1.5, 2.5], dtype=float32)
        """
        self.shift(delta, ADD)
        return self if read_value else None

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Subtracts from the value in place.

        Args:
          delta: the value to subtract, of the variable's shape and dtype.
          use_locking: not used.
          name: not used; TensorFlow names operations by it.
          read_value: whether to return the variable.

        Returns:
          The variable, or None.

        Raises:
          InvalidArgumentError: another shape, or the variable is of bools.

        Example:
          >>> v = tf.Variable([1.0, 2.0])
          >>> v.assign_sub([0.5, 0.5]).numpy()
          array([0.5, 1.5], dtype=float32)
        """
        self.shift(delta, SUB)
        return self if read_value else None

    cdef int shift(self, object delta, int code) except -1:
        cdef Tensor change = convert(delta, self.held_value().dtype_code, False), old
        cdef char* target
        if tracing and traced():
            return self.shift_traced(change, code)
        if not same_extent(change.extent, self.held.extent):
            raise refused("assigned shape", op="AssignAddVariableOp" if code == ADD else "AssignSubVariableOp",
                          held=dims_text(self.held.extent), change=dims_text(change.extent))
        if self.held.dtype_code == BOOL:
            raise refused("assigned bool", op="AssignAddVariableOp" if code == ADD else "AssignSubVariableOp")
        if is_half(self.held.dtype_code):
            return self.store(elementwise(program("add" if code == ADD else "subtract"), self.held, change, None))
        if not is_native(self.held.dtype_code):
            array = as_array(self.held)
            return self.store(convert(array + as_array(change) if code == ADD else array - as_array(change),
                                      self.held.dtype_code, False))
        old = self.held
        target = self.writable()
        run_instruction(code, self.held.dtype_code == F64, target, old.data, change.data, old.extent.size)
        return 0

    # Conversions and operators, applied to the value

    def __repr__(self):
        if self.held is _nothing:
            return f"<{type(self).__name__} without a value>"
        return _formatting.variable_repr(as_array(self.shown()), self.dtype.name, self.name, self.shape)

    def __format__(self, specification):
        if specification:
            raise TypeError(f"unsupported format string passed to {type(self).__name__}.__format__")
        return repr(self)

    def __float__(self):
        return float(to_numpy(self.shown()))

    def __int__(self):
        return int(to_numpy(self.shown()))

    def __complex__(self):
        return complex(to_numpy(self.shown()))

    def __index__(self):
        return to_numpy(self.shown()).__index__()

    def __bool__(self):
        return bool(self.read()) if tracing else self.held_value().extent.size != 0 and bool(to_numpy(self.held))

    def __len__(self):
        return len(self.read())

    def __iter__(self):
        return iter(self.read())

    def __getitem__(self, key):
        cdef Tensor part = _operators.getitem(self.read(), key)
        if type(key) is int or type(key) is slice or type(key) is tuple or key is Ellipsis or key is None or (
                type(key) is Tensor and (<Tensor>key).dtype_code != BOOL):
            remember_part(self, key, part)
        return part

    def __hash__(self):
        raise TypeError("Variable is unhashable. Instead, use variable.ref() as the key. "
                        f"(Variable: {self!r})")

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
        return self.read()

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


def with_operators(cls):
    """Class decorator for a subclass of BaseVariable without operators: copies the base's operator slots and methods to the class, as
    Python would otherwise look each of them up by name on every use."""
    (<TypeObject*>cls).tp_as_number[0] = (<TypeObject*>BaseVariable).tp_as_number[0]
    for name, method in vars(BaseVariable).items():
        if type(method) is type(str.join) and name not in vars(cls):
            (<dict>(<TypeObject*>cls).tp_dict)[name] = PyDescr_NewMethod(<TypeObject*>cls, (<MethodDescriptor*>method).d_method)
    PyType_Modified(cls)
    return cls


cdef int watch_variable(Window window, BaseVariable variable) except -1:
    """Watches a variable that the window does not watch yet."""
    window.insert_mark(variable.node)
    if window.variables is None:
        window.variables = []
    window.variables.append(variable)
    return 0


class VariableWatcher:
    """Collects, in order, the trainable variables that its thread reads within the block."""

    def __enter__(self):
        cdef Thread th = thread()
        self.found = []
        th.watchers.append(self.found)
        renew_epoch(th)
        return self

    def __exit__(self, *exception):
        cdef Thread th = thread()
        th.watchers[:] = [found for found in th.watchers if found is not self.found]


include "parts.pxi"
