"""Datasets of comma-separated files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.operands import dtype_word
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.data.dataset import Dataset
from gradtape._src.data.files import names_of, reader
from gradtape._src.data.mapping import AUTOTUNE
from gradtape._src.io.csv import Column, narrowest, records, tensor_of, text_of
from gradtape._src.io.files import glob
from gradtape._src.io.records import compression_of, reading


class CsvDataset(Dataset):
    """A dataset of the records of comma-separated files, tuples of scalars.

    Args:
      filenames: a path, a list of them, or a dataset of them.
      record_defaults: for each column a dtype if fields must not be empty, or a list with the value of empty fields.
      compression_type: None, ``""``, ``"GZIP"`` or ``"ZLIB"``.
      buffer_size: not used.
      header: whether to skip the first record of each file.
      field_delim: the field delimiter.
      use_quote_delim: whether fields may be quoted.
      na_value: string that also means an empty field.
      select_cols: the columns to return, in increasing order; all if None.
      exclude_cols: the columns to leave out.

    Raises:
      TypeError: a column's dtype is not float32, float64, int32, int64 or string.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "some.csv")
      >>> tf.io.write_file(path, "1,tape\\n2,watch\\n")
      >>> list(tf.data.experimental.CsvDataset(path, [tf.int32, tf.string]).as_numpy_iterator())
      [(np.int32(1), b'tape'), (np.int32(2), b'watch')]
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Sequence[Any],
        compression_type: str | None = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Sequence[int] | None = None,
        exclude_cols: Sequence[int] | None = None,
    ) -> None:
        if select_cols is not None and exclude_cols is not None:
            raise ValueError("At most one of `select_cols` and `exclude_cols` can be specified.")
        compression = compression_of(compression_type)
        columns = [Column(_default(default)) for default in record_defaults]

        def read(path: str) -> Iterator[Any]:
            with reading(path, compression) as file:
                found = records(map(text_of, file), field_delim, use_quote_delim)
                if header:
                    next(found, None)
                yield from found

        def parse(fields: list[str]) -> Any:
            if exclude_cols is not None:
                fields = [field for place, field in enumerate(fields) if place not in exclude_cols]
            elif select_cols is not None:
                fields = [fields[place] for place in select_cols if place < len(fields)]
            return _record(columns, fields, na_value)

        spec = tuple(TensorSpec((), column.dtype) for column in columns)
        self._node = reader(names_of(filenames), read, "CsvDatasetV2", None, spec, parse)


def _default(default: Any) -> Any:
    return as_dtype(default) if isinstance(default, DType | type | str) else default


def _record(columns: Sequence[Column], fields: Sequence[str], na_value: str) -> tuple[Any, ...]:
    if len(fields) != len(columns):
        amount = "more" if len(fields) > len(columns) else str(len(fields))
        raise _wrong(f"Expect {len(columns)} fields but have {amount} in record")
    values = []
    for place, (column, field) in enumerate(zip(columns, fields, strict=True)):
        try:
            values.append(tensor_of(column, column.parse(field, na_value)))
        except LookupError:
            raise _wrong(f"Field {place} is required but missing in record!") from None
        except (ValueError, OverflowError):
            raise _wrong(f"Field {place} in record is not a valid {dtype_word(column.dtype)}: {field}") from None
    return tuple(values)


def _wrong(message: str) -> Exception:
    return InvalidArgumentError(None, None, message)


def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: str | None = None,
    ignore_errors: bool = False,
    encoding: str = "utf-8",
) -> Dataset:
    """A dataset of batches of comma-separated files' records, as ordered dicts by column.

    Args:
      file_pattern: a pattern of paths, or a list of them.
      batch_size: number of records per batch.
      column_names: the columns' names; those of the files' first records if None.
      column_defaults: for each selected column a dtype or a list with the value of empty fields; inferred from the
        first records if None.
      label_name: the column that becomes the label, so that elements are pairs; None for none.
      select_columns: the names or positions of the columns to return; all if None.
      field_delim: the field delimiter.
      use_quote_delim: whether fields may be quoted.
      na_value: string that also means an empty field.
      header: whether files begin with a record of names.
      num_epochs: the number of times the files are read; forever if None.
      shuffle: whether to shuffle files and records.
      shuffle_buffer_size: the number of records in the buffer.
      shuffle_seed: the op-level seed.
      prefetch_buffer_size: number of batches to prefetch; `tf.data.AUTOTUNE` if None.
      num_parallel_reads: number of files read in turn; one if None.
      sloppy: not used: the order is always the same.
      num_rows_for_inference: the number of records of a file from which to infer dtypes; all if None.
      compression_type: None, ``""``, ``"GZIP"`` or ``"ZLIB"``.
      ignore_errors: whether to skip records that cannot be parsed.
      encoding: the encoding in which the first records are read, for names and dtypes.

    Returns:
      A dataset.

    Raises:
      ValueError: no file matches, names are not distinct, or a column does not exist.
      LookupError: the encoding is invalid.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "some.csv")
      >>> tf.io.write_file(path, "x,y\\n1,0\\n2,1\\n")
      >>> dataset = tf.data.experimental.make_csv_dataset(path, 2, label_name="y", num_epochs=1, shuffle=False)
      >>> for features, label in dataset:
      ...     print(features["x"].numpy(), label.numpy())
      [1 2] [0 1]
    """
    paths = sorted(set(glob(file_pattern)))
    if not paths:
        raise ValueError(f"No files match `file_pattern` {file_pattern}.")
    compression = compression_of(compression_type)

    def fields_of(path: str) -> Iterator[list[str]]:
        with reading(path, compression) as file:
            lines = (line.decode(encoding, "surrogateescape") for line in file)
            yield from records(lines, field_delim, use_quote_delim)

    if column_names is None:
        if not header:
            raise ValueError("Expected `column_names` or `header` arguments. Neither is provided.")
        column_names = next(fields_of(paths[0]), [])
    names = list(column_names)
    if len(names) != len(set(names)):
        raise ValueError("Cannot have duplicate column names.")
    places = _places(names, select_columns)
    names = [names[place] for place in places]
    if label_name is not None and label_name not in names:
        raise ValueError("`label_name` provided must be one of the columns.")
    if column_defaults is None:
        column_defaults = _dtypes(paths, fields_of, places, header, num_rows_for_inference, na_value)

    def of_file(path: StringTensor) -> Dataset:
        dataset: Dataset = CsvDataset(
            path.numpy().decode(),
            column_defaults,
            compression_type,
            header=header,
            field_delim=field_delim,
            use_quote_delim=use_quote_delim,
            na_value=na_value,
            select_cols=places,
        )
        return dataset.ignore_errors() if ignore_errors else dataset

    def by_name(*columns: Any) -> Any:
        features = OrderedDict(zip(names, columns, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    dataset = Dataset.from_tensor_slices(paths)
    if shuffle:
        dataset = dataset.shuffle(len(paths), shuffle_seed)
    dataset = dataset.interleave(of_file, num_parallel_reads or 1)
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    dataset = dataset.batch(batch_size, drop_remainder=num_epochs is None).map(by_name)
    return dataset.prefetch(AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)


def _places(names: Sequence[str], wanted: Sequence[Any] | None) -> list[int]:
    """The selected columns, in the order of the files."""
    if wanted is None:
        return list(range(len(names)))
    places = []
    for each in wanted:
        if isinstance(each, str):
            if each not in names:
                raise ValueError(f"Value '{each}' in `select_columns` is not a valid column name.")
            each = names.index(each)
        if not 0 <= int(each) < len(names):
            raise ValueError(f"Value {each} in `select_columns` is not a valid column index.")
        places.append(int(each))
    if len(places) != len(set(places)):
        raise ValueError("`select_columns` contains duplicate columns")
    return sorted(places)


def _dtypes(
    paths: Sequence[str],
    fields_of: Any,
    places: Sequence[int],
    header: bool,
    count: int | None,
    na_value: str,
) -> list[DType]:
    """The columns' dtypes, inferred from the first records of each file."""
    rows: list[list[str]] = []
    for path in paths:
        found = fields_of(path)
        if header:
            next(found, None)
        for place, fields in enumerate(found):
            if place == count:
                break
            rows.append(fields)
    return [narrowest((row[place] for row in rows), na_value) for place in places]
