from __future__ import annotations

import numpy as np
import pytest

from data.message import Message
from data.taxonomy import Labels, read_taxonomy
from models.decision import chances
from models.layout import layout
from training.calibrate import calibrate, choose_blend
from training.metrics import by_language, figures, headline
from training.targets import class_weights, labels_of, targets

TAXONOMY = read_taxonomy()
COLUMNS = {columns.group: columns for columns in layout(TAXONOMY)}


def message(number: int, themes: list[str], urgency: str = "normal", lang: str = "fi") -> Message:
    return Message(
        id=str(number), text="x", lang=lang, kind="complaint", themes=themes, urgency=urgency, signals=[],
        motives=["voice"], emotion="neutral", group=str(number), split="calibration",
    )  # fmt: skip


def test_targets_and_labels_are_each_others_inverse() -> None:
    messages = [message(0, ["billing", "honesty"], "critical"), message(1, ["policy"], "low")]
    for row, one in zip(targets(messages, TAXONOMY), messages, strict=True):
        found = labels_of(row, TAXONOMY)
        assert set(found["themes"]) == set(one.themes)
        assert found["urgency"] == [one.urgency]
        assert found["kind"] == ["complaint"]


def test_rare_labels_weigh_more() -> None:
    messages = [message(i, ["billing"] if i % 2 else ["policy"] if i == 0 else []) for i in range(40)]
    weights = class_weights(targets(messages, TAXONOMY), layout(TAXONOMY), balance=0.5)
    themes = COLUMNS["themes"]
    billing, policy = (weights[themes.start + themes.labels.index(label)] for label in ("billing", "policy"))
    assert policy > billing
    assert weights.max() <= 8


def test_overconfident_scores_are_calmed() -> None:
    """Scores of ±6 that are right three times in four should come to mean about three in four."""
    dice = np.random.default_rng(5)
    messages, rows = [], []
    themes = COLUMNS["themes"]
    for number in range(600):
        true = dice.random() < 0.5
        right = dice.random() < 0.75
        row = np.zeros(layout(TAXONOMY)[-1].stop, dtype=np.float32)
        row[themes.start + themes.labels.index("billing")] = 6.0 if true == right else -6.0
        messages.append(message(number, ["billing"] if true else ["policy"], lang=("fi", "vi")[number % 2]))
        rows.append(row)
    found = calibrate(np.stack(rows), messages, TAXONOMY)
    high = next(row for row in rows if row.max() == 6.0)
    chance = chances(high, themes, found.scales["themes"])[themes.labels.index("billing")]
    assert chance == pytest.approx(0.75, abs=0.06)
    assert set(found.thresholds["themes"]["billing"]) == {"*", "fi", "vi"}
    assert found.contradicts(TAXONOMY) is None


def test_figures_are_those_of_the_definition() -> None:
    truth = [message(0, ["billing"], "critical").labels, message(1, ["policy", "billing"], "low").labels]
    wrong: list[Labels] = [{**truth[0], "urgency": "low"}, {**truth[1], "themes": ["policy"]}]
    perfect, worse = figures(truth, truth, TAXONOMY), figures(truth, wrong, TAXONOMY)
    assert set(headline(perfect, TAXONOMY).values()) == {1.0}
    assert worse["themes_micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 1), abs=1e-4)
    assert worse["themes_exact"] == 0.5
    assert worse["urgency_critical_recall"] == 0
    assert worse["urgency_kappa"] < perfect["urgency_kappa"] == 1


def test_a_null_answer_counts_as_wrong() -> None:
    truth = [message(0, ["billing"]).labels]
    silent: list[Labels] = [{"kind": "", "themes": [], "urgency": "", "signals": [], "motives": [], "emotion": ""}]
    assert figures(truth, silent, TAXONOMY)["kind_accuracy"] == 0


def test_languages_are_scored_apart() -> None:
    messages = [message(0, ["billing"], lang="fi"), message(1, ["policy"], lang="vi")]
    said = [messages[0].labels, {**messages[1].labels, "kind": "praise"}]
    table = by_language([m.labels for m in messages], said, [m.lang for m in messages], TAXONOMY)
    assert table["fi"]["kind_accuracy"] == 1
    assert table["vi"]["kind_accuracy"] == 0


def test_the_alarm_is_set_lower_where_misses_are_many() -> None:
    """Half of the critical messages score a little below even: they are worth a few false alarms."""
    urgency, dice = COLUMNS["urgency"], np.random.default_rng(2)
    messages, rows = [], []
    for number in range(400):
        true = number % 4 == 0
        row = np.zeros(layout(TAXONOMY)[-1].stop, dtype=np.float32)
        row[urgency.start : urgency.start + 2] = 4.0
        row[urgency.stop - 1] = (dice.choice([3.0, -0.7]) if true else dice.choice([-0.7, -4.0], p=[0.05, 0.95])) * 1.0
        messages.append(message(number, ["billing"], "critical" if true else "high"))
        rows.append(row)
    found = calibrate(np.stack(rows), messages, TAXONOMY)
    assert found.thresholds["urgency"]["critical"]["*"] < 0.5
    assert found.contradicts(TAXONOMY) is None


def test_only_a_wide_branch_that_knows_something_is_blended_in() -> None:
    themes, dice = COLUMNS["themes"], np.random.default_rng(3)
    messages = [message(number, ["billing" if number % 2 else "policy"]) for number in range(200)]
    true = targets(messages, TAXONOMY) * 2 - 1
    scores = true + dice.normal(size=true.shape) * 2
    noise, knows = dice.normal(size=true.shape) * 3, true + dice.normal(size=true.shape)
    told = choose_blend(scores.astype(np.float32), knows.astype(np.float32), messages, TAXONOMY)
    untold = choose_blend(scores.astype(np.float32), noise.astype(np.float32), messages, TAXONOMY)
    assert told[themes.group] >= 1
    assert untold[themes.group] <= 0.25
