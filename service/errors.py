"""Everything that the service refuses, as one tree of exceptions; a class is a status code.

    Problem
    ├── BadRequest          400
    │   ├── MalformedJson           not JSON
    │   ├── InvalidEncoding         not UTF-8
    │   └── BadLength               Content-Length is not a number
    ├── Unauthenticated     401     no key
    │   └── WrongKey                unknown, mistyped, expired or revoked
    ├── Forbidden           403
    │   ├── ScopeMissing            the key was made for other calls
    │   └── CrossOrigin             a page of another site asked
    ├── NotFound            404
    │   └── NoStore                 this service keeps no tickets
    ├── MethodNotAllowed    405
    ├── SlowBody            408     the body did not arrive in time
    ├── Conflict            409
    │   ├── VersionRefused          a version of the model cannot be served; the one before goes on
    │   ├── ActivationUnderWay      one at a time
    │   ├── StaleTicket             the ticket has changed since it was read; `current` is how it stands
    │   ├── NothingToUndo
    │   └── RequestUnderWay         the first request with this idempotency key; Retry-After
    ├── Erased              410     for good; it is not kept again
    ├── TooLarge            413
    │   ├── BodyTooLarge
    │   ├── TextTooLong
    │   └── TooManyMessages
    ├── UnsupportedMedia    415     not JSON in UTF-8, or compressed
    ├── Misdirected         421     `Host` is not a name of this service
    ├── InvalidFields       422     `errors` names each field and its mend
    │   └── KeyReused               the idempotency key came with another request
    ├── Overloaded          429     Retry-After: the predicted time until there is room
    │   ├── RateLimited             a key has used up its minute
    │   └── LockedOut               an address has shown too many wrong keys
    ├── Internal            500
    ├── NotInstalled        501     software is missing that only this needs
    ├── Unavailable         503     Retry-After
    │   ├── NotReady
    │   ├── ShuttingDown
    │   ├── TooSlow                 the time that the service allows is over
    │   ├── StoreFailed             the ticket store could not be used; nothing was kept unless `unsure`
    │   └── StoreFull               its disk is full; nothing was kept
    └── DeadlinePassed      504     the time that the client allows is over, or will be; Retry-After

Each leaves the service as `application/problem+json` (RFC 9457). No part of a problem repeats what a message said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, Field
from starlette.responses import Response

TYPE = "urn:reclamo:problem:"
MEDIA = "application/problem+json"


class FieldError(BaseModel):
    """One field that cannot be used: what is wrong with it, and how to mend it."""

    field: str = Field(description="Where in the body: `text`, or `messages[3].text`.")
    detail: str
    mend: str


class ProblemBody(BaseModel):
    """A problem as it is sent (RFC 9457)."""

    type: str = Field(description="A name for machines, such as `urn:reclamo:problem:text-too-long`.")
    title: str
    status: int
    detail: str
    instance: str | None = Field(default=None, description="This one occurrence; the log carries the same id.")
    errors: list[FieldError] | None = Field(default=None, description="For 422: each field that is wrong.")
    given_version: int | None = Field(default=None, description="For `stale-ticket`: the version in `If-Match`.")
    current: dict[str, Any] | None = Field(
        default=None, description="For `stale-ticket`: the ticket as it stands, with its `version`."
    )


class Problem(Exception):
    """A refusal. `detail` says what is wrong here and how to mend it, without repeating the message."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "The service failed"
    closes: ClassVar[bool] = False
    """Whether the connection must end because a part of the request was not read."""

    def __init__(
        self, detail: str, *, errors: Sequence[FieldError] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}

    def body(self, instance: str | None = None) -> ProblemBody:
        """Put the problem into the envelope."""
        return ProblemBody(
            type=TYPE + self.code,
            title=self.title,
            status=self.status,
            detail=self.detail,
            instance=instance,
            errors=self.errors or None,
        )

    def response(self, instance: str | None = None) -> Response:
        """Make the response: envelope, status and headers."""
        headers = {**self.headers, "Cache-Control": "no-store"}
        if self.closes:
            headers["Connection"] = "close"
        content = self.body(instance).model_dump_json(exclude_none=True)
        return Response(content, status_code=self.status, headers=headers, media_type=MEDIA)


class BadRequest(Problem):
    """The request cannot be read."""

    status, code, title = 400, "bad-request", "The request cannot be read"


class MalformedJson(BadRequest):
    """The body is not JSON."""

    code, title = "malformed-json", "The body is not JSON"


class InvalidEncoding(BadRequest):
    """The body is not UTF-8."""

    code, title = "invalid-encoding", "The body is not UTF-8"


class BadLength(BadRequest):
    """Content-Length is not a number of bytes."""

    code, title, closes = "bad-length", "Content-Length is not a number of bytes", True


class Unauthenticated(Problem):
    """The call needs a key, and none was sent."""

    status, code, title = 401, "key-needed", "This call needs a key"
    challenge: ClassVar[str] = 'Bearer realm="reclamo"'

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": self.challenge})


class WrongKey(Unauthenticated):
    """The key that was sent opens nothing. Why not is never told."""

    code, title = "wrong-key", "The key does not open this service"
    challenge = 'Bearer realm="reclamo", error="invalid_token"'


class Forbidden(Problem):
    """Whoever asks may not do this."""

    status, code, title = 403, "forbidden", "This is not allowed"


class ScopeMissing(Forbidden):
    """The key lacks the scope that the call needs."""

    code, title = "scope-missing", "The key was made for other calls"

    def __init__(self, scope: str) -> None:
        challenge = f'Bearer realm="reclamo", error="insufficient_scope", scope="{scope}"'
        told = f"This call needs a key with the scope `{scope}`: ask whoever makes the keys for one."
        super().__init__(told, headers={"WWW-Authenticate": challenge})


class CrossOrigin(Forbidden):
    """A browser was led here by a page of another site."""

    code, title = "cross-origin", "Another site may not ask this"


class NotFound(Problem):
    """There is nothing at this address."""

    status, code, title = 404, "not-found", "There is nothing at this address"


class NoStore(NotFound):
    """The service keeps no tickets."""

    code, title = "no-store", "This service keeps no tickets"


class MethodNotAllowed(Problem):
    """The address does not take this method."""

    status, code, title = 405, "method-not-allowed", "This address does not take this method"


class SlowBody(Problem):
    """The body did not arrive in time."""

    status, code, title, closes = 408, "slow-body", "The body did not arrive in time", True


class Conflict(Problem):
    """It does not go together with how things stand."""

    status, code, title = 409, "conflict", "This does not go together with how things stand"


class VersionRefused(Conflict):
    """A version cannot be served; the one that is served goes on."""

    code, title = "version-refused", "This version cannot be served"


class ActivationUnderWay(Conflict):
    """Another version is being activated."""

    code, title = "activation-under-way", "Another activation is under way"


class StaleTicket(Conflict):
    """The ticket has changed since whoever asks read it. `current` is how it stands, ready for JSON."""

    code, title = "stale-ticket", "The ticket has changed since you read it"

    def __init__(self, given: int | None, current: dict[str, Any]) -> None:
        version = current["version"]
        told = f"You read version {given}, it stands at version {version}: look at `current`, then decide."
        super().__init__(told, headers={"ETag": f'"{version}"'})
        self.given, self.current = given, current

    def body(self, instance: str | None = None) -> ProblemBody:
        """Add both versions to the envelope."""
        return super().body(instance).model_copy(update={"given_version": self.given, "current": self.current})


class NothingToUndo(Conflict):
    """The author has no correction of the ticket that still holds."""

    code, title = "nothing-to-undo", "There is nothing to take back"


class RequestUnderWay(Conflict):
    """The request that an idempotency key came with first is still being done."""

    code, title = "request-under-way", "The first request with this key is under way"

    def __init__(self, retry_after: float = 1.0) -> None:
        told = "The first request with this Idempotency-Key is still being done: ask again after `Retry-After`."
        super().__init__(told, headers={"Retry-After": str(max(1, math.ceil(retry_after)))})


class Erased(Problem):
    """The ticket, or the person whom it is of, was erased for good."""

    status, code, title = 410, "erased", "It was erased for good"


class TooLarge(Problem):
    """Something is larger than a limit."""

    status, code, title = 413, "too-large", "The request is too large"


class BodyTooLarge(TooLarge):
    """The body has more bytes than the limit."""

    code, title, closes = "body-too-large", "The body is too large", True


class TextTooLong(TooLarge):
    """A message has more characters than the limit."""

    code, title = "text-too-long", "The message is too long"


class TooManyMessages(TooLarge):
    """A batch has more messages than the limit."""

    code, title = "too-many-messages", "The batch has too many messages"


class UnsupportedMedia(Problem):
    """The body is of a kind that the service does not read."""

    status, code, title, closes = 415, "unsupported-media", "The service reads JSON in UTF-8, not compressed", True


class Misdirected(Problem):
    """The request was meant for another name."""

    status, code, title = 421, "misdirected", "This service does not go by that name"


class InvalidFields(Problem):
    """The body is JSON, but not of the form that was asked for."""

    status, code, title = 422, "invalid-fields", "Some fields cannot be used"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.field} {first.detail}: {first.mend}{more}", errors=errors)


class KeyReused(InvalidFields):
    """An idempotency key came again, with another request."""

    code, title = "key-reused", "The idempotency key came with another request before"

    def __init__(self) -> None:
        detail, mend = "came with another request before", "make a new one for each request"
        super().__init__([FieldError(field="Idempotency-Key", detail=detail, mend=mend)])


class _Later(Problem):
    """A refusal that may pass: `retry_after` is the number of seconds to wait, rounded up, at least 1."""

    def __init__(self, detail: str, *, retry_after: float = 1.0) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, math.ceil(retry_after)))})


class Overloaded(_Later):
    """More work waits than the service can finish in good time."""

    status, code, title = 429, "overloaded", "Too much work is waiting"


class RateLimited(Overloaded):
    """A key has sent as much as it may in a minute."""

    code, title = "rate-limited", "The key has used up its minute"


class LockedOut(Overloaded):
    """Too many wrong keys came from an address; no key that is new from there is looked at for a while."""

    code, title = "locked-out", "Too many wrong keys"


class Internal(Problem):
    """A fault of the service itself; what it was stands in the log, never in the answer."""

    def __init__(self) -> None:
        super().__init__("Nothing was wrong with the request that the service knows of; the log tells more.")


class NotInstalled(Problem):
    """What was asked for needs software that is not installed; `detail` says which."""

    status, code, title = 501, "not-installed", "Software is missing for this"


class Unavailable(_Later):
    """The service cannot answer now."""

    status, code, title = 503, "unavailable", "The service cannot answer now"


class NotReady(Unavailable):
    """The model has not answered its test messages yet."""

    code, title = "not-ready", "The service is not ready"


class ShuttingDown(Unavailable):
    """The service is stopping."""

    code, title = "shutting-down", "The service is shutting down"


class TooSlow(Unavailable):
    """The answer was not there in time."""

    code, title = "too-slow", "The answer was not there in time"


class StoreFailed(Unavailable):
    """The ticket store could not be used; nothing was kept, unless it is `unsure`: it failed as it committed."""

    code, title = "store-failed", "The ticket store could not be used"
    unsure = False


class StoreFull(Unavailable):
    """The disk of the ticket store is full, and nothing was kept."""

    code, title = "store-full", "The disk of the ticket store is full"


class DeadlinePassed(_Later):
    """The client's own deadline has passed, or will have before its turn comes."""

    status, code, title = 504, "deadline-passed", "The answer cannot be there by the client's deadline"
