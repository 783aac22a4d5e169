"""Which labels a person can give: those of the served taxonomy, which contradict neither each other nor what holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from data.store.records import StoredLabels
from data.taxonomy import SINGLE, GroupId, Rule, Taxonomy, as_list
from service.errors import FieldError, InvalidFields

Held = Mapping[GroupId, str | list[str]]

_NOTHING: Final[Held] = {}


def check_labels(labels: StoredLabels, taxonomy: Taxonomy, held: Held = _NOTHING) -> StoredLabels:
    """Return labels with the groups that rules leave empty beside them, as a part of what was said.

    Refuses (422) those that the served taxonomy has not, that contradict each other, or that contradict labels that are
    `held`: which of the two is wrong only the person knows.
    """
    emptied: StoredLabels = {
        other: []
        for rule in taxonomy.rules
        if rule.group in labels and _applies(rule, labels)
        for other in rule.empty
        if other not in labels and other not in SINGLE and taxonomy.group(other)
    }
    whole = {**labels, **emptied}
    wrong = [*_unknown(labels, taxonomy), *_contradicting(whole, {**held, **whole}, taxonomy)]
    if wrong:
        raise InvalidFields(wrong[:20])
    return whole


def _applies(rule: Rule, labels: Held) -> bool:
    return not set(as_list(labels.get(rule.group))).isdisjoint(rule.labels)


def _unknown(labels: Held, taxonomy: Taxonomy) -> Iterator[FieldError]:
    for group, value in labels.items():
        known, chosen = taxonomy.ids(group), as_list(value)
        for label in chosen:
            if label not in known:
                mend = f"use {', '.join(known)}" if known else "leave the group out: this taxonomy does not have it"
                yield FieldError(field=f"labels.{group}", detail=f"has no label {label}", mend=mend)
        if not known and not chosen:
            yield FieldError(field=f"labels.{group}", detail="is no group of this taxonomy", mend="leave it out")
        if len(set(chosen)) != len(chosen):
            yield FieldError(field=f"labels.{group}", detail="names a label twice", mend="name it once")


def _contradicting(said: Held, stands: Held, taxonomy: Taxonomy) -> Iterator[FieldError]:
    """Find what breaks a rule among the labels that would stand; what was broken before is not held against anybody."""
    for rule in taxonomy.rules:
        if not _applies(rule, stands):
            continue
        told, more = f"does not go with {rule.group} {'/'.join(rule.labels)}", ""
        if rule.group not in said:
            told, more = f"{told}, which holds", f", or send {rule.group} with it"
        for other in rule.empty:
            if as_list(said.get(other)):
                yield FieldError(field=f"labels.{other}", detail=told, mend=f"leave it empty{more}")
        for other in rule.needed:
            if other in stands and not as_list(stands[other]) and (other in said or rule.group in said):
                detail = f"is empty, which {told}"
                yield FieldError(field=f"labels.{other}", detail=detail, mend=f"name at least one{more}")
