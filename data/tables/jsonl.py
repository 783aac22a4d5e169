"""JSONL: an object a line. Lines are written as they were read, with the added fields put in before the last brace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from data.tables.table import SAMPLE, Added, Flaw, Table, TableError, Values, Writer
from data.tables.text import detect_encoding, open_text, wrong_encoding

LONGEST_LINE: Final = 10_000_000
"""Characters. What is longer is not a line of JSONL."""
RAW: Final = "unreadable_line"
"""The field that keeps a line which is not an object, so that nothing is lost."""
_MOST_COLUMNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class LineChunk:
    """Lines without their ends, and the objects in them; None where there is none."""

    names: Sequence[str]
    lines: Sequence[str]
    objects: Sequence[dict[str, Any] | None]
    flaws: Mapping[int, Flaw]

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def size(self) -> int:
        return sum(map(len, self.lines))

    def cells(self, column: int) -> list[Any]:
        name = self.names[column]
        return [None if found is None else found.get(name) for found in self.objects]


class JsonLinesTable(Table[LineChunk]):
    """A JSONL file. Its columns are the fields of the first objects; of all of them, once they were counted."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.encoding = detect_encoding(path, encoding)
        self.columns = []
        first = next(self.chunks(SAMPLE), None)
        if first is None:
            raise TableError(f"{path} is empty")
        if first.objects[0] is None:
            raise TableError(f"{path}: {first.flaws[0].note}; JSONL has an object in every line")
        self._learn(first)

    def count(self) -> int:
        rows = 0
        for chunk in self.chunks(1_000):
            self._learn(chunk)
            rows += len(chunk)
        return rows

    @property
    def reading(self) -> dict[str, str]:
        return {"encoding": self.encoding}

    def writer(self, path: Path, added: Sequence[Added]) -> Writer[LineChunk]:
        return _LinesWriter(self, path, added)

    def _learn(self, chunk: LineChunk) -> None:
        found = dict.fromkeys([*self.columns, *(name for each in chunk.objects if each for name in each)])
        self.columns = list(found)[:_MOST_COLUMNS]

    def _read(self, rows: int) -> Iterator[LineChunk]:
        left = self._lines()
        while taken := list(islice(left, rows)):
            read = [_object(line, number) for number, line in taken]
            flaws = {place: found for place, found in enumerate(read) if isinstance(found, Flaw)}
            objects = [None if isinstance(found, Flaw) else found for found in read]
            yield LineChunk(self.columns, [line for _, line in taken], objects, flaws)

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Read the lines that are not blank, with their numbers."""
        number = 0
        with open_text(self.path, self.encoding, "\n") as file:
            try:
                while line := file.readline(LONGEST_LINE):
                    number += 1
                    if len(line) == LONGEST_LINE:
                        raise TableError(f"{self.path}, line {number} has more than {LONGEST_LINE:,} characters")
                    if line := line.strip():
                        yield number, line
            except UnicodeDecodeError:
                raise wrong_encoding(self.path, self.encoding) from None


class _LinesWriter(Writer[LineChunk]):
    def __init__(self, table: JsonLinesTable, path: Path, added: Sequence[Added]) -> None:
        self._file = path.open("w", encoding=table.encoding, newline="\n")
        self._names = [each.name for each in added]

    def write(self, chunk: LineChunk, values: Sequence[Values]) -> None:
        for line, found, added in zip(chunk.lines, chunk.objects, values, strict=True):
            ours = json.dumps(dict(zip(self._names, added, strict=True)))
            if found is None:
                line = json.dumps({RAW: line}, ensure_ascii=False)
            inside = line[:-1].rstrip()
            self._file.write(f"{inside}{'' if inside == '{' else ', '}{ours[1:]}\n")

    def close(self) -> None:
        self._file.close()


def _object(line: str, number: int) -> dict[str, Any] | Flaw:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        return Flaw(f"line {number} is not JSON: {error.msg} at column {error.colno}", usable=False)
    except (ValueError, RecursionError):
        return Flaw(f"line {number} has a number of thousands of digits, or too many levels", usable=False)
    return found if isinstance(found, dict) else Flaw(f"line {number} is not an object", usable=False)
