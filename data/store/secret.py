"""The secret behind the store's marks: with it alone, a mark can be told to stand for a text or a person."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.store import locks
from data.store.errors import StoreUnusable
from data.store.folders import make_folder
from data.store.tables import SealRow
from data.whole import sync_folder

_BYTES: Final = 32


class Marker:
    """Makes marks: keyed hashes (HMAC-SHA-256, in hex) of texts, of names of tickets and of people."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def mark(self, kind: str, *parts: str) -> str:
        """Mark the parts, whose borders count: `("ab", "c")` is not `("a", "bc")`. Kinds never meet."""
        digest = hmac.new(self._secret, digestmod=hashlib.sha256)
        for part in (kind, *parts):
            written = part.encode("utf-8", "surrogatepass")
            digest.update(len(written).to_bytes(8, "big") + written)
        return digest.hexdigest()


def read_secret(path: Path) -> Marker:
    """Read the secret, or make one that only this user can read; raises `StoreUnusable`."""
    try:
        if not path.exists():
            make_folder(path.parent)
            with suppress(FileExistsError):
                _make(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise StoreUnusable(f"the store's secret {path} cannot be read or made: {type(error).__name__}") from error
    if len(secret) != _BYTES:
        told = f"{path} is no secret of a store; restore it from a backup: without it, erased tickets may come back"
        raise StoreUnusable(told)
    return Marker(secret)


def seal(session: Session, marker: Marker) -> None:
    """Hold the secret against the one that the store was made with; a new store takes this one.

    With another secret, nothing that was erased would be known again. Raises `StoreUnusable`.
    """
    locks.erasing(session)
    mark = marker.mark("seal")
    found = session.scalars(select(SealRow.mark)).all()
    if not found:
        session.add(SealRow(mark=mark))
    elif mark not in found:
        told = "the store was made with another secret: give that one, or what was erased may come back"
        raise StoreUnusable(told)


def _make(path: Path) -> None:
    """Write a new secret under another name first: a second process finds a whole one or none."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
    sync_folder(path.parent)
