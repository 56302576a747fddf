// Walk through the states of a search. `way` is the places so far, `at` where you stand in it: later ones are kept for →.
const data = JSON.parse(document.getElementById("data").textContent);
const FAULTS = { crash: "crashes here", lose_reply: "loses the reply", send_again: "sends it twice",
  refuse_memory: "finds Redis out of memory", pass_time: "pass" };
const names = new Map();
let way = [0], at = 0;

const $ = (id) => document.getElementById(id);
const place = (index = at) => data.places[way[index]];

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

// Entry ids are long and look alike: e1, e2, … as in the other pictures.
function shorten(text) {
  return String(text).replace(/\b1[67]\d{11}-\d+\b/g, (id) => {
    if (!names.has(id)) names.set(id, `e${names.size + 1}`);
    return names.get(id);
  });
}

function laneClass(lane) {
  const program = lane === null ? -1 : data.lanes.indexOf(lane.split("/")[0]);
  return program < 0 ? "" : `l${program % 6}`;
}

function describe([kind, lane, seconds, command, reply]) {
  if (lane === null) return [element("b", {}, `${seconds} s pass`)];
  const who = element("b", { className: `lane ${laneClass(lane)}` }, lane);
  if (kind === "crash") return [who, " ", element("b", {}, FAULTS.crash)];
  const words = [who, " ", element("code", {}, shorten(command).replace(/^# /, "★ "))];
  if (kind !== "step") words.push(" ", element("b", {}, FAULTS[kind]));
  if (reply && kind !== "lose_reply") words.push(element("span", { className: "reply" }, ` → ${shorten(reply)}`));
  return words;
}

function share(target) {
  if (target < 0) return element("span", {}, element("br"), element("small", {}, "leads off this page's map"));
  const { schedules, losing } = data.places[target];
  const words = schedules === 1 ? (losing ? "the one way on goes wrong" : "the one way on is fine")
    : `${losing.toLocaleString("en")} of ${schedules.toLocaleString("en")} ways on go wrong`;
  const bar = element("div", { className: "bar" }, element("i"));
  bar.firstChild.style.width = `${(100 * losing) / schedules}%`;
  return element("span", {}, element("br"), element("small", {}, words), bar);
}

function showNext() {
  const here = place(), box = $("next");
  box.replaceChildren();
  here.roads.forEach((road, index) => {
    const [kind, lane, , , , target] = road;
    const words = describe([...road.slice(0, 4), ""]);
    const button = element("button", { disabled: target < 0, onclick: () => go(target) },
      element("small", {}, index < 9 ? `${index + 1}  ` : ""), ...words, share(target));
    button.className = `${laneClass(lane)} ${kind === "step" || kind === "wait" ? "" : "fault"}`;
    box.append(button);
  });
  for (const [kind, words] of here.findings)
    box.append(element("p", { className: "finding" }, element("b", {}, kind), ` · ${shorten(words)}`));
  if (!here.roads.length && !here.findings.length)
    box.append(element("p", { className: "fine" }, "The end. Every rule holds."));
}

function showStory() {
  const items = way.slice(1).map((target, index) => {
    const road = data.places[way[index]].roads.find((one) => one[5] === target);
    const added = data.places[target].effects.slice(data.places[way[index]].effects.length);
    const item = element("li", { onclick: () => stand(index + 1) }, ...describe(road),
      ...added.flatMap((effect) => [element("br"), `★ ${shorten(effect)}`]));
    item.className = `${laneClass(road[1])} ${index + 1 > at ? "later" : ""}`;
    return item;
  });
  $("story").replaceChildren(...items);
  if (way.length === 1) $("story").append(element("li", { className: "nothing" }, "Nothing has happened yet."));
  items[at - 1]?.scrollIntoView({ block: "nearest" });
}

function rows(heads, lines) {
  const cells = (tag, line) => line.map((cell) => element(tag, {}, shorten(cell)));
  return element("table", {}, element("tr", {}, ...cells("th", heads)),
    ...lines.map(([style, ...line]) => element("tr", { className: style }, ...cells("td", line))));
}

function showKey(name, value, changed) {
  const box = element("div", { className: `key ${changed ? "changed" : ""}` }, element("b", {}, name));
  if (value === null || typeof value !== "object") box.append(shorten(value));
  else if (Array.isArray(value)) box.append(value.map(shorten).join(" · ") || "empty");
  else if (!("entries" in value && "groups" in value)) box.append(rows(["field", "value"], Object.entries(value).map((line) => ["", ...line])));
  else {
    const held = new Set(Object.values(value.groups).flatMap((group) => group.pending.map(([id]) => id)));
    const entries = Object.entries(value.entries).map(([id, fields]) =>
      [held.has(id) ? "pending" : "", id, Object.entries(fields).map(([field, text]) => `${field}=${text}`).join(" ")]);
    box.append(entries.length ? rows(["entry", "fields"], entries) : "no entries");
    for (const [group, { pending }] of Object.entries(value.groups))
      box.append(pending.length ? rows([`${group}: pending`, "consumer", "idle", "deliveries"],
        pending.map(([id, consumer, idle, times]) => ["pending", id, consumer, `${idle} s`, times]))
        : element("div", {}, `${group}: nothing pending`));
  }
  return box;
}

function showRedis() {
  const now = data.contents[place().redis], before = at ? data.contents[place(at - 1).redis] : now;
  const keys = Object.keys({ ...before, ...now });
  $("redis").replaceChildren(...keys.map((name) => name in now
    ? showKey(name, now[name], JSON.stringify(now[name]) !== JSON.stringify(before[name]))
    : element("div", { className: "key changed" }, element("b", {}, name), "deleted")));
  if (!keys.length) $("redis").append("It's empty.");
  $("redis-head").textContent = `Redis now, after ${place().now} s`;
  $("programs").replaceChildren(...Object.entries(place().outcomes).map(([name, outcome]) =>
    element("li", {}, element("span", { className: `lane ${laneClass(name)}` }, name), ` ${outcome}`)));
}

function show() {
  showStory();
  showRedis();
  showNext();
  history.replaceState(null, "", `#${way.join(".")}@${at}`);
}

function go(target) {
  if (target < 0) return;
  way = [...way.slice(0, at + 1), target];
  stand(at + 1);
}

function stand(index) {
  at = Math.max(0, Math.min(index, way.length - 1));
  show();
}

function open(places, index) {
  const linked = places.every((target, step) => step === 0 ? target === 0
    : data.places[places[step - 1]]?.roads.some((road) => road[5] === target));
  way = linked && places.length ? places : [0];
  stand(linked ? index : 0);
}

$("coverage").textContent = data.coverage + (data.missing ? ` · this page's map leaves out ${data.missing.toLocaleString("en")} states` : "");
for (const [words, places] of data.problems)
  $("problems").append(element("button", { onclick: () => open([0, ...places], 0) }, `Show me: ${shorten(words)}`));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: () => stand(at - 1), ArrowRight: () => stand(at + 1), Home: () => stand(0) };
  if (moves[event.key]) moves[event.key]();
  else if (/^[1-9]$/.test(event.key) && place().roads[event.key - 1]) go(place().roads[event.key - 1][5]);
  else return;
  event.preventDefault();
});
const [places, index] = location.hash.slice(1).split("@");
open(places ? places.split(".").map(Number) : [0], Number(index) || 0);
