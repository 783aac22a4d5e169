"""Evaluate a classifier on frozen gold, worst language first, beside what one would pick instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from data.message import Message
from data.taxonomy import Labels, Taxonomy
from models.answer import Answer
from models.engine import Engine
from training.metrics import Figures, by_language, mean_headline

Table = Mapping[str, Mapping[str, Figures]]
"""Figures by system and language."""


def engine_answers(engine: Engine, texts: Sequence[str], languages: Sequence[str | None]) -> list[Answer]:
    """Answer each text as the service would, one at a time."""
    answers: list[Answer] = []
    for text, language in zip(texts, languages, strict=True):
        prepared = engine.encode_pre(text, language)
        answers.append(engine.encode_post(prepared, engine.encode_core([prepared])[0]))
    return answers


def answer_labels(answer: Answer) -> Labels:
    """Put the labels of an answer in the form of a message's; null where it abstains."""
    return {
        "kind": answer.kind.label if answer.kind else "",
        "urgency": answer.urgency.label if answer.urgency else "",
        "emotion": answer.emotion.label if answer.emotion else "",
        "themes": [mention.label for mention in answer.themes],
        "signals": [mention.label for mention in answer.signals],
        "motives": [choice.label for choice in answer.motives],
    }


def compare(
    messages: Sequence[Message], answers: Mapping[str, Sequence[Labels]], taxonomy: Taxonomy
) -> dict[str, dict[str, Figures]]:
    """Figures per system and language on the same messages."""
    truth = [message.labels for message in messages]
    languages = [message.lang for message in messages]
    return {system: by_language(truth, said, languages, taxonomy) for system, said in answers.items()}


def worst_first(table: Table, system: str, taxonomy: Taxonomy) -> list[str]:
    """Languages in order of the system's mean headline figure, the worst first."""
    means = {language: mean_headline(values, taxonomy) for language, values in table[system].items()}
    return sorted(means, key=lambda language: means[language])


def as_markdown(table: Table, taxonomy: Taxonomy, names: Sequence[str] | None = None) -> str:
    """One row per figure and system, one column per language, the first system's worst language first.

    A figure of a group that nobody labelled in a language is a dash.
    """
    systems = list(table)
    languages = worst_first(table, systems[0], taxonomy)
    figures = names or list(dict.fromkeys(figure for values in table[systems[0]].values() for figure in values))
    lines = [
        "| figure | system | " + " | ".join(languages) + " | worst |",
        "|---|---|" + "---|" * (len(languages) + 1),
    ]
    for figure in figures:
        for system in systems:
            values = [table[system][language].get(figure) for language in languages]
            worst = min((value for value in values if value is not None), default=None)
            cells = " | ".join("–" if value is None else f"{value:.3f}" for value in (*values, worst))
            lines.append(f"| {figure} | {system} | {cells} |")
    return "\n".join(lines) + "\n"


def write_report(path: Path, title: str, command: str, parts: Mapping[str, str]) -> None:
    """Write a report whose first lines say which command made it."""
    body = "\n".join(f"## {name}\n\n{text}" for name, text in parts.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# {title}\n\nMade by `{command}`.\n\n{body}", encoding="utf-8")
