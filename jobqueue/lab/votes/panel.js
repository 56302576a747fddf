// A vote: one button per option. The choice is the model's `chosen`, so Python and every view agree.

function code(node, words) { // text between backticks becomes code
  words.split("`").forEach((part, i) => {
    const place = i % 2 ? node.appendChild(document.createElement("code")) : node;
    place.append(part);
  });
  return node;
}

function render({ model, el }) {
  const make = (tag, css, parent) => Object.assign(parent.appendChild(document.createElement(tag)), { className: css });
  const root = make("div", "jq-vote", el);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", model.get("question"));
  code(make("p", "question", root), model.get("question"));

  const buttons = {};
  for (const [letter, words] of Object.entries(model.get("options"))) {
    const button = (buttons[letter] = make("button", "", root));
    button.type = "button";
    // JupyterLab's keys would act on the cell: "a" and "b" make new ones, "d d" deletes it. It looks at the focus.
    button.dataset.lmSuppressShortcuts = "true";
    make("i", "mark", button);
    make("b", "", button).textContent = letter;
    code(make("span", "", button), words);
    button.word = make("em", "", button);
    button.addEventListener("click", () => choose(letter));
  }
  const note = make("p", "note", root);
  note.setAttribute("role", "status");

  function choose(letter) {
    model.set("chosen", letter);
    model.save_changes();
  }

  function show() {
    const chosen = model.get("chosen"), shown = model.get("shown");
    for (const [letter, button] of Object.entries(buttons)) {
      button.setAttribute("aria-pressed", letter === chosen);
      button.classList.toggle("right", letter === shown);
      button.word.textContent = [letter === chosen && "you said", letter === shown && "it did"].filter(Boolean).join(", ");
    }
    root.dataset.chosen = chosen;
    note.textContent = model.get("note") || (chosen ? "" : "Choose one. You can change your mind.");
  }

  function key(event) {
    const letter = event.key.toUpperCase();
    if (letter in buttons && !event.ctrlKey && !event.metaKey && !event.altKey) { choose(letter); buttons[letter].focus(); }
  }

  root.addEventListener("keydown", key);
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
