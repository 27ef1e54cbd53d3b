"""tf.dtypes: element types and conversions between them."""

from gradtape._src.core.dtypes import (
    DType as DType,
    as_dtype as as_dtype,
    bool as bool,
    double as double,
    float32 as float32,
    float64 as float64,
    int32 as int32,
    int64 as int64,
    string as string,
    uint8 as uint8,
)
from gradtape._src.ops.casts import (
    cast as cast,
    saturate_cast as saturate_cast,
)
