"""What a table is: named columns, rows in chunks, and a writer of the same format that adds columns at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

SAMPLE = 200
"""Rows that are looked at to tell which columns there are and what they hold."""


class TableError(ValueError):
    """A table cannot be read or written; the message names the file, the line where it can, and the mend."""


class Kind(StrEnum):
    """What an added column holds. Formats without lists join them with `;`."""

    text = "text"
    number = "number"
    flag = "flag"
    texts = "texts"
    numbers = "numbers"
    spans = "spans"
    """Records of `label`, `start` and `end`; joined as `label:start-end`."""


@dataclass(frozen=True, slots=True)
class Added:
    """A column to add."""

    name: str
    kind: Kind


Values = Sequence[Any]
"""The added columns' values of one row; None where there is none."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the form of a row. `usable` says whether its cells can be trusted all the same."""

    note: str
    usable: bool


class Chunk(Protocol):
    """Some rows in order. What else it holds is between a table and its writer."""

    def __len__(self) -> int: ...

    @property
    def flaws(self) -> Mapping[int, Flaw]:
        """By place in the chunk; most rows have none."""
        ...

    @property
    def size(self) -> int:
        """How much memory it takes, roughly, in characters or bytes."""
        ...

    def cells(self, column: int) -> list[Any]:
        """Values of one of the table's columns, one for each row; None where a row has none."""
        ...


ChunkT = TypeVar("ChunkT", bound=Chunk)


class Writer(ABC, Generic[ChunkT]):
    """Writes a table's chunks, and for each row the values of the added columns.

    As a context it closes the file at the end, and abandons it where something was raised.
    """

    @abstractmethod
    def write(self, chunk: ChunkT, values: Sequence[Values]) -> None:
        """Write a chunk of the table that made this writer."""

    @abstractmethod
    def close(self) -> None:
        """Write what is still held back, and close the file: only now it is whole."""

    def abandon(self) -> None:
        """Let go of the file as it is."""
        with suppress(OSError, ValueError):  # the disk may be full
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()


class Table(ABC, Generic[ChunkT]):
    """A table in a file. A table that cannot be read raises `TableError`, on opening or while its chunks are read."""

    path: Path
    columns: list[str]
    broken: tuple[type[Exception], ...] = (OSError,)
    """What the format's reader raises on a damaged file."""

    @abstractmethod
    def _read(self, rows: int) -> Iterator[ChunkT]: ...

    @abstractmethod
    def writer(self, path: Path, added: Sequence[Added]) -> Writer[ChunkT]:
        """Write to `path` in the format of this table: its columns, then the added ones."""

    @property
    def name(self) -> str:
        """What to call the table in front of a person."""
        return str(self.path)

    @property
    def reading(self) -> dict[str, str]:
        """What is read differently in another way of opening the same file, by name."""
        return {}

    def count(self) -> int | None:
        """Count the rows by reading all of them, so that what is wrong shows now; None where that takes too long."""
        return sum(len(chunk) for chunk in self.chunks(1_000))

    def chunks(self, rows: int) -> Iterator[ChunkT]:
        """Read from the first row on, at most `rows` at a time. Every call begins anew."""
        try:
            yield from self._read(rows)
        except TableError:
            raise
        except self.broken as error:
            raise TableError(f"{self.name} is damaged, or cannot be read: {error}") from error

    def close(self) -> None:
        """Let go of the file; most tables hold none."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def missing(what: str, library: str) -> TableError:
    """Say which library a format needs, and how to get it."""
    return TableError(
        f"{what} needs {library}, which is not installed: run `pip install {library}`, or in the folder of this "
        "project `pip install -e '.[files]'`"
    )
