from __future__ import annotations

import math
from pathlib import Path

import pytest

from data.redaction import redact
from data.redaction.kinds import Kind
from data.redaction.measuring import Marked, Score
from data.redaction.names.tagger import OTHERS, Tagger, load_tagger
from data.redaction.names.vocabulary import LANGUAGES, make_vocabulary
from training.__main__ import main
from training.names import PRECISION, choose, fit, lines, names_of, read_marked

THINGS = ("lamp", "kettle", "boiler", "gate", "heater", "window", "router", "fridge")
MADE_UP = ("Vexlo", "Drumkin", "Qorrit", "Zanthu", "Blerrow", "Yopskin", "Trullo", "Wexnar")


def marked(number: int, text: str) -> Marked:
    return Marked(id=f"en-{number:03}", lang="en", split="dev", marked=text)


def toy_set() -> list[Marked]:
    told = [f"yesterday porter [[name|{name}]] mended our {thing}" for name in MADE_UP for thing in THINGS]
    plain = [f"yesterday the {name} {thing} broke at home" for name in MADE_UP for thing in THINGS]
    return [marked(number, text) for number, text in enumerate([*told, *plain])]


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    vocabulary = make_vocabulary({"en": dict.fromkeys(THINGS, 9)}, {})
    return fit([lines(toy_set(), vocabulary)], vocabulary, dict.fromkeys((*LANGUAGES, OTHERS), 0.5))


def test_a_name_never_seen_is_found_by_what_stands_around_it(tagger: Tagger) -> None:
    text = "yesterday porter Fumbrat mended our gate"
    assert redact(text, "en", tagger=tagger).text == "yesterday porter [name] mended our gate"
    text = "yesterday the Fumbrat kettle broke at home"
    assert redact(text, "en", tagger=tagger).text == text


def test_words_of_other_personal_data_teach_nothing() -> None:
    vocabulary = make_vocabulary({}, {})
    found = lines([marked(1, "ask [[id|Klemmo Brusk]] there")], vocabulary)
    assert sorted(set(found.weight)) == [0.0, 0.3, 1.0]
    assert not found.named.any()


def test_the_lowest_threshold_that_is_precise_enough_is_chosen() -> None:
    enough = math.ceil(PRECISION * 1_000)
    right = {0.4: enough - 1, 0.6: enough, 0.8: enough + 5}
    scores = {threshold: Score(taken=1_000, right=number) for threshold, number in right.items()}
    assert choose(scores) == 0.6
    assert choose({0.4: Score(taken=10, right=8), 0.8: Score(taken=10, right=9)}) == 0.8
    assert names_of({"fi": 0.4, "vi": 0.8})[OTHERS] == 0.8


def test_the_test_split_is_never_learnt_from(tmp_path: Path) -> None:
    lines_ = [message.model_dump_json() for message in toy_set()[:2]]
    held = toy_set()[2].model_copy(update={"split": "test"}).model_dump_json()
    (tmp_path / "en.jsonl").write_text("\n".join([*lines_, held]), encoding="utf-8")
    (tmp_path / "sentences").mkdir()
    (tmp_path / "sentences" / "fi.txt").write_text("Terveisin\\n[[name|Maija]]\n", encoding="utf-8")
    messages = read_marked(tmp_path)
    assert [message.id for message in messages] == ["en-000", "en-001", "fi-line-1"]
    text, items = messages[-1].read()
    assert (text, items[0].kind) == ("Terveisin\nMaija", Kind.NAME)


def test_the_command_writes_the_same_file_twice(tmp_path: Path) -> None:
    for language in LANGUAGES:
        rows = [one.model_copy(update={"lang": language, "id": f"{language}-{one.id}"}) for one in toy_set()[::6]]
        text = "\n".join(row.model_dump_json() for row in rows)
        (tmp_path / f"{language}.jsonl").write_text(text, encoding="utf-8")
    corpus = tmp_path / "corpus" / "en"
    corpus.mkdir(parents=True)
    row = '{{"id": "{0}", "text": "the lamp broke", "lang": "en", "kind": "complaint", "themes": [], "urgency": "low",'
    rest = ' "signals": [], "motives": [], "emotion": "neutral", "group": "{0}", "split": "train"}}'
    (corpus / "a.jsonl").write_text("\n".join((row + rest).format(f"en-{n}") for n in range(3)), encoding="utf-8")
    for name in ("one", "two"):
        given = ["--set", str(tmp_path), "--corpus", str(corpus.parent), "--output", str(tmp_path / name)]
        assert main(["names", *given]) == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert load_tagger((tmp_path / "one").read_bytes()).vocabulary.look_up("lamp", "en") == (1, 0)
