"""What the figures were measured on: processor, libraries, and whether anything else was running."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import time
from pathlib import Path

from pydantic import BaseModel

from benchmarks.race import ROOT
from service.cores import usable_cores

FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
"""What decides how fast a processor multiplies matrices."""
PACKAGES = (
    "onnxruntime", "tokenizers", "numpy", "torch", "transformers", "fastapi", "uvicorn", "litserve", "mosec", "bentoml",
    "aiohttp",
)  # fmt: skip


class Machine(BaseModel):
    """Processor, flags, cores and versions."""

    processor: str
    flags: list[str]
    cores: int
    python: str
    versions: dict[str, str]


def this_machine() -> Machine:
    """Describe the machine and what is installed for the race."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    has = set(told.get("flags", "").split())
    family = "family {cpu family}, model {model}".format_map(told) if "cpu family" in told else ""
    return Machine(
        processor=", ".join(part for part in (told.get("model name", platform.processor()), family) if part),
        flags=[flag for flag in FLAGS if flag in has],
        cores=usable_cores(),
        python=platform.python_version(),
        versions=_versions(),
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    python = ROOT / ".venv-infinity" / "bin" / "python"
    program = "import importlib.metadata as m; print(m.version('infinity-emb'), m.version('transformers'))"
    if python.exists():
        asked = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
        infinity, transformers, *_ = [*asked.stdout.split(), "not installed", "not installed"]
        found["infinity-emb"] = f"{infinity} (transformers {transformers})"
    return found


def idle_share(seconds: float = 1.0) -> float:
    """Measure what part of all processor time nobody uses now; 1 where the system does not tell."""

    def ticks() -> tuple[int, int]:
        spent = [int(each) for each in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
        return spent[3] + spent[4], sum(spent)

    if not Path("/proc/stat").exists():
        return 1.0
    idle, total = ticks()
    time.sleep(seconds)
    after_idle, after_total = ticks()
    return (after_idle - idle) / max(1, after_total - total)
