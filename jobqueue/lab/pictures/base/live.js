// Moves the picture: Python sends changes (feed.py, values.py), and this writes them into the nodes that exist already.
// The strip's lines are drawn in seconds and jobs. The transform that Python sends with them is their scale.

const POINTS = 600, WIDE = 1000, PING = 1000, STALE = 3500;
const PANEL = ".jupyterlab-sidecar"; // at the right, see side.py
let serial = 0;

function outline(points, { s, draws }) { // as in markup.py
  if (s === "") return "";
  if (draws === "ticks") return points.map((p) => p[s] ? `M${p[0]} 0V1` : "").join("");
  const y = (i) => points[i][s] ?? 0, last = points.length - 1;
  const turns = points.filter((_, i) => i === 0 || i === last || y(i) !== y(i - 1) || y(i) !== y(i + 1)); // the rest is flat
  const line = turns.map((p) => `${p[0]} ${p[s] ?? 0}`).join("L");
  return draws === "line" ? `M${line}` : `M${points[0][0]} 0L${line}L${points.at(-1)[0]} 0Z`;
}

function closeOthers(panel) { // of a kernel that was restarted, or of another lesson: its own code can't
  for (const other of document.querySelectorAll(PANEL)) {
    const icon = other !== panel && document.querySelector(`li[data-id="${other.id}"] .lm-TabBar-tabCloseIcon`);
    if (!icon) continue;
    const { x, y, width, height } = icon.getBoundingClientRect();
    const at = { bubbles: true, cancelable: true, button: 0, clientX: x + width / 2, clientY: y + height / 2 };
    for (const type of ["pointerdown", "pointerup"]) icon.dispatchEvent(new PointerEvent(type, at)); // as a mouse does
  }
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "jq-live narrow";
  root.innerHTML = model.get("_svg").replaceAll(/jq\d+-/g, `jqv${++serial}-`); // a second view needs ids of its own
  Object.assign(root.dataset, { frames: 0, orphans: 0, done: 0, state: "live" });
  const note = document.createElement("p");
  el.append(note, root);
  Object.assign(note, { className: "jq-aside", textContent: "The picture is in the panel at the right.", hidden: true });
  let panel = null; // the one at the right, once this view is in it

  const nodes = {}, series = [...root.querySelectorAll("[data-s]")], layouts = { wide: {}, narrow: {} };
  for (const node of root.querySelectorAll("[data-k]")) (nodes[node.dataset.k] ||= []).push(node);

  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let changes = {}, points = [], queued = false, drawn = 0, heard = performance.now(), stopped = false, whole = false;

  function put(key, value) {
    const [name, attribute] = key.split("@");
    for (const node of nodes[name] || []) {
      if (!attribute) node.textContent = value;
      else if (value === null) node.removeAttribute(attribute);
      else node.setAttribute(attribute, value);
    }
  }

  function form() { return root.classList.contains("wide") ? "wide" : "narrow"; }

  function draw() {
    queued = false;
    drawn = performance.now();
    for (const [key, value] of Object.entries(changes)) {
      const [prefix, rest] = key.split(":");
      if (!(prefix in layouts)) put(key, value);
      else { layouts[prefix][rest] = value; if (prefix === form()) put(rest, value); }
    }
    changes = {};
    if (points.length) for (const path of series) path.setAttribute("d", outline(points, path.dataset));
    root.dataset.frames = +root.dataset.frames + 1;
  }

  function soon() {
    if (queued) return;
    queued = true;
    const pause = still.matches ? 1000 - (performance.now() - drawn) : 0; // reduced motion: once a second
    if (pause > 0) setTimeout(() => requestAnimationFrame(draw), pause);
    else requestAnimationFrame(draw);
  }

  function listen(message) {
    if (message.points) { points = [...message.points]; whole = true; } // a copy, because other views get the same message
    if (!whole) return; // changes make no sense before the first whole picture
    heard = performance.now();
    if (message.point) points.push(message.point);
    if (points.length > POINTS) points.splice(0, points.length - POINTS);
    Object.assign(changes, message.values);
    Object.assign(root.dataset, message.facts);
    stopped = message.stopped;
    root.dataset.state = stopped ? "stopped" : "live";
    soon();
  }

  function visible() { return !document.hidden && root.offsetWidth > 0; }

  function ping(hello) {
    if (el.isConnected) settle();
    if (!visible() || (stopped && hello !== true)) return; // Python stops sending after 3 s without a ping
    if (performance.now() - heard > STALE && !stopped) root.dataset.state = "stale";
    try { model.send({ seen: true, hello: hello === true || !whole, wide: form() === "wide" }); } catch { root.dataset.state = "stale"; }
  }

  function press(event) {
    const worker = event.target.closest("button")?.value;
    if (worker) model.send({ kill: worker });
  }

  function settle() { // while the panel shows the picture, its cell only says so
    const inside = el.closest(PANEL);
    if (inside && !panel) closeOthers(panel = inside);
    if (inside) model.set("_aside", performance.now()); // not for Python: for the other views on this page
    fold();
  }

  function fold() {
    root.hidden = !panel && performance.now() - model.get("_aside") < STALE;
    note.hidden = !root.hidden;
  }

  const size = new ResizeObserver(([entry]) => {
    settle();
    if (root.hidden) return;
    const now = entry.contentRect.width >= WIDE ? "wide" : "narrow";
    if (now === form()) return;
    root.className = `jq-live ${now}`;
    for (const [key, value] of Object.entries(layouts[now])) put(key, value);
  });

  size.observe(el);
  root.addEventListener("click", press);
  model.on("msg:custom", listen);
  model.on("change:_aside", fold);
  document.addEventListener("visibilitychange", ping);
  const timer = setInterval(ping, PING);
  ping(true);
  return () => {
    clearInterval(timer);
    size.disconnect();
    document.removeEventListener("visibilitychange", ping);
    model.off("msg:custom", listen);
    model.off("change:_aside", fold);
  };
}

const picture = { render }; // machine.js replaces `render` by its own
export default picture;
