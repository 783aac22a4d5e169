"""Messages with something told besides: what is added stands in `data/told`, with the labels that it brings."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from data.message import Message
from data.taxonomy import Taxonomy, as_list

TOLD = Path(__file__).parents[1] / "data" / "told"
AFTERWARDS = 0.7
"""Share of what is told that stands after the message; the rest stands before it."""


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

    def fitted(self, taxonomy: Taxonomy) -> Told:
        """Leave out the labels that a taxonomy does not have."""
        known: dict[str, Sequence[str]] = {group.id: group.ids for group in taxonomy.groups}
        raised = {group: label for group, label in self.at_least.items() if label in known.get(group, ())}
        add = {group: [label for label in own if label in known.get(group, ())] for group, own in self.add.items()}
        return self.model_copy(update={"add": {group: own for group, own in add.items() if own}, "at_least": raised})


def read_told(folder: Path = TOLD) -> list[Told]:
    """Read what may be told besides; nothing where there is no such folder."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder / "lessons").glob("*.yaml"))]
    return [Told.model_validate(yaml.safe_load(text)) for text in texts]


def tell_besides(
    messages: Sequence[Message], taxonomy: Taxonomy, told: Iterable[Told], share: float, seed: int
) -> Iterator[Message]:
    """Yield, for each thing told, `share` as many messages as there are, with it before or after what they say.

    Where a taxonomy has none of the labels that it brings, it is not told.
    """
    dice = random.Random(f"{seed}-told")
    for number, lesson in enumerate(each.fitted(taxonomy) for each in told):
        fitting = [m for m in messages if m.kind in lesson.kinds and m.lang in lesson.sentences]
        if not fitting or not (lesson.add or lesson.at_least):
            continue
        for count, message in enumerate(dice.choices(fitting, k=round(share * len(messages)))):
            said = dice.choice(lesson.sentences[message.lang])
            parts = [message.text, said] if dice.random() < AFTERWARDS else [said, message.text]
            name = f"told-{number}-{count}"
            yield Message(
                id=name,
                text=dice.choice([" ", "\n"]).join(parts),
                lang=message.lang,
                group=name,
                split="train",
                **_labels(message, lesson, taxonomy),  # type: ignore[arg-type]
            )


def _labels(message: Message, lesson: Told, taxonomy: Taxonomy) -> Mapping[str, object]:
    labels: dict[str, object] = {}
    for group in taxonomy.groups:
        given = message.labels.get(group.id)
        if group.id in lesson.open:
            continue
        if group.id in lesson.add:
            held = {*as_list(given), *lesson.add[group.id]}
            given = [label for label in group.ids if label in held]
        elif given and group.id in lesson.at_least:
            given = max(lesson.at_least[group.id], str(given), key=group.ids.index)
        if given is not None:
            labels[group.id] = given
    return labels
