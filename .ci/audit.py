"""Hold the pinned packages against published vulnerabilities, and say plainly where that could not be done.

Run by `make audit`. Ends with 0 where nothing was found or nothing could be asked, with 1 where something was found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COMMAND = "pip_audit --requirement constraints.txt --no-deps --disable-pip --format json --progress-spinner off"


def main() -> int:
    """Ask pip-audit and tell what it found."""
    done = subprocess.run(
        [sys.executable, "-m", *COMMAND.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        sys.stdout.write(f"audit SKIPPED, pip-audit could not run: {last[0]}\n")
        return 0
    code, told = verdict(report["dependencies"])
    sys.stdout.write(told + "\n")
    return code


def verdict(packages: list[dict[str, Any]]) -> tuple[int, str]:
    """Judge a report: the exit code and what to say. A package that was never looked up is not a clean one."""
    found = [
        f"{each['name']} {each['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for each in packages
        for fault in each.get("vulns", [])
    ]
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    looked_up = len(packages) - len(skipped)
    if not looked_up:
        return 0, f"audit SKIPPED: none of the {len(packages)} packages could be looked up; is there a network?"
    missed = f"; NOT looked up: {', '.join(skipped)}" if skipped else ""
    return bool(found), "\n".join([*found, f"{looked_up} packages looked up, {len(found)} vulnerabilities{missed}"])


if __name__ == "__main__":
    sys.exit(main())
