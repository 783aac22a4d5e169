/**
 * Cut a text where evidence begins or ends.
 *
 * Offsets count code points, while a JavaScript string counts UTF-16 units: an emoji before the evidence would shift it.
 * Returns [{text, names}] in order; `names` lists what the piece speaks for and is empty where it speaks for nothing.
 */
export function cutEvidence(text, mentions) {
  const characters = Array.from(text);
  const clamp = (offset) => Math.min(Math.max(offset, 0), characters.length);
  const spans = mentions.flatMap(({ name, group, evidence }) =>
    evidence.map(({ start, end }) => ({ name, group, start: clamp(start), end: clamp(end) })),
  );
  const cuts = new Set([0, characters.length]);
  for (const { start, end } of spans) cuts.add(start).add(end);
  const ordered = [...cuts].sort((a, b) => a - b);
  return ordered.slice(0, -1).map((from, index) => {
    const to = ordered[index + 1];
    const covering = spans.filter(({ start, end }) => start <= from && to <= end);
    return {
      text: characters.slice(from, to).join(""),
      names: [...new Set(covering.map(({ name }) => name))],
      groups: [...new Set(covering.map(({ group }) => group))],
    };
  });
}
