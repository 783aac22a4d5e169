"""How many cores this process may really use: the CPU affinity and the control group's quota, whichever is less."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Count the cores to compute on, at least 1.

    `os.cpu_count()` tells the machine's cores; a container that may use two of sixty-four would start sixty-four
    threads that fight for two.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    quota = _quota(cgroup)
    return max(1, cores if quota is None else min(cores, int(quota)))


def _quota(cgroup: Path) -> float | None:
    """Read the quota in cores from the control group (version 2, else version 1); None where there is none."""
    try:
        given, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
        return None if given == "max" else int(given) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        pass
    try:
        microseconds = int((cgroup / "cpu/cpu.cfs_quota_us").read_text(encoding="ascii"))
        period_us = int((cgroup / "cpu/cpu.cfs_period_us").read_text(encoding="ascii"))
        return microseconds / period_us if microseconds > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
