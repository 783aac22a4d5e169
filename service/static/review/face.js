import { chosen } from "../words.js";

/** The fixed parts of the page: which one is shown, and the lines that tell how things stand. */
export class Face {
  constructor(words, element) {
    this.words = words;
    this.element = element;
  }

  /** Show the message, the two versions of a conflict, or that there is nothing to do. */
  turn(view) {
    this.view = view;
    this.element("decision").hidden = view !== "message";
    this.element("conflict").hidden = view !== "conflict";
    this.element("empty").hidden = view !== "empty";
  }

  /** Go to the heading of what is shown, for eyes and screen readers alike. */
  goTo(id) {
    if (document.activeElement?.matches("#about-me input, #lang")) return; // somebody is about something else
    const title = this.element(id);
    title.focus({ preventScroll: true });
    document.documentElement.scrollTo({ top: 0, behavior: "instant" });
  }

  /** Say something in passing. */
  say(told) {
    const status = this.element("status");
    status.textContent = "";
    requestAnimationFrame(() => {
      status.textContent = told;
    });
  }

  /** Say something that stays until it is mended; nothing takes it away. */
  warn(told = "") {
    const problem = this.element("problem");
    if (problem.textContent !== told) problem.textContent = told;
    problem.hidden = !told;
  }

  /** Say why the list could not be had, and what to do. */
  explain({ kind, status, seconds }) {
    const { phrases } = this.words;
    if (kind === "key") return status === 403 ? phrases.key_scope : phrases.error_401;
    if (kind === "none" || kind === "gone") return phrases.no_store;
    if (kind !== "later") return phrases.list_failed;
    if (status === 429) {
      return this.words.fill("error_429", { time: this.words.duration(seconds || 1, "second") });
    }
    return status ? phrases.error_503 : phrases.error_network;
  }

  /** Tell of decisions that wait to be sent. */
  showUnsent({ count, trouble }) {
    this.element("unsent").hidden = !trouble;
    if (!trouble) return;
    const time = this.words.duration(trouble.seconds ?? 0, "second");
    const phrase = trouble.kind === "key" ? "unsent_key" : "unsent";
    this.element("unsent-told").textContent = this.words.fill(phrase, { count, time });
  }

  showEmpty(title, { passed, undoable, done }) {
    this.turn("empty");
    this.element("empty-title").textContent = title;
    this.element("empty-note").hidden = !done;
    this.element("recall").hidden = !passed;
    this.element("recall").textContent = this.words.fill("show_skipped", { count: passed });
    this.element("undo-empty").hidden = !undoable;
  }

  showCount(waiting, complete) {
    const count = new Intl.NumberFormat(this.words.ui).format(waiting) + (complete ? "" : "+");
    this.element("count").textContent = this.words.fill("waiting", { count });
  }

  /** Name the button after what it does: confirm what the model says, or save something else. */
  showActions({ changed, undoable }) {
    this.element("save-name").textContent = changed ? this.words.phrases.save : this.words.phrases.confirm;
    this.element("reset").disabled = !changed;
    this.element("undo").disabled = !undoable;
  }
}

/** The labels of an answer as labels are stored, for the groups that the answer decides. */
export function labelsIn(words, answer) {
  const labels = {};
  for (const group of words.groups.values()) {
    const of = chosen(answer ?? {}, group.id).map(({ label }) => label);
    if (!group.single) labels[group.id] = of;
    else if (of.length) labels[group.id] = of[0];
  }
  return labels;
}
