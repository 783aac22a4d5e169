"""Drift is found where there is some, and hardly ever where there is none; references hold no text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift_weeks import Calm, Kind, Pool, read_pool, reference, watch, week
from training.drift_compare import LEAST_ALL, Unrest, compare, learn_unrest
from training.drift_rows import UNTIMED, Hasher, Measured, Rows, flags_of, gather, load_rows, save_rows
from training.drift_shifts import ALL, LANGUAGES, WORDING, angles, shifts

NO_UNREST = Unrest({}, 0)


@pytest.fixture(scope="module")
def pool() -> Pool:
    return read_pool()


def test_a_hundred_weeks_without_drift_raise_at_most_two_alarms(pool: Pool) -> None:
    assert sum(bool(found.alarms) for found in watch(pool, 11, Calm(), 100)) <= 2


@pytest.mark.parametrize(
    ("kind", "size", "series"),
    [
        ("words", 0.55, {"wording"}),
        ("labels", 0.25, {"themes"}),
        ("confidence", 0.25, {"confidence"}),
        ("abstention", 0.15, {"abstention"}),
        ("languages", 0.4, {"languages"}),
    ],
)
def test_drift_is_found_in_two_hundred_messages(pool: Pool, kind: Kind, size: float, series: set[str]) -> None:
    weeks = watch(pool, 5, Calm(), 6, kind, size)
    found = [series & {alarm.kind for alarm in each.alarms} for each in weeks]
    assert sum(bool(each) for each in found) >= 5


def test_a_share_is_told_with_the_label_that_moved(pool: Pool) -> None:
    alarm = watch(pool, 5, Calm(), 1, "labels", 0.4)[0].alarms[0]
    assert (alarm.kind, alarm.what) == ("themes", "themes.billing")
    assert alarm.before < 0.2 < 0.35 < alarm.now


def test_what_depends_on_the_model_can_be_left_out(pool: Pool) -> None:
    dice = np.random.default_rng(1)
    rows, unrest = reference(pool, dice, Calm())
    drifted = week(pool, dice, Calm(), drift="confidence", size=0.9)
    assert "confidence" in {alarm.kind for alarm in compare(rows, drifted, unrest).alarms}
    found = compare(rows, drifted, unrest, only_text=True)
    assert {series.kind for series in found.series} == {WORDING, "rare words", LANGUAGES}


def test_languages_with_few_messages_are_named_and_not_watched_alone(pool: Pool) -> None:
    dice = np.random.default_rng(1)
    rows, unrest = reference(pool, dice, Calm())
    found = compare(rows, week(pool, dice, Calm(size=70)), unrest)
    assert {"vi", "sv"} & set(found.small)
    assert not {series.scope for series in found.series} & set(found.small)


def test_too_few_messages_are_refused(pool: Pool) -> None:
    rows = pool.rows[np.arange(1_000)]
    with pytest.raises(ValueError, match="too few"):
        compare(rows, pool.rows[np.arange(LEAST_ALL - 1)], NO_UNREST)


def test_the_usual_unrest_between_weeks_is_learnt_and_taken_off(pool: Pool) -> None:
    dice = np.random.default_rng(2)
    _, calm = reference(pool, dice, Calm(mix=float("inf")))
    rows, restless = reference(pool, dice, Calm(mix=30))
    assert restless.excess(LANGUAGES, ALL, 200) > calm.excess(LANGUAGES, ALL, 200)
    assert restless.excess(LANGUAGES, ALL, 200) > 3
    drifted = week(pool, dice, Calm(mix=float("inf")), drift="languages", size=0.4)
    distances = [
        next(series.distance for series in compare(rows, drifted, unrest).series if series.kind == LANGUAGES)
        for unrest in (NO_UNREST, restless)
    ]
    assert distances[0] > distances[1]


def test_unrest_is_not_told_from_few_weeks(pool: Pool) -> None:
    rows, _ = reference(pool, np.random.default_rng(1), Calm(), weeks=3)
    assert learn_unrest(rows) == Unrest({}, 3)
    assert NO_UNREST.excess(WORDING, ALL, 200) == 1


def test_the_same_draws_give_the_same_findings(pool: Pool) -> None:
    dice = np.random.default_rng(1)
    rows, unrest = reference(pool, dice, Calm())
    own = week(pool, dice, Calm())
    assert compare(rows, own, unrest, seed=3) == compare(rows, own, unrest, seed=3)


def test_by_chance_alone_angles_are_about_as_far_as_they_say() -> None:
    dice = np.random.default_rng(1)
    for share in (0.02, 0.3, 0.9):
        new, old = dice.binomial(200, share, 4_000), dice.binomial(1_600, share, 4_000)
        assert 0.85 < angles(new, 200, old, 1_600).std() < 1.1


def test_a_period_is_one_draw_among_others(pool: Pool) -> None:
    """Halves of one heap differ by chance: the place of the real one among the draws is anywhere."""
    places = []
    for seed in range(12):
        dice = np.random.default_rng(seed)
        drawn = dice.choice(np.flatnonzero(pool.rows.lang == "es"), 400, replace=False)
        found = shifts(pool.rows[drawn[:300]], pool.rows[drawn[300:]], dice, 40)
        places += [float((own.distances()[1:] >= own.distances()[0]).mean()) for own in found if own.scope == "es"]
    assert 0.35 < np.mean(places) < 0.65


def rows(texts: list[str], key: bytes = b"k") -> Rows:
    hasher = Hasher(key)
    flags = flags_of({"themes": ["a"]}, [], 0.5)
    return gather([Measured("en", UNTIMED, "m", flags, 0.5, hasher(text, "en")) for text in texts], ("themes.a",))


def test_a_saved_reference_is_read_again_and_holds_no_words(tmp_path: Path) -> None:
    kept = rows(["the secretariat closed early", "nobody answered the secretariat"])
    save_rows(tmp_path / "r.npz", kept, {"model": "m"})
    again, about = load_rows(tmp_path / "r.npz")
    assert about == {"model": "m"}
    assert again.columns == kept.columns
    assert sorted(again.words.sum(axis=1).ravel().tolist()[0]) == sorted(kept.words.sum(axis=1).ravel().tolist()[0])
    assert b"secret" not in (tmp_path / "r.npz").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["r.npz"]


def test_words_are_numbers_that_only_the_key_tells() -> None:
    one, other = Hasher(b"one"), Hasher(b"other")
    assert set(one("Charging charged", "en")) == set(one("charge!", "en"))
    assert set(one("charge", "en")) != set(other("charge", "en"))
    assert set(one("charge", "en")) != set(one("charge", "fi"))
    assert one.fingerprint != other.fingerprint
    assert len(one("12 345 6b", "en")) == 1
    assert len(one("", "en")) == 0
    assert len(one("\ud800 \0 " + "x y z " * 10_000, "en")) <= 400


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04 no", b"\x80\x04N."])
def test_a_broken_reference_is_refused_with_what_to_do(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "r.npz").write_bytes(broken)
    with pytest.raises(ValueError, match="--renew"):
        load_rows(tmp_path / "r.npz")
    with pytest.raises(FileNotFoundError, match="--renew"):
        load_rows(tmp_path / "none.npz")
