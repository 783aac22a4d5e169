"""Weeks as a company might have them, drawn from the corpus: with drift, and without.

A week has about so many messages, a mix of languages that changes a little, branches of trade that come and go, and now
and then an event that many write about. Labels are one of the two readings that people gave; certainty is made up:
lower where the two readers differed and where the text is short.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.corpus import read_corpus
from data.message import Message
from data.taxonomy import Labels, as_list, read_taxonomy
from training.agreement import READINGS
from training.drift_compare import Comparison, Unrest, compare, learn_unrest
from training.drift_rows import Hasher, Measured, Rows, columns_of, flags_of, gather

MIX: Mapping[str, float] = {"fi": 0.35, "en": 0.25, "es": 0.2, "vi": 0.2}
UNKNOWN = 0.02
"""Messages in a language that the model was not made for."""
UNLIKE = 0.03
"""Messages that the model abstains from."""
MODEL = "simulated"
Kind = Literal["words", "labels", "confidence", "abstention", "languages"]
KINDS: tuple[Kind, ...] = ("words", "labels", "confidence", "abstention", "languages")


@dataclass(frozen=True)
class Calm:
    """How weeks differ without drift. `restless` is the spread of a branch's weight; 0: messages drawn at random."""

    size: int = 200
    restless: float = 0.3
    mix: float = 400
    """The higher, the steadier the mix of languages (a Dirichlet's weight)."""
    events: float = 0.3
    """Weeks with an event, which a twentieth of the messages are about."""


RANDOM = Calm(restless=0.0, mix=float("inf"), events=0.0)


@dataclass(frozen=True)
class Pool:
    """Messages to draw from, half for the reference and half for the weeks after it."""

    messages: Sequence[Message]
    rows: Rows
    drifted: frozenset[str] = field(default_factory=frozenset)
    """Branches of trade that only drift brings."""

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        return np.array([message.sector not in self.drifted for message in self.messages])

    @cached_property
    def half(self) -> NDArray[np.int64]:
        return np.random.default_rng(7).integers(0, 2, len(self.messages))

    @cached_property
    def sector(self) -> NDArray[np.int64]:
        return np.unique([message.sector for message in self.messages], return_inverse=True)[1]

    @cached_property
    def about(self) -> NDArray[np.int64]:
        """Numbers the branches together with the themes."""
        named = [f"{message.sector} {sorted(message.themes)}" for message in self.messages]
        return np.unique(named, return_inverse=True)[1]


def read_pool(drifted: frozenset[str] = frozenset({"gaming_streaming"})) -> Pool:
    """Read the corpus once; seconds."""
    messages = read_corpus()
    written = [line for path in sorted(READINGS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    readings: dict[str, dict[str, Labels]] = {row["id"]: row for row in map(json.loads, written)}
    dice, hasher = np.random.default_rng(3), Hasher(b"simulated")
    measured = [_measured(message, readings.get(message.id, {}), hasher, dice) for message in messages]
    return Pool(messages, gather(measured, columns_of(read_taxonomy())), drifted)


def _measured(message: Message, readings: Mapping[str, Labels], hasher: Hasher, dice: np.random.Generator) -> Measured:
    first, second = readings.get("first", message.labels), readings.get("second", message.labels)
    labels = first if dice.random() < 0.5 else second
    differ = sum(set(as_list(first.get(group))) != set(as_list(second.get(group))) for group in message.labels)
    sure = 9 - 1.5 * differ - (2 if len(message.text) < 60 else 0)
    certainty = float(dice.beta(max(1.5, sure), 3))
    review = ["low_confidence"] if certainty < 0.35 else []
    return Measured(
        message.lang, 0, MODEL, flags_of(labels, review, certainty), certainty, hasher(message.text, message.lang)
    )


def week(
    pool: Pool, dice: np.random.Generator, calm: Calm, *, half: int = 1, number: int = 0,
    drift: Kind | None = None, size: float = 0.0, used: NDArray[np.bool_] | None = None,
) -> Rows:  # fmt: skip
    """Draw a week, no message twice, nor any that was `used`. `drift` of `size` (0 to 1) sets in.

    words: so many messages are of branches that were never there; labels: so many more are about billing;
    confidence: so many lose half of their certainty; abstention: the model abstains from so many more; languages: so
    many come in the least frequent language instead of the others.
    """
    mix = np.array(list(MIX.values()))
    if np.isfinite(calm.mix):
        mix = dice.dirichlet(mix * calm.mix)
    if drift == "languages":
        mix = mix * (1 - size) + size * np.eye(len(mix))[-1]
    counts = dice.multinomial(int(dice.poisson(calm.size)), mix)
    branches = np.ones(pool.sector.max() + 1)
    if calm.restless:
        branches = dice.gamma(calm.restless**-2, calm.restless**2, len(branches))
    weight = branches[pool.sector]
    if dice.random() < calm.events:
        weight = _event(pool, weight, dice)
    chosen = []
    for lang, count in zip(MIX, counts, strict=True):
        own = (pool.rows.lang == lang) & (pool.half == half)
        if used is not None:
            own &= ~used
        special = dice.binomial(count, size) if drift in ("words", "labels") else 0
        usual = np.where(own & pool.known, weight, 0)
        chosen.append(dice.choice(len(own), count - special, replace=False, p=usual / usual.sum()))
        if special:
            wanted = ~pool.known if drift == "words" else pool.known & _has(pool.rows, "themes.billing")
            chosen.append(dice.choice(np.flatnonzero(own & wanted), special, replace=False))
    taken = np.concatenate(chosen)
    if used is not None:
        used[taken] = True
    rows = pool.rows[taken]
    certainty = rows.certainty.copy()
    if drift == "confidence":
        certainty[dice.random(len(rows)) < size] *= 0.5
    unlike = dice.random(len(rows)) < UNLIKE + (size if drift == "abstention" else 0)
    flags = rows.flags.copy()
    flags[unlike] = False
    flags[unlike, rows.columns.index("abstained")] = True
    certainty[unlike] = 0
    spoken = rows.lang.copy()
    spoken[dice.random(len(rows)) < UNKNOWN] = "sv"
    return Rows(rows.columns, spoken, np.full(len(rows), number, np.int32), rows.model, flags, certainty, rows.words)


def _event(pool: Pool, weight: NDArray[np.float64], dice: np.random.Generator) -> NDArray[np.float64]:
    alike = pool.about == dice.choice(pool.about)
    return np.asarray(weight + alike * 0.05 * weight.sum() / alike.sum())


def _has(rows: Rows, flag: str) -> NDArray[np.bool_]:
    return np.asarray(rows.flags[:, rows.columns.index(flag)])


def reference(pool: Pool, dice: np.random.Generator, calm: Calm, weeks: int = 8) -> tuple[Rows, Unrest]:
    """Draw the weeks that the later ones are held against."""
    used = np.zeros(len(pool.messages), np.bool_)
    drawn = [week(pool, dice, calm, half=0, number=number, used=used) for number in range(weeks)]
    lang, numbers, model, flags, certainty = (
        np.concatenate([getattr(own, part) for own in drawn])
        for part in ("lang", "week", "model", "flags", "certainty")
    )
    words = sparse.vstack([own.words for own in drawn]).tocsr()
    rows = Rows(drawn[0].columns, lang, numbers, model, flags, certainty, words)
    return rows, learn_unrest(rows)


def watch(
    pool: Pool, seed: int, calm: Calm, weeks: int, drift: Kind | None = None, size: float = 0.0
) -> list[Comparison]:
    """Draw a reference and then so many weeks, and hold each against it."""
    dice = np.random.default_rng(seed)
    rows, unrest = reference(pool, dice, calm)
    drawn = (week(pool, dice, calm, drift=drift, size=size) for _ in range(weeks))
    return [compare(rows, own, unrest, seed=number) for number, own in enumerate(drawn)]
