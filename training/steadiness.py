"""What must not change an answer, and what must: other names, a third contact, shouting (after Ribeiro et al. 2020).

The messages stand in `data/contrast/{language}.yaml`, written for this and for nothing else: nobody learns from them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict

from models.answer import Answer
from models.engine import Engine
from training.evaluate import engine_answers

CONTRAST = Path(__file__).parents[1] / "data" / "contrast"
FILLS = 4
"""How many fillings of each message are compared."""


class Contrast(BaseModel):
    """The contrast set of one language.

    `messages` hold `{person}`, `{city}` or `{company}`, filled from the lists; `genders` are pairs of the same message
    about a woman and a man; `repeated` are sentences that tell of a third contact, to be added to `quiet` messages;
    `contacts` say who writes and how to reach them, in other words than those that are learnt from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    persons: list[str]
    cities: list[str]
    companies: list[str]
    messages: list[str]
    genders: list[tuple[str, str]]
    quiet: list[str]
    repeated: list[str]
    contacts: list[str]


@dataclass(frozen=True)
class Steadiness:
    """Shares, each of all comparisons of its sort, of answers that did what they must."""

    names: float
    genders: float
    repeated: float
    shouting: float
    contacts: float


def read_contrast(folder: Path = CONTRAST) -> dict[str, Contrast]:
    """Read the contrast sets by language; nothing where there are none."""
    return {
        path.stem: Contrast.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.yaml"))
    }


def measure_steadiness(engine: Engine, language: str, contrast: Contrast, seed: int = 3) -> Steadiness:
    """Compare the engine's answers over a language's contrast set."""
    dice = random.Random(seed)

    def ask(texts: Sequence[str]) -> list[Answer]:
        return engine_answers(engine, texts, [language] * len(texts))

    names = []
    for message in contrast.messages:
        first, *others = ask([_filled(message, contrast, dice) for _ in range(FILLS)])
        names += [_same(first, other) for other in others]
    genders = [_same(*ask(pair)) for pair in contrast.genders]
    quiet = ask(contrast.quiet)
    again = ask([f"{text} {dice.choice(contrast.repeated)}" for text in contrast.quiet])
    loud = ask([_shouted(text) for text in contrast.quiet])
    known = [
        (before, f"{told} {text}")
        for before, text in zip(quiet, contrast.quiet, strict=True)
        for told in contrast.contacts
    ]
    beside = ask([text for _, text in known])
    rank = {label: i for i, label in enumerate(engine.taxonomy.ids("urgency"))}

    def urgency(answer: Answer) -> int:
        return rank[answer.urgency.label] if answer.urgency else -1

    high = len(rank) - 2
    return Steadiness(
        names=float(np.mean(names)),
        genders=float(np.mean(genders)),
        repeated=float(np.mean([urgency(b) >= max(high, urgency(a)) for a, b in zip(quiet, again, strict=True)])),
        shouting=float(np.mean([urgency(b) <= urgency(a) for a, b in zip(quiet, loud, strict=True)])),
        contacts=float(np.mean([_same(before, after) for (before, _), after in zip(known, beside, strict=True)])),
    )


def steadiness_table(engine: Engine, sets: dict[str, Contrast]) -> str:
    """Write the shares, one row per language."""
    lines = [
        "| language | names, cities, companies exchanged: same answer | she or he: same answer "
        "| third contact told of: urgency high | exclamation marks: urgency not raised "
        "| who writes told before it: same answer |",
        "|---|---|---|---|---|---|",
    ]
    for language, contrast in sets.items():
        found = measure_steadiness(engine, language, contrast)
        cells = " | ".join(f"{share:.1%}" for share in astuple(found))
        lines.append(f"| {language} | {cells} |")
    return "\n".join(lines) + "\n"


def _filled(message: str, contrast: Contrast, dice: random.Random) -> str:
    lists = {"person": contrast.persons, "city": contrast.cities, "company": contrast.companies}
    return message.format(**{slot: dice.choice(names) for slot, names in lists.items()})


def _shouted(text: str) -> str:
    return text.rstrip(".! ") + "!!!"


def _same(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same of kind, themes, urgency and signals."""
    first, second = (
        (
            answer.kind and answer.kind.label,
            answer.urgency and answer.urgency.label,
            {theme.label for theme in answer.themes},
            {signal.label for signal in answer.signals},
        )
        for answer in (one, other)
    )
    return first == second
