"""A swap, a note and a bill on a quoted curve, in the books of a run: known prices, and a known day."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from markets.products.quoted_cash import Dated, spread_at
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.known_curves import SOFR
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER
from scenarios.worlds.books import instruments, starting_market
from sim.estimate import Estimate

DAY = date(2026, 3, 2)
SIZE = 50e6
BOOKS = {
    "swap": {"kind": "ois", "notional": SIZE, "months": 108, "fixed_rate": 0.035},
    "note": {"kind": "bond", "notional": SIZE, "expiry": "2031-02-28", "fixed_rate": 0.03875, "price": 100.46},
    "bill": {"kind": "bill", "notional": SIZE, "expiry": "2026-06-04", "quoted_rate": 0.0407},
}
ZEROS = {"overnight": 0.0433, "us2y": 0.0366, "us10y": 0.0386}  # near the quotes' own


def still_market() -> Scenario:
    """Three days in which nothing moves, a desk for each instrument."""
    quotes = (line.split()[:2] for line in SOFR.strip().splitlines() if not line.startswith("-"))
    rates = {tenor: float(percent) / 100 for tenor, percent in quotes}
    level = {"spot": 100.0, "vol": 0.2, "credit": 0.0, **ZEROS}
    still = {"vol_overnight": 0.0, "vol_us2y": 0.0, "vol_us10y": 0.0}
    desks = {
        name: {"type": "Hedger", "capital": 1e9, "policy": {"kind": "never"}, "book": [line]}
        for name, line in BOOKS.items()
    }
    return from_dict(
        {
            "name": "cash_book",
            "clock": {"tick_minutes": 390},
            "market": {"rates": {**still, "curves": {"sofr": {"convention": "usd_sofr", "rates": rates}}}},
            "feedback": dict.fromkeys(("leverage", "spread", "depth", "impact", "credit", "margin"), 0.0),
            "storyline": {"anchor": [{"date": DAY, **level}, {"date": date(2026, 3, 5), **level}]},
            "agents": {**desks, "maker": MAKER, "bank": {"type": "FundingDesk", "line": 1e12}},
            "run": {"paths": 1, "twin": "none", "witnesses": 0, "seed": 5},
        },
        as_given=True,  # a lender of a trillion
    )


def read_book(lab: Lab) -> Measured:
    """Values at the start, prices on the settlement day, and what the first day makes of the swap."""
    scenario = still_market()
    run, start = lab.run(scenario), starting_market(scenario)
    book = run.table("book").collect().filter(pl.col("at") == "start")
    values = dict(zip(book["agent"].to_list(), book["value"].to_list(), strict=True))
    prices = {}
    for name in ("note", "bill"):
        (item,) = instruments(scenario.agent(name), start)  # type: ignore[arg-type]
        dated: Dated = item.dated(start)  # type: ignore[attr-defined]
        years = (dated.settled - DAY).days / 365
        prices[name] = 100 * values[name] / SIZE / start.discount(years) * np.exp(spread_at(dated, start) * years)
    marks = run.marks.filter(agent="swap").sort("time").collect()
    first, second = marks.filter(pl.col("time").dt.hour() >= 16)["book_value"].to_list()[:2]
    return Measured(
        estimates={
            "receive 3.5 % for 9 years": Estimate(values["swap"]),
            "the swap, a day later, zero rates the same": Estimate(second - first),
            "note at 100.46, with accrued interest": Estimate(float(prices["note"])),
            "bill at a discount of 4.07 %": Estimate(float(prices["bill"])),
        }
    )


CASES: tuple[Case, ...] = (
    Case(
        name="cash-book",
        title="A swap, a note and a bill in the books of a run",
        chapter="Rates",
        source="own bootstrap and street formulas; QuantLib's OvernightIndexedSwap and FixedRateBond",
        inputs="the SOFR curve of 2 March 2026, log-linear; a swap on 50m, a note at 100.46, a bill at 4.07 %",
        statistic="values in `book` at the start, over the discount factor of the settlement day; change of the swap's "
        "`book_value` in `marks` from the first close to the second",
        expected=(
            Expected(what="receive 3.5 % for 9 years", value=-1235662.22032587, unit="$", rounding=1e-4),
            Expected(what="the swap, a day later, zero rates the same", value=-498.416359, unit="$", rounding=1e-4),
            Expected(what="note at 100.46, with accrued interest", value=100.491589673913, rounding=1e-9),
            Expected(what="bill at a discount of 4.07 %", value=98.9485833333, rounding=1e-9),
        ),
        measure=read_book,
        fast=True,
        seconds=3.0,
    ),
)
