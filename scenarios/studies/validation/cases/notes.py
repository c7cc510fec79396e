"""Equity-linked notes: Heston's closed form, with rates that move, through the accounts of a run."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from scipy.special import ndtr

from markets.rate_vols.black import implied_black
from markets.vols.black_scholes import black_scholes
from markets.vols.heston import Heston
from markets.vols.rates_variance import RatesVariance
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.note import price_note
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER
from sim.dataset import Run
from sim.estimate import Estimate

START, MATURITY = date(2021, 3, 1), date(2026, 2, 28)  # 1825 days: five years
LAW = Heston(v0=0.05, kappa=1.8, theta=0.045, xi=0.6, rho=-0.7)
RATES = RatesVariance(sigma=0.01, reversion=0.05)
RATE, DIVIDEND = 0.04, 0.015
OPTIONS = {  # strike and years: call, put, implied vol
    (90.0, 1.0): (15.6368570271, 3.596712590503, 0.22458818114),
    (100.0, 5.0): (21.67109601102, 10.76982268596, 0.20248067904),
}
FAR = {("put", 75.0): 5.204812639066426e-05}  # of 0.05 years without rates, by Lewis' integral with forty digits
EFFECTIVE = {-0.3: (0.2145983111, 22.555545079), 0.0: (0.2215712026, 23.064770859), 0.3: (0.2283312517, 23.558490052)}
STILL, MOVING = "note, rates fixed", "note, rates that move"
NOTES = {STILL: 95.116298351, MOVING: 95.205646322}
ACCRUED = 0.08 * 1797 / 360  # coupon of the autocall, 30/360
AUTOCALL = "autocall of one observation, 100 issued"
PAR = "participation at par, rates that move"


def read_options(lab: Lab) -> Measured:
    """Calls and puts in closed form and the vols that they imply; Black-Scholes with rates that move."""
    found: dict[str, float] = {}
    for strike, years in OPTIONS:
        terms: tuple[Any, ...] = (100, strike, years, RATE)
        call, put = (float(LAW.price(*terms, dividend_yield=DIVIDEND, kind=kind)) for kind in ("call", "put"))
        forward, discount = 100 * np.exp((RATE - DIVIDEND) * years), np.exp(-RATE * years)
        vol = float(implied_black(call, forward, strike, years, discount))
        found |= {_named(kind, strike): value for kind, value in (("call", call), ("put", put), ("vol", vol))}
    for kind, strike in FAR:
        found[_far(kind, strike)] = float(LAW.price(100, strike, 0.05, kind=kind))
    found["call, rates that move"] = float(LAW.price(100, 100, 5, RATE, dividend_yield=DIVIDEND, rates=RATES))
    for correlation in EFFECTIVE:
        vol = float(RATES.effective_vol(0.22, 5, correlation=correlation))
        found[f"effective vol at {correlation:g}"] = vol
        priced = black_scholes(100, 100, vol, 5, RATE, dividend_yield=DIVIDEND)
        found[f"Black-Scholes call at {correlation:g}"] = float(priced.value)
    return Measured(estimates={name: Estimate(value) for name, value in found.items()})


def _named(kind: str, strike: float) -> str:
    return f"{kind} at {strike:g}"


def _far(kind: str, strike: float) -> str:
    return f"{kind} at {strike:g}, 0.05 years"


def notes_scenario(rates_vol: float, issued: dict[str, Any] | None = None, **smile: float) -> Scenario:
    """A few days of every calendar day: a desk that has issued a note with protection, or another one."""
    level = {"spot": 100.0, "vol": 0.2, "overnight": RATE, "us2y": RATE, "us10y": RATE, "credit": 0.0}
    note = {
        "kind": "equity_note",
        "notional": -100.0,
        "expiry": MATURITY,
        "protection": 0.95,
        "participation": 0.8,
        "model": "heston",
    }
    law = {"v0": 0.05, "kappa": 1.8, "theta": 0.045, "xi": 0.6, "rho": -0.7, "rates_vol": rates_vol}
    return from_dict(
        {
            "name": "notes",
            "clock": {"calendar": "24/7", "tick_minutes": 1440},
            "market": {"dividend_yield": DIVIDEND, "heston": law, **smile},
            "storyline": {"anchor": [{"date": START, **level}, {"date": date(2021, 3, 3), **level}]},
            "agents": {
                "issuer": {"type": "Hedger", "capital": 1e6, "book": [issued or note], "policy": {"kind": "never"}},
                "maker": MAKER,
                "bank": {"type": "FundingDesk", "line": 1e12},
            },
            "run": {"paths": 2, "twin": "none", "witnesses": 0},
        },
        as_given=True,  # a lender of a trillion to a desk that has issued $100
    )


def autocall_scenario() -> Scenario:
    """The same market without a smile: a desk that has issued an autocall with one observation, in five years."""
    note = {
        "kind": "autocall",
        "notional": -100.0,
        "expiry": MATURITY,
        "fixed_rate": 0.08,
        "barrier": 1.1,
        "protection_barrier": 0.7,
        "observation_months": 60,
    }
    return notes_scenario(0.0, note, skew=0.0, term_reversion=0.0)


def one_observation() -> float:
    """Digitals at both barriers and the asset below the lower one, in closed form, per 100."""
    years, vol = 5.0, 0.2
    discount, forward, sd = np.exp(-RATE * years), np.exp((RATE - DIVIDEND) * years), vol * np.sqrt(years)
    above = {level: ndtr(np.log(forward / level) / sd - sd / 2) for level in (1.1, 0.7)}
    fallen = forward * ndtr(-np.log(forward / 0.7) / sd - sd / 2)
    return float(100 * discount * (above[0.7] + fallen + ACCRUED * above[1.1]))


def read_notes(lab: Lab) -> Measured:
    """What the issuer owes in the first marks of a run, and the participation at which it owes 100."""
    found: dict[str, float] = {}
    for name, rates_vol in ((STILL, 0.0), (MOVING, 0.01)):
        found[name] = _owed(lab.run(notes_scenario(rates_vol)))
    found[AUTOCALL] = _owed(lab.run(autocall_scenario()))
    found[PAR] = price_note(notes_scenario(0.01)).participation_at_par("Heston, moving rates")
    return Measured(estimates={name: Estimate(value) for name, value in found.items()})


def _owed(run: Run) -> float:
    """The issuer's book in its first mark, $, as a debt."""
    marks = run.marks.filter(agent="issuer").sort("time", "path").select("book_value").head(1).collect()
    return -float(marks["book_value"].item())


def _known_options() -> tuple[Expected, ...]:
    known = []
    for (strike, _), (call, put, vol) in OPTIONS.items():
        known += [(_named("call", strike), call, 1e-10), (_named("put", strike), put, 1e-10)]
        known += [(_named("vol", strike), vol, 1e-11)]
    known += [(_far(kind, strike), value, 1e-10) for (kind, strike), value in FAR.items()]
    known += [("call, rates that move", 21.7827809742, 1e-10)]
    for correlation, (vol, call) in EFFECTIVE.items():
        known += [(f"effective vol at {correlation:g}", vol, 1e-10)]
        known += [(f"Black-Scholes call at {correlation:g}", call, 1e-9)]
    return tuple(Expected(what=what, value=value, rounding=rounding) for what, value, rounding in known)


CASES: tuple[Case, ...] = (
    Case(
        name="heston-options",
        title="Options under Heston's law, and with rates that move",
        chapter="Pricing",
        source="Heston (1993); QuantLib's AnalyticHestonEngine and AnalyticHestonHullWhiteEngine",
        inputs="S 100; K 90 for a year, 100 for five, 75 for 0.05 without z and q; z 4 %, q 1.5 %; v0 0.05, "
        "kappa 1.8, theta 0.045, xi 0.6, rho -0.7; Hull-White rates a 5 %, sigma 1 %; Black-Scholes at 22 % with "
        "them, correlation -0.3, 0, 0.3",
        statistic="values and implied vols",
        expected=_known_options(),
        measure=read_options,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="equity-note",
        title="Notes in the accounts of their issuer",
        chapter="Pricing",
        source="zero bond + participation x call; QuantLib's AnalyticHestonHullWhiteEngine; digitals in closed form",
        inputs="100 issued for five years: 95 and 80 % of the rise, the market of the case before; an autocall of 8 % "
        "that is looked at once, barriers 110 and 70 %, at a vol of 20 %",
        statistic="`book_value` in the first `marks` of a run, less its sign; the participation at which it is 100",
        expected=(
            *(Expected(what=what, value=value, rounding=1e-9) for what, value in NOTES.items()),
            Expected(what=AUTOCALL, value=one_observation(), rounding=1e-7),
            Expected(what=PAR, value=1.020098328, rounding=1e-9),
        ),
        measure=read_notes,
        fast=True,
        seconds=1.0,
    ),
)
