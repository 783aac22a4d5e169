"""Classifiers in Hugging Face repositories: put there, and fetched from there file by file as the manifest names them.

What is fetched is data alone (JSON, YAML, ONNX, safetensors, pictures, the card), is verified by its hashes before it
stands among the versions, and nothing in it is run or unpickled. Hashes show that nothing was changed on the way, not
who made it: name a commit (`revision`) that you trust. Needs `huggingface_hub` (the extra `hub`), which
also reads HF_TOKEN, HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.artifact import MANIFEST, ForeignArtifact, Manifest, open_artifact, read_manifest

SUFFIXES: Final = frozenset({".json", ".yaml", ".onnx", ".safetensors", ".md", ".svg", ".png", ".txt"})
"""What an artifact may hold. Another ending is refused unseen."""
MOST_FILES: Final = 100
MOST_BYTES: Final = 4 << 30
"""Bytes of one file that are fetched at most; a classifier has some 100 million."""
MANIFEST_BYTES: Final = 4 << 20
_NAME: Final = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


class HubError(RuntimeError):
    """A repository cannot be read or written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A version that was fetched, verified, and stands in `folder`; `commit` is what it was in the repository."""

    folder: Path
    manifest: Manifest
    commit: str


def push(folder: Path, repo: str, *, private: bool = False, revision: str | None = None) -> str:
    """Put the artifact in `folder` into the model repository `repo`, made where there is none; return the commit's URL.

    Everything that the manifest vouches for goes there, and nothing else; what was there before is replaced in the
    same commit. Raises `ArtifactError` for an artifact that is not whole, `HubError` where it cannot be sent.
    """
    hub = _hub()
    manifest, _, _ = open_artifact(folder)
    _check(manifest)
    _check_repo(repo)

    def send() -> str:
        api = hub.HfApi()
        api.create_repo(repo, repo_type="model", private=private, exist_ok=True)
        sent = api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            revision=revision,
            allow_patterns=[*manifest.files, MANIFEST],
            delete_patterns="*",
            commit_message=f"{manifest.model_version}",
        )
        return str(sent.commit_url)

    return str(_told(send, repo))


def pull(repo: str, home: Path, *, revision: str | None = None) -> Fetched:
    """Fetch the artifact in `repo` into `home` as one of its versions, named after its own version.

    `revision` is a commit, a tag or a branch. Files that are known already come from the local cache; with
    HF_HUB_OFFLINE all of them do. Raises `ArtifactError` if it cannot be trusted, or stands there with other files
    already; `HubError` where it cannot be fetched.
    """
    hub = _hub()
    _check_repo(repo)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".pull-") as staging:
        folder = Path(staging) / "artifact"
        folder.mkdir()
        commit = _fetch(hub, repo, MANIFEST, revision, MANIFEST_BYTES, folder)
        manifest = read_manifest(folder)
        _check(manifest)
        for name in manifest.files:
            _fetch(hub, repo, name, commit, MOST_BYTES, folder)
        open_artifact(folder)
        return Fetched(_place(folder, home, manifest), manifest, commit)


def _place(folder: Path, home: Path, manifest: Manifest) -> Path:
    """Move a verified artifact to where its version belongs, all at once."""
    target = home / manifest.version
    if target.exists():
        if read_manifest(target).files == manifest.files:
            return target
        raise ForeignArtifact(f"{target} holds another classifier of the same version: remove it first, if you mean it")
    os.replace(folder, target)
    return target


def _fetch(hub: Any, repo: str, name: str, revision: str | None, most: int, folder: Path) -> str:  # noqa: ANN401
    """Copy a file into `folder`, by way of the local cache, and return its commit; of more than `most` bytes: none."""

    def find() -> tuple[Path, str]:
        about = hub.hf_hub_download(repo, name, revision=revision, dry_run=True)
        if (about.file_size or 0) > most:
            told = f"{name} in {repo} has {about.file_size:,} bytes, more than any classifier"
            raise HubError(f"{told}: nothing of it was fetched")
        path = Path(hub.hf_hub_download(repo, name, revision=revision))
        return path, path.parent.name  # snapshots/COMMIT/name

    path, commit = _told(find, repo)
    shutil.copyfile(path, folder / name)
    return str(commit)


def _check(manifest: Manifest) -> None:
    """See that the manifest names nothing but data in plain files; raises `ForeignArtifact`."""
    if len(manifest.files) > MOST_FILES:
        raise ForeignArtifact(f"the manifest names {len(manifest.files)} files; a classifier has a dozen")
    if Path(manifest.version).name != manifest.version or manifest.version.startswith("."):
        raise ForeignArtifact(f"{manifest.version[:40]!r} cannot be the name of a version's folder")
    for name in manifest.files:
        if Path(name).name != name or name.startswith(".") or Path(name).suffix not in SUFFIXES:
            raise ForeignArtifact(f"the manifest names {name[:80]!r}, which has no place in a classifier: not fetched")


def _check_repo(repo: str) -> None:
    if not _NAME.fullmatch(repo):
        raise HubError(f"{repo[:80]!r} is no repository: give OWNER/NAME")


def _told(call: Callable[[], Any], repo: str) -> Any:  # noqa: ANN401
    """Call, and say in words why it could not be done."""
    from huggingface_hub import errors

    try:
        return call()
    except errors.GatedRepoError as error:
        raise HubError(f"{repo} asks for consent first: give it on its page, and set HF_TOKEN") from error
    except errors.RepositoryNotFoundError as error:
        raise HubError(f"there is no repository {repo}, or it is private: check the name, or set HF_TOKEN") from error
    except errors.RevisionNotFoundError as error:
        raise HubError(f"{repo} has no such revision: name a commit, a tag or a branch of it") from error
    except errors.LocalEntryNotFoundError as error:
        told = f"{repo} cannot be reached, and the local cache does not hold what is needed"
        raise HubError(f"{told}: see that there is a network and that HF_HUB_OFFLINE is not set") from error
    except errors.EntryNotFoundError as error:
        raise HubError(f"{repo} holds no classifier of this software, or not all of its files") from error
    except (errors.HfHubHTTPError, errors.OfflineModeIsEnabled, ConnectionError) as error:
        response = getattr(error, "response", None)
        status = f"it answered {response.status_code}" if response is not None else "it cannot be reached"
        raise HubError(f"{repo}: {status}; is HF_TOKEN set and allowed to do this?") from error
    except OSError as error:
        raise HubError(f"{repo}: {error.strerror or type(error).__name__}") from error


def _hub() -> Any:  # noqa: ANN401
    try:
        import huggingface_hub
    except ModuleNotFoundError as error:
        raise HubError(
            "repositories need huggingface_hub, which is not installed: run `pip install huggingface_hub`, or in the "
            "folder of this project `pip install -e '.[hub]'`"
        ) from error
    return huggingface_hub
