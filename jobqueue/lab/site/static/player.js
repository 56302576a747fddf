// Plays a recording: the notebook's own picture script draws it, and hears the messages that a kernel would have sent.
(() => {
  const waiting = new Map(), here = document.currentScript?.src ?? "";
  const POINTS = 600, TICK = 50; // as in live.js; milliseconds

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

  function bar(place, { messages, marks }, model) {
    const start = messages[0][0], end = messages.at(-1)[0], max = start + Math.ceil((end - start) * 10) / 10;
    let at = 0, now = start, playing = 0, speed = 1, last = 0;

    const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
    const controls = make("div", "controls"), play = make("button", "play", "▶ Play"), next = make("button", "next", "Next mark");
    const slider = Object.assign(make("input", "scrub"), { type: "range", min: start, max, step: 0.1, value: start });
    const time = make("span", "time"), speeds = make("select", "speed"), track = make("div", "track"), line = make("div", "marks");
    slider.setAttribute("aria-label", "Second of the recording");
    speeds.setAttribute("aria-label", "Speed");
    play.type = next.type = "button";
    for (const factor of [0.5, 1, 2, 4]) speeds.append(Object.assign(make("option", "", `${factor} ×`), { value: factor, selected: factor === 1 }));
    for (const [t, label, fault] of marks) {
      const tick = Object.assign(make("span", fault ? "mark fault" : "mark"), { title: `${t.toFixed(1)} s: ${label}` });
      tick.style.left = `${(100 * (t - start)) / (end - start)}%`;
      line.append(tick);
    }
    track.append(slider, line);
    const said = make("p", "label");
    said.setAttribute("role", "status");
    controls.append(play, next, speeds, track, time);
    place.append(controls, said);

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
      now = Math.min(end, now + (speed * (stamp - last)) / 1000);
      last = stamp;
      while (at + 1 < messages.length && messages[at + 1][0] <= now) model.tell(messages[++at][1]);
      label();
      if (now >= end) pause();
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

    play.addEventListener("click", () => (playing ? pause() : go()));
    next.addEventListener("click", () => { pause(); seek((marks.find(([t]) => t > now + 0.15) ?? [end])[0] + 0.1); });
    slider.addEventListener("input", () => { pause(); seek(+slider.value); });
    speeds.addEventListener("change", () => { speed = +speeds.value; });
    model.hello = () => model.tell(whole(messages, at));
    place.dataset.state = "fresh";
    const first = marks.find(([t, , fault]) => fault && t > start + 0.5); // a picture worth looking at, until you press play
    seek(first ? first[0] + 0.3 : start + 0.6 * (end - start));
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
    place.replaceChildren();
    const el = place.appendChild(document.createElement("div"));
    window.jqPictures[place.dataset.picture].render({ model, el });
    bar(place, recording, model);
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { near.unobserve(target); show(target); }
  }, { rootMargin: "400px" });
  for (const place of document.querySelectorAll(".jq-player")) near.observe(place);
})();
