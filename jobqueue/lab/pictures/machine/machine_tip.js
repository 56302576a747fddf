// The words for one of the machine's tokens, chosen by mouse or keyboard. `jobs` maps ids to the tokens on show.

function tipOf(root, layer, jobs) {
  const tip = root.appendChild(Object.assign(document.createElement("div"), { className: "tip-box", hidden: true }));
  let chosen = null, pointed = false;
  tip.setAttribute("role", "status");

  function choose(job, byPointer = false) {
    pointed = byPointer;
    tip.setAttribute("aria-live", pointed ? "off" : "polite"); // under the pointer the words change all the time
    chosen?.node.classList.remove("chosen");
    chosen = job;
    tip.hidden = !job;
    if (!job) return;
    job.node.classList.add("chosen");
    tell();
  }

  function tell() {
    tip.textContent = chosen.words + (chosen.idle >= 0 ? ` · idle ${chosen.idle.toFixed(1)} s` : "");
    const box = chosen.node.getBoundingClientRect(), home = root.getBoundingClientRect();
    const below = box.bottom - home.top + 6, room = below + tip.offsetHeight < home.height;
    tip.style.left = `${Math.max(0, Math.min(box.left - home.left, home.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${room ? below : box.top - home.top - tip.offsetHeight - 6}px`;
  }

  function over({ target }) { choose(jobs.get(target.closest("[data-job]")?.dataset.job) || null, true); }

  function out() { choose(null); }

  function first() {
    const before = (job, best) => !best || job.y < best.y || (job.y === best.y && job.x < best.x);
    return [...jobs.values()].reduce((best, job) => before(job, best) ? job : best, null);
  }

  function next(dx, dy) { // the nearest in this direction, preferring what lies straight ahead
    const far = (job) => {
      const x = job.x - chosen.x, y = job.y - chosen.y, ahead = x * dx + y * dy;
      return ahead > 1 ? ahead + 4 * Math.abs(x * dy + y * dx) : Infinity;
    };
    return [...jobs.values()].reduce((best, job) => far(job) < far(best) ? job : best, chosen);
  }

  function press(event) {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (event.key === "Escape") return choose(null);
    if (!way) return;
    event.preventDefault();
    event.stopPropagation(); // or the notebook moves on to its next cell
    choose(chosen ? next(...way) : first());
  }

  layer.addEventListener("pointerover", over);
  layer.addEventListener("pointerout", out);
  layer.addEventListener("focus", () => choose(first()));
  layer.addEventListener("blur", out);
  layer.addEventListener("keydown", press);
  return {
    again() { if (chosen && pointed) tell(); },
    forget(job) { if (chosen === job) choose(null); },
    marks: (job) => chosen === job ? " chosen" : "",
  };
}
