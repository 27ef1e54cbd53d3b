"""Error messages of ops, as in TensorFlow.

What a shape, an axis, a size or an index is refused with stands in one table, by a name for what is wrong. Who checks fills
its fields in, and no other module words it.
"""

from gradtape._engine.base.shape cimport dims_text
from gradtape._engine.compute.program cimport program as program_named
from gradtape._engine.record.entries cimport Call, Entry, CALL
from gradtape._engine.record.primitive cimport Primitive
from gradtape._engine.tensor.conversion cimport dtype_word
from gradtape._engine.tensor.tensor cimport Tensor

from gradtape._src.core.errors import invalid_argument


cdef str kernel_name(str name):
    """The name of an elementwise op in error messages."""
    return program_named(name).kernel


# What is wrong: TensorFlow's op; the sentence; the kernel that it names first, "" for the op's own, None before one ran.
# An op named by a field is that of the caller.
cdef dict REFUSALS = {
    "shapes": ("{op}", "Incompatible shapes: {left} vs. {right}", ""),
    "zero divisor": ("{op}", "Integer division by zero", ""),
    "negative power": ("{op}", "Integers to negative integer powers are not allowed", ""),
    "reduced axes": ("{op}", "Invalid reduction arguments: {count} axes of a tensor with {rank} dimension(s)", ""),
    "reduced axis": ("{op}", "Invalid reduction dimension ({axis} for input with {rank} dimension(s)", ""),
    "reduced twice": ("{op}", "Invalid reduction arguments: Axes contains duplicate dimension: {axis}", ""),
    "reshape rank": ("Reshape", "sizes input must be 1-D, not {shape}", ""),
    "reshape open": ("Reshape", "Only one input size may be -1, not both {first} and {second}", ""),
    "reshape multiple": ("Reshape", "Input to reshape is a tensor with {size} values, but the requested shape requires a multiple "
                                    "of {known}", ""),
    "reshape size": ("Reshape", "Input to reshape is a tensor with {size} values, but the requested shape has {wanted}", ""),
    "reshape negative": ("Reshape", "Size {place} must be non-negative, not {size}", ""),
    "reshape large": ("Reshape", "Shape {shape} has too many elements", ""),
    "transpose rank": ("Transpose", "perm must be rank 1, got shape {shape}", ""),
    "transpose length": ("Transpose", "transpose expects a vector of size {rank}. But input(1) is a vector of size {length}", ""),
    "transpose axis": ("Transpose", "{axis} is out of range [0 .. {rank})", ""),
    "transpose twice": ("Transpose", "{missing} is missing from {{{order}}}.", ""),
    "expanded axis": ("ExpandDims", "Tried to expand dim index {axis} for tensor with {rank} dimensions.", ""),
    "squeezed axis": ("Squeeze", "Tried to squeeze dim index {axis} for tensor with {rank} dimensions.", ""),
    "squeezed size": ("Squeeze", "Can not squeeze dim[{axis}], expected a dimension of 1, got {size}", ""),
    "concat nothing": ("ConcatV2", "List argument 'values' to 'concat' must hold at least one tensor", ""),
    "concat scalars": ("ConcatV2", "ConcatOp : Can't concatenate scalars (use tf.stack instead)", ""),
    "concat axis": ("ConcatV2", "ConcatOp : Expected concatenating dimensions in the range [-{rank}, {rank}), but got {axis}", ""),
    "concat ranks": ("ConcatV2", "ConcatOp : Ranks of all input tensors should match: shape[0] = {first} vs. shape[{place}] = "
                                 "{other}", ""),
    "concat sizes": ("ConcatV2", "ConcatOp : Dimension {axis} in both shapes must be equal: shape[0] = {first} vs. "
                                 "shape[{place}] = {other}", ""),
    "stack shapes": ("Pack", "Shapes of all inputs must match: values[0].shape = {first} != values[{place}].shape = {other}",
                     "Pack_N_{count}"),
    "unstack size": ("Unpack", "Input shape axis {axis} must equal {count}, got shape {shape}", ""),
    "split axis": ("{op}", "-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}", ""),
    "split count": ("Split", "Value for attr 'num_split' of {count} must be at least minimum 1", None),
    "split remainder": ("Split", "Number of ways to split should evenly divide the split dimension, but got split_dim {axis} "
                                 "(size = {size}) and num_split {count}", ""),
    "split sizes": ("SplitV", "size of the split_tensor must be 1-D and have the same elements as outputs got {rank} -D and "
                              "{count} elements", ""),
    "split open": ("SplitV", "There can only be one -1 in the input.", ""),
    "split total": ("SplitV", "Determined shape must either match input shape along split_dim exactly if fully specified, or be "
                              "less than the size of the input along split_dim if not fully specified.  Got: {total}", ""),
    "matmul rank": ("{op}", "In[{which}] ndims must be >= 2: {rank}. Give a vector a second axis with tf.expand_dims, or use "
                            "tf.linalg.matvec", ""),
    "matmul sizes": ("{op}", "Matrix size-incompatible: In[0]: {left}, In[1]: {right}", ""),
    "matmul batches": ("{op}", "In[0] and In[1] must have compatible batch dimensions: {left} vs. {right}", ""),
    "label": ("SparseSoftmaxCrossEntropyWithLogits", "Received a label value of {label} which is outside the valid range of "
                                                     "[0, {classes}).  Label values: {labels}", ""),
    "no classes": ("SparseSoftmaxCrossEntropyWithLogits", "Must have at least one class, but got logits shape {shape}", ""),
    "assigned shape": ("{op}", "Cannot update variable with shape {held} using a Tensor with shape {change}, shapes must be "
                               "equal.", ""),
    "assigned bool": ("{op}", "bool variables have no sums. Convert with tf.cast, or use assign.", ""),
    "gather scalar": ("GatherV2", "params must be at least 1 dimensional", ""),
    "gather index": ("{op}", "indices{place} = {index} is not in [0, {size})", ""),
}


def refused(str what, name="", **fields):
    """The InvalidArgumentError with a key of the table; `name` is printed after "name:" unless it is None."""
    op, sentence, kernel = REFUSALS[what]
    return invalid_argument(op.format(**fields), sentence.format(**fields), name, kernel=kernel and kernel.format(**fields))


def shape_text(shape):
    """A shape or other list as printed in messages: [2,3]."""
    return f"[{','.join(map(str, shape))}]"


def unexpected_dtype(str op, int place, str expected, str actual):
    """The error for an operand whose dtype differs from the others'."""
    return invalid_argument(op, f"cannot compute {op} as input #{place}(zero-based) was expected to be a {expected} tensor but is a "
                                f"{actual} tensor", "", kernel=None)


def dtype_not_allowed(str op, str actual, str allowed, str attribute="T"):
    """The error for a dtype that an op does not support."""
    return invalid_argument(op, f"Value for attr '{attribute}' of {actual} is not in the list of allowed values: {allowed}", "",
                            kernel=None)


def one_dtype(str op, tuple tensors):
    """InvalidArgumentError unless all tensors have the first one's dtype."""
    cdef int place
    for place in range(1, len(tensors)):
        if (<Tensor?>tensors[place]).dtype_code != (<Tensor?>tensors[0]).dtype_code:
            raise mixed_dtypes(op, tensors[0], tensors[place], place)


cdef object incompatible(str op, Tensor a, Tensor b):
    return refused("shapes", op=op, left=dims_text(a.extent), right=dims_text(b.extent))


cdef object expected_dtype(str op, int dtype_code, Tensor tensor, int place):
    return unexpected_dtype(op, place, dtype_word(dtype_code), dtype_word(tensor.dtype_code))


cdef object mixed_dtypes(str op, Tensor a, Tensor b, int place):
    return expected_dtype(op, a.dtype_code, b, place)


cdef object undivided(Tensor a, Tensor b):
    return TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}.")


cdef object not_allowed(str op, int dtype_code, str attribute, str allowed):
    return dtype_not_allowed(op, dtype_word(dtype_code), allowed, attribute)


cdef object unsupported(str op, int dtype_code, str allowed):
    return not_allowed(op, dtype_code, "T", f"{allowed}. Convert with tf.cast")


cdef str entry_name(Entry* entry):
    """The name of an entry's op in messages."""
    return (<Primitive>(<Call>entry.op).primitive if entry.kind == CALL else <Primitive>entry.op).kernel
