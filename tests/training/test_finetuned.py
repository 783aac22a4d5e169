"""Figures of benchmarks are kept beside the encoder and replaced when they are measured again."""

from __future__ import annotations

from pathlib import Path

from training.finetuned import Finetuned, finetuned_table, read_finetuned, record


def one(benchmark: str, *ours: float) -> Finetuned:
    return Finetuned(
        benchmark=benchmark, language="vi", figure="macro_f1", ours=list(ours), tfidf=0.9, published="0.92", command="x"
    )


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    path = tmp_path / "finetuned.jsonl"
    record([one("viocd", 0.5)], path)
    record([one("umsab", 0.6)], path)
    record([one("viocd", 0.93, 0.95)], path)
    assert {each.benchmark: each.ours for each in read_finetuned(path)} == {"umsab": [0.6], "viocd": [0.93, 0.95]}
    assert "| viocd (vi) | macro_f1 | 0.940 (0.930, 0.950) | 0.900 | 0.92 | `x` |" in finetuned_table(path)


def test_nothing_measured_is_an_empty_table(tmp_path: Path) -> None:
    assert len(finetuned_table(tmp_path / "none").splitlines()) == 2
