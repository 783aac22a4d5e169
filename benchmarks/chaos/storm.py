"""Thousands of requests over raw sockets, from many connections at once: good, bad, half, slow and vanishing ones."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

CONNECTIONS: Final = 100
PATIENCE: Final = 120.0
BUSY: Final = frozenset({429, 503})
"""Refusals for want of room, which any request may meet."""

BROKEN: Final = 0
"""In place of a status: the connection ended without an answer."""

Dice = random.Random


@dataclass(frozen=True)
class Kind:
    """A kind of request: what is sent, in pieces, and which statuses are right. `leaves`: who asks does not wait."""

    name: str
    pieces: Callable[[Dice], Sequence[bytes]]
    right: frozenset[int]
    leaves: bool = False


@dataclass
class Tally:
    """What came back, by kind."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, kind: Kind, statuses: Sequence[int]) -> None:
        """Count the answers to one request; wrong is what is neither right for its kind nor a refusal for room."""
        counted = self.statuses.setdefault(kind.name, Counter())
        counted.update(statuses)
        for status in statuses:
            if status not in kind.right | BUSY:
                self.wrong[f"{kind.name}: {status or 'broken'}"] += 1


def head(length: int | str | None, *more: str, path: str = "/v1/classify", method: str = "POST") -> bytes:
    """Write a request's line and headers; a host or media type among `more` takes the place of the usual one."""
    given = [each.partition(":")[0].lower() for each in more]
    lines = [f"{method} {path} HTTP/1.1", *more]
    lines += [] if "host" in given else ["Host: localhost"]
    lines += [] if "content-type" in given else ["Content-Type: application/json"]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([*lines, "Connection: close", "\r\n"]).encode("latin-1")


def post(body: bytes, *more: str, path: str = "/v1/classify") -> list[bytes]:
    """Write a whole request."""
    return [head(len(body), *more, path=path) + body]


def kinds(texts: Sequence[str]) -> list[Kind]:
    """Make the kinds of requests; `texts` are what customers write."""

    def message(dice: Dice) -> bytes:
        return json.dumps({"text": f"{dice.choice(texts)} ({dice.randrange(10**9)})"}).encode()

    def batch(dice: Dice) -> bytes:
        return json.dumps({"messages": [json.loads(message(dice)) for _ in range(dice.randint(1, 6))]}).encode()

    def cut(dice: Dice) -> bytes:
        whole = post(message(dice))[0]
        return whole[: dice.randrange(1, len(whole))]

    def drops(dice: Dice, share: float) -> list[bytes]:
        whole = post(message(dice))[0]
        whole = whole[: int(len(whole) * share)]
        size = max(1, len(whole) // dice.randint(3, 8))
        return [whole[at : at + size] for at in range(0, len(whole), size)]

    def odd(dice: Dice) -> bytes:
        characters = "\u202e\u0301\ufeff😀é \n" + dice.choice(["", "", "\0", "\ud800"])
        return json.dumps({"text": "".join(dice.choices(characters, k=dice.randint(1, 5_000)))}).encode()

    def chunks(dice: Dice) -> bytes:
        body = message(dice)
        at = dice.randrange(1, len(body))
        parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:at], body[at:]))
        return head(None, "Transfer-Encoding: chunked") + parts + b"0\r\n\r\n"

    ok, told, bad = frozenset({200}), frozenset({200, 413, 422}), frozenset({400})
    nobody = frozenset({BROKEN, 200, 400, 408})
    return [
        Kind("good", lambda dice: post(message(dice)), ok),
        Kind("good batch", lambda dice: post(batch(dice), path="/v1/classify/batch"), ok),
        Kind("in chunks", lambda dice: [chunks(dice)], ok),
        Kind("drop by drop", lambda dice: drops(dice, 1.0), ok),
        Kind("odd characters", lambda dice: post(odd(dice)), told),
        Kind("one character", lambda dice: post(json.dumps({"text": "a" * dice.randint(1, 10**6)}).encode()), told),
        Kind("cut JSON", lambda dice: post(message(dice)[:-2]), bad),
        Kind("deep JSON", lambda dice: post(b"[" * dice.randint(1, 10**5)), bad),
        Kind("random body", lambda dice: post(dice.randbytes(dice.randint(1, 500))), frozenset({400, 422})),
        Kind("too large", lambda dice: post(b" " * 2_000_001), frozenset({413})),
        Kind("compressed", lambda dice: post(dice.randbytes(99), "Content-Encoding: gzip"), frozenset({415})),
        Kind("other media", lambda dice: post(message(dice), "Content-Type: text/xml"), frozenset({415})),
        Kind("other host", lambda dice: post(message(dice), "Host: evil.example"), frozenset({421})),
        Kind("other site", lambda dice: post(message(dice), "Origin: https://evil.example"), frozenset({403})),
        Kind("no address", lambda dice: [head(0, path=f"/{dice.randrange(10**9)}")], frozenset({404})),
        Kind("other method", lambda dice: [head(0, method="DELETE")], frozenset({405})),
        Kind("no time", lambda dice: post(message(dice), "X-Request-Timeout-Ms: 0"), frozenset({504})),
        Kind("length too long", lambda dice: [head(10**5) + message(dice)], frozenset({408})),
        Kind("length too short", lambda dice: [head(9) + message(dice)], bad),
        Kind("length no number", lambda dice: [head("9e9") + b"{}"], bad),
        Kind("two lengths", lambda dice: [head(2, "Content-Length: 3") + b"{}"], bad),
        Kind("no HTTP", lambda dice: [dice.randbytes(dice.randint(20, 999)) + b"\r\n\r\n"], bad | {BROKEN}),
        Kind("thousand headers", lambda dice: [head(0, *(f"X-{n}: {n}" for n in range(1_000)))], bad),
        Kind("endless header", lambda dice: [head(None)[:-4] + b"\r\nX: ", *[b"x" * 30_000] * 30], bad | {BROKEN}),
        Kind("half, then silence", lambda dice: [cut(dice)], nobody),
        Kind("half, then gone", lambda dice: [cut(dice)], nobody, leaves=True),
        Kind("drops, then gone", lambda dice: drops(dice, dice.random()), nobody, leaves=True),
        Kind("whole, then gone", lambda dice: post(message(dice)), nobody, leaves=True),
        Kind("two at once", lambda dice: [b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", *post(message(dice))], ok),
    ]  # fmt: skip


async def storm(port: int, texts: Sequence[str], requests: int, seed: int) -> Tally:
    """Send so many requests, each of a random kind, over up to 100 connections at once."""
    tally, dice, several = Tally(), random.Random(seed), kinds(texts)
    room = asyncio.Semaphore(CONNECTIONS)

    async def one(kind: Kind, dice: Dice) -> None:
        async with room:
            tally.add(kind, await _send(port, kind, dice))

    async with asyncio.TaskGroup() as group:
        for _ in range(requests):
            await room.acquire()
            room.release()
            group.create_task(one(dice.choice(several), random.Random(dice.random())))
    return tally


async def _send(port: int, kind: Kind, dice: Dice) -> list[int]:
    """Send one request; returns the statuses that came back, at least one."""
    answer = b""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for number, piece in enumerate(kind.pieces(dice)):
                    await asyncio.sleep(dice.random() * 0.1 if number else 0.0)
                    writer.write(piece)
                    await writer.drain()
                if not kind.leaves:
                    while part := await reader.read(65_536):
                        answer += part
                elif dice.random() < 0.5:  # half of them do not even say goodbye
                    await asyncio.sleep(dice.random() * 0.05)
                    gone = writer.get_extra_info("socket")
                    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            finally:
                writer.close()
    except (OSError, TimeoutError):
        pass
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] or [BROKEN]
