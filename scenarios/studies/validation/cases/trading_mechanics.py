"""Rules of trading with a closed form, on paths without noise: what a sale does to a market, and how a maker quotes."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import textbook
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

START = date(2020, 1, 1)
YEAR = 364  # days of the continuous calendar
STILL = {"realised_ratio": 0.0, "xi": 0.0}  # no noise: every path is the same
SPOT, VOL, CREDIT = 100.0, 0.2, 0.01


def still(
    days: int, agents: dict[str, Any], *, asset: dict[str, Any], feedback: dict[str, float], **market: float
) -> Scenario:
    """A flat storyline of so many days, a tick each, without noise or rates; two witnesses."""
    level = {"spot": SPOT, "vol": VOL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": CREDIT}
    return textbook(
        agents=agents,
        anchors=[{"date": START, **level}, {"date": START + timedelta(days=days), **level}],
        asset=asset,
        feedback=feedback,
        market={**STILL, **market},
        minutes=1440,
        run={"paths": 2, "witnesses": 2},
    )


def over_days(frame: pl.LazyFrame, column: str) -> list[float]:
    """A column of one path, by time."""
    chosen = frame.filter(pl.col("path") == 0).sort("time").select(column).collect()
    return [float(x) for x in chosen[column]]


# --- a sale and what follows ------------------------------------------------------------------------------------------
UNITS, DEPTH, IMPACT, SLOPE, KAPPA = 3000.0, 1e6, 0.02, 0.5, 0.001
FUNDING = 0.5  # days of dearer credit in the half-spread
STAYS, RESILIENCE, BETA, REVERSION, POWER, ETA = 0.3, 0.25, 8.0, 10.0, 2.0, 0.2
MOVE = -IMPACT * UNITS * SPOT / DEPTH  # of ln S, at once
DAYS = 10


def impact_after(days: int) -> float:
    """What is left of the displacement, ln S."""
    return MOVE * (STAYS + (1 - STAYS) * math.exp(-RESILIENCE * TRADING_DAYS * days / YEAR))


def vol_after(days: int) -> float:
    """ln s over the storyline's: reverting, and falling by beta s_base/s for each step of ln S."""
    response = 0.0
    for day in range(1, days + 1):
        step = impact_after(day) - (impact_after(day - 1) if day > 1 else 0.0)  # vol first answers a tick later
        response = response * math.exp(-REVERSION / YEAR) - BETA * math.exp(-response) * step
    return response


def measure_sale(lab: Lab) -> Measured:
    """One order at the start; nobody trades afterwards."""
    quoting = {"inventory_skew": 0.0, "funding_days": FUNDING}
    maker = {"type": "MarketMaker", "capital": 1e12, "quoting": quoting}
    seller = {"type": "Executor", "quantity": -UNITS, "trades": 1}
    venue = {"half_spread": KAPPA, "impact": IMPACT, "depth": DEPTH, "slope": SLOPE, "depth_power": POWER}
    venue |= {"permanent_share": STAYS, "resilience": RESILIENCE, "spread_power": 1.0, "depth_floor": 0.01}
    loops = dict.fromkeys(("impact", "leverage", "spread", "depth", "credit"), 1.0)
    agents = {"seller": seller, "maker": maker}
    run = lab.run(still(DAYS, agents, asset=venue, feedback=loops, beta=BETA, kappa=REVERSION))
    marks, closes = run.marks.filter(pl.col("agent") == "seller"), run.closes.filter(pl.col("venue") == "asset")
    mid, vol, half_spread, depth, credit = (
        over_days(closes, c) for c in ("mid", "vol", "half_spread", "depth", "credit")
    )
    found = {
        "price of the fill": over_days(run.trades, "price")[0],
        "cost of the half-spread": -over_days(marks, "spread_cost_calm")[0],
        "cost of the walk": -over_days(marks, "impact_cost")[0],
        "loss of the seller": -over_days(marks, "pnl")[0],
        "ln price, at once": math.log(mid[0] / SPOT),
        "half-spread a day later": half_spread[1],
        "depth a day later": depth[1],
        "credit a day later": credit[1],
    }
    for day in (1, DAYS):
        found[f"ln price, day {day}"] = math.log(mid[day] / SPOT)
        found[f"ln vol, day {day}"] = math.log(vol[day] / VOL)
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


FILL = SPOT * (1 - KAPPA + SLOPE * MOVE)
RISE = vol_after(1)
DEARER = CREDIT * math.expm1(ETA * RISE)
SALE = Case(
    name="a-sale",
    title="What one sale does to price, vol, spread, depth and credit",
    chapter="Mechanics",
    source=(
        "Closed forms of the rules: linear impact, of which a share stays (Obizhaeva and Wang 2013); the leverage "
        "effect d ln s = -beta (s_base/s) d ln S - kappa ln s dt, a power law for spread, depth and credit"
    ),
    inputs=(
        "3,000 units sold at the start at 100 $, depth 1 M$, impact 2 %, half-spread 0.1 %, slope 0.5; 30 % stays, the "
        "rest decays at 0.25 a trading day; beta 8, kappa 10 a year, depth power 2, eta 0.2, half a day of dearer "
        "funding; no noise"
    ),
    statistic="price in trades, costs and P&L in marks, levels in closes",
    expected=(
        Expected(what="price of the fill", value=FILL, unit="$", rounding=1e-9),
        Expected(what="cost of the half-spread", value=UNITS * SPOT * KAPPA, unit="$", rounding=1e-6),
        Expected(what="cost of the walk", value=-UNITS * SPOT * SLOPE * MOVE, unit="$", rounding=1e-6),
        Expected(what="loss of the seller", value=UNITS * (SPOT - FILL), unit="$", rounding=1e-6),
        Expected(what="ln price, at once", value=MOVE, rounding=1e-9),
        Expected(what="ln price, day 1", value=impact_after(1), rounding=1e-9),
        Expected(what=f"ln price, day {DAYS}", value=impact_after(DAYS), rounding=1e-9),
        Expected(what="ln vol, day 1", value=RISE, rounding=1e-9),
        Expected(what=f"ln vol, day {DAYS}", value=vol_after(DAYS), rounding=1e-9),
        Expected(what="half-spread a day later", value=KAPPA * math.exp(RISE) + FUNDING * DEARER / 360, rounding=1e-9),
        Expected(what="depth a day later", value=DEPTH * math.exp(-POWER * RISE), unit="$", rounding=0.1),
        Expected(what="credit a day later", value=CREDIT + DEARER, rounding=1e-9),
    ),
    measure=measure_sale,
    fast=True,
    seconds=0.5,
)

# --- inventory skew ---------------------------------------------------------------------------------------------------
SKEW = 0.8
SOLD, BOUGHT = 3000.0, 1000.0  # in two equal trades, a day apart
LIMIT = 100_000.0  # $
INVENTORY = (SOLD - BOUGHT) / 2 / 2  # units: what the maker took, of which half is passed on by the next day
SHIFT = -SKEW * KAPPA * INVENTORY * SPOT / LIMIT


def measure_skew(lab: Lab) -> Measured:
    """A seller and a buyer, who trade at the start and a day later."""
    hours = 6.5 * TRADING_DAYS / YEAR  # of trading in a day
    maker = {"type": "MarketMaker", "capital": 1e12, "inventory_limit": LIMIT, "inventory_half_life": hours}
    agents = {
        "maker": {**maker, "quoting": {"inventory_skew": SKEW, "funding_days": 0.0}},
        "seller": {"type": "Executor", "quantity": -SOLD, "trades": 2},
        "buyer": {"type": "Executor", "quantity": BOUGHT, "trades": 2},
    }
    run = lab.run(still(2, agents, asset={"half_spread": KAPPA}, feedback={"spread": 1.0}))
    quotes = run.quotes.filter(pl.col("venue") == "asset")
    price = {name: over_days(run.trades.filter(pl.col("taker") == name), "price") for name in ("seller", "buyer")}
    found = {
        "price of the first sale": price["seller"][0],
        "inventory a day later": over_days(quotes, "inventory")[1],
        "shift of the quotes": over_days(quotes, "skew")[1],
        "price of the second sale": price["seller"][1],
        "price of the second purchase": price["buyer"][1],
    }
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


QUOTES = Case(
    name="inventory-skew",
    title="A maker who holds stock quotes lower",
    chapter="Mechanics",
    source="Closed form of the rule: both quotes shift by -skew x half-spread x inventory / limit",
    inputs=(
        "3,000 units sold and 1,000 bought in two trades a day apart at 100 $; half-spread 0.1 %, skew 0.8 of them "
        "at a limit of 100,000 $, half of the inventory passed on in a day; no impact, no noise"
    ),
    statistic="inventory and skew in quotes, prices in trades",
    expected=(
        Expected(what="price of the first sale", value=SPOT * (1 - KAPPA), unit="$", rounding=1e-9),
        Expected(what="inventory a day later", value=INVENTORY, unit="units", rounding=1e-6),
        Expected(what="shift of the quotes", value=SHIFT, unit="share of mid", rounding=1e-12),
        Expected(what="price of the second sale", value=SPOT * (1 - KAPPA + SHIFT), unit="$", rounding=1e-9),
        Expected(what="price of the second purchase", value=SPOT * (1 + KAPPA + SHIFT), unit="$", rounding=1e-9),
    ),
    measure=measure_skew,
    fast=True,
    seconds=0.5,
)

# --- the storyline ----------------------------------------------------------------------------------------------------
MONTH = 28
FIRST = {"spot": 100.0, "overnight": 0.01, "us2y": 0.02, "us10y": 0.03, "credit": 0.01, "spread": 1.0, "depth": 1.0}
LAST = {"spot": 95.0, "overnight": 0.03, "us2y": 0.03, "us10y": 0.02, "credit": 0.05, "spread": 3.0, "depth": 0.5}


def followed(day: int) -> float:
    """Vol where the storyline has none after the start: the leverage rule on the storyline's own spot."""
    response = 0.0
    for _ in range(day):
        step = math.log(LAST["spot"] / FIRST["spot"]) / MONTH
        response = response * math.exp(-REVERSION / YEAR) - BETA * math.exp(-response) * step
    return VOL * math.exp(response)


def measure_storyline(lab: Lab) -> Measured:
    """Levels half-way between two anchors."""
    maker = {"type": "MarketMaker", "capital": 1e12, "quoting": {"inventory_skew": 0.0, "funding_days": 0.0}}
    scenario = textbook(
        agents={"maker": maker},
        anchors=[{"date": START, "vol": VOL, **FIRST}, {"date": START + timedelta(days=MONTH), **LAST}],
        asset={"half_spread": KAPPA, "depth": DEPTH, "depth_floor": 0.01},
        market={**STILL, "beta": BETA, "kappa": REVERSION},
        minutes=1440,
        run={"paths": 2},
    )
    closes = lab.run(scenario).closes.filter(pl.col("venue") == "asset")
    columns = ("mid", "overnight", "us10y", "credit", "half_spread", "depth", "vol")
    return Measured(estimates={c: Estimate(over_days(closes, c)[MONTH // 2]) for c in columns})


HALF_WAY = {
    "mid": math.sqrt(100.0 * 95.0),
    "overnight": 0.02,
    "us10y": 0.025,
    "credit": 0.03,
    "half_spread": KAPPA * math.sqrt(3.0),
    "depth": DEPTH * math.sqrt(0.5),
    "vol": followed(MONTH // 2),
}
STORYLINE = Case(
    name="storyline",
    title="Levels between two anchors",
    chapter="Mechanics",
    source="The rule: ln of spot and of multiples, and rates and credit themselves, are linear in trading time",
    inputs=(
        "S 100 to 95, overnight 1 to 3 %, 10Y 3 to 2 %, credit 1 to 5 %, half-spread times 3, depth times 0.5 in 28 "
        "days; vol by the leverage rule, beta 8, kappa 10 a year; no noise, no feedback"
    ),
    statistic="closes half-way",
    expected=tuple(Expected(what=name, value=v, rounding=1e-9 * max(v, 1.0)) for name, v in HALF_WAY.items()),
    measure=measure_storyline,
    fast=True,
    seconds=0.3,
)

CASES: tuple[Case, ...] = (SALE, QUOTES, STORYLINE)
