"""Let in who shows a key: `Gate` looks at the key before a byte of the body is read, `needs` at what the key is for.

Every address needs a key but those in `OPEN`; a new one is closed until someone opens it. Where the service has no
keys at all there is no gate, and `needs` lets everybody pass; `check_exposure` says when that may be.
"""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.params import Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import LockedOut, Problem, RateLimited, ScopeMissing, Unauthenticated, WrongKey
from service.keys import MOST_KEYS, Key, KeyRing, KeyScope
from service.origin import SAFE_METHODS
from service.rates import Buckets, Lockout, network
from service.sessions import Sessions, below_folder, shown_token
from service.settings import Settings

log = logging.getLogger(__name__)

LOGIN: Final = "/reports/login"
OPEN: Final = frozenset({"/", "/review", LOGIN, "/docs", "/openapi.json", "/livez", "/readyz"})
OPEN_FOLDER: Final = "/static/"


class Gatekeeper:
    """Knows the keys, what each of them has used up, and which addresses have shown wrong ones."""

    def __init__(self, ring: KeyRing, settings: Settings) -> None:
        self.ring = ring
        self.requests = Buckets(settings.requests_per_minute)
        self.characters = Buckets(settings.characters_per_minute)
        self.lockout = Lockout(settings.key_failures)
        self.sessions = Sessions(ring)
        self._last_sender: dict[str, str] = {}
        """Where each key was last let in from. There it opens even while the address is locked for wrong keys: behind a
        shared address, a stranger shall not be able to lock out who belongs."""

    def admit(self, shown: str | None, address: str) -> Key:
        """Find the key and count the request; raises `Unauthenticated`, `WrongKey`, `LockedOut` or `RateLimited`."""
        if not shown:
            raise Unauthenticated("Send a key as `Authorization: Bearer rcl_…`, or as `X-API-Key`.")
        key, sender = self.ring.find(shown), network(address)
        if wait := self.lockout.wait(sender):
            if key is None or self._last_sender.get(key.id) != sender:
                raise LockedOut("Too many wrong keys came from your address.", retry_after=wait)
        elif key is None:
            if seconds := self.lockout.fail(sender):
                log.warning("%s is locked out for %g seconds: too many wrong keys", sender, seconds)
            raise WrongKey("The key does not open this service: it may be mistyped, expired or revoked.")
        self._remember(key, sender)
        return self._count(key)

    def admit_session(self, token: str | None) -> Key | None:
        """Find the key of a browser's session and count the request; None without one. Raises `RateLimited`."""
        key = self.sessions.find(token)
        return key and self._count(key)

    def charge(self, key: Key, characters: int) -> None:
        """Count characters that are to be read for a key; raises `RateLimited`."""
        if wait := self.characters.take(key.id, characters):
            raise RateLimited("This key has sent as many characters as it may in a minute.", retry_after=wait)

    def _count(self, key: Key) -> Key:
        if wait := self.requests.take(key.id, 1, per_minute=key.requests_per_minute):
            raise RateLimited("This key has sent as many requests as it may in a minute.", retry_after=wait)
        return key

    def _remember(self, key: Key, sender: str) -> None:
        self._last_sender.pop(key.id, None)
        self._last_sender[key.id] = sender
        if len(self._last_sender) > MOST_KEYS:
            del self._last_sender[next(iter(self._last_sender))]


class Gate:
    """The layer that asks for a key. What it lets in carries its record as `request.state.key`."""

    def __init__(self, app: ASGIApp, *, keeper: Gatekeeper) -> None:
        self.app = app
        self.keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN and not scope["path"].startswith(OPEN_FOLDER):
            headers = Headers(scope=scope)
            client = scope.get("client")
            shown = shown_key(headers)
            try:
                key = None
                if shown is None and below_folder(scope["path"]) and scope["method"] in SAFE_METHODS:
                    key = self.keeper.admit_session(shown_token(headers))
                    if key is None and "text/html" in headers.get("accept", ""):
                        await to_login(scope)(scope, receive, send)
                        return
                scope["state"]["key"] = key or self.keeper.admit(shown, client[0] if client else "")
            except Problem as problem:
                if "expect" in headers:  # the client holds its body back, and may never send it
                    problem.headers["Connection"] = "close"
                raise
        await self.app(scope, receive, send)


def to_login(scope: Scope) -> Response:
    """Send a browser to where a key is entered, and from there back to where it wanted to go."""
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"{LOGIN}?{urlencode({'next': wanted})}", status_code=303)


class _ApiKey(SecurityBase):
    """Hold the key of a request against the scopes that a route needs."""

    def __init__(self) -> None:
        told = "A key made by `python -m service keys make`. It may also be sent as `X-API-Key`."
        self.model = HTTPBearer(bearerFormat="rcl_…", description=told)
        self.scheme_name = "key"

    async def __call__(self, request: Request, needed: SecurityScopes) -> None:
        check_scopes(request, needed.scopes)


_API_KEY: Final = _ApiKey()


def needs(scope: KeyScope) -> Security:
    """Make the dependency of routes that a key must have `scope` for: `APIRouter(dependencies=[needs("admin")])`."""
    return Security(_API_KEY, scopes=[scope])


def scopes_of(route: APIRoute) -> list[str]:
    """List the scopes that `needs` asks for at a route, so that they can be checked before its body is read."""
    asked = [each for each in route.dependencies if isinstance(each, Security) and each.dependency is _API_KEY]
    return [scope for each in asked for scope in each.scopes or ()]


def check_scopes(request: Request, scopes: list[str]) -> None:
    """Raise `ScopeMissing` where the key of a request lacks one of `scopes`; without a gate, everybody has all."""
    if request.app.state.keeper is None:
        return
    key: Key = request.state.key
    for scope in scopes:
        if scope not in key.scopes:
            raise ScopeMissing(scope)


def charge(request: Request, characters: int) -> None:
    """Count the characters of a request for its key; raises `RateLimited`."""
    keeper: Gatekeeper | None = request.app.state.keeper
    if keeper is not None:
        keeper.charge(request.state.key, characters)


def shown_key(headers: Headers) -> str | None:
    """Read the key that a request shows; None where it shows none."""
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    return (shown.strip() if scheme.lower() == "bearer" else "") or headers.get("x-api-key", "").strip() or None
