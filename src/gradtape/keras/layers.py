"""tf.keras.layers: layers."""

from gradtape._src.keras.input_layer import (
    Input as Input,
    InputLayer as InputLayer,
)
from gradtape._src.keras.input_spec import (
    InputSpec as InputSpec,
)
from gradtape._src.keras.layer import (
    Layer as Layer,
)
from gradtape._src.keras.layers.activation_layers import (
    ELU as ELU,
    Activation as Activation,
    ActivityRegularization as ActivityRegularization,
    LeakyReLU as LeakyReLU,
    PReLU as PReLU,
    ReLU as ReLU,
    Softmax as Softmax,
)
from gradtape._src.keras.layers.attention import (
    AdditiveAttention as AdditiveAttention,
    Attention as Attention,
)
from gradtape._src.keras.layers.bidirectional import (
    Bidirectional as Bidirectional,
)
from gradtape._src.keras.layers.cells import (
    GRUCell as GRUCell,
    LSTMCell as LSTMCell,
    SimpleRNNCell as SimpleRNNCell,
)
from gradtape._src.keras.layers.convolutional import (
    Conv1D as Conv1D,
    Conv1DTranspose as Conv1DTranspose,
    Conv2D as Conv2D,
    Conv2DTranspose as Conv2DTranspose,
    Conv3D as Conv3D,
    Conv3DTranspose as Conv3DTranspose,
)
from gradtape._src.keras.layers.dense import (
    Dense as Dense,
    EinsumDense as EinsumDense,
)
from gradtape._src.keras.layers.depthwise import (
    DepthwiseConv1D as DepthwiseConv1D,
    DepthwiseConv2D as DepthwiseConv2D,
    SeparableConv1D as SeparableConv1D,
    SeparableConv2D as SeparableConv2D,
)
from gradtape._src.keras.layers.dropout import (
    AlphaDropout as AlphaDropout,
    Dropout as Dropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    SpatialDropout1D as SpatialDropout1D,
    SpatialDropout2D as SpatialDropout2D,
    SpatialDropout3D as SpatialDropout3D,
)
from gradtape._src.keras.layers.embedding import (
    Embedding as Embedding,
)
from gradtape._src.keras.layers.image_colours import (
    RandomBrightness as RandomBrightness,
    RandomContrast as RandomContrast,
    RandomGrayscale as RandomGrayscale,
    RandomHue as RandomHue,
    RandomInvert as RandomInvert,
    RandomSaturation as RandomSaturation,
)
from gradtape._src.keras.layers.image_geometry import (
    RandomFlip as RandomFlip,
    RandomRotation as RandomRotation,
    RandomTranslation as RandomTranslation,
    RandomZoom as RandomZoom,
)
from gradtape._src.keras.layers.image_sizes import (
    CenterCrop as CenterCrop,
    RandomCrop as RandomCrop,
    Resizing as Resizing,
)
from gradtape._src.keras.layers.lookups import (
    IntegerLookup as IntegerLookup,
    StringLookup as StringLookup,
)
from gradtape._src.keras.layers.merging import (
    Add as Add,
    Average as Average,
    Concatenate as Concatenate,
    Dot as Dot,
    Maximum as Maximum,
    Minimum as Minimum,
    Multiply as Multiply,
    Subtract as Subtract,
    add as add,
    average as average,
    concatenate as concatenate,
    dot as dot,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    subtract as subtract,
)
from gradtape._src.keras.layers.multi_head_attention import (
    GroupedQueryAttention as GroupedQueryAttention,
    MultiHeadAttention as MultiHeadAttention,
)
from gradtape._src.keras.layers.normalization import (
    BatchNormalization as BatchNormalization,
    GroupNormalization as GroupNormalization,
    LayerNormalization as LayerNormalization,
)
from gradtape._src.keras.layers.pooling import (
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AveragePooling3D as AveragePooling3D,
    GlobalAveragePooling1D as GlobalAveragePooling1D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAveragePooling3D as GlobalAveragePooling3D,
    GlobalMaxPooling1D as GlobalMaxPooling1D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    GlobalMaxPooling3D as GlobalMaxPooling3D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
    MaxPooling3D as MaxPooling3D,
)
from gradtape._src.keras.layers.preprocessing import (
    CategoryEncoding as CategoryEncoding,
    Discretization as Discretization,
    Rescaling as Rescaling,
)
from gradtape._src.keras.layers.recurrent import (
    GRU as GRU,
    LSTM as LSTM,
    SimpleRNN as SimpleRNN,
)
from gradtape._src.keras.layers.resampling import (
    Cropping1D as Cropping1D,
    Cropping2D as Cropping2D,
    Cropping3D as Cropping3D,
    UpSampling1D as UpSampling1D,
    UpSampling2D as UpSampling2D,
    UpSampling3D as UpSampling3D,
    ZeroPadding1D as ZeroPadding1D,
    ZeroPadding2D as ZeroPadding2D,
    ZeroPadding3D as ZeroPadding3D,
)
from gradtape._src.keras.layers.reshaping import (
    Flatten as Flatten,
    Permute as Permute,
    RepeatVector as RepeatVector,
    Reshape as Reshape,
)
from gradtape._src.keras.layers.rnn import (
    RNN as RNN,
    StackedRNNCells as StackedRNNCells,
)
from gradtape._src.keras.layers.scaling import (
    RMSNormalization as RMSNormalization,
    SpectralNormalization as SpectralNormalization,
    UnitNormalization as UnitNormalization,
)
from gradtape._src.keras.layers.serializing import (
    deserialize as deserialize,
    serialize as serialize,
)
from gradtape._src.keras.layers.standardizing import (
    Normalization as Normalization,
)
from gradtape._src.keras.layers.vectorization import (
    TextVectorization as TextVectorization,
)
from gradtape._src.keras.layers.wrapping import (
    Identity as Identity,
    Lambda as Lambda,
    Masking as Masking,
    TimeDistributed as TimeDistributed,
    Wrapper as Wrapper,
)

Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
GroupQueryAttention = GroupedQueryAttention
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
