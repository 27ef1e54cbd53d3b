"""tf.strings: functions of string tensors."""

from gradtape._src.ops.ngrams import ngrams as ngrams
from gradtape._src.ops.printing import as_string as as_string
from gradtape._src.ops.string_parts import (
    bytes_split as bytes_split,
    reduce_join as reduce_join,
    split as split,
    substr as substr,
    unicode_decode as unicode_decode,
    unicode_encode as unicode_encode,
    unicode_split as unicode_split,
)
from gradtape._src.ops.strings import (
    format as format,
    join as join,
    length as length,
    lower as lower,
    regex_full_match as regex_full_match,
    regex_replace as regex_replace,
    strip as strip,
    to_number as to_number,
    upper as upper,
)
