"""Files that are written whole or not at all: after a kill or a cut of power, the old one is there or the new one."""

from __future__ import annotations

import glob
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

_OLD: Final = 86_400.0
"""Seconds after which a part that nobody wrote to is of a process that was killed."""


@contextmanager
def writing_whole(path: Path, mode: str = "w", *, permissions: int = 0o666) -> Iterator[IO[Any]]:
    """Open a file to be written; it takes the place of `path` at the end, and is dropped where an exception comes.

    Its folder is made. `permissions` are those of a new file, less the process's mask. Raises `OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, permissions)
    try:
        with os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_whole(path: Path, content: str | bytes, *, permissions: int = 0o666) -> None:
    """Write a file whole or not at all; raises `OSError`."""
    with writing_whole(path, "w" if isinstance(content, str) else "wb", permissions=permissions) as out:
        out.write(content)


def _clear(path: Path) -> None:
    """Delete what killed processes left of this file."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(OSError):  # it is somebody else's, or gone already
            if time.time() - part.stat().st_mtime > _OLD:
                part.unlink()


def sync_folder(path: Path) -> None:
    """Write the names in a folder to the disk: a file that was synced can still lose its name."""
    if not hasattr(os, "O_DIRECTORY"):  # there a folder cannot be synchronised
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
