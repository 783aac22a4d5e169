import { make } from "../dom.js";
import { chosen } from "../words.js";
import { labelsOf } from "./ticket.js";

/** The labels of a message to choose from: a fieldset a group, with what the model says beside each. */
export class LabelBoard {
  /** `keys` is what `assignKeys` gives; `changed()` is called whenever a person changes something. */
  constructor(section, words, keys, changed) {
    this.section = section;
    this.words = words;
    this.keys = keys;
    this.changed = changed;
    this.byToken = new Map([...keys].map(([label, { token }]) => [token, label]));
    section.addEventListener("change", () => changed());
  }

  /** Draw all groups for a message: the model's `answer`, `text` for what it rests on, and `labels` chosen. */
  draw(answer, text, labels) {
    this.characters = Array.from(text);
    const fieldsets = [...this.words.groups.values()].map((group) => this.group(group, answer));
    this.section.replaceChildren(...fieldsets);
    this.choose(labels);
  }

  group(group, answer) {
    const said = new Map(answer ? chosen(answer, group.id).map((each) => [each.label, each]) : []);
    const possible = new Set(answer?.plausible?.[group.id] ?? []);
    const choices = group.order.map((label) =>
      this.choice(group, label, said.get(label), !said.has(label) && possible.has(label)),
    );
    const legend = make("legend", { text: group.name, id: `group-${group.id}` });
    const problem = make("p", { classes: "error", id: `problem-${group.id}` });
    problem.hidden = true;
    const rows = make("div", { classes: "choices", children: choices });
    return make("fieldset", { classes: `choice-group group-${group.id}`, children: [legend, problem, rows] });
  }

  choice(group, label, said, possible) {
    const { phrases } = this.words;
    const { name, definition } = group.labels[label];
    const id = `${group.id}/${label}`;
    const key = this.keys.get(id);
    const input = make("input", { type: group.single ? "radio" : "checkbox", name: group.id, value: label, id });
    if (key) input.setAttribute("aria-keyshortcuts", key.spoken);
    const parts = [input, make("span", { classes: "label", text: name })];
    const about = [];
    const describe = (element) => {
      element.id = `${id}/${about.length}`;
      about.push(element.id);
      parts.push(element);
    };
    if (said) {
      const percent = this.words.percent(said.confidence);
      const spoken = this.words.fill("model_says", { percent });
      parts.push(make("span", { classes: "percent", text: percent, aria_hidden: "true" }));
      describe(make("span", { classes: "hushed", text: [spoken, ...this.quotes(said)].join(" ") }));
    } else if (possible) {
      describe(make("span", { classes: "possible", text: phrases.possible }));
    }
    if (key) parts.push(make("kbd", { text: key.shown, aria_hidden: "true" }));
    if (definition) describe(make("span", { classes: "definition", text: definition }));
    if (about.length) input.setAttribute("aria-describedby", about.join(" "));
    const row = make("label", { classes: "choice", for: id, children: parts });
    if (said) row.dataset.name = name;
    return row;
  }

  /** The words that a label rests on, for people who cannot see them marked. */
  quotes({ evidence = [] }) {
    return evidence.map(({ start, end }) => `“${this.characters.slice(start, end).join("")}”`);
  }

  choose(labels) {
    for (const input of this.inputs) input.checked = labelsOf(labels, input.name).includes(input.value);
  }

  /** What is chosen, in the form that the service takes. A single group without a choice is left out. */
  get labels() {
    const picked = {};
    for (const group of this.words.groups.values()) {
      const of = this.inputs.filter((each) => each.name === group.id && each.checked).map(({ value }) => value);
      if (!group.single) picked[group.id] = of;
      else if (of.length) picked[group.id] = of[0];
    }
    return picked;
  }

  get inputs() {
    return [...this.section.querySelectorAll(".choice > input")];
  }

  /** Change the label that a key stands for; returns what to say of it, or null where it stands for none. */
  press(token) {
    const id = this.byToken.get(token);
    const input = id && this.inputs.find((each) => each.id === id);
    if (!input) return null;
    input.checked = input.type === "radio" || !input.checked;
    input.closest(".choice").scrollIntoView({ block: "nearest" });
    this.changed();
    const name = this.words.name(input.name, input.value);
    return this.words.fill(input.checked ? "label_on" : "label_off", { label: name });
  }

  /** Say at each group what is wrong with it, and go to the first. */
  complain(problems) {
    for (const { id } of this.words.groups.values()) {
      const place = this.section.querySelector(`#problem-${id}`);
      const told = problems.filter(({ group }) => group === id).map((each) => each.told);
      place.textContent = told.join(" ");
      place.hidden = !told.length;
      const fieldset = place.closest("fieldset");
      if (told.length) fieldset.setAttribute("aria-describedby", place.id);
      else fieldset.removeAttribute("aria-describedby");
      fieldset.classList.toggle("wrong", told.length > 0);
    }
    if (problems.length) {
      const first = this.inputs.filter(({ name }) => name === problems[0].group);
      (first.find(({ checked }) => checked) ?? first[0])?.focus();
    }
  }
}
