"""API keys: the records in one JSON file, and the ring of them that a running service holds.

A key is `rcl_`, the id of its record and a random secret of 256 bits. The file holds the SHA-256 of the secret, never
the secret itself: nobody can guess 256 random bits, so a slow hash, made for passwords, would protect nothing more.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

log = logging.getLogger(__name__)

KeyScope = Literal["classify", "tickets", "label", "reports", "metrics", "admin"]
"""What a key may be made for. No scope holds another: a key has just those that it was given."""

SCOPES: Final[tuple[KeyScope, ...]] = get_args(KeyScope)

PREFIX: Final = "rcl_"
"""Begins every key, so that people and secret scanners know one when they see it."""

MOST_KEYS: Final = 1_000
MOST_BYTES: Final = 1_000_000
LOOK_SECONDS: Final = 0.5
"""A running service looks at the file at most this often, which costs one `stat`."""

LOCK_SECONDS: Final = 10.0

_ID: Final = r"[0-9a-f]{12}"
_NAME: Final = rf"(?!{_ID}$)[A-Za-z0-9][A-Za-z0-9._-]{{0,63}}"
_KEY: Final = re.compile(rf"{PREFIX}({_ID})_([0-9a-f]{{64}})", re.ASCII)
_NOTHING: Final = ("", hashlib.sha256(secrets.token_bytes()).hexdigest())


class KeysError(ValueError):
    """The keys cannot be read or changed; the message says why and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Key(_Strict):
    """The record of one key: what it is called, what it opens and until when. It cannot be turned back into the key."""

    id: str
    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False)
    scopes: tuple[KeyScope, ...] = Field(min_length=1)
    created: AwareDatetime
    expires: AwareDatetime | None = None
    requests_per_minute: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _named(self) -> Key:
        if not re.fullmatch(_ID, self.id) or not re.fullmatch(_NAME, self.name) or self.name.startswith(PREFIX):
            raise ValueError(
                "a name is 1 to 64 letters, digits, dots, dashes and underscores, and is neither a key nor an id"
            )
        return self

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


class _File(_Strict):
    version: Literal[1] = 1
    keys: tuple[Key, ...] = Field(default=(), max_length=MOST_KEYS)

    @model_validator(mode="after")
    def _distinct(self) -> _File:
        for field in ("id", "name"):
            if len({getattr(key, field) for key in self.keys}) < len(self.keys):
                raise ValueError(f"two keys have the same {field}")
        return self


def issue(
    name: str,
    scopes: Sequence[KeyScope],
    *,
    now: datetime,
    expires: datetime | None = None,
    requests_per_minute: int | None = None,
) -> tuple[Key, str]:
    """Make a key: its record, and the key itself, which is nowhere else. Raises `KeysError` for a bad name."""
    secret = secrets.token_hex(32)
    try:
        key = Key(
            id=secrets.token_hex(6),
            name=name,
            sha256=_digest(secret),
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            created=now,
            expires=expires,
            requests_per_minute=requests_per_minute,
        )
    except ValidationError as error:
        raise KeysError(_told(error)) from None
    return key, f"{PREFIX}{key.id}_{secret}"


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read the records of the file; raises `KeysError`. Its message never repeats what stands in the file."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise KeysError(f"it cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise KeysError(f"it has more than {MOST_BYTES:,} bytes, so it is no file of keys")
    try:
        return _File.model_validate_json(content).keys
    except ValidationError as error:
        raise KeysError(f"it is no file of keys: {_told(error)}") from None


@contextmanager
def edit_keys(path: Path) -> Iterator[list[Key]]:
    """Give the records to change, and write them whole when the block ends without an error; raises `KeysError`.

    One writer at a time. Who reads meanwhile sees the old file or the new one, and after a power cut one of them is
    there.
    """
    path = path.resolve()  # a link stays a link
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=LOCK_SECONDS, mode=0o600):
            _give(Path(f"{path}.lock"), path)
            keys = list(read_keys(path)) if path.exists() else []
            yield keys
            try:
                file = _File(keys=tuple(keys))
            except ValidationError as error:
                raise KeysError(_told(error)) from None
            _write(path, file.model_dump_json(indent=2).encode() + b"\n")
    except Timeout:
        raise KeysError(f"another command has held it for {LOCK_SECONDS:g} seconds: try again") from None
    except OSError as error:
        raise KeysError(f"it cannot be written: {error.strerror}") from None


class KeyRing:
    """The keys of a running service, read again within a second of a change of the file.

    While the file is gone or cannot be used, the last keys that could be read stay in force, and the log says so.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self._clock = clock
        self._now = now
        self._look_at = clock() + LOOK_SECONDS
        self._stamp = self._stat()
        self._keys = {key.id: key for key in read_keys(path)}
        log.info("%d keys in %s", len(self._keys), path)

    def find(self, shown: str) -> Key | None:
        """Find the record of a key that someone shows; None where it is unknown, wrong or expired, in the same time."""
        self._look()
        match = _KEY.fullmatch(shown)
        key_id, secret = match.groups() if match else _NOTHING
        key = self._keys.get(key_id)
        same = hmac.compare_digest(_digest(secret), key.sha256 if key else _NOTHING[1])
        return key if key is not None and same and not key.expired(self._now()) else None

    def still(self, key: Key) -> Key | None:
        """Find a key's record as it stands now; None where it was revoked, made anew or has expired."""
        self._look()
        found = self._keys.get(key.id)
        return found if found and found.sha256 == key.sha256 and not found.expired(self._now()) else None

    def _look(self) -> None:
        if self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_SECONDS
        stamp = self._stat()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = {key.id: key for key in read_keys(self.path)}
        except KeysError as error:
            log.error("RECLAMO_KEYS=%s: %s; the %d keys read before stay in force", self.path, error, len(self._keys))
        else:
            log.info("%d keys in %s, which changed", len(self._keys), self.path)

    def _stat(self) -> tuple[int, int, int] | None:
        """Tell one state of the file from another; None where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _told(error: ValidationError) -> str:
    """Say the first fault without its input, which may be a key."""
    first = error.errors(include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, ")


def _give(made: Path, path: Path) -> None:
    """Give what root made beside the keys to whom the keys or their folder belong, so that the service can read it."""
    if os.name == "posix" and os.geteuid() == 0:
        owner = (path if path.exists() else path.parent).stat()
        os.chown(made, owner.st_uid, owner.st_gid)


def _write(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file, all at once and durably, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        _give(part, path)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the new name, too, has to be on the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
