import { labelsOf } from "./ticket.js";

/**
 * Say what is wrong with labels, as {group, told} in the person's words; an empty list means nothing is. The service
 * decides by the same rules of the taxonomy; here they are told before anything is sent.
 */
export function problemsOf(words, rules, labels) {
  const found = [];
  for (const group of words.groups.values()) {
    if (group.single && labelsOf(labels, group.id).length !== 1) {
      found.push({ group: group.id, told: words.fill("need_one", { group: group.name }) });
    }
  }
  for (const { group, labels: of, empty, needed } of rules) {
    const cause = labelsOf(labels, group).find((label) => of.includes(label));
    if (!cause) continue;
    const told = (phrase, other) =>
      words.fill(phrase, { label: words.name(group, cause), group: words.groups.get(other).name });
    for (const other of empty.filter((id) => words.groups.has(id) && labelsOf(labels, id).length)) {
      found.push({ group: other, told: told("need_none", other) });
    }
    for (const other of needed.filter((id) => words.groups.has(id) && !labelsOf(labels, id).length)) {
      found.push({ group: other, told: told("need_some", other) });
    }
  }
  return found;
}
