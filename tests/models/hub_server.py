"""A stand-in for the Hugging Face hub on loopback: the few addresses that creating, committing and fetching ask for.

Repositories are held in memory, as the files of each commit.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

MAIN = "main"


@dataclass
class Hub:
    """What the stand-in holds: by repository its commits, oldest first, each with all of its files."""

    address: str = ""
    commits: dict[str, list[tuple[str, dict[str, bytes]]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def commit(self, repo: str, files: dict[str, bytes]) -> str:
        """Add a commit with exactly these files."""
        name = hashlib.sha1(repr((len(self.commits.get(repo, [])), sorted(files))).encode()).hexdigest()
        self.commits.setdefault(repo, []).append((name, files))
        return name

    def at(self, repo: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Find a commit by its name, or the last one as `main`."""
        found = [one for one in self.commits.get(repo, []) if revision in (MAIN, one[0])]
        return found[-1] if found else None


@contextmanager
def serve_hub() -> Iterator[Hub]:
    """Serve a hub on a free port until the context ends."""
    hub = Hub()

    class Handler(_Handler):
        held = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    held: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._get()

    def do_GET(self) -> None:
        self._get()

    def do_POST(self) -> None:
        body = self._body()
        path = unquote(urlsplit(self.path).path)
        self.held.asked.append(f"POST {path}")
        parts = path.strip("/").split("/")
        if path == "/api/repos/create":
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            if repo not in self.held.commits:
                self.held.commit(repo, {".gitattributes": b""})
            self._json({"url": f"{self.held.address}/{repo}"})
        elif path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif parts[:2] == ["api", "models"] and parts[4] == "preupload":
            files = json.loads(body)["files"]
            each = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]
            self._json({"files": each})
        elif parts[:2] == ["api", "models"] and parts[4] == "commit":
            repo = f"{parts[2]}/{parts[3]}"
            name = self._commit(repo, body)
            self._json({"success": True, "commitOid": name, "commitUrl": f"{self.held.address}/{repo}/commit/{name}"})
        else:
            self._refuse(404, "EntryNotFound")

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def _commit(self, repo: str, body: bytes) -> str:
        found = self.held.at(repo, MAIN)
        files = dict(found[1]) if found else {}
        for line in body.decode().splitlines():
            step = json.loads(line)
            if step["key"] == "file":
                files[step["value"]["path"]] = base64.b64decode(step["value"]["content"])
            elif step["key"] == "deletedFile":
                files.pop(step["value"]["path"], None)
        return self.held.commit(repo, files)

    def _get(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.held.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self._about(f"{parts[2]}/{parts[3]}", parts[4:])
        elif len(parts) >= 5 and parts[2] == "resolve":
            self._file(f"{parts[0]}/{parts[1]}", parts[3], "/".join(parts[4:]))
        else:
            self._refuse(404, "EntryNotFound")

    def _about(self, repo: str, rest: list[str]) -> None:
        found = self.held.at(repo, rest[1] if len(rest) > 1 else MAIN)
        if found is None:
            self._refuse(404, "RepoNotFound" if repo not in self.held.commits else "RevisionNotFound")
        elif rest[:1] == ["tree"]:
            files = found[1].items()
            self._json([{"type": "file", "path": n, "size": len(d), "oid": _oid(d)} for n, d in files])
        else:
            self._json({"id": repo, "sha": found[0], "siblings": [{"rfilename": name} for name in found[1]]})

    def _file(self, repo: str, revision: str, name: str) -> None:
        found = self.held.at(repo, revision)
        if found is None:
            self._refuse(404, "RepoNotFound" if repo not in self.held.commits else "RevisionNotFound")
        elif name not in found[1]:
            self._refuse(404, "EntryNotFound", found[0])
        else:
            self._send(200, found[1][name], "application/octet-stream", found[0])

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), "application/json")

    def _refuse(self, status: int, code: str, commit: str = "") -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        if commit:
            self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, data: bytes, kind: str, commit: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if commit:
            self.send_header("X-Repo-Commit", commit)
            self.send_header("ETag", f'"{_oid(data)}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            found = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


def _oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()
