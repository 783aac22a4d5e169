"""Check a corpus before anyone learns from it: every finding names the message and the mend."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from data.message import Message
from data.near import near_duplicates, skeleton
from data.taxonomy import Taxonomy, as_list

NEAR = 0.5
"""Overlap of word 5-grams from which two messages count as one situation."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: which check, which messages, what and what to do."""

    check: str
    ids: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {', '.join(self.ids)}: {self.what}"


def check_corpus(messages: Sequence[Message], taxonomy: Taxonomy, *, whole: bool = True) -> list[Finding]:
    """Run every check; an empty list means that the corpus may be learnt from.

    Messages that need not be `whole` are not asked for the groups that they leave open.
    """
    return [
        *_identifiers(messages),
        *(_labels(messages, taxonomy) if whole else ()),
        *_whitespace(messages),
        *_duplicates(messages, taxonomy),
        *_straddling(messages),
    ]


def count_labels(messages: Sequence[Message], taxonomy: Taxonomy) -> dict[str, Counter[str]]:
    """Count messages per `group.label`, by language; labels that nobody has stand there with nothing."""
    counts: dict[str, Counter[str]] = {
        f"{group.id}.{label}": Counter() for group in taxonomy.groups for label in group.ids
    }
    for message in messages:
        for group, value in message.labels.items():
            for label in as_list(value):
                counts.setdefault(f"{group}.{label}", Counter())[message.lang] += 1
    return counts


def contradicted(one: Message, other: Message, taxonomy: Taxonomy) -> list[str]:
    """Name the groups that two messages are labelled differently in; what either leaves open contradicts nothing."""
    both = (group.id for group in taxonomy.groups if group.id in one.labels and group.id in other.labels)
    return [group for group in both if {*as_list(one.labels[group])} != {*as_list(other.labels[group])}]


def _identifiers(messages: Sequence[Message]) -> Iterator[Finding]:
    for id_, count in Counter(message.id for message in messages).items():
        if count > 1:
            yield Finding("identifier", (id_,), f"stands {count} times; give each message its own")


def _labels(messages: Sequence[Message], taxonomy: Taxonomy) -> Iterator[Finding]:
    for message in messages:
        for problem in taxonomy.problems(message.labels):
            yield Finding("labels", (message.id,), problem)
        if message.lang not in taxonomy.languages:
            yield Finding("language", (message.id,), f"{message.lang!r} is none of {', '.join(taxonomy.languages)}")


def _whitespace(messages: Sequence[Message]) -> Iterator[Finding]:
    for message in messages:
        if not message.text.strip():
            yield Finding("text", (message.id,), "is blank; remove the message")
        elif message.text != message.text.strip():
            yield Finding("whitespace", (message.id,), "begins or ends with white space; strip it")
        if unicodedata.normalize("NFC", message.text) != message.text:
            yield Finding("unicode", (message.id,), "is not in Unicode form NFC; normalise it")
        if strange := {c for c in message.text if unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\n\t"}:
            yield Finding(
                "unicode", (message.id,), f"holds control characters {sorted(map(ord, strange))}; remove them"
            )


def _duplicates(messages: Sequence[Message], taxonomy: Taxonomy) -> Iterator[Finding]:
    same: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in messages:
        same[message.lang, skeleton(message.text) or message.text].append(message)
    for twins in same.values():
        for first, second in pairwise(twins):
            ids = first.id, second.id
            if differing := contradicted(first, second, taxonomy):
                yield Finding("contradiction", ids, f"same text, other {', '.join(differing)}; decide which is right")
            if first.group != second.group:
                yield Finding("duplicate", ids, "same text in two groups; remove one")
    for language in sorted({message.lang for message in messages}):
        own = [message for message in messages if message.lang == language]
        for pair in near_duplicates([message.text for message in own], NEAR):
            first, second = own[pair.first], own[pair.second]
            if first.group != second.group and skeleton(first.text) != skeleton(second.text):
                told = f"{pair.overlap:.0%} of their phrases are the same; give them one group or remove one"
                yield Finding("near duplicate", (first.id, second.id), told)


def _straddling(messages: Sequence[Message]) -> Iterator[Finding]:
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for message in messages:
        splits[message.group].add(message.split)
    for group, found in splits.items():
        if len(found) > 1:
            yield Finding("leak", (group,), f"the group stands in {' and '.join(sorted(found))}; keep it in one split")
