"""What nobody labelled counts neither as right nor as wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from data.message import Message
from data.taxonomy import Labels, Taxonomy
from models.answer import Answer, Choice, Language, Plausible, Review, Urgency
from training.abstention import coverage_table
from training.baseline import tfidf_answers
from training.confusion import confusion
from training.corrections import CorrectedMessage
from training.evaluate import as_markdown, compare
from training.metrics import figures, headline, mean_headline
from training.reliability import claims

RIGHT: Labels = {"kind": "fault", "themes": ["lift"], "urgency": "now"}


def test_a_group_that_a_message_lacks_counts_nothing(taxonomy: Taxonomy) -> None:
    truth: list[Labels] = [RIGHT, {"kind": "", "themes": []}, {"urgency": "soon"}]
    said: list[Labels] = [RIGHT, {"kind": "chat", "themes": ["roof"], "urgency": "now"}, {**RIGHT, "urgency": "soon"}]
    found = figures(truth, said, taxonomy)
    assert found["kind_accuracy"] == found["kind_macro_f1"] == 1
    assert found["themes_exact"] == 0.5  # none is a label of a set
    assert found["urgency_accuracy"] == found["urgency_kappa"] == 1


def test_a_group_that_nobody_labelled_has_no_figures(taxonomy: Taxonomy) -> None:
    found = figures([{"kind": "chat"}], [RIGHT], taxonomy)
    assert set(headline(found, taxonomy)) == {"kind"}
    assert mean_headline(found, taxonomy) == 0
    assert figures([{}], [RIGHT], taxonomy) == {}
    assert mean_headline({}, taxonomy) == 0


def message(number: int, lang: str = "en", urgency: str | None = "now", kind: str | None = "fault") -> Message:
    text = ("the lift is stuck", "a hello to all of you")[number % 2]
    return Message(id=str(number), text=text, lang=lang, kind=kind, urgency=urgency, group=str(number), split="train")


def test_tables_show_a_dash_for_it(taxonomy: Taxonomy) -> None:
    messages = [message(0), message(1, "es", None)]
    table = as_markdown(compare(messages, {"a": [RIGHT, RIGHT]}, taxonomy), taxonomy)
    assert "| urgency_accuracy | a | 1.000 | – | 1.000 |" in table or "| urgency_accuracy | a | – | 1.000 |" in table


@pytest.mark.parametrize("unlabelled", [[0], [0, 1, 2, 3]], ids=["one", "all"])
def test_linear_answers_are_learnt_from_what_is_labelled(taxonomy: Taxonomy, unlabelled: Sequence[int]) -> None:
    learn = [
        message(number, kind=None if number in unlabelled else ("fault", "chat")[number % 2]) for number in range(4)
    ]
    said = tfidf_answers(learn, ["the lift", "hello"], taxonomy)
    assert [answer["kind"] for answer in said] == ([["fault"], ["chat"]] if len(unlabelled) == 1 else [[], []])
    assert [answer["urgency"] for answer in said] == [["now"], ["now"]]


def test_gold_tables_leave_it_out(taxonomy: Taxonomy) -> None:
    answer = Answer(
        kind=Choice(label="fault", confidence=0.9), themes=[], urgency=Urgency(label="now", confidence=0.9,
        respond_within_hours=1), signals=[], motives=[], emotion=None, language=Language(label="en", confidence=1.0,
        supported=True), review=Review(needed=False), plausible=Plausible(error_rate=0.1, themes=[], urgency=["soon"]),
        model_version="m", taxonomy_version="t",
    )  # fmt: skip
    open_ = message(0, urgency=None)
    assert claims(open_, answer, "urgency") == []
    assert claims(open_, answer, "kind") == [(0.9, True)]
    assert coverage_table([open_], [answer]).splitlines()[-1] == "| en | 100.0% | 0.0 | – | – |"
    assert (
        coverage_table([open_, message(0)], [answer, answer]).splitlines()[-1] == "| en | 100.0% | 0.0 | 0.0% | 1.0 |"
    )
    nobody = CorrectedMessage(**open_.model_dump(), open=["themes"])
    assert confusion([nobody], [answer], taxonomy).many["themes"]["en"]["lift"].tn == 0
