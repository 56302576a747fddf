// The machine's tokens, on top of live.js: Python sends the slot of each job, and this lets the tokens glide there.
// A slot is [row, index]. `rows` has a row's position: x and y of its first slot, then dx, slots per line, dy.

const GLIDE = 340, TICK = 55, STAGGER = 45, LINGER = 1800, CALM = 1000; // milliseconds
const NS = "http://www.w3.org/2000/svg";
const UP = { reaped: 70, released: 50, retried: 40, promoted: 26, replayed: 60 }; // how far a way back bends to the side

function jobsOf(model, root) {
  const layer = root.querySelector(".jobs"), trails = root.querySelector(".trails"), mould = root.querySelector(".mould").firstChild;
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const jobs = new Map(), spare = [], gliding = new Set(), rows = { wide: {}, narrow: {} };
  const tip = tipOf(root, layer, jobs);
  let inbox = [], timer = 0, asked = 0, whole = false, lease = 0, form = shape(), drawn = 0;

  function shape() { return root.classList.contains("wide") ? "wide" : "narrow"; }

  function at([row, index]) {
    const [x, y, dx, each, dy] = rows[form][row] || [0, 0, 0, 1, 0];
    return [x + dx * (index % each), y + dy * Math.floor(index / each)];
  }

  // ── one token

  function make(id) {
    const node = spare.pop() || layer.appendChild(mould.cloneNode(true));
    node.dataset.job = id;
    const job = { id, node, clock: node.querySelector(".clock"), attempt: node.querySelector(".attempt"), label: node.querySelector(".code"), idle: -1 };
    jobs.set(id, job);
    return job;
  }

  function drop(job) {
    gliding.delete(job);
    if (jobs.get(job.id) === job) jobs.delete(job.id);
    tip.forget(job);
    job.node.setAttribute("class", "off");
    spare.push(job.node);
  }

  function dress(job, look, attempt, words, label) {
    job.node.setAttribute("class", look + tip.marks(job));
    job.attempt.textContent = attempt > 1 ? attempt : "";
    job.label.textContent = label;
    job.words = words;
  }

  function put(job, x, y) {
    job.x = x; job.y = y;
    job.node.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  }

  function tick(job, idle) {
    job.idle = idle;
    const part = lease ? Math.min(100, Math.max(0, Math.round(100 * idle / lease))) : 0;
    if (part !== job.part) job.clock.setAttribute("stroke-dasharray", `${(job.part = part)} 100`);
  }

  // ── gliding: a list of legs, each from one point to another, bent to the side by some units

  function glide(job, places, bends, wait, then) {
    let from = [job.x, job.y];
    const legs = places.map((place, i) => ({ from, to: (from = at(place)), bend: bends[i] }));
    if (motion.matches || document.hidden) { put(job, ...from); job.then = then; return arrive(job); }
    Object.assign(job, { legs, began: performance.now() + wait, then });
    gliding.add(job);
  }

  function slide(job) { // along its row; if the row moves meanwhile, the token follows
    job.legs = null;
    if (motion.matches || document.hidden) put(job, ...at(job.place));
    else gliding.add(job);
  }

  function follow(job) {
    const [x, y] = at(job.place), dx = x - job.x, dy = y - job.y, near = Math.abs(dx) + Math.abs(dy) < 1.5;
    put(job, near ? x : job.x + dx * 0.45, near ? y : job.y + dy * 0.45);
    if (near) gliding.delete(job);
  }

  function bent({ from, to, bend }, part) { // a quadratic curve, bent to the right of where it goes
    const [x, y] = from, [u, v] = to, length = Math.hypot(u - x, v - y) || 1, rest = 1 - part;
    const cx = (x + u) / 2 - bend * 2 * (v - y) / length, cy = (y + v) / 2 + bend * 2 * (u - x) / length;
    return [rest * rest * x + 2 * rest * part * cx + part * part * u, rest * rest * y + 2 * rest * part * cy + part * part * v];
  }

  function move(now) {
    for (const job of gliding) {
      if (!job.legs) { follow(job); continue; }
      const whole = Math.max(0, now - job.began) / GLIDE, leg = Math.min(job.legs.length - 1, Math.floor(whole));
      const part = Math.min(1, whole - leg);
      put(job, ...bent(job.legs[leg], part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) ** 2));
      if (leg === job.legs.length - 1 && part === 1) arrive(job);
    }
  }

  function arrive(job) {
    gliding.delete(job);
    if (job.then) job.then();
    else slide(job); // its slot may have changed meanwhile
  }

  // ── messages from Python

  function read({ values = {}, hops = [], bundles = [], trails: ways = [] }) {
    for (const layout of ["wide", "narrow"]) Object.assign(rows[layout], values[`${layout}:rows`]);
    if (values["wide:rows"]) replace();
    lease = values.lease_seconds ?? lease;
    const onTheWay = new Set(hops.map(({ job }) => job));
    for (const [key, value] of Object.entries(values)) if (key.startsWith("job:")) seat(key.slice(4), value, onTheWay);
    let k = 0;
    for (const hop of hops) start(hop, STAGGER * Math.min(k++, 8));
    for (const [key, value] of Object.entries(values)) {
      const job = key.startsWith("idle:") && jobs.get(key.slice(5));
      if (job) tick(job, value ?? -1);
    }
    for (const bundle of bundles) carry(bundle);
    for (const way of ways) draw(way);
  }

  function seat(id, value, onTheWay) {
    const job = jobs.get(id);
    if (value === null) { if (job && !onTheWay.has(id)) drop(job); return; }
    const [row, index, look, attempt, words, label] = value, known = job || make(id), was = known.place;
    dress(known, look, attempt, words, label);
    known.place = [row, index];
    if (onTheWay.has(id)) return;
    if (was && was[0] === row) { if (was[1] !== index && !gliding.has(known)) slide(known); }
    else { gliding.delete(known); put(known, ...at(known.place)); }
  }

  function start({ job: id, look, attempt, label, from, steps, stays }, wait) {
    const job = jobs.get(id) || make(id);
    if (job.x === undefined) put(job, ...at(from));
    if (!stays) { tip.forget(job); dress(job, look, attempt, "", label); jobs.delete(id); }
    glide(job, steps.map(([, to]) => to), steps.map(([kind]) => UP[kind] || 0), wait, stays ? null : () => drop(job));
  }

  function carry([from, to, n]) { // many at once, as one: "+40"
    if (motion.matches || n < 2) return;
    const node = document.createElementNS(NS, "g"), words = `+${n}`, width = 14 + 8 * words.length;
    node.setAttribute("class", "bundle");
    node.innerHTML = `<rect x="${-width / 2}" y="-11" width="${width}" height="22" rx="11"/><text y="4.5">${words}</text>`;
    layer.append(node);
    const job = { node };
    put(job, ...at([from, 0]));
    glide(job, [[to, 0]], [0], 0, () => node.remove());
  }

  function draw({ key, from, to, kind, words }) { // the way that jobs took, with its name on it, for a moment
    for (const old of trails.querySelectorAll(`[data-way="${CSS.escape(key)}"]`)) old.remove();
    const leg = { from: at(from), to: at(to), bend: UP[kind] || 0 }, points = [...Array(13).keys()].map((i) => bent(leg, i / 12));
    const node = document.createElementNS(NS, "g"), [x, y] = points[6];
    node.setAttribute("class", `trail ${kind}`);
    node.dataset.way = key;
    node.innerHTML = `<path d="M${points.map((point) => point.map((n) => n.toFixed(1)).join(" ")).join("L")}"/><text x="${x}" y="${y}"></text>`;
    node.lastChild.textContent = words;
    trails.append(node);
    setTimeout(() => node.remove(), LINGER);
  }

  function replace() { // the rows have moved, so their tokens move too
    for (const job of jobs.values()) if (job.place && !gliding.has(job)) put(job, ...at(job.place));
  }

  function settle() { // end all glides at once
    for (const job of [...gliding]) { gliding.delete(job); job.then?.(); }
  }

  // ── the clockwork: it stands still when nothing moves

  function soon(pause) {
    const ask = () => { asked ||= requestAnimationFrame(turn); };
    clearTimeout(timer);
    if (pause > 0) timer = setTimeout(ask, pause);
    else ask();
  }

  function turn(now) {
    asked = 0;
    drawn = performance.now();
    for (const message of inbox.splice(0)) read(message);
    move(now);
    tip.again();
    if (gliding.size) soon(TICK);
  }

  function listen(message) {
    if (message.points) { whole = true; inbox = []; for (const job of [...jobs.values()]) drop(job); }
    if (!whole) return;
    inbox.push(message);
    soon(motion.matches ? CALM - (performance.now() - drawn) : 0); // at the same moment as live.js draws
  }

  const size = new MutationObserver(() => { if (form !== shape()) { form = shape(); settle(); replace(); } });
  size.observe(root, { attributeFilter: ["class"] });
  model.on("msg:custom", listen);
  return () => { size.disconnect(); clearTimeout(timer); model.off("msg:custom", listen); };
}

picture.render = ({ model, el }) => {
  const end = render({ model, el }), quiet = jobsOf(model, el.lastElementChild);
  return () => { quiet(); end(); };
};
