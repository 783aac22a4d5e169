from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.cores import usable_cores


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def member(folder: Path, *lines: str) -> Path:
    """What `/proc/self/cgroup` says, in a file of its own."""
    path = folder / "membership"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def limit(group: Path, quota: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    (group / "cpu.max").write_text(f"{quota} 100000\n")


@pytest.mark.parametrize(
    ("written", "cores"),
    [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("9900000 100000", 8), ("nonsense", 8)],
)
def test_the_quota_of_control_groups_version_2_counts(tmp_path: Path, written: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(written)
    assert usable_cores(tmp_path, member(tmp_path, "0::/")) == cores


@pytest.mark.parametrize(("quota", "cores"), [("300000", 3), ("-1", 8)])
@pytest.mark.parametrize("where", ["", "system.slice/reclamo.service"])
def test_the_quota_of_control_groups_version_1_counts(tmp_path: Path, quota: str, cores: int, where: str) -> None:
    group = tmp_path / "cpu" / where
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text(quota)
    (group / "cpu.cfs_period_us").write_text("100000")
    told = member(tmp_path, "12:memory:/elsewhere", f"4:cpu,cpuacct:/{where}", "0::/")
    assert usable_cores(tmp_path, told) == cores


@pytest.mark.parametrize(
    ("service", "above", "cores"), [("200000", "max", 2), ("max", "300000", 3), ("600000", "400000", 4)]
)
def test_the_least_quota_on_the_way_up_counts(tmp_path: Path, service: str, above: str, cores: int) -> None:
    """As under systemd, where `CPUQuota=` of a unit lies in the unit's own group, and a slice may have one too."""
    limit(tmp_path / "system.slice", above)
    limit(tmp_path / "system.slice/reclamo.service", service)
    limit(tmp_path / "system.slice/another.service", "100000")
    assert usable_cores(tmp_path, member(tmp_path, "0::/system.slice/reclamo.service")) == cores


@pytest.mark.parametrize("path", ["/system.slice/docker-1.scope", "/../outside"])
def test_in_a_container_that_sees_its_path_from_outside_the_topmost_group_counts(tmp_path: Path, path: str) -> None:
    limit(tmp_path / "own", "200000")
    limit(tmp_path / "outside", "100000")
    assert usable_cores(tmp_path / "own", member(tmp_path, f"0::{path}")) == 2


def test_without_control_groups_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "none", tmp_path / "none") == 8
    assert usable_cores(tmp_path, member(tmp_path, "nonsense", "0::")) == 8
