"""tf.data.experimental: older names, most of which are methods of datasets now."""

from typing import Final as _Final

from gradtape._src.data.csv import CsvDataset as CsvDataset, make_csv_dataset as make_csv_dataset
from gradtape._src.data.dataset import Dataset as _Dataset
from gradtape._src.data.experimental import (
    Counter as Counter,
    assert_cardinality as assert_cardinality,
    cardinality as cardinality,
    from_list as from_list,
    get_next_as_optional as get_next_as_optional,
    get_single_element as get_single_element,
    get_structure as get_structure,
    ignore_errors as ignore_errors,
    map_and_batch as map_and_batch,
    shuffle_and_repeat as shuffle_and_repeat,
    unbatch as unbatch,
    unique as unique,
)
from gradtape._src.data.iterator import Optional as Optional
from gradtape._src.data.mapping import AUTOTUNE as AUTOTUNE
from gradtape._src.data.options import (
    AutoShardPolicy as AutoShardPolicy,
    AutotuneAlgorithm as AutotuneAlgorithm,
    AutotuneOptions as AutotuneOptions,
    DistributeOptions as DistributeOptions,
    OptimizationOptions as OptimizationOptions,
    ThreadingOptions as ThreadingOptions,
)
from gradtape._src.data.transformations import (
    bucket_by_sequence_length as bucket_by_sequence_length,
    copy_to_device as copy_to_device,
    enumerate_dataset as enumerate_dataset,
    group_by_window as group_by_window,
    parallel_interleave as parallel_interleave,
    prefetch_to_device as prefetch_to_device,
    scan as scan,
    take_while as take_while,
)

choose_from_datasets: _Final = _Dataset.choose_from_datasets
sample_from_datasets: _Final = _Dataset.sample_from_datasets
RandomDataset: _Final = _Dataset.random
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2
