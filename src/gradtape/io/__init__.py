"""tf.io: reading, writing, encoding and parsing data."""

from gradtape._src.image.codecs import (
    decode_bmp as decode_bmp,
    decode_gif as decode_gif,
    decode_image as decode_image,
    decode_jpeg as decode_jpeg,
    decode_png as decode_png,
    encode_jpeg as encode_jpeg,
    encode_png as encode_png,
)
from gradtape._src.image.jpeg import (
    decode_and_crop_jpeg as decode_and_crop_jpeg,
    extract_jpeg_shape as extract_jpeg_shape,
    is_jpeg as is_jpeg,
)
from gradtape._src.io.csv import decode_csv as decode_csv
from gradtape._src.io.encodings import (
    decode_base64 as decode_base64,
    decode_compressed as decode_compressed,
    encode_base64 as encode_base64,
)
from gradtape._src.io.files import (
    matching_files as matching_files,
    read_file as read_file,
    write_file as write_file,
)
from gradtape._src.io.parsing import (
    FixedLenFeature as FixedLenFeature,
    FixedLenSequenceFeature as FixedLenSequenceFeature,
    VarLenFeature as VarLenFeature,
    decode_raw as decode_raw,
    parse_example as parse_example,
    parse_single_example as parse_single_example,
)
from gradtape._src.io.records import (
    RecordOptions as _RecordOptions,
    RecordWriter as _RecordWriter,
)
from gradtape._src.io.tensors import parse_tensor as parse_tensor, serialize_tensor as serialize_tensor
from gradtape.io import gfile as gfile

TFRecordOptions = _RecordOptions
TFRecordWriter = _RecordWriter
