// Votes on a page: the notebook's own panel, with a model that keeps its choices in this browser, as votes.json has them.
(() => {
  const KEY = "jobqueue-votes", KEPT = "kept in this browser";
  let memory = null; // where the browser keeps nothing

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      if (kept?.version === 1 && kept.votes) return kept;
    } catch { /* not ours, or not allowed */ }
    return memory ?? { version: 1, votes: {} };
  }

  function change(vote, edit) { // read again first, because another tab may have written
    const ballot = load(), entry = (ballot.votes[vote.id] ??= { answers: [], right: "", revealed: "" });
    Object.assign(entry, { question: vote.question, options: vote.options });
    edit(entry);
    memory = ballot;
    try { localStorage.setItem(KEY, JSON.stringify(ballot)); return KEPT; } catch { return "not kept: this browser allows no storage"; }
  }

  function now(after = "") { // times are compared as text, and a prediction comes before its outcome
    const at = Math.max(Date.now(), after ? Date.parse(after) + 1 : 0);
    return new Date(at).toISOString().replace("Z", "+00:00");
  }

  const models = new Map();

  function modelOf(vote) {
    const entry = load().votes[vote.id], ears = new Set();
    const values = { question: vote.question, options: vote.options, chosen: entry?.answers.at(-1)?.chose ?? "", shown: entry?.right ?? "", note: "" };
    const model = {
      vote,
      get: (name) => values[name],
      set(name, value) {
        values[name] = value;
        if (name === "chosen") values.note = change(vote, (entry) => entry.answers.push({ chose: value, at: now() }));
      },
      save_changes: () => ears.forEach((ear) => ear()),
      on: (_, ear) => ears.add(ear),
      off: (_, ear) => ears.delete(ear),
    };
    models.set(vote.id, model);
    return model;
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(load(), null, 1)], { type: "application/json" }));
    link.download = "votes.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function askIn(place) {
    const model = modelOf(JSON.parse(place.dataset.vote));
    place.replaceChildren();
    window.jqVote.render({ model, el: place });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "jq-save", textContent: "Save all your votes as votes.json" });
    button.addEventListener("click", save);
    place.append(button);
    const show = () => { button.hidden = !model.get("chosen"); };
    model.on("change", show);
    show();
  }

  function verdict(answers, right, words) {
    if (answers.at(-1) !== right) return words.surprised;
    return new Set(answers).size > 1 ? words.changed : words.foreseen;
  }

  function element(tag, className, text) {
    return Object.assign(document.createElement(tag), { className, textContent: text });
  }

  function tell(fold, model, words) { // what you said, above what it did
    const { right } = fold.dataset, entry = load().votes[model.vote.id];
    const answers = entry.answers.map(({ chose }) => chose), distinct = [...new Set(answers.slice().reverse())].reverse();
    const said = element("p", "yours", ""), option = element("span", "", "");
    model.vote.options[answers.at(-1)].split("`").forEach((part, i) => option.append(i % 2 ? element("code", "", part) : part));
    said.append(element("b", "", `you said ${distinct.join(", then ")}`), " ", option);
    const box = fold.querySelector(".jq-said");
    for (const old of box.querySelectorAll(".yours, .verdict")) old.remove();
    box.prepend(said);
    box.append(element("p", "verdict", verdict(answers, right, words)));
  }

  function revealIn(fold, words) {
    const model = models.get(fold.dataset.vote), summary = fold.querySelector("summary"), open = summary.textContent;
    const label = () => { summary.textContent = model.get("chosen") ? open : "Predict first: your vote opens this"; };
    summary.addEventListener("click", (event) => {
      if (model.get("chosen")) return;
      event.preventDefault();
      const place = document.getElementById(`vote-${model.vote.id}`);
      place.scrollIntoView({ block: "center" });
      place.querySelector("button").focus({ preventScroll: true });
    });
    fold.addEventListener("toggle", () => {
      if (!fold.open) return;
      if (!model.get("chosen")) { fold.open = false; return; }
      const { right } = fold.dataset;
      change(model.vote, (entry) => { entry.right = right; entry.revealed ||= now(entry.answers.at(-1).at); });
      tell(fold, model, words);
      model.set("shown", right);
      model.save_changes();
    });
    model.on("change", () => { label(); if (fold.open) tell(fold, model, words); });
    label();
  }

  for (const place of document.querySelectorAll(".jq-ballot")) askIn(place);
  for (const fold of document.querySelectorAll(".jq-outcome")) revealIn(fold, window.jqVerdicts);
})();
