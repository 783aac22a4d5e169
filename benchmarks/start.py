"""How soon the service answers after its start, and how much memory it holds: targets are 2 seconds and 400 MB.

Run as `python -m benchmarks.start` (`--starts 5`): starts `python -m service` again and again, asks until the first
answer, then sends gold messages of every language one by one. `RECLAMO_…` settings hold. Processor time is told too: it
hardly depends on what else the machine does. Linux only (`/proc`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from data.corpus import read_corpus

ROOT = Path(__file__).parents[1]
SECONDS, MEGABYTES = 2.0, 400.0
PATIENCE = 60.0
"""Seconds that a start may take before it is given up."""
_ENGINE = re.compile(r"engine [a-z]+-\S+: .*")


@dataclass(frozen=True)
class Start:
    """Seconds to the first answer, those computed in, megabytes held after the messages, and the engine by the log."""

    seconds: float
    computed: float
    megabytes: float
    engine: str


def main(arguments: list[str] | None = None) -> int:
    """Print what each start took, and the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--messages", type=int, default=200)
    given = parser.parse_args(arguments)
    gold = read_corpus(split="gold")
    texts = [message.text for message in gold[:: max(1, len(gold) // given.messages)]][: given.messages]
    _start_once(texts)  # warms the disk
    starts = []
    for _ in range(given.starts):
        starts.append(one := _start_once(texts))
        sys.stdout.write(f"{one.seconds:.2f} s ({one.computed:.2f} s of it computed), {one.megabytes:.0f} MB\n")
    seconds, computed, megabytes = (
        statistics.median(getattr(one, name) for one in starts) for name in ("seconds", "computed", "megabytes")
    )
    sys.stdout.write(
        f"{starts[-1].engine}\nmedian to the first answer {seconds:.2f} s, {computed:.2f} s of it computed "
    )
    sys.stdout.write(
        f"(target {SECONDS:g} s); {megabytes:.0f} MB after {len(texts)} messages (target {MEGABYTES:g} MB)\n"
    )
    return 0


def _start_once(texts: Sequence[str]) -> Start:
    """Start a service, ask it everything and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service", "--port", str(port), "--stop-delay", "0"]
    with tempfile.TemporaryFile("w+") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        try:
            while not _answers(port, texts[0]):
                if process.poll() is not None or time.monotonic() - began > PATIENCE:
                    log.seek(0)
                    raise SystemExit(f"the service did not start; its log says\n{log.read()}")
                time.sleep(0.01)
            seconds, computed = time.monotonic() - began, _processor_seconds(process.pid)
            refused = sum(not _answers(port, text) for text in texts)
            megabytes = _resident_megabytes(process.pid)
        finally:
            process.terminate()
            process.wait(PATIENCE)
        if refused:
            raise SystemExit(f"{refused} of {len(texts)} messages were refused")
        log.seek(0)
        engine = _ENGINE.search(log.read())
    return Start(seconds, computed, megabytes, engine[0] if engine else "the log names no engine")


def _answers(port: int, text: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/v1/classify", json.dumps({"text": text}), {"Content-Type": "application/json"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _processor_seconds(pid: int) -> float:
    """User and system time of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


if __name__ == "__main__":
    raise SystemExit(main())
