"""tf.strings: functions of text."""

from gradtape._src.ops.strings import (
    as_string as as_string,
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
