// Plays a recording: the notebook's own picture script draws it, and hears the messages that a kernel would have sent.
(() => {
  const waiting = new Map(), here = document.currentScript?.src ?? "";
  const POINTS = 600; // as in live.js
  const TICK = 50, LINGER = 4000; // milliseconds: between two looks at the clock, and before it plays again

  window.jqRecording = (name, packed) => waiting.get(name)?.(packed);

  async function load(name) {
    const packed = await new Promise((done, fail) => {
      waiting.set(name, done);
      document.head.append(Object.assign(document.createElement("script"), { src: here.replace(/site\.js.*/, `recordings/${name}.js`), onerror: fail }));
    });
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  // Everything that a page would show after message `last`, as one message.
  function whole(messages, last) {
    let values = {}, points = [], message = messages[0][1];
    for (let k = 0; k <= last; k++) {
      message = messages[k][1];
      if (message.points) { values = {}; points = []; }
      for (const [key, value] of Object.entries(message.values)) if (value === null && !key.includes("@")) delete values[key]; else values[key] = value;
      if (message.points) points = [...message.points];
      if (message.point) points.push(message.point);
    }
    return { values, points: points.slice(-POINTS), facts: message.facts, stopped: false };
  }

  const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const KEYS = "Keys: Space plays and pauses, ← and → go one second, P and N to the previous and the next mark.";

  function bar(place, { messages, marks }, model) {
    const start = messages[0][0], end = messages.at(-1)[0], max = start + Math.ceil((end - start) * 10) / 10;
    const again = place.dataset.auto > 0 && !still.matches; // plays by itself, over and over
    let at = 0, now = start, playing = 0, speed = +place.dataset.auto || 1, last = 0, inView = true;

    const controls = make("div", "controls"), play = make("button", "play", "▶ Play");
    const back = make("button", "back", "◀ Mark"), next = make("button", "next", "Mark ▶");
    const slider = Object.assign(make("input", "scrub"), { type: "range", min: start, max, step: 0.1, value: start });
    const time = make("span", "time"), speeds = make("select", "speed"), track = make("div", "track"), line = make("div", "marks");
    slider.setAttribute("aria-label", "Second of the recording");
    speeds.setAttribute("aria-label", "Speed");
    back.setAttribute("aria-label", "Previous mark");
    next.setAttribute("aria-label", "Next mark");
    for (const button of [play, back, next]) button.type = "button";
    for (const factor of [0.5, 1, 2, 4]) speeds.append(Object.assign(make("option", "", `${factor} ×`), { value: factor, selected: factor === speed }));
    for (const [t, label, fault] of marks) {
      const tick = Object.assign(make("span", fault ? "mark fault" : "mark"), { title: `${t.toFixed(1)} s: ${label}` });
      tick.style.left = `${(100 * (t - start)) / (end - start)}%`;
      line.append(tick);
    }
    track.append(slider, line);
    const said = make("p", "label");
    controls.append(play, back, next, speeds, track, time);
    place.querySelector(".screen").after(said, controls, make("p", "keys", KEYS));

    function label() { // the last mark that has passed
      const passed = marks.filter(([t]) => t <= now + 0.05).at(-1);
      const words = passed ? `${passed[0].toFixed(1)} s · ${passed[1]}` : "";
      if (said.textContent !== words) said.textContent = words; // it's read aloud when it changes
      slider.value = now;
      slider.setAttribute("aria-valuetext", `${now.toFixed(1)} seconds${passed ? `, after ${passed[1]}` : ""}`);
      time.textContent = `${now.toFixed(0)} of ${end.toFixed(0)} s`;
      place.dataset.at = at;
    }

    function seek(t) {
      now = Math.min(end, Math.max(start, t));
      at = Math.max(0, messages.findLastIndex(([when]) => when <= now + 0.001));
      model.tell(whole(messages, at));
      label();
    }

    function step(stamp) {
      if (!playing) return;
      if (inView) now = Math.min(end, now + (speed * (stamp - last)) / 1000);
      last = stamp;
      while (at + 1 < messages.length && messages[at + 1][0] <= now) model.tell(messages[++at][1]);
      label();
      if (now < end) return;
      clearInterval(playing);
      if (again) playing = setTimeout(go, LINGER);
      else pause();
    }

    function pause() {
      clearInterval(playing);
      playing = 0;
      play.textContent = "▶ Play";
      place.dataset.state = "paused";
    }

    function go() {
      if (now >= end || place.dataset.state === "fresh") seek(start);
      last = performance.now();
      playing = setInterval(() => step(performance.now()), TICK);
      play.textContent = "❚❚ Pause";
      place.dataset.state = "playing";
    }

    const toggle = () => (playing ? pause() : go());
    const look = (t) => { pause(); seek(t); };
    const forward = () => look((marks.find(([t]) => t > now + 0.15) ?? [end])[0] + 0.1);
    const backward = () => look((marks.filter(([t]) => t < now - 0.15).at(-1) ?? [start])[0] + 0.1);
    const keys = { " ": toggle, ArrowLeft: () => look(now - 1), ArrowRight: () => look(now + 1), n: forward, p: backward };

    play.addEventListener("click", toggle);
    back.addEventListener("click", backward);
    next.addEventListener("click", forward);
    slider.addEventListener("input", () => look(+slider.value));
    speeds.addEventListener("change", () => { speed = +speeds.value; });
    place.addEventListener("keydown", (event) => {
      const key = event.key.length > 1 ? event.key : event.key.toLowerCase(), { target } = event;
      const own = target.closest("button") ? key === " " : target.closest("select, .screen"); // they take these keys themselves
      if (own || !keys[key] || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[key]();
    });
    const speak = () => said.setAttribute("role", "status"); // only to a reader who plays it
    if (again) place.addEventListener("focusin", speak); else speak();
    model.hello = () => model.tell(whole(messages, at));
    place.dataset.state = "fresh";
    if (again) {
      new IntersectionObserver(([{ isIntersecting }]) => { inView = isIntersecting; }).observe(place);
      go();
    } else {
      const first = marks.find(([t, , fault]) => fault && t > start + 0.5); // a picture worth looking at, until you press play
      seek(first ? first[0] + 0.3 : start + 0.6 * (end - start));
    }
  }

  async function show(place) {
    const recording = await load(place.dataset.recording), ears = new Set();
    const model = {
      get: () => recording.svg,
      on: (_, ear) => ears.add(ear),
      off: (_, ear) => ears.delete(ear),
      tell: (message) => ears.forEach((ear) => ear(message)),
      send: ({ hello }) => (hello ? model.hello?.() : model.tell({ values: {}, facts: {}, stopped: false })), // the picture asks whether we're there
    };
    const screen = make("div", "screen");
    place.querySelector(".place").replaceWith(screen);
    window.jqPictures[place.dataset.picture].render({ model, el: screen.appendChild(make("div", "")) });
    bar(place, recording, model);
    Object.assign(screen, { role: "group", ariaLabel: "The picture" });
    new ResizeObserver(() => { screen.tabIndex = screen.scrollWidth > screen.clientWidth ? 0 : -1; }).observe(screen); // a phone's scrolls
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { near.unobserve(target); show(target); }
  }, { rootMargin: "400px" });
  for (const place of document.querySelectorAll(".jq-player")) near.observe(place);
})();
