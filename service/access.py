"""The outermost layer: headers that protect a browser, one log line a request, and no exception that gets out.

The log never holds what a message said: not the body, not the query, and of an unforeseen exception only its type and
where it was raised, because its message may quote its input.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.connection import until_gone
from service.errors import Internal, Problem, ShuttingDown
from service.logs import FIELDS, fields, line, places
from service.readiness import Readiness
from service.served import Served, served

log = logging.getLogger(__name__)

POLICY: Final = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}

HTTPS_ALONE: Final = "max-age=31536000"
"""Sent as Strict-Transport-Security where TLS is known: a proxy in `RECLAMO_PROXIES` says so."""

GONE: Final = 499
"""What the log calls a request whose client went away; nothing is sent."""

CLIENT_GONE: Final = "client-gone"

CLOSED: Final = "the handler is closed"
"""What uvloop says, at the end of a RuntimeError, of writing to a connection that the client has reset."""

HEARD: Final = 1.0
"""Seconds at most until the server has heard of it, too; of requests sent in a row it tells the last one alone."""

Watch = Callable[[Served], None]
Show = Callable[[Scope, Problem, str], Response | None]
"""Makes a page of a refusal, which is numbered, for those who read one; None for all others."""


class Access:
    """Log, protect and, where the application raises, answer: with a page if `show` makes one, else the problem."""

    def __init__(
        self, app: ASGIApp, *, readiness: Readiness, watches: Sequence[Watch] = (), show: Show | None = None
    ) -> None:
        self.app = app
        self.readiness = readiness
        self.watches = watches
        self.show = show

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        request_id = uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["arrived"] = began
        state["instance"] = instance = f"urn:reclamo:request:{request_id}"
        status = 0
        refused: str | None = None

        async def protected_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = HTTPS_ALONE
                headers["X-Request-Id"] = request_id
                if self.readiness.stopping:
                    headers["Connection"] = "close"
            try:
                await send(message)
            except RuntimeError as error:
                if not str(error).endswith(CLOSED):
                    raise
                with suppress(TimeoutError):  # the server hears of it a moment later, and would miss the rest
                    await asyncio.wait_for(until_gone(receive), HEARD)
                raise ClientDisconnect from None

        async def refuse(problem: Problem) -> None:
            nonlocal status, refused
            refused = problem.code
            if status:
                return
            page = None
            try:
                page = self.show and self.show(scope, problem, request_id)
            except Exception as error:
                log.error("%s cannot be shown: %s at %s", request_id, type(error).__name__, places(error))
            try:
                await (page or problem.response(instance))(scope, receive, protected_send)
            except ClientDisconnect:
                status, refused = GONE, CLIENT_GONE

        try:
            await self.app(scope, receive, protected_send)
        except ClientDisconnect:
            status, refused = GONE, CLIENT_GONE
        except Problem as problem:
            await refuse(problem)
        except asyncio.CancelledError:  # the grace period is over
            await refuse(ShuttingDown("The service stopped before the answer was there: ask again."))
        except Exception as error:
            log.error("%s failed: %s at %s", request_id, type(error).__name__, places(error))
            await refuse(Internal())
        finally:
            over = served(
                scope,
                request_id=request_id,
                status=status or GONE,
                began=began,
                ended=time.monotonic(),
                problem=refused,
            )
            log.info("%s", line(over), extra={FIELDS: fields(over)})
            for watch in self.watches:
                watch(over)
