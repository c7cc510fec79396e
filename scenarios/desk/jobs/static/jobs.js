// Follows the jobs of a page: asks for those that are active, and shows the page anew when one has ended.
"use strict";
const ASK = 1000; // ms
function lasting(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const s = Math.round(seconds);
  return s < 90 ? `about ${s} s left` : `about ${Math.round(s / 60)} min left`;
}
function showJob(element, job) {
  const bar = element.querySelector("progress");
  if (job.share === null && job.state === "running") bar.removeAttribute("value"); else bar.value = job.share ?? 0;
  const put = (part, text) => { const at = element.querySelector(`[data-part=${part}]`); if (at.textContent !== text) at.textContent = text; };
  put("state", job.state);
  put("words", job.words === job.state ? "" : job.words);
  put("left", lasting(job.left));
  element.querySelector(".state").className = `state ${job.state}`;
  const time = document.querySelector(`[data-time="${job.id}"]`);
  if (time && job.seconds !== null) time.textContent = job.seconds.toFixed(1);
}
async function follow() {
  const active = [...document.querySelectorAll("[data-job][data-active=yes]")];
  if (!active.length) return;
  let ended = false;
  try {
    const answer = await fetch("/api/jobs", { headers: { Accept: "application/json" } });
    const found = new Map((await answer.json()).jobs.map((job) => [job.id, job]));
    for (const element of active) {
      const job = found.get(element.dataset.job);
      if (job) { showJob(element, job); ended ||= !job.active; }
    }
  } catch { /* the server is away: ask again */ }
  if (ended) { window.location.reload(); return; }
  setTimeout(follow, ASK);
}
document.addEventListener("DOMContentLoaded", follow);
