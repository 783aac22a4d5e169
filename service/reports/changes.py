"""What changed since the period before, in plain words made from the figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from data.taxonomy import GroupId
from service.reports.counts.prevalence import interval
from service.reports.counts.spread import FEWEST_FOR_SHARES
from service.reports.roles import role
from service.reports.since import NOW, Change, Since
from service.reports.view import View

ROUGH: Final = 30
"""Fewer messages in all make rough figures."""

MOST_NAMED: Final = 3
"""Labels that a paragraph names as grown, and as shrunk."""

_MANIFOLD: Final = 2.0
"""From so many times as many on, a percentage is harder to read."""

_SHOWN: Final[tuple[GroupId, ...]] = ("kind", "themes", "signals", "urgency")
"""Groups that the page compares."""


def told(since: Since) -> list[str]:
    """Say what changed, a sentence each. The first says how many messages there are."""
    view, tongue = since.view, since.view.tongue
    if why_not := _not_compared(since):
        return [_came(view, len(view.tickets), view.filter.end), why_not]
    n = since.sizes[NOW]
    said = [_came(view, n, since.now.end), _volume(since)]
    if since.now.end != view.filter.end:
        said.append(compared_note(since))
    elif compared_note(since):
        said.append(tongue.say("Both periods have as many of each day of the week."))
    if not all(since.compares(group) for group in _SHOWN if tongue.taxonomy.ids(group)):
        said.append(_other_model(view))
    said += _complaints(since)
    grown, shrunk = since.grown("themes")[:MOST_NAMED], since.shrunk("themes")[:MOST_NAMED]
    for each in grown:
        grew = tongue.say("{name} grew from about {before} to about {now} messages.", **_numbers(view, each))
        said.append(" ".join(filter(None, [grew, since.latest.peak("themes", each.label)])))
    for each in shrunk:
        said.append(tongue.say("{name} shrank from about {before} to about {now} messages.", **_numbers(view, each)))
    if since.of("themes") and not grown and not shrunk:
        said.append(tongue.say("No theme grew or shrank more than chance explains."))
    said += _urgent(since)
    if n < ROUGH:
        said.append(tongue.say("With so few messages all figures are rough."))
    return said


def compared_note(since: Since) -> str:
    """Say which days are compared; "" where it is the whole view and as many days right before it."""
    end, tongue = since.before.end, since.view.tongue
    if since.now.start is None or since.now.end is None or end is None:
        return ""
    if since.now.end != since.view.filter.end:
        return tongue.say(
            "Compared are the days up to {day} with those from {start} to {end}: later ones are not over, or nothing "
            "has come in yet.",
            day=tongue.day(since.now.end), **_before(since),
        )  # fmt: skip
    if end + timedelta(days=1) == since.now.start:
        return ""
    return tongue.say(
        "The period before is from {start} to {end}: both have as many of each day of the week.", **_before(since)
    )


def _came(view: View, n: int, end: date | None) -> str:
    assert view.filter.start is not None
    assert end is not None
    tongue = view.tongue
    return tongue.count(
        "One message came in from {start} to {end}.",
        "{n} messages came in from {start} to {end}.",
        n,
        start=tongue.day(view.filter.start),
        end=tongue.day(end),
    )


def _not_compared(since: Since) -> str:
    """Say why nothing is compared; "" where something is."""
    if since.comparable:
        return ""
    if not since.over:
        return since.view.tongue.say("There is nothing to compare yet: none of these days is over.")
    if since.mixed and since.reaches:
        return _other_model(since.view)
    return since.view.tongue.say("There is nothing to compare with: the tickets do not reach back far enough.")


def _other_model(view: View) -> str:
    return view.tongue.say(
        "The model changed, and its errors cannot be taken out of all counts: they are not compared with the period "
        "before."
    )


def _volume(since: Since) -> str:
    tongue, (before, n) = since.view.tongue, since.sizes
    numbers = {"before": tongue.number(before), **_before(since)}
    if not before:
        return tongue.say("From {start} to {end} there were none.", **numbers)
    if n == before:
        return tongue.say("From {start} to {end} there were as many.", **numbers)
    if not since.volume_changed:
        return tongue.say(
            "From {start} to {end} there were {before}: chance alone may explain the difference.", **numbers
        )
    if n >= _MANIFOLD * before:
        times = tongue.number(n / before, 0 if n >= 10 * before else 1)
        return tongue.say("That is {times} times as many as from {start} to {end} ({before}).", times=times, **numbers)
    numbers["share"] = tongue.share(abs(n / before - 1))
    if n > before:
        return tongue.say("That is {share} more than from {start} to {end} ({before}).", **numbers)
    return tongue.say("That is {share} fewer than from {start} to {end} ({before}).", **numbers)


def _before(since: Since) -> dict[str, str]:
    """Write the first and the last day of the period before."""
    start, end = since.before.start, since.before.end
    assert start is not None
    assert end is not None
    return {"start": since.view.tongue.day(start), "end": since.view.tongue.day(end)}


def _complaints(since: Since) -> list[str]:
    tongue, drawn = since.view.tongue, since.complaints()
    if drawn is None:
        return []
    before, now = (interval(each).mid for each in drawn)
    numbers = {"share": tongue.share(now), "before": tongue.share(before)}
    if not since.complaints_changed and min(since.sizes) < FEWEST_FOR_SHARES:
        return [tongue.say("Complaints are about {share} of the messages.", **numbers)]
    if numbers["share"] == numbers["before"]:
        return [tongue.say("Complaints are about {share} of the messages, as before.", **numbers)]
    if not since.complaints_changed:
        return [
            tongue.say(
                "Complaints are about {share} of the messages ({before} before): chance or the classifier’s errors may "
                "explain the difference.",
                **numbers,
            )
        ]
    if now > before:
        return [tongue.say("Complaints are about {share} of the messages, more than before ({before}).", **numbers)]
    return [tongue.say("Complaints are about {share} of the messages, less than before ({before}).", **numbers)]


def _urgent(since: Since) -> list[str]:
    view, tongue = since.view, since.view.tongue
    found = role("pressing", tongue.taxonomy)
    said: list[str] = []
    for each in [*since.grown(found.group), *since.shrunk(found.group)] if found else ():
        if found and each.label in found.labels:
            numbers = _numbers(view, each)
            if each.z > 0:
                words = tongue.say(
                    "Messages of the urgency “{name}” grew from about {before} to about {now}.", **numbers
                )
            else:
                words = tongue.say(
                    "Messages of the urgency “{name}” shrank from about {before} to about {now}.", **numbers
                )
            said.append(words)
    return said


def _numbers(view: View, change: Change) -> dict[str, object]:
    tongue = view.tongue
    return {
        "name": tongue.label(change.group, change.label),
        "before": tongue.number(change.before.mid),
        "now": tongue.number(change.now.mid),
    }
