"""Python's operators on tensors and variables: conversion of the other operand, and choice of the op.

Tensor and BaseVariable lie below and call these functions through the table that is filled here.
"""

from gradtape._engine.base.shape cimport Extent, broadcast_extents, release_extent
from gradtape._engine.base.types cimport (ABS, ADD, AND, BOOL, CODE_COUNT, DIV, EQ, F64, FLOOR_MOD, GE, GT, LE, LT, MUL, NE, NEG,
                                          NOT, OR, SUB, is_differentiable)
from gradtape._engine.compute.program cimport Program, program as program_named
from gradtape._engine.ops.elementwise cimport elementwise
from gradtape._engine.ops.matmul cimport matmul
from gradtape._engine.ops.messages cimport incompatible, mixed_dtypes, undivided, unsupported, kernel_name
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.conversion cimport convert, convert_numbers, from_array
from gradtape._engine.tensor.tensor cimport (Operators, Readable, Tensor, as_array, new_scalar, tensor_or_none,
                                             operators, readable_tensor)

import numpy as np


cdef str WHOLE = "int8, int16, int32, int64, uint8, uint16, uint32, uint64"      # dtypes of bitwise operators


cdef Program ADD_PROGRAM = program_named("add")
cdef Program DIVIDE_PROGRAM = program_named("divide")
cdef Program SQUARE_PROGRAM = program_named("square")
cdef Program POW_PROGRAM = program_named("pow")
cdef Program FLOORDIV_PROGRAM = program_named("floordiv")
cdef Program EQUAL_PROGRAM = program_named("equal")
cdef Program NOT_EQUAL_PROGRAM = program_named("not_equal")
cdef list _binary_programs = [None] * CODE_COUNT
for _code, _name in ((ADD, "add"), (SUB, "subtract"), (MUL, "multiply"), (DIV, "divide"), (FLOOR_MOD, "floormod"), (LT, "less"),
                     (LE, "less_equal"), (GT, "greater"), (GE, "greater_equal"), (NEG, "negative"), (ABS, "abs"), (EQ, "equal"),
                     (NE, "not_equal")):
    _binary_programs[_code] = program_named(_name)


def evaluate_invert(Tensor a) -> Tensor:
    return from_array(np.asarray(np.invert(as_array(a))), a.dtype_code)  # NumPy returns a scalar for a 0-d array


def evaluate_bitwise(function):
    def evaluate(Tensor a, Tensor b):
        return from_array(np.asarray(function(as_array(a), as_array(b))), a.dtype_code)
    return evaluate


cdef Primitive INVERT = Primitive("Invert", evaluate_invert, batch="elementwise")
cdef dict _bitwise = {prefix + ending: Primitive(prefix + ending, evaluate_bitwise(function), batch="elementwise")
                      for prefix in ("Logical", "Bitwise")
                      for ending, function in (("And", np.bitwise_and), ("Or", np.bitwise_or), ("Xor", np.bitwise_xor))}


cdef Tensor operand_like(object value, Tensor other):
    """A value as the other operand of a tensor, converted to its dtype if that is lossless."""
    return convert(value, other.dtype_code, True)


cdef Tensor strict_operand(object value, Tensor other):
    """A value as the other operand of a tensor, converted to its dtype, else TypeError or ValueError."""
    cdef Tensor tensor = readable_tensor(value)
    return tensor if tensor is not None else convert(value, other.dtype_code, False)


cdef inline Tensor left_operand(object a, object b):
    """The left operand of an operator, at least one of whose operands is a tensor or variable."""
    cdef Tensor tensor = readable_tensor(a)
    return tensor if tensor is not None else strict_operand(a, readable_tensor(b))


cdef object binary(int code, object a, object b):
    return arithmetic(<Program>_binary_programs[code], a, b)


cdef Tensor floating_elementwise(Program program, object a, object b):
    """The fast path of binary operators: both operands are floating tensors or variables of one dtype; else returns None."""
    cdef Tensor left = tensor_or_none(a), right = tensor_or_none(b)
    if left is None:
        if right is not None and right.dtype_code <= F64:
            left = convert_numbers(a, right.dtype_code)
    elif right is None and left.dtype_code <= F64:
        right = convert_numbers(b, left.dtype_code)
    if left is not None and right is not None and left.dtype_code == right.dtype_code <= F64:
        return elementwise(program, left, right, None)
    return None


cdef object arithmetic(Program program, object a, object b):
    """An operator of two operands."""
    cdef Tensor result
    if type(a) is Tensor and type(b) is Tensor and (<Tensor>a).dtype_code == (<Tensor>b).dtype_code <= F64:
        return elementwise(program, <Tensor>a, <Tensor>b, None)
    result = floating_elementwise(program, a, b)
    return result if result is not None else mixed_binary(program, a, b)


# The reflected method of the other operand, which Python calls if the tensor's operator returns NotImplemented.
cdef dict _reflected = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__", "floordiv": "__rfloordiv__",
    "floormod": "__rmod__", "pow": "__rpow__", "matmul": "__rmatmul__", "and": "__rand__", "or": "__ror__", "xor": "__rxor__",
}


cdef bint defers_to(object b, str name):
    """Whether to return NotImplemented if b cannot be converted."""
    return name in _reflected and hasattr(type(b), _reflected[name]) and not isinstance(
        b, (Tensor, Readable, np.ndarray, np.generic, list, tuple, int, float, str))


cdef object mixed_binary(Program program, object a, object b):
    """The general path of binary operators: numbers, arrays, variables, integers."""
    cdef Tensor left, right
    try:
        left = left_operand(a, b)
        if program is ADD_PROGRAM or program is DIVIDE_PROGRAM:
            right = operand_like(b, left)
        else:
            right = strict_operand(b, left)
    except (TypeError, ValueError):
        if defers_to(b, program.name):
            return NotImplemented
        raise
    if left.dtype_code != right.dtype_code:
        if program is DIVIDE_PROGRAM:
            raise undivided(left, right)
        raise mixed_dtypes(kernel_name(program.name), left, right, 1)
    return elementwise(program, left, right, None)


cdef object unary(int code, object a):
    cdef Tensor tensor = left_operand(a, a)
    if code == NOT:
        if tensor.dtype_code == BOOL:
            return elementwise(program_named("logical_not"), tensor, None, None)
        if is_differentiable(tensor.dtype_code):
            raise unsupported("Invert", tensor.dtype_code, WHOLE)
        return INVERT(tensor)
    return elementwise(<Program>_binary_programs[code], tensor, None, None)


cdef object power(object a, object b):
    cdef Tensor left
    if (type(b) is int or type(b) is float) and b == 2:
        left = left_operand(a, b)
        if is_differentiable(left.dtype_code):
            return elementwise(SQUARE_PROGRAM, left, None, None)
    return arithmetic(POW_PROGRAM, a, b)


cdef object floordiv(object a, object b):
    return arithmetic(FLOORDIV_PROGRAM, a, b)


cdef object matmul_operator(object a, object b):
    cdef Tensor left, right
    if type(a) is Tensor and type(b) is Tensor:
        return matmul(<Tensor>a, <Tensor>b, False, False)
    try:
        left = left_operand(a, b)
        right = operand_like(b, left)
    except (TypeError, ValueError):
        if defers_to(b, "matmul"):
            return NotImplemented
        raise
    return matmul(left, right, False, False)


cdef object equal(object a, object b, bint negate):
    """Elementwise equality; shapes that do not broadcast are unequal."""
    cdef Tensor left, right
    cdef Extent* common
    if a is None or b is None:
        return negate
    left = left_operand(a, b)
    right = strict_operand(b, left)
    common = broadcast_extents(left.extent, right.extent)
    if common == NULL:
        return new_scalar(BOOL, negate)
    release_extent(common)
    return mixed_binary(NOT_EQUAL_PROGRAM if negate else EQUAL_PROGRAM, left, right)


cdef object bitwise(int code, object a, object b):
    cdef Tensor left, right
    name = "And" if code == AND else "Or" if code == OR else "Xor"
    try:
        left = left_operand(a, b)
        right = strict_operand(b, left)
    except (TypeError, ValueError):
        if defers_to(b, name.lower()):
            return NotImplemented
        raise
    name = ("Logical" if left.dtype_code == BOOL else "Bitwise") + name
    if is_differentiable(left.dtype_code):
        raise unsupported(name, left.dtype_code, WHOLE)
    if left.dtype_code != right.dtype_code:
        raise mixed_dtypes(name, left, right, 1)
    try:
        return (<Primitive>_bitwise[name])(left, right)
    except ValueError:
        raise incompatible(name, left, right) from None


cdef Operators* _table = operators()
_table.binary = binary
_table.unary = unary
_table.power = power
_table.floordiv = floordiv
_table.matmul = matmul_operator
_table.equal = equal
_table.bitwise = bitwise
