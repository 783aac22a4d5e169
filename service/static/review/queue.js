import { nameOf } from "./ticket.js";

const AHEAD = 20;
const MOST = 100;
const LOW = 5;

/**
 * The messages that wait, fetched ahead of need.
 *
 * What was decided or passed over here is set aside at the version that it had, and comes again only when it has
 * changed since, so that an answer of the service that was on its way meanwhile brings nothing back.
 */
export class Queue {
  constructor(service) {
    this.service = service;
    this.lang = "";
    this.waiting = [];
    this.aside = new Map();
    this.passed = new Map();
    this.listed = new Map();
    this.complete = false;
    this.asked = 0;
  }

  /** Begin anew with messages of a language, or of all where it is empty. */
  clear(lang) {
    this.overtake();
    this.lang = lang;
    this.waiting = [];
    this.complete = false;
  }

  /** Heed no answer that is still on its way. */
  overtake() {
    this.asked += 1;
  }

  /** Fetch the list anew; returns the outcome, or null where a later request has overtaken this one. */
  async refresh() {
    const mine = ++this.asked;
    const limit = Math.min(AHEAD + this.passed.size + this.unsent, MOST);
    const outcome = await this.service.waiting(this.lang, limit);
    if (mine !== this.asked) return null;
    if (outcome.kind === "done") {
      const tickets = outcome.body.tickets;
      this.complete = tickets.length < limit;
      this.listed = new Map(tickets.map((ticket) => [nameOf(ticket), ticket.version]));
      this.waiting = tickets.filter((ticket) => ticket.version > (this.aside.get(nameOf(ticket)) ?? 0));
    }
    return outcome;
  }

  /** How many were decided of which the service has not said that it knows. */
  get unsent() {
    return [...this.aside.values()].filter((version) => version === Infinity).length;
  }

  get low() {
    return this.waiting.length < LOW && !this.complete;
  }

  /** Take the most pressing message out, or undefined. */
  next() {
    return this.waiting.shift();
  }

  /** Put a message back where it was taken from. */
  putBack(ticket) {
    this.release(ticket);
    this.waiting.unshift(ticket);
  }

  /** A message is being looked at, or was decided: it is not offered again as long as it is at `version`. */
  setAside(ticket, version = ticket.version) {
    this.aside.set(nameOf(ticket), version);
    this.drop(ticket);
  }

  release(ticket) {
    this.aside.delete(nameOf(ticket));
    this.passed.delete(nameOf(ticket));
  }

  /** Leave a message for later. */
  pass(ticket) {
    this.setAside(ticket);
    this.passed.set(nameOf(ticket), ticket);
  }

  /** Offer what was passed over again. */
  recall() {
    for (const ticket of this.passed.values()) this.aside.delete(nameOf(ticket));
    this.waiting.push(...this.passed.values());
    this.passed.clear();
  }

  drop(ticket) {
    this.waiting = this.waiting.filter((each) => nameOf(each) !== nameOf(ticket));
  }

  /** Whether the list says that somebody else has dealt with a message: it is not in it, though the list is whole. */
  lost(ticket) {
    return this.complete && !this.listed.has(nameOf(ticket));
  }

  /** Whether the list has a message at another version than the one at hand. */
  moved(ticket) {
    return (this.listed.get(nameOf(ticket)) ?? ticket.version) > ticket.version;
  }
}
