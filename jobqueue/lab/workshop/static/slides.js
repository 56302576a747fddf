// The slides of the projector. Each draws one view into an empty box, in letters that can be read from the last row.
import { letter, make } from "./live.js";

const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "–");

export function drawJoin(box, view) {
  const page = make("div", "join", box);
  if (view.qr) Object.assign(make("img", "qr", page), { src: view.qr, alt: "QR code of the address" });
  const words = make("div", "", page);
  make("p", "step", words, view.qr ? "Scan this, or type:" : "Only this machine can join:");
  make("p", "address", words, view.base);
  make("p", "code", words, view.code);
  if (!view.qr) make("p", "step", words, "Start it with `jobqueue workshop --lan` to let others in.");
  make("p", "here", words, { 0: "No learner is here yet", 1: "1 learner is here" }[view.here] || `${view.here} learners are here`);
}

export function drawVote(box, vote) {
  make("h1", "question", box, vote.question);
  const rows = make("div", "rows", box);
  const shown = vote.rounds.map((round, number) => ({ ...round, number: number + 1 })).filter((round) => round.counts);
  vote.options.forEach((words, number) => {
    const row = make("div", "row", rows);
    if (vote.right !== null) row.classList.add(number === vote.right ? "right" : "other");
    make("b", "letter", row, letter(number));
    make("span", "words", row, words);
    make("span", "shares", row, shown.map((round) => percent(round.counts[number], round.voted)).join(" → "));
    for (const round of shown) drawBar(row, round.counts[number], round.voted, round.number < vote.round ? "earlier" : "");
  });
  make("p", "status", box, describe(vote));
  if (vote.right !== null) make("p", "outcome", box, `It did ${letter(vote.right)}: ${vote.did}`);
  if (vote.change) drawChange(box, vote.change);
}

function drawBar(row, votes, voted, css) {
  make("i", `bar ${css}`, row).style.width = `${voted ? (100 * votes) / voted : 0}%`;
}

function describe(vote) {
  const round = vote.rounds.at(-1);
  if (!round) return vote.early ? `Not open yet · ${vote.early} voted in their notebooks` : "Not open yet";
  const counted = `${round.voted} of ${round.of} ${round.of === 1 ? "has" : "have"} voted`;
  const name = vote.round === 2 ? "Second vote: " : "";
  return vote.open ? `${name}${counted}` : `${name}${counted} · closed`;
}

function drawChange(box, { both, kept, gained, lost, wrong }) {
  const parts = [`${gained} changed to the right answer`, `${lost} away from it`, `${kept} had it right twice`, `${wrong} had it wrong twice`];
  make("p", "change", box, `Of the ${both} who voted twice: ${parts.join(", ")}.`);
}

export function drawAdvice(box, vote) {
  box.replaceChildren();
  if (vote.ask.advice) make("p", "", box, `${vote.ask.advice[0].toUpperCase()}${vote.ask.advice.slice(1)}.`);
  if (vote.ask.question) make("p", "", box, `Ask back: ${vote.ask.question}`);
  if (vote.wrong_idea) make("p", "quiet", box, `The wrong idea: ${vote.wrong_idea}.`);
}

export function drawExercise(box, { exercise }) {
  const { passed, failures, not_run: notRun } = exercise;
  const wrong = failures.map(({ failure, title, learners }) => [learners, failure ? `${title} (${failure})` : "another bug", "wrong"]);
  const all = [[passed, "passed", "right"], ...wrong, [notRun, "haven't run it", "quiet"]];
  const whole = all.reduce((sum, [learners]) => sum + learners, 0);
  make("h1", "question", box, `Exercise: \`check.${exercise.exercise}\``);
  const rows = make("div", "rows", box);
  for (const [learners, words, css] of all) {
    const row = make("div", `row ${css}`, rows);
    make("b", "letter", row, String(learners));
    make("span", "words", row, words);
    make("span", "shares", row, percent(learners, whole));
    drawBar(row, learners, whole, css);
  }
  make("p", "status", box, whole ? `${whole} notebooks here` : "No notebook has joined yet. `JOBQUEUE_WORKSHOP` tells it the address.");
}
