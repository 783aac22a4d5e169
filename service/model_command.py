"""`python -m service models`: list, activate and roll back versions. A service that is running follows in seconds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data.taxonomy import Taxonomy
from models.artifact import ArtifactError, open_artifact
from models.registry import (
    SHIPPED,
    activate,
    check_name,
    current_version,
    find_version,
    is_artifact,
    previous_version,
)
from service import loading
from service.loading import ModelError, examine
from service.settings import Settings, SettingsError, read_settings
from service.versions import Catalogue


def main(arguments: Sequence[str]) -> int:
    """Run one of the three; returns the exit code: 1 where it is refused, 2 for a setting."""
    given = _parser().parse_args(arguments)
    try:
        settings = read_settings([])
        home = (given.model or settings.model or SHIPPED).absolute()
        if given.command == "list":
            return _list(home)
        if is_artifact(home):
            raise ModelError(f"{home} is one classifier by itself: give the folder of versions that it stands in")
        if given.command == "rollback":
            return _roll_back(home)
        return _activate(home, given.version, settings, accepts_taxonomy=given.accept_taxonomy)
    except SettingsError as error:
        return _refuse(str(error), 2)
    except (ModelError, ArtifactError, OSError) as error:
        return _refuse(str(error), 1)


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--model", type=Path, metavar="FOLDER", help="folder of versions. Default: RECLAMO_MODEL")
    parser = argparse.ArgumentParser(prog="python -m service models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[shared], help="show what versions there are, and what is wrong with any")
    chosen = commands.add_parser("activate", parents=[shared], help="examine a version and make it the current one")
    chosen.add_argument("version", metavar="VERSION")
    chosen.add_argument("--accept-taxonomy", action="store_true", help="even if its taxonomy is another than before")
    commands.add_parser("rollback", parents=[shared], help="make the version current that was so before")
    return parser


def _list(home: Path) -> int:
    rows = [("version", "taxonomy", "languages", "created", "")]
    try:
        now = current_version(home).name
    except ArtifactError as error:
        now = None
        sys.stderr.write(f"{error}\n")
    for each in Catalogue(home).look(now, _taxonomy(home)):
        notes = ["current"] * each.current + ["previous"] * each.previous
        notes += [] if each.servable else [f"cannot be served: {each.reason}"]
        facts = each.taxonomy_version or "?", " ".join(each.languages), each.created or "?"
        rows.append((each.version, *facts, ", ".join(notes)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    return 0


def _activate(home: Path, version: str, settings: Settings, *, accepts_taxonomy: bool) -> int:
    folder = find_version(home, version)
    examine(folder, loading.load, settings, None if accepts_taxonomy else _taxonomy(home))
    activate(home, version, accepts_taxonomy=accepts_taxonomy)
    return _tell(version)


def _roll_back(home: Path) -> int:
    """Go back to a version that was served: its taxonomy was accepted then, and to try it again would cost time."""
    folder = previous_version(home)
    if folder is None:
        raise ModelError(f"{home} names no version before the current one: choose one with `activate VERSION`")
    check_name(folder)
    open_artifact(folder)
    activate(home, folder.name, accepts_taxonomy=True)
    return _tell(folder.name)


def _taxonomy(home: Path) -> Taxonomy | None:
    """Read the taxonomy that is served now; None where there is nothing to compare with."""
    try:
        return open_artifact(current_version(home))[1]
    except (ArtifactError, OSError):
        return None


def _tell(version: str) -> int:
    sys.stderr.write(f"{version} is current: what starts from now on serves it, what runs follows within seconds\n")
    return 0


def _refuse(reason: str, code: int) -> int:
    sys.stderr.write(f"{reason}\n")
    return code
