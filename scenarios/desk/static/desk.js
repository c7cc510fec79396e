// Draws every chart of a page: an element with data-chart holds a Vega-Lite specification as JSON.
"use strict";
// Draws a specification in an element; gives the promise of its view.
function drawChart(element, spec) {
  // Charts load nothing, and a tooltip is text.
  const refuse = () => Promise.reject(new Error("charts load nothing"));
  return window.vegaEmbed(element, spec, { renderer: element.dataset.renderer || "svg", actions: { source: false, compiled: false, editor: false, export: true },
    loader: { load: refuse, sanitize: refuse, http: refuse, file: refuse } })
    .then((found) => {
      element.querySelector("summary").setAttribute("aria-label", "Save this chart");
      element.dataset.drawn = "yes";
      return found.view;
    })
    .catch((error) => { element.textContent = `This chart cannot be drawn: ${error.message}`; });
}
function drawCharts(root) {
  for (const element of root.querySelectorAll("[data-chart]")) {
    const spec = JSON.parse(element.dataset.chart);
    element.removeAttribute("data-chart");
    drawChart(element, spec);
  }
}
let charts = null;  // the script that draws, fetched once
function withCharts(then) {
  charts = charts || new Promise((done) => {
    if (window.vegaEmbed) { done(); return; }
    const script = document.createElement("script");
    script.src = "/static/charts.js";
    script.onload = done;
    document.head.append(script);
  });
  charts.then(then);
}
document.addEventListener("DOMContentLoaded", () => {
  if (document.querySelector("[data-chart]")) withCharts(() => drawCharts(document));
});
