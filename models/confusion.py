"""How a classifier errs: what it said of messages whose labels are known, counted by language and group.

The counts are of frozen gold, answered as the service answers: with the thresholds, the rules and the silence that are
served. Reports estimate from them how many messages truly have a label (`service/reports/counts/prevalence.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError, model_validator

from models.artifact import CONFUSION, CorruptArtifact, MissingArtifact, file_hash, read_manifest


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hits(_Strict):
    """Messages by whether they have a label of a `many` group and whether the classifier said so."""

    tp: NonNegativeInt
    fp: NonNegativeInt
    fn: NonNegativeInt
    tn: NonNegativeInt


class Confusion(_Strict):
    """Counts of gold messages. A message stands under the language that its answer names, as a stored ticket does."""

    labels: Mapping[str, Sequence[str]]
    """By group, its labels in the taxonomy's order."""
    many: Mapping[str, Mapping[str, Mapping[str, Hits]]] = {}
    """By `many` group, language and label."""
    single: Mapping[str, Mapping[str, Sequence[Sequence[NonNegativeInt]]]] = {}
    """By single group and language: rows are the true labels, columns what was said; the last column is nothing."""
    unread: Mapping[str, NonNegativeInt] = {}
    """Messages by true language of which nothing at all was said; they are in no other count."""

    @model_validator(mode="after")
    def _consistent(self) -> Confusion:
        for group, languages in self.many.items():
            for language, hits in languages.items():
                if list(hits) != list(self.labels.get(group, ())):
                    raise ValueError(f"{group} in {language}: not one entry for each label of the group, in order")
        for group, tables in self.single.items():
            size = len(self.labels.get(group, ()))
            for language, rows in tables.items():
                if not size or len(rows) != size or any(len(row) != size + 1 for row in rows):
                    raise ValueError(f"{group} in {language}: not {size} rows of {size + 1} counts")
        return self


def read_confusion(folder: Path) -> Confusion | None:
    """Read an artifact's counts; None where its manifest names none, as older ones. Raises an `ArtifactError`."""
    expected = read_manifest(folder).files.get(CONFUSION)
    if expected is None:
        return None
    path = folder / CONFUSION
    if not path.is_file():
        raise MissingArtifact(f"{folder} lacks {CONFUSION}, which its manifest names; fetch or export it anew")
    if file_hash(path) != expected:
        raise CorruptArtifact(f"{path} is not what its manifest vouches for: it was cut or changed; export it anew")
    try:
        return Confusion.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise CorruptArtifact(f"{path} is not readable: {error}; export it anew") from error
