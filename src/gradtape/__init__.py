"""gradtape: TensorFlow's GradientTape without TensorFlow.

Programs written for tf.GradientTape run with `import gradtape as tf`.
"""

import sys as _sys
from typing import TYPE_CHECKING as _TYPE_CHECKING

from gradtape.later import later as _later

if _TYPE_CHECKING:
    from gradtape import keras, linalg, nn, optimizers, random, schedules, test
else:
    keras, linalg, nn, optimizers, random, schedules, test = map(
        _later, ("keras", "linalg", "nn", "optimizers", "random", "schedules", "test")
    )
    # Under these names programs import from them.
    _sys.modules["gradtape.keras.optimizers"] = optimizers
    _sys.modules["gradtape.optimizers.schedules"] = _sys.modules["gradtape.keras.optimizers.schedules"] = schedules

from gradtape import arrays, autodiff, config, debugging, dtypes, errors, math, nest
from gradtape import missing as _missing
from gradtape._tensor import Tensor
from gradtape.arrays import *
from gradtape.clipping import *
from gradtape.contractions import *
from gradtape.control_flow import *
from gradtape.counting import *
from gradtape.creation import *
from gradtape.custom_gradient import *
from gradtape.debugging import *
from gradtape.dtypes import DType, as_dtype, bool, double, float32, float64, int32, int64, uint8
from gradtape.functional import *
from gradtape.gathering import *
from gradtape.indexed_slices import *
from gradtape.indexing import *
from gradtape.logger import get_logger
from gradtape.math import *
from gradtape.matrix_functions import sqrtm as matrix_square_root
from gradtape.module import Module
from gradtape.naming import *
from gradtape.norms import norm
from gradtape.printing import *
from gradtape.reductions import *
from gradtape.scans import *
from gradtape.sorting import *
from gradtape.tape import GradientTape, UnconnectedGradients
from gradtape.tensor_shape import TensorShape
from gradtape.variable import Variable

# TensorFlow has these in further places, of which dtypes is lower than where they are written.
dtypes.cast, dtypes.saturate_cast = arrays.cast, arrays.saturate_cast

__version__ = "0.1.0"

_missing.explain_in(globals())
