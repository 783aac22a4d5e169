"""`python -m service classify FILE`: answer every row of a table, and write it anew with the answers beside it.

Ended early, by a kill too, the same command goes on where it was. Ends with code 0; 1 where the output cannot be
written, 2 for the input or a flag, 3 for the model, 130 when it was told to stop.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from data.tables.choose import choose_text, find_column
from data.tables.files import FORMATS, format_of, open_table
from data.tables.table import Table, TableError
from models.artifact import ArtifactError
from models.engine import Engine
from service.bulk_answers import Answerer, Choices
from service.bulk_columns import NOTE, PREFIX, added_columns, is_answered
from service.bulk_journal import ENDING, Journal
from service.settings import Settings, SettingsError, read_settings

log = logging.getLogger(__name__)

CHUNK: Final = 32
"""Rows that are read, noted in the journal and written at a time."""
SELDOM: Final = 60.0
"""Seconds between two states of the progress bar where it goes into a file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = parser().parse_args(arguments)
    output = given.output or given.file.with_name(f"{given.file.stem}.classified{given.file.suffix}")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_output(given.file, output, overwrite=given.overwrite)
        classify(given, output, settings_of(given))
    except (SettingsError, TableError) as error:
        log.error("%s", error)
        return 2
    except ArtifactError as error:
        log.error("%s", error)
        return 3
    except OSError as error:
        log.error("%s cannot be written: %s; mend that and run the same again, it goes on", output, error)
        return 1
    except KeyboardInterrupt:
        log.info("stopped; run the same again, and it goes on from there")
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command's flags."""
    made = argparse.ArgumentParser(prog="python -m service classify", description=__doc__)
    made.add_argument("file", type=Path, metavar="FILE", help=f"a table: {', '.join(FORMATS)}")
    made.add_argument("--column", help="column of the text; unset: text, message, or the only one that is like text")
    language = made.add_mutually_exclusive_group()
    language.add_argument("--language", metavar="CODE", help="language of all texts; unset: told from each text")
    language.add_argument(
        "--language-column", metavar="NAME", help="column of each text's language, which may be empty"
    )
    made.add_argument("--output", type=Path, metavar="FILE", help="unset: NAME.classified.csv beside NAME.csv")
    made.add_argument("--overwrite", action="store_true", help="replace the output that is there")
    made.add_argument("--evidence", action="store_true", help="add the places that speak for themes and signals")
    made.add_argument(
        "--model", metavar="FOLDER", help="folder of a classifier, or of versions; unset: the shipped one"
    )
    made.add_argument("--workers", metavar="N", help="threads that compute; unset: the cores that may be used")
    made.add_argument("--sheet", metavar="NAME", help="sheet of an XLSX workbook; unset: the first")
    made.add_argument("--encoding", help="of CSV or JSONL that is not UTF-8 and has no mark: cp1252, latin-1 …")
    return made


def settings_of(given: argparse.Namespace) -> Settings:
    """Read the settings that the command shares with the service; its own flags win over the environment."""
    flags = {"--model": given.model, "--workers": given.workers}
    return read_settings([part for flag, value in flags.items() if value is not None for part in (flag, value)])


def check_output(file: Path, output: Path, *, overwrite: bool) -> None:
    """Refuse an output that cannot be or must not be written; raises `TableError`."""
    if format_of(output) != format_of(file):
        raise TableError(f"{output}: the output has the format of {file.name}, so name it …{file.suffix}")
    if not output.parent.is_dir():
        raise TableError(f"there is no folder {output.parent} to write {output.name} to: make it first")
    if output.is_dir():
        raise TableError(f"{output} is a folder: name a file")
    if output.exists() and file.exists() and output.samefile(file):
        raise TableError(f"{output} is the input: name another output")
    if output.exists() and not overwrite and not output.with_name(output.name + ENDING).exists():
        raise TableError(f"{output} is there already: add --overwrite, or name another --output")


def load(settings: Settings) -> Engine:
    """Load the engine; raises `ArtifactError`. A command under test brings its own.

    It is the model's own engine unless another is asked for by name: a self-test might choose differently when the
    command goes on after its end, and the rows of one output would come from two.
    """
    from models.load import AUTO, load_engine

    return load_engine(settings.model, settings.error_rate, None if settings.engine == AUTO else settings.engine)


def classify(given: argparse.Namespace, output: Path, settings: Settings) -> None:
    """Answer the table and write the output; raises what `main` tells."""
    with open_table(given.file, encoding=given.encoding, sheet=given.sheet) as table:
        total = table.count()
        choices = choose(table, given)
        log.info("%s: the text is in column %r", table.name, table.columns[choices.text])
        engine = load(settings)
        run = describe(table, choices, engine, settings)
        with closing(Journal(output, run, afresh=given.overwrite)) as journal:
            if journal.is_finished():
                journal.discard()
                log.info("%s was finished before", output)
                return
            if output.exists() and not given.overwrite:
                raise TableError(f"{output} is there already: add --overwrite, or name another --output")
            if journal.rows:
                log.info("going on after row %s", f"{journal.rows:,}")
            rows, answered = write(table, journal, Answerer(engine, choices, settings), total)
            if digest(given.file) != run["input"]:
                journal.discard()
                raise TableError(f"{given.file} was changed while it was read: run this again")
            journal.finish(overwrite=given.overwrite)
    log.info("%s: %s of %s rows answered", output, f"{answered:,}", f"{rows:,}")
    if answered < rows:
        log.info("column %s says of the others why they were not", PREFIX + NOTE)


def choose(table: Table[Any], given: argparse.Namespace) -> Choices:
    """Find the columns that were asked for; raises `TableError`."""
    clash = [name for name in table.columns if name in {each.name for each in added_columns(evidence=True)}]
    if clash:
        raise TableError(
            f"{table.name} has a column {clash[0]!r}, as if it were an output itself: classify what it was made of, or "
            "rename the column"
        )
    return Choices(
        text=choose_text(table, given.column),
        language=given.language,
        language_column=None if given.language_column is None else find_column(table, given.language_column),
        evidence=given.evidence,
    )


def describe(table: Table[Any], choices: Choices, engine: Engine, settings: Settings) -> dict[str, object]:
    """Say all that an answer depends on, so that answers of two kinds never stand in one output."""
    if choices.language is not None and choices.language not in engine.languages:
        raise TableError(f"{choices.language!r} is no language of this model: use one of {', '.join(engine.languages)}")
    return {
        "input": digest(table.path),
        "reading": table.reading,
        "column": choices.text,
        "language": choices.language,
        "language column": choices.language_column,
        "evidence": choices.evidence,
        "model": [engine.model_version, engine.taxonomy.version, engine.name],
        "error rate": settings.error_rate,
        "longest text": settings.max_characters,
        "added columns": [each.name for each in added_columns(evidence=choices.evidence)],
    }


def digest(path: Path) -> str:
    """Hash a file's content (SHA-256)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(table: Table[Any], journal: Journal, answerer: Answerer, total: int | None) -> tuple[int, int]:
    """Write the rows with their answers; returns how many there were and how many of them were answered."""
    rows = answered = 0
    known = journal.values()
    chunks = ((chunk, list(islice(known, len(chunk)))) for chunk in table.chunks(CHUNK))
    often = 0.1 if sys.stderr.isatty() else SELDOM
    with (
        table.writer(journal.part, added_columns(evidence=answerer.choices.evidence)) as writer,
        closing(answerer.answer_all(chunks)) as done,
        tqdm(total=total, unit=" rows", mininterval=often, dynamic_ncols=True) as bar,
    ):
        for each in done:
            journal.append(each.values[each.known :])
            writer.write(each.chunk, each.values)
            rows += len(each.chunk)
            answered += sum(map(is_answered, each.values))
            bar.update(len(each.chunk))
    return rows, answered
