// Charts: plotly's script is large, so a page loads it when a reader comes near the first chart.
(() => {
  const here = document.currentScript?.src ?? "";
  let script;

  function plotly() {
    return (script ??= new Promise((done, fail) => {
      const node = Object.assign(document.createElement("script"), { src: here.replace(/site\.js.*/, "plotly.js"), onload: () => done(window.Plotly), onerror: fail });
      document.head.append(node);
    }));
  }

  async function draw(place) {
    const { data, layout, config } = JSON.parse(place.querySelector("script").textContent);
    const Plotly = await plotly();
    const plot = document.createElement("div"), width = () => Math.max(320, place.clientWidth);
    place.querySelector("figcaption").hidden = true;
    place.append(plot);
    await Plotly.newPlot(plot, data, { ...layout, width: width() }, config);
    place.dataset.drawn = "true";
    let last = width();
    new ResizeObserver(() => { if (width() !== last) Plotly.relayout(plot, { width: (last = width()) }); }).observe(place);
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { near.unobserve(target); draw(target); }
  }, { rootMargin: "600px" });
  for (const place of document.querySelectorAll(".jq-chart")) near.observe(place);
})();

// A part that scrolls sideways can be scrolled by keyboard, too.
for (const part of document.querySelectorAll(".jqx, .cell_output .text_html, .jq-chart")) {
  if (part.scrollWidth > part.clientWidth && !part.querySelector("a, button, [tabindex]")) part.tabIndex = 0;
}
