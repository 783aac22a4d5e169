from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from service.settings import PREFIX, Settings, SettingsError, read_settings

README = (Path(__file__).parents[2] / "service/README.md").read_text(encoding="utf-8")


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECLAMO_PORT", "9001")
    monkeypatch.setenv("RECLAMO_MAX_MESSAGES", "7")
    read = read_settings(["--port", "9002"])
    assert (read.port, read.max_messages) == (9002, 7)


def test_a_bad_value_is_named_with_its_variable() -> None:
    with pytest.raises(SettingsError, match=r"RECLAMO_PORT=eighty: .*integer"):
        read_settings(["--port", "eighty"])


def test_a_time_zone_that_nobody_knows_ends_the_start() -> None:
    with pytest.raises(SettingsError, match=r"RECLAMO_TIMEZONE=Mars/One: .*Europe/Helsinki"):
        read_settings(["--timezone=Mars/One"])
    assert read_settings(["--timezone=America/Mexico_City"]).timezone == "America/Mexico_City"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_secrets_are_masked() -> None:
    class WithSecret(Settings):
        token: SecretStr = SecretStr("hush")

    assert "RECLAMO_TOKEN=**********" in WithSecret().lines()


def test_of_addresses_and_recipients_the_log_tells_no_more_than_it_needs() -> None:
    lines = Settings(
        webhook="https://hooks.example.com/services/T0/hush?token=hush",
        public_address="https://reclamo.example.com",
        alert_to="anna@example.com=fi,ben@example.com",
        weekly_to="anna@example.com",
    ).lines()
    assert "RECLAMO_WEBHOOK=https://hooks.example.com/***" in lines
    assert "RECLAMO_PUBLIC_ADDRESS=https://reclamo.example.com" in lines
    assert "RECLAMO_ALERT_TO=recipients: 2" in lines
    assert "RECLAMO_MONTHLY_TO=recipients: 0" in lines
    assert not any(secret in str(lines) for secret in ("hush", "anna", "ben@"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook", "ftp://hush"),
        ("webhook", "https://user:hush@example.com/"),
        ("public_address", "https://example.com/?hush"),
        ("traces", "https://hush@example.com"),
        ("alert_to", "hush"),
        ("weekly_to", "hush@example.com=sv"),
        ("monthly_to", "hush"),
        ("mail_from", "hush"),
    ],
)
def test_an_address_that_is_refused_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings([f"--{name.replace('_', '-')}={value}"])
    assert str(refused.value).startswith(f"RECLAMO_{name.upper()}: ")
    assert "hush" not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described_and_documented(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert f"{PREFIX}{name.upper()}" in README
    if name.startswith(("max_", "queue_")) or name in ("request_timeout", "body_timeout", "grace"):
        assert re.search(r"Beyond it: (408|413|429|503)\.", description), "a limit states its status code"


def test_help_lists_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_settings(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(f"--{name.replace('_', '-')}" in told for name in Settings.model_fields)
