// The control room's edges, over what live.js does: it moves what is in them, this hears what hands do, and tells Python.

function hear({ model, el }) {
  const root = el.querySelector(".jq-live");
  root.tabIndex = -1; // so that it can be given the focus
  root.style.outline = "none";
  // JupyterLab's keys would act on the cell, and "d d" deletes it. It looks at what has the focus, not at what is around.
  for (const node of [root, ...root.querySelectorAll("button, input, select")]) node.dataset.lmSuppressShortcuts = "true";

  function tell(event) {
    const node = event.target.closest("[data-do]"), button = node?.tagName === "BUTTON";
    if (node && event.type === (button ? "click" : (node.dataset.on ?? "input")))
      model.send({ do: node.dataset.do, value: button ? (node.dataset.value ?? "") : node.value });
  }

  // A dial shows what Python says, unless a hand is on it.
  function show() {
    for (const node of root.querySelectorAll("input, select"))
      if (!node.matches(":active") && node.dataset.value !== node.dataset.shown)
        node.value = node.dataset.shown = node.dataset.value;
    // A button that its own click has disabled would leave the keys to JupyterLab, where "d d" deletes the cell.
    const at = document.activeElement;
    if (at?.disabled && root.contains(at)) root.focus({ preventScroll: true });
  }

  // What concerns this view of the room alone, and so stays in the page: [data-look] are its buttons.
  const looks = {
    full: () => (document.fullscreenElement ? document.exitFullscreen() : room().requestFullscreen()),
    dials: () => {
      const bare = room().classList.toggle("bare");
      const button = room().querySelector("[data-look=dials]");
      button.textContent = bare ? "show dials" : "hide dials";
      if (bare) button.focus({ preventScroll: true }); // a dial that had it is gone, and the keys with it
    },
  };

  function room() { return root.closest(".jq-room") ?? root; }

  function look(name) {
    if (name in looks) return looks[name]();
    room().dataset.shows = name; // the picture of this name, or "all"
    for (const node of root.querySelectorAll("[data-look][role=radio]")) node.setAttribute("aria-checked", node.dataset.look === name);
  }

  function press(event) {
    const name = event.target.closest("[data-look]")?.dataset.look;
    if (name) look(name);
    else tell(event);
  }

  function key(event) {
    const name = { f: "full", h: "dials" }[event.key];
    if (name && !event.ctrlKey && !event.metaKey && !event.altKey && event.target.tagName !== "SELECT") look(name);
  }

  root.addEventListener("click", press);
  root.addEventListener("input", tell);
  root.addEventListener("change", tell);
  root.addEventListener("keydown", key);
  const watch = new MutationObserver(show);
  watch.observe(root, { subtree: true, attributeFilter: ["data-value", "disabled"] });
  show();
  return () => watch.disconnect();
}

picture.render = (host) => {
  const ends = [render(host), hear(host)];
  return () => ends.forEach((end) => end());
};
