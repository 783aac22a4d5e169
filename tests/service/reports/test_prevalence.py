from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from data.taxonomy import GroupId
from models.confusion import Confusion, Hits
from service.reports.counts.prevalence import Prevalence
from service.reports.ledger import Ledger
from tests.service.reports.toy_ledger import fact, ledger

KINDS = ["complaint", "request", "praise"]


def hits(sensitivity: float, false: float, positive: int = 6000, negative: int = 24000) -> Hits:
    tp, fp = round(sensitivity * positive), round(false * negative)
    return Hits(tp=tp, fn=positive - tp, fp=fp, tn=negative - fp)


def errors(**languages: tuple[float, float]) -> Confusion:
    """Sensitivity and false-positive rate of `billing` by language; kinds are told rightly four times of five."""
    matrix = [[2400, 450, 150, 0], [300, 2400, 300, 0], [0, 600, 2400, 0]]
    return Confusion(
        labels={"themes": ["billing"], "kind": KINDS},
        many={"themes": {language: {"billing": hits(*rates)} for language, rates in languages.items()}},
        single={"kind": {language: matrix for language in languages}},
    )


def tickets(n: int, labelled: int, **more: Any) -> list[Any]:
    """n tickets, `labelled` of which the machine gave `billing`."""
    return [fact(labels={"themes": ["billing"] if i < labelled else []}, **more) for i in range(n)]


def of_kinds(said: Sequence[int]) -> Ledger:
    return ledger(*(fact(labels={"kind": [kind]}) for kind, n in zip(KINDS, said, strict=True) for _ in range(n)))


def test_what_is_missed_and_what_is_imagined_is_taken_out() -> None:
    # 200 of 1000 have it: 160 are found, and 40 others are false alarms.
    counts = Prevalence({"v1": errors(en=(0.8, 0.05))}).counts(ledger(*tickets(1000, 200)), "themes")
    found = counts.interval("billing")
    assert found.counted == 200
    assert found.low < 200 < found.high
    counts = Prevalence({"v1": errors(en=(0.5, 0.0))}).counts(ledger(*tickets(1000, 100)), "themes")
    found = counts.interval("billing")
    assert found.mid == pytest.approx(200, abs=12)
    assert 100 < found.low < 200 < found.high
    assert counts.share("billing").mid == pytest.approx(found.mid / 1000)
    assert counts.corrected


def test_each_language_is_corrected_by_its_own_errors() -> None:
    found = ledger(*tickets(400, 80, lang="fi"), *tickets(400, 80, lang="vi"))
    cells = np.array([0] * 400 + [1] * 400)
    counts = Prevalence({"v1": errors(fi=(0.5, 0.0), vi=(1.0, 0.15))}).counts(found, "themes", cells, 2)
    assert counts.counted.tolist() == [[80, 80]]
    assert counts.interval("billing", 0).mid == pytest.approx(160, abs=16)
    assert counts.interval("billing", 1).mid == pytest.approx(24, abs=16)
    assert counts.tickets.tolist() == [400, 400]


def test_single_groups_add_up_and_are_corrected_by_the_whole_matrix() -> None:
    true = np.array([500, 100, 400])
    said = true @ np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]])
    counts = Prevalence({"v1": errors(en=(1, 0))}).counts(of_kinds([round(n) for n in said]), "kind")
    assert counts.draws.sum(axis=0) == pytest.approx(1000, rel=1e-4)
    for label, n in zip(KINDS, true, strict=True):
        found = counts.interval(label)
        assert found.low < n < found.high
        assert found.mid == pytest.approx(n, abs=35)


def test_cells_share_the_errors_so_that_differences_are_narrower() -> None:
    found = ledger(*tickets(2000, 400), *tickets(2000, 400))
    few = Confusion(labels={"themes": ["billing"]}, many={"themes": {"en": {"billing": hits(0.8, 0.05, 40, 200)}}})
    cells = np.repeat([0, 1], 2000)
    counts = Prevalence({"v1": few}).counts(found, "themes", cells, 2)
    draws = counts.of("billing")
    assert (draws[0] - draws[1]).std() < 0.5 * draws[0].std()
    assert draws.sum(axis=0).std() > 1.7 * draws[0].std()


def test_the_same_tickets_give_the_same_figures_again() -> None:
    found = ledger(*tickets(300, 40))
    made = [Prevalence({"v1": errors(en=(0.8, 0.05))}).counts(found, "themes").draws for _ in range(2)]
    assert np.array_equal(made[0], made[1])


def test_without_known_errors_the_count_stands_as_it_is() -> None:
    found = ledger(*tickets(100, 30), *tickets(100, 10, model="v0"))
    known = Prevalence({"v1": errors(en=(0.5, 0.0))})
    mixed = known.counts(found, "themes")
    assert not mixed.corrected
    assert mixed.interval("billing").mid == pytest.approx(70, abs=12), "v1's tickets are corrected, v0's are not"
    plain = Prevalence({}).counts(found, "themes").interval("billing")
    assert (plain.mid, plain.low, plain.high, plain.counted) == (40, 40, 40, 40)


def test_a_label_that_the_model_does_not_know_is_counted_as_it_is() -> None:
    found = ledger(*(fact(labels={"themes": ["lottery"]}) for _ in range(20)))
    counts = Prevalence({"v1": errors(en=(0.8, 0.0))}).counts(found, "themes")
    assert counts.interval("lottery").low == counts.interval("lottery").high == 20
    assert not counts.corrected
    assert counts.interval("never_heard_of").mid == 0


def test_what_the_machine_said_is_corrected_not_what_people_made_of_it() -> None:
    said: dict[GroupId, list[str]] = {"themes": [], "kind": ["complaint"]}
    judged = [fact(labels={"themes": ["billing"]}, said=said, judged=True) for _ in range(50)]
    found = ledger(*tickets(200, 40), *judged)
    counts = Prevalence({"v1": errors(en=(1.0, 0.0))}).counts(found, "themes")
    assert counts.interval("billing").counted == 40


def test_nothing_is_guessed_of_what_was_not_read() -> None:
    silent: dict[GroupId, list[str]] = {"kind": [], "urgency": [], "emotion": []}
    found = ledger(*tickets(100, 20), *(fact(lang="de", labels=silent) for _ in range(1000)))
    prevalence = Prevalence({"v1": errors(en=(0.8, 0.02))})
    assert prevalence.counts(found, "kind").draws.sum(axis=0) == pytest.approx(100, rel=1e-4)
    assert prevalence.counts(found, "themes").interval("billing").high < 60
    assert prevalence.counts(found, "themes").tickets.tolist() == [1100]


def test_a_language_that_was_not_measured_may_be_like_any_other() -> None:
    prevalence = Prevalence({"v1": errors(fi=(0.9, 0.0), vi=(0.45, 0.0))})
    own = prevalence.counts(ledger(*tickets(1000, 180, lang="fi")), "themes").interval("billing")
    unknown = prevalence.counts(ledger(*tickets(1000, 180, lang="sv")), "themes").interval("billing")
    assert own.high < 260
    assert unknown.low < 220
    assert unknown.high > 340


def test_cells_may_leave_tickets_out_and_be_empty() -> None:
    found = ledger(*tickets(50, 10))
    cells = np.where(np.arange(50) < 20, 1, -1)
    counts = Prevalence({"v1": errors(en=(0.9, 0.01))}).counts(found, "themes", cells, 3)
    assert counts.tickets.tolist() == [0, 20, 0]
    assert counts.interval("billing", 0).high == 0
    assert counts.share("billing", 2).mid == 0
    assert counts.interval("billing", 1).counted == 10
    assert Prevalence({}).counts(ledger(), "themes").draws.shape[:2] == (0, 1)


@pytest.mark.parametrize("size", [20, 3000])
def test_many_small_cells_add_up_to_the_whole(size: int) -> None:
    """More of them than are drawn at once; a prior that pulled each to one half, or a tail cut off, would show."""
    prevalence = Prevalence({"v1": errors(en=(0.7, 0.02))})
    themes, kinds = ledger(*tickets(3000, 300)), of_kinds([1800, 700, 500])
    cells = np.random.default_rng(1).permutation(3000) % size
    about: list[tuple[Ledger, GroupId, str]] = [
        (themes, "themes", "billing"), (kinds, "kind", "praise"), (kinds, "kind", "complaint"),
    ]  # fmt: skip
    for found, group, label in about:
        whole = prevalence.counts(found, group).of(label).mean()
        parts = prevalence.counts(found, group, cells, size).of(label).sum(axis=0)
        assert parts.mean() == pytest.approx(whole, rel=0.05)


def test_a_useless_classifier_tells_next_to_nothing() -> None:
    found = ledger(*tickets(1000, 300))
    sharp, blunt = (
        Prevalence({"v1": errors(en=rates)}).counts(found, "themes").interval("billing")
        for rates in ((0.9, 0.05), (0.3, 0.3))
    )
    assert sharp.high - sharp.low < 120
    assert blunt.high - blunt.low > 500
