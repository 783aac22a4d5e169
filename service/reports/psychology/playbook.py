"""The playbook: what to do about messages of a theme whose writers want a certain thing, in words for managers.

`playbook.yaml` has a counsel for each theme and motive of the default taxonomy, each with the research that it rests
on. A company changes it by a file of its own, in the same form, whose entries take the place of single ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from data.taxonomy import Taxonomy
from service.settings import SettingsError

FILE: Final = Path(__file__).with_name("playbook.yaml")

_Text = Annotated[str, Field(min_length=1, max_length=1_000)]


class PlaybookError(ValueError):
    """A playbook cannot be used; the message names the file, the place and the mend."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Counsel(_Strict):
    """What to do, by language, and the ids of the sources that it rests on."""

    sources: tuple[str, ...] = ()
    text: Mapping[str, _Text] = Field(min_length=1)

    def told(self, language: str) -> tuple[str, str]:
        """Say it in `language`, else in English, else in any; and in which language it is."""
        chosen = next((each for each in (language, "en") if each in self.text), next(iter(self.text)))
        return self.text[chosen], chosen


class Playbook(_Strict):
    """Counsels by theme and motive, and the sources that they name."""

    sources: Mapping[str, _Text] = {}
    """By id, as they are cited."""
    counsels: Mapping[str, Mapping[str, Counsel]] = {}

    @model_validator(mode="after")
    def _sources_are_named(self) -> Self:
        for theme, entries in self.counsels.items():
            for motive, counsel in entries.items():
                if unknown := [each for each in counsel.sources if each not in self.sources]:
                    raise ValueError(
                        f"counsels.{theme}.{motive} names the source {unknown[0]!r}: write under `sources` what it is"
                    )
        return self

    def counsel(self, theme: str, motive: str) -> Counsel | None:
        """Find the counsel for a theme and a motive; None where there is none."""
        return self.counsels.get(theme, {}).get(motive)

    def with_own(self, own: Playbook) -> Playbook:
        """Put another playbook's entries in the place of these."""
        counsels = {theme: dict(entries) for theme, entries in self.counsels.items()}
        for theme, entries in own.counsels.items():
            counsels.setdefault(theme, {}).update(entries)
        return Playbook(sources={**self.sources, **own.sources}, counsels=counsels)


def read_playbook(own: Path | None = None, taxonomy: Taxonomy | None = None) -> Playbook:
    """Read the playbook, with a company's own entries in it; raises `PlaybookError`.

    With a taxonomy, own entries for themes and motives that it does not have are refused: they would never be shown.
    """
    usual = usual_playbook()
    if own is None:
        return usual
    added = _read(own, usual.sources)
    for theme, entries in added.counsels.items() if taxonomy else ():
        _known(own, "themes", theme, taxonomy, f"counsels.{theme}")
        for motive in entries:
            _known(own, "motives", motive, taxonomy, f"counsels.{theme}.{motive}")
    return usual.with_own(added)


@cache
def usual_playbook() -> Playbook:
    """Read the playbook as it comes."""
    return _read(FILE, {})


def open_playbook(own: Path | None, taxonomy: Taxonomy) -> Playbook | None:
    """Read the playbook that the setting names; None where it names none. Raises `SettingsError`."""
    if own is None:
        return None
    try:
        return read_playbook(own, taxonomy)
    except PlaybookError as error:
        raise SettingsError(f"RECLAMO_PLAYBOOK: {error}") from error


def _read(path: Path, sources: Mapping[str, str]) -> Playbook:
    """Read one file, which may name `sources` that stand elsewhere."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(written, dict) and isinstance(written.get("sources", {}), dict):
            written = {**written, "sources": {**sources, **written.get("sources", {})}}
        return Playbook.model_validate(written)
    except OSError as error:
        raise PlaybookError(f"the playbook {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlaybookError(f"the playbook {path} is not a readable YAML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise PlaybookError(
            f"the playbook {path}, at {place}: {first['msg']} ({error.error_count()} problem(s) in all)"
        ) from error


def _known(path: Path, group: str, label: str, taxonomy: Taxonomy | None, place: str) -> None:
    known = taxonomy.ids(group) if taxonomy else []
    if label not in known:
        raise PlaybookError(
            f"the playbook {path}, at {place}: the taxonomy's {group} have no {label!r}; it has {', '.join(known)}"
        )
