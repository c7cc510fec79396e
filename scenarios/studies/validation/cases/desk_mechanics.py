"""Rules of a desk's books with a closed form, on known moves: interest and attribution."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl
from scipy.special import ndtr

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.trading_mechanics import STILL, over_days
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.dataset import Run
from sim.estimate import Estimate

START = date(2020, 1, 1)
YEAR = 364  # days of the continuous calendar
STRIKE, EXPIRY = 100.0, START + timedelta(days=YEAR)
NEVER = {"type": "Hedger", "policy": {"kind": "never"}}


def call(quantity: float) -> list[dict[str, Any]]:
    """A book of one-year calls struck at 100 $."""
    return [{"kind": "call", "strike": STRIKE, "expiry": EXPIRY, "quantity": quantity}]


class BlackScholes:
    """Value and sensitivities of that call, r flat and continuous, no dividends."""

    def __init__(self, spot: float, vol: float, day: int = 0, rate: float = 0.0) -> None:
        left = 1 - day / YEAR
        sd = vol * math.sqrt(left)
        d1 = (math.log(spot / STRIKE) + rate * left) / sd + sd / 2
        bell = math.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
        self.delta = float(ndtr(d1))
        self.value = spot * self.delta - STRIKE * math.exp(-rate * left) * float(ndtr(d1 - sd))
        self.gamma = bell / (spot * sd)
        self.vega = spot * bell * math.sqrt(left)
        self.vanna = -bell * (d1 - sd)  # of delta, per unit of ln vol


def moved(
    lab: Lab,
    path: list[tuple[int, float, float]],
    agents: dict[str, Any],
    *,
    rates: tuple[float, ...] = (),
    **more: Any,
) -> Run:
    """Days, spots and vols that are known; `rates` at each of them, 0 by default. A tick a day, or as `more` says."""
    curve = rates or (0.0,) * len(path)
    anchors = [
        {
            "date": START + timedelta(days=day), "spot": spot, "vol": vol, "credit": more.get("credit", 0.0),
            "overnight": rate, "us2y": rate, "us10y": rate,
        }
        for (day, spot, vol), rate in zip(path, curve, strict=True)
    ]  # fmt: skip
    scenario = textbook(
        agents={"maker": MAKER, **agents},
        anchors=anchors,
        market={**STILL, **more.get("market", {})},
        asset=more.get("asset"),
        feedback=more.get("feedback"),
        minutes=more.get("minutes", 1440),
        run={"paths": 2, "witnesses": 2},
    )
    return lab.run(scenario)


def of(frame: pl.LazyFrame, agent: str) -> pl.LazyFrame:
    """The rows of one agent."""
    return frame.filter(pl.col("agent") == agent)


def exact(found: dict[str, float]) -> Measured:
    """Readings without noise."""
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


# --- interest ---------------------------------------------------------------------------------------------------------
UNITS, CAPITAL, OVERNIGHT_RATE, SPREAD, DIVIDENDS, NIGHTS = 1000.0, 50_000.0, 0.05, 0.02, 0.03, 30
COUNTS = ("act/360", "act/365", "continuous")


def night(rate: float, count: str) -> float:
    """Interest on 1 $ for a day."""
    if count == "continuous":
        return math.expm1(rate / YEAR)
    return rate / YEAR * (365 / 360 if count == "act/360" else 1.0)


def grown(count: str) -> tuple[float, float, float]:
    """What a debt of 100,000 $ costs in overnight interest and in credit, and what 50,000 $ earn, $."""
    on, over = night(OVERNIGHT_RATE, count), night(SPREAD, count)
    debt = UNITS * STRIKE * ((1 + on + over) ** NIGHTS - 1)
    return debt * on / (on + over), debt * over / (on + over), CAPITAL * ((1 + on) ** NIGHTS - 1)


def measure_interest(lab: Lab) -> Measured:
    """A borrower without capital buys stock, a saver sells as much: nothing moves but interest and dividends."""
    traders = {
        "borrower": {"type": "Executor", "quantity": UNITS, "trades": 1, "capital": 0.0},
        "saver": {"type": "Executor", "quantity": -UNITS, "trades": 1, "capital": CAPITAL},
        "bank": {"type": "FundingDesk", "lends_to": ["borrower", "saver"]},
    }
    flat, found = [(0, STRIKE, 0.2), (NIGHTS, STRIKE, 0.2)], {}
    for count in COUNTS:
        market = {"day_count": count}
        run = moved(lab, flat, traders, rates=(OVERNIGHT_RATE, OVERNIGHT_RATE), credit=SPREAD, market=market)
        earned = {
            (name, part): over_days(of(run.marks, name), part)[-1]
            for name in ("borrower", "saver", "bank")
            for part in ("funding_overnight", "funding_credit")
        }
        found[f"borrower's overnight interest, {count}"] = -earned["borrower", "funding_overnight"]
        found[f"borrower's credit, {count}"] = -earned["borrower", "funding_credit"]
        found[f"saver's interest, {count}"] = earned["saver", "funding_overnight"]
        found[f"lender's credit, {count}"] = earned["bank", "funding_credit"]
    run = moved(lab, flat, traders, market={"dividend_yield": DIVIDENDS})
    found["dividends"] = over_days(of(run.marks, "borrower"), "pnl")[-1]
    return exact(found)


def interest_expected() -> tuple[Expected, ...]:
    """By day count."""
    found = []
    for count in COUNTS:
        overnight, credit, earned = grown(count)
        who = {"borrower's overnight interest": overnight, "borrower's credit": credit, "saver's interest": earned}
        who["lender's credit"] = credit
        found += [Expected(what=f"{what}, {count}", value=v, unit="$", rounding=1e-6) for what, v in who.items()]
    paid = UNITS * STRIKE * DIVIDENDS * NIGHTS / YEAR
    return (*found, Expected(what="dividends", value=paid, unit="$", rounding=1e-6))


INTEREST = Case(
    name="interest",
    title="Interest on debts and balances, and dividends",
    chapter="Mechanics",
    source="Compound interest: a debt grows by overnight + credit a day, a balance by overnight",
    inputs=(
        "100,000 $ of stock bought on credit, 50,000 $ on deposit, 30 days of 1/364 year; overnight 5 %, credit 2 %; "
        "dividends 3 % in a run without interest"
    ),
    statistic="funding_overnight and funding_credit of borrower, saver and lender in the last marks; P&L for dividends",
    expected=interest_expected(),
    measure=measure_interest,
    fast=True,
    seconds=1,
)

# --- order of the attribution -----------------------------------------------------------------------------------------
DAY = 30
OLD, NEW = (100.0, 0.2, 0.02), (90.0, 0.3, 0.03)  # spot, vol, rate


def steps() -> dict[str, float]:
    """P&L of a short call in the order time, spot, vol, curve, $."""
    start, aged = BlackScholes(*OLD[:2], 0, OLD[2]), BlackScholes(*OLD[:2], DAY, OLD[2])
    fallen = BlackScholes(NEW[0], OLD[1], DAY, OLD[2])
    wilder, end = BlackScholes(*NEW[:2], DAY, OLD[2]), BlackScholes(*NEW[:2], DAY, NEW[2])
    delta = aged.delta * (NEW[0] - OLD[0])
    found = {
        "theta": aged.value - start.value,
        "delta": delta,
        "gamma": fallen.value - aged.value - delta,
        "vega": wilder.value - fallen.value,
        "rates": end.value - wilder.value,
    }
    return {name: -value for name, value in found.items()}


def measure_order(lab: Lab) -> Measured:
    """One mark after a month in which everything moved."""
    path = [(day, spot, vol) for day, (spot, vol, _) in zip((0, DAY), (OLD, NEW), strict=True)]
    desk = {**NEVER, "capital": 1e6, "book": call(-1.0)}
    run = moved(lab, path, {"desk": desk}, rates=(OLD[2], NEW[2]), minutes=DAY * 1440)
    return exact({name: over_days(of(run.marks, "desk"), name)[-1] for name in steps()})


ORDER = Case(
    name="attribution-order",
    title="Time, spot, vol, curve: every step of an attribution",
    chapter="Mechanics",
    source="Black and Scholes (1973) at each stage: vega is measured at the new spot, rates at the new spot and vol",
    inputs="short one call, K = 100, T = 1 year; over 30 days S 100 to 90, vol 20 to 30 %, all rates 2 to 3 %",
    statistic="components of the P&L in marks, one mark",
    expected=tuple(Expected(what=name, value=value, unit="$", rounding=1e-9) for name, value in steps().items()),
    measure=measure_order,
    fast=True,
    seconds=0.5,
)

CASES: tuple[Case, ...] = (INTEREST, ORDER)
