"""The demonstration's groups of messages that no theme fits, for `/reports/emerging`.

`python -m training emerging --days 98` found them in it, which takes a minute and torch. They come along as
`data/demo/groups.json`, and `python -m service demo --write-groups` writes that file anew after another run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from data.store.emerging import Found, Member
from data.store.records import Ticket
from data.store.store import Store

FILE: Final = "groups.json"


class DemoGroup(BaseModel):
    """A group: how near each message is to its middle, by the message's id; and as `data.store.emerging.Found`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: dict[str, float]
    steadiness: float
    words: dict[str, list[tuple[str, int]]]
    near: list[str]


def read_groups(folder: Path) -> list[DemoGroup]:
    """Read the groups of a folder such as `data/demo`."""
    return TypeAdapter(list[DemoGroup]).validate_json((folder / FILE).read_bytes())


def keep_groups(store: Store, groups: list[DemoGroup]) -> None:
    """Put the groups into a store that has the messages."""
    kept = dict(_tickets(store))
    places = {ticket.key.id: (id_, ticket.revision) for id_, ticket in kept.items()}
    found = [
        Found(
            [Member(*places[id_], near) for id_, near in each.members.items() if id_ in places],
            each.steadiness,
            each.words,
            each.near,
        )
        for each in groups
    ]
    store.emerging.keep([each for each in found if each.members], list(kept))


def write_groups(store: Store, folder: Path) -> int:
    """Write down the groups that the newest run found in a store of the demonstration; returns how many."""
    names = {id_: ticket.key.id for id_, ticket in _tickets(store)}
    groups = [
        DemoGroup(
            members={names[member.ticket]: round(member.closeness, 4) for member in store.emerging.members(group.id)},
            steadiness=round(group.steadiness, 4),
            words={lang: list(words) for lang, words in group.words.items()},
            near=list(group.near),
        )
        for group in sorted(store.emerging.groups(), key=lambda each: each.id)
        if group.current
    ]
    lines = ",\n".join(group.model_dump_json() for group in groups)
    (folder / FILE).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return len(groups)


def _tickets(store: Store) -> Iterator[tuple[int, Ticket]]:
    everything = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
    return store.emerging.tickets(store.emerging.received(*everything))
