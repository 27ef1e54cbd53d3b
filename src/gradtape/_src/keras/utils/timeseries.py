"""timeseries_dataset_from_array: sliding windows over a series, as a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.data.dataset import Dataset
from gradtape._src.data.mapping import AUTOTUNE
from gradtape._src.keras.utils.formats import check_format
from gradtape._src.ops.gathering import gather


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Sliding windows over a series, with a target for each.

    Args:
      data: the series: an array or tensor whose first axis is time.
      targets: the target of the window that starts at each time step, or None.
      sequence_length: number of time steps per window.
      sequence_stride: the distance between the starts of consecutive windows.
      sampling_rate: the distance between the time steps of a window.
      batch_size: number of windows in a batch; None: no batches.
      shuffle: whether to shuffle the windows.
      seed: the seed of the order.
      start_index: the first time step that is used.
      end_index: the time step after the last one that is used.
      format: "tf".

    Returns:
      A Dataset of windows, or of pairs of windows and targets.

    Raises:
      ValueError: an argument is out of range.

    Example:
      >>> series = np.arange(10.0)
      >>> windows = tf.keras.utils.timeseries_dataset_from_array(series[:-3], series[3:], 3, batch_size=2)
      >>> for x, y in windows.take(1):
      ...     print(x.numpy().tolist(), y.numpy())
      [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]] [3. 4.]
    """
    _check(len(data), sequence_stride, sampling_rate, start_index, end_index)
    check_format(format)
    first, last = start_index or 0, len(data) if end_index is None else end_index
    count = last - first - (sequence_length - 1) * sampling_rate
    if targets is not None:
        count = min(count, len(targets))
    starts = np.arange(0, count, sequence_stride, dtype="int32" if count < 2**31 - 1 else "int64")
    if shuffle:
        seed = np.random.randint(1000000) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    series = as_tensor(data)[first:last]
    judged = None if targets is None else as_tensor(targets)[first:last]
    within = as_tensor(np.arange(sequence_length, dtype=starts.dtype) * starts.dtype.type(sampling_rate))

    def window(start: Tensor) -> Any:
        # For one position, or a batch of them.
        found = gather(series, within + (start[:, None] if start.ndim else start))
        return found if judged is None else (found, gather(judged, start))

    places = Dataset.from_tensor_slices(starts)
    if shuffle:
        places = places.shuffle(1024 if batch_size is None else batch_size * 8, seed=seed)
    if batch_size is not None:
        places = places.batch(batch_size)
    return places.map(window, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE)


def _check(length: int, stride: int, rate: int, start: int | None, end: int | None) -> None:
    if start:
        if start < 0:
            raise ValueError(f"`start_index` must be 0 or greater. Received: start_index={start}")
        if start >= length:
            raise ValueError(
                "`start_index` must be lower than the length of the data. Received: "
                f"start_index={start}, for data of length {length}"
            )
    if end:
        if start and end <= start:
            raise ValueError(
                f"`end_index` must be higher than `start_index`. Received: start_index={start}, and end_index={end} "
            )
        if end >= length:
            raise ValueError(
                "`end_index` must be lower than the length of the data. Received: "
                f"end_index={end}, for data of length {length}"
            )
        if end <= 0:
            raise ValueError(f"`end_index` must be higher than 0. Received: end_index={end}")
    for name, value in (("sampling_rate", rate), ("sequence_stride", stride)):
        if value <= 0:
            raise ValueError(f"`{name}` must be higher than 0. Received: {name}={value}")
        if value >= length:
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={value}, for data of length "
                f"{length}"
            )
