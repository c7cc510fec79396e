"""A swap book hedged with benchmark swaps, on a known move of the curve: notionals, earnings and trades."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agents.desk.loss import ATTRIBUTION, COSTS
from markets.products.dates import add_months
from markets.products.swap import Swap
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.desk_mechanics import exact, moved, of
from scenarios.studies.validation.cases.trading_mechanics import over_days
from scenarios.studies.validation.lab import Lab

Floats = NDArray[np.float64]
START = date(2020, 1, 1)
YEAR = 364  # days of the continuous calendar
NOTIONAL, FIXED, MATURITY = 1e8, 0.025, add_months(START, 84)
BEFORE, AFTER = 0.02, 0.03  # all node rates, on days 0 and 1
VENUE_YEARS = {"us2y": 2, "us10y": 10}
HALF_SPREAD, IMPACT, SLOPE = 1e-5, 5e-4, 0.5  # of both swap venues, as they are by default
DEPTH = {"us2y": 50e9, "us10y": 12e9}


def years(day: date) -> float:
    """From the start."""
    return (day - START).days / YEAR


@dataclass(frozen=True)
class Flows:
    """Amounts ($) at times (years from now) on a flat curve, (flows,) each."""

    amounts: Floats
    times: Floats

    def value(self, rate: float) -> float:
        """$."""
        return float(self.amounts @ np.exp(-rate * self.times))

    def sensitivity(self, rate: float) -> dict[str, float]:
        """$ per 1.00 of the 2Y and the 10Y node: the zero rate is linear between the nodes, and flat beyond."""
        rise = -self.amounts * self.times * np.exp(-rate * self.times)
        share = {"us2y": np.interp(self.times, (0, 2, 10), (0, 1, 0)), "us10y": np.interp(self.times, (2, 10), (0, 1))}
        return {node: float(rise @ weight) for node, weight in share.items()}


def client_swap(day: int) -> Flows:
    """The desk receives fixed half-yearly and pays what was fixed at the start, then par: (1 + L) DF(3 months) - DF."""
    legs = Swap(notional=NOTIONAL, maturity=MATURITY)
    fixed, first = legs.fixed_leg(START), years(legs.float_leg(START)[0].end)
    amounts = [*(FIXED * p.accrual for p in fixed), 1.0, -math.exp(BEFORE * first)]
    times = [*(years(p.end) for p in fixed), years(MATURITY), first]
    return Flows(NOTIONAL * np.array(amounts), np.array(times) - day / YEAR)


def annuity(tenor: int, day: int) -> Flows:
    """1 $ a year, backwards from maturity, with a stub in front."""
    left = years(add_months(START, 12 * tenor)) - day / YEAR
    times: Floats = left - np.arange(math.ceil(left), dtype=np.float64)
    return Flows(np.minimum(times, 1.0), times)


def floating(tenor: int, day: int) -> Flows:
    """1 - DF."""
    return Flows(np.array([1.0, -1.0]), np.array([0.0, years(add_months(START, 12 * tenor)) - day / YEAR]))


def par(tenor: int, day: int, rate: float) -> float:
    """Fixed rate of a benchmark swap that is worth nothing."""
    return floating(tenor, day).value(rate) / annuity(tenor, day).value(rate)


def neutral(day: int, rate: float) -> dict[str, float]:
    """Notionals received fixed that leave the desk without 2Y and 10Y sensitivity, $: the 10Y first, then the 2Y."""
    left, found = client_swap(day).sensitivity(rate), {}
    for node in ("us10y", "us2y"):
        tenor = VENUE_YEARS[node]
        fixed, paid = annuity(tenor, day).sensitivity(rate), floating(tenor, day).sensitivity(rate)
        own = {n: par(tenor, day, rate) * fixed[n] - paid[n] for n in VENUE_YEARS}
        found[node] = -left[node] / own[node]
        left = {n: left[n] + found[node] * own[n] for n in VENUE_YEARS}
    return found


def earned() -> float:
    """What the first hedge earns in a day on which rates rise: accruals at the old overnight rate, revaluation, $."""
    total = 0.0
    for node, notional in neutral(0, BEFORE).items():
        tenor = VENUE_YEARS[node]
        coupon = par(tenor, 0, BEFORE)
        worth = coupon * annuity(tenor, 1).value(AFTER) - floating(tenor, 1).value(AFTER)
        total += notional * ((coupon - BEFORE) / YEAR + worth)
    return total


def traded() -> dict[str, float]:
    """What is traded when the hedge is looked at on day 1, $ received fixed."""
    then, now = neutral(0, BEFORE), neutral(1, AFTER)
    return {node: now[node] - then[node] for node in VENUE_YEARS}


def worse(node: str) -> float:
    """By how much the receiver's rate is below mid: half-spread and walk."""
    quantity = traded()[node]
    return math.copysign(HALF_SPREAD, quantity) + SLOPE * IMPACT * quantity / DEPTH[node]


def measure(lab: Lab) -> Measured:
    """A desk that hedges again when rates have moved, in a market that does not answer and in one that does."""
    desk: dict[str, Any] = {"type": "Hedger", "capital": 1e9}
    book = [{"kind": "swap", "expiry": MATURITY, "notional": NOTIONAL, "fixed_rate": FIXED}]
    path, found = [(0, 100.0, 0.2), (1, 100.0, 0.2), (2, 100.0, 0.2)], {}
    agents = {"desk": {**desk, "book": book, "policy": {"kind": "every", "interval": "tick"}}}
    for impact in (0.0, 1.0):
        run = moved(lab, path, agents, rates=(BEFORE, AFTER, AFTER), feedback={"impact": impact})
        marks = of(run.marks, "desk")
        parts = (sum(day) for day in zip(*(over_days(marks, part) for part in (*ATTRIBUTION, *COSTS)), strict=True))
        gaps = [abs(a - b) for a, b in zip(parts, over_days(marks, "pnl"), strict=True)]
        found[f"P&L less its components, impact x {impact:g}"] = max(gaps)
        if impact == 0:  # what is traded at par is worth nothing yet, and its cost is booked apart
            found["earned by the hedge in a day"] = over_days(marks, "hedge_rates")[1]
            found["cost of the re-hedge"] = -over_days(marks, "spread_cost_calm")[1]
            continue
        levels = run.closes.filter(pl.col("venue") == "asset")
        for node in VENUE_YEARS:
            trades = run.trades.filter(pl.col("venue") == node)
            quantity, price, mid = (over_days(trades, column)[0] for column in ("quantity", "price", "mid"))
            found[f"{node}, traded"] = quantity
            found[f"{node}, mid"] = mid
            found[f"{node}, mid less the price"] = mid - price
            found[f"{node}, node rate after it"] = over_days(levels, node)[1]
    return exact(found)


def expected() -> tuple[Expected, ...]:
    """By node."""
    found = [Expected(what="earned by the hedge in a day", value=earned(), unit="$", rounding=1e-3)]
    paid = sum(abs(q) * HALF_SPREAD * annuity(VENUE_YEARS[node], 1).value(AFTER) for node, q in traded().items())
    found.append(Expected(what="cost of the re-hedge", value=paid, unit="$", rounding=1e-4))
    found += [  # far closer than the engine's own proof, which allows for all that has moved
        Expected(what=f"P&L less its components, impact x {impact}", value=0.0, rounding=1e-3) for impact in (0, 1)
    ]
    for node, quantity in traded().items():
        moved_by = -IMPACT * quantity / DEPTH[node]
        found += [
            Expected(what=f"{node}, traded", value=quantity, unit="$", rounding=1e-2),
            Expected(what=f"{node}, mid", value=par(VENUE_YEARS[node], 1, AFTER), rounding=1e-12),
            Expected(what=f"{node}, mid less the price", value=worse(node), rounding=1e-14),
            Expected(what=f"{node}, node rate after it", value=AFTER + moved_by, rounding=1e-13),
        ]
    return tuple(found)


CASES: tuple[Case, ...] = (
    Case(
        name="swap-hedge",
        title="A swap hedged with benchmark swaps",
        chapter="Mechanics",
        source="Closed forms on a flat curve: annuities, par rates, node sensitivities of a linear zero curve",
        inputs=(
            "receives 2.5 % on 100 M$ for 7 years; 2Y and 10Y par swaps that accrue daily; all rates from 2 to 3 % in "
            "a day; half-spread 0.1 bp, 5 bp of impact at 50 and 12 bn$, slope 0.5"
        ),
        statistic="hedge, P&L and its components in marks, quantity, price and mid in trades, node rates in closes",
        expected=expected(),
        measure=measure,
        fast=True,
        seconds=0.5,
    ),
)
