import { chosen } from "../words.js";

/** What is read out of a ticket as `/v1/review` gives it. Nothing here changes one. */

export const nameOf = ({ key }) => `${key.source}/${key.id}`;

/** The newest answer to the text as it stands; undefined where there is none. */
export function readingOf(ticket) {
  return ticket.readings.filter((each) => !each.shadow && each.revision === ticket.revision).at(-1);
}

/** Labels of a group as a list, however they are written. */
export function labelsOf(labels, group) {
  const value = labels?.[group];
  return Array.isArray(value) ? value : value ? [value] : [];
}

export function sameLabels(one, other, group) {
  return labelsOf(one, group).toSorted().join("\n") === labelsOf(other, group).toSorted().join("\n");
}

/** The group that the model is least sure of, as {group, confidence}; undefined where it decided nothing. */
export function leastSure(words, answer) {
  const decided = [...words.groups.keys()].flatMap((group) =>
    chosen(answer, group).map(({ confidence }) => ({ group, confidence })),
  );
  return decided.toSorted((a, b) => a.confidence - b.confidence)[0];
}

/** The corrections of the newest text that were neither taken back nor quarantined, oldest first. */
export function believed({ corrections, revision }) {
  const undone = new Set(corrections.map(({ undoes }) => undoes));
  return corrections.filter(
    (each) => each.revision === revision && each.undoes === null && !undone.has(each.id) && !each.quarantined,
  );
}
