import { pointAt } from "../evidence.js";
import { Words } from "../words.js";
import { Desk } from "./desk.js";
import { Face } from "./face.js";
import { assignKeys, takesKey, tokenOf } from "./keys.js";
import { LabelBoard } from "./labels.js";
import { Queue } from "./queue.js";
import { Service } from "./service.js";
import { UndoStack } from "./undo.js";

const LOOK_MS = 20_000;

const config = JSON.parse(document.body.dataset.interface);
const words = new Words(config);
const element = (id) => document.getElementById(id);
const keyField = element("key"); // there only where the service asks for keys
const authorField = element("author"); // there only where it does not: a key has a name
const shortcuts = element("shortcuts");
const undo = new UndoStack();
const face = new Face(words, element);
const board = new LabelBoard(element("board"), words, assignKeys([...words.groups.values()]), () => desk.looked());

/** The key as it is sent. What a key never has, such as a line end that was copied with it, is left out. */
const shownKey = () => keyField?.value.replace(/[^!-~]/g, "") ?? "";
const service = new Service(() => (shownKey() ? { Authorization: `Bearer ${shownKey()}` } : {}));

const desk = new Desk({
  words,
  rules: config.rules,
  service,
  queue: new Queue(service),
  undo,
  board,
  face,
  author: () => authorField?.value.trim() ?? "",
  reason: element("reason"),
});

async function begin() {
  if (keyField && !shownKey()) {
    desk.showEmpty(words.phrases.need_key);
    return;
  }
  if (!face.view) face.turn("empty");
  await desk.refresh();
  if (face.view === "message" && !element("about-me").contains(document.activeElement)) element("about-me").open = false;
}

const actions = {
  save: () => desk.save(),
  pass: () => desk.pass(),
  undo: () => desk.undo(),
  reset: () => desk.reset(),
  "undo-empty": () => desk.undo(),
  refresh: () => desk.refresh(),
  recall: () => desk.recall(),
  retry: () => desk.outbox.retry(),
  compare: () => desk.openConflict(),
};
for (const [id, act] of Object.entries(actions)) {
  if (id !== "save") element(id).addEventListener("click", act);
}
element("decision").addEventListener("submit", (event) => {
  event.preventDefault();
  desk.save();
});

const KEYS = { Enter: "save", ArrowRight: "pass", Backspace: "undo", Escape: "reset" };

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!shortcuts.checked || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (takesKey(target, key) || target.closest("#about-me") || (face.view !== "message" && key !== "Backspace")) return;
  const action = actions[KEYS[key]];
  const told = action || event.repeat ? null : board.press(tokenOf(event));
  if (action && !event.repeat) action();
  if (told) face.say(told);
  if (action || told) event.preventDefault();
});

/* Pointing at a label, or going to it, shows where the message speaks for it. */
for (const [event, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
  element("board").addEventListener(event, ({ target }) => {
    const name = target.closest?.("[data-name]")?.dataset.name;
    if (name) pointAt(element("message"), name, on);
  });
}

shortcuts.addEventListener("change", () => document.body.classList.toggle("no-keys", !shortcuts.checked));
element("definitions").addEventListener("change", ({ target }) => {
  document.body.classList.toggle("defined", target.checked);
});
element("lang").addEventListener("change", ({ target }) => desk.filter(target.value));

for (const option of element("lang").options) {
  if (option.value) option.textContent = words.language(option.value);
}

/* The key is kept for this tab alone, and goes with it. */
if (keyField) {
  keyField.value = sessionStorage.getItem("reclamo-key") ?? "";
  keyField.addEventListener("input", () => sessionStorage.setItem("reclamo-key", keyField.value));
  keyField.addEventListener("change", () => {
    desk.outbox.retry();
    begin();
  });
}
if (authorField) authorField.value = undo.author;

/* A decision that waits is sent as soon as the network is back, and the page is not closed over it unasked. */
addEventListener("online", () => desk.outbox.retry());
addEventListener("beforeunload", (event) => {
  if (desk.holding) event.preventDefault();
});
setInterval(() => {
  if (!document.hidden && !desk.locked && !(keyField && !shownKey())) desk.refresh();
}, LOOK_MS);

begin();
