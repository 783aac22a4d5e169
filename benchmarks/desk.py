"""A made-up desk: people who correct labels, most of them honestly, drawn from the two readings of the corpus."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np

from data.corpus import read_corpus
from data.message import Message
from data.taxonomy import SINGLE, Labels, Taxonomy, as_list, read_taxonomy
from training.agreement import READINGS
from training.poisoning import Standing, look
from training.poisoning_evidence import Lesson, Verdict, features, prepare

Badly = Literal["flipped", "one label", "scattered"]


@dataclass(frozen=True)
class Stock:
    """Messages to correct, messages to learn from, and the features of both."""

    messages: Sequence[Message]
    lessons: int
    """So many of the messages, the last ones, are only learnt from."""
    readings: Mapping[str, Mapping[str, Labels]]
    rows: Any
    taxonomy: Taxonomy

    @property
    def open(self) -> int:
        return len(self.messages) - self.lessons


def read_stock(open_: int = 1_200, lessons: int = 800, seed: int = 1) -> Stock:
    """Draw messages that two people read; computes their features."""
    written = [line for path in sorted(READINGS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    readings = {row["id"]: row for row in map(json.loads, written)}
    messages = [message for message in read_corpus() if message.id in readings]
    chosen = np.random.default_rng(seed).permutation(len(messages))[: open_ + lessons]
    kept = [messages[i] for i in chosen]
    return Stock(kept, lessons, readings, features([message.text for message in kept]), read_taxonomy())


@dataclass(frozen=True)
class Person:
    """`harsh`: how often urgency and anger are put higher; `noise`: how often a label is random; `bad` ones are."""

    corrections: int = 80
    harsh: float = 0.0
    noise: float = 0.0
    bad: int = 0
    badly: Badly = "flipped"
    lang: str | None = None


def at_the_desk(
    stock: Stock, people: Sequence[Person], seed: int, whole: float = 0.3, twice: float = 0.15
) -> list[Standing]:
    """Let people correct, and look at them. `whole` of the corrections settle all groups, the others one to three.

    `twice` of the tickets were corrected by somebody before.
    """
    verdicts, texts = corrections(stock, people, seed, whole, twice)
    lessons = [Lesson(message.text, message.labels) for message in stock.messages[stock.open :]]
    rows = stock.rows[[*texts, *range(stock.open, len(stock.messages))]]
    return look(prepare(verdicts, lessons, stock.taxonomy, rows))


def corrections(
    stock: Stock, people: Sequence[Person], seed: int, whole: float, twice: float
) -> tuple[list[Verdict], list[int]]:
    """Make up corrections, and say which message each is of."""
    dice = np.random.default_rng(seed)
    start = datetime(2026, 9, 1, 8, tzinfo=UTC)
    found: list[Verdict] = []
    texts: list[int] = []
    fresh = list(dice.permutation(stock.open))
    for number, person in enumerate(people):
        bad = _when(person, dice)
        for turn in range(person.corrections):
            at = _pick(stock, fresh, texts, person, dice, twice)
            message = stock.messages[at]
            reading = stock.readings[message.id]["first" if dice.random() < 0.5 else "second"]
            labels = _said(dict(reading), person, turn in bad, stock.taxonomy, dice)
            if dice.random() >= whole:
                groups = dice.choice(sorted(labels), dice.integers(1, 4), replace=False)
                labels = {group: labels[group] for group in groups}
            hours = turn * 2.0 + number / 10 if turn not in bad or person.badly == "scattered" else 400 + turn / 20
            texts.append(at)
            when = start + timedelta(hours=float(hours))
            found.append(Verdict(len(found), f"author-{number}", when, message.id, message.text, message.lang, labels))
    return found, texts


def _when(person: Person, dice: np.random.Generator) -> set[int]:
    if person.badly == "scattered":
        return set(dice.choice(person.corrections, person.bad, replace=False).tolist())
    return set(range(person.corrections - person.bad, person.corrections))


def _pick(
    stock: Stock, fresh: list[int], texts: list[int], person: Person, dice: np.random.Generator, twice: float
) -> int:
    if texts and dice.random() < twice and not person.lang:
        return texts[int(dice.integers(len(texts)))]
    for place, at in enumerate(fresh):
        if person.lang in (None, stock.messages[at].lang):
            return fresh.pop(place)
    return int(dice.integers(stock.open))


def _said(labels: Labels, person: Person, bad: bool, taxonomy: Taxonomy, dice: np.random.Generator) -> Labels:
    said = dict(labels)
    if bad and person.badly == "one label":
        return {**said, "urgency": taxonomy.ids("urgency")[0], "kind": "other", "themes": []}
    for group, value in labels.items():
        ids = taxonomy.ids(group)
        if bad or dice.random() < person.noise:
            others = [label for label in ids if label not in as_list(value)]
            size = 1 if group in SINGLE else max(1, len(as_list(value)))
            drawn = dice.choice(others, min(size, len(others)), replace=False).tolist()
            said[group] = drawn[0] if group in SINGLE else drawn
    if dice.random() < person.harsh and isinstance(said.get("urgency"), str):
        ids = taxonomy.ids("urgency")
        said["urgency"] = ids[min(len(ids) - 1, ids.index(str(said["urgency"])) + 1)]
    if dice.random() < person.harsh and said.get("emotion") in ("neutral", "disappointment", "confusion"):
        said["emotion"] = "anger"
    return said
