const PATIENCE_MS = 20_000;
const told = document.querySelector("#emerging-told");
const value = (id) => document.querySelector(id)?.value.trim() ?? "";

/** What a form says, as the service takes it: `names.fi` is a part of `names`, and what is empty is left out. */
function read(form) {
  const said = {};
  for (const [name, given] of new FormData(form)) {
    const text = given.trim();
    const [group, part] = name.split(".");
    if (part && text) said[group] = { ...said[group], [part]: text };
    else if (!part) said[name] = name === "into" ? Number(text) : text;
  }
  const author = value("#author");
  return author ? { ...said, author } : said;
}

function explain(text) {
  told.textContent = text;
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
}

async function decide(form) {
  const key = value("#key");
  const headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
  const body = JSON.stringify(read(form));
  let response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    response = await fetch(form.dataset.address, { method: "POST", headers, body, signal });
  } catch {
    explain(told.dataset.unreached);
    return false;
  }
  if (response.ok) return true;
  const problem = await response.json().catch(() => null);
  const faults = problem?.errors?.map(({ field, detail, mend }) => `${field} ${detail}: ${mend}`).join("; ");
  explain(`${told.dataset.failed} ${faults || problem?.detail || response.status}`);
  return false;
}

/** Show the groups as they stand now; what was entered beside them stays, and is kept nowhere else. */
async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const groups = page.querySelector("#groups");
  if (!response.ok || !groups) return location.reload();
  document.querySelector("#groups").replaceWith(groups);
  told.hidden = true;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.decide");
  if (!form) return;
  event.preventDefault();
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  if (await decide(form)) await refresh().catch(() => location.reload());
  for (const button of buttons) button.disabled = false;
});
