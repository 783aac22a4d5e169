"""Lessons in steadiness: names and genders that may change without changing a label, and words that must change some.

Names are exchanged for other names of the corpus. What is told besides (a third contact) stands in `data/told`, with
the labels that it brings.
"""

from __future__ import annotations

import calendar
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from data.message import Message
from data.taxonomy import Taxonomy, as_list

TOLD = Path(__file__).parents[1] / "data" / "told"
WORDS = "words.yaml"
COMMON = 0.01
"""Share of a language's messages from which a capitalised word is no mere name: what it names may matter (Wi-Fi)."""
ADDRESSED = 0.25
"""Share of the exchanged texts that also get a name before or after them, as in a greeting or a signature."""
_DATES = {name.casefold() for name in [*calendar.day_name, *calendar.month_name] if name}
_LOWER = re.compile(r"\b[^\W\d_]+\b")
_EDGES = "\"'“”’‘«».,;:!?…()"


class Told(BaseModel):
    """Sentences by language that bring labels with them when they are added to a message of one of `kinds`.

    `add` unites sets of labels, `at_least` raises ordered ones, and the groups in `open` are no longer known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: list[str]
    add: dict[str, list[str]]
    at_least: dict[str, str] = {}
    open: list[str] = []
    sentences: dict[str, list[str]]


class Words(BaseModel):
    """Of one language: pairs of words that differ in gender alone, and where a name (`{}`) stands before or after a text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    genders: list[tuple[str, str]] = []
    before: list[str] = []
    after: list[str] = []


def read_told(folder: Path = TOLD) -> list[Told]:
    """Read what may be told besides; nothing where there is no such folder."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != WORDS)
    return [Told.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths]


def read_words(folder: Path = TOLD) -> dict[str, Words]:
    """Read the words by language that may be exchanged; nothing where there is no such file."""
    path = folder / WORDS
    held = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {language: Words.model_validate(words) for language, words in held.items()}


def tell_besides(
    messages: Sequence[Message], taxonomy: Taxonomy, told: Iterable[Told], share: float, seed: int
) -> Iterator[Message]:
    """Yield, for each thing told, `share` as many messages as there are: it stands before or after what they say.

    Labels that a taxonomy does not have are left out; where none is left, nothing is told.
    """
    dice = random.Random(f"{seed}-told")
    for number, lesson in enumerate(told):
        add = {group: [label for label in labels if _knows(taxonomy, group, label)] for group, labels in lesson.add.items()}
        raised = {group: label for group, label in lesson.at_least.items() if _knows(taxonomy, group, label)}
        fitting = [m for m in messages if m.kind in lesson.kinds and m.lang in lesson.sentences]
        if not fitting or not (raised or any(add.values())):
            continue
        for count, message in enumerate(dice.choices(fitting, k=round(share * len(messages)))):
            labels: dict[str, object] = {group.id: message.labels.get(group.id) for group in taxonomy.groups}
            for group in taxonomy.groups:
                if group.id in lesson.open:
                    labels[group.id] = None
                elif group.id in add and group.mode == "many":
                    held = {*as_list(message.labels.get(group.id)), *add[group.id]}
                    labels[group.id] = [label for label in group.ids if label in held]
                elif group.id in raised and message.labels.get(group.id):
                    labels[group.id] = max(raised[group.id], str(message.labels[group.id]), key=group.ids.index)
            said = dice.choice(lesson.sentences[message.lang])
            parts = [message.text, said] if dice.random() < 0.7 else [said, message.text]
            name = f"told-{number}-{count}"
            yield Message(
                id=name, text=dice.choice([" ", " ", "\n"]).join(parts), lang=message.lang, group=name, split="train",
                **{group: value for group, value in labels.items() if value is not None},  # type: ignore[arg-type]
            )  # fmt: skip


class Exchange:
    """Exchanges names and genders in texts for others, at random."""

    def __init__(self, messages: Sequence[Message], words: Mapping[str, Words]) -> None:
        """Collect the names of the messages by language."""
        found: dict[str, Counter[str]] = {}
        plain: dict[str, Counter[str]] = {}
        spoken = Counter(message.lang for message in messages)
        for message in messages:
            found.setdefault(message.lang, Counter()).update({run for _, _, run in _names(message.text)})
            plain.setdefault(message.lang, Counter()).update(_LOWER.findall(message.text))
        self._names = {
            language: sorted(
                name
                for name, count in names.items()
                if count <= max(2, COMMON * spoken[language]) and not plain[language][name.lower()]
            )
            for language, names in found.items()
        }
        self._known = {language: frozenset(names) for language, names in self._names.items()}
        self._words = words
        self._genders = {language: _both_ways(own.genders) for language, own in words.items() if own.genders}

    def __call__(self, text: str, language: str, dice: random.Random) -> str:
        """Return the text with each name exchanged for another one, and in half of the cases each gender."""
        pool, known = self._names.get(language, []), self._known.get(language, frozenset())
        if not pool:
            return text
        chosen: dict[str, str] = {}
        pieces, end = [], 0
        for start, stop, name in _names(text, anywhere=True):
            if name in known:
                pieces += [text[end:start], chosen.setdefault(name, dice.choice(pool))]
                end = stop
        text = "".join([*pieces, text[end:]])
        if language in self._genders and dice.random() < 0.5:
            pattern, others = self._genders[language]
            text = pattern.sub(lambda word: _like(word.group(), dice.choice(others[word.group().lower()])), text)
        own = self._words.get(language)
        if own and own.before and own.after and dice.random() < ADDRESSED:
            if dice.random() < 0.5:
                return f"{dice.choice(own.before).format(dice.choice(pool))} {text}"
            return f"{text}{dice.choice([' ', chr(10)])}{dice.choice(own.after).format(dice.choice(pool))}"
        return text


def _knows(taxonomy: Taxonomy, group: str, label: str) -> bool:
    return any(own.id == group and label in own.ids for own in taxonomy.groups)


def _names(text: str, *, anywhere: bool = False) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, words) of runs of capitalised words inside sentences, or at their beginning too."""
    inside, run = anywhere, None
    for word in re.finditer(r"\S+", text):
        bare = word.group().strip(_EDGES)
        start = word.start() + word.group().find(bare) if bare else word.start()
        capital = len(bare) > 1 and bare[0].isupper() and bare[1:].islower() and bare.casefold() not in _DATES
        capital = capital and not bare.startswith(("I'", "I’"))
        if run and not (capital and text[run[1] : start] == " "):
            yield run[0], run[1], text[run[0] : run[1]]
            run = None
        if capital and (inside or run):
            run = (run[0] if run else start, start + len(bare))
        inside = anywhere or bool(bare) and word.group()[-1] not in ".!?…:" and not text[word.end() : word.end() + 1] == "\n"
    if run:
        yield run[0], run[1], text[run[0] : run[1]]


def _both_ways(pairs: Sequence[tuple[str, str]]) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    others: dict[str, list[str]] = {}
    for one, other in pairs:
        others.setdefault(one, []).append(other)
        others.setdefault(other, []).append(one)
    longest = sorted(others, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE), others


def _like(word: str, other: str) -> str:
    return other[:1].upper() + other[1:] if word[:1].isupper() else other
