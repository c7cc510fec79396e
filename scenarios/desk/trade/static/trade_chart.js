// A small line chart of numbers so far, in an <svg>.
"use strict";
function lineChart(svg, values, format) {
  const width = svg.clientWidth || 240, height = svg.clientHeight || 120, left = 46, right = 8, top = 8, bottom = 8;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const known = values.filter((value) => value !== null);
  svg.replaceChildren();
  if (!known.length) return;
  let low = Math.min(...known), high = Math.max(...known);
  if (high === low) { const pad = Math.abs(high) * 0.01 || 1; low -= pad; high += pad; }
  const x = (i) => left + (width - left - right) * (values.length < 2 ? 0 : i / (values.length - 1));
  const y = (value) => top + (height - top - bottom) * (1 - (value - low) / (high - low));
  const draw = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
  };
  for (const value of [low, (low + high) / 2, high]) {
    draw("line", { x1: left, x2: width - right, y1: y(value), y2: y(value) });
    draw("text", { x: left - 4, y: y(value) + 3, "text-anchor": "end" }, format(value));
  }
  const points = values.map((value, i) => (value === null ? "" : `${x(i).toFixed(1)},${y(value).toFixed(1)}`));
  draw("polyline", { points: points.join(" ") });
  draw("circle", { cx: x(values.length - 1), cy: y(known[known.length - 1]), r: 2.5, fill: "#882255" });
}
