/*
 * Draw an answer. Which groups and labels there are comes from the taxonomy; whatever a message or a label says is set
 * as text content, never as markup.
 */

import { make } from "./dom.js";
import { drawEvidence } from "./evidence.js";
import { drawUrgency } from "./urgency.js";
import { Words, chosen } from "./words.js";

export class AnswerView extends Words {
  /** Replace what `section` shows by the answer to `text`. */
  show(section, answer, text) {
    const abstained = [...this.groups.keys()].every((id) => chosen(answer, id).length === 0);
    const parts = [make("h2", { text: this.phrases.result, id: "answer-title", classes: "hushed", tabindex: "-1" })];
    parts.push(abstained ? this.abstention(answer) : this.verdict(answer));
    if (answer.review.needed && !abstained) parts.push(this.review(answer.review));
    if (!abstained) parts.push(drawEvidence(this, answer, text), this.details(answer));
    parts.push(this.writtenIn(answer.language));
    section.replaceChildren(...parts);
    section.hidden = false;
  }

  /** What the message is, and how soon to answer. */
  verdict({ kind, urgency }) {
    const parts = [];
    if (urgency) parts.push(drawUrgency(this, urgency.label, urgency.respond_within_hours));
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

  /** Every group with its labels and how sure the model is of each. */
  details(answer) {
    const blocks = [...this.groups.values()].map((group) => {
      const labels = chosen(answer, group.id);
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

  writtenIn({ label, confidence, supported }) {
    const known = label !== "und";
    const name = known ? this.language(label) : this.phrases.language_unknown;
    const told = [this.fill("language_is", { language: name })];
    if (known) told.push(this.fill("sure", { percent: this.percent(confidence) }));
    if (known && !supported) told.push(this.phrases.language_unsupported);
    return make("p", { classes: "quiet language", text: told.join(" · ") });
  }
}
