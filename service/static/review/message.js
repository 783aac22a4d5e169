import { make } from "../dom.js";
import { drawEvidence } from "../evidence.js";
import { drawUrgency } from "../urgency.js";
import { leastSure, readingOf } from "./ticket.js";

/** Draw a message: how pressing it is, where it comes from, why it needs a look, and its text with evidence marked. */
export function drawMessage(words, ticket) {
  const answer = readingOf(ticket)?.answer;
  const parts = [drawHead(words, ticket, answer)];
  const doubts = doubtsOf(words, ticket, answer);
  if (doubts.length) {
    const title = make("h3", { classes: "notice-title", text: words.phrases.doubt });
    const list = make("ul", { children: doubts.map((text) => make("li", { text })) });
    parts.push(make("div", { classes: "notice", children: [title, list] }));
  }
  parts.push(drawText(words, ticket));
  return parts;
}

/** The text with what the model points at, in the language that it is written in. */
export function drawText(words, ticket) {
  const evidence = drawEvidence(words, readingOf(ticket)?.answer ?? {}, ticket.text, words.phrases.message);
  if (/^[a-z]{2}$/.test(ticket.lang)) evidence.querySelector("blockquote").lang = ticket.lang;
  return evidence;
}

function drawHead(words, ticket, answer) {
  const { about, key } = ticket;
  const title = make("h2", { id: "ticket-title", tabindex: "-1", text: `${key.source} · ${key.id}` });
  const facts = make("p", { id: "ticket-facts", classes: "quiet", text: factsOf(words, ticket).join(" · ") });
  const urgency = answer?.urgency;
  const parts = [title, facts];
  if (urgency) parts.unshift(drawUrgency(words, urgency.label, urgency.respond_within_hours));
  else if (answer) parts.unshift(make("p", { classes: "urgency rank-0", text: words.phrases.abstained }));
  if (about.closed_at) facts.textContent += ` · ${words.fill("closed", { time: written(words, about.closed_at) })}`;
  const head = make("header", { classes: "ticket-head", children: parts });
  head.querySelector(".urgency")?.setAttribute("id", "ticket-urgency");
  title.setAttribute("aria-describedby", "ticket-urgency ticket-facts");
  return head;
}

function factsOf(words, { about, lang }) {
  const facts = [/^[a-z]{2}$/.test(lang) ? words.language(lang) : words.phrases.language_unknown];
  if (about.received_at) facts.push(words.fill("received", { time: written(words, about.received_at) }));
  if (about.channel) facts.push(about.channel);
  if (about.branch) facts.push(about.branch);
  if (about.contact > 1) facts.push(words.fill("contact", { count: about.contact }));
  return facts;
}

/** Why the message needs a look, as the model says of itself. */
function doubtsOf(words, ticket, answer) {
  const told = (answer?.review?.reasons ?? []).map((id) => words.reasons[id] ?? id);
  const least = answer && leastSure(words, answer);
  if (least) {
    const group = words.groups.get(least.group).name;
    told.push(words.fill("least_sure", { group, percent: words.percent(least.confidence) }));
  }
  return told;
}

export function written(words, time) {
  return new Intl.DateTimeFormat(words.ui, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}
