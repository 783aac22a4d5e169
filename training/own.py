"""`python -m training own TABLE`: from a table with a few dozen messages a label to a classifier that can be served."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from data.audit import audit
from data.corpus import write_messages
from data.message import SPLITS
from data.own.columns import find_columns
from data.own.naming import as_yaml
from data.own.rows import read_rows
from data.own.table import Own, build_own
from data.tables.files import open_table
from data.taxonomy import GROUP_IDS, GroupId, read_taxonomy
from models.registry import SHIPPED, is_artifact
from training import stages
from training.canaries import CANARIES
from training.experiments import LOGS, check_logs
from training.peers import NAMES
from training.recipe import RECIPES, read_classifier_recipe, read_encoder_recipe

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "own"
AUDIT, EVALUATION = "audit.md", "evaluation.md"
OWN_RECIPE = RECIPES / "own.yaml"

_log = logging.getLogger("training")


def add_own(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    own = commands.add_parser("own", help="your own labels, from a table with a few dozen messages each")
    own.add_argument("table", type=Path, help="CSV, XLSX, JSONL or Parquet with a text and a label in each row")
    own.add_argument("--text", metavar="COLUMN", help="column of the text; found by itself where it is plain")
    for group in GROUP_IDS:
        own.add_argument(f"--{group}", metavar="COLUMN", help=f"column of the labels for {group}")
    own.add_argument("--taxonomy", type=Path, help="taxonomy file; without one it is made of the labels")
    own.add_argument("--out", type=Path, required=True, help="folder for the classifier, and its later versions")
    own.add_argument("--languages", nargs="+", metavar="CODE", help="languages of the messages; default: as read")
    own.add_argument("--separator", default=";", help="between labels in one cell of themes, signals and motives")
    own.add_argument("--encoding", help="of a CSV or JSONL file that is not UTF-8, such as cp1252")
    own.add_argument("--sheet", help="of a workbook; default: the first")
    own.add_argument("--skip", action="store_true", help="leave out rows and labels that cannot be used, and go on")
    own.add_argument("--check", action="store_true", help="look the table over and stop")
    own.add_argument("--recipe", type=Path, default=OWN_RECIPE)
    own.add_argument("--encoder", help="any Hugging Face encoder id or folder, instead of the recipe's")
    own.add_argument("--build", type=Path, help="keep what is made on the way here (it holds the messages)")
    own.add_argument("--version", help="name of the version; default: the time")
    own.add_argument("--log", action="append", choices=LOGS, help="send the figures of the fit there too")
    own.add_argument(
        "--peers", nargs="*", default=["tfidf"], choices=list(NAMES), help="what to stand beside in the evaluation"
    )
    own.set_defaults(run=make_own)


def make_own(given: argparse.Namespace) -> None:
    """Read and check the table, then fit, calibrate, export and evaluate; the result is the current version in `out`.

    Raises `ValueError` (`OwnTableError`, `TableError`, `TaxonomyError`, `MissingLog`) with all that is to be mended.
    """
    check_logs(given.log or [])
    _check_out(given.out, given.version)
    own = read_own(given)
    for note in own.notes:
        _log.info("%s", note)
    counts = {split: sum(message.split == split for message in own.messages) for split in SPLITS}
    labels = sum(len(group.ids) for group in own.taxonomy.groups)
    _log.info("%d messages, %d labels: %s", len(own.messages), labels, ", ".join(f"{n} {s}" for s, n in counts.items()))
    if given.check:
        return
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / AUDIT).write_text(audit(own.messages, own.taxonomy, judge=False), encoding="utf-8")
    build = given.build or BUILD / given.out.absolute().name
    shutil.rmtree(build / "corpus" if given.build else build, ignore_errors=True)
    build.mkdir(parents=True, mode=0o700, exist_ok=True)
    try:
        stages.everything(_prepared(given, own, build))
    finally:
        if not given.build:
            _clear(build, keep=bool(given.log))
    _log.info("done: %s holds the classifier, %s how right it is", given.out, given.out / EVALUATION)
    _log.info("serve it:  make serve MODEL=%s", _short(given.out))


def read_own(given: argparse.Namespace) -> Own:
    """Read the table by the command's arguments."""
    taxonomy = read_taxonomy(given.taxonomy) if given.taxonomy else None
    wanted: Mapping[GroupId, str] = {group: name for group in GROUP_IDS if (name := getattr(given, group))}
    languages = given.languages or (taxonomy.languages if taxonomy else read_encoder_recipe().languages)
    with open_table(given.table, encoding=given.encoding, sheet=given.sheet) as table:
        columns = find_columns(table, given.text, wanted)
        groups = [group for group in GROUP_IDS if group in columns.labels]
        told = ", ".join(f"{group} from {columns.names[group]!r}" for group in groups)
        _log.info("%s: text from %r, %s", table.name, table.columns[columns.text], told)
        rows = read_rows(table, columns, given.separator)
        enough = read_classifier_recipe(given.recipe).tune_from
        return build_own(rows, groups, languages, table.name, taxonomy=taxonomy, skip=given.skip, enough=enough)


def _check_out(out: Path, version: str | None) -> None:
    """See that a classifier can be put into `out`, before any time is spent on one; raises `ValueError`."""
    if out.absolute() == SHIPPED or is_artifact(out):
        raise ValueError(f"{out} holds another classifier: name a folder of its own, such as models/mine")
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: name a folder")
    if version is not None and (Path(version).name != version or version.startswith(".")):
        raise ValueError(f"{version!r} cannot be the name of a folder: choose a plain one, such as 2026.12")


def _prepared(given: argparse.Namespace, own: Own, build: Path) -> argparse.Namespace:
    """Write the corpus and the taxonomy where the stages look for them, and give them their arguments."""
    corpus, taxonomy = build / "corpus", build / "taxonomy.yaml"
    for language in sorted({message.lang for message in own.messages}):
        spoken = [message for message in own.messages if message.lang == language]
        write_messages(corpus / language / "own.jsonl", spoken)
    taxonomy.write_text(as_yaml(own.taxonomy), encoding="utf-8")
    return argparse.Namespace(
        stage="own", recipe=given.recipe, corpus=corpus, taxonomy=taxonomy, encoder=given.encoder, build=build,
        home=given.out, version=given.version, report=given.out / EVALUATION, start=None, fresh=True,
        peers=given.peers, log=given.log, canaries=CANARIES,
    )  # fmt: skip


def _clear(build: Path, *, keep: bool) -> None:
    """Remove what was made on the way: it holds the messages. Logs hold figures alone, and are kept."""
    if not keep:
        shutil.rmtree(build, ignore_errors=True)
        return
    for each in build.iterdir():
        if each.name not in ("tensorboard", "mlflow.db", "mlruns"):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    _log.info("logs of the fit are in %s", build)


def _short(path: Path) -> str:
    return os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
