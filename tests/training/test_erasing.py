"""An erasure reaches what trainings keep, whoever asks for it and whatever runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.__main__ import main as data
from data.store.copies import AUDIT, SNAPSHOT, claim
from data.store.records import TicketKey
from data.store.store import Store
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.answer import Answer, Language, Reason
from models.engine import Prepared
from service.app import create_app
from tests.data.store.making import held
from tests.service.conftest import settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import redact
from tests.service.toy_versions import load
from tests.training.retraining import Stages, again, only_state
from tests.training.tickets import fill, open_in, secret_in, url_in
from training.corrections import gather, row_id
from training.forgotten import read_learnt, write_learnt
from training.retrain_stages import STAGES, Job
from training.runs import alone, runs_in
from training.snapshots import read_rows, write_rows

CANARY = "Canaryberg"
TEXT = f"my neighbour {CANARY} keeps a cockatoo above the lift"
GIVEN = {"kind": "fault", "themes": ["lift"], "urgency": "now"}

Train = Callable[..., int]


@pytest.fixture
def train(folder: Path, corpus: Path, taxonomy_file: Path) -> Train:
    return lambda *more: again(folder, corpus, taxonomy_file, *more)


class Silent(DummyEngine):
    """Knows that a message is in English, and no label of the housing company's."""

    def encode_post(self, prepared: Prepared, scores: object) -> Answer:
        return self._abstention(Reason.unintelligible).model_copy(
            update={"language": Language(label="en", confidence=0.9, supported=True)}
        )


def served(stack: ExitStack, folder: Path, taxonomy: Taxonomy, **more: Any) -> TestClient:
    given = settings(store=url_in(folder), store_secret=secret_in(folder), **{"runs": folder / "runs", **more})
    client = stack.enter_context(TestClient(create_app(Silent(taxonomy=taxonomy), given, load=load, redact=redact)))
    wait_until(lambda: client.get("/readyz").status_code == 200)
    return client


def put(client: TestClient, **more: Any) -> None:
    url = "/v1/tickets/desk/4711"
    assert client.put(url, json={"text": TEXT, "subject": "person-7", **more}).status_code == 201
    assert client.post(f"{url}/labels", json={"labels": GIVEN}).status_code == 200


def delete(client: TestClient) -> None:
    assert client.delete("/v1/tickets/desk/4711").status_code == 204


def delete_person(client: TestClient) -> None:
    assert client.delete("/v1/subjects/person-7").status_code == 204


@pytest.mark.parametrize("erase", [delete, delete_person])
def test_no_byte_is_left_of_what_the_service_erases(
    folder: Path, train: Train, taxonomy: Taxonomy, erase: Callable[[TestClient], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the call that kept it, through a retraining's own stages, to every byte of the store and of its runs."""
    monkeypatch.setattr("service.forgetting.GATHERED", 0.0)
    audit = STAGES["audit"]
    stages = Stages(monkeypatch)
    monkeypatch.setitem(STAGES, "audit", audit)
    store = open_in(folder)
    fill(store, 30)
    name = row_id(store.alias(TicketKey(source="desk", id="4711")))
    store.close()
    with ExitStack() as stack:
        client = served(stack, folder, taxonomy)
        put(client)
        assert train("--newest-share", "0") == 0
        assert stages.learnt == 31
        (run,) = runs_in(folder / "runs")
        assert {SNAPSHOT} <= {*held(folder, CANARY)}
        assert len(read_learnt(run) or []) == 31
        with alone(folder / "runs"):  # as if another retraining were under way
            erase(client)
            wait_until(lambda: held(folder / "runs", CANARY) == [])
        wait_until(lambda: held(folder, name) == [])
    assert held(folder, CANARY) == held(folder, "4711") == []
    assert len(read_rows(run / SNAPSHOT)) == 30
    assert sum(each.key is None for each in read_learnt(run) or []) == 1, "the next one begins without it"


def snapshot(folder: Path, taxonomy: Taxonomy) -> None:
    """Keep what stands in the store as a retraining does."""
    run = folder / "runs" / "1"
    run.mkdir(parents=True, exist_ok=True)
    store = open_in(folder)
    claim(folder / "runs", store)
    rows = gather(store.corrected(), TaxonomyHistory(taxonomy), None, store.alias).rows
    write_rows(run / SNAPSHOT, rows)
    write_learnt(run, rows, [])
    store.close()


def test_retention_and_a_service_that_was_killed_reach_them_too(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.forgetting.GATHERED", 0.0)
    with ExitStack() as stack:
        put(served(stack, tmp_path, taxonomy), received_at="2001-01-01T00:00:00Z")
    snapshot(tmp_path, taxonomy)
    assert held(tmp_path / "runs", CANARY) == [SNAPSHOT]
    with ExitStack() as stack:
        served(stack, tmp_path, taxonomy, retention="365")
        wait_until(lambda: held(tmp_path, CANARY) == [])
    with ExitStack() as stack:
        put(served(stack, tmp_path, taxonomy))
    snapshot(tmp_path, taxonomy)
    store = open_in(tmp_path)
    store.erase(TicketKey(source="desk", id="4711"))  # and no more: that is where it is killed
    store.close()
    assert held(tmp_path, CANARY) == [SNAPSHOT]
    with ExitStack() as stack:
        served(stack, tmp_path, taxonomy)
        wait_until(lambda: held(tmp_path, CANARY) == [])


def test_the_service_leaves_alone_what_is_another_stores(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.forgetting.GATHERED", 0.0)
    with ExitStack() as stack:
        put(served(stack, tmp_path, taxonomy))
    snapshot(tmp_path, taxonomy)
    (tmp_path / "demo").mkdir()
    cleaned: list[Path] = []

    def clean(runs: Path, store: Store) -> Any:
        from data.store.copies import clean as really

        found = really(runs, store)
        cleaned.append(runs)
        return found

    monkeypatch.setattr("service.keeping.clean", clean)
    with ExitStack() as stack:
        delete(served(stack, tmp_path / "demo", taxonomy, runs=tmp_path / "runs"))
        wait_until(lambda: len(cleaned) > 0)
    assert held(tmp_path / "runs", CANARY) == [SNAPSHOT]


@pytest.mark.parametrize(
    "command",
    [["erase-ticket", "desk", "4711"], ["erase-subject", "person-7"], ["purge", "--retention", "default=365"]],
)
def test_the_commands_reach_them(
    tmp_path: Path, taxonomy: Taxonomy, command: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with ExitStack() as stack:
        put(served(stack, tmp_path, taxonomy), received_at="2001-01-01T00:00:00Z")
    snapshot(tmp_path, taxonomy)
    monkeypatch.setenv("RECLAMO_RUNS", str(tmp_path / "runs"))
    place = ["--store", url_in(tmp_path), "--secret", str(secret_in(tmp_path))]
    assert data(["store", command[0], *place, *command[1:]]) == 0
    assert "1 texts left the snapshots and exports" in capsys.readouterr().out
    assert held(tmp_path, CANARY) == []


def erasing(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, keys: list[TicketKey]) -> None:
    """Have tickets erased while a stage runs."""
    stage = STAGES[name]

    def run(job: Job) -> None:
        store = open_in(folder)
        for key in keys:
            store.erase(key)
        store.close()
        stage(job)

    monkeypatch.setitem(STAGES, name, run)


def test_what_is_erased_before_the_network_learns_is_left_out(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_in(folder)
    keys = fill(store, 30)
    store.close()
    stages = Stages(monkeypatch)
    erasing(folder, monkeypatch, "audit", [keys[0], keys[29]])
    assert train() == 0
    state = only_state(folder)
    assert (state.learnt + state.newest, stages.learnt, state.outcome) == (28, state.learnt, "passed")
    (run,) = runs_in(folder / "runs")
    assert len(read_rows(run / SNAPSHOT)) == 28
    assert not (run / AUDIT).exists()


def test_what_is_erased_while_the_network_learns_is_told_and_leaves_the_files(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_in(folder)
    keys = fill(store, 30)
    store.close()
    Stages(monkeypatch)
    erasing(folder, monkeypatch, "calibrate", [keys[0], keys[29]])
    with caplog.at_level("INFO"):
        assert train() == 0
    state = only_state(folder)
    (run,) = runs_in(folder / "runs")
    assert len(read_rows(run / SNAPSHOT)) == 28
    assert caplog.text.count("1 tickets that it learnt from are gone") == 1
    assert (state.learnt, state.newest) == (24, 5), "what it was to be examined with is not read any more"
    assert sum(each.key is None for each in read_learnt(run) or []) == 1
