"""Requests that carry an `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header) are done once.

What was done is answered again word for word for a day. What was refused is forgotten, because nothing was done, and
the same key may try again. Where nobody knows whether something was done, the key stays under way until its lease ends.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

from data.store.errors import KeyMismatch, KeyUnderWay
from data.store.records import Lease, Replay, TicketKey
from service.deadline import Deadline
from service.errors import BadRequest, KeyReused, Problem, RequestUnderWay, StoreFailed

if TYPE_CHECKING:
    from data.store.store import Store
    from service.storing import StoreCalls

log = logging.getLogger(__name__)

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 255

_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')
_BARE: Final = re.compile(r"[!#-+\--:<-~]+")
"""Without the quotes that the draft asks for, as many clients send it: no space, quote, comma or semicolon."""


@dataclass(frozen=True)
class Once:
    """A request that is to be done once: its key, whose key it is, and what the request says."""

    key: str
    author: str
    request: str


def read_key(headers: Headers) -> str | None:
    """Read the header; None where there is none. Raises `BadRequest`."""
    given = headers.getlist(HEADER)
    if not given:
        return None
    value = given[0].strip()
    found = _QUOTED.fullmatch(value)
    key = re.sub(r'\\(["\\])', r"\1", found[1]) if found else value if _BARE.fullmatch(value) else ""
    if len(given) > 1 or not 1 <= len(key) <= LONGEST:
        raise BadRequest(f'Give {HEADER} once, as up to {LONGEST} characters in quotes, such as "8e03978e-40d5".')
    return key


def canonical(method: str, path: str, body: object) -> str:
    """Write what a request asks for, the same whichever way its JSON was written."""
    return f"{method} {path}\n{json.dumps(body, sort_keys=True, separators=(',', ':'))}"


async def once(
    calls: StoreCalls,
    asked: Once | None,
    ticket: TicketKey,
    work: Callable[[], Awaitable[Replay]],
    deadline: Deadline | None = None,
) -> Replay:
    """Do `work`, or give again what it gave; without a key, just do it.

    Raises `KeyReused` where the key came with another request, `RequestUnderWay` while the first one is being done, and
    what `StoreCalls.ask` raises where it is not begun by the deadline.
    """
    if asked is None:
        return await work()

    def begin(store: Store) -> Lease | Replay:
        return store.begin(asked.key, asked.author, store.mark(asked.request))

    try:
        begun = await calls.ask("write", begin, deadline)
    except KeyMismatch:
        raise KeyReused from None
    except KeyUnderWay as first:
        raise RequestUnderWay(first.wait) from None
    if isinstance(begun, Replay):
        return begun
    try:
        reply = await work()
    except StoreFailed as failure:
        if failure.unsure:
            left = (begun.until - datetime.now(UTC)).total_seconds()  # until the key is free again
            failure.headers["Retry-After"] = str(max(1, math.ceil(left)))
        else:
            await _finish(calls, begun, None, ticket)
        raise
    except Exception as failure:  # not of a cancellation: what the store has begun goes on
        if not isinstance(failure, OSError):  # it may have come after the commit
            await _finish(calls, begun, None, ticket)
        raise
    await _finish(calls, begun, reply, ticket)
    return reply


async def _finish(calls: StoreCalls, lease: Lease, reply: Replay | None, ticket: TicketKey) -> None:
    """Note the end. Where that fails the work is done all the same, and the key is free again in minutes."""
    try:
        await calls.ask("write", lambda store: store.finish(lease, reply, ticket))
    except Problem as problem:
        log.warning("an idempotency key was not noted: %s", problem.code)
