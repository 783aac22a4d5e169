/** The words of a page in its language: phrases, reasons, the taxonomy's names, and numbers as people write them. */
export class Words {
  constructor({ ui, phrases, reasons, groups }) {
    this.ui = ui;
    this.phrases = phrases;
    this.reasons = reasons;
    this.groups = new Map(groups.map((group) => [group.id, group]));
  }

  /** What a label is called; its id where the taxonomy does not know it. */
  name(group, label) {
    return this.groups.get(group)?.labels[label]?.name ?? label;
  }

  fill(phrase, values) {
    return this.phrases[phrase].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  percent(confidence) {
    return new Intl.NumberFormat(this.ui, { style: "percent", maximumFractionDigits: 0 }).format(confidence);
  }

  /** Hours in words: days from two on, minutes below one. */
  hours(hours) {
    const [value, unit] = hours >= 48 ? [hours / 24, "day"] : hours < 1 ? [hours * 60, "minute"] : [hours, "hour"];
    return this.duration(value, unit);
  }

  duration(value, unit) {
    const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 };
    return new Intl.NumberFormat(this.ui, style).format(value);
  }

  list(names) {
    return new Intl.ListFormat(this.ui, { type: "conjunction" }).format(names);
  }

  language(id) {
    return new Intl.DisplayNames([this.ui], { type: "language" }).of(id);
  }
}

/** The labels of a group in an answer, as a list, whether the group takes one or many. */
export function chosen(answer, group) {
  const value = answer[group];
  return Array.isArray(value) ? value : value ? [value] : [];
}
