// The lecturer's pages: buttons, and a class as it stands.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const at = (id) => document.getElementById(id), root = at("class"), base = `/trade/class/${root.dataset.id}`;
  // What is wrong, by where it comes from; a line stays as long as its cause.
  const wrong = { connection: "", world: "", asked: "" };
  const trouble = (from, text) => { wrong[from] = text; at("trouble").textContent = wrong.connection || wrong.asked || wrong.world; };
  wrong.world = at("trouble").textContent;
  const LOST = "No connection to the desk: trying again.";
  let last = null;

  async function act(what, more) {
    let answer, found;
    try {
      answer = await fetch(`${base}/do`, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ what, ...more }) });
      found = await answer.json();
    } catch { trouble("connection", LOST); return; }
    trouble("asked", answer.ok ? "" : found.error);
    if (root.dataset.page === "debrief") { if (answer.ok && what === "debrief") window.location.reload(); } else look();
  }

  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => {
      if (button.dataset.sure && !window.confirm(button.dataset.sure)) return;
      const what = button.dataset.do;
      act(what, what === "pace" ? { seconds: at("seconds").value } : what === "notes" ? { text: at("notes").value } : {});
    });
  }
  for (const box of document.querySelectorAll("[data-show]")) box.addEventListener("change", () => act(box.checked ? "show" : "hide", { which: box.dataset.show }));

  const cell = (text) => { const td = document.createElement("td"); td.textContent = text; return td; };
  function show(found) {
    const chip = at("state"), name = found.moving ? "moving" : found.state;
    chip.textContent = { lobby: "lobby", moving: "the market moves", running: "running", paused: "paused", ended: "over", broken: "broken" }[name];
    chip.className = `chip ${name}`;
    at("time").textContent = found.time || "";
    at("turn").textContent = found.turn;
    at("share").value = found.share;
    at("left").textContent = found.seconds_left === null ? (found.seconds === 0 ? "by hand" : "") : `${found.seconds_left.toFixed(0)} s left`;
    const rest = Math.max(root.dataset.decisions - found.turn, 0), minutes = Math.ceil((rest * found.seconds) / 60);
    at("length").textContent = found.state === "ended" ? "" : `${rest} decisions to go${found.seconds ? `: at ${found.seconds} s each about ${minutes} min` : ", each when you step"}.`;
    trouble("world", found.trouble);
    if (document.activeElement !== at("seconds")) at("seconds").value = found.seconds;
    for (const box of document.querySelectorAll("[data-show]")) box.checked = found.visible.includes(box.dataset.show);
    const open = ["running", "paused"].includes(found.state);
    const may = { start: found.state === "lobby", pause: found.state === "running", resume: ["paused", "broken"].includes(found.state), step: open, end: found.state !== "ended", pace: found.state !== "ended" };
    for (const button of document.querySelectorAll("[data-do]")) if (button.dataset.do in may) button.disabled = !may[button.dataset.do];
    at("nobody").classList.toggle("hidden", found.scores.some((each) => each.who !== null));
    const ranked = [...found.scores].sort((one, other) => other.pnl - one.pnl);
    at("scores").tBodies[0].replaceChildren(...ranked.map((each) => {
      const tr = document.createElement("tr"), policy = each.who === null;
      const who = at("names").checked ? each.name : each.pseudonym;
      tr.append(cell(policy ? `${who} (policy)` : who), cell(policy ? "" : each.ordered ? "✓" : ""), cell(million(each.pnl)), cell(million(each.drawdown)), cell(each.kicked ? "taken out" : each.alive ? "stands" : "closed out"));
      const last = document.createElement("td");
      if (!policy && !each.kicked) {
        const button = document.createElement("button");
        button.className = "plain";
        button.textContent = "Take out";
        button.setAttribute("aria-label", `Take ${who} out`);
        button.addEventListener("click", () => { if (window.confirm(`Take ${who} out of the class?`)) act("kick", { student: each.who }); });
        last.append(button);
      }
      tr.append(last);
      tr.className = each.alive ? "" : "gone";
      return tr;
    }));
  }
  async function look() {
    try {
      const answer = await fetch(`${base}/status`, { headers: { Accept: "application/json" } }), text = await answer.text();
      if (answer.ok && text !== last) { last = text; show(JSON.parse(text)); }
      trouble("connection", answer.ok ? "" : JSON.parse(text).error);
    } catch { trouble("connection", LOST); }
  }
  if (root.dataset.page === "debrief") {
    if (root.dataset.waits && document.querySelector(".working")) setTimeout(() => window.location.reload(), 2000);
    return;
  }
  at("names").addEventListener("change", () => { last = null; look(); });
  look();
  setInterval(look, 1000);
});
