from __future__ import annotations

import hmac
import logging
import os
import re
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.keys import LOOK_SECONDS, MOST_BYTES, SCOPES, Key, KeyRing, KeysError, edit_keys, issue, read_keys

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def add(path: Path, name: str = "shop", **choices: Any) -> tuple[Key, str]:
    key, shown = issue(name, choices.pop("scopes", ["classify"]), now=NOW, **choices)
    with edit_keys(path) as keys:
        keys.append(key)
    return key, shown


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def later() -> list[float]:
    """A clock: the one number in the list is the time in seconds."""
    return [0.0]


@pytest.fixture
def ring_of(path: Path, later: list[float]) -> Callable[[], KeyRing]:
    return lambda: KeyRing(path, clock=lambda: later[0], now=lambda: NOW)


Ring = Callable[[], KeyRing]


def test_a_key_is_recognisable_random_and_kept_only_as_a_hash(path: Path, ring_of: Ring) -> None:
    key, shown = add(path)
    assert re.fullmatch(rf"rcl_{key.id}_[0-9a-f]{{64}}", shown)
    written = path.read_text()
    assert shown not in written
    assert shown.rpartition("_")[2] not in written
    assert key.sha256 not in repr(key)
    assert ring_of().find(shown) == key
    assert add(path, "other")[1] != shown


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    add(path)
    os.chmod(path, 0o644)
    add(path, "second")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change", ["wrong secret", "unknown id", "cut off", "nothing", "not ASCII", "of another", "long"]
)
def test_what_is_not_the_key_finds_nothing_by_the_same_path(
    path: Path, ring_of: Ring, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    key, shown = add(path)
    other, _ = add(path, "other")
    ring = ring_of()
    compared: list[tuple[int, int]] = []
    original = hmac.compare_digest

    def compare(first: str, second: str) -> bool:
        compared.append((len(first), len(second)))
        return original(first, second)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert ring.find(shown) == key
    wrong = {
        "wrong secret": shown[:-1] + ("0" if shown[-1] != "0" else "1"),
        "unknown id": shown.replace(key.id, "0" * 12),
        "cut off": shown[:-1],
        "nothing": "",
        "not ASCII": shown[:-1] + "٣",
        "of another": shown.replace(key.id, other.id),
        "long": shown * 1_000,
    }[change]
    assert ring.find(wrong) is None
    assert compared == [(64, 64)] * 2, "a digest is compared once, whatever was shown"


def test_an_expired_key_opens_nothing(path: Path, ring_of: Ring) -> None:
    _, over = add(path, "over", expires=NOW)
    _, soon = add(path, "soon", expires=NOW + timedelta(seconds=1))
    ring = ring_of()
    assert ring.find(over) is None
    assert ring.find(soon) is not None


def test_a_change_is_seen_within_a_second_and_looked_for_cheaply(
    path: Path, ring_of: Ring, later: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = add(path)
    ring = ring_of()
    looked: list[Path] = []
    original = Path.stat

    def look(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        looked.append(self)
        return original(self, follow_symlinks=follow_symlinks)

    _, second = add(path, "second")
    monkeypatch.setattr(Path, "stat", look)
    for _ in range(100):
        assert ring.find(second) is None
    assert looked == []
    assert LOOK_SECONDS < 1
    later[0] += LOOK_SECONDS
    for _ in range(100):
        assert ring.find(second) is not None
    assert len(looked) == 1
    with edit_keys(path) as keys:
        keys[:] = [key for key in keys if key.name != "shop"]
    later[0] += LOOK_SECONDS
    assert ring.find(first) is None
    assert ring.find(second) is not None


@pytest.mark.parametrize("fault", ["not JSON", "cut off", "gone", "empty", "a folder"])
def test_while_the_file_cannot_be_used_the_last_keys_stay(
    path: Path, ring_of: Ring, later: list[float], caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    _, shown = add(path)
    whole = path.read_bytes()
    ring = ring_of()
    path.unlink()
    if fault == "a folder":
        path.mkdir()
    elif fault != "gone":
        path.write_bytes({"not JSON": b"{secret", "cut off": whole[:-20], "empty": b""}[fault])
    for _ in range(3):
        later[0] += LOOK_SECONDS
        assert ring.find(shown) is not None
    (said,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"RECLAMO_KEYS={path}" in said.getMessage()
    assert "the 1 keys read before stay in force" in said.getMessage()
    assert "secret" not in caplog.text
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    add(path, "mended")
    later[0] += LOOK_SECONDS
    assert ring.find(shown) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{hunter2", "no file of keys"),
        (b'{"version": 2, "keys": []}', "version"),
        (b'{"version": 1, "keys": [], "hunter2": 1}', "not permitted"),
        (b'{"keys": [{"id": "hunter2"}]}', "keys.0."),
        (b" " * (MOST_BYTES + 1), "bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_repeating_it(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    with pytest.raises(KeysError, match=told) as refused:
        read_keys(path)
    if b'"hunter2": 1' not in content:
        assert "hunter2" not in str(refused.value)
    with pytest.raises(KeysError), edit_keys(path):
        pass
    assert path.read_bytes() == content, "nothing is lost"


def test_two_keys_never_share_a_name(path: Path) -> None:
    add(path)
    with pytest.raises(KeysError, match="same name"):
        add(path)
    assert len(read_keys(path)) == 1


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 65, "naïve", "a\nb", "0123456789ab", "rcl_shop"])
def test_a_name_is_plain_and_neither_a_key_nor_an_id(name: str) -> None:
    with pytest.raises(KeysError, match="a name is"):
        issue(name, ["classify"], now=NOW)


def test_scopes_are_kept_once_each_and_in_order() -> None:
    key, _ = issue("shop", ["reports", "classify", "reports"], now=NOW)
    assert key.scopes == ("classify", "reports")
    assert SCOPES == ("classify", "tickets", "label", "reports", "metrics", "admin")
    with pytest.raises(KeysError, match="scopes"):
        issue("shop", [], now=NOW)


def test_writers_take_turns(path: Path) -> None:
    threads = [threading.Thread(target=add, args=(path, f"key-{number}")) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in read_keys(path)} == {f"key-{number}" for number in range(12)}


def test_who_waits_too_long_for_the_other_writer_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(path)
    monkeypatch.setattr("service.keys.LOCK_SECONDS", 0.05)
    with edit_keys(path), pytest.raises(KeysError, match="another command"), edit_keys(path):
        pass


def test_a_write_is_durable_before_it_is_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(self: Path, target: Path) -> Path:
        done.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    add(path)
    assert done == ["file", "replace", "folder"]


def test_a_write_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(path)
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeysError, match="No space left"):
        add(path, "second")
    assert path.read_bytes() == before
    assert [each for each in path.parent.iterdir() if each.suffix != ".lock"] == [path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for others")
def test_what_root_makes_belongs_to_whose_folder_or_file_it_is(path: Path) -> None:
    os.chown(path.parent, 65532, 65532)
    add(path)
    assert {(file.stat().st_uid, file.stat().st_gid) for file in path.parent.iterdir()} == {(65532, 65532)}
    os.chown(path, 65531, 65531)
    add(path, "second")
    assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (65531, 0o600)


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    add(path)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    add(link, "second")
    assert link.is_symlink()
    assert len(read_keys(path)) == 2
