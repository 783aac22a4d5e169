from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.wide import Wide, grams, weigh

BITS = 12
DICE = np.random.default_rng(3)
WIDE = Wide(
    rarity=(1 + DICE.random(1 << BITS)).astype(np.float16).astype(np.float32),
    table=DICE.integers(-127, 128, (1 << BITS, 3), dtype=np.int8),
    scale=np.array([0.01, 0.02, 0.03], np.float32),
    offset=np.array([0.1, -0.2, 0.0], np.float32),
)


def test_grams_stay_within_their_words() -> None:
    """Five letters hold 15 n-grams of 2 to 5 characters with a blank at either end … whatever stands beside them."""
    alone, beside = grams("lasku", BITS), grams("lasku tuli", BITS)
    first = beside.bucket[(beside.block == 0) & (beside.word == 0)]
    assert len(alone.bucket[alone.block == 0]) == 6 + 5 + 4 + 3
    assert sorted(first) == sorted(alone.bucket[alone.block == 0])


def test_words_and_pairs_of_words_are_features() -> None:
    assert (grams("one two three", BITS).block == 1).sum() == 3 + 2


def test_case_and_composition_change_nothing() -> None:
    assert np.array_equal(grams("CHỜ ĐỢI", 16).bucket, grams("chờ đợi", 16).bucket)


@given(st.text(max_size=300))
def test_any_text_is_read_and_its_shares_add_up_to_its_score(text: str) -> None:
    said = WIDE.read(text)
    assert np.isfinite(said.scores).all()
    for column in range(3):
        shares = WIDE.shares(said, column)
        assert len(shares) == len(said.words)
        assert shares.sum() + WIDE.offset[column] == pytest.approx(said.scores[column], abs=1e-4)


def test_each_block_has_length_one() -> None:
    found = grams("tilaus tilaus myöhässä", BITS)
    weight = weigh(found, WIDE.rarity)
    for block in (0, 1):
        own = found.block == block
        totals = np.bincount(found.bucket[own], weights=weight[own])
        assert np.sqrt((totals**2).sum()) == pytest.approx(1, abs=1e-5)


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    WIDE.save(tmp_path / "wide.safetensors")
    back = Wide.load(tmp_path / "wide.safetensors")
    assert np.array_equal(back.read("missä paketti on?").scores, WIDE.read("missä paketti on?").scores)


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    Wide(WIDE.rarity, WIDE.table[:100], WIDE.scale, WIDE.offset).save(tmp_path / "wide.safetensors")
    with pytest.raises(ValueError, match="buckets"):
        Wide.load(tmp_path / "wide.safetensors")
