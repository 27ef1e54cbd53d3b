"""tf.compat: strings and bytes, names of TensorFlow 1 that eager programs use, and tf itself as v2."""

import gradtape as _gradtape
from gradtape._src.core.text import (
    as_bytes as as_bytes,
    as_str as as_str,
    as_str_any as as_str_any,
    as_text as as_text,
)
from gradtape.compat import v1 as v1

v2 = _gradtape
