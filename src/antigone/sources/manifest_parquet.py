"""The rows of a manifest in Parquet, read in small batches; memory grows neither with rows nor with groups.

Columns of lists and objects are not read: `columns_passed_over` names them. Everything else becomes text, and
times the form of ISO 8601, so that a row says the same in every kind of manifest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from antigone.failures import Failure, FailureCode
from antigone.printable import printable
from antigone.sources.manifest_rows import DamagedError, NotAManifestError, Row, bad_row
from antigone.sources.manifest_terms import PHOTO, columns
from antigone.sources.parquet_layout import CutOffError, Group, LayoutError, examine, groups_of
from antigone.types import Int64Array

_BATCH = 1_024  # rows decoded at once
_PORTION = 32 << 20  # bytes of text turned into Python values at once
_PAGES = 256 << 20  # bytes that the largest pages of all columns may take together
_READ_AT_ONCE = 1 << 18
_NAMES = 1 << 20  # bytes of one text in the footer, such as the schema that pandas and Arrow add
_MANY = 1_000_000  # entries of one list in the footer


def parquet_rows(file: BinaryIO, *, most: int) -> Iterator[Row]:
    """Yield the rows of a Parquet file; a row may have at most ``most`` bytes of text.

    A group of rows that is damaged, or whose pages take too much memory, is one failure, and the next group
    is read. Raises `NotAManifestError` for a table without a column ``photo``, and `DamagedError`.
    """
    groups = _groups(file)
    table = _open(file)
    fields = _flat(table)
    if PHOTO not in columns(fields):
        seen = ", ".join(printable(name) for name in table.schema_arrow.names[:8])[:200] or "none"
        raise NotAManifestError(f'It has no column "{PHOTO}" of texts; its columns are: {seen}')
    first = 1
    for number, group in enumerate(groups):
        reader = _GroupReader(file, table, number, fields)
        yield from reader.rows(group, first, most)
        first += group.rows


def count_rows(file: BinaryIO) -> int:
    """Return how many rows a Parquet file says it has. Raises `DamagedError`."""
    return sum(group.rows for group in _groups(file))


def columns_passed_over(file: BinaryIO) -> tuple[str, ...]:
    """Name the columns that are not read, for they hold lists or objects. Raises `DamagedError`."""
    _groups(file)  # what is damaged is told by it, where pyarrow might end the process
    table = _open(file)
    read = set(_flat(table))
    return tuple(name for name in table.schema_arrow.names if name not in read)


def _groups(file: BinaryIO) -> tuple[Group, ...]:
    try:
        return groups_of(file)
    except CutOffError as error:
        raise DamagedError(str(error), FailureCode.MATERIAL_CUT_OFF) from error
    except LayoutError as error:
        raise DamagedError(str(error)) from error


def _open(file: BinaryIO) -> Any:  # noqa: ANN401 - pyarrow is not typed
    file.seek(0)
    try:
        return pq.ParquetFile(
            file,
            pre_buffer=False,
            buffer_size=_READ_AT_ONCE,
            thrift_string_size_limit=_NAMES,
            thrift_container_size_limit=_MANY,
        )
    except (pa.ArrowException, OSError, ValueError, LookupError) as error:
        raise DamagedError("What it says of itself cannot be read.") from error


def _flat(table: Any) -> list[str]:  # noqa: ANN401
    """Return the names of the columns that hold one plain value a row, each name once."""
    schema = table.schema_arrow
    nested = {field.name for field in schema if pa.types.is_nested(field.type)}
    return list(dict.fromkeys(name for name in schema.names if name not in nested))


class _GroupReader:
    """Reads one group of rows."""

    def __init__(self, file: BinaryIO, table: Any, number: int, fields: list[str]) -> None:  # noqa: ANN401
        self._file = file
        self._table = table
        self._number = number
        self._fields = fields

    def rows(self, group: Group, first: int, most: int) -> Iterator[Row]:
        """Yield rows; ``first`` is the number of the first."""
        last = first + group.rows - 1
        try:
            batches = self._table.iter_batches(
                self._batch_size(group),
                row_groups=[self._number],
                columns=self._fields,
                use_threads=False,
            )
            for batch in batches:
                yield from _rows_of(batch, first, most)
                first += batch.num_rows
            problem = "they are missing"
        except _TooMuchError as error:
            yield bad_row(f"{first}-{last}", str(error))
            return
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            problem = printable(str(error))[:200]
        if first <= last:
            message = f"The rows from here to {last:,} are damaged: {problem}"
            failure = Failure(code=FailureCode.MATERIAL_DAMAGED, message=message)
            yield Row(number=f"{first}-{last}", values={}, failure=failure)

    def _batch_size(self, group: Group) -> int:
        """Return how many rows to decode at once. Raises `_TooMuchError`, `LayoutError`, `OSError`."""
        kept = {field.name for field in self._table.schema_arrow if pa.types.is_dictionary(field.type)}
        together, row = 0, 1
        for chunk in group.chunks:
            if chunk.name not in self._fields:
                continue
            pages = examine(self._file, chunk)
            # Of a column with a fixed set of texts, pyarrow keeps all different ones until the group's end.
            together += pages.together if chunk.name in kept else pages.largest
            row += pages.row
        if together > _PAGES:
            raise _TooMuchError(
                f"These rows need {together >> 20:,} MiB at once where {_PAGES >> 20} are allowed: a field "
                "is very large, or they were written in pages that are."
            )
        return min(_BATCH, max(1, _PORTION // row))


class _TooMuchError(Exception):
    """A group of rows cannot be read in bounded memory."""


def _rows_of(batch: Any, first: int, most: int) -> Iterator[Row]:  # noqa: ANN401
    words = columns(batch.schema.names)
    texts = [_Texts(column) for column in batch.columns]
    lengths: Int64Array = np.stack([text.lengths for text in texts]).sum(axis=0)
    for begin, end in _portions(lengths, most):
        if lengths[begin] > most:
            yield bad_row(first + begin, f"The row is longer than {most:,} bytes.")
            continue
        values = zip(*(text.values(begin, end) for text in texts), strict=True)
        for number, row in enumerate(values, start=first + begin):
            if b"" in row:
                yield bad_row(number, "The row is not UTF-8 text.")
            else:
                yield Row(
                    number=str(number),
                    values={word: value for word, value in zip(words, row, strict=True) if value},
                )


def _portions(lengths: Int64Array, most: int) -> Iterator[tuple[int, int]]:
    """Divide rows so that a portion is small in bytes, and a row of more than ``most`` stands alone."""
    begin = total = 0
    for number, length in enumerate(lengths.tolist()):
        if number > begin and (total + length > _PORTION or length > most or lengths[begin] > most):
            yield begin, number
            begin, total = number, 0
        total += length
    if begin < len(lengths):
        yield begin, len(lengths)


class _Texts:
    """One column of a batch as texts."""

    def __init__(self, column: Any) -> None:  # noqa: ANN401
        self._numbers = None
        if pa.types.is_dictionary(column.type):
            self._numbers, column = column.indices, column.dictionary
        self._texts = _as_bytes(column)
        lengths = pc.binary_length(self._texts)
        if self._numbers is not None:
            lengths = lengths.take(self._numbers)
        self.lengths: Int64Array = lengths.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)

    def values(self, begin: int, end: int) -> list[str | bytes | None]:
        """Return the texts of rows, None where there is none, and b"" for what is not UTF-8."""
        if self._numbers is None:
            texts = self._texts.slice(begin, end - begin)
        else:
            texts = self._texts.take(self._numbers.slice(begin, end - begin))
        return list(map(_decoded, texts.to_pylist()))


def _as_bytes(column: Any) -> Any:  # noqa: ANN401
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return column.cast(pa.large_binary())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.large_string()).cast(pa.large_binary())
    try:
        return column.cast(pa.large_string()).cast(pa.large_binary())
    except pa.ArrowNotImplementedError:
        texts = [None if value is None else str(value).encode() for value in column.to_pylist()]
        return pa.array(texts, pa.large_binary())


def _decoded(text: bytes | None) -> str | bytes | None:
    if text is None:
        return None
    try:
        return text.decode()
    except UnicodeDecodeError:
        return b""
