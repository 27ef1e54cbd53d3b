"""tf.sparse: sparse tensors."""

from gradtape._src.sparse.arithmetic import (
    add as add,
    map_values as map_values,
    maximum as maximum,
    minimum as minimum,
    reduce_max as reduce_max,
    reduce_sum as reduce_sum,
    softmax as softmax,
)
from gradtape._src.sparse.conversion import (
    eye as eye,
    from_dense as from_dense,
    mask as mask,
    to_dense as to_dense,
    to_indicator as to_indicator,
)
from gradtape._src.sparse.products import sparse_dense_matmul as sparse_dense_matmul
from gradtape._src.sparse.rearranging import (
    concat as concat,
    expand_dims as expand_dims,
    fill_empty_rows as fill_empty_rows,
    reorder as reorder,
    reset_shape as reset_shape,
    reshape as reshape,
    retain as retain,
    slice as slice,
    split as split,
    transpose as transpose,
)
from gradtape._src.sparse.segments import (
    segment_mean as segment_mean,
    segment_sqrt_n as segment_sqrt_n,
    segment_sum as segment_sum,
)
from gradtape._src.sparse.sparse_tensor import SparseTensor as SparseTensor
