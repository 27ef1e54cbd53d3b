"""What errors of ops say, in TensorFlow's words."""

from gradtape._engine.base.shape cimport dims_text
from gradtape._engine.compute.program cimport program as program_named
from gradtape._engine.record.entries cimport Call, Entry, CALL
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.conversion cimport dtype_word
from gradtape._engine.tensor.tensor cimport Tensor

from gradtape._src.core.errors import InvalidArgumentError, invalid_argument


cdef str kernel_name(str name):
    """The name under which an elementwise op appears in error messages."""
    return program_named(name).kernel


cdef object op_error(str op, str message):
    """An InvalidArgumentError in TensorFlow's words: what is wrong, then the op in brackets."""
    return InvalidArgumentError(
        None, None,
        f"{{{{function_node __wrapped__{op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}} {message} [Op:{op}] name: ")


cdef object incompatible(str op, Tensor a, Tensor b):
    return op_error(op, f"Incompatible shapes: {dims_text(a.extent)} vs. {dims_text(b.extent)}")


cdef object expected_dtype(str op, int dtype_code, Tensor tensor, int place):
    return invalid_argument(op, f"cannot compute {op} as input #{place}(zero-based) was expected to be a {dtype_word(dtype_code)} "
                                f"tensor but is a {dtype_word(tensor.dtype_code)} tensor", "", kernel=None)


cdef object mixed_dtypes(str op, Tensor a, Tensor b, int place):
    return expected_dtype(op, a.dtype_code, b, place)


cdef object undivided(Tensor a, Tensor b):
    return TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}.")


cdef object not_allowed(str op, int dtype_code, str attribute, str allowed):
    return invalid_argument(op, f"Value for attr '{attribute}' of {dtype_word(dtype_code)} is not in the list of allowed values: "
                                f"{allowed}", "", kernel=None)


cdef object unsupported(str op, int dtype_code, str allowed):
    return not_allowed(op, dtype_code, "T", f"{allowed}. Convert with tf.cast")


cdef str entry_name(Entry* entry):
    """The name under which the op of an entry appears in messages."""
    return (<Primitive>(<Call>entry.op).primitive if entry.kind == CALL else <Primitive>entry.op).kernel
