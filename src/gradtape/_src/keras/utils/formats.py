"""What Keras' functions that make datasets make: those of tf.data."""

from __future__ import annotations


def check_format(format: str) -> None:
    """ValueError unless datasets of tf.data are requested."""
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    if format == "grain":
        raise ValueError('Datasets are those of tf.data here: leave `format` at "tf". Received: format=grain')
