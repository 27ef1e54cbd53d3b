"""tf.keras.initializers: initializers of weights."""

from gradtape._src.keras.initializers import (
    STFT as STFT,
    Constant as Constant,
    GlorotNormal as GlorotNormal,
    GlorotUniform as GlorotUniform,
    HeNormal as HeNormal,
    HeUniform as HeUniform,
    Identity as Identity,
    Initializer as Initializer,
    LecunNormal as LecunNormal,
    LecunUniform as LecunUniform,
    Ones as Ones,
    Orthogonal as Orthogonal,
    RandomNormal as RandomNormal,
    RandomUniform as RandomUniform,
    TruncatedNormal as TruncatedNormal,
    VarianceScaling as VarianceScaling,
    Zeros as Zeros,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)

STFTInitializer = STFT
stft = STFT
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
IdentityInitializer = Identity
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
OrthogonalInitializer = Orthogonal
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros
