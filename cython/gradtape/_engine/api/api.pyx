"""What Python calls: ops on whatever becomes a tensor, and tensors' data as NumPy arrays."""

cimport numpy as cnp
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from gradtape._engine.base.shape cimport Extent, dims_text, extent_from, new_extent, release_extent, same_extent
from gradtape._engine.base.types cimport BOOL, F64, I32, I64, MAX_RANK, is_complex, is_differentiable, is_native
from gradtape._engine.compute.program cimport Program, program
from gradtape._engine.kernels.dispatch cimport MAX, MIN
from gradtape._engine.ops.arguments cimport int_attribute, int_of, ints_of, whole_numbers
from gradtape._engine.ops.elementwise cimport SELECT_PROGRAM, conjugated, elementwise, elementwise_list
from gradtape._engine.ops.matmul cimport matmul
from gradtape._engine.ops.messages cimport not_allowed, expected_dtype, mixed_dtypes, undivided, kernel_name
from gradtape._engine.ops.operators cimport floating_elementwise, operand_like, strict_operand
from gradtape._engine.ops.reductions cimport kind_of, reduce
from gradtape._engine.ops.structural cimport CAST, broadcast_to, cast, constant, filled, identity, reshape, sum_to, transpose
from gradtape._engine.record.primitive cimport observe_compiled, observing
from gradtape._engine.tensor.conversion cimport convert, floating_of, from_array
from gradtape._engine.tensor.tensor cimport (Readable, Tensor, as_array, dtype_code_of, dtype_object, new_tensor, operators)

import builtins
import math
from types import FunctionType

import numpy as np

from gradtape._engine.ops.arguments import view  # no-cython-lint: for Python
from gradtape._engine.ops.messages import refused
from gradtape._engine.tensor.sequence import held
from gradtape._src.core.composite import CompositeTensor
from gradtape._src.core.errors import TextOperand

cnp.import_array()

cdef str REDUCED = ("float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64")    # what extremes take
cdef object WIDE = 2**63               # the first integer beyond int64

cdef dict texts = {}                   # code of functions made by name, by how many operands they have


def as_tensor(value, dtype=None, hint=None) -> Tensor:
    """A tensor of the value: itself if it is one, a variable's present value, or a copy of the data.

    dtype: the dtype it must have (ValueError or TypeError where it cannot); hint: the dtype it gets if that loses nothing.
    """
    if type(value) is Tensor and dtype is None:
        return value
    if dtype is not None:
        return convert(value, dtype_code_of(dtype), False)
    if hint is not None:
        return convert(value, dtype_code_of(hint), True)
    return convert(value, -1, False)


def empty(shape, dtype):
    """A new tensor of undefined contents and a writable NumPy array over its data, to be filled before it is used."""
    cdef Extent* extent = extent_from(shape)
    cdef Tensor tensor
    cdef object array
    try:
        tensor = new_tensor(dtype_code_of(dtype), extent)
    finally:
        release_extent(extent)
    array = as_array(tensor)
    cnp.PyArray_ENABLEFLAGS(array, cnp.NPY_ARRAY_WRITEABLE)
    return tensor, array


def tensor_from(array, dtype=None) -> Tensor:
    """A tensor with a copy of a NumPy array's data."""
    return from_array(np.asarray(held(array)), -1 if dtype is None else dtype_code_of(dtype))


def full(shape, value, dtype) -> Tensor:
    """A tensor of one repeated value."""
    cdef Extent* extent = extent_from(shape)
    try:
        return filled(dtype_code_of(dtype), extent, value)
    finally:
        release_extent(extent)


def full_like(Tensor like, double value, dtype=None) -> Tensor:
    """A tensor of one repeated value with another's shape, and its dtype unless one is given."""
    return filled(like.dtype_code if dtype is None else dtype_code_of(dtype), like.extent, value)


def elementwise_function(row):
    """The public function of a row of the elementwise table: its operands, then `name`, which nothing reads.

    The usual signatures get a compiled function of their own; a call then costs no more than the operator, and the first one
    makes the program: importing makes the functions of all rows.
    """
    arguments = tuple(row.arguments)
    if row.logical:
        function = by_name(row.name, arguments, call_logical)
    elif arguments == ("x",):
        function = unary_x(row.name, row.sparse)
    elif arguments == ("features",):
        function = unary_features(row.name)
    elif arguments == ("x", "y"):
        function = binary_xy(row.name)
    else:
        function = by_name(row.name, arguments, call_program)
    function.__name__ = row.name
    function.__doc__ = row.docstring
    # For pickles.
    place = f"gradtape.{row.tensorflow[0] if row.tensorflow else row.name}"
    function.__module__, _, function.__qualname__ = place.rpartition(".")
    return function


cdef PyObject* program_of_row(str title) except NULL:
    """A row's program, borrowed: it lives for ever."""
    cdef Program made = program(title)
    return <PyObject*>made


def unary_x(str title, bint sparse):
    """sparse: whether it takes tensors too of which the values are stored alone."""
    cdef PyObject* row = NULL
    def op(x, name=None):
        nonlocal row
        if row == NULL:
            row = program_of_row(title)
        if type(x) is Tensor:
            return elementwise(<Program>row, <Tensor>x, None, None)
        if sparse and not isinstance(x, Readable) and isinstance(x, CompositeTensor) and x._leaves_out_zeros:
            return x._with_values(op(x.values))
        return elementwise(<Program>row, convert(x, -1, False), None, None)
    return op


def unary_features(str title):
    cdef PyObject* row = NULL
    def op(features, name=None):
        nonlocal row
        if row == NULL:
            row = program_of_row(title)
        if type(features) is Tensor:
            return elementwise(<Program>row, <Tensor>features, None, None)
        return elementwise(<Program>row, convert(features, -1, False), None, None)
    return op


def binary_xy(str title):
    cdef PyObject* row = NULL
    def op(x, y, name=None):
        cdef Tensor result
        nonlocal row
        if row == NULL:
            row = program_of_row(title)
        result = floating_elementwise(<Program>row, x, y)
        return result if result is not None else apply_program(<Program>row, (x, y))
    return op


def of_alike(str name):
    """For a function of labels and logits that Python declares, a compiled function under its name and with its documentation.

    On tensors of one dtype and shape it is the row `name` of the table; the declaration sees to all other operands.
    """
    cdef Program row = program(name)
    def compiled(declaration):
        def labels_and_logits(labels=None, logits=None, name=None):
            if (type(labels) is Tensor and type(logits) is Tensor and (<Tensor>labels).dtype_code == (<Tensor>logits).dtype_code
                    and same_extent((<Tensor>labels).extent, (<Tensor>logits).extent)):
                return elementwise(row, <Tensor>labels, <Tensor>logits, None)
            return declaration(labels, logits, name)
        return declared(labels_and_logits, declaration)
    return compiled


cdef object declared(object function, object declaration):
    """The function with the names and documentation of another."""
    function.__name__ = declaration.__name__
    function.__qualname__ = declaration.__qualname__
    function.__module__ = declaration.__module__
    function.__doc__ = declaration.__doc__
    return function


def by_name(str title, tuple arguments, call):
    """A function of these arguments, whose signature is its own; it calls `call` with the row's program, which the first call makes.

    Text is compiled once for so many arguments: importing makes two dozen of these.
    """
    code = texts.get(len(arguments))
    if code is None:
        listed = ", ".join([f"operand{i}" for i in range(len(arguments))])
        code = texts[len(arguments)] = eval(f"lambda {listed}, name=None: call(row, ({listed},))").__code__

    def first_call(row, operands):
        row = program(title)
        known.update(row=row, call=call)
        return call(row, operands)

    # C code that imports, as NumPy's does when it words a dtype, asks the calling function's globals for builtins.
    known = {"__builtins__": builtins, "call": first_call, "row": None}
    return FunctionType(code.replace(co_varnames=(*arguments, "name")), known, title, (None,))


def call_program(Program row, tuple operands):
    return apply_program(row, operands)


def call_logical(Program row, tuple operands):
    """The logical op on bools; numbers are refused."""
    cdef Tensor tensor
    cdef list tensors = []
    for i, value in enumerate(operands):
        tensor = as_tensor(value) if isinstance(value, (Tensor, Readable)) else convert(value, BOOL, False)
        if tensor.dtype_code != BOOL:
            raise expected_dtype(kernel_name(row.name), BOOL, tensor, i)
        tensors.append(tensor)
    return elementwise_list(row, tensors)


def apply_elementwise(str name, *operands):
    """The elementwise op of a row of the table, on tensors, variables, arrays or numbers."""
    return apply_program(program(name), operands)


cdef object apply_program(Program row, tuple operands):
    cdef Tensor first = None, tensor
    cdef list tensors
    cdef int i, count = len(operands)
    if count == 1:
        value = operands[0]
        tensor = <Tensor>value if type(value) is Tensor else convert(value, -1, False)
        return elementwise(row, tensor, None, None)
    if count == 2:
        tensor = floating_elementwise(row, operands[0], operands[1])
        if tensor is not None:
            return tensor
    elif count == 3 and type(operands[0]) is Tensor and type(operands[1]) is Tensor and type(operands[2]) is Tensor:
        first, tensor = operands[1], operands[2]
        if (first.dtype_code == tensor.dtype_code <= F64
                and (<Tensor>operands[0]).dtype_code == (BOOL if row is SELECT_PROGRAM else tensor.dtype_code)):
            return elementwise(row, <Tensor>operands[0], first, tensor)
        first = None
    for value in operands:
        if isinstance(value, (Tensor, Readable)):
            tensor = value if type(value) is Tensor else (<Readable>value).read()
            if first is None or first.dtype_code == BOOL:
                first = tensor
    if first is None:
        try:
            first = convert(operands[0], -1, False)
        except TextOperand:
            if row.name not in _of_text:
                raise
            return _of_text[row.name](*operands)
        operands = (first, *operands[1:])
    tensors = []
    for value in operands:
        if type(value) is Tensor:
            tensors.append(value)
        elif is_differentiable(first.dtype_code) or row is SELECT_PROGRAM or row.lenient or row.integers is None:
            tensors.append(operand_like(value, first))
        else:
            tensors.append(strict_operand(value, first))
    for i in range(1 if row is not SELECT_PROGRAM else 2, count):
        tensor = tensors[i]
        first = tensors[i - 1]
        if tensor.dtype_code != first.dtype_code:
            raise undivided(first, tensor) if row.quotient else mixed_dtypes(kernel_name(row.name), first, tensor, i)
    return elementwise_list(row, tensors)


cdef int64_t axes_mask(object axis, int rank, str op) except -1:
    cdef int64_t mask = 0
    cdef Py_ssize_t place
    cdef int overflow = 0
    if axis is None:
        return ((<int64_t>1) << rank) - 1
    if type(axis) is int:
        place = PyLong_AsLongLongAndOverflow(axis, &overflow)
        if not overflow and -rank <= place < rank:
            return (<int64_t>1) << (place if place >= 0 else place + rank)
    items = whole_numbers(axis, op, "Tidx")[0]
    if len(items) > MAX_RANK:
        raise refused("reduced axes", op=op, count=len(items), rank=rank)
    for item in items:
        if not -rank <= item < rank:
            raise refused("reduced axis", op=op, axis=item, rank=rank)
        place = item % rank
        if (mask >> place) & 1:
            raise refused("reduced twice", op=op, axis=place)
        mask |= (<int64_t>1) << place
    return mask


def apply_reduce(str kernel, x, axis, bint keepdims, str op=None):
    """The reduction of TensorFlow's name for its kernel ("Sum", "Prod", "Max", "Min", "Mean") over axis (None: all axes).

    op: the name that errors give, where it is another.
    """
    return reduced(kind_of(kernel), x, axis, keepdims, kernel if op is None else op)


def reduction(str kernel):
    """For a reduction that Python declares, a compiled function under its name and with its documentation."""
    cdef int kind = kind_of(kernel)
    def compiled(declaration):
        def reduce_over(input_tensor, axis=None, keepdims=False, name=None):
            return reduced(kind, input_tensor, axis, keepdims, kernel)
        return declared(reduce_over, declaration)
    return compiled


cdef Tensor reduced(int kind, object x, object axis, bint keepdims, str op):
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    if tensor.dtype_code == BOOL or (is_complex(tensor.dtype_code) and kind in (MAX, MIN)):
        raise not_allowed(op, tensor.dtype_code, "T", REDUCED + (". Use tf.reduce_any or tf.reduce_all, or convert with tf.cast" if
                                                                 tensor.dtype_code == BOOL else ""))
    return reduce(kind, tensor, axes_mask(axis, tensor.extent.rank, op), keepdims)


def apply_matmul(a, b, bint transpose_a, bint transpose_b):
    """The matrix product over the last two axes."""
    cdef Tensor left, right
    if type(a) is Tensor:
        left = <Tensor>a
        right = <Tensor>b if type(b) is Tensor else convert(b, left.dtype_code, False)
    elif type(b) is Tensor or isinstance(b, Readable):
        right = <Tensor>b if type(b) is Tensor else (<Readable>b).read()
        left = convert(a, right.dtype_code, False)
    else:
        left = convert(a, -1, False)
        right = convert(b, left.dtype_code, False)
    return matmul(left, right, transpose_a, transpose_b)


def apply_matvec(Tensor a, Tensor b, bint transpose_a):
    """The product of a matrix and a vector over the last axes, the others broadcast."""
    cdef Py_ssize_t dims[MAX_RANK + 1]
    cdef Extent* extent
    cdef Tensor column, product
    memcpy(dims, b.extent.dims, b.extent.rank * sizeof(Py_ssize_t))
    dims[b.extent.rank] = 1
    extent = new_extent(b.extent.rank + 1, dims)
    column = reshape(b, extent)
    release_extent(extent)
    product = matmul(a, column, transpose_a, False)
    extent = new_extent(product.extent.rank - 1, product.extent.dims)
    column = reshape(product, extent)
    release_extent(extent)
    return column


cdef Extent* fitting_extent(Py_ssize_t size, object shape) except? NULL:
    """The extent of so many elements, not none, that a tuple or list of ints asks for, one of which may be -1; one reference.

    NULL without an error where it asks for another size or is of another kind.
    """
    cdef Py_ssize_t dims[MAX_RANK]
    cdef Py_ssize_t known = 1
    cdef int rank = 0, open_place = -1
    if type(shape) is not tuple and type(shape) is not list or len(shape) > MAX_RANK:
        return NULL
    for item in shape:
        if type(item) is not int or not -1 <= item <= size:
            return NULL
        dims[rank] = item
        if dims[rank] == -1:
            if open_place >= 0:
                return NULL
            open_place = rank
        elif dims[rank] == 0 or known > size // dims[rank]:
            return NULL
        else:
            known *= dims[rank]
        rank += 1
    if open_place >= 0:
        dims[open_place] = size // known
        known *= dims[open_place]
    return new_extent(rank, dims) if known == size > 0 else NULL


def apply_reshape(x, shape):
    """x under another shape; one -1 is worked out."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    cdef Extent* extent = fitting_extent(tensor.extent.size, shape)
    cdef list dims
    cdef object known = 1, present = 1, missing
    cdef int rank, i
    if extent != NULL:
        try:
            return reshape(tensor, extent)
        finally:
            release_extent(extent)
    dims, rank = whole_numbers(shape, "Reshape", "Tshape")
    if rank > 1:
        raise refused("reshape rank", shape=dims_text((<Tensor>convert(shape, -1, False)).extent))
    if -1 in dims:
        if dims.count(-1) > 1:
            raise refused("reshape open", first=dims.index(-1), second=dims.index(-1, dims.index(-1) + 1))
        # Beside a size of 0, the open one is what the other sizes of both leave.
        for i in range(tensor.extent.rank):
            if tensor.extent.dims[i] or 0 not in dims:
                present *= tensor.extent.dims[i]
        for d in dims:
            if d > 0:
                known *= d
        if present % known and not (0 in dims and tensor.extent.size == 0):
            raise refused("reshape multiple", size=present, known=known)
        missing = present // known
        dims[dims.index(-1)] = missing
    for place, d in enumerate(dims):
        if d < 0:
            raise refused("reshape negative", place=place, size=d)
    if math.prod(dims) >= WIDE:
        raise refused("reshape large", shape=dims)
    extent = extent_from(tuple(dims))
    try:
        return reshape(tensor, extent)
    finally:
        release_extent(extent)


def apply_transpose(x, perm=None):
    """x with its axes permuted; reversed where perm is None."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    cdef int rank = tensor.extent.rank, i
    cdef int64_t packed = 0
    cdef int permuted
    cdef list order
    if perm is None:
        order = list(range(rank))[::-1]
    else:
        order, permuted = whole_numbers(perm, "Transpose", "Tperm")
        if permuted != 1:
            raise refused("transpose rank", shape=dims_text((<Tensor>convert(perm, -1, False)).extent))
        if len(order) != rank:
            raise refused("transpose length", rank=rank, length=len(order))
        order = [p + rank if p < 0 else p for p in order]
        for p in order:
            if not 0 <= p < rank:
                raise refused("transpose axis", axis=p, rank=rank)
        if len(set(order)) != rank:
            missing = min(set(range(rank)) - set(order))
            raise refused("transpose twice", missing=missing, order=",".join([str(p) for p in order]))
    for i in range(rank):
        packed |= (<int64_t>order[i]) << (4 * i)
    if order == list(range(rank)):
        return identity(tensor)
    return transpose(tensor, packed)


def apply_broadcast_to(x, shape):
    """x repeated to a shape that it broadcasts to."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    cdef Extent* extent = extent_from(shape)
    try:
        return broadcast_to(tensor, extent)
    finally:
        release_extent(extent)


def apply_expand_dims(x, axis):
    """x with an axis of size 1 more."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    cdef Py_ssize_t dims[MAX_RANK + 1]
    cdef int rank = tensor.extent.rank, place, j
    cdef Extent* extent
    axis = int_of(axis, "ExpandDims", "Tdim")
    if not -rank - 1 <= axis <= rank:
        raise refused("expanded axis", axis=axis, rank=rank)
    place = axis if axis >= 0 else axis + rank + 1
    for j in range(rank + 1):
        dims[j] = 1 if j == place else tensor.extent.dims[j if j < place else j - 1]
    extent = new_extent(rank + 1, dims)
    tensor = reshape(tensor, extent)
    release_extent(extent)
    return tensor


def apply_squeeze(x, axis=None):
    """x without axes of size 1: those that are listed, or all."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    cdef Py_ssize_t dims[MAX_RANK]
    cdef int64_t dropped = 0
    cdef int rank = 0, place, j
    cdef Extent* extent
    for item in squeezed_axes(axis):
        if not -tensor.extent.rank <= item < tensor.extent.rank:
            raise refused("squeezed axis", axis=item, rank=tensor.extent.rank)
        place = item if item >= 0 else item + tensor.extent.rank
        if tensor.extent.dims[place] != 1:
            raise refused("squeezed size", axis=place, size=tensor.extent.dims[place])
        dropped |= (<int64_t>1) << place
    for j in range(tensor.extent.rank):
        if not (dropped >> j) & 1 if dropped else tensor.extent.dims[j] != 1:
            dims[rank] = tensor.extent.dims[j]
            rank += 1
    extent = new_extent(rank, dims)
    tensor = reshape(tensor, extent)
    release_extent(extent)
    return tensor


cdef object squeezed_axes(object axis):
    if axis is None:
        return ()
    if type(axis) is int:
        return (axis,)
    if isinstance(axis, (Tensor, Readable, np.ndarray)):
        return ints_of(axis, "Squeeze", "squeeze_dims")
    return [int_attribute(place, "axis") for place in (axis if isinstance(axis, (list, tuple)) else (axis,))]


def apply_sum_to(Tensor x, shape):
    """Sums x over the axes along which `shape` was broadcast to x's shape."""
    cdef Extent* extent = extent_from(shape)
    try:
        return sum_to(x, extent)
    finally:
        release_extent(extent)


def apply_cast(x, dtype):
    """x in another dtype."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    cdef int code = dtype_code_of(dtype)
    cdef Tensor out
    if (tensor.dtype_code == I32 or tensor.dtype_code == I64) and is_native(code):
        out = floating_of(tensor, code)
        if observing:
            observe_compiled(CAST, out, tensor, None, tensor.dtype_code | (code << 8))
        return out
    return cast(tensor, code)


def apply_identity(x):
    """x itself under a node of its own."""
    return identity(<Tensor>x if type(x) is Tensor else convert(x, -1, False))


def apply_conjugate(x):
    """The complex conjugate; real numbers as they are."""
    return conjugated(<Tensor>x if type(x) is Tensor else convert(x, -1, False))


def apply_stop_gradient(x):
    """x's value without its history."""
    cdef Tensor tensor = <Tensor>x if type(x) is Tensor else convert(x, -1, False)
    return constant(tensor)


def install_packing(pack) -> None:
    """Registers the function in Python that packs a sequence of tensors into one tensor."""
    global _pack
    _pack = pack


def install_text(functions) -> None:
    """Registers, by name, functions in Python that compute elementwise ops of two operands on text."""
    _of_text.update(functions)


_pack = None
cdef dict _of_text = {}


cdef object pack_hook(object values, int dtype_code):
    return _pack(values, None if dtype_code < 0 else dtype_object(dtype_code))


operators().pack = pack_hook
