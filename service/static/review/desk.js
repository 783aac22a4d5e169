import { differing, drawConflict, weigh } from "./conflict.js";
import { labelsIn } from "./face.js";
import { drawMessage } from "./message.js";
import { Outbox } from "./outbox.js";
import { problemsOf } from "./rules.js";
import { nameOf, readingOf } from "./ticket.js";
import { uuid } from "./uuid.js";

const READ_MS = 400; // nobody reads a message in less: what comes sooner was meant for the one before
const FRESH_MS = 5_000;
const HASTY_MS = 1_000;
const MOST_RESENDS = 5;

/** What an agent works at: the message at hand, the queue behind it, and the decisions that leave it. */
export class Desk {
  constructor({ words, rules, service, queue, undo, board, face, author, reason }) {
    Object.assign(this, { words, rules, service, queue, undoStack: undo, board, face, author, reason });
    this.outbox = new Outbox(service, {
      settled: (decision, outcome) => this.settled(decision, outcome),
      changed: (state) => face.showUnsent(state),
    });
    this.ticket = null;
    this.drafts = new Map();
    this.clashes = [];
    this.undoing = false;
    this.locked = false; // a key that was refused is not shown again and again: the service would lock us out
    this.refreshed = -Infinity;
  }

  /** Whether closing the page would lose a decision. */
  get holding() {
    return this.outbox.size > 0 || this.clashes.length > 0;
  }

  // The queue

  /** Fetch the list anew, and see what it means for the message at hand. */
  async refresh() {
    this.refreshed = performance.now();
    const outcome = await this.queue.refresh();
    if (!outcome) return;
    this.locked = outcome.kind === "key";
    if (outcome.kind !== "done") {
      const told = this.face.explain(outcome);
      if (this.face.view === "empty") this.showEmpty(told);
      else this.face.warn(told);
      this.troubled = true;
      return;
    }
    if (this.troubled) this.face.warn();
    this.troubled = false;
    if (this.face.view === "empty") {
      this.advance();
    } else if (this.face.view === "message" && this.listed) {
      this.compare();
    }
    this.showCount();
  }

  /** See whether somebody else has changed the message at hand. What a person has begun is left alone. */
  compare() {
    const { ticket } = this;
    const gone = this.queue.lost(ticket);
    if (!gone && !this.queue.moved(ticket)) return;
    const newer = this.queue.waiting.find((each) => nameOf(each) === nameOf(ticket));
    if (this.touched) {
      this.queue.drop(ticket);
      this.face.warn(this.words.phrases.changed_here);
    } else if (newer) {
      this.queue.drop(ticket);
      this.show(newer, { listed: true });
      this.face.say(this.words.phrases.changed_shown);
    } else if (gone) {
      this.ticket = null;
      this.advance();
      this.face.say(this.words.phrases.decided_elsewhere);
    }
  }

  /** Go on to what comes next: both versions of a conflict, a message, or nothing. */
  advance() {
    this.ticket = null;
    this.face.warn();
    if (this.clashes.length) {
      this.openConflict();
    } else {
      const next = this.queue.next();
      if (next) this.show(next, { draft: this.drafts.get(nameOf(next)), listed: true });
      else this.showEmpty();
    }
    if (!this.locked && performance.now() - this.refreshed > (this.queue.low ? HASTY_MS : FRESH_MS)) this.refresh();
  }

  showEmpty(told) {
    const done = !told && this.queue.complete;
    const passed = this.queue.passed.size;
    const title = told ?? (done ? this.words.phrases.nothing_left : this.words.phrases.loading);
    const turned = this.face.view !== "empty";
    this.face.showEmpty(title, { passed, undoable: this.undoStack.size > 0, done });
    this.showCount();
    if (turned) this.face.goTo("empty-title");
  }

  showCount() {
    this.face.showCount(this.queue.waiting.length + (this.ticket ? 1 : 0), this.queue.complete);
  }

  /** Look at messages of another language. */
  filter(lang) {
    this.layDown();
    this.queue.clear(lang);
    this.showEmpty();
    return this.refresh();
  }

  // The message at hand

  show(ticket, { draft, listed = false } = {}) {
    const answer = readingOf(ticket)?.answer;
    this.ticket = ticket;
    this.listed = listed;
    this.machine = labelsIn(this.words, answer);
    this.queue.setAside(ticket);
    this.face.turn("message");
    this.face.say("");
    this.face.element("clash").hidden = !this.clashes.length;
    this.face.element("message").replaceChildren(...drawMessage(this.words, ticket));
    this.board.draw(answer, ticket.text, draft?.labels ?? ticket.labels);
    this.reason.value = draft?.reason ?? "";
    this.start = { labels: this.board.labels, reason: this.reason.value };
    this.shown = performance.now();
    this.looked();
    this.showCount();
    this.face.goTo("ticket-title");
  }

  /** Whether a person has changed something since the message was shown. */
  get touched() {
    if (!this.ticket) return false;
    const changed = differing(this.words, this.board.labels, this.start.labels).length > 0;
    return changed || this.reason.value !== this.start.reason;
  }

  /** Show what the choice of labels means for the buttons. */
  looked() {
    if (!this.ticket) return;
    const changed = differing(this.words, this.board.labels, this.machine).length > 0;
    this.face.showActions({ changed, undoable: this.undoStack.size > 0 });
    this.board.complain([]);
  }

  /** Put the message at hand back on the queue, with what was begun on it. */
  layDown() {
    const { ticket } = this;
    if (!ticket) return;
    this.keepDraft();
    this.queue.putBack(ticket);
    this.ticket = null;
  }

  keepDraft() {
    const draft = { labels: this.board.labels, reason: this.reason.value };
    if (this.touched) this.drafts.set(nameOf(this.ticket), draft);
  }

  // What the agent does

  save() {
    if (!this.ticket || performance.now() - this.shown < READ_MS) return;
    const labels = this.board.labels;
    const problems = problemsOf(this.words, this.rules, labels);
    this.board.complain(problems);
    if (problems.length) {
      this.face.say(problems.map(({ told }) => told).join(" "));
      return;
    }
    this.send(this.ticket, labels, this.reason.value.trim());
    this.advance();
  }

  send(ticket, labels, reason) {
    const decision = { id: uuid(), ticket, labels, reason, author: this.author(), resends: 0 };
    this.drafts.delete(nameOf(ticket));
    this.queue.setAside(ticket, Infinity);
    this.undoStack.push(decision);
    this.outbox.add(decision);
  }

  pass() {
    if (!this.ticket) return;
    this.keepDraft();
    this.queue.pass(this.ticket);
    this.advance();
  }

  recall() {
    this.queue.recall();
    this.advance();
  }

  /** Go back to what the model says. */
  reset() {
    if (!this.ticket) return;
    this.board.choose(this.machine);
    this.looked();
  }

  /** Take back the last decision. What never left is not sent; what may have arrived is taken back by the service. */
  async undo() {
    const entry = this.undoStack.last;
    if (!entry || this.undoing) {
      if (!entry) this.face.say(this.words.phrases.nothing_to_undo);
      return;
    }
    const decision = this.undoStack.decision(entry);
    if (decision && this.outbox.cancel(decision)) {
      this.undoStack.remove(entry);
      this.bringBack(decision.ticket, decision);
      this.face.say(this.words.phrases.undone);
      return;
    }
    this.undoing = true;
    try {
      const arrived = !decision || !this.outbox.has(decision) || (await this.arrival(decision));
      if (arrived) this.undone(entry, decision, await this.service.undo(entry));
    } finally {
      this.undoing = false;
    }
  }

  /** Wait until a decision has been dealt with; returns whether it holds now. */
  arrival(decision) {
    this.face.say(this.words.phrases.undo_waits);
    return new Promise((resolve) => {
      decision.arrived = resolve;
    });
  }

  undone(entry, decision, outcome) {
    const { phrases } = this.words;
    if (outcome.kind === "done") {
      this.undoStack.remove(entry);
      this.bringBack(outcome.body, decision);
      this.face.say(phrases.undone);
    } else if (outcome.kind === "stale") {
      this.undoStack.remove(entry);
      this.bringBack(outcome.current);
      this.face.warn(phrases.undo_stale);
    } else if (outcome.kind === "gone") {
      this.undoStack.forgetTicket(entry);
      this.face.warn(phrases.gone);
    } else if (outcome.kind === "nothing" || outcome.kind === "refused") {
      this.undoStack.remove(entry);
      this.face.say(phrases.nothing_to_undo);
    } else {
      this.face.warn(outcome.kind === "key" ? this.face.explain(outcome) : phrases.undo_failed);
    }
    this.looked();
  }

  /** Show a message again, with the labels that it was given; what was at hand waits behind it. */
  bringBack(ticket, draft) {
    this.queue.overtake();
    this.layDown();
    this.queue.release(ticket);
    this.show(ticket, { draft: draft && { labels: draft.labels, reason: draft.reason } });
  }

  // What becomes of decisions

  settled(decision, outcome) {
    const { phrases } = this.words;
    const { ticket } = decision;
    if (outcome.kind === "done") {
      this.queue.setAside(ticket, outcome.body.version);
      this.undoStack.arrived(decision, outcome.body.version);
      this.face.say(phrases.saved);
    } else if (outcome.kind === "stale") {
      if (this.clash(decision, outcome.current) === "resend") return;
    } else if (outcome.kind === "gone") {
      this.undoStack.forgetTicket(ticket);
      this.face.warn(phrases.gone);
    } else {
      this.undoStack.forget(decision);
      this.drafts.set(nameOf(ticket), { labels: decision.labels, reason: decision.reason });
      this.queue.putBack(ticket);
      this.interject(() => this.show(ticket, { draft: decision }));
      this.face.warn(phrases.refused);
    }
    decision.arrived?.(outcome.kind === "done");
    this.looked();
  }

  /** Somebody else has changed the ticket meanwhile. */
  clash(decision, current) {
    const verdict = weigh(this.words, decision, current);
    if (verdict === "resend" && decision.resends < MOST_RESENDS) {
      decision.resends += 1;
      decision.id = uuid();
      decision.ticket = current;
      this.outbox.add(decision);
      return "resend";
    }
    this.undoStack.forget(decision);
    this.queue.setAside(current);
    if (verdict === "same") {
      this.face.say(this.words.phrases.decided_same);
    } else {
      this.clashes.push({ decision, current });
      this.interject(() => this.openConflict());
    }
    this.face.element("clash").hidden = !this.clashes.length || this.face.view === "conflict";
    return verdict;
  }

  /** Put something in front of the agent, unless a decision has been begun; returns whether it was. */
  interject(act) {
    if (this.face.view === "conflict" || this.touched) return false;
    this.layDown();
    act();
    return true;
  }

  openConflict() {
    const [{ decision, current }] = this.clashes;
    this.layDown();
    this.face.turn("conflict");
    this.face.say("");
    this.face.element("clash").hidden = true;
    drawConflict(this.face.element("conflict"), this.words, decision, current, (labels) => {
      const problems = labels ? problemsOf(this.words, this.rules, labels) : [];
      this.face.element("conflict-problem").textContent = problems.map(({ told }) => told).join(" ");
      if (problems.length) return;
      this.clashes.shift();
      if (labels) this.send(current, labels, decision.reason);
      this.advance();
    });
    this.face.goTo("conflict-title");
  }
}
