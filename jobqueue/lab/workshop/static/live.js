// What all pages share: words with code in them, messages to the server, and a stream of views that comes back by itself.

export function put(node, words) { // text between backticks becomes code; no text is ever taken for markup
  node.replaceChildren();
  words.split("`").forEach((part, i) => {
    const place = i % 2 ? node.appendChild(document.createElement("code")) : node;
    place.append(part);
  });
  return node;
}

export function make(tag, css, parent, words = "") {
  const node = parent.appendChild(document.createElement(tag));
  node.className = css;
  return put(node, words);
}

export const letter = (number) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number];

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function post(path, token, message) { // {status, …the answer}; status 0 if there's no answer
  try {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(message), signal: AbortSignal.timeout(8000) });
    return { ...(await answer.json().catch(() => ({}))), status: answer.status };
  } catch {
    return { status: 0, detail: "no answer" };
  }
}

const SILENT = 35000; // ms; the server gives a sign of life every ten seconds

// Show each view that the server sends. `away(detail)` is called when the line is lost, and `refused(detail)` at most once.
export function listen(path, token, { show, away, refused }) {
  let heard = 0, line = null, wake = () => {};

  async function read() {
    line = new AbortController();
    heard = Date.now();
    const watch = setInterval(() => Date.now() - heard > SILENT && line.abort(), 1000);
    try {
      const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, signal: line.signal, cache: "no-store" });
      if (!answer.ok) {
        const { detail } = await answer.json().catch(() => ({ detail: "" }));
        return { detail, final: [401, 403, 422].includes(answer.status) };
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return {};
        heard = Date.now();
        const events = (text + value).split("\n\n");
        text = events.pop();
        for (const event of events) if (event.startsWith("data: ")) show(JSON.parse(event.slice(6)));
      }
    } catch {
      return {};
    } finally {
      clearInterval(watch);
    }
  }

  async function keepReading() {
    for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
      const begun = Date.now();
      const { detail, final } = await read();
      if (final) return refused(detail);
      away(detail || "");
      if (Date.now() - begun > 10000) wait = 500;
      await Promise.race([pause(wait * (0.5 + Math.random())), new Promise((now) => { wake = now; })]);
    }
  }

  function back() { // the phone is awake again, or in a network again: don't wait any longer
    if (Date.now() - heard > 15000) line?.abort();
    wake();
  }
  addEventListener("online", back);
  document.addEventListener("visibilitychange", () => document.hidden || back());
  keepReading();
}
