"""Tickets about lifts, roofs and noise in a store, corrected by people who are right or who are not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from data.store.records import Correction, NewTicket, Reading, StoredLabels, TicketKey
from data.store.store import Store
from tests.training.conftest import EXTRA, WORDS

THEMES = tuple(WORDS)
_WORDS = sorted({word for line in EXTRA for word in line.split()})
_SAID = {"lift": ["lift", "stuck", "floors"], "roof": ["water", "drips", "roof"], "noise": ["music", "flat", "above"]}


def open_in(folder: Path) -> Store:
    return Store.open(url_in(folder), secret_in(folder))


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'tickets.db'}"


def secret_in(folder: Path) -> Path:
    return folder / "secret"


def place(folder: Path) -> list[str]:
    """Flags that say where the tickets are."""
    return ["--store", url_in(folder), "--secret", str(secret_in(folder))]


def put(
    store: Store, number: int, text: str, labels: StoredLabels, *, lang: str = "en", author: str = "ann"
) -> TicketKey:
    """Keep a ticket that the machine could not read and that a person labelled."""
    key = TicketKey(source="desk", id=str(number))
    reading = Reading(model_version="m", taxonomy_version="housing-1", labels={}, certainty=0.0, answer={})
    store.put(NewTicket(key=key, text=text, mark=store.mark(text), lang=lang), reading)
    store.correct(key, Correction(author=author, taxonomy_version="housing-1", labels=labels))
    return key


def fill(store: Store, count: int, *, flipped: bool = False, first: int = 0) -> list[TicketKey]:
    """Keep `count` corrected tickets in two languages; `flipped` ones say the opposite of what is true."""
    found = []
    for number in range(first, first + count):
        theme = number % 3
        chat = number % 5 == 0
        dice = random.Random(number)
        if flipped and not chat:  # as the corpus words it, in other company: nothing but the label gives it away
            some = dice.sample(_WORDS, 6)
            words = [*some[:3], WORDS[THEMES[theme]], dice.choice(EXTRA), *some[3:], dice.choice(EXTRA)]
        else:
            words = dice.sample(_WORDS, 7) + ([] if chat else _SAID[THEMES[theme]])
            dice.shuffle(words)
        labels: StoredLabels = {
            "kind": "chat" if chat != flipped else "fault",
            "themes": [] if chat != flipped else [THEMES[(theme + flipped) % 3]],
            "urgency": _urgency(theme, chat, flipped),
        }
        found.append(put(store, number, " ".join([*words, str(number)]), labels, lang=("en", "es")[number % 2]))
    return found


def _urgency(theme: int, chat: bool, flipped: bool) -> str:
    levels: Sequence[str] = ("whenever", "soon", "now")
    level = 0 if chat else theme
    return levels[2 - level if flipped else level]
