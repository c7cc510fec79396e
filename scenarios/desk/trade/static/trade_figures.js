// Figures of a class's pages, as everywhere: a true minus, none before a figure that rounds to zero, thousands with commas.
"use strict";
const MINUS = "\u2212";
function fixed(value, most, least = most) {
  const text = Math.abs(value).toLocaleString("en", { maximumFractionDigits: most, minimumFractionDigits: least });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}
function million(value) { return value === null ? "–" : fixed(value / 1e6, 1); }
