"""`python -m models push REPO` and `pull REPO`: classifiers in Hugging Face repositories."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models.artifact import ArtifactError
from models.hub import HubError, pull, push
from models.registry import SHIPPED, activate, current_version, find_version


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two; returns the exit code: 1 where it is refused."""
    given = _parser().parse_args(arguments)
    try:
        return _push(given) if given.command == "push" else _pull(given)
    except (HubError, ArtifactError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    send = commands.add_parser("push", help="put a version into a repository")
    send.add_argument("repo", metavar="OWNER/NAME")
    send.add_argument("--model", type=Path, default=SHIPPED, metavar="FOLDER", help="classifier, or folder of versions")
    send.add_argument("--version", help="which of the versions; default: the current one")
    send.add_argument("--private", action="store_true", help="make the repository private where it is made")
    send.add_argument("--revision", help="branch to put it on")
    fetch = commands.add_parser("pull", help="fetch a version from a repository, and verify it")
    fetch.add_argument("repo", metavar="OWNER/NAME")
    fetch.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="folder of versions to put it in")
    fetch.add_argument("--revision", help="commit, tag or branch; a commit is the only one that cannot change")
    fetch.add_argument("--activate", action="store_true", help="make it the current version")
    return parser


def _push(given: argparse.Namespace) -> int:
    folder = find_version(given.model, given.version) if given.version else current_version(given.model)
    url = push(folder, given.repo, private=given.private, revision=given.revision)
    sys.stdout.write(f"{folder.name} is at {url}\n")
    return 0


def _pull(given: argparse.Namespace) -> int:
    fetched = pull(given.repo, given.model, revision=given.revision)
    sys.stdout.write(f"{fetched.folder} is {fetched.manifest.model_version}, commit {fetched.commit}\n")
    if given.activate:
        activate(given.model, fetched.folder.name)
        sys.stdout.write(f"{fetched.folder.name} is current\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
