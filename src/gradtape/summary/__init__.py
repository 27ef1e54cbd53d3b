"""tf.summary: summaries for TensorBoard."""

from gradtape._src.io.summary import (
    SummaryWriter as SummaryWriter,
    create_file_writer as create_file_writer,
    create_noop_writer as create_noop_writer,
    flush as flush,
    histogram as histogram,
    image as image,
    record_if as record_if,
    scalar as scalar,
    should_record_summaries as should_record_summaries,
    text as text,
    write as write,
)
from gradtape._src.io.traces import trace_export as trace_export, trace_off as trace_off, trace_on as trace_on
from gradtape.summary import experimental as experimental
