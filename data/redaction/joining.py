"""One list out of what several rules found."""

from __future__ import annotations

from collections.abc import Iterable

from data.redaction.kinds import Found, Kind

_RANK = {kind: rank for rank, kind in enumerate(Kind)}


def join(found: Iterable[Found]) -> list[Found]:
    """Unite what overlaps; the longest part says the kind, between equals the more certain one (the order of `Kind`).

    Nothing that any rule found is ever given up, so a wrong kind costs a wrong placeholder but no leak.
    """
    joined: list[Found] = []
    longest = 0
    for item in sorted(found, key=lambda one: (one.start, -one.end, _RANK[one.kind])):
        if item.start >= item.end:
            continue
        if not joined or item.start >= joined[-1].end:
            joined.append(item)
            longest = item.end - item.start
            continue
        before = joined[-1]
        length = item.end - item.start
        wins = length > longest or (length == longest and _RANK[item.kind] < _RANK[before.kind])
        longest = max(longest, length)
        joined[-1] = Found(item.kind if wins else before.kind, before.start, max(before.end, item.end))
    return joined
