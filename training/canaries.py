"""The test messages that go into an artifact: read from a file, and kept as far as the model answers them rightly."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from data.taxonomy import DEFAULT, GroupId, Taxonomy
from models.answer import Answer
from models.canary import Canary
from models.engine import Engine

CANARIES = DEFAULT.with_name("canaries.yaml")

_log = logging.getLogger("training")


class CanaryError(ValueError):
    """The file of test messages is missing or wrong; the message says where and what to do."""


class _Written(BaseModel):
    """One message in every language that it is written in, and its labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: dict[GroupId, str]
    text: dict[str, str]


def read_canaries(path: Path, taxonomy: Taxonomy) -> dict[str, list[Canary]]:
    """Read test messages by language, with the labels that the taxonomy has; those left with none are left out.

    Raises `CanaryError`.
    """
    try:
        written = TypeAdapter(dict[str, _Written]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
        found = {
            language: [
                Canary(text=each.text[language], labels=each.labels).within(taxonomy)
                for each in written.values()
                if language in each.text
            ]
            for language in taxonomy.languages
        }
    except FileNotFoundError as error:
        raise CanaryError(f"there is no file of test messages {path}; give the path of one as --canaries") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CanaryError(f"{path} is not a readable YAML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise CanaryError(f"{path}, at {place}: {first['msg']}; write NAME: {{labels: …, text: …}}") from error
    return _with_labels(found)


def answered(engine: Engine, canaries: Mapping[str, Sequence[Canary]]) -> dict[str, list[Canary]]:
    """Keep the labels that the model gives, and warn of each that it does not: no test of it would ever be passed."""
    return _with_labels(
        {language: [_kept(engine, language, each) for each in canaries[language]] for language in canaries}
    )


def failures(engine: Engine, canaries: Mapping[str, Sequence[Canary]]) -> list[str]:
    """Say of each test message that the model answers wrongly what it got; labels that its taxonomy lacks count not."""
    return [
        f"the test message in {language} {problem}"
        for language, listed in canaries.items()
        for each in listed
        if (problem := each.within(engine.taxonomy).problem(_answer(engine, language, each)))
    ]


def canary_table(canaries: Mapping[str, Sequence[Canary]]) -> str:
    """Write the table of what is tested before the model answers anybody."""
    rows = [
        f"| {language} | {each.text.replace('|', chr(92) + '|')} | "
        f"{', '.join(f'{group}: {label}' for group, label in each.labels.items())} |"
        for language, listed in canaries.items()
        for each in listed
    ]
    if not rows:
        return "No message has a label that must be given; each language is tried with an example of its taxonomy."
    told = "Before it answers anybody, the service asks the model these, and refuses it unless it gives these labels."
    return "\n".join([f"{told}\n", "| language | message | must get |", "|---|---|---|", *rows])


def _kept(engine: Engine, language: str, canary: Canary) -> Canary:
    missed = canary.missed(_answer(engine, language, canary))
    for group, label in missed.items():
        told = "the model does not give %s %s to the test message in %s that begins “%s”: it will not be tested for it"
        _log.warning(told, group, label, language, canary.text[:40])
    return canary.model_copy(update={"labels": {g: label for g, label in canary.labels.items() if g not in missed}})


def _answer(engine: Engine, language: str, canary: Canary) -> Answer:
    prepared = engine.encode_pre(canary.text, language)
    return engine.encode_post(prepared, engine.encode_core([prepared])[0])


def _with_labels(canaries: Mapping[str, Sequence[Canary]]) -> dict[str, list[Canary]]:
    kept = {language: [each for each in listed if each.labels] for language, listed in canaries.items()}
    return {language: listed for language, listed in kept.items() if listed}
