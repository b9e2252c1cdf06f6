// Requests to our own API, with the header that no page of another site can send, and problems as sentences.
export const root = document.body.dataset.root ?? "";

// Details are English; where the page is not, the title comes first, which is in its language.
const own = window.document.documentElement.lang !== "en";

export class Problem extends Error {
  constructor(status, document) {
    const hint = document.hint?.includes("antigone ") ? "" : document.hint; // a command line helps nobody here
    super([own ? document.title : "", document.detail, hint].filter(Boolean).join(". "));
    this.status = status;
    this.code = document.code ?? "unknown";
    this.document = document;
  }
}

export async function ask(method, path, body, { signal, headers = {} } = {}) {
  const sent = { ...headers, "X-Antigone": "1" };
  let content = body;
  if (body !== undefined && !(body instanceof FormData || body instanceof Blob)) {
    sent["Content-Type"] = "application/json";
    content = JSON.stringify(body);
  }
  const answer = await fetch(`${root}/api/v1${path}`, { method, body: content, headers: sent, signal });
  const json = (answer.headers.get("Content-Type") ?? "").includes("json");
  if (answer.status === 401) {
    window.location.assign(`${root}/sign-in?next=${encodeURIComponent(window.location.pathname.slice(root.length))}`);
  }
  if (!answer.ok) {
    throw new Problem(answer.status, json ? await answer.json() : { detail: answer.statusText, code: "http-error" });
  }
  return answer.status === 204 ? null : json ? answer.json() : answer;
}

let clearing = 0;
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => (place.textContent = ""), 6000);
}
