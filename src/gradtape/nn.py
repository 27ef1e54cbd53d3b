"""tf.nn: activations, made from the table; losses, convolutions, pooling, normalization and dropout."""

from __future__ import annotations

from types import SimpleNamespace

from gradtape import normalization
from gradtape.arrays import depth_to_space, space_to_depth
from gradtape.clipping import embedding_lookup, l2_normalize
from gradtape.convolution import *  # noqa: F403
from gradtape.elementwise import ROWS
from gradtape.math import FUNCTIONS
from gradtape.normalization import *  # noqa: F403
from gradtape.pooling import *  # noqa: F403
from gradtape.reductions import zero_fraction
from gradtape.sorting import in_top_k, top_k

for _row in ROWS:
    for _place in _row.tensorflow:
        if _place.startswith("nn."):
            globals()[_place.removeprefix("nn.")] = FUNCTIONS[_row.name]

# After the table's, which know nothing of options or of operands that must be of one shape.
from gradtape.activations import *  # noqa: E402, F403
from gradtape.cross_entropies import *  # noqa: E402, F403

experimental = SimpleNamespace(
    general_dropout=normalization.general_dropout, stateless_dropout=normalization.stateless_dropout
)
