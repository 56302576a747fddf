// A game on the explorer's page: its hints are put away until you've broken the rule, or give up. It wraps `show` (walk.js).
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent), box = document.getElementById("outcome");
  const walked = show;
  let tries = 0, ended = false;

  const count = (n) => n.toLocaleString("en");
  const line = (tag, text) => element(tag, {}, text);

  function all() { // how many of all orders go wrong, and how
    if (!facts.losing) return [`None of all ${count(facts.orders)} orders breaks a rule.`];
    const kinds = facts.kinds.map(({ kind, by, orders }) => `${kind} by ${by}: ${count(orders)}`);
    return [`Of all ${count(facts.orders)} orders ${count(facts.losing)} go wrong (${kinds.join("; ")}).`];
  }

  function tell(className, ...words) {
    box.replaceChildren(element("div", { className }, ...words.map((text, i) => line("p", i ? text : ""))));
    box.firstChild.firstChild.append(line("b", words[0]));
  }

  function look() {
    const { findings, roads } = place();
    if (findings.length && at === way.length - 1) {
      document.body.classList.remove("playing");
      tell("broke", `You did it, in ${at} step${at === 1 ? "" : "s"}: ${shorten(findings[0][1])}.`, ...all(), facts.moral);
      ended = true;
    } else if (!roads.length && at) {
      tries += ended ? 0 : 1;
      ended = true;
      const more = facts.losing ? "Go back with ←, or start over: another order does it." : `You've tried ${tries} of ${count(facts.orders)} orders. Go on, or let the page show you all.`;
      tell("", "The end, and every rule holds.", more);
    } else { ended = false; box.replaceChildren(); }
  }

  function everything() {
    document.body.classList.remove("playing");
    tell(facts.losing ? "broke" : "", ...all(), facts.moral);
  }

  function again() {
    document.body.classList.add("playing");
    open([0], 0);
    document.querySelector("#next button")?.focus();
  }

  show = () => { walked(); look(); };
  document.getElementById("back").addEventListener("click", () => stand(at - 1));
  document.getElementById("again").addEventListener("click", again);
  document.getElementById("give-up").addEventListener("click", everything);
  document.body.classList.add("playing");
  show();
})();
