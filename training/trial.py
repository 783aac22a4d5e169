"""One fit for the sake of its figures, without an artifact: learning curves and benchmarks are made of these."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from data.message import Message
from data.taxonomy import Labels, Taxonomy
from models.layout import spread
from training.calibrate import calibrate, choose_blend
from training.crossed import fit_crossed, is_crossed
from training.fit import fast_tokenizer, fit, plain_labels, score
from training.lessons import exchanged, lessons
from training.recipe import ClassifierRecipe
from training.wide import fit_wide, wide_scores


def trial(messages: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe) -> list[Labels]:
    """Fit on the train split, blend and threshold on the calibration split, and answer the gold split in order.

    Without a calibration split both are set by cross-fitting.
    """
    check, asked = ([m for m in messages if m.split == split] for split in ("calibration", "gold"))
    tokenizer = fast_tokenizer(recipe.encoder)
    crossed = None
    with tempfile.TemporaryDirectory() as folder:
        if is_crossed(messages):
            network, crossed = fit_crossed(messages, taxonomy, recipe, Path(folder))
            check, dev = [m for m in messages if m.split == "train"], crossed.network
        else:
            network = fit(messages, taxonomy, recipe, Path(folder), fresh=True)
            dev = score(network, tokenizer, [m.text for m in check], recipe.max_tokens)
    test = score(network, tokenizer, [m.text for m in asked], recipe.max_tokens)
    if recipe.wide:
        learn = exchanged(lessons(messages, taxonomy, recipe), recipe.exchange_share, recipe.seed)
        wide = fit_wide(learn, taxonomy, recipe.wide)
        wide_test = wide_scores(wide, [m.text for m in asked])
        unseen = crossed.wide if crossed else None
        wide_dev = wide_scores(wide, [m.text for m in check]) if unseen is None else unseen
        blend = spread(choose_blend(dev, wide_dev, check, taxonomy), taxonomy)
        dev, test = dev + blend * wide_dev, test + blend * wide_test
    calibration = calibrate(dev, check, taxonomy)
    return [plain_labels(row, taxonomy, calibration) for row in test]
