const PATIENCE_MS = 20_000;

/** What the service said to a request, sorted by what is to be done now. `later` is worth another try, as it stands. */
function sort(response, body) {
  const { status } = response;
  if (response.ok) return { kind: "done", body };
  if ((status === 409 || status === 412) && body?.current) return { kind: "stale", current: body.current };
  if (status === 401 || status === 403) return { kind: "key", status };
  if (body?.type?.endsWith(":no-store")) return { kind: "none", status };
  if (status === 404 || status === 410) return { kind: "gone", status };
  if (status === 409 && body?.type?.endsWith(":nothing-to-undo")) return { kind: "nothing", status };
  if ([408, 409, 425, 429].includes(status) || status >= 500) {
    return { kind: "later", status, seconds: Number(response.headers.get("Retry-After")) || 0 };
  }
  return { kind: "refused", status };
}

/** The calls that the page makes. None of them throws: a network that fails is an outcome like others. */
export class Service {
  /** `credentials()` gives the headers that hold the key. */
  constructor(credentials) {
    this.credentials = credentials;
  }

  /** Ask for the messages that wait, the most pressing first. */
  waiting(lang, limit) {
    const asked = new URLSearchParams({ limit: String(limit) });
    if (lang) asked.set("lang", lang);
    return this.ask(`/v1/review?${asked}`);
  }

  /** Say what the labels are. The id of a decision is its Idempotency-Key: however often it is sent, it counts once. */
  decide({ id, ticket, labels, reason, author }) {
    const said = { labels, ...(reason && { reason }), ...(author && { author }) };
    return this.ask(`${address(ticket.key)}/labels`, {
      method: "POST",
      headers: { "Idempotency-Key": quoted(id), "If-Match": quoted(ticket.version) },
      body: JSON.stringify(said),
    });
  }

  /** Take back what one said last of a ticket, as it was left then. */
  undo({ id, key, version, author }) {
    return this.ask(`${address(key)}/labels/undo`, {
      method: "POST",
      headers: { "Idempotency-Key": quoted(id), ...(version && { "If-Match": quoted(version) }) },
      body: JSON.stringify(author ? { author } : {}),
    });
  }

  async ask(path, { headers = {}, ...request } = {}) {
    const typed = request.body ? { "Content-Type": "application/json" } : {};
    try {
      const response = await fetch(path, {
        ...request,
        headers: { ...typed, ...headers, ...this.credentials() },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const body = await response.json().catch(() => null);
      if (response.ok && !body) return { kind: "later", status: 0, seconds: 0 }; // it was cut off on its way
      return sort(response, body);
    } catch {
      return { kind: "later", status: 0, seconds: 0 };
    }
  }
}

const quoted = (value) => `"${value}"`;

function address({ source, id }) {
  return `/v1/tickets/${encodeURIComponent(source)}/${encodeURIComponent(id)}`;
}

