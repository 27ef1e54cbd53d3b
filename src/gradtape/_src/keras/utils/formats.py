"""The format of Keras' dataset functions: tf.data."""

from __future__ import annotations


def check_format(format: str) -> None:
    """ValueError unless tf.data datasets are requested."""
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    if format == "grain":
        raise ValueError('Datasets are those of tf.data here: leave `format` at "tf". Received: format=grain')
