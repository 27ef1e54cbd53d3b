"""tf.experimental.numpy: NumPy's functions for tensors, differentiable."""

from typing import Final as _Final

import numpy as _numpy

from gradtape._engine.tensor.tensor import (
    Tensor as _Tensor,
)
from gradtape._src.numpy.complex_parts import (
    angle as angle,
    conj as conj,
    divmod as divmod,
    imag as imag,
    iscomplex as iscomplex,
    iscomplexobj as iscomplexobj,
    isreal as isreal,
    isrealobj as isrealobj,
    real as real,
)
from gradtape._src.numpy.creation import (
    arange as arange,
    array as array,
    asanyarray as asanyarray,
    asarray as asarray,
    ascontiguousarray as ascontiguousarray,
    copy as copy,
    diag as diag,
    diag_indices as diag_indices,
    diagflat as diagflat,
    diagonal as diagonal,
    empty as empty,
    empty_like as empty_like,
    eye as eye,
    full as full,
    full_like as full_like,
    geomspace as geomspace,
    identity as identity,
    isscalar as isscalar,
    ix_ as ix_,
    linspace as linspace,
    logspace as logspace,
    meshgrid as meshgrid,
    ones as ones,
    ones_like as ones_like,
    tri as tri,
    tril as tril,
    triu as triu,
    vander as vander,
    zeros as zeros,
    zeros_like as zeros_like,
)
from gradtape._src.numpy.elementwise import (
    abs as abs,
    add as add,
    arccos as arccos,
    arccosh as arccosh,
    arcsin as arcsin,
    arcsinh as arcsinh,
    arctan as arctan,
    arctan2 as arctan2,
    arctanh as arctanh,
    bitwise_and as bitwise_and,
    bitwise_not as bitwise_not,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    cbrt as cbrt,
    ceil as ceil,
    cos as cos,
    cosh as cosh,
    deg2rad as deg2rad,
    divide as divide,
    equal as equal,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    fabs as fabs,
    fix as fix,
    float_power as float_power,
    floor as floor,
    floor_divide as floor_divide,
    gcd as gcd,
    greater as greater,
    greater_equal as greater_equal,
    heaviside as heaviside,
    hypot as hypot,
    isfinite as isfinite,
    isinf as isinf,
    isnan as isnan,
    isneginf as isneginf,
    isposinf as isposinf,
    lcm as lcm,
    less as less,
    less_equal as less_equal,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logaddexp as logaddexp,
    logaddexp2 as logaddexp2,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    maximum as maximum,
    minimum as minimum,
    mod as mod,
    multiply as multiply,
    negative as negative,
    nextafter as nextafter,
    not_equal as not_equal,
    positive as positive,
    power as power,
    rad2deg as rad2deg,
    reciprocal as reciprocal,
    sign as sign,
    signbit as signbit,
    sin as sin,
    sinc as sinc,
    sinh as sinh,
    sqrt as sqrt,
    square as square,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
)
from gradtape._src.numpy.picking import (
    allclose as allclose,
    argsort as argsort,
    array_equal as array_equal,
    clip as clip,
    compress as compress,
    isclose as isclose,
    nonzero as nonzero,
    round as round,
    select as select,
    sort as sort,
    take as take,
    take_along_axis as take_along_axis,
    where as where,
)
from gradtape._src.numpy.products import (
    cross as cross,
    dot as dot,
    einsum as einsum,
    inner as inner,
    kron as kron,
    matmul as matmul,
    outer as outer,
    polyval as polyval,
    tensordot as tensordot,
    trace as trace,
    vdot as vdot,
)
from gradtape._src.numpy.promotion import (
    promote_types as promote_types,
    result_type as result_type,
)
from gradtape._src.numpy.reductions import (
    all as all,
    any as any,
    argmax as argmax,
    argmin as argmin,
    average as average,
    count_nonzero as count_nonzero,
    cumprod as cumprod,
    cumsum as cumsum,
    max as max,
    mean as mean,
    min as min,
    nanmean as nanmean,
    nanprod as nanprod,
    nansum as nansum,
    prod as prod,
    ptp as ptp,
    std as std,
    sum as sum,
    var as var,
)
from gradtape._src.numpy.shapes import (
    append as append,
    atleast_1d as atleast_1d,
    atleast_2d as atleast_2d,
    atleast_3d as atleast_3d,
    broadcast_arrays as broadcast_arrays,
    broadcast_to as broadcast_to,
    concatenate as concatenate,
    diff as diff,
    dsplit as dsplit,
    dstack as dstack,
    expand_dims as expand_dims,
    flip as flip,
    fliplr as fliplr,
    flipud as flipud,
    hsplit as hsplit,
    hstack as hstack,
    moveaxis as moveaxis,
    ndim as ndim,
    pad as pad,
    ravel as ravel,
    repeat as repeat,
    reshape as reshape,
    roll as roll,
    rot90 as rot90,
    shape as shape,
    size as size,
    split as split,
    squeeze as squeeze,
    stack as stack,
    swapaxes as swapaxes,
    tile as tile,
    transpose as transpose,
    vsplit as vsplit,
    vstack as vstack,
)
from gradtape.experimental.numpy import random as random

ndarray = _Tensor
conjugate = conj
absolute = abs
true_divide = divide
remainder = mod
around = round
amax = max
amin = min

newaxis = None
pi: _Final = _numpy.pi
e: _Final = _numpy.e
inf: _Final = _numpy.inf
bool_ = _numpy.bool_
complex64 = _numpy.complex64
complex128 = _numpy.complex128
complex_ = _numpy.complex128
float16 = _numpy.float16
float32 = _numpy.float32
float64 = _numpy.float64
float_ = _numpy.float64
int8 = _numpy.int8
int16 = _numpy.int16
int32 = _numpy.int32
int64 = _numpy.int64
int_ = _numpy.int64
uint8 = _numpy.uint8
uint16 = _numpy.uint16
uint32 = _numpy.uint32
uint64 = _numpy.uint64
inexact = _numpy.inexact
object_ = _numpy.object_
string_ = _numpy.bytes_
unicode_ = _numpy.str_
finfo = _numpy.finfo
iinfo = _numpy.iinfo
issubdtype: _Final = _numpy.issubdtype
