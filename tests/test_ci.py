"""What continuous integration does where something that tests need is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "run"
PROGRAMS = ("bash", "dirname", "env", "grep", "id", "rm", "tr")


@pytest.mark.parametrize(("allowed", "status", "made"), [({}, 1, []), ({"CI_MAY_SKIP": "1"}, 0, ["check", "test"])])
def test_without_a_browser_it_fails_unless_tests_may_be_skipped(
    allowed: dict[str, str], status: int, made: list[str], tmp_path: Path
) -> None:
    """In a copy, and on a path where neither a browser nor what installs one is."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(shutil.which(name) or pytest.skip(f"needs {name}"))
    (programs / "make").write_text(f'#!{programs}/bash\necho "$1" >> made\n', encoding="utf-8")
    (programs / "make").chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci")
    done = subprocess.run(
        [tmp_path / ".ci" / "run"], env={"PATH": str(programs), **allowed}, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert "chromium" in done.stderr
    assert ("CI_MAY_SKIP=1" in done.stderr) == (not allowed)
    written = tmp_path / "made"
    assert (written.read_text(encoding="utf-8").split() if written.exists() else []) == made
