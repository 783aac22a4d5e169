"""`python -m data taxonomy OLD NEW MAP`: what a change of the taxonomy does to the labels that there are, in words."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data.corpus import CORPUS, CorpusError, read_corpus
from data.store.errors import StoreUnusable
from data.store.records import Query, Ticket
from data.store.standing import believed
from data.taxonomy import GROUP_IDS, GroupId, as_list, read_taxonomy
from data.taxonomy_chain import Chain, Given, Mapped
from data.taxonomy_map import TaxonomyMap, read_map
from data.taxonomy_rewrite import rewrite

PAGE = 500
"""Tickets read at once."""


@dataclass
class _Counts:
    """What becomes of the labels of messages, or of tickets."""

    what: str
    total: int = 0
    whole: int = 0
    judged: int = 0
    """Tickets to be judged again that a person had judged; of messages in a corpus people judged all."""
    again: Counter[GroupId] = field(default_factory=Counter)
    labels: Counter[tuple[GroupId, str]] = field(default_factory=Counter)

    def add(self, labels: Given, mapped: Mapped, judged: bool = False) -> None:
        self.total += 1
        self.whole += not mapped.unclear
        self.judged += bool(mapped.unclear and judged)
        self.again.update(list(mapped.unclear))
        self.labels.update((group, label) for group in GROUP_IDS for label in as_list(labels.get(group)))

    def told(self, number: int) -> str:
        return f"{number:,} {self.what if number != 1 else self.what.removesuffix('s')}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("old", type=Path, metavar="OLD", help="taxonomy file as it was")
    parser.add_argument("new", type=Path, metavar="NEW", help="taxonomy file as it shall be")
    parser.add_argument(
        "map", type=Path, metavar="MAP", help="map from the one to the other (data/taxonomies/README.md)"
    )
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl, labelled by OLD")
    parser.add_argument("--store", help="address of a store of tickets, to tell of these instead")
    parser.add_argument("--store-secret", type=Path, help="the store's secret file; needed with --store")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the corpus there, labelled by NEW")


def report(given: argparse.Namespace) -> str:
    """Tell what becomes of a corpus, or of the tickets of a store, whose labels are those of OLD; changes neither.

    With `--write` the corpus is written anew. Raises `TaxonomyError`, `CorpusError` and `StoreError`.
    """
    chain = Chain([read_taxonomy(given.old), read_taxonomy(given.new)], [read_map(given.map)])
    if given.store:
        if given.write:
            raise CorpusError("--write is for a corpus: a store's labels are brought up to date whenever they are read")
        return _of_store(chain, given.store, given.store_secret)
    told = _of_corpus(chain, given.corpus)
    return told + rewrite(chain, given.corpus, given.write) if given.write else told


def _of_corpus(chain: Chain, corpus: Path) -> str:
    counts = _Counts("messages")
    for message in read_corpus(corpus):
        counts.add(message.labels, chain.apply(message.labels))
    return _report(chain, counts)


def _of_store(chain: Chain, url: str, secret: Path | None) -> str:
    counts = _Counts("tickets")
    others = 0
    for ticket in _tickets(url, secret):
        if _versions(ticket) == {chain.old.version}:
            counts.add(ticket.labels, chain.apply(ticket.labels), ticket.judged)
        else:
            others += 1
    left_out = f"{counts.told(others)} with labels of other taxonomies, or none, left out\n" if others else ""
    return _report(chain, counts) + left_out


def _tickets(url: str, secret: Path | None) -> Iterator[Ticket]:
    """Go through all tickets, the newest first."""
    from data.store.store import Store

    if secret is None or not secret.is_file():  # opening would make one, and a new store with it
        told = f"there is no secret {secret}" if secret else "a store has a secret"
        raise StoreUnusable(f"{told}: name the file as --store-secret, as the service has it")
    store = Store.open(url, secret)
    try:
        after: str | None = None
        while True:
            page = store.list(Query(), PAGE, after)
            yield from page.tickets
            after = page.next
            if after is None:
                return
    finally:
        store.close()


def _versions(ticket: Ticket) -> set[str]:
    """Collect the taxonomies by which what holds of a ticket was said."""
    reading = ticket.reading
    said = {each.taxonomy_version for each in believed(ticket.corrections, ticket.revision)}
    return said | ({reading.taxonomy_version} if reading else set())


def _report(chain: Chain, counts: _Counts) -> str:
    lines = [f"{chain.old.version} → {chain.new.version}"]
    for map_ in chain.maps:
        lines += [f"  {line}" for line in _changes(map_, counts)] or ["  no label has changed"]
    lines.append(f"{counts.told(counts.total)}: {counts.whole:,} carry over whole")
    for group, number in counts.again.items():
        lines.append(f"  {counts.told(number)} must be judged again in {group}")
    if counts.judged:
        lines.append(f"  of these, people had judged {counts.judged:,}")
    if broken := chain.breaks():
        lines.append("in reports, counts from before and after cannot be compared where")
        lines += [f"  {each}" for each in broken]
    return "\n".join(lines) + "\n"


def _changes(map_: TaxonomyMap, counts: _Counts) -> Iterator[str]:
    def held(group: GroupId, labels: Iterable[str]) -> str:
        return ", ".join(f"{label} ({counts.told(counts.labels[group, label])})" for label in labels)

    for group in GROUP_IDS:
        for old, new in map_.renamed.get(group, {}).items():
            yield f"{group}: {held(group, [old])} is now {new}"
        for new, merged in map_.merged.get(group, {}).items():
            yield f"{group}: {held(group, merged)} are now {new}"
        for old, parts in map_.split.get(group, {}).items():
            yield f"{group}: {held(group, [old])} is split into {', '.join(parts)}, to be judged again"
        for label in map_.removed.get(group, []):
            yield f"{group}: {held(group, [label])} is gone"
        for label in map_.added.get(group, []):
            yield f"{group}: {label} is new, nobody was asked for it before"
