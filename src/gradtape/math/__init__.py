"""tf.math: elementwise functions, reductions, scans, counting and sorting."""

from gradtape._src.nn.cross_entropies import (
    log_softmax as log_softmax,
    softmax as softmax,
)
from gradtape._src.ops.clipping import (
    clip_by_value as clip_by_value,
    l2_normalize as l2_normalize,
)
from gradtape._src.ops.combinations import (
    accumulate_n as accumulate_n,
    add_n as add_n,
    polyval as polyval,
    scalar_mul as scalar_mul,
)
from gradtape._src.ops.complex_numbers import (
    angle as angle,
    conj as conj,
    imag as imag,
    real as real,
)
from gradtape._src.ops.counting import (
    bincount as bincount,
    confusion_matrix as confusion_matrix,
)
from gradtape._src.ops.elementwise import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    bessel_i0 as bessel_i0,
    bessel_i0e as bessel_i0e,
    bessel_i1 as bessel_i1,
    bessel_i1e as bessel_i1e,
    ceil as ceil,
    cos as cos,
    cosh as cosh,
    digamma as digamma,
    divide as divide,
    divide_no_nan as divide_no_nan,
    equal as equal,
    erf as erf,
    erfc as erfc,
    erfcinv as erfcinv,
    erfinv as erfinv,
    exp as exp,
    expm1 as expm1,
    floor as floor,
    floordiv as floordiv,
    floormod as floormod,
    greater as greater,
    greater_equal as greater_equal,
    is_finite as is_finite,
    is_inf as is_inf,
    is_nan as is_nan,
    less as less,
    less_equal as less_equal,
    lgamma as lgamma,
    log as log,
    log1p as log1p,
    log_sigmoid as log_sigmoid,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    multiply_no_nan as multiply_no_nan,
    ndtri as ndtri,
    negative as negative,
    nextafter as nextafter,
    not_equal as not_equal,
    polygamma as polygamma,
    pow as pow,
    reciprocal as reciprocal,
    reciprocal_no_nan as reciprocal_no_nan,
    round as round,
    rsqrt as rsqrt,
    sigmoid as sigmoid,
    sign as sign,
    sin as sin,
    sinh as sinh,
    softplus as softplus,
    softsign as softsign,
    sqrt as sqrt,
    square as square,
    squared_difference as squared_difference,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
    truncatediv as truncatediv,
    truncatemod as truncatemod,
    xdivy as xdivy,
    xlog1py as xlog1py,
    xlogy as xlogy,
    zeta as zeta,
)
from gradtape._src.ops.extremes import argmax as argmax, argmin as argmin
from gradtape._src.ops.gamma_functions import (
    betainc as betainc,
    igamma as igamma,
    igammac as igammac,
    lbeta as lbeta,
)
from gradtape._src.ops.reductions import (
    reduce_all as reduce_all,
    reduce_any as reduce_any,
    reduce_max as reduce_max,
    reduce_mean as reduce_mean,
    reduce_min as reduce_min,
    reduce_prod as reduce_prod,
    reduce_sum as reduce_sum,
)
from gradtape._src.ops.scans import (
    cumprod as cumprod,
    cumsum as cumsum,
    cumulative_logsumexp as cumulative_logsumexp,
)
from gradtape._src.ops.segments import (
    segment_max as segment_max,
    segment_mean as segment_mean,
    segment_min as segment_min,
    segment_prod as segment_prod,
    segment_sum as segment_sum,
    unsorted_segment_max as unsorted_segment_max,
    unsorted_segment_mean as unsorted_segment_mean,
    unsorted_segment_min as unsorted_segment_min,
    unsorted_segment_prod as unsorted_segment_prod,
    unsorted_segment_sqrt_n as unsorted_segment_sqrt_n,
    unsorted_segment_sum as unsorted_segment_sum,
)
from gradtape._src.ops.sorting import (
    in_top_k as in_top_k,
    invert_permutation as invert_permutation,
    is_non_decreasing as is_non_decreasing,
    is_strictly_increasing as is_strictly_increasing,
    top_k as top_k,
)
from gradtape._src.ops.statistics import (
    count_nonzero as count_nonzero,
    reduce_euclidean_norm as reduce_euclidean_norm,
    reduce_logsumexp as reduce_logsumexp,
    reduce_std as reduce_std,
    reduce_variance as reduce_variance,
    zero_fraction as zero_fraction,
)
from gradtape.math import special as special

truediv = divide
mod = floormod
rint = round
