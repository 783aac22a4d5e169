from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from data.__main__ import main
from data.corpus import read_corpus, read_messages, write_messages
from data.message import Message
from data.store.records import Correction, NewTicket, Reading, StoredLabels, TicketKey
from data.store.store import Store
from data.taxonomy_history import TaxonomyHistory
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE

KEYS = [TicketKey(source="desk", id=str(number)) for number in range(4)]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The first taxonomy, the second, and the map between them."""
    paths = []
    for name, what in (("1", FIRST), ("2", SECOND), ("map", ONE_TO_TWO)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(what.model_dump(by_alias=True, exclude_none=True)), encoding="utf-8")
        paths.append(str(path))
    return paths


def message(id_: str, themes: list[str], signals: list[str]) -> Message:
    return Message(id=id_, text="…", lang="en", kind="other", themes=themes, signals=signals, group=id_, split="train")


def test_it_tells_what_becomes_of_a_corpus(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = [
        message("a", ["staff", "price"], ["noise"]),
        message("b", ["delivery"], []),
        message("c", ["staff"], []),
    ]
    write_messages(tmp_path / "corpus" / "en" / "a.jsonl", messages)
    assert main(["taxonomy", *files, "--corpus", str(tmp_path / "corpus")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 → 2",
        "  themes: staff (2 messages) is now conduct",
        "  themes: delivery (1 message) is split into delivery, tracking, to be judged again",
        "  themes: weather (0 messages) is gone",
        "  signals: noise (1 message) is gone",
        "  signals: leaving is new, nobody was asked for it before",
        "  emotion: sadness (0 messages), gloom (0 messages) are now upset",
        "3 messages: 2 carry over whole",
        "  1 message must be judged again in themes",
        "in reports, counts from before and after cannot be compared where",
        "  themes.delivery has other borders since 2",
        "  themes.tracking has other borders since 2",
        "  themes.weather ends with 2",
        "  signals.leaving begins with 2",
        "  signals.noise ends with 2",
    ]


def test_it_writes_the_corpus_in_the_new_words_and_sets_apart_what_must_be_judged_again(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, to = tmp_path / "corpus", tmp_path / "new"
    upset = message("a", ["staff", "price"], ["noise"]).model_copy(update={"emotion": "gloom", "tags": ["irony"]})
    write_messages(corpus / "en" / "a.jsonl", [upset, message("b", ["delivery", "staff"], [])])
    write_messages(corpus / "en" / "b.jsonl", [message("c", ["staff"], ["harm"])])
    asked = ["taxonomy", *files, "--corpus", str(corpus), "--write", str(to)]
    assert main(asked) == 0
    assert "2 messages written to" in capsys.readouterr().out
    written = {file: read_messages(to / "en" / file) for file in ("a.jsonl", "b.jsonl")}
    wanted = {"themes": ["conduct", "price"], "signals": [], "emotion": "upset"}
    assert written == {
        "a.jsonl": [upset.model_copy(update=wanted)],
        "b.jsonl": [message("c", ["conduct"], ["harm"])],
    }
    (line,) = (to / "again.jsonl").read_text("utf-8").splitlines()
    again = json.loads(line)
    assert again.pop("file") == "en/a.jsonl"
    assert again.pop("judge") == {"themes": {"certain": ["conduct"], "among": [["delivery", "tracking"]]}}
    assert "themes" not in again
    assert Message.model_validate({**again, "themes": ["conduct", "tracking"]}).id == "b"
    assert {each.id for each in read_corpus(to)} == {"a", "c"}
    before = (to / "en" / "a.jsonl").read_bytes()
    assert main(asked) == 2
    assert "holds something already" in capsys.readouterr().err
    assert (to / "en" / "a.jsonl").read_bytes() == before


def test_a_corpus_that_cannot_be_read_is_not_written_in_part(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_messages(tmp_path / "corpus" / "en" / "a.jsonl", [message("a", ["staff"], [])])
    (tmp_path / "corpus" / "en" / "b.jsonl").write_text("{", encoding="utf-8")
    to = tmp_path / "new"
    assert main(["taxonomy", *files, "--corpus", str(tmp_path / "corpus"), "--write", str(to)]) == 2
    assert "b.jsonl, line 1 is not JSON" in capsys.readouterr().err
    assert not to.exists()
    assert main(["taxonomy", *files, "--store", "sqlite:///none.db", "--write", str(to)]) == 2
    assert "--write is for a corpus" in capsys.readouterr().err


def put(store: Store, key: TicketKey, taxonomy: str, labels: StoredLabels) -> None:
    new = NewTicket(key=key, text=f"ticket {key.id}", mark=store.mark(key.id), lang="en")
    read = Reading(
        model_version=f"model-{taxonomy}", taxonomy_version=taxonomy, labels=labels, certainty=0.5, answer={}
    )
    store.put(new, read)


@pytest.fixture
def store(tmp_path: Path) -> tuple[str, str]:
    """Tickets from the times of three taxonomies, two of them judged by a person: the address and the secret."""
    url, secret = f"sqlite:///{tmp_path / 'tickets.db'}", tmp_path / "secret"
    store = Store.open(url, secret)
    put(store, KEYS[0], "1", {"kind": "complaint", "themes": ["staff", "delivery"]})
    put(store, KEYS[1], "1", {"kind": "complaint", "themes": ["weather"]})
    put(store, KEYS[2], "2", {"kind": "complaint", "themes": ["tracking"]})
    put(store, KEYS[3], "3", {"kind": "complaint", "themes": ["arrival"]})
    store.correct(KEYS[1], Correction(author="aino", taxonomy_version="1", labels={"themes": ["delivery"]}))
    store.correct(KEYS[2], Correction(author="aino", taxonomy_version="2", labels={"themes": ["price"]}))
    store.close()
    return url, str(secret)


def test_it_tells_what_becomes_of_the_tickets_of_a_store(
    files: list[str], store: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["taxonomy", *files, "--store", store[0], "--store-secret", store[1]]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "  themes: staff (1 ticket) is now conduct" in told
    assert "  themes: delivery (2 tickets) is split into delivery, tracking, to be judged again" in told
    assert "2 tickets: 0 carry over whole" in told
    assert "  2 tickets must be judged again in themes" in told
    assert "  of these, people had judged 1" in told
    assert "2 tickets with labels of other taxonomies, or none, left out" in told


def test_stored_tickets_of_three_versions_are_read_by_the_third(store: tuple[str, str]) -> None:
    history = TaxonomyHistory(THIRD, [ONE_TO_TWO, TWO_TO_THREE], [FIRST, SECOND])
    opened = Store.open(store[0], Path(store[1]))
    tickets = [opened.get(key) for key in KEYS]
    opened.close()
    brought = [history.ticket(ticket) for ticket in tickets if ticket]
    assert [each.labels["themes"] for each in brought] == [
        ["conduct", "arrival"],
        ["arrival"],
        ["billing"],
        ["arrival"],
    ]
    assert [set(each.settled) for each in brought] == [set(), {"themes"}, {"themes"}, set()]
    assert [set(each.unclear) for each in brought] == [set()] * 4


def test_what_is_wrong_is_told_and_nothing_is_made(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["taxonomy", files[1], files[0], files[2]]) == 2
    assert "leads from taxonomy '1', not '2'" in capsys.readouterr().err
    url = f"sqlite:///{tmp_path / 'none.db'}"
    assert main(["taxonomy", *files, "--store", url, "--store-secret", str(tmp_path / "none")]) == 2
    assert "no secret" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()
    assert main(["taxonomy", *files, "--store", url]) == 2
    assert "--store-secret" in capsys.readouterr().err
