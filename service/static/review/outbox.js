const SLOWEST_S = 60;

/**
 * Decisions on their way, sent one after another in the order in which they were made.
 *
 * A decision leaves only when the service has said what became of it; until then it is tried again and again with the
 * same id. It lives in this page alone, so the page warns before it is closed.
 */
export class Outbox {
  /** `settled(decision, outcome)` is called once for each; `changed(state)` whenever there is something to tell. */
  constructor(service, { settled, changed }) {
    this.service = service;
    this.settled = settled;
    this.changed = changed;
    this.decisions = [];
    this.running = false;
    this.trouble = null;
    this.wake = () => {};
  }

  get size() {
    return this.decisions.length;
  }

  add(decision) {
    decision.tries = 0;
    this.decisions.push(decision);
    this.run();
  }

  /** Take out what was never sent; says whether it could. What was sent once may have arrived. */
  cancel(decision) {
    if (decision.tries > 0 || !this.decisions.includes(decision)) return false;
    this.decisions.splice(this.decisions.indexOf(decision), 1);
    this.tell();
    return true;
  }

  has(decision) {
    return this.decisions.includes(decision);
  }

  /** Try again at once. */
  retry() {
    this.wake();
  }

  async run() {
    this.tell();
    if (this.running) return;
    this.running = true;
    while (this.size) {
      const decision = this.decisions[0];
      decision.tries += 1;
      const outcome = await this.service.decide(decision);
      if (["later", "key", "none"].includes(outcome.kind)) {
        await this.rest(decision, outcome);
        continue;
      }
      this.trouble = null;
      this.decisions.shift();
      this.settled(decision, outcome);
      this.tell();
    }
    this.running = false;
  }

  /** Wait as long as the service asks, or ever longer; a wrong key waits until another one is there. */
  async rest({ tries }, { kind, seconds = 0 }) {
    const wait = kind === "key" ? null : Math.max(seconds, Math.min(2 ** (tries - 1), SLOWEST_S));
    this.trouble = { kind, seconds: wait };
    this.tell();
    await new Promise((resolve) => {
      const timer = wait === null ? 0 : setTimeout(resolve, wait * 1000 * (1 + Math.random() / 5));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = () => {};
  }

  tell() {
    this.changed({ count: this.size, trouble: this.trouble });
  }
}
