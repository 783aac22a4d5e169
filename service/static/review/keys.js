const DIGITS = [..."1234567890"];
const LETTERS = [..."qwertyuiopasdfghjklzxcvbnm"]; // as they lie on the keyboard, so that a group is a stretch of it

/**
 * Give each label a key of its own, by "group/label": {token, shown, spoken}.
 *
 * Groups of one label take digits and the others letters, whole groups at a time; a group for which no stretch is left
 * takes the same keys with Shift. A group that fits nowhere is reached with Tab, like everything else.
 */
export function assignKeys(groups) {
  const stretches = [false, true].flatMap((shift) =>
    [DIGITS, LETTERS].map((keys) => ({ shift, digits: keys === DIGITS, free: [...keys] })),
  );
  const assigned = new Map();
  for (const { id, order, single } of groups) {
    const fitting = stretches.filter(({ free }) => free.length >= order.length);
    const stretch = fitting.find(({ digits }) => digits === single) ?? fitting[0];
    for (const [index, key] of (stretch?.free.splice(0, order.length) ?? []).entries()) {
      const upper = key.toUpperCase();
      assigned.set(`${id}/${order[index]}`, {
        token: stretch.shift ? `Shift+${key}` : key,
        shown: stretch.shift ? `⇧${upper}` : upper,
        spoken: stretch.shift ? `Shift+${upper}` : upper,
      });
    }
  }
  return assigned;
}

/** Name the key of an event as `assignKeys` does, whatever the layout puts on digits; null for other keys. */
export function tokenOf({ key, code, shiftKey }) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : /^Key([A-Z])$/.exec(code)?.[1].toLowerCase();
  const named = digit ?? letter;
  return named ? (shiftKey ? `Shift+${named}` : named) : null;
}

/** Whether a key belongs to the element that has the focus, and not to the page. */
export function takesKey(element, key) {
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return true;
  if (element.matches("input[type=radio]") && key.startsWith("Arrow")) return true;
  return key === "Enter" && element.matches("button, a, summary");
}
