"""What would it have cost and saved to buy vega back in each equity crisis? Fills the tables of its page.

`make studies` runs it; `python docs/studies/vega_hedge.py crises` fills one table.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl
from numpy.typing import NDArray
from tables import fill, markdown

from analysis.charts import theme
from analysis.charts.scales import axis, rows
from analysis.numbers import mean
from analysis.pages.report import save
from markets.vols.black_scholes import black_scholes
from markets.vols.smile import strike_multiple, term_response
from scenarios import from_dict, load, run
from sim.dataset import Run

PAGE = Path(__file__).with_name("vega_hedge.md")
PICTURE = PAGE.with_suffix(".png")
PATHS = 500
COVID = "covid_crash_2020"
CRISES = (
    "election_2016",
    "brexit_2016",
    "china_deval_2015",
    "liberation_day_2025",
    "short_vol_blowup",
    COVID,
)
SHARES = (0.0, 0.25, 0.5, 1.0)
Vector = NDArray[np.float64]

# Puts of three months, 5 % out of the money, struck anew once a week, and straddles of a month.
P3 = {"kind": "put", "moneyness": 0.95, "expiry_months": 3, "roll_days": 5, "smile": "roll"}
OPTIONS: dict[str, dict[str, Any]] = {
    "p3": P3,
    "s1": {"kind": "straddle", "expiry_months": 1, "roll_days": 5, "smile": "roll"},
    "p6": {**P3, "expiry_months": 6},
    "kept": {**P3, "roll_days": 1000},
}
SWAP = {"expiry_months": 3, "smile": "roll"}
HEDGES = {  # of all vega
    "s1": "straddles of a month, struck anew once a week",
    "p3": "puts of three months, struck anew once a week",
    "kept": "the same puts, kept",
    "p6": "puts of six months, struck anew once a week",
    "v3": "a variance swap of three months, kept",
}
DEALER = {"type": "OptionMaker", "capital": 3e9, "vega_limit": 1e8, "gamma_limit": 2e10}
PARTS = {
    "convexity": ("gamma", "hedge_gamma"),
    "carry": ("theta", "hedge_theta"),
    "slippage": ("delta", "hedge"),
    "re-marking": ("vega", "hedge_vega"),
    "rates": ("rates", "hedge_rates"),
    "liquidity tax": ("spread_cost_calm", "spread_cost_crisis", "impact_cost", "netting_gain"),
    "close-outs and funding": ("closeout_cost", "funding_overnight", "funding_credit"),
}


@cache
def made(share: float, target: str, crisis: str = COVID, hedge: str = "p3") -> Run:
    """A crisis with listed options, of which the desk buys back a share of its risk."""
    tables = load(crisis).to_dict()
    names = ["p3", "s1"] if target == "both" or hedge == "p3" else [hedge]
    tables["market"]["options"] = {name: OPTIONS[name] for name in names if name in OPTIONS}
    tables["market"]["variance_swaps"] = {"v3": SWAP} if hedge == "v3" else {}
    tables["agents"]["dealer"] = {**DEALER, "venues": names}
    venues = names if target == "both" else [hedge]
    tables["agents"]["hedger"]["option_leg"] = {"venues": venues, "target": target, "share": share}
    out = Path("runs/vega_hedge") / f"{crisis}-{target}-{hedge}-{share:g}"
    return run(from_dict(tables), paths=PATHS, witnesses=0, twin="none", unhedged=False, out=out, workers=1)


@cache
def by_expiry() -> Run:
    """The covid crash with a desk for each line of the book; together they hold and trade what the one desk does."""
    tables = load(COVID).to_dict()
    desk = tables["agents"].pop("hedger")
    lines = {f"m{line['months']}": {**desk, "book": [line], "capital": 3e9} for line in desk["book"]}
    tables["agents"] = {**tables["agents"], **lines}
    out = Path("runs/vega_hedge/by_expiry")
    return run(from_dict(tables), paths=PATHS, witnesses=0, twin="none", unhedged=False, out=out, workers=1)


def last(of: Run, agent: str, columns: Sequence[str]) -> Vector:
    """The loss by columns of `marks` at the end, (paths,) $."""
    return -at_closes(of, agent, columns)[-1]


def at_closes(of: Run, agent: str, columns: Sequence[str]) -> Vector:
    """Sum of columns that count from the start, at every close, (closes, paths) $; a dealer's at the last one alone."""
    rows = of.desks if agent == "hedger" else of.marks
    marks = rows.filter(pl.col("agent") == agent, pl.col("world") == "actual").sort("time", "path")
    there = [column for column in columns if column in marks.collect_schema().names()]
    found: Vector = marks.select(pl.sum_horizontal(*there)).collect().to_series().to_numpy().reshape(-1, PATHS)
    return found


def losses(target: str) -> str:
    """Parts of the desk's loss at share 0, and by how much they differ on the same noise at the others."""
    rows = []
    for name, columns in {**PARTS, "loss": ("pnl",)}.items():
        bare = last(made(0.0, target), "hedger", columns)
        rows.append(
            (name, _told(bare), *(_told(last(made(s, target), "hedger", columns) - bare, "+") for s in SHARES[1:]))
        )
    return markdown(("", "nothing bought back", *(f"{share:.0%}" for share in SHARES[1:])), rows)


def outcomes() -> str:
    """Tail, force and the other side, by target and share."""
    rows = []
    for target in ("vega", "both"):
        for share in SHARES:
            of = made(share, target)
            loss = last(of, "hedger", ("pnl",))
            taken = last(of, "hedger", ("book_share",)) + 1.0
            dealer = last(of, "dealer", ("pnl",))
            figures = _told(loss), f"{_tail(loss) / 1e6:,.0f}m", _told(taken, unit="share"), _told(dealer)
            rows.append((target, f"{share:.0%}", *figures))
    head = (
        "target",
        "bought back",
        "mean loss",
        "ES 95 % of the loss, $",
        "book taken by the lender",
        "the dealer loses",
    )
    return markdown(head, rows)


def _told(sample: Vector, sign: str = "", unit: Any = "$") -> str:
    """The mean with its standard error."""
    found = mean(sample, unit, "")
    text = str(found)
    return f"+{text}" if sign and found.value > 0 else text


def crises() -> str:
    """By crisis: the loss, what buying all of the vega back would have saved and cost, the tail, and variance."""
    lines = []
    for crisis in CRISES:
        bare, half, whole, swap = (
            made(0.0, "vega", crisis),
            made(0.5, "vega", crisis),
            made(1.0, "vega", crisis),
            made(1.0, "vega", crisis, "v3"),
        )
        loss = last(bare, "hedger", ("pnl",))

        def changed(columns: Sequence[str], to: Run = whole, of: Run = bare) -> Vector:
            return last(to, "hedger", columns) - last(of, "hedger", columns)

        paid = (*PARTS["carry"], *PARTS["liquidity tax"])
        figures = (
            _told(loss),
            _told(changed((*PARTS["re-marking"], *PARTS["convexity"])), "+"),
            _told(changed(paid), "+"),
            _told(changed(("pnl",), half), "+"),
            _told(changed(("pnl",)), "+"),
            _told(changed(("pnl",), swap), "+"),
            f"{_tail(loss) / 1e6:,.0f}m to {_tail(last(whole, 'hedger', ('pnl',))) / 1e6:,.0f}m",
        )
        lines.append((crisis, *figures))
    head = (
        "crisis",
        "loss without",
        "re-marking and convexity",
        "carry and liquidity tax",
        "loss, half bought back",
        "loss, all",
        "all, in variance",
        "ES 95 %, without to all, $",
    )
    return markdown(head, lines)


def expiries() -> str:
    """The covid book line by line: vega at the start, vols of its options, what vol and gamma took."""
    of, lines = by_expiry(), []
    book = of.table("book").filter(pl.col("at") == "start").collect()
    for months in (2, 3, 6):
        name = f"m{months}"
        vega = float(book.filter(agent=name)["vega_point"].sum())
        vols = " to ".join(f"{vol:.1%}" for vol in _vols(months))
        parts = (_told(last(of, name, PARTS[part])) for part in ("re-marking", "convexity", "carry"))
        lines.append((f"{months} months", f"{abs(vega) / 1e6:.2f}m", vols, *parts, _told(last(of, name, ("pnl",)))))
    head = ("puts of", "vega by 30-day vol at the start, $ a point", "their vol, 19 February to 16 March")
    return markdown((*head, "re-marking", "convexity", "carry", "loss"), lines)


def _vols(months: int) -> tuple[float, float]:
    """Vol of a line's strike at the start and on 16 March, on the median path."""
    market, line = load(COVID).market, next(each for each in _book() if each["months"] == months)
    closes = _levels("vol")
    years = months / 12
    multiple = float(
        strike_multiple(np.array([line["moneyness"]]), years, spot=1.0, skew=market.skew, form=market.smile)[0]
    )
    found = []
    for row in (0, _days().index(date(2020, 3, 16))):
        left = years - row / 252
        response = float(term_response(np.array([left]), market.term_reversion)[0])
        found.append(multiple * closes[0, 0] * (float(np.median(closes[row])) / closes[0, 0]) ** response)
    return found[0], found[1]


def _book() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load(COVID).to_dict()["agents"]["hedger"]["book"]
    return found


def _levels(column: str) -> Vector:
    """Of the asset's closes of the covid run without a hedge of vega, (closes, paths)."""
    closes = made(0.0, "vega").table("closes").filter(pl.col("venue") == "asset", pl.col("world") == "actual")
    found: Vector = closes.sort("time", "path").select(column).collect().to_series().to_numpy().reshape(-1, PATHS)
    return found


def _days() -> list[date]:
    closes = made(0.0, "vega").table("closes").filter(pl.col("venue") == "asset", pl.col("path") == 0)
    found: list[date] = closes.sort("time").select(pl.col("time").dt.date()).collect().to_series().to_list()
    return found


SHOWN = ("02-19", "02-24", "02-28", "03-06", "03-09", "03-12", "03-16", "03-23", "04-09")


def days() -> str:
    """The covid desk that buys nothing back: at some closes, what it has lost, and what buying back then would cost."""
    of, all_days = made(0.0, "vega"), _days()
    vol, spot = _levels("vol"), _levels("mid")
    lost, marked = (-at_closes(of, "hedger", columns) for columns in (("pnl",), PARTS["re-marking"]))
    others = -at_closes(of, "hedger", (*PARTS["convexity"], *PARTS["carry"]))
    share = at_closes(of, "hedger", ("book_share",))
    lines = []
    for day in (date.fromisoformat(f"2020-{shown}") for shown in SHOWN):
        row = all_days.index(day)
        vega = share[row] * _vega(row, spot[row], vol[row])
        crossing = vega * 0.003 * vol[row] / vol[0]  # the rule's half-spread
        lines.append(
            (
                f"{day:%d %B}",
                f"{np.median(vol[row]):.1%}",
                _told(lost[row]),
                _told(marked[row]),
                _told(vega / 100),
                _told(crossing),
                _told(marked[-1] - marked[row], "+"),
                _told(others[-1] - others[row], "+"),
            )
        )
    head = (
        "close of",
        "30-day vol, median",
        "loss so far",
        "of it re-marking",
        "vega by their own vols, $ a point",
        "to cross the spread",
    )
    return markdown((*head, "re-marking still to come", "convexity and carry still to come"), lines)


def _vega(row: int, spot: Vector, vol: Vector) -> Vector:
    """Of the book's puts by their own vols, (paths,) $ per 1.00, a month as 21 days."""
    market, first = load(COVID).market, load(COVID).storyline.anchor[0]
    whole = np.zeros(spot.size)
    for line in _book():
        years = line["months"] / 12
        left = max(years - row / 252, 0.0)
        strike = line["moneyness"] * float(first.spot or 0.0)
        multiple = strike_multiple(np.array([line["moneyness"]]), years, spot=1.0, skew=market.skew, form=market.smile)
        response = term_response(np.array([left]), market.term_reversion)
        own = multiple * float(first.vol or 0.0) * (vol / float(first.vol or 1.0)) ** response
        units = -line["notional"] / float(first.spot or 1.0)
        whole += units * black_scholes(spot, strike, own, left, 0.01, kind="put").vega
    return whole


def hedges() -> str:
    """All vega of the covid book bought back in one thing or another: parts of the loss less those without."""
    bare, lines = made(0.0, "vega"), []
    names = ("re-marking", "convexity", "carry", "liquidity tax")
    for hedge, words in HEDGES.items():
        of = made(1.0, "vega", COVID, hedge)
        parts = [last(of, "hedger", PARTS[name]) - last(bare, "hedger", PARTS[name]) for name in names]
        loss = last(of, "hedger", ("pnl",))
        figures = (*(_told(part, "+") for part in parts), _told(loss - last(bare, "hedger", ("pnl",)), "+"))
        lines.append((words, *figures, f"{_tail(loss) / 1e6:,.0f}m"))
    return markdown(("all vega bought back in", *names, "loss", "ES 95 % of the loss, $"), lines)


def _tail(loss: Vector) -> float:
    """Mean of the worst twentieth."""
    return float(np.sort(loss)[-PATHS // 20 :].mean())


def draw() -> None:
    """Loss by crisis and share, with standard errors."""
    found = []
    for crisis in CRISES:
        for share in (0.0, 0.5, 1.0):
            loss = last(made(share, "vega", crisis), "hedger", ("pnl",)) / 1e6
            error = float(loss.std() / np.sqrt(PATHS))
            middle = float(loss.mean())
            found.append((crisis, f"{share:.0%}", middle, middle - 2 * error, middle + 2 * error))
    frame = pl.DataFrame(found, schema=["crisis", "bought back", "loss", "low", "high"], orient="row")
    base = alt.Chart(rows(frame)).encode(
        y=alt.Y("crisis:N", sort=list(CRISES), title=None),
        yOffset=alt.YOffset("bought back:N", sort=["0%", "50%", "100%"]),
        color=alt.Color("bought back:N", sort=["0%", "50%", "100%"], title="vega bought back"),
    )
    bars = base.mark_bar(height=8).encode(x=alt.X("loss:Q", axis=axis("mean loss of the desk, $m")))
    errors = base.mark_rule(strokeWidth=1.5).encode(x="low:Q", x2="high:Q", color=alt.value("#444444"))
    chart = theme.finish(
        theme.layer(bars, errors, width=420, height=260),
        "What buying vega back saves",
        "Puts of three months, struck anew once a week; bars of two standard errors.",
    )
    save(chart, PICTURE, title="vega_hedge")


TABLES = {
    "crises": crises,
    "shares": lambda: losses("vega"),
    "both": lambda: losses("both"),
    "outcomes": outcomes,
    "expiries": expiries,
    "days": days,
    "hedges": hedges,
}

if __name__ == "__main__":
    fill(PAGE, TABLES, sys.argv[1:])
    if not sys.argv[1:]:
        draw()
