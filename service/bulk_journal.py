"""What was answered so far, so that a run which ends early goes on where it was.

Beside the output stands a folder `OUTPUT.unfinished` with the journal and the output as far as it is written. The
journal's first line says what the run is of; each other line holds the values of the next rows, and no text. A line is
whole or it is none: what a kill left of the last one is cut off. The output is written anew by each run, from the
journal as far as that reaches, and takes its name only once it is whole.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from data.tables.table import TableError
from data.whole import sync_folder

if sys.platform != "win32":
    import fcntl

ENDING: Final = ".unfinished"
_JOURNAL: Final = "journal.jsonl"
_OUTPUT: Final = "output"
_SEAL: Final = "written.json"
_TEMPORARY: Final = "openpyxl.*"


class Journal:
    """The unfinished folder of one output, held by one process."""

    def __init__(self, output: Path, run: Mapping[str, object], *, afresh: bool = False) -> None:
        """Open the journal of this run, or begin one.

        Raises `TableError` where it is of another run, unless `afresh` lets it go, or where another process writes it.
        """
        self.output = output
        self.folder = output.with_name(output.name + ENDING)
        self.folder.mkdir(exist_ok=True)
        self._file = (self.folder / _JOURNAL).open("a+b")
        try:
            self._lock()
            self.rows = self._resume(dict(run), afresh=afresh)
        except BaseException:
            self._file.close()
            raise

    @property
    def part(self) -> Path:
        """Where the output is written."""
        return self.folder / (_OUTPUT + self.output.suffix)

    def values(self) -> Iterator[list[Any]]:
        """Read the values of the rows that were answered before this run."""
        left = self.rows
        if not left:
            return
        with (self.folder / _JOURNAL).open("rb") as file:
            file.readline()
            for line in file:
                for values in json.loads(line):
                    yield values
                    left -= 1
                if not left:
                    return

    def append(self, values: Sequence[Sequence[Any]]) -> None:
        """Note the values of the next rows; they outlive the process from here on."""
        if values:
            self._write(values)

    def finish(self, *, overwrite: bool) -> None:
        """Give the output, which is closed and whole, its name, and clear the folder away.

        Raises `TableError` where something has taken the name meanwhile.
        """
        with self.part.open("rb") as part:
            os.fsync(part.fileno())
        if self.output.exists() and not overwrite:
            raise TableError(f"{self.output} was not there when this run began: move it away, and run this again")
        seal = self.folder / _SEAL
        seal.write_text(json.dumps(_identity(self.part)), encoding="utf-8")
        self.part.replace(self.output)
        sync_folder(self.output.parent)
        self.discard()

    def is_finished(self) -> bool:
        """Tell whether the output is this run's own and whole: it was killed after that, before clearing away."""
        try:
            return bool(json.loads((self.folder / _SEAL).read_bytes()) == _identity(self.output))
        except (OSError, ValueError):
            return False

    def discard(self) -> None:
        """Clear the folder away, and what is in it."""
        self.close()
        for name in (_SEAL, _JOURNAL):
            (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # what is not ours stays
            self.folder.rmdir()

    def close(self) -> None:
        """Let go of the journal, which stays for the next run, and of the output as far as it was written."""
        for path in (self.part, *self.folder.glob(_TEMPORARY)):
            path.unlink(missing_ok=True)
        self._file.close()

    def _resume(self, run: dict[str, object], *, afresh: bool) -> int:
        """Return how many rows are answered already, and cut off what follows the last whole line."""
        self._file.seek(0)
        first = _line(self._file)
        if first is not None and first != run:
            if not afresh:
                told = ", ".join(
                    sorted(name for name in run if not isinstance(first, dict) or first.get(name) != run[name])
                )
                raise TableError(
                    f"{self.folder} holds a run of the same name that was not finished, with other {told}: repeat that "
                    "run, or add --overwrite to begin anew"
                )
            first = None
        if first is None:
            self._file.truncate(0)
            self._write(run)
            return 0
        rows, whole = 0, self._file.tell()
        while isinstance(values := _line(self._file), list):
            rows, whole = rows + len(values), self._file.tell()
        self._file.truncate(whole)
        return rows

    def _write(self, value: object) -> None:
        self._file.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        self._file.flush()

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TableError(f"another process is writing {self.output}: wait for it, or stop it") from None


def _line(file: BinaryIO) -> Any:  # noqa: ANN401
    """Read a whole line; None where there is none."""
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    try:
        return json.loads(line)
    except ValueError:
        return None


def _identity(path: Path) -> list[int]:
    told = path.stat()
    return [told.st_size, told.st_mtime_ns]
