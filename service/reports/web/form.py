"""The filter as a form: what there is to choose from, and what is chosen, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.taxonomy import GroupId
from service.reports.filters import Filter
from service.reports.ledger import Ledger
from service.reports.tongue import Tongue

MOST_CHOICES: Final = 200
"""Values of a field that its list holds, the most frequent; any other can be asked for in the address."""

_GROUPS: Final[tuple[tuple[str, GroupId], ...]] = (
    ("kind", "kind"), ("theme", "themes"), ("urgency", "urgency"), ("signal", "signals"), ("motive", "motives"),
    ("emotion", "emotion"),
)  # fmt: skip

SHOWN: Final = ("kind", "theme", "urgency")
"""Groups that the form always has; the others where the address asks for them."""


@dataclass(frozen=True)
class Choice:
    """One field of the form: values and how they are called. `chosen` is "" where all are asked for."""

    field: str
    title: str
    options: list[tuple[str, str]]
    chosen: str


Choices = list[Choice]


def list_choices(ledger: Ledger, asks: Filter, tongue: Tongue) -> Choices:
    """List the fields. What the address asks for is among their values, whether any ticket has it or not."""
    titles = {
        "lang": tongue.say("Language"), "channel": tongue.say("Channel"), "source": tongue.say("System"),
        "branch": tongue.say("Branch"),
    }  # fmt: skip
    found: Choices = []
    for field, title in titles.items():
        counts = ledger.feature(field).counts()
        names = sorted((name for name in counts if name and counts[name]), key=lambda name: -counts[name])
        chosen = getattr(asks, field) or ""
        if len(names) < 2 and not chosen:
            continue
        options = [(name, _named(field, name, tongue)) for name in names[:MOST_CHOICES]]
        found.append(_choice(field, title, sorted(options, key=lambda each: each[1].casefold()), chosen))
    for field, group in _GROUPS:
        chosen = getattr(asks, field) or ""
        labels = tongue.taxonomy.ids(group)
        if chosen or (labels and field in SHOWN):
            options = [(label, tongue.label(group, label)) for label in labels]
            found.append(_choice(field, _group_name(group, tongue), options, chosen))
    return found


def summary(asks: Filter, tongue: Tongue) -> str:
    """Say which tickets are shown."""
    parts = [f"{tongue.day(asks.start)} – {tongue.day(asks.end)}"] if asks.start and asks.end else []
    parts += [
        _named(field, value, tongue)
        for field in ("lang", "channel", "source", "branch")
        if (value := getattr(asks, field))
    ]
    for field, group in _GROUPS:
        if value := getattr(asks, field):
            parts.append(" / ".join(tongue.label(group, label) for label in value.split(",")))
    return " · ".join(parts)


def _choice(field: str, title: str, options: list[tuple[str, str]], chosen: str) -> Choice:
    if chosen and chosen not in [value for value, _ in options]:
        named = dict(options)
        options = [*options, (chosen, " / ".join(named.get(each, each) for each in chosen.split(",")))]
    return Choice(field, title, options, chosen)


def _named(field: str, value: str, tongue: Tongue) -> str:
    return tongue.tongue_name(value) if field == "lang" else value


def _group_name(group: GroupId, tongue: Tongue) -> str:
    found = tongue.taxonomy.group(group)
    names = found.name if found else {}
    return names.get(tongue.language) or names.get("en") or group
