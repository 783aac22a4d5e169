from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.corpus import read_corpus, write_messages
from data.message import Message
from data.store.copies import clean
from data.store.records import About, Correction, NewTicket, Query, Reading, TicketKey
from data.store.store import Store
from data.taxonomy import DEFAULT, read_taxonomy
from data.taxonomy_history import TaxonomyHistory
from tests.data.store.making import held
from training.corrections import row_id
from training.emerging import find_emerging
from training.emerging_export import examples, export, widen
from training.emerging_fit import Floats, middles, misfit, units, without_language
from training.emerging_groups import Plan, find_groups
from training.emerging_words import telling_words

START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=100)
PLAN = Plan(size=24, draws=3)
TOPICS = {"bill": "billing", "parcel": "delivery", "wasp": None}
"""What messages are about, and the theme that the model gives them; it has none for wasps."""
CORNERS = {"en": (0.0, 3.0), "fi": (3.0, 0.0)}
"""Where the encoder in miniature puts each language."""


def embed(texts: Sequence[str]) -> Floats:
    """An encoder in miniature: a direction a topic, a corner a language, and some noise of the text's own."""
    rows = []
    for text in texts:
        rng = np.random.default_rng(sum(map(ord, text)))
        topic = [2.0 * (each in text) for each in TOPICS]
        rows.append([*topic, *CORNERS["fi" if "hei" in text else "en"], *rng.normal(0, 0.1, 4)])
    return units(np.array(rows, np.float32))


def fill(store: Store, each: int = 12) -> None:
    """Put as many messages of each topic in both languages."""
    for number in range(each):
        for lang, hello in (("en", "hello"), ("fi", "hei")):
            for topic, theme in TOPICS.items():
                text = f"{hello} {topic} {chr(97 + number) * 3}"
                sure = [{"label": theme or "premises", "confidence": 0.95 if theme else 0.3}]
                labels = {
                    "kind": "complaint", "themes": [theme or "premises"], "urgency": "normal", "signals": [],
                    "motives": ["fix"], "emotion": "neutral",
                }  # fmt: skip
                store.put(
                    NewTicket(
                        key=TicketKey(source="shop", id=f"{lang}-{topic}-{number}"), text=text, mark=store.mark(text),
                        lang=lang, about=About(received_at=START + timedelta(days=number)),
                    ),
                    Reading(
                        model_version="m1", taxonomy_version="2026.1", labels=labels, certainty=0.3,  # type: ignore[arg-type]
                        answer={"themes": sure},
                    ),
                )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}", tmp_path / "secret")
    fill(store)
    return store


def find(store: Store) -> list[int]:
    return find_emerging(store, read_taxonomy(), embed, since=START, until=END, plan=PLAN).groups


def test_what_has_no_theme_comes_first_in_both_languages(store: Store) -> None:
    first = store.emerging.group(find(store)[0])
    texts = [read.text for read in store.emerging.readings([each.ticket for each in store.emerging.members(first.id)])]
    assert all("wasp" in text for text in texts)
    assert set(first.langs) == {"en", "fi"}
    assert first.words["en"][0] == ("wasp", 7)
    assert {quote.lang for quote in store.emerging.quotes(first.id)} == {"en", "fi"}


def test_a_run_over_the_same_tickets_changes_nothing(store: Store) -> None:
    once = find(store)
    kept = {id_: store.emerging.members(id_) for id_ in once}
    assert find(store) == once
    assert {id_: store.emerging.members(id_) for id_ in once} == kept


def test_only_the_period_is_looked_at_and_no_more_than_asked_for(store: Store) -> None:
    taxonomy = read_taxonomy()
    early = find_emerging(store, taxonomy, embed, since=START, until=START + timedelta(days=1), plan=PLAN)
    assert (early.received, early.groups) == (6, [])
    some = find_emerging(store, taxonomy, embed, since=START, until=END, plan=PLAN, most=20)
    assert (some.received, some.looked_at) == (72, 20)


def test_named_groups_become_a_taxonomy_a_map_and_examples(store: Store, tmp_path: Path) -> None:
    id_ = find(store)[0]
    store.emerging.name(id_, {"en": "Wasps", "fi": "Ampiaiset"}, "wasps", "ann")
    corpus, folder = tmp_path / "corpus", tmp_path / "out"
    old = Message(id="x", text="Old", lang="en", kind="complaint", themes=["billing"], urgency="low", motives=["fix"],
                  emotion="neutral", group="x", split="train")  # fmt: skip
    (corpus / "en").mkdir(parents=True)
    write_messages(corpus / "en" / "a.jsonl", [old])
    made = export(store, folder, read_taxonomy(), DEFAULT, corpus, tmp_path / "runs")
    taxonomy = read_taxonomy(folder / "taxonomy.yaml")
    messages = read_corpus(folder / "corpus")
    seeds = [message for message in messages if "wasps" in message.themes]
    assert made.examples == {"wasps": len(seeds)}
    assert len(messages) == len(seeds) + 1
    assert all(message.themes == ["wasps"] and not taxonomy.problems(message.labels) for message in seeds)
    assert {message.split for message in seeds} == {"train", "calibration", "gold"}
    label = next(group for group in taxonomy.groups if group.id == "themes").label("wasps")
    assert label.name == {"en": "Wasps", "fi": "Ampiaiset", "vi": "Wasps", "es": "Wasps"}
    history = TaxonomyHistory.beside(folder / "taxonomy.yaml")
    mapped = history.bring({"themes": ["billing"]}, read_taxonomy().version)
    assert mapped.labels == {"themes": ["billing"]}
    assert mapped.unasked == {"themes": ("wasps",)}
    assert folder.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match="not empty"):
        export(store, folder, read_taxonomy(), DEFAULT, corpus, tmp_path / "runs")


def test_erasure_reaches_what_was_exported(store: Store, tmp_path: Path) -> None:
    store.emerging.name(find(store)[0], {"en": "Wasps"}, "wasps", "ann")
    corpus, folder, runs = tmp_path / "corpus", tmp_path / "out", tmp_path / "runs"
    (corpus / "en").mkdir(parents=True)
    export(store, folder, read_taxonomy(), DEFAULT, corpus, runs)
    before = read_corpus(folder / "corpus")
    texts = {each.text for each in before}
    gone = next(ticket for ticket in store.list(Query(lang="fi"), 100).tickets if ticket.text in texts)
    store.erase(gone.key)
    found = clean(runs, store)
    assert (found.rows, found.places, found.missing) == (1, ["out"], [])
    assert held(folder, gone.text) == held(folder, row_id(store.alias(gone.key))) == []
    assert len(read_corpus(folder / "corpus")) == len(before) - 1
    folder.rename(tmp_path / "elsewhere")
    assert clean(runs, store).missing == [str(folder)]


def test_without_a_name_there_is_nothing_to_export(store: Store, tmp_path: Path) -> None:
    find(store)
    with pytest.raises(ValueError, match="no group has a name"):
        export(store, tmp_path / "out", read_taxonomy(), DEFAULT, tmp_path, tmp_path / "runs")


def test_only_corrections_that_hold_keep_a_theme_beside_the_new_one(store: Store) -> None:
    id_ = find(store)[0]
    store.emerging.name(id_, {"en": "Wasps"}, "wasps", "ann")
    members = [each.ticket for each in store.emerging.members(id_)]
    (_, kept), (_, taken_back) = list(store.emerging.tickets(members))[:2]
    for ticket in (kept, taken_back):
        store.correct(ticket.key, Correction(author="ann", taxonomy_version="2026.1", labels={"themes": ["billing"]}))
    store.undo(taken_back.key, "ann")
    group = store.emerging.group(id_)
    widened, _ = widen(read_taxonomy(), [group])
    themes = {each.text: each.themes for each, _ in examples(store, [group], widened)}
    assert themes[kept.text] == ["billing", "wasps"]
    assert themes[taken_back.text] == ["wasps"]


def test_names_of_examples_are_known_with_the_secret_alone(store: Store, tmp_path: Path) -> None:
    key = TicketKey(source="shop", id="en-wasp-0")
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "another")
    assert row_id(store.alias(key)) != row_id(other.alias(key))
    other.close()
    store.close()


def test_languages_lose_their_corner() -> None:
    langs = np.array(["en", "fi"] * 2)
    found = without_language(embed(["hello bill a", "hei bill b", "hello wasp c", "hei wasp d"]), langs)
    assert found[0] @ found[1] > 0.9
    assert found[0] @ found[2] < 0


def test_a_ticket_far_from_all_themes_and_weakly_read_fits_worst() -> None:
    rng = np.random.default_rng(0)
    known = np.repeat(np.eye(3, dtype=np.float32)[:2], 30, axis=0) + rng.normal(0, 0.05, (60, 3)).astype(np.float32)
    themes = np.repeat(np.eye(2, dtype=bool), 30, axis=0)
    vectors = np.vstack([known, np.eye(3, dtype=np.float32)[2:]])
    scores = misfit(vectors, np.array([0.9] * 60 + [0.2]), middles(known, themes))
    assert scores.argmax() == 60
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_few_tickets_make_no_groups() -> None:
    vectors = units(np.ones((5, 3), np.float32))
    assert find_groups(vectors, np.array(["en"] * 5), np.linspace(0, 1, 5, dtype=np.float32), PLAN) == []
    assert find_groups(vectors[:0], np.array([]), np.zeros(0, np.float32), PLAN) == []


def test_a_word_of_few_tickets_is_not_told() -> None:
    texts = ["fee fee maija"] * 1 + ["fee [name]"] * 4 + ["thing"] * 20
    (told,) = telling_words(texts, np.array(["en"] * 25), range(25), [np.arange(5)], fewest=5)
    assert told == {"en": [("fee", 5)]}


def test_a_common_word_is_not_told_though_the_group_has_it_more_often() -> None:
    texts = ["fee and"] * 9 + ["thing and"] * 13 + ["thing"] * 38
    (told,) = telling_words(texts, np.array(["en"] * 60), range(60), [np.arange(9)], fewest=5)
    assert told == {"en": [("fee", 9)]}


def test_a_word_of_few_people_is_not_told_however_often_they_write() -> None:
    texts = ["fee maija"] * 6 + ["fee"] * 3 + ["thing"] * 20
    people = ["ann"] * 5 + [*range(24)]
    (told,) = telling_words(texts, np.array(["en"] * 29), people, [np.arange(9)], fewest=5)
    assert told == {"en": [("fee", 5)]}
