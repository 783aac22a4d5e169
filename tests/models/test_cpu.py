from __future__ import annotations

from pathlib import Path

import pytest

from models.cpu import cpu_class


@pytest.mark.parametrize(
    ("flags", "classes"),
    [
        ("fpu avx2 fma", set()),
        ("fpu avx2 avx512f avx512_vnni", {"vnni"}),
        ("fpu avx2 avx_vnni", {"vnni"}),
        ("avx512_bf16 avx512_vnni amx_bf16 amx_tile amx_int8", {"vnni", "avx512_bf16", "amx"}),
    ],
)
def test_flags_make_classes(tmp_path: Path, flags: str, classes: set[str]) -> None:
    path = tmp_path / "cpuinfo"
    core = f"processor\t: 0\nmodel name\t: some\nflags\t\t: {flags}\nbugs\t\t: avx512_vnni\n\n"
    path.write_text(core * 2, encoding="utf-8")
    assert cpu_class(path) == classes


def test_where_nothing_can_be_read_nothing_is_assumed(tmp_path: Path) -> None:
    assert cpu_class(tmp_path / "none") == set()
    (tmp_path / "other").write_text("Features : fp asimd bf16\n", encoding="utf-8")
    assert cpu_class(tmp_path / "other") == set()
