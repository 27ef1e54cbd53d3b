"""tf.keras.ops.nn: functions of neural networks."""

from gradtape._src.keras.activations import (
    celu as celu,
    elu as elu,
    glu as glu,
    hard_shrink as hard_shrink,
    hard_sigmoid as hard_sigmoid,
    hard_silu as hard_silu,
    hard_tanh as hard_tanh,
    leaky_relu as leaky_relu,
    log_sigmoid as log_sigmoid,
    log_softmax as log_softmax,
    relu as relu,
    relu6 as relu6,
    selu as selu,
    sigmoid as sigmoid,
    silu as silu,
    soft_shrink as soft_shrink,
    softmax as softmax,
    softplus as softplus,
    softsign as softsign,
    sparse_plus as sparse_plus,
    sparse_sigmoid as sparse_sigmoid,
    sparsemax as sparsemax,
    squareplus as squareplus,
    tanh_shrink as tanh_shrink,
    threshold as threshold,
)
from gradtape._src.keras.entropies import (
    binary_crossentropy as binary_crossentropy,
    categorical_crossentropy as categorical_crossentropy,
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from gradtape._src.keras.losses.ctc import (
    ctc_loss as ctc_loss,
)
from gradtape._src.keras.ops.indexing import (
    multi_hot as multi_hot,
    one_hot as one_hot,
)
from gradtape._src.keras.ops.nn import (
    average_pool as average_pool,
    batch_normalization as batch_normalization,
    conv as conv,
    depth_to_space as depth_to_space,
    depthwise_conv as depthwise_conv,
    dot_product_attention as dot_product_attention,
    gelu as gelu,
    layer_normalization as layer_normalization,
    max_pool as max_pool,
    moments as moments,
    normalize as normalize,
    psnr as psnr,
    rms_normalization as rms_normalization,
    separable_conv as separable_conv,
    space_to_depth as space_to_depth,
)
from gradtape._src.keras.ops.windows import (
    conv_transpose as conv_transpose,
    fold as fold,
    unfold as unfold,
)

hard_swish = hard_silu
swish = silu
