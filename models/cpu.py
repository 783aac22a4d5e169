"""What the processor has for numbers of 8 and 16 bits: it decides which engine is fast, and which is exact."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CPUINFO = Path("/proc/cpuinfo")

CLASSES: Final = {
    "avx_vnni": "vnni",
    "avx512_vnni": "vnni",
    "avx512_bf16": "avx512_bf16",
    "amx_int8": "amx",
    "amx_bf16": "amx",
}
"""Flags of x86 processors, and the class that each makes one of."""
BFLOAT16: Final = {"avx512_bf16", "amx"}
"""Classes that compute bfloat16 by themselves; elsewhere it is computed in full precision, or slowly."""
VNNI: Final = {"vnni", "amx"}
"""Classes that add products of 8 bits up in 32."""


def cpu_class(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """Name the classes of this processor: any of vnni, avx512_bf16, amx; none where nothing can be read."""
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as lines:
            flags = next((line.split() for line in lines if line.startswith("flags")), [])
    except OSError:
        return frozenset()
    return frozenset(CLASSES[flag] for flag in flags if flag in CLASSES)
