"""Keep what is learnt from and what is examined with apart: no situation on both sides, and time runs forward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from data.check import NEAR
from data.message import Message
from data.near import near_duplicates, skeleton
from training.corrections import Row


@dataclass(frozen=True)
class Apart:
    """Rows with their use; `near_kept` were too much like messages of the gold or calibration split."""

    rows: list[Row]
    near_kept: int

    @property
    def learn(self) -> list[Row]:
        return [row for row in self.rows if row.use == "learn"]

    @property
    def newest(self) -> list[Row]:
        return [row for row in self.rows if row.use == "newest"]


def set_apart(rows: Sequence[Row], corpus: Sequence[Message], share: float) -> Apart:
    """Hold back the newest `share` (0 to 1) of the fresh rows, whole situations at a time; the rest is learnt from.

    A situation is what is tied by near-duplicates or by the corpus's own groups. What is like a gold or calibration
    message is left out. What the champion learnt from, or is like it, is never held back: it would flatter it.
    """
    names = situations([*corpus, *(row.message for row in rows)])
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for message, name in zip(corpus, names, strict=False):
        splits[name].add(message.split)
    members: defaultdict[str, list[Row]] = defaultdict(list)
    left_out = 0
    for row, name in zip(rows, names[len(corpus) :], strict=True):
        if splits[name] & {"gold", "calibration"}:
            left_out += 1
            continue
        message = row.message.model_copy(update={"group": name})
        members[name].append(row.model_copy(update={"message": message, "use": "learn"}))
    new = {row.key for own in members.values() for row in own if row.fresh and not row.seen}
    wanted = round(share * len(new))
    held: set[str] = set()
    for name, own in sorted(members.items(), key=lambda item: (_last(item[1]), item[0]), reverse=True):
        if splits[name] or not all(row.key in new for row in own) or len(own) > wanted:
            continue  # a situation that is too large is learnt from; smaller ones before it in time are held back
        held.add(name)
        wanted -= len(own)
    kept = [
        row.model_copy(update={"use": "newest", "message": row.message.model_copy(update={"split": "gold"})})
        if name in held
        else row
        for name, own in members.items()
        for row in own
    ]
    return Apart(sorted(kept, key=lambda row: (row.judged_at, row.message.id)), left_out)


def situations(messages: Sequence[Message]) -> list[str]:
    """Name each message's situation: messages of one group, of the same words, or near duplicates share one."""
    parent = list(range(len(messages)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    def tie(one: int, other: int) -> None:
        first, last = sorted((root(one), root(other)))
        parent[last] = first

    seen: dict[tuple[str, str, str], int] = {}
    spoken: defaultdict[str, list[int]] = defaultdict(list)
    for row, message in enumerate(messages):
        spoken[message.lang].append(row)
        words = skeleton(message.text) or message.text
        for sign in (("group", "", message.group), ("words", message.lang, words)):
            tie(row, seen.setdefault(sign, row))
    for language in tqdm(sorted(spoken), desc="near duplicates", unit="language", disable=None):
        own = spoken[language]
        for pair in near_duplicates([messages[row].text for row in own], NEAR):
            tie(own[pair.first], own[pair.second])
    return [messages[root(row)].group for row in range(len(messages))]


def _last(rows: Sequence[Row]) -> str:
    return max(row.judged_at for row in rows).isoformat()
