import { make } from "./dom.js";

/** How pressing a message is, and within how many hours to answer; the colour goes by the label's place in its group. */
export function drawUrgency(words, label, hours) {
  const order = words.groups.get("urgency")?.order ?? [];
  const rank = order.length > 1 ? Math.round((3 * order.indexOf(label)) / (order.length - 1)) : 0;
  const parts = [make("strong", { text: words.name("urgency", label) })];
  if (hours) parts.push(make("span", { text: words.fill("answer_within", { time: words.hours(hours) }) }));
  return make("p", { classes: `urgency rank-${Math.max(rank, 0)}`, children: parts });
}
