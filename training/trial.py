"""One fit for the sake of its figures, without an artifact: learning curves and benchmarks are made of these."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from data.message import Message
from data.taxonomy import Labels, Taxonomy
from models.layout import spread
from training.calibrate import calibrate, choose_blend
from training.fit import fast_tokenizer, fit, plain_labels, score
from training.lessons import exchanged, lessons
from training.recipe import ClassifierRecipe
from training.wide import fit_wide, wide_scores


def trial(messages: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe) -> list[Labels]:
    """Fit on the train split, blend and threshold on the calibration split, and answer the gold split in order."""
    check, asked = ([m for m in messages if m.split == split] for split in ("calibration", "gold"))
    with tempfile.TemporaryDirectory() as folder:
        network = fit(messages, taxonomy, recipe, Path(folder), fresh=True)
    tokenizer = fast_tokenizer(recipe.encoder)
    dev, test = (score(network, tokenizer, [m.text for m in part], recipe.max_tokens) for part in (check, asked))
    if recipe.wide:
        learn = exchanged(lessons(messages, taxonomy, recipe), recipe.exchange_share, recipe.seed)
        wide = fit_wide(learn, taxonomy, recipe.wide)
        wide_dev, wide_test = (wide_scores(wide, [m.text for m in part]) for part in (check, asked))
        blend = spread(choose_blend(dev, wide_dev, check, taxonomy), taxonomy)
        dev, test = dev + blend * wide_dev, test + blend * wide_test
    calibration = calibrate(dev, check, taxonomy)
    return [plain_labels(row, taxonomy, calibration) for row in test]
