"""Classifiers go into a Hugging Face repository and come back whole, or not at all; a stand-in plays the hub."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.artifact import MANIFEST, open_artifact
from models.hub import HubError, pull, push
from models.registry import current_version
from tests.models.hub_server import Hub, serve_hub
from tests.models.tiny import table, write_artifact

pytest.importorskip("huggingface_hub")
ROOT = Path(__file__).parents[2]
REPO = "somebody/complaints"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_artifact(tmp_path_factory.mktemp("models") / "1.0", {"onnxruntime-fp32": table()})


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serve_hub() as served:
        yield served


def run(cache: Path, *arguments: object, endpoint: str = "http://127.0.0.1:9", **extra: str) -> tuple[int, str]:
    """Run the command in a process of its own, since huggingface_hub reads its variables when it is imported."""
    environment = {
        **os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(cache), "HF_HUB_CACHE": str(cache / "hub"),
        "HF_TOKEN": "hf_test", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1", **extra,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "models", *map(str, arguments)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_pushed_can_be_pulled_and_is_the_same(artifact: Path, hub: Hub, tmp_path: Path) -> None:
    (artifact / "notes.txt").write_text("not vouched for, not sent", encoding="utf-8")
    hub.commit(REPO, {"old.onnx": b"of the version before"})
    code, told = run(tmp_path / "cache", "push", REPO, "--model", artifact, endpoint=hub.address)
    (artifact / "notes.txt").unlink()
    assert code == 0, told
    found = hub.at(REPO, "main")
    assert found is not None
    assert found[1] == contents(artifact)
    assert found[0] in told

    hub.commit(REPO, {**found[1], "setup.py": b"raise SystemExit", "weights.pkl": b"\x80"})
    hub.asked.clear()
    home = tmp_path / "home"
    code, told = run(tmp_path / "cache", "pull", REPO, "--model", home, "--activate", endpoint=hub.address)
    assert code == 0, told
    assert "1.0 is current" in told
    assert contents(current_version(home)) == contents(artifact)
    open_artifact(home / "1.0")
    assert not any("setup.py" in each or "pkl" in each for each in hub.asked)
    assert sorted(path.name for path in home.iterdir()) == ["1.0", "current"]

    code, told = run(tmp_path / "cache", "pull", REPO, "--model", home, HF_HUB_OFFLINE="1")
    assert code == 0, told  # what is cached needs no network, and what is there already is left as it is


def test_a_file_that_was_changed_is_refused_and_leaves_nothing(artifact: Path, hub: Hub, tmp_path: Path) -> None:
    files = contents(artifact)
    files["onnxruntime-fp32.onnx"] += b"\0"
    hub.commit("somebody/changed", files)
    code, told = run(tmp_path / "cache", "pull", "somebody/changed", "--model", tmp_path / "home", endpoint=hub.address)
    assert code == 1
    assert "SHA-256" in told
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("name", ["evil.pkl", "../evil.json", ".hidden.json"])
def test_a_manifest_may_name_plain_files_of_data_alone(artifact: Path, hub: Hub, tmp_path: Path, name: str) -> None:
    files = contents(artifact)
    manifest = json.loads(files[MANIFEST])
    manifest["files"][name] = hashlib.sha256(b"x").hexdigest()
    hub.commit("somebody/evil", {**files, MANIFEST: json.dumps(manifest).encode(), name: b"x"})
    hub.asked.clear()
    code, told = run(tmp_path / "cache", "pull", "somebody/evil", "--model", tmp_path / "home", endpoint=hub.address)
    assert code == 1
    assert "no place in a classifier" in told
    assert not any("evil.pkl" in each or "evil.json" in each for each in hub.asked)


def test_another_classifier_of_the_same_version_is_not_overwritten(artifact: Path, hub: Hub, tmp_path: Path) -> None:
    other = write_artifact(tmp_path / "home" / "1.0", {"onnxruntime-fp32": table(seed=5)})
    before = contents(other)
    hub.commit("somebody/same", contents(artifact))
    code, told = run(tmp_path / "cache", "pull", "somebody/same", "--model", tmp_path / "home", endpoint=hub.address)
    assert code == 1
    assert "same version" in told
    assert contents(other) == before


def test_the_cache_alone_is_enough_where_the_hub_must_not_be_asked(artifact: Path, tmp_path: Path) -> None:
    """The layout of the cache: refs/main names a commit, snapshots/COMMIT links to blobs."""
    held = tmp_path / "cache" / "hub" / f"models--{REPO.replace('/', '--')}"
    snapshot = held / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (held / "blobs").mkdir()
    (held / "refs").mkdir()
    (held / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    for name, data in contents(artifact).items():
        blob = held / "blobs" / hashlib.sha1(data).hexdigest()
        blob.write_bytes(data)
        (snapshot / name).symlink_to(os.path.relpath(blob, snapshot))
    code, told = run(tmp_path / "cache", "pull", REPO, "--model", tmp_path / "home", HF_HUB_OFFLINE="1")
    assert code == 0, told
    assert COMMIT in told
    assert contents(tmp_path / "home" / "1.0") == contents(artifact)
    assert not (tmp_path / "home" / "1.0" / MANIFEST).is_symlink()


def test_what_cannot_be_fetched_is_told_with_the_mend(hub: Hub, tmp_path: Path) -> None:
    hub.commit("somebody/empty", {"README.md": b"nothing here"})
    for repo, extra, expected in (
        ("somebody/nothing", {}, "no repository somebody/nothing"),
        ("somebody/empty", {}, "holds no classifier"),
        ("somebody/unknown", {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
    ):
        code, told = run(tmp_path, "pull", repo, "--model", tmp_path / "home", endpoint=hub.address, **extra)
        assert code == 1, told
        assert expected in told
        assert "Traceback" not in told


def test_a_broken_artifact_is_never_sent(tmp_path: Path) -> None:
    folder = write_artifact(tmp_path / "1.0", {"onnxruntime-fp32": table()})
    (folder / "tokenizer.json").write_bytes(b"{}")
    code, told = run(tmp_path, "push", REPO, "--model", folder)
    assert code == 1
    assert "tokenizer.json" in told


def test_names_and_the_missing_library_are_told(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubError, match="OWNER/NAME"):
        pull("../../etc", tmp_path)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(HubError, match="pip install huggingface_hub"):
        push(artifact, REPO)
