const PATIENCE_MS = 20_000;
const told = document.querySelector("#emerging-told");
const done = document.querySelector("#emerging-done");
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

/** Send what a form says; gives the group as it stands then, or nothing where that failed. */
async function decide(form) {
  done.textContent = "";
  const key = value("#key");
  const headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
  const body = JSON.stringify(read(form));
  let response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    response = await fetch(form.dataset.address, { method: "POST", headers, body, signal });
  } catch {
    return explain(told.dataset.unreached);
  }
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => null);
  const faults = problem?.errors?.map(({ field, detail, mend }) => `${field} ${detail}: ${mend}`).join("; ");
  explain(`${told.dataset.failed} ${faults || problem?.detail || response.status}`);
}

/** Forms are of no use without this script, so the page comes with them hidden. */
function reveal(groups) {
  for (const form of groups.querySelectorAll("form.decide")) form.hidden = false;
}

/** Show the groups as they stand now; what was entered beside them stays, and is kept nowhere else. The focus goes to
 * the group that was decided on, or to the one in its place where it is gone, so that work goes on from there. */
async function refresh(form, { id }) {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const groups = page.querySelector("#groups");
  if (!response.ok || !groups) return location.reload();
  const titles = [...document.querySelectorAll("#groups h2")];
  const place = titles.indexOf(form.closest("section")?.querySelector("h2"));
  reveal(groups);
  document.querySelector("#groups").replaceWith(groups);
  told.hidden = true;
  done.textContent = form.dataset.done;
  const left = groups.querySelectorAll("h2");
  (groups.querySelector(`#group-${id}`) ?? left[Math.min(place, left.length - 1)] ?? groups).focus();
}

document.querySelector("#about-me")?.removeAttribute("hidden");
reveal(document);

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.decide");
  if (!form) return;
  event.preventDefault();
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  const group = await decide(form);
  if (group) await refresh(form, group).catch(() => location.reload());
  for (const button of buttons) button.disabled = false;
});
