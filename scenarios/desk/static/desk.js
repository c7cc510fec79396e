// Draws every chart of a page: an element with data-chart holds a Vega-Lite specification as JSON.
"use strict";
function drawCharts(root) {
  for (const element of root.querySelectorAll("[data-chart]")) {
    const spec = JSON.parse(element.dataset.chart);
    element.removeAttribute("data-chart");
    // Charts load nothing, and a tooltip is text.
    const refuse = () => Promise.reject(new Error("charts load nothing"));
    window.vegaEmbed(element, spec, { actions: { source: false, compiled: false, editor: false, export: true },
      loader: { load: refuse, sanitize: refuse, http: refuse, file: refuse } })
      .then(() => { element.dataset.drawn = "yes"; })
      .catch((error) => { element.textContent = `This chart cannot be drawn: ${error.message}`; });
  }
}
function withCharts(then) {
  if (window.vegaEmbed) { then(); return; }
  const script = document.createElement("script");
  script.src = "/static/charts.js";
  script.onload = then;
  document.head.append(script);
}
document.addEventListener("DOMContentLoaded", () => {
  if (document.querySelector("[data-chart]")) withCharts(() => drawCharts(document));
});
