"""Margin and default with a closed form, on known moves of spot and vol."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise

import polars as pl

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.desk_mechanics import NEVER, START, BlackScholes, call, exact, moved, of
from scenarios.studies.validation.cases.trading_mechanics import over_days
from scenarios.studies.validation.lab import Lab
from sim.sessions import TRADING_DAYS

# --- margin -----------------------------------------------------------------------------------------------------------
CALLS, MULTIPLE, MPOR = 1000.0, 3.0, 10.0
PATH = [(0, 100.0, 0.2), (1, 110.0, 0.2), (2, 110.0, 0.4)]  # day, spot, vol


def required(sign: float, day: int, spot: float, vol: float) -> float:
    """Margin of a desk short (-1) or long (+1) the calls, unhedged, $: what it owes, and k s sqrt(mpor) x exposure."""
    unit, move = BlackScholes(spot, vol, day), MULTIPLE * vol * math.sqrt(MPOR / TRADING_DAYS)
    convexity = 0.5 * unit.gamma * spot**2 * move if sign < 0 else 0.0
    return CALLS * (move * (unit.delta * spot + convexity) - sign * unit.value)


def required_hedged(day: int, spot: float, vol: float) -> float:
    """The same of a desk long the calls with the hedge of the start, $: the stock sold short is owed too."""
    start, unit = BlackScholes(*PATH[0][1:]), BlackScholes(spot, vol, day)
    move = MULTIPLE * vol * math.sqrt(MPOR / TRADING_DAYS)
    return CALLS * (start.delta * spot - unit.value + move * abs(unit.delta - start.delta) * spot)


def measure_margin(lab: Lab) -> Measured:
    """Desks on either side, one hedged at the start, with cash enough; spot rises on day 1, vol on day 2."""
    desks = {n: {**NEVER, "capital": 1e6, "book": call(s * CALLS)} for n, s in (("short", -1.0), ("long", 1.0))}
    desks["hedged"] = {**desks["long"], "policy": {"kind": "every", "interval": "5d"}}
    bank = {"type": "FundingDesk", "lends_to": list(desks), "margin_multiple": MULTIPLE, "mpor_days": MPOR}
    run = moved(lab, PATH, {**desks, "bank": {**bank, "minimum_call": 0.0}}, feedback={"margin": 1.0})
    found = {}
    for name in desks:
        for day, posted in enumerate(over_days(of(run.marks, name), "margin")):
            found[f"{name}, posted on day {day}"] = posted
    for day, *_ in PATH[1:]:
        at = of(run.margin_calls, "short").filter(pl.col("time").dt.date() == START + timedelta(days=day))
        found[f"short, called on day {day}"] = sum(over_days(at, "called"))
    return exact(found)


def margin_expected() -> tuple[Expected, ...]:
    """Posted by day, and the calls on the short desk."""
    posted = {
        f"{n}, posted on day {at[0]}": required(s, *at) for n, s in (("short", -1.0), ("long", 1.0)) for at in PATH
    }
    posted |= {f"hedged, posted on day {at[0]}": required_hedged(*at) for at in PATH}
    calls = {
        f"short, called on day {at[0]}": required(-1.0, *at) - required(-1.0, *before) for before, at in pairwise(PATH)
    }
    return tuple(Expected(what=what, value=v, unit="$", rounding=1e-5) for what, v in {**posted, **calls}.items())


MARGIN = Case(
    name="margin",
    title="Margin after a known move of spot and of vol",
    chapter="Mechanics",
    source=(
        "Closed form of the rule on Black and Scholes (1973): variation margin owed by the losing side, initial margin "
        "k s sqrt(mpor) (|Delta| S + short Gamma S^2 k s sqrt(mpor) / 2)"
    ),
    inputs=(
        "1,000 calls, K = 100, T = 1 year, short and long, and long with a hedge left alone; S 100 to 110, then "
        "vol 20 to 40 %; k 3, 10 days"
    ),
    statistic="margin in marks; called in margin_calls",
    expected=margin_expected(),
    measure=measure_margin,
    fast=True,
    seconds=0.5,
)

# --- a default --------------------------------------------------------------------------------------------------------
OWN, LINE, CLOSE_OUT, PSI, WIDE = 2000.0, 100_000.0, 0.02, 0.5, 0.01
JUMP = [(0, 100.0, 0.2), (1, 120.0, 0.2), (4, 120.0, 0.2)]
AFTER = BlackScholes(120.0, 0.2, 1)
LOSS = CALLS * (AFTER.value - BlackScholes(100.0, 0.2).value + CLOSE_OUT * 0.2 * AFTER.vega) - OWN


def measure_default(lab: Lab) -> Measured:
    """A desk short calls with little capital, and a jump past it."""
    desk = {**NEVER, "capital": OWN, "book": call(-CALLS)}
    bank = {"type": "FundingDesk", "lends_to": ["desk"], "capital": LINE, "line": LINE, "closeout_cost": CLOSE_OUT}
    agents = {"desk": desk, "bank": {**bank, "margin_multiple": 0.0, "line_power": 0.5}}
    run = moved(lab, JUMP, agents, credit=WIDE, feedback={"credit": 1.0})
    died, funding = run.events.filter(pl.col("kind") == "default"), of(run.funding, "desk")
    return exact(
        {
            "the lender's loss": -over_days(of(run.marks, "bank"), "pnl")[-1],
            "the desk's loss": -over_days(of(run.marks, "desk"), "pnl")[-1],
            "left to the desk": over_days(of(run.marks, "desk"), "equity")[-1],
            "value of the event": sum(over_days(died, "value")),
            "credit afterwards": over_days(funding, "credit")[-1],
            "credit line afterwards": over_days(funding, "line")[-1],
        }
    )


DEFAULT = Case(
    name="default-loss",
    title="The lender bears what a desk in default cannot",
    chapter="Mechanics",
    source="Limited liability: the loss beyond capital (Black and Scholes 1973); rules of stress, credit and line",
    inputs=(
        "2,000 $ of capital, short 1,000 calls, K = 100, T = 1 year; S jumps from 100 to 120, vol 20 %; closed "
        "out at 2 % of vega x vol; line and lender's capital 100,000 $, credit 1 %, psi 0.5, line power 0.5"
    ),
    statistic="P&L and equity in the last marks, the default in events, credit and line in funding two days later",
    expected=(
        Expected(what="the lender's loss", value=LOSS, unit="$", rounding=1e-5),
        Expected(what="the desk's loss", value=OWN + LOSS, unit="$", rounding=1e-5),
        Expected(what="left to the desk", value=0.0, unit="$", rounding=1e-6),
        Expected(what="value of the event", value=LOSS, unit="$", rounding=1e-5),
        Expected(what="credit afterwards", value=WIDE * math.exp(PSI * LOSS / LINE), rounding=1e-9),
        Expected(
            what="credit line afterwards",
            value=(LINE - LOSS) * math.exp(-PSI / 2 * LOSS / LINE),
            unit="$",
            rounding=1e-4,
        ),
    ),
    measure=measure_default,
    fast=True,
    seconds=0.5,
)

# --- a call that is not met -------------------------------------------------------------------------------------------
SCARCE, WAIT = 12_000.0, 2  # $ of capital, days to meet a call
SHOCK = [(0, 100.0, 0.2), (1, 104.0, 0.25), (4, 104.0, 0.25)]


def reduced() -> float:
    """Share of the book that is closed out when the call is due: what is lacking over the initial margin, then."""
    day, spot, vol = 1 + WAIT, 104.0, 0.25
    unit, needed = BlackScholes(spot, vol, day), required(-1.0, day, spot, vol)
    resources = SCARCE + CALLS * BlackScholes(100.0, 0.2).value  # all of it posted, as there is no credit line
    return (needed - resources) / (needed - CALLS * unit.value)


def measure_reduction(lab: Lab) -> Measured:
    """A desk short calls that cannot meet a call, without a credit line."""
    desk = {**NEVER, "capital": SCARCE, "book": call(-CALLS)}
    bank = {"type": "FundingDesk", "lends_to": ["desk"], "line": 0.0, "margin_multiple": MULTIPLE, "mpor_days": MPOR}
    agents = {"desk": desk, "bank": {**bank, "deadline_days": WAIT, "closeout_cost": 0.0}}
    run = moved(lab, SHOCK, agents, feedback={"margin": 1.0})
    worth = over_days(of(run.marks, "desk"), "book_value")
    return exact({f"book on day {day}": worth[day] for day in (WAIT, 1 + WAIT)})


REDUCTION = Case(
    name="forced-reduction",
    title="A margin call that is not met in time reduces the book",
    chapter="Mechanics",
    source="Closed form of the rule: the share closed out is what is lacking over the initial margin that it releases",
    inputs=(
        "12,000 $ of capital and no credit line, short 1,000 calls, K = 100, T = 1 year; S 100 to 104 and vol "
        "20 to 25 % on day 1; two days to meet the call; k 3, 10 days, closed out at mid"
    ),
    statistic="book_value in marks, the day before the call is due and that day",
    expected=tuple(
        Expected(
            what=f"book on day {day}",
            value=-CALLS * BlackScholes(104.0, 0.25, day).value * share,
            unit="$",
            rounding=1e-5,
        )
        for day, share in ((WAIT, 1.0), (1 + WAIT, 1 - reduced()))
    ),
    measure=measure_reduction,
    fast=True,
    seconds=0.3,
)

CASES: tuple[Case, ...] = (MARGIN, REDUCTION, DEFAULT)
