"""What a trial answers, it answers by the thresholds that it chose."""

from __future__ import annotations

import numpy as np

from data.taxonomy import Group, Label, Taxonomy
from models.calibration import Calibration
from training.fit import plain_labels

LABELS = [Label(id=name, name={"en": name}) for name in ("rare", "usual")]
TAXONOMY = Taxonomy(
    version="1", languages=["en"], groups=[Group(id="themes", name={"en": "themes"}, mode="many", labels=LABELS)]
)


def test_a_rare_label_is_given_from_its_own_threshold() -> None:
    scores = np.log(np.array([0.3 / 0.7, 0.4 / 0.6], np.float32))
    chosen = Calibration(scales={}, thresholds={"themes": {"rare": {"*": 0.25}, "usual": {"*": 0.45}}})
    assert plain_labels(scores, TAXONOMY, chosen) == {"themes": ["rare"]}
    assert plain_labels(scores, TAXONOMY) == {"themes": []}
