"""The outermost layer: headers that protect a browser, one log line a request, and no exception that gets out.

The log never holds what a message said: not the body, not the query, and of an unforeseen exception only its type and
where it was raised, because its message may quote its input.
"""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from asyncio import CancelledError
from typing import Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Internal, Problem, ShuttingDown
from service.readiness import Readiness

log = logging.getLogger(__name__)

POLICY: Final = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

GONE: Final = 499
"""What the log calls a request whose client went away; nothing is sent."""

LONGEST_PATH: Final = 120


class Access:
    """Log, protect and, where the application raises, answer."""

    def __init__(self, app: ASGIApp, *, readiness: Readiness) -> None:
        self.app = app
        self.readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        request_id = uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["instance"] = instance = f"urn:reclamo:request:{request_id}"
        status = 0

        async def protected_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
                if self.readiness.stopping:
                    headers["Connection"] = "close"
            await send(message)

        try:
            await self.app(scope, receive, protected_send)
        except ClientDisconnect:
            status = GONE
        except Problem as problem:
            if not status:
                await problem.response(instance)(scope, receive, protected_send)
        except CancelledError:  # the grace period is over
            if not status:
                stopped = ShuttingDown("The service stopped before the answer was there: ask again.")
                await stopped.response(instance)(scope, receive, protected_send)
        except Exception as error:
            log.error("%s failed: %s at %s", request_id, type(error).__name__, _places(error))
            if not status:
                await Internal().response(instance)(scope, receive, protected_send)
        finally:
            characters = state.get("characters")
            log.info(
                "%s %s %s %.1f ms%s %s",
                scope["method"],
                quote(scope["path"])[:LONGEST_PATH],
                status or GONE,
                (time.monotonic() - began) * 1000,
                "" if characters is None else f" {characters} characters",
                request_id,
            )


def _places(error: BaseException) -> str:
    """Name the functions and lines that an exception went through, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames[-8:])
