"""Every limit and choice of the service, in one frozen object: read once, from the environment and from flags.

A field `max_messages` is set by the environment variable `RECLAMO_MAX_MESSAGES` or by the flag `--max-messages`, which
wins. Where a field is a limit, its description states the status code of whoever breaks it.
"""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_serializer, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.decision import ERROR_RATE
from service.cores import usable_cores
from service.recipients import read_address, read_recipients
from service.retention import read_days
from service.traces import installed
from service.zone import read_zone

log = logging.getLogger(__name__)

PREFIX = "RECLAMO_"

_PASSWORD: Final = re.compile(r"(?<=:)(?!//).*(?=@)|(?<=password=)[^&]*", re.IGNORECASE)
"""In the address of a database."""

_HOST: Final = re.compile(r"(https?://[^/?]*)(.*)")

_PRIVATE: Final = frozenset(
    {"store", "smtp_user", "smtp_password", "mail_from", "alert_to", "weekly_to", "monthly_to", "webhook"}
    | {"webhook_secret", "public_address", "traces"}
)
"""Settings that may hold a secret, or the address of somebody: no error repeats them."""


class SettingsError(ValueError):
    """A setting cannot be used; the message names each variable and says why."""


class Settings(BaseSettings):
    """The settings of one running service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every network that the machine is on."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    model: Path | None = Field(
        default=None,
        description="Folder of a classifier, or of versions with a pointer to one. Unset: the shipped model.",
    )
    pointer_poll: float = Field(
        default=2.0,
        ge=0,
        description="Seconds between looks at which version of the model is current; 0: only the start looks.",
    )
    engine: str = Field(
        default="auto",
        description="Run-time engine that computes, such as onnxruntime-int8 or openvino-bf16. auto: the model's own, "
        "unless a self-test at the start finds one that agrees with it and is 10% faster.",
    )
    error_rate: float = Field(
        default=ERROR_RATE,
        ge=0.01,
        le=0.3,
        description="Share of messages whose `plausible` labels may miss a true one: the lower, the larger the sets.",
    )
    keys: Path | None = Field(
        default=None,
        description="File of API keys, made by `python -m service keys make`. Unset: no keys, and only this machine "
        "may use the service.",
    )
    open: bool = Field(
        default=False,
        description="Whether the service may be open to others without keys. Whoever reaches it is let in.",
    )
    hosts: str = Field(
        default="",
        description="Names that requests may come under (`Host`), apart by commas, besides loopback ones. Others: 421. "
        "Empty: any name where there are keys, loopback ones alone where there are none.",
    )
    proxies: str = Field(
        default="",
        description="Addresses or networks of proxies, apart by commas, whose X-Forwarded-For and X-Forwarded-Proto "
        "are believed.",
    )
    store: str | None = Field(
        default=None,
        description="Where tickets are kept: sqlite:///var/tickets.db, or postgresql://USER:PASSWORD@HOST/DATABASE. "
        "Unset: none are kept, and calls for them say so.",
    )
    store_secret: Path | None = Field(
        default=None,
        description="File of the store's secret, made where there is none; back it up apart from the store. Unset: "
        "beside an SQLite file; PostgreSQL needs one.",
    )
    retention: str = Field(
        default="",
        description="Days that tickets are kept after they were received: 365, or 365,zendesk=90. Empty: for ever.",
    )
    runs: Path | None = Field(
        default=None,
        description="Folder where retrainings on these tickets keep their work: what is erased or purged leaves the "
        "texts that they keep there. Unset: build/retrain beside the program, where they keep it by default.",
    )
    shadow: Path | None = Field(
        default=None,
        description="Folder of a challenger, another model that reads kept tickets in secret, for comparison. "
        "Unset: none.",
    )
    rescore: bool = Field(
        default=True,
        description="Whether kept tickets that another version of the model answered are read anew, in spare time.",
    )
    timezone: str = Field(
        default="UTC", description="Time zone whose days reports count, by its IANA name such as Europe/Helsinki."
    )
    report_fewest: int = Field(
        default=5,
        ge=2,
        description="Fewest messages of which reports show examples or tell words; of fewer, they tell only how many.",
    )
    playbook: Path | None = Field(
        default=None,
        description="File of a company's own counsels, in the form of service/reports/psychology/playbook.yaml, in the "
        "place of single ones of it. Unset: none.",
    )
    taxonomies: Path | None = Field(
        default=None,
        description="Folder of older taxonomies and of maps from them, by which lists and reports read older "
        "labels. Unset: the one that comes with the program.",
    )
    smtp_host: str | None = Field(
        default=None, description="Mail server that alerts and digests are handed to. Unset: no mail."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How mail is encrypted on its way there. none is for a server on this machine; to any other, no "
        "user and password are sent without encryption.",
    )
    smtp_user: str | None = Field(default=None, description="User at the mail server. Unset: it asks for none.")
    smtp_password: SecretStr | None = Field(default=None, description="Password of that user.")
    mail_from: str | None = Field(default=None, description="Address that mail is sent from.")
    alert_to: str = Field(
        default="",
        description="Who is mailed when a theme rises, each with a language: anna@example.com=fi,ben@example.com.",
    )
    weekly_to: str = Field(default="", description="Who gets the digest of each week, written as for alerts.")
    monthly_to: str = Field(default="", description="Who gets the digest of each month, written as for alerts.")
    webhook: str | None = Field(
        default=None,
        pattern=r"^https?://[^@#\s]+$",
        description="Address that alerts are posted to as signed JSON, never text of messages. Unset: none.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="What such calls are signed with (HMAC-SHA256): whsec_ and base64, or any 24 characters.",
    )
    public_address: str | None = Field(
        default=None,
        pattern=r"^https?://[^@?#\s]*[^@?#\s/]$",
        description="Address under which people reach the service, for links in mails. Unset: mails have none.",
    )
    sent: Path | None = Field(
        default=None,
        description="File that remembers which alerts and digests were sent. Unset: beside an SQLite file; PostgreSQL "
        "needs one where anything is sent.",
    )
    requests_per_minute: int = Field(
        default=6_000,
        gt=0,
        description="Requests of one key in a minute, unless it has a rate of its own. Beyond it: 429.",
    )
    characters_per_minute: int = Field(
        default=6_000_000, gt=0, description="Characters of messages sent with one key in a minute. Beyond it: 429."
    )
    key_failures: int = Field(
        default=10,
        gt=0,
        description="Wrong keys from one address before it is locked out, for a second at first and for twice as long "
        "each time after, up to 15 minutes. Beyond it: 429.",
    )
    max_body_bytes: int = Field(
        default=2_000_000,
        gt=0,
        description="Largest request body in bytes, however it is sent; all but batches may have 12 for each of "
        "`max_characters` and 64,000, or 64,000 where they hold no message. Beyond it: 413.",
    )
    max_characters: int = Field(
        default=50_000, gt=0, description="Longest message in characters (code points). Beyond it: 413."
    )
    max_messages: int = Field(default=256, gt=0, description="Most messages in one batch. Beyond it: 413.")
    max_connections: int = Field(
        default=900,
        gt=0,
        description="Most open connections, below the usual 1,024 file handles. Beyond it: 503. From four fifths of it "
        "on, messages are refused with 429.",
    )
    queue_tokens: int = Field(
        default=40_000,
        gt=0,
        description="Most work of batches waiting or under way, in tokens; single messages have room for a quarter as "
        "much beside it. Where no other of its kind waits, any request is taken. Beyond it: 429.",
    )
    request_timeout: float = Field(
        default=30.0,
        gt=0,
        description="Seconds from a request's arrival to its answer, longer only where the store has begun what it "
        "asks; a client may ask for fewer. A batch that could not be done in it is refused with 413. Beyond it: 503.",
    )
    head_timeout: float = Field(
        default=10.0,
        gt=0,
        description="Seconds for a request's line and headers to arrive, from the opening of the connection or from "
        "their first byte. Beyond it: the connection is closed.",
    )
    body_timeout: float = Field(default=10.0, gt=0, description="Seconds for a request body to arrive. Beyond it: 408.")
    unread_timeout: float = Field(
        default=10.0,
        gt=0,
        description="Seconds in which a client must take in something of the answer that waits for it. Beyond it, and "
        "after twice as long at most: the connection is cut off.",
    )
    workers: int = Field(
        default_factory=usable_cores,
        ge=1,
        le=256,
        description="Threads that compute, each on one core. Unset: the cores that this process may use.",
    )
    group_messages: int = Field(
        default=8, ge=1, description="Most messages of like length that a thread computes at once when many wait."
    )
    group_tokens: int = Field(default=512, ge=1, description="Most tokens in such a group of more than one message.")
    cache_answers: int = Field(
        default=4_096, ge=0, description="Latest answers kept in memory, under a keyed hash and without text. 0: none."
    )
    grace: float = Field(
        default=20.0,
        ge=0,
        description="Seconds for requests under way to finish once the service is told to stop. Beyond it: 503.",
    )
    stop_delay: float = Field(
        default=0.5,
        ge=0,
        description="Seconds between `/readyz` turning 503 and the port closing, so that balancers see it first.",
    )
    log: Literal["text", "json"] = Field(
        default="text", description="How the log is written: lines to read, or one JSON object a line."
    )
    traces: str | None = Field(
        default=None,
        pattern=r"^https?://[^@?#\s]+$",
        description="Address of an OpenTelemetry collector (OTLP over HTTP) that is sent a span of each request, never "
        "text; needs the extra `traces`. Unset: none.",
    )

    @property
    def queue_requests(self) -> int:
        """Requests that may wait at once: fewer than connections, so that whoever is refused is told so properly."""
        return max(1, self.max_connections * 4 // 5)

    @field_validator("traces")
    @classmethod
    def _traces_are_installed(cls, endpoint: str | None) -> str | None:
        if endpoint and not installed():
            raise ValueError("needs more software: pip install -c constraints.txt -e '.[traces]'")
        return endpoint

    @field_validator("retention")
    @classmethod
    def _retention_is_days(cls, written: str) -> str:
        read_days(written)
        return written

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, name: str) -> str:
        read_zone(name)
        return name

    @field_validator("alert_to", "weekly_to", "monthly_to")
    @classmethod
    def _recipients_are_known(cls, written: str) -> str:
        read_recipients(written)
        return written

    @field_validator("mail_from")
    @classmethod
    def _sender_is_an_address(cls, written: str | None) -> str | None:
        return read_address(written) if written else None

    @field_serializer("store", when_used="json-unless-none")
    def _without_password(self, store: str) -> str:
        return _PASSWORD.sub("***", store)

    @field_serializer("webhook", "public_address", "traces", when_used="json-unless-none")
    def _host_alone(self, address: str) -> str:
        return _HOST.sub(lambda found: found[1] + ("/***" if found[2] else ""), address)

    @field_serializer("alert_to", "weekly_to", "monthly_to", when_used="json")
    def _number_alone(self, written: str) -> str:
        return f"recipients: {len(read_recipients(written))}"

    def lines(self) -> list[str]:
        """Say each setting as `RECLAMO_NAME=value`, without secrets, the rest of addresses, and who gets mail."""
        return [f"{PREFIX}{name.upper()}={value}" for name, value in self.model_dump(mode="json").items()]


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Read flags (the program's own where `arguments` is None) over the environment; raises `SettingsError`."""
    parser = argparse.ArgumentParser(
        prog="python -m service",
        description="Serve the classifier over HTTP. Every flag is also an environment variable: RECLAMO_PORT=8080.",
        argument_default=argparse.SUPPRESS,
    )
    for name, field in Settings.model_fields.items():
        shown = "" if field.default_factory or field.default is None else f" Default: {field.default}."
        told = f"{field.description}{shown}".replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=told)
    try:
        return Settings(**vars(parser.parse_args(arguments)))
    except ValidationError as error:
        told = "; ".join(_fault(str(wrong["loc"][0]), wrong["input"], wrong["msg"]) for wrong in error.errors())
    raise SettingsError(told)  # out here it does not carry the error, which repeats every value


def _fault(name: str, value: object, told: str) -> str:
    return f"{PREFIX}{name.upper()}{'' if name in _PRIVATE else f'={value}'}: {told}"


def log_settings(settings: Settings) -> None:
    """Log every setting at the start, so that the log of a fault tells how the service stood."""
    for line in settings.lines():
        log.info("%s", line)
