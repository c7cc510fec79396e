// The page Run: sliders beside numbers, the policy's own parameters, and the book as it would be.
"use strict";
const STEPS = 1000;
const SIZES = [[1e9, "bn"], [1e6, "m"], [1e3, "k"]];
function readable(x) {
  for (const [size, name] of SIZES) if (Math.abs(x) >= size) return `${Number((x / size).toPrecision(4))}${name}`;
  return "";
}
function short(x) { return Number(x.toPrecision(3)).toString().replace("e+", "e"); }
function slider(range) {
  const number = document.getElementById(range.dataset.for);
  const [low, high, log] = [Number(range.dataset.low), Number(range.dataset.high), range.dataset.log === "yes"];
  const value = (at) => (log ? low * (high / low) ** (at / STEPS) : low + (high - low) * (at / STEPS));
  const place = (x) => STEPS * (log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low));
  const said = number.closest(".knob").querySelector("output");
  const follow = () => { range.classList.toggle("unset", number.value === ""); said.textContent = readable(Number(number.value)); put(); };
  const put = () => { const x = Number(number.value); if (number.value !== "" && Number.isFinite(x) && (!log || x > 0)) range.value = place(x); };
  range.addEventListener("input", () => { number.value = short(value(Number(range.value))); number.dispatchEvent(new Event("change", { bubbles: true })); });
  number.addEventListener("input", follow);
  number.addEventListener("change", follow);
  follow();
}
function changed(form) {
  let count = 0;
  for (const field of form.querySelectorAll("[data-was]")) {
    const hidden = field.closest("[hidden]");
    const is = !hidden && field.value.trim() !== "" && field.value.trim() !== field.dataset.was;
    field.closest(".knob")?.classList.toggle("changed", is);
    count += is ? 1 : 0;
  }
  const said = form.querySelector("#changes");
  if (said) said.textContent = count ? `${count} key${count > 1 ? "s" : ""} changed` : "";
}
async function look(form) {
  const place = document.getElementById("look");
  place.setAttribute("aria-busy", "true");
  place.style.opacity = 0.5;
  try {
    const answer = await fetch("/run/look", { method: "POST", body: new FormData(form) });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...found.body.childNodes);
    withCharts(() => drawCharts(place));
  } catch (error) {
    place.textContent = `The server does not answer: ${error.message}`;
  }
  place.style.opacity = 1;
  place.setAttribute("aria-busy", "false");
}
function build(form) {
  form.querySelectorAll("input[type=range]").forEach(slider);
  const kind = form.querySelector("#policy-kind");
  const kinds = () => form.querySelectorAll("[data-kind]").forEach((part) => { part.hidden = part.dataset.kind !== kind.value; });
  kind?.addEventListener("change", kinds);
  form.querySelector("#agent")?.addEventListener("change", (event) => {
    const address = new URL(window.location.href);
    const source = new FormData(form);
    for (const key of ["scenario", "file", "history", "book", "curves", "dates", "exogenous"]) if (source.get(key)) address.searchParams.set(key, source.get(key));
    address.pathname = "/run";
    address.searchParams.set("agent", event.target.value);
    window.location.assign(address);
  });
  form.addEventListener("change", () => changed(form));
  form.querySelector("#reset").addEventListener("click", () => {
    for (const field of form.querySelectorAll("[data-was]")) { field.value = field.dataset.was; field.dispatchEvent(new Event("change", { bubbles: true })); }
  });
  form.querySelector("#look-again").addEventListener("click", () => look(form));
  changed(form);
  look(form);
}
function vary(form) {
  const rows = [...form.querySelectorAll("tbody tr")];
  const open = () => { const next = rows.find((row) => row.hidden); if (next) next.hidden = false; return next; };
  form.querySelector("#more-rows").addEventListener("click", open);
  for (const idea of form.querySelectorAll("[data-setting]")) {
    idea.addEventListener("click", () => {
      const free = rows.find((row) => !row.hidden && !row.querySelector("textarea").value.trim()) ?? open();
      if (!free) return;
      free.querySelector("input").value = idea.dataset.label;
      free.querySelector("textarea").value = idea.dataset.setting;
    });
  }
}
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("build");
  if (form) build(form);
  const varied = document.getElementById("vary");
  if (varied) vary(varied);
  document.querySelectorAll("[data-send]").forEach((field) => field.addEventListener("change", () => field.form.submit()));
});
