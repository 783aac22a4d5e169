"""`python -m service`: one process in the foreground, until SIGTERM or Ctrl-C; with a word more, one of `COMMANDS`.

Told to stop, it first says so on `/readyz`, then closes the port, finishes what is under way and ends with code 0.
A second Ctrl-C ends it at once.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from data.store.errors import StoreUnusable
from service import loading, logs
from service.app import create_app
from service.head import HeadLimits
from service.loading import ModelError, current
from service.origin import check_exposure
from service.readiness import Readiness
from service.settings import Settings, SettingsError, log_settings, read_settings

log = logging.getLogger("service")

COMMANDS: Final[dict[str, str]] = {
    "classify": "service.bulk",
    "digest": "service.digest_command",
    "demo": "service.demo",
    "keys": "service.keys_command",
    "models": "service.model_command",
}
"""What else `python -m service` does: a word, and the module whose `main(arguments)` does it and returns a code."""


class Server(uvicorn.Server):
    """A server that announces its end before it closes the port."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness, stop_delay: float) -> None:
        super().__init__(config)
        self.readiness = readiness
        self.stop_delay = stop_delay

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.readiness.stop()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on for a moment, so that balancers see `/readyz` first; then close the port and drain."""
        if not self.force_exit:
            await asyncio.sleep(self.stop_delay)
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until told to stop. Returns when the last request is finished and the port is free."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        ws="none",
        http=partial(  # type: ignore[arg-type]  # it is only called
            HeadLimits, seconds=settings.head_timeout, unread_seconds=settings.unread_timeout
        ),
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=max(1, round(settings.grace)),
        lifespan="on",
    )
    server = Server(config, app.state.readiness, settings.stop_delay)

    def stop(sig: int, frame: FrameType | None) -> None:
        # Reached before the server listens for signals, and once more after its clean end, when it raises them again.
        server.handle_exit(sig, frame)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    server.run()
    log.info("stopped")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the settings, load the model and serve; returns the exit code: 2 a setting, the store; 3 the model."""
    logs.set_up()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        return int(importlib.import_module(COMMANDS[given[0]]).main(given[1:]))
    try:
        settings = read_settings(given)
        logs.set_up(settings.log)
        check_exposure(settings)
        if settings.store or settings.shadow:
            from service.storing import check_store  # databases take half a second to load

            check_store(settings)
    except SettingsError as error:
        log.error("%s", error)
        return 2
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave)
    log_settings(settings)
    try:
        folder = current(settings.model)
        # No name holds the engine here: once another one answers, its memory is free.
        app = create_app(loading.load(folder, settings), settings, folder=folder, load=loading.load)
    except (SettingsError, StoreUnusable) as error:
        log.error("RECLAMO_STORE: %s", error)
        return 2
    except ModelError as error:
        log.error("%s", error)
        return 3
    serve(app, settings)
    return 0


def _leave(sig: int, frame: FrameType | None) -> None:
    """Stop while the model is still being loaded."""
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
