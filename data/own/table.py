"""From a table of labelled messages to a corpus: every row is checked, told its language, and put into a split."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.language import UNDETERMINED, LanguageIdentifier
from data.message import Message, Split
from data.near import skeleton
from data.own.findings import Finding, OwnTableError, quoted, rows_told, told
from data.own.naming import label_names, make_taxonomy, plain_name, resembling, version_of
from data.own.rows import Row
from data.own.splits import lacking, near_groups, shares_for, split_groups
from data.taxonomy import SINGLE, Group, GroupId, Labels, Taxonomy

FEWEST: Final = 8
"""Rows of a label below which it cannot be learnt, calibrated and measured."""
STRAY: Final = 0.02
"""A language that fewer of the rows seem to be in is a misreading of short texts, and no language of the table."""
FOREIGN: Final = 0.2
"""If more of the rows are in languages that are not read, something is wrong with the table, not with the rows."""
FORMS: Final = ("form", "empty text", "empty label", "several labels", "unknown label", "language")


@dataclass(frozen=True, slots=True)
class Own:
    """A company's own corpus: its taxonomy, its messages in their splits, and what was decided on the way."""

    taxonomy: Taxonomy
    messages: Sequence[Message]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Read:
    """A row that may be learnt: its number, text, language, and labels by id."""

    number: int
    text: str
    language: str
    labels: Mapping[GroupId, tuple[str, ...]]

    @property
    def keys(self) -> list[str]:
        return [f"{group}.{label}" for group, own in self.labels.items() for label in own]


def build_own(
    rows: Iterable[Row],
    groups: Sequence[GroupId],
    languages: Sequence[str],
    where: str,
    *,
    taxonomy: Taxonomy | None = None,
    skip: bool = False,
    enough: int = 0,
) -> Own:
    """Make a corpus of the rows, whose labels are in `groups`; `where` names the table in front of a person.

    `languages` are those that the encoder reads; of fewer rows than `enough` none is put aside to calibrate. Without a
    taxonomy one is made of the labels. Raises `OwnTableError` that lists all that is wrong, unless `skip` leaves it
    out; `TaxonomyError` where no taxonomy can be made.
    """
    notes: list[str] = []
    given = list(rows)
    if not given:
        raise OwnTableError(f"{where} has no rows under its header")
    findings, kept = _look(given, groups)
    spoken, foreign, said = _languages(kept, taxonomy.languages if taxonomy else languages, where)
    findings += foreign
    notes += said
    named = taxonomy or make_taxonomy(kept, groups, sorted(set(spoken.values()), key=list(languages).index))
    if absent := [group for group in groups if not named.group(group)]:
        raise OwnTableError(f"the taxonomy {named.version} has no group {', '.join(absent)}: name other columns")
    read, unknown = _resolve(kept, spoken, named)
    findings += unknown
    read, contradictions = _agreeing(read)
    findings += contradictions
    read, repeated = _once(read)
    if repeated:
        notes.append(f"{len(repeated)} rows repeat an earlier one and were left out: {rows_told(repeated)}")
    read, named, few = _frequent(read, named, groups, made=taxonomy is None, skip=skip)
    findings += few
    if findings and not skip:
        raise OwnTableError(told(findings, where))
    if findings:
        counts = Counter(finding.sort for finding in findings)
        notes.append("left out: " + ", ".join(f"{sort} ({count})" for sort, count in counts.items()))
    if unseen := sorted({f"{g}.{label}" for g in groups for label in named.ids(g)} - {k for r in read for k in r.keys}):
        notes.append(f"no row has {', '.join(unseen[:10])}{' …' * (len(unseen) > 10)}: what is not shown is not learnt")
    messages = _split(read, shares_for(len(read), enough), where)
    return Own(_narrowed(named, groups, messages), messages, notes)


def _look(rows: Sequence[Row], groups: Sequence[GroupId]) -> tuple[list[Finding], list[Row]]:
    """Find what is wrong with single rows, and keep the others."""
    findings: list[Finding] = []
    kept = []
    needy = [group for group in groups if group in SINGLE or len(groups) == 1]
    for row in rows:
        wrong: list[tuple[str, str]] = []
        if row.flaw:
            wrong.append(("form", row.flaw))
        elif not row.text:
            wrong.append(("empty text", "has no text"))
        else:
            wrong += [("empty label", f"has no {group}") for group in needy if not row.labels.get(group)]
        findings += [Finding(sort, (row.number,), what) for sort, what in wrong]
        if not wrong:
            kept.append(row)
    if not kept:
        raise OwnTableError(told(findings, "the table"))
    return findings, kept


def _languages(
    rows: Sequence[Row], languages: Sequence[str], where: str
) -> tuple[dict[int, str], list[Finding], list[str]]:
    """Tell the language of each row, by number. What has none, or one that hardly occurs, takes the prevailing one."""
    if len(languages) == 1:
        return {row.number: languages[0] for row in rows}, [], []
    identifier = LanguageIdentifier(languages)
    found = {row.number: identifier.identify(row.text) for row in rows}
    counts = Counter(guess.label for guess in found.values() if guess.supported)
    foreign = [row for row, guess in found.items() if not guess.supported and guess.label != UNDETERMINED]
    if not counts or len(foreign) > FOREIGN * len(rows):
        seen = Counter(guess.label for guess in found.values()).most_common(5)
        listed = ", ".join(f"{label} ({count})" for label, count in seen)
        told_ = f"{len(foreign)} of {len(rows)} rows of {where} are in none of {', '.join(languages)}, but in {listed}"
        raise OwnTableError(f"{told_}; if that is wrong, name the language of the table: --languages en")
    prevailing = counts.most_common(1)[0][0]
    least = max(FEWEST, STRAY * len(rows))
    common = {language for language, count in counts.items() if count >= least} | {prevailing}
    strays = [row for row, guess in found.items() if guess.label not in common and row not in set(foreign)]
    notes = [f"languages: {', '.join(f'{language} {count}' for language, count in counts.most_common())}"]
    if strays:
        notes.append(f"{len(strays)} rows too short or too odd to tell their language count as {prevailing}")
    findings = [Finding("language", (row,), f"seems to be in {found[row].label!r}") for row in foreign]
    left = set(foreign)
    spoken = {
        row: guess.label if guess.label in common else prevailing for row, guess in found.items() if row not in left
    }
    return spoken, findings, notes


def _resolve(rows: Sequence[Row], spoken: Mapping[int, str], taxonomy: Taxonomy) -> tuple[list[_Read], list[Finding]]:
    """Turn labels as written into ids of the taxonomy."""
    names = label_names(taxonomy)
    unknown: defaultdict[tuple[GroupId, str], list[int]] = defaultdict(list)
    findings: list[Finding] = []
    read = []
    for row in rows:
        if row.number not in spoken:
            continue
        labels: dict[GroupId, tuple[str, ...]] = {}
        sound = True
        for group, written in row.labels.items():
            known = names[group]
            for each in written:
                if plain_name(each) not in known:
                    unknown[group, each].append(row.number)
                    sound = False
            labels[group] = tuple(
                dict.fromkeys(known[plain_name(each)] for each in written if plain_name(each) in known)
            )
            own = taxonomy.group(group)
            if own and own.mode != "many" and len(labels[group]) > 1:
                findings.append(
                    Finding("several labels", (row.number,), f"has {len(labels[group])} of {group}, takes one")
                )
                sound = False
        if sound:
            read.append(_Read(row.number, row.text, spoken[row.number], labels))
    for (group, each), numbers in unknown.items():
        meant = resembling(each, names[group])
        hint = f"; is {meant!r} meant?" if meant else ""
        findings.append(
            Finding("unknown label", tuple(numbers), f"{group} {quoted(each)} is not in the taxonomy{hint}")
        )
    return read, findings


def _agreeing(read: Sequence[_Read]) -> tuple[list[_Read], list[Finding]]:
    """Leave out texts that stand there more than once with different labels."""
    same: defaultdict[str, list[_Read]] = defaultdict(list)
    for row in read:
        same[skeleton(row.text) or row.text].append(row)
    findings = []
    wrong: set[int] = set()
    for twins in same.values():
        first = {group: set(own) for group, own in twins[0].labels.items()}
        differing = sorted({g for row in twins for g, own in row.labels.items() if set(own) != first[g]})
        if differing:
            numbers = tuple(row.number for row in twins)
            wrong.update(numbers)
            findings.append(Finding("contradiction", numbers, f"the same text with different {', '.join(differing)}"))
    return [row for row in read if row.number not in wrong], findings


def _once(read: Sequence[_Read]) -> tuple[list[_Read], list[int]]:
    """Keep the first of rows with the same words; give the numbers of the others."""
    seen: set[str] = set()
    kept, repeated = [], []
    for row in read:
        words = skeleton(row.text) or row.text
        if words in seen:
            repeated.append(row.number)
        else:
            kept.append(row)
        seen.add(words)
    return kept, repeated


def _frequent(
    read: Sequence[_Read], taxonomy: Taxonomy, groups: Sequence[GroupId], *, made: bool, skip: bool
) -> tuple[list[_Read], Taxonomy, list[Finding]]:
    """Find the labels with too few rows; with `skip` their rows go, and they themselves from a made taxonomy."""
    counts = Counter(key for row in read for key in row.keys)
    few = {
        f"{group}.{label}": counts[f"{group}.{label}"]
        for group in groups
        for label in taxonomy.ids(group)
        if counts[f"{group}.{label}"] < FEWEST
        and (counts[f"{group}.{label}"] or (made and group != "urgency"))  # of urgency, all levels come along
    }
    findings = [
        Finding(
            "few rows",
            tuple(row.number for row in read if key in row.keys),
            f"{key} has {count} usable rows, {FEWEST} are needed at least",
        )
        for key, count in few.items()
    ]
    if not (few and skip):
        return list(read), taxonomy, findings
    left = [row for row in read if not few.keys() & set(row.keys)]
    if not made:
        return left, taxonomy, findings
    slim = []
    for group in taxonomy.groups:
        labels = [label for label in group.labels if f"{group.id}.{label.id}" not in few]
        if len(labels) < 2:
            raise OwnTableError(
                f"{group.id} has {len(labels)} labels with {FEWEST} usable rows or more: label more messages"
            )
        # Made anew: a copy would keep the ids that the group has worked out already.
        slim.append(Group(id=group.id, name=group.name, mode=group.mode, evidence=group.evidence, labels=labels))
    return left, taxonomy.model_copy(update={"version": version_of(slim), "groups": slim}), findings


def _split(read: Sequence[_Read], shares: Mapping[Split, float], where: str) -> list[Message]:
    """Put near copies together, and each row into a split."""
    near = near_groups([row.text for row in read])
    keys = [row.keys for row in read]
    splits = split_groups(near, keys, shares)
    if short := lacking(splits, keys):
        label, missing = next(iter(short.items()))
        raise OwnTableError(
            f"the rows of {label} in {where} are near copies of each other: none is left for {' and '.join(missing)}; "
            f"add messages that say it otherwise ({len(short)} label{'s' * (len(short) > 1)} in all)"
        )
    messages = []
    for row, group, split in zip(read, near, splits, strict=True):
        labels: Labels = {
            group_: list(own) if group_ not in SINGLE else own[0] for group_, own in row.labels.items() if own
        }
        messages.append(
            Message(
                id=f"row-{row.number}",
                text=row.text,
                lang=row.language,
                group=f"row-{read[group].number}",
                split=split,
                **labels,  # type: ignore[arg-type]
            )
        )
    return messages


def _narrowed(taxonomy: Taxonomy, groups: Sequence[GroupId], messages: Sequence[Message]) -> Taxonomy:
    """Leave out the groups that the table says nothing of, and rules about them: they could not be learnt."""
    if all(group.id in groups for group in taxonomy.groups):
        return taxonomy
    rules = []
    for rule in taxonomy.rules:
        slim = rule.model_copy(
            update={
                "empty": [group for group in rule.empty if group in groups],
                "needed": [group for group in rule.needed if group in groups],
            }
        )
        if rule.group in groups and (slim.empty or slim.needed):
            rules.append(slim)
    kept = [group for group in taxonomy.groups if group.id in groups]
    version = f"{taxonomy.version}-{'-'.join(group.id for group in kept)}"
    return taxonomy.model_copy(update={"version": version, "groups": kept, "rules": rules})
