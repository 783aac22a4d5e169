"""A private PostgreSQL server for tests, from the binaries that are on this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

WHERE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
SETTINGS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=120")
"""No test takes the machine's power away: without fsync, a server that is killed still loses nothing."""

SECONDS = 60.0


class Server:
    """A running server; `url` names a new, empty schema, which is to a store what a database is, and made sooner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0

    def url(self) -> str:
        self._made += 1
        name = f"test_{self._made}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"postgresql://reclamo@/postgres?host={self.folder}&options=-csearch_path%3D{name}"

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="reclamo", dbname="postgres", autocommit=True)


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest version's; or None."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [folder for pattern in WHERE for folder in Path("/").glob(pattern[1:]) if (folder / "initdb").exists()]
    return max(folders, key=_version, default=None)


def _version(folder: Path) -> list[int]:
    return [int(part) for part in folder.parts if part.isdigit()]


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """Start a server that listens on a socket in a folder of its own, and stop it with all that it held."""
    folder = Path(tempfile.mkdtemp(prefix="reclamo-postgres-"))
    try:
        someone = _someone()
        if someone:
            os.chown(folder, someone["user"], someone["group"])
        quiet: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **someone}
        made = subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "reclamo", "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=False,
            **quiet,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace')}")
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *options]
        started: subprocess.Popen[bytes] = subprocess.Popen(command, **{**quiet, "stderr": subprocess.DEVNULL})
        with started as process:
            try:
                server = Server(folder)
                _wait(server, process)
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
                process.wait(SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _someone() -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError("neither the user postgres nor nobody is on this machine")
