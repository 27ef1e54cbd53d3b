"""tf.data: input pipelines."""

from gradtape._src.data.base import DatasetSpec as DatasetSpec
from gradtape._src.data.dataset import Dataset as Dataset
from gradtape._src.data.files import (
    FixedLengthRecordDataset as FixedLengthRecordDataset,
    TextLineDataset as TextLineDataset,
    TFRecordDataset as TFRecordDataset,
)
from gradtape._src.data.iterator import Iterator as Iterator, NumpyIterator as NumpyIterator
from gradtape._src.data.mapping import AUTOTUNE as AUTOTUNE
from gradtape._src.data.node import (
    INFINITE as _INFINITE,
    UNKNOWN as _UNKNOWN,
)
from gradtape._src.data.options import Options as Options, ThreadingOptions as ThreadingOptions
from gradtape.data import experimental as experimental

INFINITE_CARDINALITY = _INFINITE
UNKNOWN_CARDINALITY = _UNKNOWN
