import { make } from "../dom.js";
import { drawText } from "./message.js";
import { believed, labelsOf, sameLabels } from "./ticket.js";

/**
 * What to do with a decision on a ticket that has changed meanwhile, as the service has it now.
 *
 * "resend": nobody else has said anything of the same text, so the decision goes with it as it stands.
 * "same": somebody else said the same. "ask": both are there, and a person says which one holds.
 */
export function weigh(words, { ticket, labels }, current) {
  const known = new Set(ticket.corrections.map(({ id }) => id));
  const news = current.corrections.some(({ id }) => !known.has(id));
  if (current.revision === ticket.revision && !news) return "resend";
  if (current.revision === ticket.revision && differing(words, current.labels, labels).length === 0) return "same";
  return "ask";
}

/** The groups in which two sets of labels differ. */
export function differing(words, one, other) {
  return [...words.groups.keys()].filter((group) => !sameLabels(one, other, group));
}

/**
 * Draw both versions side by side into `section`. `decided(labels)` is called once, with the labels that are to hold,
 * or with null where the other person's stay.
 */
export function drawConflict(section, words, { labels: mine, ticket }, current, decided) {
  const { phrases } = words;
  const author = believed(current).at(-1)?.author;
  const theirs = author ? words.fill("theirs", { author: named(words, author) }) : phrases.as_it_stands;
  const groups = differing(words, current.labels, mine);
  const same = [...words.groups.keys()].filter((group) => !groups.includes(group));

  const title = make("h2", { id: "conflict-title", tabindex: "-1", text: phrases.conflict_title });
  const parts = [title, make("p", { text: phrases.conflict_note })];
  if (current.revision !== ticket.revision) parts.push(make("p", { classes: "notice", text: phrases.conflict_text }));
  parts.push(drawText(words, current));

  const rows = groups.map((group) => drawRow(words, group, current.labels, mine, theirs));
  parts.push(make("div", { classes: "rows", children: rows }));
  if (same.length) {
    const names = words.list(same.map((group) => words.groups.get(group).name));
    parts.push(make("p", { classes: "quiet", text: words.fill("same_groups", { groups: names }) }));
  }

  const merged = () => {
    const held = { ...mine };
    for (const group of groups) {
      const taken = section.querySelector(`input[name="merge-${group}"]:checked`).value;
      held[group] = (taken === "theirs" ? current.labels : mine)[group];
      if (held[group] === undefined) delete held[group];
    }
    return held;
  };
  const actions = [
    ["take_theirs", () => null],
    ["take_mine", () => mine],
    ["merge", merged],
  ].map(([phrase, choice]) => {
    const button = make("button", { type: "button", classes: "quiet-button", text: phrases[phrase], data_choice: phrase });
    button.addEventListener("click", () => decided(choice()), { once: phrase !== "merge" });
    return button;
  });
  parts.push(make("p", { classes: "quiet", text: phrases.merge_note }));
  parts.push(make("p", { classes: "error", id: "conflict-problem", role: "alert" }));
  parts.push(make("div", { classes: "act", children: actions }));
  section.replaceChildren(...parts);
}

/** Whoever gave no name has one that the service made up, in English. */
const named = ({ phrases }, author) => (author === "unnamed" ? phrases.nameless : author);

/** A group that differs, as a pair to choose from: the other person's labels and one's own. */
function drawRow(words, group, theirLabels, myLabels, theirs) {
  const { name } = words.groups.get(group);
  const sides = [
    ["theirs", theirs, theirLabels],
    ["mine", words.phrases.mine, myLabels],
  ].map(([side, title, labels]) => {
    const input = make("input", { type: "radio", name: `merge-${group}`, value: side, id: `merge-${group}-${side}` });
    input.checked = side === "mine";
    const names = labelsOf(labels, group).map((label) => words.name(group, label));
    const list = names.length ? names.join(" · ") : words.phrases.none;
    const told = [make("span", { classes: "side", text: title }), make("strong", { text: list })];
    const text = make("span", { classes: "version", children: told });
    return make("label", { classes: `choice ${side}`, for: input.id, children: [input, text] });
  });
  const legend = make("legend", { text: name });
  const pair = make("div", { classes: "pair", children: sides });
  return make("fieldset", { classes: "choice-group", children: [legend, pair] });
}
