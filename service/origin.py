"""Who may ask from where: the names that the service answers to, and no other site in a browser.

A page of another site can send a browser's requests to a service on the same machine, and with a name that it makes
point here (DNS rebinding) can even read the answers. The name in `Host` and what the browser tells of the page that
asks give both away.
"""

from __future__ import annotations

import ipaddress
import logging
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import CrossOrigin, Misdirected
from service.keys import KeysError, read_keys
from service.settings import Settings, SettingsError

log = logging.getLogger(__name__)

PROBES: Final = frozenset({"/livez", "/readyz"})
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAKE: Final = "python -m service keys make NAME --scope classify"
FIRST_KEY: Final = f"RECLAMO_KEYS=keys.json {MAKE}, and start with RECLAMO_KEYS=keys.json"


def is_loopback(name: str) -> bool:
    """Whether only this machine can reach `name`: `localhost`, a name under it, 127.0.0.0/8 or ::1."""
    name = name.lower().rstrip(".")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def check_exposure(settings: Settings) -> None:
    """Raise `SettingsError` where strangers would be let in, or where nobody could be; warn of what is open."""
    if settings.keys is not None:
        make = f"RECLAMO_KEYS={settings.keys} {MAKE}"
        if not settings.keys.exists():
            raise SettingsError(f"RECLAMO_KEYS={settings.keys}: there is no such file. Make a key: {make}")
        try:
            read_keys(settings.keys)
        except KeysError as error:
            raise SettingsError(
                f"RECLAMO_KEYS={settings.keys}: {error}. Mend it, or move it away and run: {make}"
            ) from None
        return
    if is_loopback(settings.host):
        log.warning("NO KEYS: every program on this machine may use the service. For keys: %s", FIRST_KEY)
    elif settings.open:
        log.warning("OPEN TO EVERYBODY: RECLAMO_OPEN=true, and whoever reaches %s needs no key", settings.host)
    else:
        raise SettingsError(
            f"RECLAMO_HOST={settings.host}: others can reach it, and there are no keys. Make one: {FIRST_KEY}. "
            "Or let everybody in: RECLAMO_OPEN=true"
        )


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """Names that `Host` may have besides loopback ones; None where it may have any, because keys guard the service."""
    named = frozenset(part.strip().lower() for part in settings.hosts.split(",") if part.strip())
    return named if named or (settings.keys is None and is_loopback(settings.host)) else None


class Origin:
    """Refuse requests for another name (421), and what a browser sends for another site (403)."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str] | None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "").lower()
            if self.hosts is not None and scope["path"] not in PROBES:
                self._check_host(host, self.hosts)
            if scope["method"] not in SAFE_METHODS:
                self._check_site(headers, host)
        await self.app(scope, receive, send)

    def _check_host(self, host: str, hosts: frozenset[str]) -> None:
        name = _name(host)
        if name not in hosts and not is_loopback(name):
            raise Misdirected("This is not a name of this service: whoever runs it can add it to RECLAMO_HOSTS.")

    def _check_site(self, headers: Headers, host: str) -> None:
        """Tell as Go's `http.CrossOriginProtection` does: by Sec-Fetch-Site, or where that is not sent, by Origin."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            foreign = site not in ("same-origin", "none")
        else:
            foreign = origin is not None and _authority(origin) != host
        if foreign:
            raise CrossOrigin("A page of another site asked for this: use the service's own page, or a program.")


def _name(host: str) -> str:
    """Take the name out of `name:port`, `[::1]:port` or either without a port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin.lower()).netloc
    except ValueError:
        return ""
