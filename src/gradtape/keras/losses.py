"""tf.keras.losses: loss functions."""

from gradtape._src.keras.losses import (
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
from gradtape._src.keras.losses.base import (
    Loss as Loss,
    Reduction as Reduction,
)
from gradtape._src.keras.losses.ctc import (
    CTC as CTC,
    ctc as ctc,
)
from gradtape._src.keras.losses.hinges import (
    CategoricalHinge as CategoricalHinge,
    Hinge as Hinge,
    SquaredHinge as SquaredHinge,
    categorical_hinge as categorical_hinge,
    hinge as hinge,
    squared_hinge as squared_hinge,
)
from gradtape._src.keras.losses.overlap import (
    Circle as Circle,
    Dice as Dice,
    Tversky as Tversky,
    circle as circle,
    dice as dice,
    tversky as tversky,
)
from gradtape._src.keras.losses.probabilistic import (
    BinaryCrossentropy as BinaryCrossentropy,
    BinaryFocalCrossentropy as BinaryFocalCrossentropy,
    CategoricalCrossentropy as CategoricalCrossentropy,
    CategoricalFocalCrossentropy as CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy,
    KLDivergence as KLDivergence,
    Poisson as Poisson,
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
    binary_crossentropy as binary_crossentropy,
    binary_focal_crossentropy as binary_focal_crossentropy,
    categorical_crossentropy as categorical_crossentropy,
    categorical_focal_crossentropy as categorical_focal_crossentropy,
    categorical_generalized_cross_entropy as categorical_generalized_cross_entropy,
    kl_divergence as kl_divergence,
    poisson as poisson,
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from gradtape._src.keras.losses.regression import (
    CosineSimilarity as CosineSimilarity,
    Huber as Huber,
    LogCosh as LogCosh,
    MeanAbsoluteError as MeanAbsoluteError,
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
    MeanSquaredError as MeanSquaredError,
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
    cosine_similarity as cosine_similarity,
    huber as huber,
    log_cosh as log_cosh,
    mean_absolute_error as mean_absolute_error,
    mean_absolute_percentage_error as mean_absolute_percentage_error,
    mean_squared_error as mean_squared_error,
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)

KLD = kl_divergence
kld = kl_divergence
kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
MAE = mean_absolute_error
mae = mean_absolute_error
MAPE = mean_absolute_percentage_error
mape = mean_absolute_percentage_error
MSE = mean_squared_error
mse = mean_squared_error
MSLE = mean_squared_logarithmic_error
msle = mean_squared_logarithmic_error
