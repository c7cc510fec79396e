// Fetches the pieces of a page when they are seen, and again when a control changes; charts lead on when clicked.
"use strict";
(function () {
  const controls = () => document.getElementById("controls");
  const own = (piece) => piece.querySelector("form.own");

  function query(piece) {
    const said = new URLSearchParams();
    for (const form of [controls(), own(piece)]) {
      if (!form) continue;
      const told = [...new FormData(form)].filter(([, value]) => value !== "");
      for (const [name] of told) said.delete(name);  // a piece's own control wins
      for (const [name, value] of told) said.append(name, value);
    }
    return said.toString();
  }

  function addressed(at, said) { return said ? `${at}?${said}` : at; }

  // The first pattern all of whose {fields} a point has, with its values.
  function leadsTo(patterns, datum) {
    for (const pattern of patterns) {
      const fields = [...pattern.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
      if (fields.every((field) => datum[field] !== undefined && datum[field] !== null)) {
        return pattern.replace(/\{(\w+)\}/g, (_, field) => encodeURIComponent(datum[field]));
      }
    }
    return null;
  }

  async function answer(at) {
    const got = await fetch(at, { headers: { Accept: "application/json, text/html;q=0.9" } });
    if (got.ok) return got;
    let said = `${got.status}`;
    try { said = (await got.json()).error || said; } catch (error) { /* not JSON: the status is all there is */ }
    throw new Error(said);
  }

  function fails(place, error) {
    place.textContent = error.message;
    place.classList.add("error");
    place.setAttribute("role", "alert");
  }

  function begun(place) {
    place.classList.remove("error");
    if (place.getAttribute("role") === "alert") place.removeAttribute("role");
    delete place.dataset.drawn;
    place.setAttribute("aria-busy", "true");
  }

  let newest = 0;
  async function show(piece) {
    const place = piece.querySelector(".place"), mine = String(newest += 1);
    piece.dataset.turn = mine;
    begun(place);
    try {
      const got = await answer(addressed(piece.dataset.at, query(piece)));
      const body = piece.dataset.kind === "chart" ? await got.json() : await got.text();
      if (piece.dataset.turn !== mine) return;
      if (piece.dataset.kind === "chart") await chart(piece, place, body);
      else place.innerHTML = body;  // a fragment of this server, in which every text is escaped
      if (piece.dataset.kind !== "chart") tables(place);
    } catch (error) {
      if (piece.dataset.turn === mine) fails(place, error);
    } finally {
      if (piece.dataset.turn === mine) place.removeAttribute("aria-busy");
    }
  }

  function chart(piece, place, spec) {
    return new Promise((done) => withCharts(async () => {
      const view = await drawChart(place, spec);
      place.view = view;
      if (view && piece.dataset.opens) {
        view.addEventListener("click", (event, item) => {
          const datum = item && item.datum, to = datum && leadsTo(JSON.parse(piece.dataset.opens), datum);
          const said = controls() ? new URLSearchParams(new FormData(controls())).toString() : "";
          if (to) location.assign(addressed(to, said));
        });
      }
      done();
    }));
  }

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      show(entry.target);
    }
  }, { rootMargin: "300px" });

  function ask(pieces) {
    for (const piece of pieces) { seen.unobserve(piece); seen.observe(piece); }
  }

  // --- tables that sort when a heading is pressed, and the list that is filtered by a word ---------------------------
  const SCALES = { bn: 1e9, m: 1e6, k: 1e3 };

  // The number that a figure says, as "-$1.46 ± 0.04bn" or "12 %"; NaN for other text.
  function figure(said) {
    const plain = said.replace(/\u2212/g, "-").replace(/\u00a0/g, " ");
    const found = plain.match(/^(-?)\$?([\d,]+(?:\.\d+)?)(?: ± [\d.,]+)? ?(bn|m|k|%|bp|x)?(?: \*)?$/);
    if (!found) return NaN;
    return (found[1] ? -1 : 1) * Number(found[2].replace(/,/g, "")) * (SCALES[found[3]] || 1);
  }

  const key = (row, column) => {
    const cell = row.cells[column], told = cell.dataset.key, said = told === undefined ? cell.textContent.trim() : told;
    const number = said === "" ? NaN : told === undefined ? figure(said) : Number(said);
    return Number.isNaN(number) ? said : number;
  };

  function sort(table, heading) {
    const down = heading.getAttribute("aria-sort") === "ascending", column = heading.cellIndex, body = table.tBodies[0];
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a, column), key(b, column)];
      const order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1;
      return down ? -order : order;
    });
    body.append(...rows);
  }

  function tables(root) {
    for (const table of root.querySelectorAll("table.sorts")) {
      for (const heading of table.tHead.rows[0].cells) {
        const button = heading.querySelector("button");
        if (button) button.addEventListener("click", () => sort(table, heading));
      }
    }
  }

  function filters() {
    const word = document.getElementById("filter");
    if (!word) return;
    word.addEventListener("input", () => {
      const wanted = word.value.toLowerCase();
      for (const row of document.querySelectorAll("[data-filtered] tbody tr")) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      }
    });
  }

  // Two runs are chosen to compare: the button says so as soon as there are two.
  function compares() {
    const form = document.getElementById("compare");
    if (!form) return;
    const boxes = [...document.querySelectorAll("input[name=run]")], button = form.querySelector("button");
    const told = () => {
      const chosen = boxes.filter((box) => box.checked);
      button.disabled = chosen.length !== 2;
      for (const box of boxes) box.disabled = chosen.length === 2 && !box.checked;
    };
    boxes.forEach((box) => box.addEventListener("change", told));
    told();
  }

  // Headline figures, one after the other: the list itself is there at once.
  async function headlines() {
    for (const cell of document.querySelectorAll("[data-headline]")) {
      try {
        const found = await (await answer(cell.dataset.headline)).json();
        cell.textContent = found.text;
        cell.dataset.key = found.value === null ? "" : String(found.value);
      } catch (error) { fails(cell, error); }
    }
  }

  function changed(form, pieces) {
    form.addEventListener("submit", (event) => { event.preventDefault(); ask(pieces()); });
    form.addEventListener("change", () => {
      if (form.id === "controls") {
        const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
        history.replaceState(null, "", addressed(location.pathname, said));
        for (const link of document.querySelectorAll("a[data-carries]")) {
          link.href = addressed(link.getAttribute("href").split("?")[0], said);
        }
      }
      ask(pieces());
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const all = [...document.querySelectorAll("[data-at]")];
    if (controls() && controls().dataset.redraws !== undefined) changed(controls(), () => all);
    for (const piece of all) if (own(piece)) changed(own(piece), () => [piece]);
    ask(all);
    tables(document);
    filters();
    compares();
    headlines();
  });
})();
