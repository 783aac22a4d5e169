"""How much one name may take in a minute, and how long an address that shows wrong keys has to wait.

Both tables are bounded: where they are full, the entry that was longest unused is forgotten.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.keys import MOST_KEYS

MOST_ADDRESSES: Final = 10_000
LONGEST_LOCK: Final = 900.0
FORGOTTEN_AFTER: Final = 3_600.0
"""Seconds after the last wrong key until an address begins anew."""


class Buckets:
    """Token buckets: each holds a minute's worth, is full at first and fills evenly."""

    def __init__(self, per_minute: int, *, most: int = MOST_KEYS, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._most = most
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, amount: int, *, per_minute: int | None = None) -> float:
        """Take `amount` and return 0, or take nothing and return the seconds until it is there.

        An amount larger than the bucket is given when the bucket is full, and paid back before the next one.
        """
        size = per_minute or self.per_minute
        now = self._clock()
        level, since = self._levels.get(name, (float(size), now))
        level = min(size, level + (now - since) * size / 60)
        lacking = min(amount, size) - level
        if lacking <= 0:
            level -= amount
        self._levels[name] = level, now
        self._levels.move_to_end(name)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return max(0.0, lacking * 60 / size)


@dataclass(slots=True)
class _Failures:
    count: int = 0
    latest: float = 0.0
    locked_until: float = 0.0


class Lockout:
    """Wrong keys by sender, as `network` names it.

    From the `failures`th on each one locks the sender out: for a second at first, then for twice as long each time.
    """

    def __init__(
        self, failures: int, *, most: int = MOST_ADDRESSES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._most = most
        self._clock = clock
        self._table: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, sender: str) -> float:
        """Seconds until keys from `sender` are looked at again; 0 where they are now."""
        found = self._table.get(sender)
        return max(0.0, found.locked_until - self._clock()) if found else 0.0

    def fail(self, sender: str) -> float:
        """Count a wrong key; returns for how many seconds `sender` is locked out for it."""
        now = self._clock()
        found = self._table.setdefault(sender, _Failures(latest=now))
        if now - found.latest > FORGOTTEN_AFTER:
            found.count = 0
        found.count += 1
        found.latest = now
        self._table.move_to_end(sender)
        if len(self._table) > self._most:
            self._table.popitem(last=False)
        beyond = found.count - self._failures
        if beyond < 0:
            return 0.0
        seconds = min(LONGEST_LOCK, 2.0 ** min(beyond, 10))
        found.locked_until = now + seconds
        return seconds


def network(address: str) -> str:
    """Name what one sender holds: an IPv4 address, or the /64 that an IPv6 address lies in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
