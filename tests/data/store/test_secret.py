"""The secret behind the marks: made once, kept, and never exchanged under a store that lives."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from data.store.errors import StoreUnusable
from data.store.secret import Marker, read_secret
from data.store.store import Store


def test_marks_are_keyed_and_borders_and_kinds_count() -> None:
    marker = Marker(b"x" * 32)
    marks = [marker.mark(*parts) for parts in (("text", "ab", "c"), ("text", "a", "bc"), ("texta", "bc"))]
    marks += [marker.mark("ticket", "ab", "c"), marker.mark("text", "\ud83d")]
    marks += [Marker(b"y" * 32).mark("text", "ab", "c")]
    assert len(set(marks)) == len(marks)
    assert {len(mark) for mark in marks} == {64}
    assert marks[0] == marker.mark("text", "ab", "c")


def test_many_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(read_secret(tmp_path / "new" / "key").mark("x")))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["key"], "no drafts stay"


def test_one_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    mark = read_secret(tmp_path / "key").mark("x")
    os.chmod(tmp_path, 0o500)
    try:
        assert read_secret(tmp_path / "key").mark("x") == mark
    finally:
        os.chmod(tmp_path, 0o700)


@pytest.mark.parametrize("content", ["", "00", "g" * 64, "00" * 33, "ä"])
def test_what_is_no_secret_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content, encoding="utf-8")
    with pytest.raises(StoreUnusable, match="key"):
        read_secret(tmp_path / "key")
    assert (tmp_path / "key").read_text(encoding="utf-8") == content


def test_another_secret_is_refused(url: str, tmp_path: Path) -> None:
    Store.open(url, tmp_path / "first").close()
    with pytest.raises(StoreUnusable, match="another secret"):
        Store.open(url, tmp_path / "second")
    Store.open(url, tmp_path / "first").close()
