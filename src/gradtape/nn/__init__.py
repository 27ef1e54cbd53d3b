"""tf.nn: activations, losses, convolutions, pooling, normalization and dropout."""

from gradtape._src.nn.activations import (
    crelu as crelu,
    gelu as gelu,
    leaky_relu as leaky_relu,
    silu as silu,
    swish as swish,
)
from gradtape._src.nn.convolution import (
    atrous_conv2d as atrous_conv2d,
    conv1d as conv1d,
    conv2d as conv2d,
    conv3d as conv3d,
    convolution as convolution,
)
from gradtape._src.nn.cross_entropies import (
    l2_loss as l2_loss,
    log_poisson_loss as log_poisson_loss,
    log_softmax as log_softmax,
    sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits,
    softmax as softmax,
    softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits,
)
from gradtape._src.nn.ctc import (
    ctc_loss as ctc_loss,
)
from gradtape._src.nn.depthwise_convolution import (
    depthwise_conv2d as depthwise_conv2d,
    separable_conv2d as separable_conv2d,
)
from gradtape._src.nn.morphology import (
    dilation2d as dilation2d,
    erosion2d as erosion2d,
)
from gradtape._src.nn.normalization import (
    batch_norm_with_global_normalization as batch_norm_with_global_normalization,
    batch_normalization as batch_normalization,
    bias_add as bias_add,
    dropout as dropout,
    local_response_normalization as local_response_normalization,
    moments as moments,
    normalize_moments as normalize_moments,
    sufficient_statistics as sufficient_statistics,
    weighted_moments as weighted_moments,
)
from gradtape._src.nn.pooling import (
    avg_pool as avg_pool,
    avg_pool1d as avg_pool1d,
    avg_pool2d as avg_pool2d,
    avg_pool3d as avg_pool3d,
    max_pool as max_pool,
    max_pool1d as max_pool1d,
    max_pool2d as max_pool2d,
    max_pool3d as max_pool3d,
    max_pool_with_argmax as max_pool_with_argmax,
    pool as pool,
)
from gradtape._src.nn.sampled_losses import (
    compute_average_loss as compute_average_loss,
    nce_loss as nce_loss,
    sampled_softmax_loss as sampled_softmax_loss,
    scale_regularization_loss as scale_regularization_loss,
)
from gradtape._src.nn.transposed_convolution import (
    atrous_conv2d_transpose as atrous_conv2d_transpose,
    conv1d_transpose as conv1d_transpose,
    conv2d_transpose as conv2d_transpose,
    conv3d_transpose as conv3d_transpose,
    conv_transpose as conv_transpose,
)
from gradtape._src.ops.blocks import space_to_batch as space_to_batch
from gradtape._src.ops.clipping import (
    embedding_lookup as embedding_lookup,
    l2_normalize as l2_normalize,
)
from gradtape._src.ops.elementwise import (
    elu as elu,
    relu as relu,
    relu6 as relu6,
    selu as selu,
    sigmoid as sigmoid,
    softplus as softplus,
    softsign as softsign,
    tanh as tanh,
)
from gradtape._src.ops.rearranging import (
    depth_to_space as depth_to_space,
    space_to_depth as space_to_depth,
)
from gradtape._src.ops.sorting import (
    in_top_k as in_top_k,
    top_k as top_k,
)
from gradtape._src.ops.statistics import zero_fraction as zero_fraction
from gradtape._src.random.candidates import (
    all_candidate_sampler as all_candidate_sampler,
)
from gradtape._src.sparse.lookups import (
    embedding_lookup_sparse as embedding_lookup_sparse,
    safe_embedding_lookup_sparse as safe_embedding_lookup_sparse,
)
from gradtape.nn import experimental as experimental

lrn = local_response_normalization
