"use strict";

/*
 * Draw an answer. Which groups and labels there are comes from the taxonomy; whatever a message or a label says is set
 * as text content, never as markup.
 */

/** Make an element with classes, text or children, and attributes. */
function make(tag, { classes = "", text, children = [], ...attributes } = {}) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name.replace("_", "-"), value);
  element.append(...children);
  return element;
}

class AnswerView {
  constructor({ ui, phrases, reasons, groups }) {
    this.ui = ui;
    this.phrases = phrases;
    this.reasons = reasons;
    this.groups = new Map(groups.map((group) => [group.id, group]));
  }

  /** Replace what `section` shows by the answer to `text`. */
  show(section, answer, text) {
    const abstained = [...this.groups.keys()].every((id) => this.chosen(answer, id).length === 0);
    const parts = [make("h2", { text: this.phrases.result, id: "answer-title", classes: "hushed", tabindex: "-1" })];
    parts.push(abstained ? this.abstention(answer) : this.verdict(answer));
    if (answer.review.needed && !abstained) parts.push(this.review(answer.review));
    if (!abstained) parts.push(this.evidence(answer, text), this.details(answer));
    parts.push(this.language(answer.language));
    section.replaceChildren(...parts);
    section.hidden = false;
  }

  /** The labels of a group in an answer, as a list, whether the group takes one or many. */
  chosen(answer, group) {
    const value = answer[group];
    return Array.isArray(value) ? value : value ? [value] : [];
  }

  name(group, label) {
    return this.groups.get(group)?.labels[label]?.name ?? label;
  }

  fill(phrase, values) {
    return this.phrases[phrase].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  percent(confidence) {
    return new Intl.NumberFormat(this.ui, { style: "percent", maximumFractionDigits: 0 }).format(confidence);
  }

  /** Hours in words: days from two on, minutes below one. */
  hours(hours) {
    const [value, unit] = hours >= 48 ? [hours / 24, "day"] : hours < 1 ? [hours * 60, "minute"] : [hours, "hour"];
    return this.duration(value, unit);
  }

  duration(value, unit) {
    const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 };
    return new Intl.NumberFormat(this.ui, style).format(value);
  }

  /** What the message is, and how soon to answer. */
  verdict({ kind, urgency }) {
    const parts = [];
    if (urgency) {
      const order = this.groups.get("urgency")?.order ?? [];
      const rank = order.length > 1 ? Math.round((3 * order.indexOf(urgency.label)) / (order.length - 1)) : 0;
      const within = this.fill("answer_within", { time: this.hours(urgency.respond_within_hours) });
      parts.push(
        make("p", {
          classes: `urgency rank-${Math.max(rank, 0)}`,
          children: [make("strong", { text: this.name("urgency", urgency.label) }), make("span", { text: within })],
        }),
      );
    }
    if (kind) parts.push(make("p", { classes: "kind", text: this.name("kind", kind.label) }));
    return make("div", { classes: "verdict", children: parts });
  }

  abstention({ review }) {
    return make("div", {
      classes: "notice abstained",
      children: [
        make("p", { classes: "notice-title", text: this.phrases.abstained }),
        this.why(review.reasons),
        make("p", { text: this.phrases.abstained_note }),
      ],
    });
  }

  review({ reasons }) {
    const title = make("p", { classes: "notice-title", text: this.phrases.review_needed });
    return make("div", { classes: "notice", children: [title, this.why(reasons)] });
  }

  why(reasons) {
    return make("ul", { children: reasons.map((id) => make("li", { text: this.reasons[id] ?? id })) });
  }

  /** The message itself, with what speaks for a theme or a signal marked. */
  evidence(answer, text) {
    const mentions = [...this.groups.keys()].flatMap((group) =>
      this.chosen(answer, group)
        .filter(({ evidence }) => evidence?.length)
        .map(({ label, evidence }) => ({ name: this.name(group, label), group, evidence })),
    );
    const pieces = cutEvidence(text, mentions).map(({ text: piece, names, groups }) =>
      names.length
        ? make("mark", { text: piece, title: names.join(" · "), classes: groups.join(" "), data_names: names.join("\n") })
        : document.createTextNode(piece),
    );
    const parts = [make("h3", { text: this.phrases.evidence }), make("blockquote", { children: pieces })];
    if (mentions.length) {
      const groups = [...new Set(mentions.map(({ group }) => group))];
      const keys = groups.map((id) => make("span", { classes: `key ${id}`, text: this.groups.get(id).name }));
      parts.push(make("p", { classes: "keys", children: keys }));
    } else {
      parts.push(make("p", { classes: "quiet", text: this.phrases.evidence_none }));
    }
    return make("div", { classes: "evidence", children: parts });
  }

  /** Every group with its labels and how sure the model is of each. */
  details(answer) {
    const blocks = [...this.groups.values()].map((group) => {
      const labels = this.chosen(answer, group.id);
      const rows = labels.length
        ? labels.map((each) => this.row(group, each))
        : [make("li", { classes: "quiet", text: this.phrases.none })];
      const title = make("h3", { text: group.name });
      return make("section", { classes: `group group-${group.id}`, children: [title, make("ul", { children: rows })] });
    });
    return make("div", { classes: "groups", children: blocks });
  }

  row(group, { label, confidence, evidence }) {
    const { definition } = group.labels[label] ?? {};
    const name = this.name(group.id, label);
    const percent = this.percent(confidence);
    const bar = make("span", { classes: "bar", aria_hidden: "true", children: [make("span")] });
    bar.firstChild.style.inlineSize = `${Math.round(confidence * 100)}%`;
    const sure = make("span", { classes: "percent", text: percent });
    const titled = definition
      ? make("details", {
          classes: "label",
          children: [make("summary", { text: name }), make("p", { classes: "definition", text: definition })],
        })
      : make("span", { classes: "label", text: name });
    const row = make("li", { children: [titled, sure, bar] });
    if (evidence?.length) row.dataset.name = name;
    return row;
  }

  language({ label, confidence, supported }) {
    const names = new Intl.DisplayNames([this.ui], { type: "language" });
    const known = label !== "und";
    const name = known ? names.of(label) : this.phrases.language_unknown;
    const told = [this.fill("language_is", { language: name })];
    if (known) told.push(this.fill("sure", { percent: this.percent(confidence) }));
    if (known && !supported) told.push(this.phrases.language_unsupported);
    return make("p", { classes: "quiet language", text: told.join(" · ") });
  }
}
