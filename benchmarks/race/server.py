"""A server under test: a session of its own, awaited, and gone with all its children at the end.

Some servers give their workers other sessions, or leave them behind. So every process is known by a mark in its
environment, which children inherit (Linux shows it under /proc).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.race import ROOT

START_SECONDS, STOP_SECONDS = 180.0, 10.0
QUIET = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "TOKENIZERS_PARALLELISM": "false"}


class ServerError(RuntimeError):
    """A server did not start, or did not go; the message says which and where its log is."""


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A server that runs: its address, and the mark on all of its processes."""

    address: str
    mark: str

    def processor_seconds(self) -> float:
        """Add up the processor time that its processes have used, those that have ended among them."""
        ticks = 0
        for member in processes(self.mark):
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(int(each) for each in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(
    command: Sequence[str], ready: str, log: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[Server]:
    """Run a server; yields it once `ready` answers 200, and leaves no process and no open port behind.

    Raises `ServerError`.
    """
    port, mark = free_port(), f"RACE_SERVER={uuid.uuid4().hex}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RECLAMO_", "RACE_"))}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in command],
            cwd=folder,
            env={**inherited, **QUIET, **environment, **dict([mark.split("=")])},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _await_ready(process, address + ready, log)
        yield Server(address, mark)
    finally:
        _end(process, mark)
    _await_free(port, log)


def _shown(log: Path) -> Path:
    """Write a path without the place of this checkout."""
    return log.relative_to(ROOT) if log.is_relative_to(ROOT) else log


def _await_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"it ended with code {process.returncode} before it was ready; see {_shown(log)}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
            if response.status == 200:
                return
        time.sleep(0.1)
    raise ServerError(f"it was not ready within {START_SECONDS:g} seconds; see {_shown(log)}")


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """Ask the server to end, then end whatever is left of it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    deadline = time.monotonic() + STOP_SECONDS
    while left := processes(mark):  # a child may start another one while it is ended
        if time.monotonic() > deadline:
            raise ServerError(f"it cannot be ended: {left} go on")
        for each in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.poll()
        time.sleep(0.05)


def processes(mark: str) -> list[int]:
    """List the processes whose environment holds `mark`."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if mark.encode() in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found


def _await_free(port: int, log: Path) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return
        time.sleep(0.1)
    raise ServerError(f"port {port} is still taken after its end; see {_shown(log)}")
