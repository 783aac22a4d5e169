"""A champion of another taxonomy: its answers in the words of today, and what of them cannot be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.message import Message
from data.taxonomy import GROUP_IDS, SINGLE, GroupId, Taxonomy, as_list
from data.taxonomy_chain import Chain
from data.taxonomy_history import TaxonomyHistory
from models.answer import Answer, Choice
from models.canary import Canary
from training.corrections import CorrectedMessage
from training.evaluate import answer_labels


@dataclass(frozen=True)
class Unlike:
    """How a champion of taxonomy `old` is compared by the one that holds now.

    `chain` leads from the one to the other, where a map does. Groups in `apart` cannot be compared at all: the champion
    has them not, or they have other labels and no map leads there.
    """

    old: Taxonomy
    new: Taxonomy
    chain: Chain | None
    apart: frozenset[GroupId]

    @classmethod
    def between(cls, old: Taxonomy, history: TaxonomyHistory) -> Unlike:
        """Find the way."""
        new = history.current
        mapped = old.version != new.version and old.version in history.versions
        apart = {
            group.id
            for group in new.groups
            if not old.ids(group.id) or not (mapped or {*old.ids(group.id)} == {*group.ids})
        }
        return cls(old, new, history.chain(old.version) if mapped else None, frozenset(apart))

    def bring(
        self, messages: Sequence[Message], answers: Sequence[Answer]
    ) -> tuple[list[Message], list[Answer], Counter[str]]:
        """Say the answers in today's words, and leave open in the messages what they cannot be judged by.

        That is what the map leaves unclear of the answer, and where the truth is a label that is new, or a part of one
        that was split: the champion could not give it. Returns messages, answers, and how many messages lost which
        group.
        """
        breaks = self.chain.breaks() if self.chain else []
        beyond = {(each.group, each.label) for each in breaks if each.why != "ends"}
        brought, kept, lost = [], [], Counter[str]()
        for message, answer in zip(messages, answers, strict=True):
            said, unclear = _said(answer, self.chain) if self.chain else (answer, set[GroupId]())
            new = {group for group, label in beyond if label in as_list(message.labels.get(group))}
            open_ = {group for group in self.apart | unclear | new if group in message.labels}
            lost.update(open_)
            kept.append(_opened(message, open_) if open_ else message)
            brought.append(said)
        return kept, brought, lost

    def canaries(self, kept: Mapping[str, Sequence[Canary]]) -> dict[str, list[Canary]]:
        """Say the champion's test messages in today's words, without the labels that are no longer one."""
        return {language: [self._canary(each) for each in listed] for language, listed in kept.items()}

    def told(self, lost: Counter[str]) -> str:
        """Say in words what was compared, and what was not; nothing where both taxonomies are one."""
        if self.old.version == self.new.version and not lost:
            return ""
        way = "its answers were brought to" if self.chain else "no map leads from there to"
        many = ", ".join(f"{group} of {lost[group]:,}" for group in GROUP_IDS if lost[group])
        not_judged = f" Not compared, of so many messages: {many}." if many else ""
        return f"The champion has taxonomy {self.old.version}; {way} {self.new.version}.{not_judged}"

    def _canary(self, canary: Canary) -> Canary:
        found: dict[GroupId, str] = {}
        for group, label in canary.labels.items():
            fate = self.chain.fate(group, label) if self.chain else {label}
            if group not in self.apart and len(fate) == 1 and (new := next(iter(fate))):
                found[group] = new
        return canary.model_copy(update={"labels": found})


def _said(answer: Answer, chain: Chain) -> tuple[Answer, set[GroupId]]:
    """Bring an answer up to date, each label with its confidence, and name the groups that are unclear then."""
    mapped = chain.apply(answer_labels(answer))
    changed: dict[str, Any] = {}
    for group in GROUP_IDS:
        given: Choice | Sequence[Choice] | None = getattr(answer, group)
        listed = list(given) if isinstance(given, Sequence) else [given] if given else []
        found: dict[str, Choice] = {}
        for each in sorted(listed, key=lambda choice: -choice.confidence):
            fate = chain.fate(group, each.label)
            if len(fate) == 1 and (new := next(iter(fate))):
                found.setdefault(new, each.model_copy(update={"label": new}))
        changed[group] = next(iter(found.values()), None) if group in SINGLE else list(found.values())
    return answer.model_copy(update=changed), {*mapped.unclear}


def _opened(message: Message, groups: set[GroupId]) -> CorrectedMessage:
    before = message.open if isinstance(message, CorrectedMessage) else []
    return CorrectedMessage.model_validate({**message.model_dump(), "open": sorted({*before, *groups})})
