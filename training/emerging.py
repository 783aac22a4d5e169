"""`python -m training emerging`: what customers write about that the taxonomy has no theme for.

Tickets of the last days are read from the store, redacted as they are there, and grouped by meaning across languages
(`training.emerging_groups`); the groups that fit the themes worst are kept in the store for people to name, merge or
dismiss on the page `/reports/emerging`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from data.store.emerging import Found, Member, Reading
from data.store.store import Store
from data.taxonomy import Taxonomy
from training.emerging_fit import Bools, Floats, middles, misfit, nearest, without_language
from training.emerging_groups import Grouped, Plan, find_groups
from training.emerging_words import telling_words

MOST: Final = 20_000
"""Tickets that are looked at; of more, so many are drawn."""

SURE: Final = 0.8
"""Confidence from which a theme's tickets tell where its middle is."""

FOREIGN: Final = "unsupported_language"

Embed = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    received: int
    looked_at: int
    groups: list[int]
    """Ids of the groups, the worst fit first."""


def find_emerging(
    store: Store, taxonomy: Taxonomy, embed: Embed, *, since: datetime, until: datetime, plan: Plan, most: int = MOST,
    now: datetime | None = None, quiet: bool = True,
) -> Outcome:  # fmt: skip
    """Look at the tickets of a period and keep the groups in the store; the same tickets give the same groups."""
    received = store.emerging.received(since, until)
    drawn = sorted(random.Random(plan.seed).sample(received, min(most, len(received))))
    readings = [each for each in store.emerging.readings(drawn) if _readable(each, taxonomy)]
    found = group_readings(readings, taxonomy, embed, plan, quiet=quiet) if readings else []
    ids = store.emerging.keep(found, drawn, now)
    return Outcome(len(received), len(readings), ids)


def group_readings(
    readings: Sequence[Reading], taxonomy: Taxonomy, embed: Embed, plan: Plan, *, quiet: bool = True
) -> list[Found]:
    """Group tickets and describe the groups."""
    names = taxonomy.ids("themes")
    texts = [each.text for each in readings]
    langs = np.array([each.lang for each in readings])
    vectors = without_language(embed(texts), langs)
    centres = middles(vectors, _sure(readings, names))
    groups = find_groups(vectors, langs, misfit(vectors, confidence_of(readings), centres), plan, quiet=quiet)
    people = [each.subject or each.id for each in readings]
    words = telling_words(texts, langs, people, [each.rows for each in groups], plan.fewest)
    return [
        Found(_members(each, readings), each.steadiness, told, nearest(each.centre, centres, names))
        for each, told in zip(groups, words, strict=True)
    ]


def confidence_of(readings: Sequence[Reading]) -> Floats:
    """Say how sure (n) the surest theme of each ticket is; of those without a theme, how sure it is of the rest."""
    return np.array([max(each.themes.values(), default=each.certainty) for each in readings], np.float32)


def _sure(readings: Sequence[Reading], names: Sequence[str]) -> Bools:
    return np.array([[each.themes.get(name, 0.0) >= SURE for name in names] for each in readings], np.bool_)


def _readable(reading: Reading, taxonomy: Taxonomy) -> bool:
    return reading.lang in taxonomy.languages and FOREIGN not in reading.review and bool(reading.text.strip())


def _members(group: Grouped, readings: Sequence[Reading]) -> list[Member]:
    rows = zip(group.rows, group.closeness, strict=True)
    return [Member(readings[row].id, readings[row].revision, min(1.0, float(near))) for row, near in rows]
