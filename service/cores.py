"""How many cores this process may really use: the CPU affinity and the control groups' quotas, whichever is least."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

CGROUP: Final = Path("/sys/fs/cgroup")
MEMBERSHIP: Final = Path("/proc/self/cgroup")
"""Lines `0::/system.slice/reclamo.service` (version 2) or `4:cpu,cpuacct:/…` (version 1)."""


def usable_cores(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> int:
    """Count the cores to compute on, at least 1.

    `os.cpu_count()` tells the machine's cores; a container that may use two of sixty-four would start sixty-four
    threads that fight for two.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    quotas = (_quota(group) for group in _groups(cgroup, membership))
    return max(1, int(min([cores, *(quota for quota in quotas if quota is not None)])))


def _groups(cgroup: Path, membership: Path) -> Iterator[Path]:
    """Name the folders of the groups that this process may be in, each with all above it: each may set a limit.

    Inside of a container the group's path may be one that is seen only from outside; then the topmost folder is the
    container's own.
    """
    try:
        lines = [line.split(":", 2) for line in membership.read_text(encoding="utf-8").splitlines()]
    except OSError:
        lines = []
    paths = [line[2] for line in lines if len(line) == 3 and (not line[1] or "cpu" in line[1].split(","))]
    for path in {"/", *paths}:
        inside = PurePosixPath(path.lstrip("/"))
        if ".." not in inside.parts:
            for group in (inside, *inside.parents):
                yield cgroup / group
                yield cgroup / "cpu" / group


def _quota(group: Path) -> float | None:
    """Read a group's quota in cores (version 2, else version 1); None where it has none."""
    try:
        given, period = (group / "cpu.max").read_text(encoding="ascii").split()
        return None if given == "max" else int(given) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        pass
    try:
        microseconds = int((group / "cpu.cfs_quota_us").read_text(encoding="ascii"))
        period_us = int((group / "cpu.cfs_period_us").read_text(encoding="ascii"))
        return microseconds / period_us if microseconds > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
