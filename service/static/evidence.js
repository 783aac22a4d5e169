import { make } from "./dom.js";
import { cutEvidence } from "./spans.js";
import { chosen } from "./words.js";

/** The message itself under a title, with what speaks for a theme or a signal marked. */
export function drawEvidence(words, answer, text, title = words.phrases.evidence) {
  const mentions = [...words.groups.keys()].flatMap((group) =>
    chosen(answer, group)
      .filter(({ evidence }) => evidence?.length)
      .map(({ label, evidence }) => ({ name: words.name(group, label), group, evidence })),
  );
  const pieces = cutEvidence(text, mentions).map(({ text: piece, names, groups }) =>
    names.length
      ? make("mark", { text: piece, title: names.join(" · "), classes: groups.join(" "), data_names: names.join("\n") })
      : document.createTextNode(piece),
  );
  const parts = [make("h3", { text: title }), make("blockquote", { children: pieces })];
  if (mentions.length) {
    const groups = [...new Set(mentions.map(({ group }) => group))];
    const keys = groups.map((id) => make("span", { classes: `key ${id}`, text: words.groups.get(id).name }));
    parts.push(make("p", { classes: "keys", children: keys }));
  } else {
    parts.push(make("p", { classes: "quiet", text: words.phrases.evidence_none }));
  }
  return make("div", { classes: "evidence", children: parts });
}

/** Show where the message speaks for a label while it is pointed at; `on` says whether it is. */
export function pointAt(section, name, on) {
  for (const mark of section.querySelectorAll("mark")) {
    mark.classList.toggle("pointed", on && mark.dataset.names.split("\n").includes(name));
  }
}
