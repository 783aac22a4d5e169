"""Make candidates for labels of the groups that people named: a taxonomy with them, its map, and examples.

What is written is a folder that `python -m training all` learns from as it is:

    taxonomy.yaml        the taxonomy with the new themes
    taxonomies/          the taxonomy as it was, and the map from it (`added`), as data/taxonomy_history.py reads them
    corpus/{language}/   the corpus, and the groups' tickets in `emerging.jsonl`
    tickets.jsonl        which tickets these are, so that erasure finds them (`data.store.copies`)
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from data.cleaning import clean
from data.corpus import write_messages
from data.message import Message
from data.own.naming import as_yaml
from data.own.splits import SHARES, near_groups, split_groups
from data.store import copies
from data.store.copies import EXAMPLES, TICKETS, Copied, as_lines, claim, note_export
from data.store.emerging import Group
from data.store.records import Ticket
from data.store.standing import believed
from data.store.store import Store
from data.taxonomy import GROUP_IDS, SINGLE, Label, Taxonomy, as_list
from data.taxonomy_map import TaxonomyMap, check_map
from data.whole import write_whole
from training.corrections import row_id

FEWEST: Final = 8
"""Examples that a label needs, as in a company's own table (`data.own`)."""


@dataclass(frozen=True)
class Exported:
    """What was written: examples by label, and groups that had too few."""

    version: str
    examples: Mapping[str, int]
    too_few: Mapping[str, int]


def widen(taxonomy: Taxonomy, groups: Sequence[Group]) -> tuple[Taxonomy, TaxonomyMap]:
    """Add the groups' labels to the themes; returns the new taxonomy and the map to it. Raises `TaxonomyError`."""
    labels = [Label(id=str(each.label), name=_names(each, taxonomy)) for each in groups]
    version = f"{taxonomy.version}+{'+'.join(label.id for label in labels)}"[:128]
    written = taxonomy.model_dump()
    for group in written["groups"]:
        if group["id"] == "themes":
            group["labels"] += [label.model_dump() for label in labels]
    widened = Taxonomy.model_validate({**written, "version": version})
    added = {"themes": [label.id for label in labels]}
    map_ = TaxonomyMap.model_validate({"from": taxonomy.version, "to": version, "added": added})
    check_map(map_, taxonomy, widened)
    return widened, map_


def examples(store: Store, groups: Sequence[Group], taxonomy: Taxonomy) -> list[tuple[Message, Ticket]]:
    """Make messages of the groups' tickets, by the widened taxonomy, where their other labels fit.

    A theme of the machine's gives way to the new one: it was chosen for want of it. What people said stays.
    """
    labels: dict[int, list[str]] = {}
    for group in groups:
        for member in store.emerging.members(group.id):
            labels.setdefault(member.ticket, []).append(str(group.label))
    found: list[Message] = []
    tickets = []
    for id_, ticket in store.emerging.tickets(sorted(labels)):
        if message := _message(ticket, row_id(store.alias(ticket.key)), labels[id_], taxonomy):
            found.append(message)
            tickets.append(ticket)
    if not found:
        return []
    places = near_groups([each.text for each in found])
    splits = split_groups(places, [each.themes for each in found], SHARES)
    return [
        (each.model_copy(update={"split": split, "group": found[place].id}), ticket)
        for each, ticket, split, place in zip(found, tickets, splits, places, strict=True)
    ]


def export(store: Store, folder: Path, taxonomy: Taxonomy, taxonomy_file: Path, corpus: Path, runs: Path) -> Exported:
    """Write the folder, and note in `runs` where it is.

    Raises `ValueError` where no group is named, or the folder is in use.
    """
    named = [each for each in store.emerging.groups() if each.status == "named" and each.label]
    known = set(taxonomy.ids("themes"))
    wanted = [each for each in named if each.label not in known]
    if not wanted:
        raise ValueError("no group has a name of its own yet: name one on /reports/emerging")
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: name another folder")
    widened, _ = widen(taxonomy, wanted)
    counts = Counter(theme for each, _ in examples(store, wanted, widened) for theme in each.themes)
    enough = [each for each in wanted if counts[str(each.label)] >= FEWEST]
    too_few = {str(each.label): counts[str(each.label)] for each in wanted if each not in enough}
    if not enough:
        told = ", ".join(f"{label} ({count})" for label, count in too_few.items())
        raise ValueError(f"too few tickets with whole labels to learn from: {told}; {FEWEST} are needed")
    widened, map_ = widen(taxonomy, enough)
    found = examples(store, enough, widened)
    messages = [message for message, _ in found]
    claim(runs, store)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    note_export(runs, folder)
    traced = as_lines(Copied.of(ticket, message.id) for message, ticket in found)
    write_whole(folder / TICKETS, traced, permissions=0o600)
    (folder / "taxonomies").mkdir()
    write_whole(folder / "taxonomy.yaml", as_yaml(widened))
    write_whole(folder / "taxonomies" / "before.yaml", taxonomy_file.read_text(encoding="utf-8"))
    written = map_.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    write_whole(folder / "taxonomies" / "added.yaml", yaml.safe_dump(written, allow_unicode=True, sort_keys=False))
    shutil.copytree(corpus, folder / "corpus")
    for lang in sorted({each.lang for each in messages}):
        (folder / "corpus" / lang).mkdir(exist_ok=True)
        write_messages(folder / "corpus" / lang / EXAMPLES, [each for each in messages if each.lang == lang])
    copies.clean(runs, store)  # what was erased meanwhile
    held = Counter(theme for each in messages for theme in each.themes)
    return Exported(widened.version, {str(each.label): held[str(each.label)] for each in enough}, too_few)


def _names(group: Group, taxonomy: Taxonomy) -> dict[str, str]:
    """Name a label in every language: where it has no name, by its English one, or else by any."""
    usual = group.names.get("en") or next(iter(group.names.values()), str(group.label))
    return {lang: group.names.get(lang) or usual for lang in taxonomy.languages}


def _message(ticket: Ticket, name: str, new: Sequence[str], taxonomy: Taxonomy) -> Message | None:
    settled = {group for each in believed(ticket.corrections, ticket.revision) for group in each.labels}
    kept = [*as_list(ticket.labels.get("themes"))] if "themes" in settled else []
    labels: dict[str, Any] = {
        group: ticket.labels.get(group) if group in SINGLE else as_list(ticket.labels.get(group))
        for group in GROUP_IDS
        if taxonomy.group(group)
    }
    labels["themes"] = list(dict.fromkeys([*kept, *new]))
    text = clean(ticket.text).text.strip()
    if not text or taxonomy.problems({group: held for group, held in labels.items() if held is not None}):
        return None
    return Message(
        id=name, text=text, lang=ticket.lang, group=name, split="train", channel=ticket.about.channel, **labels
    )
