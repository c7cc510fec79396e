// The page Rates: which quotes are changed, and all quotes of a curve moved at once.
"use strict";
function mark(form) {
  let count = 0;
  for (const field of form.querySelectorAll("[data-was]")) {
    const is = field.value.trim() !== "" && Number(field.value) !== Number(field.dataset.was);
    field.classList.toggle("changed", is);
    count += is ? 1 : 0;
  }
  form.querySelector("#changes").textContent = count ? `${count} quote${count > 1 ? "s" : ""} changed` : "";
}
function tidy(x) { return Number(x.toFixed(8)).toString(); }
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("rates");
  form.addEventListener("input", () => mark(form));
  for (const by of form.querySelectorAll("input.by")) {
    by.addEventListener("change", () => {
      const size = Number(by.value);
      if (!Number.isFinite(size)) return;
      for (const field of form.querySelectorAll(`[data-was][data-curve="${CSS.escape(by.dataset.curve)}"]`)) {
        if (Number(field.dataset.bp)) field.value = tidy(Number(field.dataset.was) + size * Number(field.dataset.bp));
      }
      mark(form);
    });
  }
  form.querySelector("#reset").addEventListener("click", () => {
    for (const field of form.querySelectorAll("[data-was]")) field.value = field.dataset.was;
    for (const by of form.querySelectorAll("input.by")) by.value = "";
    mark(form);
  });
  const stresses = form.querySelector("textarea[name=stress]");
  form.querySelectorAll("[data-line]").forEach((button) => button.addEventListener("click", () => {
    stresses.value = `${stresses.value.trim()}\n${button.dataset.line}`.trim();
    stresses.scrollTop = stresses.scrollHeight;
  }));
  form.querySelectorAll("[data-send]").forEach((field) => field.addEventListener("change", () => form.requestSubmit()));
  mark(form);
});
