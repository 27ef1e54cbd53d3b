"""Fields of comma-separated records, parsed into tensors."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.core.errors import InvalidArgumentError, from_op
from gradtape._src.core.operands import dtype_word
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor

_TYPES = (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.string)


class Column:
    """A column's dtype, and the value of a field that is empty, if it may be."""

    def __init__(self, default: Any) -> None:
        self.required, self.value = True, None
        if isinstance(default, DType):
            self.dtype = default
        else:
            tensor = as_any_tensor(default)
            self.dtype = tensor.dtype
            values = np.asarray(tensor).reshape(-1)
            if len(values):
                self.required, self.value = False, values[0]
        if self.dtype not in _TYPES:
            raise TypeError(f"Value passed to parameter 'record_defaults' has DataType {self.dtype.name}")

    def parse(self, field: str, na_value: str) -> Any:
        """The value of a field; LookupError if it must not be empty, ValueError if it cannot be parsed."""
        if field in ("", na_value):
            if self.required:
                raise LookupError(field)
            return self.value
        if self.dtype is dtypes.string:
            return field.encode("utf-8", "surrogateescape")
        value = self.dtype.as_numpy_dtype(int(field) if self.dtype.is_integer else float(field))
        if "_" in field:
            raise ValueError(field)
        return value


def records(lines: Iterable[str], delimiter: str, quoted: bool) -> Iterator[list[str]]:
    """The fields of each record, which may span several lines if fields are quoted."""
    reader = (
        csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL, strict=True)
        if quoted
        else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    )
    return (record for record in reader if record)


def text_of(data: bytes) -> str:
    """Bytes decoded for the parser, reversibly."""
    return data.decode("utf-8", "surrogateescape")


def tensor_of(column: Column, value: Any) -> Tensor | StringTensor:
    """A scalar of a column."""
    return StringTensor(value) if column.dtype is dtypes.string else as_tensor(value, column.dtype)


def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
    name: str | None = None,
) -> list[Any]:
    """Parses comma-separated records to columns.

    Args:
      records: a string tensor, a string or a list of strings; a record each.
      record_defaults: for each column a list of one default value for empty fields, or an empty list or a dtype if a
        field must not be empty.
      field_delim: the field delimiter.
      use_quote_delim: whether fields may be quoted.
      na_value: string that also means an empty field.
      select_cols: the columns to return, in increasing order; all if None.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list of tensors of the records' shape.

    Raises:
      InvalidArgumentError: a record has another number of fields, or a field is empty or invalid.

    Example:
      >>> tf.io.decode_csv("1,2.5,tape", [[0], [0.0], [""]])[1].numpy()
      np.float32(2.5)
    """
    tensor = as_any_tensor(records)
    columns = [Column(default) for default in record_defaults]
    wanted = range(len(columns)) if select_cols is None else select_cols
    texts = [text_of(record) for record in np.asarray(tensor).reshape(-1).tolist()]
    rows: list[list[Any]] = []
    for number, text in enumerate(texts):
        fields = next(_records([text], field_delim, use_quote_delim), [""])
        if select_cols is None and len(fields) != len(columns):
            raise _wrong(columns, f"Expect {len(columns)} fields but have {len(fields)} in record {number}")
        row = []
        for place, (column, which) in enumerate(zip(columns, wanted, strict=True)):
            field = fields[which]
            try:
                row.append(column.parse(field, na_value))
            except LookupError:
                raise _wrong(columns, f"Field {place} is required but missing in record {number}!") from None
            except (ValueError, OverflowError):
                message = f"Field {place} in record {number} is not a valid {dtype_word(column.dtype)}: {field}"
                raise _wrong(columns, message) from None
        rows.append(row)
    return [
        as_any_tensor(
            np.array([row[place] for row in rows], column.dtype.as_numpy_dtype).reshape(tuple(tensor.shape)),
            column.dtype,
        )
        for place, column in enumerate(columns)
    ]


_records = records


def _wrong(columns: Sequence[Column], message: str) -> Exception:
    return from_op(InvalidArgumentError, "DecodeCSV", message, kernel=f"DecodeCSV_OUT_TYPE_{len(columns)}")


def narrowest(values: Iterable[str], na_value: str) -> DType:
    """The first of int32, int64, float32, float64 and string that fits all values."""
    kinds = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)
    place = 0
    for value in values:
        while value not in ("", na_value) and place < len(kinds) and not _fits(value, kinds[place]):
            place += 1
    return kinds[place] if place < len(kinds) else dtypes.string


def _fits(value: str, dtype: DType) -> bool:
    try:
        if dtype.is_integer:
            return dtype.min <= int(value) <= dtype.max
        number = float(value)
    except ValueError:
        return False
    return bool(np.isfinite(number) and dtype.min <= number <= dtype.max)
