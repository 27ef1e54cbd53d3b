"""tf.math: elementwise functions, made from their table, and reductions, scans, counts and orders."""

from __future__ import annotations

from gradtape._doors import elementwise_function
from gradtape.clipping import l2_normalize
from gradtape.counting import bincount, confusion_matrix
from gradtape.cross_entropies import log_softmax, softmax
from gradtape.elementwise import ROWS
from gradtape.gamma_functions import betainc, igamma, igammac, lbeta
from gradtape.reductions import (
    accumulate_n,
    add_n,
    argmax,
    argmin,
    count_nonzero,
    polyval,
    reduce_all,
    reduce_any,
    reduce_euclidean_norm,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_sum,
    reduce_variance,
    scalar_mul,
    zero_fraction,
)
from gradtape.scans import cumprod, cumsum, cumulative_logsumexp
from gradtape.segments import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from gradtape.sorting import in_top_k, invert_permutation, is_non_decreasing, is_strictly_increasing, top_k

__all__ = ["abs"]

FUNCTIONS = {_row.name: elementwise_function(_row) for _row in ROWS}  # nn takes its own from here

for _row in ROWS:
    for _place in _row.tensorflow:
        if _place.startswith("math.") or "." not in _place:
            globals()[_place.removeprefix("math.")] = FUNCTIONS[_row.name]
            if "." not in _place:
                __all__.append(_place)

# After the table's, which knows nothing of IndexedSlices.
from gradtape.clipping import clip_by_value  # noqa: E402
