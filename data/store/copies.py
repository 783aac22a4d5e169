"""What training keeps of tickets outside of the store, and how erasure reaches it.

    RUNS/.store                         a mark of the store that all of it is of
    RUNS/NAME/snapshot.jsonl            tickets that a retraining learns from, redacted as the store keeps them
    RUNS/NAME/learnt.jsonl              tickets that its network knows, without their texts
    RUNS/NAME/disputes.jsonl, audit.md  what was found when they were looked over, by their names there
    RUNS/exported.jsonl                 folders that `python -m training emerging --export` wrote
    FOLDER/tickets.jsonl                the tickets that the examples in FOLDER/corpus/*/emerging.jsonl are of

`clean` holds all of it against the store and takes out what that no longer has: erased and purged tickets, and earlier
texts. It asks nobody what was erased, so one that was cut, or never came about, is made up for by the next. Whoever
writes a copy cleans afterwards: what was erased before is then found by the writer, what is erased later by the eraser.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from filelock import FileLock
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from data.store.records import Ticket, TicketKey
from data.whole import write_whole, writing_whole

if TYPE_CHECKING:  # the service reads its settings without a database's driver
    from data.store.store import Store

RUNS: Final = Path(__file__).parents[2] / "build" / "retrain"
"""Where retrainings keep their work, unless `RECLAMO_RUNS` or a flag names another folder."""

SNAPSHOT, LEARNT, DISPUTES, AUDIT = "snapshot.jsonl", "learnt.jsonl", "disputes.jsonl", "audit.md"
EXPORTED, TICKETS, EXAMPLES = "exported.jsonl", "tickets.jsonl", "emerging.jsonl"
SEAL: Final = ".store"

PATIENCE: Final = 60.0
"""Seconds that whoever writes copies is waited for; nobody writes for longer than it takes to write a file."""

_PART: Final = 500
"""Lines that the store is asked about at once, and that are in memory."""

T = TypeVar("T", bound=BaseModel)
Sift = Callable[[Sequence[bytes]], list[bytes]]
"""Gives of some lines those that stay, as they stay."""


class Learnt(BaseModel):
    """A ticket that a network learnt from, in one text or several."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: TicketKey | None = None
    """None where it was erased since."""
    given: tuple[int, ...] = ()
    """Ids of the corrections that its labels rested on."""


def as_lines(rows: Iterable[BaseModel]) -> str:
    """Write as JSONL."""
    return "".join(each.model_dump_json() + "\n" for each in rows)


class _Named(BaseModel):
    id: str


class Copied(BaseModel):
    """What every line that stands for a copy of a ticket's text says of it; snapshots say more."""

    model_config = ConfigDict(hide_input_in_errors=True)

    key: TicketKey
    revision: int
    stored_at: AwareDatetime
    message: _Named

    @classmethod
    def of(cls, ticket: Ticket, name: str) -> Copied:
        """Say of a copy that it is of this ticket, under this name."""
        return cls(key=ticket.key, revision=ticket.revision, stored_at=ticket.stored_at, message=_Named(id=name))


@dataclass
class Cleaned:
    """What was taken out, and where it could not be."""

    rows: int = 0
    places: list[str] = field(default_factory=list)
    """Runs and exports that rows were taken out of."""
    missing: list[str] = field(default_factory=list)
    """Exports that are not where they were written: whoever moved one takes tickets out of it by hand."""
    failed: dict[str, str] = field(default_factory=dict)
    """Places that could not be cleaned, and the kind of fault."""


def runs_folder(named: Path | None = None) -> Path:
    """Find the folder of retrainings: the one named, that of `RECLAMO_RUNS`, or the usual one."""
    return named or Path(os.environ.get("RECLAMO_RUNS") or RUNS)


@contextmanager
def writing(runs: Path) -> Iterator[None]:
    """Keep others from writing copies, and from reading ones that are about to go; for seconds, not for hours.

    Raises `OSError`.
    """
    with FileLock(runs / ".copies.lock", timeout=PATIENCE):
        yield


def claim(runs: Path, store: Store) -> None:
    """Make the folder this store's; raises `ValueError` where it is another's: its tickets would all count as gone."""
    runs.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (runs / SEAL).is_file():
        write_whole(runs / SEAL, _seal(store), permissions=0o600)
    elif not belongs(runs, store):
        raise ValueError(f"{runs} holds retrainings on the tickets of another store: name another folder with --runs")


def belongs(runs: Path, store: Store) -> bool:
    """Say whether the folder is this store's; one that nobody has claimed is not. Raises `OSError`."""
    try:
        return (runs / SEAL).read_text(encoding="utf-8") == _seal(store)
    except FileNotFoundError:
        return False


def clean(runs: Path, store: Store) -> Cleaned:
    """Take out of all copies what the store no longer has; safe while a retraining runs.

    A folder of another store stays as it is. What cannot be read is taken out too, since nobody can tell whose it is,
    and so is what a cut run left half written. The old file is overwritten before it is let go. A fault of the disk in
    one place keeps nothing from the others.
    """
    found = Cleaned()
    try:
        if not belongs(runs, store):
            return found
        folders = sorted(each for each in runs.iterdir() if each.is_dir() and not each.name.startswith("."))
        exports = read_exports(runs)
    except OSError as error:
        found.failed[runs.name] = type(error).__name__
        return found
    for folder in [*folders, *exports]:
        try:
            with writing(runs):
                gone = _clean_run(folder, store) if folder in folders else _clean_export(folder, store, found)
        except OSError as error:
            found.failed[folder.name] = type(error).__name__
            continue
        if gone:
            found.rows += gone
            found.places.append(folder.name)
    return found


def note_export(runs: Path, folder: Path) -> None:
    """Remember a folder that texts of tickets are about to be written into."""
    with writing(runs):
        known = {*read_exports(runs), folder.absolute()}
        lines = "".join(json.dumps(str(each)) + "\n" for each in sorted(known))
        write_whole(runs / EXPORTED, lines, permissions=0o600)


def read_exports(runs: Path) -> list[Path]:
    """List the folders that were exported to; raises `OSError`."""
    try:
        lines = (runs / EXPORTED).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [Path(json.loads(line)) for line in lines if line.strip()]


def _clean_run(folder: Path, store: Store) -> int:
    for name in (SNAPSHOT, LEARNT, DISPUTES, AUDIT):
        for half in folder.glob(f"*{name}*.part"):
            _shred(half)
    _sift_file(folder / LEARNT, lambda lines: _still_known(lines, store))
    return _clean_copies(folder / SNAPSHOT, [folder / DISPUTES], folder / AUDIT, store)


def _clean_export(folder: Path, store: Store, found: Cleaned) -> int:
    if not (folder / TICKETS).is_file():
        found.missing.append(str(folder))
        return 0
    return _clean_copies(folder / TICKETS, [*(folder / "corpus").glob(f"*/{EXAMPLES}")], None, store)


def _clean_copies(copies: Path, named: Sequence[Path], report: Path | None, store: Store) -> int:
    """Keep the lines of `copies` whose tickets stand as they did, and of `named` those that bear their names.

    `copies` comes last: after a cut it still tells that there is something to do. A `report` goes whole.
    """
    names: set[str | None] = set()
    gone = 0
    with suppress(FileNotFoundError), copies.open("rb") as file:
        for lines in _parts(file):
            kept = _standing(lines, store)
            names.update(row.message.id for line in kept if (row := _read(Copied, line)))
            gone += len(lines) - len(kept)
    less = [_sift_file(path, lambda lines: [line for line in lines if _name(line) in names]) for path in named]
    if report and (gone or any(less)):
        report.unlink(missing_ok=True)
    if gone:
        _sift_file(copies, lambda lines: _standing(lines, store))
    return gone


def _standing(lines: Sequence[bytes], store: Store) -> list[bytes]:
    rows = [_read(Copied, line) for line in lines]
    there = store.there([row.key for row in rows if row])
    return [
        line
        for line, row in zip(lines, rows, strict=True)
        if row and there.get(row.key) == (row.revision, row.stored_at)
    ]


def _still_known(lines: Sequence[bytes], store: Store) -> list[bytes]:
    """Keep of what a network knows the names of tickets that are there, and how many were erased; purged ones go."""
    known = [(line, _read(Learnt, line) or Learnt()) for line in lines]
    there = store.there([each.key for _, each in known if each.key])
    kept = []
    for line, each in known:
        if each.key in there:
            kept.append(line)
        elif each.key is None or store.erased(each.key):
            kept.append(as_lines([Learnt(given=each.given)]).encode())
    return kept


def _sift_file(path: Path, sift: Sift) -> bool:
    """Leave of a file what `sift` gives back, where that is less, and overwrite the old one by its handle."""
    try:
        with path.open("rb") as file:
            same = 0
            for lines in _parts(file):
                if sift(lines) != lines:
                    break
                same += 1
            else:
                return False
    except FileNotFoundError:
        return False
    with path.open("r+b") as old:
        about = os.fstat(old.fileno())
        with writing_whole(path, "wb", permissions=stat.S_IMODE(about.st_mode)) as new:
            if hasattr(os, "fchown"):
                with suppress(PermissionError):  # a service may clean what a retraining of another user wrote
                    os.fchown(new.fileno(), about.st_uid, about.st_gid)
            for place, lines in enumerate(_parts(old)):
                new.writelines(lines if place < same else sift(lines))
        _overwrite(old.fileno())
    return True


def _parts(file: IO[bytes]) -> Iterator[list[bytes]]:
    lines = filter(bytes.strip, file)
    while part := list(islice(lines, _PART)):
        yield part


def _read(form: type[T], line: bytes) -> T | None:
    try:
        return form.model_validate_json(line)
    except ValidationError:
        return None


def _name(line: bytes) -> str | None:
    try:
        written: Any = json.loads(line)
    except ValueError:
        return None
    return written.get("id") if isinstance(written, dict) else None


def _seal(store: Store) -> str:
    return store.mark("\0runs")


def _shred(path: Path) -> None:
    with path.open("r+b") as file:
        _overwrite(file.fileno())
    path.unlink()


def _overwrite(handle: int) -> None:
    """Write zeros over a file. Drives that write elsewhere each time keep the old blocks for a while all the same."""
    size = os.fstat(handle).st_size
    os.lseek(handle, 0, os.SEEK_SET)
    block = b"\0" * 65_536
    while size > 0:
        size -= os.write(handle, block[: min(size, len(block))])
    with suppress(OSError):
        os.fsync(handle)
