"""Texts with other names and genders, which must not change a label: names are exchanged for others of the corpus."""

from __future__ import annotations

import calendar
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from data.message import Message
from training.contacts import present

WORDS = Path(__file__).parents[1] / "data" / "told" / "words.yaml"
COMMON = 0.01
"""Share of a language's messages from which a capitalised word is no mere name: what it names may matter (Wi-Fi)."""
ADDRESSED = 0.25
"""Share of the texts that also get a name before or after them, as in a greeting or a signature."""
PRESENTED = 0.25
"""Share of the texts beside which the writer says who they are and how to reach them."""
_DATES = {name.casefold() for name in [*calendar.day_name, *calendar.month_name] if name}
_EDGES = "\"'“”’‘«».,;:!?…()"
_WORD = re.compile(r"\b[^\W\d_]+\b")


class Words(BaseModel):
    """One language's pairs of words that differ in gender alone, and greetings and signatures with `{}` for a name.

    `presented` and `reached` say before and after a message who writes: frames for `training.contacts.present`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    genders: list[tuple[str, str]] = []
    before: list[str] = []
    after: list[str] = []
    presented: list[str] = []
    reached: list[str] = []


def read_words(path: Path = WORDS) -> dict[str, Words]:
    """Read the words by language; nothing where there is no such file."""
    held = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {language: Words.model_validate(words) for language, words in held.items()}


class Exchange:
    """Exchanges names and genders in texts for others, at random."""

    def __init__(self, messages: Sequence[Message], words: Mapping[str, Words]) -> None:
        """Collect the names of the messages by language."""
        self._names = {language: _collect(messages, language) for language in {message.lang for message in messages}}
        self._known = {language: frozenset(names) for language, names in self._names.items()}
        self._words = words
        self._genders = {language: _both_ways(own.genders) for language, own in words.items() if own.genders}

    def __call__(self, text: str, language: str, dice: random.Random) -> str:
        """Return the text with each name exchanged for another one, and in half of the cases each gender."""
        pool = self._names.get(language, [])
        if not pool:
            return text
        text = self._renamed(text, language, dice)
        if language in self._genders and dice.random() < 0.5:
            pattern, others = self._genders[language]
            text = pattern.sub(lambda word: _like(word.group(), dice.choice(others[word.group().lower()])), text)
        own = self._words.get(language, Words())
        if own.before and own.after and dice.random() < ADDRESSED:
            before, after = (dice.choice(frames).format(dice.choice(pool)) for frames in (own.before, own.after))
            text = dice.choice([f"{before} {text}", f"{text} {after}", f"{text}\n{after}"])
        if own.presented and own.reached and dice.random() < PRESENTED:
            before, after = (
                present(dice.choice(frames), dice.choice(pool), language, dice)
                for frames in (own.presented, own.reached)
            )
            text = dice.choice([f"{before} {text}", f"{before}\n{text}", f"{text} {after}", f"{text}\n{after}"])
        return text

    def _renamed(self, text: str, language: str, dice: random.Random) -> str:
        pool, known = self._names[language], self._known[language]
        chosen: dict[str, str] = {}
        pieces, end = [], 0
        for start, stop in _capitalised(text):
            name = text[start:stop]
            if name in known:
                pieces += [text[end:start], chosen.setdefault(name, dice.choice(pool))]
                end = stop
        return "".join([*pieces, text[end:]])


def _collect(messages: Sequence[Message], language: str) -> list[str]:
    """List what is capitalised inside sentences, seldom, and never written small."""
    texts = [message.text for message in messages if message.lang == language]
    small = {word for text in texts for word in _WORD.findall(text) if word.islower()}
    counts = Counter(name for text in texts for name in {text[a:b] for a, b in _capitalised(text, within=True)})
    most = max(2, COMMON * len(texts))
    return sorted(name for name, count in counts.items() if count <= most and name.lower() not in small)


def _capitalised(text: str, *, within: bool = False) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of runs of capitalised words; those that begin a sentence are left out if `within`."""
    run: tuple[int, int] | None = None
    begins = True
    for found in re.finditer(r"\S+", text):
        word = found.group().strip(_EDGES)
        start = found.start() + found.group().find(word)
        capital = len(word) > 1 and word[0].isupper() and word[1:].islower() and word.casefold() not in _DATES
        if run and not (capital and text[run[1] : start] == " "):
            yield run
            run = None
        if capital and (run or not (within and begins)):
            run = (run[0] if run else start, start + len(word))
        begins = not word or found.group()[-1] in ".!?…:" or text[found.end() : found.end() + 1] == "\n"
    if run:
        yield run


def _both_ways(pairs: Sequence[tuple[str, str]]) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    others: dict[str, list[str]] = {}
    for one, other in pairs:
        others.setdefault(one, []).append(other)
        others.setdefault(other, []).append(one)
    longest = sorted(others, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE), others


def _like(word: str, other: str) -> str:
    return other[:1].upper() + other[1:] if word[:1].isupper() else other
