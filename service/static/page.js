import { AnswerView } from "./answer.js";
import { pointAt } from "./evidence.js";

const words = JSON.parse(document.body.dataset.interface);
const view = new AnswerView(words);
const form = document.getElementById("form");
const field = document.getElementById("text");
const keyField = document.getElementById("key"); // there only where the service asks for keys
const button = document.getElementById("submit");
const problem = document.getElementById("error");
const progress = document.getElementById("status");
const section = document.getElementById("answer");
const reads = document.getElementById("reads");

reads.textContent = view.list(reads.textContent.split(", ").filter(Boolean).map((id) => view.language(id)));

/** Say in the person's own language what went wrong and what to do. */
function showProblem(told, where = field) {
  problem.textContent = told;
  problem.hidden = false;
  progress.textContent = "";
  where.setAttribute("aria-invalid", "true");
  where.focus();
}

function clearProblem() {
  problem.hidden = true;
  problem.textContent = "";
  field.removeAttribute("aria-invalid");
  keyField?.removeAttribute("aria-invalid");
}

/** The key as a header. What a key never has, such as a line end that was copied with it, is left out. */
function credentials() {
  const key = keyField?.value.replace(/[^!-~]/g, "");
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Choose the words for a status code. */
function explain(response) {
  const seconds = Number(response.headers.get("Retry-After")) || 1;
  switch (response.status) {
    case 400:
    case 422:
      return words.phrases.error_400;
    case 401:
      return words.phrases.error_401;
    case 403:
      return words.phrases.error_403;
    case 413:
      return words.phrases.error_413;
    case 429:
      return view.fill("error_429", { time: view.duration(seconds, "second") });
    case 408:
    case 503:
      return words.phrases.error_503;
    default:
      return words.phrases.error_other;
  }
}

let latest = 0;

/** Send the message; only the answer to the latest one is shown. */
async function read() {
  const text = field.value;
  clearProblem();
  if (!text.trim()) {
    showProblem(words.phrases.error_blank);
    return;
  }
  const mine = ++latest;
  progress.textContent = words.phrases.working;
  form.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch("/v1/classify", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...credentials() },
      body: JSON.stringify({ text }),
    });
    const answer = response.ok ? await response.json() : null;
    if (mine !== latest) return;
    if (answer) {
      view.show(section, answer, text);
      progress.textContent = words.phrases.done;
      document.getElementById("answer-title").focus({ preventScroll: true });
      section.scrollIntoView({ block: "nearest" });
    } else {
      section.hidden = true;
      showProblem(explain(response), keyField && [401, 403].includes(response.status) ? keyField : field);
    }
  } catch {
    if (mine === latest) showProblem(words.phrases.error_network);
  } finally {
    if (mine === latest) {
      form.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    }
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  read();
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    read();
  }
});

document.getElementById("examples").addEventListener("click", (event) => {
  const example = event.target.closest("button.example");
  if (!example) return;
  field.value = example.dataset.text;
  field.lang = example.dataset.language;
  read();
});

field.addEventListener("input", () => {
  field.removeAttribute("lang");
  clearProblem();
});

/* The key is kept for this tab alone, and goes with it. */
if (keyField) {
  keyField.value = sessionStorage.getItem("reclamo-key") ?? "";
  keyField.addEventListener("input", () => {
    sessionStorage.setItem("reclamo-key", keyField.value);
    clearProblem();
  });
}

/* Pointing at a label shows where the message speaks for it. */
for (const [event, on] of [["pointerover", true], ["pointerout", false]]) {
  section.addEventListener(event, ({ target }) => {
    const name = target.closest?.("li[data-name]")?.dataset.name;
    if (name) pointAt(section, name, on);
  });
}
