"""Risk and hedges of a book of rates: a known swap in a book, and a hedge that leaves what least squares leaves."""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from scenarios.studies.risk.bare_book import bare_book
from scenarios.studies.risk.book_risk import book_risk
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.known_curves import SOFR, quotes_csv
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.estimate import Estimate

SWAP = {  # value, and the last digit given
    "value": (-1235662.22032587, 1e-7),
    "PV01": (38085.07371946, 1e-7),
    "DV01 by quotes": (-37509.61223647, 1e-7),
    "DV01 by the 8Y quote": (-16853.166869, 1e-6),
    "DV01 by the 10Y quote": (-21080.032863, 1e-6),
    "theta, forwards realised": (-147.540127, 1e-6),
    "theta, zero curve unchanged": (-498.416359, 1e-6),
}


def read_swap(lab: Lab) -> Measured:
    """As `spiral risk` has them, of the swap in a book."""
    book = pl.DataFrame({"kind": ["ois"], "notional": [50e6], "months": [108], "fixed_rate": [0.035]})
    risk = book_risk(bare_book(book, pl.read_csv(io.StringIO(quotes_csv("sofr", SOFR))), day="2026-03-02"))
    row, quotes = risk.positions().row(0, named=True), risk.quotes()
    assert quotes is not None
    ladder = {str(quote).split()[-1]: float(change) for _, quote, change in quotes.iter_rows()}
    found = {
        "value": row["value"],
        "PV01": row["pv01"],
        "DV01 by quotes": row["dv01"],
        "DV01 by the 8Y quote": ladder["8Y"],
        "DV01 by the 10Y quote": ladder["10Y"],
        "theta, forwards realised": row["theta"],
        "theta, zero curve unchanged": row["theta_same_zeros"],
    }
    return Measured(estimates={what: Estimate(float(value)) for what, value in found.items()})


RIDGE = 0.05
VENUES = ("us2y", "us10y", "strip")
DEEP = {"half_spread": 0.0, "depth": 1e15, "impact": 0.0}


def read_leg(lab: Lab) -> Measured:
    """For each venue -(rest . hedge) / |hedge|^2 over the nodes, rest what is open: the ridge, and without one nothing.

    Least squares leave the gradient at zero: J' rest + ridge |J|^2 q = 0, by the hedge's own risk w = J q.
    """
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.03, "us10y": 0.03, "credit": 0.0}
    first = {**level, "nodes": {"us5y": 0.03, "us20y": 0.032}}
    nodes = {name: {"years": years, "vol": 0.01} for name, years in (("us5y", 5.0), ("us20y", 20.0))}
    desk = {
        "type": "Hedger",
        "capital": 1e12,
        "book": [
            {"kind": "swap", "notional": 2e9, "months": 84, "fixed_rate": 0.03},
            {"kind": "swap", "notional": -1e9, "months": 200, "fixed_rate": 0.035},
        ],
        "policy": {"kind": "every", "interval": "tick"},
    }
    legs = {"ridge": {"venues": list(VENUES), "ridge": RIDGE}, "exact": {"venues": list(VENUES)}}
    scenario = textbook(
        minutes=1440,
        anchors=[{"date": "2020-01-01", **first}, {"date": "2020-01-06"}],
        market={
            "rates": {
                "vol_us2y": 0.01,
                "vol_us10y": 0.01,
                "nodes": nodes,
                "bonds": {"strip": {"node": "us20y", "venue": DEEP}},
            }
        },
        agents={
            "maker": {**MAKER, "venues": ["asset", "us2y", "us10y", "strip"]},
            **{name: {**desk, "rates_leg": leg} for name, leg in legs.items()},
        },
        run={"paths": 16},
    )
    risk = lab.run(scenario, twin="none").table("risk").filter(pl.col("at") == "end", pl.col("kind") == "node")
    found = {}
    for name in legs:
        mine = risk.filter(pl.col("agent") == name, pl.col("bucket") != "overnight").collect()
        rest = _by_node(mine)
        for venue in VENUES:
            hedge = _by_node(mine.filter(pl.col("holder") == venue)).join(
                rest, on=("path", "bucket"), suffix="_left", how="left"
            )
            dots = hedge.group_by("path").agg(
                ratio=-(pl.col("risk") * pl.col("risk_left")).sum() / (pl.col("risk") ** 2).sum()
            )
            found[f"{name}, {venue}"] = Estimate(float(np.max(np.abs(dots["ratio"].to_numpy()))))
    return Measured(estimates=found)


def _by_node(risk: pl.DataFrame) -> pl.DataFrame:
    return risk.group_by("path", "bucket").agg(pl.col("risk").sum())


CASES = (
    Case(
        name="book-risk",
        title="A swap in a book, and its risk at the start",
        chapter="Rates",
        source="computed twice, 1e-15; QuantLib's NPV and bumps",
        inputs="receive 3.50 % for 9 years on 50m, SOFR, log-linear discount factors, 2 March 2026",
        statistic="value and exact derivatives, as `spiral risk` prints them",
        expected=tuple(
            Expected(what=what, value=value, rounding=digit, exact="twice") for what, (value, digit) in SWAP.items()
        ),
        measure=read_swap,
        fast=True,
        needs=("QuantLib",),
    ),
    Case(
        name="rates-leg",
        title="Three venues against five nodes leave what least squares leave",
        chapter="Rates",
        source="normal equations of ridge regression",
        inputs="two swaps, hedged with 2Y and 10Y swaps and a 20Y strip; ridge 0.05 and none; 16 noisy paths",
        statistic="-(what is open . risk of a hedge) / |risk of the hedge|^2 at the end, largest over paths",
        expected=(
            *(Expected(what=f"ridge, {venue}", value=RIDGE, rounding=1e-9) for venue in VENUES),
            *(Expected(what=f"exact, {venue}", value=0.0, rounding=1e-9) for venue in VENUES),
        ),
        measure=read_leg,
        fast=True,
    ),
)
