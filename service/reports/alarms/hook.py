"""A webhook: alerts sent to one address as signed JSON, by the names of the Standard Webhooks specification.

The signature is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. The same alert has the same id when it is
sent again, so a receiver can tell.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

PATIENCE: Final = 10.0
"""Seconds for each step of a call."""

WAITS: Final = (1.0, 5.0, 25.0)
"""Seconds before each further try."""

MOST_READ: Final = 4_096
SHORTEST_SECRET: Final = 24

_PREFIX: Final = "whsec_"
_AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that may pass, beside those of 500 and more."""


class HookError(RuntimeError):
    """The webhook did not take the alert; the message says why."""


def read_secret(written: str) -> bytes:
    """Read a secret: `whsec_` and base64, or any 24 characters. Raises `ValueError` that does not repeat it."""
    if written.startswith(_PREFIX):
        try:
            key = base64.b64decode(written.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("is not base64 behind whsec_") from None
        if len(key) < SHORTEST_SECRET:
            raise ValueError(f"is shorter than {SHORTEST_SECRET} bytes")
        return key
    if len(written) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters")
    return written.encode()


def sign(secret: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """Sign a call; returns what stands in `webhook-signature`."""
    digest = hmac.new(secret, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


@dataclass(frozen=True)
class Hook:
    """Where alerts are posted to. Redirections are not followed, and no proxy is asked."""

    address: str
    secret: bytes = field(repr=False)
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def send(self, id_: str, content: Mapping[str, Any]) -> None:
        """Post an alert, again where it may help; raises `HookError`."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        problem = ""
        for wait in (0.0, *WAITS):
            if wait:
                self.sleep(wait)
            try:
                status = self._post(id_, body)
            except (OSError, http.client.HTTPException) as error:
                problem = f"could not be reached: {type(error).__name__}"
                continue
            if 200 <= status < 300:
                return
            problem = f"answered {status}"
            if status < 500 and status not in _AGAIN:
                break
        raise HookError(f"the webhook {problem}")

    def _post(self, id_: str, body: bytes) -> int:
        parts = urlsplit(self.address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
        timestamp = int(self.clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "reclamo",
            "webhook-id": id_,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self.secret, id_, timestamp, body),
        }
        try:
            connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = connection.getresponse()
            answer.read(MOST_READ)
            return answer.status
        finally:
            connection.close()
