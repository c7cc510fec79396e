"""Netting sets and a clearing house's waterfall, with closed forms on known moves of spot and vol."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.desk_mechanics import NEVER, BlackScholes, call, exact, moved, of
from scenarios.studies.validation.cases.margin_mechanics import AFTER, CALLS, CLOSE_OUT, JUMP, MPOR, MULTIPLE, OWN, PATH
from scenarios.studies.validation.cases.trading_mechanics import over_days
from scenarios.studies.validation.lab import Lab
from sim.sessions import TRADING_DAYS


def initial(sign: float, day: int, spot: float, vol: float, mpor: float = MPOR) -> float:
    """Of 1,000 calls, unhedged, $: k s sqrt(mpor) x exposure, short gamma to second order."""
    unit, move = BlackScholes(spot, vol, day), MULTIPLE * vol * math.sqrt(mpor / TRADING_DAYS)
    convexity = 0.5 * unit.gamma * spot**2 * move if sign < 0 else 0.0
    return CALLS * move * (unit.delta * spot + convexity)


# --- netting sets -----------------------------------------------------------------------------------------------------
SHORTER, FREE = 2.5, 4_000.0  # margin period of the second set, days; its threshold, $
BOTH = [*call(-CALLS), *call(CALLS)]  # one against the other
SETS: dict[str, dict[str, Any]] = {
    "apart": {"positions": [2], "agents": ["apart"]},
    "terms": {"positions": [2], "agents": ["terms"], "mpor_days": SHORTER, "threshold": FREE},
}


def measure_sets(lab: Lab) -> Measured:
    """Three desks with the same book, short and long the same calls: one set, two sets, two with terms of their own."""
    desks = {name: {**NEVER, "capital": 1e6, "book": BOTH} for name in ("together", "apart", "terms")}
    bank = {"type": "FundingDesk", "lends_to": list(desks), "margin_multiple": MULTIPLE, "mpor_days": MPOR}
    run = moved(lab, PATH, {**desks, "bank": {**bank, "netting_sets": SETS}}, feedback={"margin": 1.0})
    found = {}
    for name in desks:
        for day, asked in enumerate(over_days(of(run.funding, name), "initial_margin")):
            found[f"{name}, initial margin on day {day}"] = asked
    second = of(run.table("netting_sets"), "terms").filter(pl.col("netting_set") == "terms")
    for day, owed in enumerate(over_days(second, "variation_margin")):
        found[f"variation margin of the second set on day {day}"] = owed
    return exact(found)


def sets_expected() -> tuple[Expected, ...]:
    """By day: nothing, the sum of both, and the sum with the terms of the second."""
    found = {}
    for at in PATH:
        short, long = initial(-1.0, *at), initial(1.0, *at)
        found[f"together, initial margin on day {at[0]}"] = 0.0
        found[f"apart, initial margin on day {at[0]}"] = short + long
        second = max(initial(1.0, *at, mpor=SHORTER) - FREE, 0.0)
        found[f"terms, initial margin on day {at[0]}"] = short + second
        day, spot, vol = at
        found[f"variation margin of the second set on day {day}"] = -CALLS * BlackScholes(spot, vol, day).value
    return tuple(Expected(what=what, value=value, unit="$", rounding=1e-5) for what, value in found.items())


NETTING = Case(
    name="netting-sets",
    title="Nothing is netted between netting sets",
    chapter="Margin",
    source="Closed form of the rule on Black and Scholes (1973): the sum over sets of k s sqrt(mpor) x exposure, "
    "less a threshold",
    inputs="1,000 calls short and 1,000 long, K = 100, T = 1 year, in one set, in two, and in two of which the second "
    "has a margin period of 2.5 days in place of 10 and a threshold of 4,000 $; S 100 to 110, then vol 20 to 40 %; k 3",
    statistic="initial margin in funding, variation margin in netting_sets",
    expected=sets_expected(),
    measure=measure_sets,
    fast=True,
    seconds=0.5,
)

# --- the waterfall ----------------------------------------------------------------------------------------------------
SKIN, HOUSE, SMALL, LARGE = 500.0, 100_000.0, 0.05, 3.0  # $, $; shares of the first margin that are paid in
MEMBERS = {"first": 0.3, "second": 0.1}  # size of the book, x the dead member's
LOSS = CALLS * (AFTER.value - BlackScholes(100.0, 0.2).value + CLOSE_OUT * 0.2 * AFTER.vega) - OWN


def measure_waterfall(lab: Lab) -> Measured:
    """A member short calls with little capital, and a jump past it, beside two that survive."""
    dead = {**NEVER, "capital": OWN, "book": call(-CALLS)}
    alive = {name: {**NEVER, "capital": 1e6, "book": call(-size * CALLS)} for name, size in MEMBERS.items()}
    bank = {"type": "FundingDesk", "lends_to": ["dead", *alive], "capital": HOUSE, "line": HOUSE, "skin": SKIN}
    bank |= {"margin_multiple": MULTIPLE, "mpor_days": MPOR, "closeout_cost": CLOSE_OUT}
    found = {}
    for fund in (SMALL, LARGE):
        run = moved(lab, JUMP, {"dead": dead, **alive, "bank": {**bank, "default_fund": fund}})
        for name in alive:
            found[f"{name} pays, fund {fund:g}"] = -over_days(of(run.marks, name), "funding_credit")[-1]
        found[f"the house pays, fund {fund:g}"] = -over_days(of(run.marks, "bank"), "pnl")[-1]
        found[f"left to the dead, fund {fund:g}"] = over_days(of(run.marks, "dead"), "equity")[-1]
    return exact(found)


def waterfall_expected() -> tuple[Expected, ...]:
    """The house's skin, then the members pro rata as far as they have paid in, then the house again."""
    found = {}
    for fund in (SMALL, LARGE):
        paid_in = {name: fund * size * initial(-1.0, *JUMP[0]) for name, size in MEMBERS.items()}
        there = sum(paid_in.values())
        used = min(LOSS - SKIN, there)
        for name, each in paid_in.items():
            found[f"{name} pays, fund {fund:g}"] = used * each / there
        found[f"the house pays, fund {fund:g}"] = LOSS - used
        found[f"left to the dead, fund {fund:g}"] = 0.0
    return tuple(Expected(what=what, value=value, unit="$", rounding=1e-5) for what, value in found.items())


WATERFALL = Case(
    name="default-fund",
    title="Who bears the loss that a dead member leaves",
    chapter="Margin",
    source="Closed form of the waterfall on Black and Scholes (1973): own funds, the house's skin, the others' "
    "contributions pro rata, the house",
    inputs="2,000 $ of capital, short 1,000 calls, K = 100, T = 1 year, beside members with 0.3 and 0.1 of that; S "
    "jumps from 100 to 120, vol 20 %; contributions of 0.05 and of 3 first margins, skin 500 $; closed out at 2 % of "
    "vega x vol",
    statistic="funding_credit of the members and P&L of the house in the last marks",
    expected=waterfall_expected(),
    measure=measure_waterfall,
    fast=True,
    seconds=1.0,
)

CASES: tuple[Case, ...] = (NETTING, WATERFALL)
