"""What `python -m service classify` costs beside the bare engine: rows a second over texts a second, interleaved.

Run as `python -m benchmarks.bulk` (`--format xlsx`, `--rounds 5`, `--messages 400`). The bare engine answers the same
texts on as many threads, and reads and writes nothing; the command does all that it does, but for loading the model.
`--memory-rows 1000000` then writes a table of so many rows and tells the peak of memory on the way through it, with an
engine that answers at once.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from data.corpus import read_corpus
from models.answer import Answer
from models.engine import Engine, Prepared
from models.load import load_engine
from service import bulk
from service.cores import usable_cores

FORMATS: Final = ("csv", "jsonl", "xlsx", "parquet")


class Spent(NamedTuple):
    """Seconds by the clock, and of computation on all cores; or the ratio of two such."""

    wall: float
    cores: float

    def __truediv__(self, other: Spent) -> Spent:
        return Spent(self.wall / other.wall, self.cores / other.cores)

    def __str__(self) -> str:
        return f"{self.wall:.3f} by the clock, {self.cores:.3f} by computation"


@contextmanager
def measured(spent: list[Spent]) -> Iterator[None]:
    """Note what the block costs. Computation counts even where other programs take the cores."""
    wall, cores = time.perf_counter(), time.process_time()
    yield
    spent.append(Spent(time.perf_counter() - wall, time.process_time() - cores))


class Instant:
    """An engine that gives every text the answer of one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answer = bare(engine, "My parcel is three weeks late.")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._engine, name)

    def encode_pre(self, text: str, language: str | None = None, *, evidence: bool = True) -> Prepared:
        return Prepared(text, 0)

    def encode_core(self, prepared: Sequence[Prepared]) -> list[Any]:
        return [None] * len(prepared)

    def encode_post(self, prepared: Prepared, scores: object) -> Answer:
        return self._answer


def main(arguments: list[str] | None = None) -> int:
    """Print both speeds and their ratio, round by round, and the peak of memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--format", choices=FORMATS, default="csv")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--memory-rows", type=int, default=0)
    given = parser.parse_args(arguments)
    engine = load_engine()
    texts = sample(given.messages)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / f"table.{given.format}"
        write_table(table, texts)
        ratios = []
        for number in range(given.rounds + 1):
            if number % 2:
                spent = [time_bare(engine, texts), time_command(engine, table)]
            else:
                spent = [time_command(engine, table), time_bare(engine, texts)][::-1]
            if number:  # the first round warms up
                ratios.append(spent[0] / spent[1])
                each = [
                    f"{len(texts) / one.wall:.0f}/s, {1000 * one.cores / len(texts):.2f} ms of a core" for one in spent
                ]
                sys.stdout.write(f"bare {each[0]}; command {each[1]}; ratios {ratios[-1]}\n")
        wall, cores = (statistics.median(one) for one in zip(*ratios, strict=True))
        sys.stdout.write(f"{given.format}, {usable_cores()} cores: median ratios {Spent(wall, cores)}\n")
        tell_peak("model and table")
        if given.memory_rows:
            write_table(table, (f"{text} ({i})" for i, text in enumerate(repeat(texts, given.memory_rows))))
            tell_peak("having written the large table")
            large = time_command(cast(Engine, Instant(engine)), table)
            tell_peak(f"{given.memory_rows:,} rows in {large.wall:.0f} s")
    return 0


def sample(messages: int) -> list[str]:
    """Take texts of every language and length from the corpus; no two are the same."""
    texts = list(dict.fromkeys(message.text for message in read_corpus()))
    return texts[:: max(1, len(texts) // messages)][:messages]


def repeat(texts: Sequence[str], rows: int) -> Iterable[str]:
    """Give the texts over and over."""
    return (texts[i % len(texts)] for i in range(rows))


def bare(engine: Engine, text: str) -> Answer:
    """Answer one text with nothing around the engine."""
    prepared = engine.encode_pre(text, evidence=False)
    return engine.encode_post(prepared, engine.encode_core([prepared])[0])


def time_bare(engine: Engine, texts: Sequence[str]) -> Spent:
    """Answer all texts, one at a time on each core."""
    spent: list[Spent] = []
    with measured(spent), ThreadPoolExecutor(usable_cores()) as threads:
        assert all(threads.map(lambda text: bare(engine, text), texts))
    return spent[0]


def time_command(engine: Engine, table: Path) -> Spent:
    """Run the whole command but for the loading of the model."""
    bulk.load = lambda settings: engine
    spent: list[Spent] = []
    with measured(spent):
        assert bulk.main([str(table), "--overwrite"]) == 0
    return spent[0]


def write_table(path: Path, texts: Iterable[str]) -> None:
    """Write a table of four columns, as an export of tickets has at least."""
    names = ["id", "created", "text", "agent"]
    rows = ([i, "2026-11-22 07:16:55", text, "A. Virtanen"] for i, text in enumerate(texts))
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(names)
            csv.writer(file).writerows(rows)
    elif path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    elif path.suffix == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(names)
        for row in rows:
            sheet.append(row)
        book.save(path)
    else:
        import pyarrow
        import pyarrow.parquet

        schema = pyarrow.schema([("id", pyarrow.int64()), *((name, pyarrow.string()) for name in names[1:])])
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            held = []
            for row in rows:
                held.append(dict(zip(names, row, strict=True)))
                if len(held) == 10_000:
                    writer.write_table(pyarrow.Table.from_pylist(held, schema))
                    held = []
            writer.write_table(pyarrow.Table.from_pylist(held, schema))


def tell_peak(told: str) -> None:
    """Print the most memory that the process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak of memory, {told}: {peak:.0f} MiB\n")


if __name__ == "__main__":
    raise SystemExit(main())
