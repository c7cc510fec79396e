// A student's desk: shows what /api/trade/observe says, and sends orders.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const at = (id) => document.getElementById(id);
  const short = (value) => {
    if (value === null) return "–";
    const size = Math.abs(value);
    if (size >= 1e15) return value.toExponential(1).replace(/^-/, MINUS);
    for (const [by, name] of [[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"]]) if (size >= by) return fixed(value / by, 2) + name;
    return fixed(value, size && size < 10 ? 2 : 0);
  };
  const price = (value, unit) => (value === null ? "–" : unit === "$" ? fixed(value, 2, 0) : `${fixed(100 * value, 3)} %`);
  const NO_NUMBER = "The amount is a number, as 250000 or 250,000 or 0.5.";
  const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/; // a comma parts thousands; who means decimals must not trade ten times as much
  const amount = () => { const text = at("amount").value.trim().replace(MINUS, "-"); return text.includes(",") && !GROUPED.test(text) ? NaN : text ? Number(text.replace(/,/g, "")) : NaN; };
  const cell = (text, name) => { const td = document.createElement("td"); td.textContent = text; if (name) td.className = name; return td; };
  const row = (...cells) => { const tr = document.createElement("tr"); tr.append(...cells); return tr; };
  let seen = null, live = null, left = null, past = null, asking = false, again = false, late = null;

  async function ask(address, options) {
    let answer;
    try { answer = await fetch(address, options); } catch { throw new Error(options ? "The desk did not answer: what you sent may not have arrived, so send it again." : "No connection to the desk: trying again."); }
    const found = await answer.json();
    if (answer.status === 401) { window.location = "/join"; }
    if (!answer.ok) throw new Error(found.error);
    return found;
  }
  // What is wrong, by where it comes from; a line stays as long as its cause.
  const wrong = { connection: "", looked: "", asked: "", desk: "" };
  const trouble = (from, text) => { wrong[from] = text; at("trouble").textContent = wrong.asked || wrong.connection || wrong.looked || wrong.desk; };

  async function look() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const found = await ask("/api/trade/observe");
      if (!past || (found.seen && past.time.length !== found.seen.turn + 1)) past = await ask("/api/trade/history");
      show(found);
      trouble("looked", "");
    } catch (error) { trouble("looked", error.message); } finally {
      asking = false;
      if (again) { again = false; look(); }
    }
  }

  function status() {
    if (!live) return;
    const chip = at("state"), name = live.moving ? "moving" : live.state;
    chip.textContent = { lobby: "waiting for the lecturer", moving: "the market moves", running: "decide", paused: "paused", ended: "over", broken: "interrupted" }[name];
    chip.className = `chip ${name}`;
    at("turn").textContent = live.turn;
    const seconds = left === null ? null : Math.max(0, left - Date.now()) / 1000;
    at("left").textContent = seconds === null || live.moving ? "" : `${seconds.toFixed(0)} s left`;
    for (const button of document.querySelectorAll("#ticket button")) button.disabled = !seen || !["running", "paused"].includes(live.state) || seen.done;
  }

  function take(state) {
    live = state;
    left = state.seconds_left === null ? null : Date.now() + 1000 * state.seconds_left;
    status();
    if (seen) orders();
  }

  function show(found) {
    seen = found.seen;
    take(found.live);
    list(at("news"), found.live.news, (line) => {
      const li = document.createElement("li"), time = document.createElement("time");
      time.textContent = line.time;
      li.append(time, line.text);
      return li;
    });
    at("others").classList.toggle("hidden", !found.live.scores);
    if (found.live.scores) {
      const ranked = [...found.live.scores].sort((one, other) => other.pnl - one.pnl);
      list(at("scores").tBodies[0], ranked, (each) => {
        const tr = row(cell(each.name), cell(million(each.pnl)), cell(million(each.drawdown)));
        tr.className = each.you ? "you" : each.alive ? "" : "gone";
        return tr;
      });
    }
    if (!seen) return;
    at("time").textContent = seen.time;
    at("share").value = seen.tick / Math.max(seen.last, 1);
    const account = seen.account, names = { pnl: "P&L", equity: "Equity", cash: "Cash", margin: "Margin posted", required: "Margin required", unmet: "Margin unmet", headroom: "Headroom: cash and line" };
    list(at("account").tBodies[0], Object.entries(names), ([key, name]) => row(cell(name), cell(million(account[key]), key === "unmet" && account.unmet > 0 ? "bad" : "")));
    trouble("desk", account.liquidated || account.defaulted ? "Your desk has been closed out." : "");
    const greeks = "delta" in seen.book, book = [["Value ($m)", million(seen.book.value)]];
    if (greeks) {
      book.push(["Delta (units)", short(seen.book.delta)], ["Gamma (units per 1 %)", short(seen.book.gamma * seen.market.spot / 100)], ["Vega ($m per vol point)", million(seen.book.vega / 100)]);
      for (const [node, slope] of Object.entries(seen.book.rates)) if (slope) book.push([`${node} ($m per bp)`, fixed(slope / 1e10, 3)]);
    }
    list(at("book").tBodies[0], book, ([name, value]) => row(cell(name), cell(value)));
    list(at("fills").tBodies[0], seen.fills, (fill) => row(cell(fill.venue), cell(short(fill.ordered)), cell(short(fill.quantity)), cell(price(fill.price, seen.venues[fill.venue].unit))));
    const neutral = Object.values(seen.venues).some((venue) => venue.neutral !== null);
    for (const element of document.querySelectorAll(".neutral")) element.classList.toggle("hidden", !neutral);
    if (at("venue").options.length !== Object.keys(seen.venues).length) list(at("venue"), Object.keys(seen.venues), (name) => new Option(name, name));
    orders();
    lineChart(at("spot"), past.spot, (value) => fixed(value, 0));
    lineChart(at("vol"), past.vol.map((value) => 100 * value), (value) => fixed(value, 1));
    lineChart(at("pnl"), past.pnl.map((value) => Math.round(value / 1e4) / 100), (value) => fixed(value, Math.abs(value) < 10 ? 1 : 0));
  }

  async function debrief() {
    const found = await ask("/api/trade/debrief"), box = at("debrief");
    const rows = [["Loss", found.loss], ...found.parts.filter((each) => each.cost).map((each) => [`  ${each.part}`, each.cost]), ["Loss as a price taker, with the same orders", found.twin_loss], ["Drawdown, at closes", found.drawdown]];
    list(box.querySelector("tbody"), rows, ([name, value]) => row(cell(name), cell(million(value))));
    box.classList.remove("hidden");
  }

  function list(element, items, make) { element.replaceChildren(...items.map(make)); }

  function orders() {
    const neutral = Object.values(seen.venues).some((venue) => venue.neutral !== null);
    list(at("quotes").tBodies[0], Object.entries(seen.venues), ([name, venue]) => {
      const cells = [cell(name), cell(price(venue.mid, venue.unit)), cell(fixed(1e4 * venue.half_spread, 2)), cell(short(venue.depth)), cell(short(venue.held))];
      if (neutral) cells.push(cell(short(venue.neutral)));
      const tr = row(...cells, cell(name in live.ordered ? short(live.ordered[name]) : ""));
      tr.classList.toggle("picked", at("venue").value === name);
      tr.classList.toggle("halted", !venue.open);
      tr.addEventListener("click", () => { at("venue").value = name; orders(); preview(); });
      return tr;
    });
    preview();
  }

  function units() {
    const venue = seen && seen.venues[at("venue").value], typed = amount();
    if (!venue || !Number.isFinite(typed)) return null;
    if (at("in").value === "neutral") return (typed / 100) * (venue.neutral - venue.held);
    const side = Number(document.querySelector("input[name=side]:checked").value);
    return side * (at("in").value === "dollars" ? (typed * 1e6) / venue.notional : typed);
  }

  function cost(venue, quantity) {
    const notional = Math.abs(quantity * venue.notional), share = venue.depth ? notional / venue.depth : 0;
    const spread = notional * venue.charge * venue.half_spread, walk = notional * venue.charge * venue.walk * share;
    return { notional, share, spread, walk };
  }

  function preview() {
    const quantity = units();
    if (quantity === null) { at("preview").textContent = at("amount").value.trim() ? NO_NUMBER : "Keys: b buy, s sell, a amount, n to neutral, w withdraw, Enter orders."; return; }
    const venue = seen.venues[at("venue").value], found = cost(venue, quantity);
    at("preview").textContent = `${quantity < 0 ? "Sell" : "Buy"} ${short(Math.abs(quantity))} units, $${short(found.notional)} notional, ${found.share < 1e4 ? `${(100 * found.share).toFixed(0)} % of` : "over 10,000 times"} the depth: ` +
      `costs about $${short(found.spread + found.walk)} (spread ${short(found.spread)}, walk ${short(found.walk)})${found.share > 0.5 ? "; it may be filled in part" : ""}.`;
  }

  async function send(quantity) {
    try {
      const found = await ask("/api/trade/orders", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ turn: live.turn, orders: { [at("venue").value]: quantity } }) });
      live.ordered = found.ordered;
      trouble("asked", "");
      at("amount").value = "";
      orders();
    } catch (error) { trouble("asked", error.message); }
  }
  at("ticket").addEventListener("submit", (event) => {
    event.preventDefault();
    const quantity = units();
    if (quantity === null) trouble("asked", NO_NUMBER); else send(quantity);
  });
  at("hedge").addEventListener("click", () => { const venue = seen.venues[at("venue").value]; send(venue.neutral - venue.held); });
  at("withdraw").addEventListener("click", async () => {
    try {
      live.ordered = (await ask("/api/trade/orders", { method: "DELETE", body: "{}" })).ordered;
      trouble("asked", "");
      orders();
    } catch (error) { trouble("asked", error.message); }
  });
  for (const id of ["amount", "in", "venue"]) at(id).addEventListener("input", () => { trouble("asked", ""); if (seen) orders(); });
  for (const side of document.querySelectorAll("input[name=side]")) side.addEventListener("change", preview);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
    const act = { b: () => { document.querySelector("input[name=side][value='1']").click(); }, s: () => { document.querySelector("input[name=side][value='-1']").click(); },
      a: () => { at("amount").focus(); }, n: () => { if (!at("hedge").disabled) at("hedge").click(); }, w: () => { if (!at("withdraw").disabled) at("withdraw").click(); } }[event.key];
    if (act) { act(); event.preventDefault(); }
  });

  const stream = new EventSource("/api/trade/events");
  stream.addEventListener("state", (event) => {
    const found = JSON.parse(event.data), key = `${found.state} ${found.turn} ${found.moving}`;
    take(found);
    if (found.debrief) debrief().catch((error) => trouble("looked", error.message));
    if (key !== late || !seen) { late = key; look(); }
  });
  stream.onerror = () => { trouble("connection", "No connection: trying again. What stands under 'Ordered now' is kept."); };
  stream.onopen = () => { trouble("connection", ""); look(); };
  setInterval(status, 250);
  setInterval(() => { if (live && live.state !== "ended") look(); }, 15000);
});
