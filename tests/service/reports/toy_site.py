"""Reports of tickets out of thin air: the real pages over a ledger that no store was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from fastapi import FastAPI

from data.store.facts import Fact
from data.taxonomy import GROUP_IDS, GroupId, Taxonomy, read_taxonomy
from models.confusion import Confusion, Hits
from service.reports.counts.prevalence import Prevalence
from service.reports.filters import Filter
from service.reports.ledger import Ledger, make_ledger
from service.reports.tongue import Tongue
from service.reports.view import View
from tests.service.reports.toy_ledger import START, fact

TAXONOMY = read_taxonomy()
DAYS = 182
"""Two quarters, so that one can be compared with the one before."""


@dataclass
class ToyBooks:
    """Has had a ledger from the start."""

    ledger: Ledger
    number: int = 1
    ready: bool = True


@dataclass
class Rates:
    """How often a label is drawn, before and after the middle."""

    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)


GROWING = Rates({"delivery": 0.2, "billing": 0.2, "policy": 0.1}, {"delivery": 0.45, "billing": 0.1, "policy": 0.1})


def quarters(number: int = 400, seed: int = 0, rates: Rates = GROWING) -> list[Fact]:
    """Draw tickets of two quarters, the second of which ends at `START`."""
    dice = np.random.default_rng(seed)
    made = []
    for place in range(number):
        day = -float(place * (DAYS - 1) / max(1, number - 1))
        drawn = rates.after if day > -DAYS / 2 else rates.before
        themes = [label for label, rate in drawn.items() if dice.random() < rate]
        urgency = str(dice.choice(["low", "normal", "high", "critical"], p=[0.3, 0.45, 0.2, 0.05]))
        labels: dict[GroupId, Sequence[str]] = {
            "kind": [str(dice.choice(["complaint", "request", "praise"], p=[0.7, 0.2, 0.1]))],
            "themes": themes,
            "urgency": [urgency],
            "signals": ["repeat_contact"] if dice.random() < 0.2 else [],
            "motives": [str(dice.choice(["redress", "fix", "explanation"]))],
            "emotion": [str(dice.choice(["anger", "neutral", "worry"]))],
        }
        received = START + timedelta(days=day)
        hours = {"low": 72.0, "normal": 24.0, "high": 8.0, "critical": 1.0}[urgency]
        answered = received + timedelta(hours=float(dice.exponential(12))) if dice.random() < 0.7 else None
        made.append(
            fact(
                day=day,
                labels=labels,
                lang=str(dice.choice(["fi", "vi", "es", "en"])),
                hours=hours,
                channel=str(dice.choice(["email", "chat", "phone"])),
                contact=int(dice.integers(1, 4)),
                branch=str(dice.choice(["Tampere", "TP.HCM & Huế", "<b>Leeds</b>"])),
                first_answered_at=answered,
            )
        )
    return made


def confusion(taxonomy: Taxonomy = TAXONOMY, n: int = 1250) -> Confusion:
    """Counts of a classifier that finds nine of ten, and is wrong once in thirty."""
    labels: dict[str, list[str]] = {group: taxonomy.ids(group) for group in GROUP_IDS}
    many = {
        group: {
            lang: {label: Hits(tp=n // 5 - n // 50, fn=n // 50, fp=n // 40, tn=n) for label in labels[group]}
            for lang in ("fi", "vi", "es", "en")
        }
        for group in ("themes", "signals", "motives")
    }
    single = {
        group: {
            lang: [
                [n // 5 if row == column else 3 for column in range(len(labels[group]))] + [1]
                for row in range(len(labels[group]))
            ]
            for lang in ("fi", "vi", "es", "en")
        }
        for group in ("kind", "urgency", "emotion")
    }
    return Confusion(labels=labels, many=many, single=single)


def view(
    *facts: Fact,
    language: str = "en",
    taxonomy: Taxonomy = TAXONOMY,
    known: bool = True,
    asked: Filter | None = None,
) -> View:
    """Look at tickets, whose model's errors are known or not."""
    ledger = make_ledger(facts)
    prevalence = Prevalence({"v1": confusion(taxonomy)} if known else {})
    return View(ledger, (asked or Filter()).dated(ledger), Tongue(language, taxonomy), prevalence)


def give_tickets(app: FastAPI, facts: Sequence[Fact]) -> None:
    """Let the reports of an application count these tickets; its model's errors are known."""
    desk = app.state.desk
    desk._books = ToyBooks(make_ledger(facts))
    desk._prevalence = (
        desk.classifier.engine.model_version,
        Prevalence({"v1": confusion(desk.classifier.engine.taxonomy)}),
    )
