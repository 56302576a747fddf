// How a workshop went: each vote before and after, each exercise, and the wrong ideas that stayed.
import { takeKey } from "./key.js";
import { letter, make } from "./live.js";

const get = (id) => document.getElementById(id);
const key = takeKey();
const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "–");

const ask = (kind) => fetch(`/api/desk/results.${kind}`, { headers: { Authorization: `Bearer ${key}` }, cache: "no-store" });

function table(place, title, heads) {
  place.replaceChildren();
  make("h2", "", place, title);
  const grid = make("table", "", make("div", "scroll", place));
  const row = grid.createTHead().insertRow();
  for (const head of heads) make("th", "", row, head).scope = "col";
  const body = grid.createTBody();
  return (cells) => {
    const line = body.insertRow();
    for (const cell of cells) make("td", "", line, String(cell));
    return line;
  };
}

function showVotes(votes) {
  const add = table(get("votes"), "Votes", ["Vote", "Question", "Right before", "Right after", "Right in earlier classes", "Change", "The wrong idea that stayed"]);
  for (const { vote, question, options, before, after, change, earlier, stayed, wrong_idea: idea } of votes) {
    const moved = change ? `${change.gained} to right, ${change.lost} away` : "";
    const last = after || before;
    const shares = [earlier.before, earlier.after].filter(({ voted }) => voted).map(({ right, voted }) => percent(right, voted));
    const others = earlier.classes ? `${shares.join(" → ")} (${earlier.classes})` : "none";
    const kept = stayed ? `${letter(stayed.option)}, ${percent(stayed.learners, last.voted)}: ${options[stayed.option]}` : "none";
    const line = add([vote, question, `${percent(before.right, before.voted)} of ${before.voted}`, after ? `${percent(after.right, after.voted)} of ${after.voted}` : "one round", others, moved, kept]);
    if (stayed && idea) make("p", "quiet", line.lastChild, `Often behind it: ${idea}`);
    line.classList.toggle("stays", last.voted > 0 && last.right / last.voted < 2 / 3);
  }
}

function showExercises(exercises) {
  const add = table(get("exercises"), "Exercises", ["Lesson", "Exercise", "Passed at first", "Passed in the end", "Checks per learner", "Bugs at first", "Bugs that stayed"]);
  const list = (failures) => failures.map(({ failure, title, learners }) => `${learners} × ${failure ? `${title} (${failure})` : "another bug"}`).join("; ") || "none";
  for (const each of exercises) {
    const { lesson, exercise, learners, runs, passed_first: first, passed } = each;
    const line = add([lesson, `check.${exercise}`, `${first} of ${learners}`, `${passed} of ${learners}`, (runs / learners).toFixed(1), list(each.first), list(each.stayed)]);
    line.classList.toggle("stays", passed / learners < 2 / 3);
  }
}

function showLearners(learners) {
  const add = table(get("learners"), "Learners", ["Number", "Name", "Votes", "Right", "Exercises passed"]);
  for (const { number, name, votes, right, passed } of learners) {
    const line = add([number, "", votes, percent(right, votes), passed.join(", ")]);
    line.cells[1].textContent = name; // as it is: a name may hold anything
  }
}

async function load() {
  const answer = await ask("json");
  const results = await answer.json();
  if (!answer.ok) return say(results.detail);
  const { votes, exercises, learners } = results;
  say(votes.length + exercises.length ? "" : "Nothing has happened yet. Load this page again after the first vote.");
  if (votes.length) showVotes(votes);
  if (exercises.length) showExercises(exercises);
  if (learners.length) showLearners(learners);
  get("downloads").hidden = false;
}

async function download(kind) {
  const answer = await ask(kind);
  if (!answer.ok) return say((await answer.json()).detail);
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await answer.blob()), download: `workshop.${kind}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

function say(words) {
  get("note").textContent = words;
}

for (const button of get("downloads").children) button.addEventListener("click", () => download(button.dataset.kind));
if (key) load().catch(() => say("The workshop doesn't answer. Is it running?"));
else say("Open the address that `jobqueue workshop` printed first, and then this page in the same tab.");
