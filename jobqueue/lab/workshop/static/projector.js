// The projector's page: one slide per vote and exercise, in the order of the lessons, and the instructor's buttons.
import { takeKey } from "./key.js";
import { listen, make, post } from "./live.js";
import { drawAdvice, drawExercise, drawJoin, drawVote } from "./slides.js";

const get = (id) => document.getElementById(id);
const key = takeKey();
const WORDS = { open: "Open the vote", close: "Close it", again: "Vote again", reveal: "Reveal" };
const MINUTES = [0, 1, 2, 3, 5, 8, 10, 15];

let view = null, slides = [], at = 0;

function show(now) {
  const first = view === null;
  view = now;
  slides = [{ title: "Join", draw: (box) => drawJoin(box, view) }, ...view.lessons.flatMap(slidesOf)];
  if (first) {
    fillPlaces();
    for (const minutes of MINUTES) get("minutes").add(new Option(minutes ? `${minutes} min` : "count up", minutes));
    at = Math.max(0, slides.findIndex((slide) => slide.vote && slide.vote.vote === view.current));
    goTo(at);
  } else draw();
  say(view.trouble);
}

function slidesOf(lesson) {
  const votes = lesson.votes.map((vote, turn) => ({
    lesson, vote, title: `Vote ${turn + 1}`, draw: (box) => drawVote(box, vote),
  }));
  const exercise = lesson.exercise && { lesson, title: "Exercise", draw: (box) => drawExercise(box, lesson) };
  const [one, ...more] = votes;
  return [one, exercise, ...more].filter(Boolean);
}

function fillPlaces() {
  const place = get("place");
  const groups = new Map();
  slides.forEach((slide, number) => {
    const name = slide.lesson ? `${slide.lesson.number} · ${slide.lesson.title}` : "";
    if (name && !groups.has(name)) groups.set(name, place.appendChild(Object.assign(document.createElement("optgroup"), { label: name })));
    const words = name ? `${slide.lesson.number} · ${slide.title}` : slide.title;
    (groups.get(name) || place).appendChild(new Option(words, number));
  });
}

function goTo(number) {
  at = Math.min(Math.max(number, 0), slides.length - 1);
  get("ask").open = false; // its advice tells the class whether it's right, so it's shown only when you ask for it
  get("place").value = at;
  const beats = get("beat");
  beats.replaceChildren();
  for (const words of slides[at].lesson?.beats || []) beats.add(new Option(words));
  beats.add(new Option("Break"));
  beats.add(new Option("Talk in pairs"));
  draw();
}

function draw() {
  const slide = slides[at], box = get("slide");
  box.replaceChildren();
  if (slide.lesson) make("p", "lesson", box, `${slide.lesson.number} · ${slide.lesson.title} · ${slide.lesson.minutes} minutes`);
  slide.draw(box);
  fit(box);
  get("ask").hidden = !slide.vote?.ask;
  if (slide.vote?.ask) drawAdvice(get("advice"), slide.vote);
  get("before").disabled = at === 0;
  get("after").disabled = at === slides.length - 1;
  get("way").textContent = at ? `${view.base} · ${view.code} · ${view.here} here` : "";
  drawButtons(slide);
  drawClock();
}

function fit(box) { // the longest question, too, stays whole
  for (let size = 100; size >= 60; size -= 4) {
    box.style.fontSize = `${size / 100}rem`;
    if (box.scrollHeight <= box.clientHeight) return;
  }
}

function drawButtons(slide) {
  const buttons = get("buttons"), shown = JSON.stringify([slide.vote?.vote, slide.vote?.round, slide.vote?.can]);
  if (buttons.dataset.shown === shown) return; // a button that's replaced while it's pressed isn't clicked
  buttons.dataset.shown = shown;
  buttons.replaceChildren();
  for (const action of slide.vote?.can || []) {
    const reopen = action === "open" && slide.vote.round > 0;
    const button = make("button", reopen ? "action spare" : "action", buttons, reopen ? "Open it again" : WORDS[action]);
    button.dataset.action = action;
    button.addEventListener("click", () => send("/api/desk/turn", { vote: slide.vote.vote, action }));
  }
}

function drawClock() {
  if (!view) return;
  const { beat, minutes, since } = view.clock;
  const gone = Math.max(0, Math.floor(Date.now() / 1000 - since));
  const left = minutes * 60 - gone, shown = Math.abs(minutes ? left : gone);
  const time = `${Math.floor(shown / 60)}:${String(shown % 60).padStart(2, "0")}`;
  get("clock").textContent = beat ? `${beat.split(" · ")[0]}  ${minutes && left < 0 ? "+" : ""}${time}` : "";
  get("clock").classList.toggle("over", Boolean(minutes && left < 0));
}

async function send(path, message) {
  get("ask").open = false;
  const answer = await post(path, key, message);
  say(answer.status === 200 ? "" : answer.detail);
}

function say(words) {
  get("note").textContent = words || "";
}

get("before").addEventListener("click", () => goTo(at - 1));
get("after").addEventListener("click", () => goTo(at + 1));
get("place").addEventListener("change", (event) => { goTo(Number(event.target.value)); event.target.blur(); });
get("timing").addEventListener("submit", (event) => {
  event.preventDefault();
  send("/api/desk/beat", { beat: get("beat").value, minutes: Number(get("minutes").value) });
});
addEventListener("keydown", (event) => { // a presenter's clicker sends Page Up and Page Down
  if (event.ctrlKey || event.metaKey || event.altKey || ["SELECT", "INPUT"].includes(event.target.tagName)) return;
  const step = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 }[event.key];
  if (step && view) { event.preventDefault(); goTo(at + step); }
});
addEventListener("resize", () => view && fit(get("slide")));
setInterval(drawClock, 500);

if (key) listen("/api/desk/live", key, { show, away: (detail) => say(detail || "The workshop doesn't answer. Trying again…"), refused: say });
else say("Open the address that `jobqueue workshop` printed: it ends with a key.");
