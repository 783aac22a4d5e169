"""Who has shown a key in a browser: it cannot send a header when it opens a page, but it can send a cookie.

A session is a random token that only the browser has; here is its SHA-256 and which key opened it. It lies in memory,
so that a restart ends it, and ends as well when its time is over or its key is revoked. It opens nothing but what is
read below `/reports`.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response

from service.keys import Key, KeyRing

COOKIE: Final = "reclamo-reports"
FOLDER: Final = "/reports"
"""Where browsers send the cookie to."""

LASTS: Final = 12 * 3_600
"""Seconds until a session is over, however much it is used."""

MOST: Final = 1_000
"""Sessions at a time; beyond it the oldest ends."""


class Sessions:
    """The sessions of one service. Used from the event loop only."""

    def __init__(self, ring: KeyRing, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._ring = ring
        self._most = most
        self._clock = clock
        self._table: OrderedDict[bytes, tuple[Key, float]] = OrderedDict()

    def open(self, key: Key) -> str:
        """Begin a session of a key that was shown; returns its token, which is nowhere else."""
        token = secrets.token_urlsafe(32)
        self._table[_digest(token)] = key, self._clock() + LASTS
        while len(self._table) > self._most:
            self._table.popitem(last=False)
        return token

    def find(self, token: str | None) -> Key | None:
        """Find the key of a session; None where there is none any more. Looked up by hash: time tells of no token."""
        if token is None:
            return None
        digest = _digest(token)
        key, until = self._table.get(digest, (None, 0.0))
        if key is not None and (self._clock() >= until or (key := self._ring.still(key)) is None):
            del self._table[digest]
            return None
        return key

    def close(self, token: str | None) -> None:
        """End a session."""
        if token is not None:
            self._table.pop(_digest(token), None)


def shown_token(headers: Headers) -> str | None:
    """Read the token that a browser sends; None where it sends none."""
    for sent in headers.getlist("cookie"):
        for part in sent.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE and value:
                return value[:128]
    return None


def give_token(response: Response, token: str, *, secure: bool) -> None:
    """Send a token to the browser: no script can read it, and no other site can have it sent."""
    response.set_cookie(COOKIE, token, max_age=LASTS, path=FOLDER, secure=secure, httponly=True, samesite="strict")


def take_token(response: Response) -> None:
    """Have the browser forget its token."""
    response.delete_cookie(COOKIE, path=FOLDER, httponly=True, samesite="strict")


def below_folder(path: str) -> bool:
    """Whether an address is a page of the reports or of its files."""
    return path == FOLDER or path.startswith(f"{FOLDER}/")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
