"""Look a corpus over: `python -m data check` for what must not be, `audit` for a report, `variety` for its variety."""

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
from data.message import SPLITS
from data.taxonomy import DEFAULT, TaxonomyError, read_taxonomy
from data.variety import Variety, variety

SEED = 1
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
    given = parser.parse_args(arguments)
    try:
        if given.command == "audit":
            taxonomy = read_taxonomy(given.taxonomy)
            sys.stdout.write(audit(read_corpus(given.corpus), taxonomy, judge=not given.quick))
            return 0
        return _check(given.corpus, given.taxonomy) if given.command == "check" else _variety(given.corpus)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error}: disputing labels needs what training installs (make setup); or add --quick\n")
        return 2
    except (CorpusError, TaxonomyError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


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
