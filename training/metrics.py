"""How right a classifier is, group by group and language by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

from data.taxonomy import Labels, Taxonomy, as_list

Figures = dict[str, float]


def figures(truth: Sequence[Labels], given: Sequence[Labels], taxonomy: Taxonomy) -> Figures:
    """Score answers against people's labels.

    `one` groups: macro-F1 and accuracy; `many`: micro- and macro-F1 and exact match; ordered: quadratic-weighted kappa,
    accuracy, and recall and precision of the most pressing label. Macro means are over the labels that occur in the
    truth. A null answer counts as wrong. Where nobody labelled a group, no answer counts; a group that nobody labelled
    anywhere has no figures.
    """
    found: Figures = {}
    for group in taxonomy.groups:
        both = ((t.get(group.id), as_list(g.get(group.id))) for t, g in zip(truth, given, strict=True))
        pairs = [(as_list(t), g) for t, g in both if t or (t is not None and group.mode == "many")]
        if not pairs:
            continue
        if group.mode == "many":
            binarizer = MultiLabelBinarizer(classes=group.ids)
            true, said = binarizer.fit_transform([p[0] for p in pairs]), binarizer.transform([p[1] for p in pairs])
            present = np.flatnonzero(true.sum(axis=0))
            nothing = 0.0 if said.any() else 1.0  # where no message has a label, saying none is right
            found[f"{group.id}_micro_f1"] = f1_score(true, said, average="micro", zero_division=nothing)
            found[f"{group.id}_macro_f1"] = (
                f1_score(true[:, present], said[:, present], average="macro", zero_division=0)
                if len(present)
                else nothing
            )
            found[f"{group.id}_exact"] = float((true == said).all(axis=1).mean())
            continue
        names = [p[0][0] for p in pairs]
        answers = [p[1][0] if p[1] else "" for p in pairs]
        present_names = sorted(set(names))
        if group.mode == "one":
            found[f"{group.id}_macro_f1"] = f1_score(
                names, answers, labels=present_names, average="macro", zero_division=0
            )
        else:
            rank = {label: i for i, label in enumerate(group.ids)}
            true_rank, said_rank = [rank.get(n, 0) for n in names], [rank.get(a, 0) for a in answers]
            same = len({*true_rank, *said_rank}) == 1  # kappa is not defined where there is nothing to tell apart
            kappa = 1.0 if same else cohen_kappa_score(true_rank, said_rank, weights="quadratic")
            found[f"{group.id}_kappa"] = float(kappa)
            worst = group.ids[-1]
            hit, called = [n == worst for n in names], [a == worst for a in answers]
            found[f"{group.id}_{worst}_recall"] = recall_score(hit, called, zero_division=0)
            found[f"{group.id}_{worst}_precision"] = precision_score(hit, called, zero_division=0)
        found[f"{group.id}_accuracy"] = float(np.mean([n == a for n, a in zip(names, answers, strict=True)]))
    return {name: round(float(value), 4) for name, value in found.items()}


def by_language(
    truth: Sequence[Labels], given: Sequence[Labels], languages: Sequence[str], taxonomy: Taxonomy
) -> dict[str, Figures]:
    """`figures` for each language on its own."""
    found: dict[str, Figures] = {}
    for language in sorted(set(languages)):
        rows = [i for i, own in enumerate(languages) if own == language]
        found[language] = figures([truth[i] for i in rows], [given[i] for i in rows], taxonomy)
    return found


def headline(values: Mapping[str, float], taxonomy: Taxonomy) -> Figures:
    """One figure a group that has any: kappa for ordered, micro-F1 for `many`, macro-F1 for `one` groups."""
    named = {"ordered": "kappa", "many": "micro_f1", "one": "macro_f1"}
    figures_of = {group.id: f"{group.id}_{named[group.mode]}" for group in taxonomy.groups}
    return {group: values[name] for group, name in figures_of.items() if name in values}


def mean_headline(values: Mapping[str, float], taxonomy: Taxonomy) -> float:
    """Mean of the headline figures; 0 where nobody labelled anything."""
    found = headline(values, taxonomy)
    return sum(found.values()) / max(1, len(found))
