"""A taxonomy for a table's labels: made of the labels themselves, or given, and then they are looked up in it."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import yaml

from data.own.rows import Row
from data.taxonomy import SINGLE, Group, GroupId, Label, Taxonomy, TaxonomyError, read_taxonomy

MOST_LABELS: Final = 500
"""A column of more different values is taken for something else than labels."""
WITH_EVIDENCE: Final = ("themes", "signals")
_LONGEST_ID: Final = 60
_NAMES: Final[Mapping[GroupId, str]] = {
    "kind": "Kind",
    "themes": "Theme",
    "urgency": "Urgency",
    "signals": "Signal",
    "motives": "Motive",
    "emotion": "Emotion",
}

Names = Mapping[GroupId, Mapping[str, str]]
"""By group, the label's id for each way of writing it (`plain_name`)."""


def plain_name(written: str) -> str:
    """Reduce a label as written to what tells it from others: case, spaces, dashes and underscores do not."""
    return " ".join(re.split(r"[\s_\-]+", unicodedata.normalize("NFC", written).casefold().strip()))


def make_taxonomy(rows: Sequence[Row], groups: Sequence[GroupId], languages: Sequence[str]) -> Taxonomy:
    """Make a taxonomy of the labels that stand in the rows, in alphabetical order; its version follows from them.

    A set group of which every row has exactly one label becomes a choice of one. Raises `TaxonomyError` for a column
    that holds no labels, and for an urgency whose order cannot be known.
    """
    made = [_group(group, [row.labels.get(group, ()) for row in rows], languages) for group in groups]
    return Taxonomy(version=version_of(made), languages=list(languages), groups=made)


def version_of(groups: Sequence[Group]) -> str:
    """Name a made taxonomy after its labels: the same labels give the same version, others another one."""
    told = "\n".join(f"{group.id}.{group.mode}:{','.join(group.ids)}" for group in groups)
    return f"own-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def label_names(taxonomy: Taxonomy) -> Names:
    """Collect the ways in which each label may be written: its id, and its name in any language."""
    return {
        group.id: {
            plain_name(written): label.id
            for label in reversed(group.labels)
            for written in (*label.name.values(), label.id)
        }
        for group in taxonomy.groups
    }


def resembling(written: str, known: Mapping[str, str]) -> str | None:
    """Find the label that `written` may have been meant for, or None."""
    close = difflib.get_close_matches(plain_name(written), known, n=1, cutoff=0.75)
    return known[close[0]] if close else None


def as_yaml(taxonomy: Taxonomy) -> str:
    """Write a taxonomy as a file that a person can go on with."""
    written = taxonomy.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=120)


def _group(group: GroupId, cells: Sequence[tuple[str, ...]], languages: Sequence[str]) -> Group:
    spellings: dict[str, str] = {}
    for cell in cells:
        for written in cell:
            spellings.setdefault(plain_name(written), written)
    if len(spellings) > MOST_LABELS or (len(spellings) > 20 and 2 * len(spellings) > sum(map(bool, cells))):
        told = f"the column for {group} has {len(spellings):,} different values in {len(cells):,} rows"
        raise TaxonomyError(f"{told}: these are no labels; name the column that holds them")
    if len(spellings) < 2:
        told = f"the column for {group} has {len(spellings) or 'no'} different label{'s' * (not spellings)}"
        raise TaxonomyError(f"{told}: there is nothing to tell apart; a group needs two labels at least")
    if group == "urgency":
        return _urgency(spellings)
    ids = _ids(spellings)
    labels = [Label(id=ids[plain], name=dict.fromkeys(languages, spellings[plain])) for plain in sorted(spellings)]
    one = group in SINGLE or all(len(cell) == 1 for cell in cells if cell)
    name = dict.fromkeys(languages, _NAMES[group])
    return Group(id=group, name=name, mode="one" if one else "many", evidence=group in WITH_EVIDENCE, labels=labels)


def _urgency(spellings: Mapping[str, str]) -> Group:
    """Take the default taxonomy's urgency where all labels are its own; another order cannot be guessed."""
    default = read_taxonomy()
    own = default.group("urgency")
    known = label_names(default)["urgency"]
    if own is None or not all(plain in known for plain in spellings):
        raise TaxonomyError(
            "the order of the urgency labels, and in how many hours each asks for an answer, do not follow from the "
            "table: write a taxonomy file with them (data/taxonomy.yaml shows how) and give it with --taxonomy"
        )
    return own


def _ids(spellings: Mapping[str, str]) -> dict[str, str]:
    """Give each label an id of plain letters, no two the same."""
    found: dict[str, str] = {}
    for plain in sorted(spellings):
        bare = unicodedata.normalize("NFD", plain.replace("đ", "d"))
        letters = "".join(c for c in bare if not unicodedata.combining(c))
        base = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:_LONGEST_ID]
        base = base if base[:1].isalpha() else f"label_{base}".rstrip("_")
        id_, number = base, 1
        while id_ in found.values():
            number += 1
            id_ = f"{base}_{number}"
        found[plain] = id_
    return found
