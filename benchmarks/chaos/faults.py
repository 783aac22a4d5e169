"""Faults other than bad requests: each function brings one about and returns a line that says what came of it.

A `Fault` is raised where the service did not do what it promises; its message is the line then.
"""

from __future__ import annotations

import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.chaos.process import DUMMY, MODULE, PATIENCE, ROOT, VERSIONS, Service, connect, running
from models.registry import activate, read_pointer
from tests.service.toy_versions import make_version

HALF_HEAD: Final = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nX-Half: "
TEXT: Final = "My parcel is three weeks late."
JUMPING_CLOCK: Final = """
import random, runpy, sys, time
true = time.time
time.time = lambda: true() + random.choice((-1, 1)) * random.random() * 400 * 86_400
sys.argv = ["serve_dummy", "0", *sys.argv[1:]]
runpy.run_module("tests.service.serve_dummy", run_name="__main__")
"""


class Fault(Exception):
    """The service did not do what it promises."""


def expect(told: str, fact: bool) -> None:
    """Raise `Fault` unless `fact` is true."""
    if not fact:
        raise Fault(told)


def silent_connections(service: Service, most: int, head_timeout: float) -> str:
    """Open more connections than the service takes, none of which ends its headers."""
    with ExitStack() as stack:
        held = [stack.enter_context(each) for each in connect(service, most + 50)]
        for each in held[: most // 2]:  # the rest do not even begin
            each.sendall(HALF_HEAD)
        during = service.ask("GET", "/livez").status
        blind = service.seconds_until(200)
        expect(f"nobody else was answered for {blind:.0f} s", blind < head_timeout + 15)
        expect("it answers no message afterwards", service.classify(TEXT).status == 200)
    return f"{len(held)} held; another client got {during or 'nothing'}, and 200 after {blind:.1f} s"


def unread_answers(service: Service, unread_timeout: float) -> str:
    """Ask for megabytes on each of many connections, and read nothing."""
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60
    with ExitStack() as stack:
        ended = select.poll()
        for each in (stack.enter_context(socket.socket()) for _ in range(100)):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            each.connect(("127.0.0.1", service.port))
            each.sendall(asked)
            ended.register(each, 0)  # which tells of the end alone
        during = service.classify(TEXT).status
        left, began = 100, time.monotonic()
        while left and time.monotonic() - began < 2 * unread_timeout + 20:
            for handle, _ in ended.poll(1_000):
                ended.unregister(handle)
                left -= 1
        lasted = time.monotonic() - began
    expect(f"another client got {during} meanwhile", during == 200)
    expect(f"{left} of 100 connections are still open", not left)
    return f"100 connections that were sent 60 answers each let go, the last after {lasted:.1f} s"


def no_file_handles(service: Service) -> str:
    """Leave no file handle free for a while."""
    soft, hard = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (service.handles + 10, hard))
    try:
        with ExitStack() as stack:
            held = [stack.enter_context(each) for each in connect(service, 200)]
            time.sleep(1)
            during = Counter(service.ask("GET", "/livez", timeout=2).status for _ in range(5))
        blind = service.seconds_until(200)
        expect("it answers no message afterwards", service.classify(TEXT).status == 200)
    finally:
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    return f"{len(held)} opened for 10 handles, {during[200]} of 5 others answered meanwhile; 200 after {blind:.1f} s"


def stalled_engine() -> str:
    """Let every computing thread hang for some seconds."""
    with running("-m", DUMMY, "6", "--request-timeout", "1", "--workers", "2") as service:
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: statuses.append(service.classify(f"slow {'x ' * 20 * n}").status))
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        ready = service.seconds_until(503)
        alive = service.ask("GET", "/livez", timeout=2).status
        for thread in threads:
            thread.join()
        again = service.seconds_until(200)
        expect(f"messages got {statuses}", set(statuses) == {503})
        expect(f"/livez was {alive}", alive == 200)
        expect("it answers no message afterwards", service.classify(TEXT).status == 200)
        return f"messages 503, alive throughout; not ready after {ready:.1f} s, ready again after {again:.1f} s more"


def dying_thread() -> str:
    """Let the engine raise what ends a thread."""
    with running("-m", DUMMY, "0", "--workers", "2") as service:
        statuses = Counter(service.classify(f"exit number {number}").status for number in range(50))
        expect(f"messages got {dict(statuses)}", set(statuses) == {500})
        expect("it answers no message afterwards", service.classify(TEXT).status == 200)
        return "50 × SystemExit in the engine: each a declared 500, and both threads go on"


def full_log() -> str:
    """Write the log to a full device."""
    with running("-m", MODULE, log="/dev/full") as service:
        statuses = Counter(service.classify(f"{TEXT} {number}").status for number in range(100))
        expect(f"messages got {dict(statuses)}", set(statuses) == {200})
        code = service.end()
        return f"100 messages answered, none logged; ended with code {code}"


@contextmanager
def no_room(pid: int) -> Iterator[None]:
    """Let a process write nothing into files, as on a full disk."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def full_disk() -> str:
    """Change the model and the keys while nothing can be written."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "models"
        for version in "12":
            make_version(home, version)
        activate(home, "1")
        with running("-m", VERSIONS, "--model", str(home), "--pointer-poll", "0", log="/dev/null") as service:
            with no_room(service.process.pid):
                refused = service.ask("POST", "/v1/models/2/activate")
                expect(f"activation got {refused.status}", refused.status in (409, 500, 503))
                expect("it answers no message", service.classify(TEXT).status == 200)
                expect("the pointer is broken", read_pointer(home).version == "1")
            expect("it cannot activate afterwards", service.ask("POST", "/v1/models/2/activate").status == 200)
        keys = Path(folder) / "keys.json"
        make = [sys.executable, "-m", MODULE, "keys", "make"]
        environment = {**os.environ, "RECLAMO_KEYS": str(keys)}
        subprocess.run([*make, "a", "--scope", "classify"], cwd=ROOT, env=environment, check=True, capture_output=True)
        before = keys.read_bytes()
        limited = ["bash", "-c", 'ulimit -f 0; exec "$@"', "-", *make, "b", "--scope", "classify"]
        done = subprocess.run(limited, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        expect("a key was made that is nowhere", done.returncode != 0 and "rcl_" not in done.stdout)
        expect("the keys are gone", keys.read_bytes() == before)
        return f"activation {refused.status}, the version before goes on; no key made, the old file whole"


def jumping_clock() -> str:
    """Let the clock jump by up to a year, back and forth, each time that it is read."""
    with running("-c", JUMPING_CLOCK, "--request-timeout", "5") as service:
        statuses = Counter(service.classify(f"{TEXT} {number}").status for number in range(200))
        expect(f"messages got {dict(statuses)}", set(statuses) == {200})
        return "200 messages answered while the clock jumped by up to a year"


def stop_under_load(service: Service) -> str:
    """Tell it to stop while 40 clients ask without pause."""
    replies: list[tuple[float, int]] = []

    def ask_on(number: int) -> None:
        for turn in count():
            began = time.monotonic()
            replies.append((began, service.classify(f"{TEXT} {number} {turn}").status))
            if replies[-1][1] == 0:
                return

    threads = [threading.Thread(target=ask_on, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    children = service.children
    told = time.monotonic()
    service.process.terminate()
    time.sleep(0.1)
    first = service.ask("GET", "/readyz", timeout=5).status
    code = service.process.wait(PATIENCE)
    for thread in threads:
        thread.join()
    before = Counter(status for began, status in replies if began < told)
    after = Counter(status for began, status in replies if began >= told)
    expect(f"asked before the signal: {dict(before)}", set(before) <= {200, 429})
    expect(f"asked after the signal: {dict(after)}", set(after) <= {200, 429, 503, 0})
    expect(f"/readyz was {first}", first == 503)
    expect(f"it ended with code {code}", code == 0)
    expect(f"it had {children} children", children == 0)
    expect("the port is not free", service.port_is_free)
    lost = after.pop(0, 0)
    return f"{before[200]} asked before all answered, {sum(after.values())} during the delay; {lost} found it closed"
