"""Until when an answer is of use, and whose word that is: the client's, or the service's for all requests.

A client says it in a header: `X-Request-Timeout-Ms: 250`, or in whole seconds `Prefer: wait=2` (RFC 7240). The shorter
counts, from the moment the request arrived. Past it the client is told 504 and nothing is computed for it any more.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

from service.errors import BadRequest, DeadlinePassed, TooSlow

HEADER: Final = "X-Request-Timeout-Ms"
_MILLISECONDS: Final = re.compile(r"[0-9]{1,9}")
_PREFER: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?(?:$|[,;\s])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`expires` is a second of the monotonic clock; `clients` says that it is the client's own, shorter one."""

    expires: float
    clients: bool = False

    @classmethod
    def after(cls, allowed: float, wait: float | None = None, *, since: float | None = None) -> Deadline:
        """Count from `since`, or from now: `allowed` seconds, or the client's `wait` where that is shorter."""
        began = time.monotonic() if since is None else since
        return cls(began + allowed) if wait is None or wait >= allowed else cls(began + wait, clients=True)

    def left(self) -> float:
        """Seconds until then; 0 or less when it has passed."""
        return self.expires - time.monotonic()

    def passed(self, retry_after: float) -> DeadlinePassed | TooSlow:
        """Make the refusal that fits whose deadline it is; `retry_after` in seconds."""
        if self.clients:
            told = "The answer cannot be there by the deadline that you set: allow more, or ask again later."
            return DeadlinePassed(told, retry_after=retry_after)
        told = "The answer was not there in time: send less at once, or ask again later."
        return TooSlow(told, retry_after=retry_after)


def asked_wait(headers: Headers) -> float | None:
    """Read how many seconds the client waits; None where it does not say. Raises `BadRequest`."""
    waits = [float(found[1])] if (found := _PREFER.search(headers.get("prefer", ""))) else []
    if (given := headers.get(HEADER)) is not None:
        if not _MILLISECONDS.fullmatch(given.strip()):
            raise BadRequest(f"Give {HEADER} as a whole number of milliseconds, such as 250, or leave it out.")
        waits.append(int(given) / 1000)
    return min(waits, default=None)
