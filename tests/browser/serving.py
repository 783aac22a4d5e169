"""Serve an application to a browser, on a thread of the tests' own process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import uvicorn
from fastapi import FastAPI

from tests.service.conftest import wait_until


@contextmanager
def serving(app: FastAPI, until: str = "/readyz") -> Iterator[str]:
    """Serve on a free port of this machine to the end of the block; gives the address once `until` answers 200."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, 30)
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        wait_until(lambda: httpx2.get(f"{url}{until}").status_code == 200, 30)
        yield url
    finally:
        server.should_exit = True
        thread.join(20)
