"""The array API standard for tensors; docs/array_api.md lists what is not implemented."""

import math as _math
from typing import Final as _Final

from gradtape._src.core.dtypes import (
    bool as bool,
    complex64 as complex64,
    complex128 as complex128,
    float32 as float32,
    float64 as float64,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    uint8 as uint8,
    uint16 as uint16,
    uint32 as uint32,
    uint64 as uint64,
)
from gradtape._src.interchange.dlpack import (
    from_dlpack as from_dlpack,
)
from gradtape._src.numpy.creation import (
    arange as arange,
    asarray as asarray,
    empty as empty,
    empty_like as empty_like,
    eye as eye,
    full as full,
    full_like as full_like,
    linspace as linspace,
    meshgrid as meshgrid,
    ones as ones,
    ones_like as ones_like,
    tril as tril,
    triu as triu,
    zeros as zeros,
    zeros_like as zeros_like,
)
from gradtape._src.numpy.elementwise import (
    abs as abs,
    add as add,
    arccos as _arccos,
    arccosh as _arccosh,
    arcsin as _arcsin,
    arcsinh as _arcsinh,
    arctan as _arctan,
    arctan2 as _arctan2,
    arctanh as _arctanh,
    bitwise_and as bitwise_and,
    bitwise_not as _bitwise_not,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    ceil as ceil,
    cos as cos,
    cosh as cosh,
    divide as divide,
    equal as equal,
    exp as exp,
    expm1 as expm1,
    fix as _fix,
    floor as floor,
    floor_divide as floor_divide,
    greater as greater,
    greater_equal as greater_equal,
    hypot as hypot,
    isfinite as isfinite,
    isinf as isinf,
    isnan as isnan,
    less as less,
    less_equal as less_equal,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logaddexp as logaddexp,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    maximum as maximum,
    minimum as minimum,
    mod as _mod,
    multiply as multiply,
    negative as negative,
    nextafter as nextafter,
    not_equal as not_equal,
    positive as positive,
    power as _power,
    reciprocal as reciprocal,
    sign as sign,
    signbit as signbit,
    sin as sin,
    sinh as sinh,
    sqrt as sqrt,
    square as square,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
)
from gradtape._src.numpy.picking import (
    take as take,
    take_along_axis as take_along_axis,
    where as where,
)
from gradtape._src.numpy.products import (
    matmul as matmul,
    tensordot as tensordot,
)
from gradtape._src.numpy.promotion import (
    result_type as result_type,
)
from gradtape._src.numpy.reductions import (
    all as all,
    any as any,
    argmax as argmax,
    argmin as argmin,
    count_nonzero as count_nonzero,
    max as max,
    mean as mean,
    min as min,
    prod as prod,
    sum as sum,
)
from gradtape._src.numpy.shapes import (
    broadcast_arrays as broadcast_arrays,
    broadcast_to as broadcast_to,
    diff as diff,
    expand_dims as expand_dims,
    flip as flip,
    moveaxis as moveaxis,
    repeat as repeat,
    reshape as reshape,
    roll as roll,
    squeeze as squeeze,
    stack as stack,
    tile as tile,
)
from gradtape._src.numpy.standard import (
    Info as __array_namespace_info__,
    argsort as argsort,
    astype as astype,
    bitwise_left_shift as bitwise_left_shift,
    bitwise_right_shift as bitwise_right_shift,
    can_cast as can_cast,
    clip as clip,
    concat as concat,
    copysign as copysign,
    cumulative_prod as cumulative_prod,
    cumulative_sum as cumulative_sum,
    finfo as finfo,
    iinfo as iinfo,
    isdtype as isdtype,
    matrix_transpose as matrix_transpose,
    nonzero as nonzero,
    permute_dims as permute_dims,
    round as round,
    searchsorted as searchsorted,
    sort as sort,
    std as std,
    unique_all as unique_all,
    unique_counts as unique_counts,
    unique_inverse as unique_inverse,
    unique_values as unique_values,
    unstack as unstack,
    var as var,
    vecdot as vecdot,
)
from gradtape._src.ops.complex_numbers import (
    conj as conj,
    imag as imag,
    real as real,
)

acos = _arccos
acosh = _arccosh
asin = _arcsin
asinh = _arcsinh
atan = _arctan
atan2 = _arctan2
atanh = _arctanh
bitwise_invert = _bitwise_not
trunc = _fix
remainder = _mod
pow = _power

__array_api_version__ = "2024.12"

e: _Final = _math.e
inf: _Final = _math.inf
nan: _Final = _math.nan
newaxis = None
pi: _Final = _math.pi
