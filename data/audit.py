"""Look a corpus over before any training, and report it for people: what is wrong, doubtful, scarce or oddly typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from data.check import check_corpus, contradicted, count_labels
from data.dispute import Dispute, disputes
from data.message import Message
from data.near import near_duplicates
from data.taxonomy import Taxonomy

ALIKE = 0.3
"""Overlap from which two messages are alike enough that their labels should hardly differ."""
SCARCE = 80
"""Training messages a language below which a label is scarce."""
SHOWN = 25
"""Rows of a list before the rest is only counted."""
SNIPPET = 90
_SPACES: Mapping[str, re.Pattern[str]] = {
    "leading or trailing white space": re.compile(r"\A\s|\s\Z"),
    "runs of spaces": re.compile(r"[^\S\n]{2,}"),
    "tabs": re.compile(r"\t"),
    "no-break and other special spaces": re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"),
    "invisible characters": re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]"),
    "carriage returns": re.compile(r"\r"),
    "three line breaks or more": re.compile(r"\n{3,}"),
}


def audit(messages: Sequence[Message], taxonomy: Taxonomy, *, judge: bool = True, whole: bool = True) -> str:
    """Write the report as Markdown; without `judge` no model is trained and no labels are disputed.

    `whole` messages must have labels in every group; in others what is open is no finding.
    """
    parts = {
        "Findings": _listed([f"- {finding}" for finding in check_corpus(messages, taxonomy, whole=whole)]),
        "Alike, but labelled otherwise": _listed(list(_contradictory(messages, taxonomy))),
        "Scarce labels": _scarce(messages, taxonomy),
        "White space": _white_space(messages),
    }
    if judge:
        parts["Disputed labels"] = _disputed(disputes(messages, taxonomy), messages)
    body = "\n".join(f"## {name}\n\n{text}" for name, text in parts.items())
    return f"# Audit of {len(messages):,} messages\n\n{body}"


def _contradictory(messages: Sequence[Message], taxonomy: Taxonomy) -> Iterator[str]:
    for language in sorted({message.lang for message in messages}):
        own = [message for message in messages if message.lang == language]
        for pair in near_duplicates([message.text for message in own], ALIKE):
            one, other = own[pair.first], own[pair.second]
            if differing := contradicted(one, other, taxonomy):
                yield f"- {one.id}, {other.id} ({pair.overlap:.0%} alike): other {', '.join(differing)}"


def _scarce(messages: Sequence[Message], taxonomy: Taxonomy) -> str:
    counts = count_labels([message for message in messages if message.split == "train"], taxonomy)
    languages = sorted({message.lang for message in messages})
    rows = [
        f"- {label}, {language}: {count[language]} training messages; write or label more"
        for label, count in counts.items()
        for language in languages
        if count[language] < SCARCE
    ]
    return _listed(rows)


def _white_space(messages: Sequence[Message]) -> str:
    counts = Counter(name for message in messages for name, odd in _SPACES.items() if odd.search(message.text))
    return _listed([f"- {name}: {counts[name]} messages" for name in _SPACES if counts[name]])


def _disputed(found: Sequence[Dispute], messages: Sequence[Message]) -> str:
    texts = {message.id: " ".join(message.text.split()) for message in messages}
    lines = []
    for dispute in found:
        text = texts[dispute.id]
        snippet = text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"
        verb = "takes away" if dispute.given else "adds"
        lines.append(f"- {dispute.id}: {verb} {dispute.group}.{dispute.label} (margin {dispute.margin}): {snippet}")
    share = len({dispute.id for dispute in found}) / max(1, len(messages))
    return f"{share:.1%} of the messages have a label that a model trained on the others disputes.\n\n" + _listed(lines)


def _listed(lines: Sequence[str]) -> str:
    if not lines:
        return "None.\n"
    rest = [f"- … and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *rest]) + "\n"
