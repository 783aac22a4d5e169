"""A mail server that takes what it is handed, over a real socket and without encryption."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from service.reports.alarms.mail import MailServer


class Post:
    """What arrived: sender, recipients and content of each mail, and who logged in."""

    def __init__(self) -> None:
        self.got: list[tuple[str, list[str], bytes]] = []
        self.logins: list[tuple[str, str]] = []
        self.refuse: str | None = None
        self.hangs_up = False
        self.port = 0

    def server(self, **more: Any) -> MailServer:
        return MailServer("127.0.0.1", self.port, "us@example.com", "none", **more)


class _Talk(socketserver.StreamRequestHandler):
    post: Post

    def handle(self) -> None:
        self._say("220 toy")
        sender = ""
        to: list[str] = []
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO":
                    self._say("250-toy", "250 AUTH PLAIN")
                case "AUTH":
                    _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                    self.post.logins.append((user, password))
                    self._say("235 welcome")
                case "MAIL":
                    sender, to = rest.partition("<")[2].partition(">")[0], []
                    self._say("250 go on")
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    refused = self.post.refuse is not None and self.post.refuse in address
                    self._say(f"550 no {address} here" if refused else "250 go on")
                    to += [] if refused else [address]
                case "DATA":
                    self._say("354 go on")
                    lines = []
                    while (each := self.rfile.readline()) != b".\r\n":
                        lines.append(each.removeprefix(b"."))
                    self.post.got.append((sender, to, b"".join(lines)))
                    self._say("250 taken")
                case "RSET":
                    self._say("250 forgotten")
                case "QUIT":
                    if not self.post.hangs_up:
                        self._say("221 bye")
                    return
                case _:
                    self._say("502 what?")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@pytest.fixture
def post() -> Iterator[Post]:
    found = Post()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("Talk", (_Talk,), {"post": found}))
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
