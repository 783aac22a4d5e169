"""A mail server that takes what it is handed, over a real socket; encrypted where it has a certificate."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from service.reports.alarms.mail import MailServer, Tls


class Post:
    """What arrived: sender, recipients and content of each mail, who logged in, and what was said in the clear."""

    def __init__(self) -> None:
        self.got: list[tuple[str, list[str], bytes]] = []
        self.logins: list[tuple[str, str]] = []
        self.clear: list[str] = []
        self.refuse: str | None = None
        self.password: str | None = None
        self.hangs_up = self.silent = self.postpones = self.knows_nobody = False
        self.tls: Tls = "none"
        self.certificate: ssl.SSLContext | None = None
        self.port = 0

    def server(self, **more: Any) -> MailServer:
        return MailServer("127.0.0.1", self.port, "us@example.com", "none", **more)


class _Talk(socketserver.StreamRequestHandler):
    post: Post

    def handle(self) -> None:
        with suppress(OSError):  # who does not trust the certificate breaks off
            if self.post.tls == "tls":
                self._encrypt()
            if self.post.silent:
                self.rfile.read()
            else:
                self._talk()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _encrypt(self) -> None:
        assert self.post.certificate is not None
        self.rfile.close()
        self.request = self.post.certificate.wrap_socket(self.request, server_side=True)
        self.setup()

    def _talk(self) -> None:
        self._say("220 toy")
        sender = ""
        to: list[str] = []
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            word, _, rest = line.partition(" ")
            encrypted = isinstance(self.request, ssl.SSLSocket)
            self.post.clear += [] if encrypted else [word.upper()]
            match word.upper():
                case "EHLO":
                    offers = self.post.tls == "starttls" and not encrypted
                    self._say(
                        "250-toy",
                        *["250-STARTTLS"][:offers],
                        "250 HELP" if self.post.knows_nobody else "250 AUTH PLAIN",
                    )
                case "STARTTLS" if self.post.postpones:
                    self._say("454 not now")
                case "STARTTLS":
                    self._say("220 go on")
                    self._encrypt()
                case "AUTH":
                    _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                    self.post.logins.append((user, password))
                    right = self.post.password in (None, password)
                    self._say("235 welcome" if right else f"535 {user} may not come in with {password}")
                case "MAIL":
                    sender, to = rest.partition("<")[2].partition(">")[0], []
                    refused = self.post.refuse is not None and self.post.refuse in sender
                    self._say(f"530 who is {sender}?" if refused else "250 go on")
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
