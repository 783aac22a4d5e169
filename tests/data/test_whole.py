from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.whole import write_whole, writing_whole


def test_a_file_is_there_whole_with_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file.txt"
    write_whole(file, "tiếng Việt\n")
    assert file.read_text(encoding="utf-8") == "tiếng Việt\n"
    write_whole(file, b"\x00\x01")
    assert file.read_bytes() == b"\x00\x01"
    assert [each.name for each in file.parent.iterdir()] == ["file.txt"]


def test_whoever_reads_meanwhile_reads_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_whole(file, "old")
    with writing_whole(file) as out:
        out.write("new")
        out.flush()
        assert file.read_text(encoding="utf-8") == "old"
    assert file.read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("no space left")])
def test_what_is_cut_leaves_the_old_one_and_no_rest(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "file"
    write_whole(file, "old")

    def cut() -> None:
        with writing_whole(file) as out:
            out.write("ne")
            raise error

    with pytest.raises(type(error)):
        cut()
    assert file.read_text(encoding="utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_private_file_was_never_open_to_others(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with writing_whole(file, permissions=0o600) as out:
        (part,) = tmp_path.iterdir()
        assert part.stat().st_mode & 0o777 == 0o600
        out.write("secret")
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_who_write_at_once_do_not_meet(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with writing_whole(file) as one:
        one.write("one " * 1_000)
        with writing_whole(file) as other:
            other.write("other")
        assert file.read_text(encoding="utf-8") == "other"
    assert file.read_text(encoding="utf-8") == "one " * 1_000
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_what_killed_processes_left_goes_after_a_day(tmp_path: Path) -> None:
    old, new, other = (tmp_path / f".{name}.part" for name in ("file.1", "file.2", "other.3"))
    for part in (old, new, other):
        part.touch()
    for part in (old, other):
        os.utime(part, (0, 0))
    write_whole(tmp_path / "file", "text")
    assert {each.name for each in tmp_path.iterdir()} == {"file", new.name, other.name}
