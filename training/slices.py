"""Where a classifier is better and worse: by length, channel and what makes a message hard, and typed carelessly."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from data.message import Message
from data.taxonomy import Labels, Taxonomy
from models.engine import Engine
from training.careless import add_typos, strip_diacritics
from training.evaluate import answer_labels, engine_answers
from training.metrics import Figures, by_language, figures, mean_headline

LENGTHS = ((1, 12), (13, 35), (36, 80), (81, 100_000))
"""Words: from, to."""
LEAST = 25
"""Slices of fewer messages are left out: their figures would be noise."""
SHOWN = (
    "kind_accuracy",
    "themes_micro_f1",
    "themes_accuracy",
    "urgency_accuracy",
    "signals_micro_f1",
    "motives_micro_f1",
)
CARELESS: Mapping[str, Callable[[str, random.Random], str]] = {
    "as written": lambda text, _: text,
    "no diacritics": lambda text, _: strip_diacritics(text),
    "lower case": lambda text, _: text.lower(),
    "capitals": lambda text, _: text.upper(),
    "a typo in ten words": lambda text, dice: add_typos(text, dice),
}


def slices(messages: Sequence[Message]) -> dict[str, list[int]]:
    """Name the slices of the messages, each with the places of its messages."""
    found: dict[str, list[int]] = {"all": list(range(len(messages)))}
    for first, last in LENGTHS:
        name = f"{first}–{last} words" if last < LENGTHS[-1][1] else f"{first} words and more"
        found[name] = [i for i, message in enumerate(messages) if first <= len(message.text.split()) <= last]
    for name, values in (("channel", [[m.channel] for m in messages]), ("tag", [m.tags for m in messages])):
        for value in sorted({one for each in values for one in each if one}):
            found[f"{name} {value}"] = [i for i, each in enumerate(values) if value in each]
    return {name: rows for name, rows in found.items() if len(rows) >= LEAST}


def slice_table(messages: Sequence[Message], said: Sequence[Labels], taxonomy: Taxonomy) -> str:
    """Write the figures of every slice, all languages together."""
    there = figures([message.labels for message in messages], said, taxonomy)
    shown = [name for name in SHOWN if name in there]
    lines = ["| slice | messages | " + " | ".join(shown) + " |", "|---|---|" + "---|" * len(shown)]
    for name, rows in slices(messages).items():
        values = figures([messages[i].labels for i in rows], [said[i] for i in rows], taxonomy)
        lines.append(f"| {name} | {len(rows)} | " + " | ".join(_cell(values, figure) for figure in shown) + " |")
    return "\n".join(lines) + "\n"


def careless_table(engine: Engine, messages: Sequence[Message], taxonomy: Taxonomy) -> str:
    """Write the mean headline figure per language of the messages as written and as typed carelessly."""
    languages = [message.lang for message in messages]
    spoken = sorted(set(languages))
    lines = ["| typed | " + " | ".join(spoken) + " |", "|---|" + "---|" * len(spoken)]
    for name, change in CARELESS.items():
        dice = random.Random(7)
        texts = [change(message.text, dice) for message in messages]
        said = [answer_labels(answer) for answer in engine_answers(engine, texts, languages)]
        table = by_language([message.labels for message in messages], said, languages, taxonomy)
        means = [mean_headline(table[language], taxonomy) for language in spoken]
        lines.append(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    return "\n".join(lines) + "\n"


def _cell(values: Figures, figure: str) -> str:
    return f"{values[figure]:.3f}" if figure in values else "–"
