import { nameOf } from "./ticket.js";
import { uuid } from "./uuid.js";

const PLACE = "reclamo-undo";
const MOST = 50;

/**
 * What can be taken back, the newest last. The tab keeps which tickets those were and under whose name, nothing of
 * their text or labels; the tickets themselves are held by the open page alone.
 */
export class UndoStack {
  constructor(storage = sessionStorage) {
    this.storage = storage;
    this.held = new Map();
    this.entries = [];
    try {
      this.entries = JSON.parse(storage.getItem(PLACE) ?? "[]").slice(-MOST);
    } catch {
      storage.removeItem(PLACE);
    }
  }

  get size() {
    return this.entries.length;
  }

  get author() {
    return this.entries.at(-1)?.author ?? "";
  }

  /** Remember a decision. One of several on the same ticket counts, the newest. */
  push(decision) {
    const entry = { id: uuid(), key: decision.ticket.key, author: decision.author };
    this.held.set(entry.id, decision);
    this.entries.push(entry);
    for (const { id } of this.entries.splice(0, Math.max(0, this.size - MOST))) this.held.delete(id);
    this.keep();
  }

  /** A decision holds now, and left its ticket at `version`. */
  arrived(decision, version) {
    const entry = this.entries.find((each) => this.decision(each) === decision);
    if (entry) entry.version = version;
    this.keep();
  }

  get last() {
    return this.entries.at(-1);
  }

  decision(entry) {
    return this.held.get(entry.id);
  }

  remove(entry) {
    this.held.delete(entry.id);
    this.entries = this.entries.filter(({ id }) => id !== entry.id);
    this.keep();
  }

  /** Forget a decision that never came to hold. */
  forget(decision) {
    const entry = this.entries.find((each) => this.decision(each) === decision);
    if (entry) this.remove(entry);
  }

  /** Forget every decision on a ticket, such as one that was erased. */
  forgetTicket(ticket) {
    for (const entry of this.entries.filter((each) => nameOf(each) === nameOf(ticket))) this.remove(entry);
  }

  keep() {
    try {
      this.storage.setItem(PLACE, JSON.stringify(this.entries));
    } catch {
      // It is full or forbidden: undoing goes as far as the open page remembers.
    }
  }
}
