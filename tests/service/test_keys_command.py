from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.__main__ import COMMANDS, main
from service.keys import KeyRing, read_keys

SHOWN = re.compile(r"rcl_[0-9a-f]{12}_[0-9a-f]{64}\n")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "made" / "keys.json"
    monkeypatch.setenv("RECLAMO_KEYS", str(path))
    return path


def test_a_key_is_made_shown_once_and_opens(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert COMMANDS["keys"] == "service.keys_command"
    given = ["keys", "make", "shop", "--scope", "classify", "--scope", "label", "--expires", "30", "--rate", "90"]
    assert main(given) == 0
    out, told = capsys.readouterr()
    assert SHOWN.fullmatch(out), "alone on its stream, so that a script can take it"
    key = KeyRing(path).find(out.strip())
    assert key is not None
    assert (key.name, key.scopes, key.requests_per_minute) == ("shop", ("classify", "label"), 90)
    assert key.expires == key.created + timedelta(days=30)
    assert abs(key.created - datetime.now(UTC)) < timedelta(minutes=1)
    assert "shown only now" in told
    assert out.strip() not in told
    assert main(["keys", "list"]) == 0
    listed = "".join(capsys.readouterr())
    assert out.strip()[17:] not in listed
    assert key.sha256 not in listed


def test_the_list_says_what_a_key_opens_and_until_when(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["keys", "make", "shop", "--scope", "classify", "--rate", "90"])
    main(["keys", "make", "office", "--scope", "reports", "--scope", "admin", "--expires", "1"])
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    head, shop, office = capsys.readouterr().out.splitlines()
    assert re.split(r"  +", head) == ["id", "name", "scopes", "made", "lives", "requests a minute"]
    assert re.fullmatch(r"[0-9a-f]{12}  shop +classify +\d{4}-\d\d-\d\d  until revoked +90", shop)
    assert re.fullmatch(r"[0-9a-f]{12}  office  reports admin +\S+  until \d{4}-\d\d-\d\d \d\d:\d\dZ", office)


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_key_is_revoked_by_name_or_id(path: Path, by: str) -> None:
    main(["keys", "make", "shop", "--scope", "classify"])
    main(["keys", "make", "crm", "--scope", "classify"])
    shop = read_keys(path)[0]
    assert main(["keys", "revoke", getattr(shop, by)]) == 0
    assert [key.name for key in read_keys(path)] == ["crm"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["make", "shop", "--scope", "classify"], "there is a key called 'shop'"),
        (["make", "a b", "--scope", "classify"], "a name is 1 to 64"),
        (["revoke", "nobody"], "no key has that name or id"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    path: Path, capsys: pytest.CaptureFixture[str], given: list[str], told: str
) -> None:
    main(["keys", "make", "shop", "--scope", "classify"])
    before = path.read_bytes()
    capsys.readouterr()
    assert main(["keys", *given]) == 2
    out, error = capsys.readouterr()
    assert told in error
    assert out == ""
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["make"],
        ["make", "shop"],
        ["make", "shop", "--scope", "everything"],
        ["make", "shop", "--scope", "classify", "--expires", "0"],
        ["make", "shop", "--scope", "classify", "--expires", "9999"],
        ["make", "shop", "--scope", "classify", "--rate", "-1"],
    ],
)
def test_a_command_that_is_not_whole_ends_with_2(path: Path, given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keys", *given])
    assert ended.value.code == 2
    assert not path.exists()


def test_where_the_keys_are_has_to_be_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("RECLAMO_KEYS", raising=False)
    assert main(["keys", "list"]) == 2
    assert "RECLAMO_KEYS=FILE" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["list"], ["revoke", "shop"]])
def test_a_file_that_is_not_there_is_said_and_not_made(
    path: Path, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    assert main(["keys", *given]) == 2
    assert str(path) in capsys.readouterr().err
    assert not path.exists()


def test_a_flag_wins_over_the_environment(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    assert main(["keys", "make", "shop", "--scope", "classify", "--keys", str(other)]) == 0
    assert len(read_keys(other)) == 1
    assert not path.exists()
