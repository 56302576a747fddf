// A phone's page: the vote that the class is at, and big buttons. An answer is kept here until the server has it.
import { letter, listen, make, post, put } from "./live.js";

const get = (id) => document.getElementById(id);
const memory = (() => { // what outlives a reload; some private windows have none
  const here = new Map();
  return {
    read(key) { try { return localStorage.getItem(`jobqueue-${key}`); } catch { return here.get(key) ?? null; } },
    write(key, value) { try { localStorage.setItem(`jobqueue-${key}`, value); } catch { here.set(key, value); } },
  };
})();

const learner = memory.read("learner") || [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
memory.write("learner", learner);

let code = "", view = null, online = false, sending = false;
let kept = JSON.parse(memory.read("kept") || "null"); // {vote, round, choice, at}: an answer that isn't confirmed yet
if (kept && Date.now() / 1000 - kept.at > 600) kept = null; // of an earlier class

function start() {
  const given = location.hash.slice(1) || location.pathname.match(/^\/join\/([^/]+)/)?.[1] || "";
  const tidy = given.replace(/[^0-9A-Za-z]/g, "").toUpperCase();
  if (tidy) memory.write("code", tidy);
  code = memory.read("code") || "";
  history.replaceState(null, "", "/");
  if (!code) return askForCode("");
  const path = `/api/live?learner=${learner}`;
  listen(path, code, { show, away: (detail) => { online = false; say(detail || "No connection. Trying again…"); }, refused: askForCode });
}

function askForCode(detail) {
  memory.write("code", "");
  get("enter").hidden = false;
  get("ballot").hidden = get("who").hidden = true;
  say(detail);
  get("code").focus();
}

function show(now) {
  view = now;
  if (!online) send(); // an answer that was given without a connection
  online = true;
  get("who").hidden = false;
  get("ballot").hidden = !view.vote;
  if (view.vote) draw();
  else say("There's nothing to vote on yet. Keep this page open.");
}

function chosen() { // the choice in this round, whether the server has it yet or not
  return kept?.vote === view.vote && kept.round === view.round ? kept.choice : view.mine[view.round];
}

function draw() {
  const mine = chosen(), earlier = view.round === 2 ? view.mine[1] : null;
  get("round").textContent = view.round === 2 ? "Second vote" : "";
  put(get("question"), view.question);
  const options = get("options"), focused = [...options.children].indexOf(document.activeElement);
  options.replaceChildren();
  view.options.forEach((words, number) => {
    const button = make("button", number === view.right ? "right" : "", options);
    button.type = "button";
    button.disabled = !view.open;
    button.setAttribute("aria-pressed", number === mine);
    make("b", "", button, letter(number));
    make("span", "", button, words);
    const marks = [number === mine && "you", number === earlier && "you, at first", number === view.right && "✓"].filter(Boolean);
    make("em", "", button, marks.join(" · "));
    button.addEventListener("click", () => choose(number));
  });
  options.children[focused]?.focus();
  put(get("outcome"), view.right === null ? "" : `It did ${letter(view.right)}: ${view.did}\n${view.verdict}`);
  if (!view.open) say(view.right === null ? "Voting is closed." : "");
  else if (mine === null || mine === undefined) say("Choose one. You can change your mind until the vote is closed.");
  else say(kept ? `${letter(mine)}: sending…` : `${letter(mine)} is counted. You can still change your mind.`);
}

function choose(number) {
  kept = { vote: view.vote, round: view.round, choice: number, at: Date.now() / 1000 };
  memory.write("kept", JSON.stringify(kept));
  draw();
  send();
}

async function send() {
  if (sending || !kept) return;
  sending = true;
  while (kept) {
    const now = kept;
    const answer = await post("/api/answer", code, { learner, ...now });
    const again = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    if (again && answer.status === 0) break; // it's sent again when the stream is back
    if (again) await new Promise((done) => setTimeout(done, 1000 * (answer.retry_after || 1)));
    else if (kept === now) {
      kept = null;
      memory.write("kept", "null");
      if (answer.status === 200 && view?.vote === now.vote) view.mine[now.round] = now.choice;
    }
  }
  sending = false;
  if (view?.vote) draw();
  if (kept) setTimeout(send, 2000);
}

get("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  location.href = `/#${get("code").value}`;
  location.reload();
});

get("naming").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = get("name").value.trim();
  if (!name) return;
  const answer = await post("/api/hello", code, { learner, name, notebook: false });
  if (answer.status !== 200) return say(answer.detail);
  memory.write("name", name);
  get("who").open = false;
});
get("name").value = memory.read("name") || "";

function say(words) {
  get("note").textContent = words;
}

start();
