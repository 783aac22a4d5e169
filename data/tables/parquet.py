"""Parquet through pyarrow: columns pass as they are, types and metadata included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from data.tables.table import Added, Flaw, Kind, Table, TableError, Values, Writer, missing

_BATCH: Final = 256
"""Rows that are read at once."""
_BUFFER: Final = 1 << 20
"""Bytes of a column that are read ahead, instead of a whole row group."""
_GROUP_ROWS: Final = 8_192
_GROUP_BYTES: Final = 32 << 20
"""A row group is written when it has so many rows or bytes."""


@dataclass(frozen=True, slots=True)
class BatchChunk:
    """A record batch of pyarrow."""

    batch: Any
    flaws: Mapping[int, Flaw] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    @property
    def size(self) -> int:
        return int(self.batch.nbytes)

    def cells(self, column: int) -> list[Any]:
        return list(self.batch.column(column).to_pylist())


class ParquetTable(Table[BatchChunk]):
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        arrow = _arrow()
        self.path = path
        self.broken = (OSError, arrow.ArrowException)
        try:
            self._file = arrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
        except self.broken as error:
            raise TableError(f"{path} is no Parquet file, or is cut off: {error}") from error
        self.schema = self._file.schema_arrow
        self.columns = list(self.schema.names)

    def count(self) -> int:
        return int(self._file.metadata.num_rows)

    def writer(self, path: Path, added: Sequence[Added]) -> Writer[BatchChunk]:
        return _ParquetWriter(self, path, added)

    def close(self) -> None:
        self._file.close()

    def _read(self, rows: int) -> Iterator[BatchChunk]:
        for batch in self._file.iter_batches(max(rows, _BATCH)):
            for start in range(0, batch.num_rows, rows):
                yield BatchChunk(batch.slice(start, rows))


class _ParquetWriter(Writer[BatchChunk]):
    def __init__(self, table: ParquetTable, path: Path, added: Sequence[Added]) -> None:
        self._arrow = arrow = _arrow()
        number, text = arrow.float64(), arrow.string()
        span = arrow.struct([("label", text), ("start", arrow.int64()), ("end", arrow.int64())])
        types = {
            Kind.text: text,
            Kind.number: number,
            Kind.flag: arrow.bool_(),
            Kind.texts: arrow.list_(text),
            Kind.numbers: arrow.list_(number),
            Kind.spans: arrow.list_(span),
        }
        self._types = [types[each.kind] for each in added]
        fields = [arrow.field(each.name, kind) for each, kind in zip(added, self._types, strict=True)]
        self._schema = arrow.schema([*table.schema, *fields], metadata=table.schema.metadata)
        self._writer = arrow.parquet.ParquetWriter(path, self._schema)
        self._batches: list[Any] = []
        self._values: list[Values] = []
        self._size = 0

    def write(self, chunk: BatchChunk, values: Sequence[Values]) -> None:
        self._batches.append(chunk.batch)
        self._values.extend(values)
        self._size += chunk.size
        if len(self._values) >= _GROUP_ROWS or self._size >= _GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        """Write what is held as one row group; arrays are made of many rows at once, which costs a tenth."""
        if not self._values:
            return
        read = self._arrow.Table.from_batches(self._batches)
        values = zip(*self._values, strict=True)
        added = [self._arrow.array(column, kind) for column, kind in zip(values, self._types, strict=True)]
        self._writer.write_table(self._arrow.Table.from_arrays([*read.columns, *added], schema=self._schema))
        self._batches, self._values, self._size = [], [], 0


def _arrow() -> Any:  # noqa: ANN401
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise missing("Parquet", "pyarrow") from error
    return pyarrow
