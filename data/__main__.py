"""Look a corpus over: `python -m data check`, `audit` and `variety`; or `export` it as an ordinary dataset folder.

`taxonomy` tells what a change of the labels does to those that there are, `redaction` how much personal data is found.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

from data.audit import audit
from data.check import check_corpus, count_labels
from data.corpus import CORPUS, CorpusError, read_corpus
from data.export import ExportError, export_dataset
from data.message import SPLITS
from data.redaction import command as redaction_command
from data.redaction.measuring import MarkedSetError
from data.store import command as store_command
from data.store.errors import StoreError
from data.tables.table import TableError
from data.taxonomy import DEFAULT, TaxonomyError, read_taxonomy
from data.taxonomy_command import add_arguments, report
from data.variety import Variety, variety

SEED = 1
WRITTEN = "They were written for Reclamo; none of them is a real person's, and names and places are invented."
SHOWN = 50
"""Findings printed before the rest is only counted."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 clean, 1 findings, 2 unreadable input."""
    parser = argparse.ArgumentParser(prog="python -m data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="schema, labels, duplicates, contradictions, leaks; counts per label")
    check.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl")
    check.add_argument("--taxonomy", type=Path, default=DEFAULT, help="taxonomy file")
    various = commands.add_parser("variety", help="overlap of neighbours, worn phrases, vocabulary, compression")
    various.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl")
    look = commands.add_parser("audit", help="before training: a report, disputed labels included")
    look.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl")
    look.add_argument("--taxonomy", type=Path, default=DEFAULT, help="taxonomy file")
    look.add_argument("--quick", action="store_true", help="dispute no labels: seconds instead of minutes")
    out = commands.add_parser("export", help="an ordinary dataset folder: Parquet by language and split, with a card")
    out.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl")
    out.add_argument("--taxonomy", type=Path, default=DEFAULT, help="taxonomy file")
    out.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="new folder to write")
    out.add_argument("--name", help="what to call the dataset; default: the folder's name")
    out.add_argument("--licence", help="such as cc-by-4.0 or other; needed for a corpus of your own")
    add_arguments(
        commands.add_parser("taxonomy", help="what a change of the taxonomy does to how many messages, or tickets")
    )
    store_command.configure(
        commands.add_parser("store", help="a ticket store: upgrade it, purge it, erase a ticket or a person")
    )
    redaction_command.configure(
        commands.add_parser("redaction", help="recall, precision and leaks of redaction on marked messages")
    )
    given = parser.parse_args(arguments)
    try:
        if given.command == "redaction":
            return redaction_command.run(given)
        if given.command == "store":
            return store_command.run(given)
        if given.command == "export":
            return _export(given)
        if given.command == "taxonomy":
            sys.stdout.write(report(given))
            return 0
        if given.command == "audit":
            taxonomy = read_taxonomy(given.taxonomy)
            sys.stdout.write(audit(read_corpus(given.corpus), taxonomy, judge=not given.quick))
            return 0
        return _check(given.corpus, given.taxonomy) if given.command == "check" else _variety(given.corpus)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error}: disputing labels needs what training installs (make setup); or add --quick\n")
        return 2
    except (CorpusError, TaxonomyError, ExportError, MarkedSetError, TableError, StoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _export(given: argparse.Namespace) -> int:
    ours = given.corpus == CORPUS
    if not ours and not given.licence:
        raise ExportError("say under which licence your messages are given on: --licence cc-by-4.0, or other")
    files = export_dataset(
        read_corpus(given.corpus),
        read_taxonomy(given.taxonomy),
        given.to,
        name=given.name or given.to.name,
        licence=given.licence or "apache-2.0",
        origin=WRITTEN if ours else "They are a company's own.",
    )
    sys.stdout.write(f"{given.to}: {len(files)} files; datasets.load_dataset({str(given.to)!r}) reads them\n")
    return 0


def _variety(corpus: Path) -> int:
    messages = read_corpus(corpus)
    names = [field.name for field in fields(Variety)]
    lines = ["language".ljust(10) + "".join(name.rjust(12) for name in names)]
    for language in sorted({message.lang for message in messages}):
        texts = [message.text for message in messages if message.lang == language]
        random.Random(SEED).shuffle(texts)  # batches differ, and vocabulary is counted on the first words
        found = variety(texts)
        lines.append(language.ljust(10) + "".join(str(getattr(found, name)).rjust(12) for name in names))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _check(corpus: Path, taxonomy_file: Path) -> int:
    taxonomy = read_taxonomy(taxonomy_file)
    messages = read_corpus(corpus)
    languages = [language for language in taxonomy.languages if any(m.lang == language for m in messages)]
    lines = ["label".ljust(30) + "".join(language.rjust(8) for language in languages)]
    for label, counts in count_labels(messages, taxonomy).items():
        lines.append(label.ljust(30) + "".join(str(counts[language]).rjust(8) for language in languages))
    for split in SPLITS:
        counted = Counter(m.lang for m in messages if m.split == split)
        lines.append(
            f"messages, {split}".ljust(30) + "".join(str(counted[language]).rjust(8) for language in languages)
        )
    findings = check_corpus(messages, taxonomy)
    lines += ["", *(str(finding) for finding in findings[:SHOWN])]
    if len(findings) > SHOWN:
        lines.append(f"… and {len(findings) - SHOWN} more")
    lines.append(f"{len(messages)} messages, {len(findings)} findings")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
