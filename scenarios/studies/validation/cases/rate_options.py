"""Options on rates: closed forms at a vol, SABR smiles, and swaptions of a run's accounts against QuantLib."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from markets.products.cap import Cap
from markets.products.dates import add_months
from markets.products.swap import Swap
from markets.products.swaption import Swaption
from markets.rate_vols.black import bachelier, black, implied_normal
from markets.rate_vols.sabr import Sabr
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.pricing_swaps import swap_cloud
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER
from sim.estimate import Estimate

START = date(2020, 1, 1)
SPREAD = 0.0035
MOST = 1e-12  # of the notional
OPTIONS: tuple[
    dict[str, Any], ...
] = (  # a line of a book each; expiries and fixings fall on days of the run's calendar, which are all days
    {"kind": "swaption", "side": "payer", "months": 12, "swap_months": 120, "notional": 1e6, "fixed_rate": 0.02},
    {"kind": "swaption", "side": "receiver", "months": 60, "swap_months": 60, "notional": -2e6, "fixed_rate": 0.025},
    {"kind": "swaption", "side": "receiver", "months": 9, "swap_months": 18, "notional": 1e6, "fixed_rate": 0.015},
    {"kind": "cap", "months": 60, "notional": 1e6, "fixed_rate": 0.02, "normal_vol": 0.012},
    {"kind": "floor", "months": 24, "notional": -3e6, "fixed_rate": 0.018},
)
VOL = 0.0080  # of what has none of its own
LOOKS = (0, 40, 88)  # days after the start, before the first fixing

SWAPTIONS = (  # forward, strike, years, annuity
    (0.036, 0.034, 2.0, 4.2, 0.25, 0.0088),
    (0.041, 0.046, 5.0, 7.9, 0.22, 0.0092),
)
KNOWN = {  # payer and receiver at a Black vol, payer at a normal vol, the normal vol of the Black price
    "payer, Black, 1": 0.0250925697261,
    "receiver, Black, 1": 0.0166925697261,
    "payer, normal, 1": 0.02532114127355,
    "normal vol of the Black price, 1": 0.00870227201714,
    "payer, Black, 2": 0.04879815045401,
    "receiver, Black, 2": 0.08829815045401,
    "payer, normal, 2": 0.0469907230035,
    "normal vol of the Black price, 2": 0.00946394206397,
}
STRIKES = np.array([0.0165, 0.0265, 0.0365, 0.0465, 0.0665])
LOGNORMAL = (0.3909708440763, 0.3001336153702, 0.2503310619454, 0.2305514390755, 0.2351796145389)
NORMAL_STRIKES = np.array([0.0065, 0.0265, 0.0365, 0.0465, 0.0665])
NORMAL = (0.0117506819121, 0.00964838311364, 0.00904754166667, 0.00905947710764, 0.0105127680686)
FOUR_INTO_TWO = {  # years to expiry: payer, receiver
    "1461/360": (1461 / 360, 0.006248977949, 0.006504570575),
    "4": (4.0, 0.0062039483872, 0.00645954101242),
    "1461/365": (1461 / 365, 0.00620607105634, 0.00646166368155),
}


def options_scenario() -> Scenario:
    """Three months of every calendar day: a desk for each option, on a curve that moves."""
    desks = {
        f"desk{number}": {"type": "Hedger", "capital": 1e7, "policy": {"kind": "never"}, "book": [line]}
        for number, line in enumerate(OPTIONS)
    }
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.017, "us10y": 0.019, "credit": 0.0}
    rates = {"vol_overnight": 0.02, "vol_us2y": 0.02, "vol_us10y": 0.02, "mean_reversion": 1.0, "normal_vol": VOL}
    return from_dict(
        {
            "name": "rate_options",
            "clock": {"calendar": "24/7", "tick_minutes": 1440, "overnight_variance": 0.0},
            "market": {"dispersion": 1.0, "projection_spread": SPREAD, "rates": rates},
            "feedback": dict.fromkeys(("leverage", "spread", "depth", "impact", "credit", "margin"), 0.0),
            "storyline": {"anchor": [{"date": START, **level}, {"date": START + timedelta(days=90), **level}]},
            "agents": {**desks, "maker": MAKER, "bank": {"type": "FundingDesk", "line": 1e12}},
            "run": {"paths": 4, "twin": "none", "witnesses": 0, "seed": 5},
        },
        as_given=True,  # a lender of a trillion to desks of ten million
    )


def read_options(lab: Lab) -> Measured:
    """Values in marks on three days of a run, of each desk's option on every path, over the notional."""
    scenario = options_scenario()
    run, paths, worst, dots = lab.run(scenario), scenario.run.paths, 0.0, []
    closes = run.closes.filter(venue="asset").sort("path", "time").select("overnight", "us2y", "us10y").collect()
    curves = closes.to_numpy().reshape(paths, -1, 3)
    for number, line in enumerate(OPTIONS):
        marks = run.marks.filter(agent=f"desk{number}").sort("path", "time").select("book_value").collect()
        values = marks["book_value"].to_numpy().reshape(paths, -1)
        for path in range(paths):
            for day in LOOKS:
                theirs = _quantlib(line, START + timedelta(days=day), curves[path, day]) * np.sign(line["notional"])
                size = abs(line["notional"])
                worst = max(worst, abs(values[path, day] - theirs) / size)
                dots.append({"x": theirs / size, "y": values[path, day] / size, "series": str(line["kind"])})
    found = {"book_value of a run, worst error over notional": Estimate(float(worst))}
    return Measured(estimates=found, picture=swap_cloud(pl.DataFrame(dots)))


def _quantlib(line: dict[str, Any], today: date, rates: Any) -> float:
    """$ of a bought option of a line."""
    from scenarios.studies.validation.quantlib_prices import SwapPrices

    strike, notional, vol = line["fixed_rate"], abs(line["notional"]), line.get("normal_vol", VOL)
    last = add_months(START, line["months"])
    if line["kind"] == "swaption":
        terms = {"swap_months": line["swap_months"], "fixed_rate": strike}
        item = Swaption(side=line["side"], notional=notional, expiry=last, **terms)
        return SwapPrices(item.swap, strike, SPREAD, today, {}, first=START).swaption(item, rates, vol)
    cap = Cap(kind=line["kind"], notional=notional, maturity=last, fixed_rate=strike)
    swap = Swap(notional=1.0, maturity=last, fixed_rate=strike)
    return SwapPrices(swap, strike, SPREAD, today, {START: 0.0}, first=START).cap(cap, rates, vol)


def read_closed_forms(lab: Lab) -> Measured:
    """Two swaptions by Black and by Bachelier, and 4y into 2y by three counts of its years."""
    found = {}
    for number, (forward, strike, years, annuity, lognormal, normal) in enumerate(SWAPTIONS, start=1):
        payer = float(black(forward, strike, lognormal, years, annuity).value)
        found[f"payer, Black, {number}"] = payer
        receiver = black(forward, strike, lognormal, years, annuity, side="receiver")
        found[f"receiver, Black, {number}"] = float(receiver.value)
        found[f"payer, normal, {number}"] = float(bachelier(forward, strike, normal, years, annuity).value)
        vol = implied_normal(payer, forward, strike, years, annuity)
        found[f"normal vol of the Black price, {number}"] = float(vol)
    for name, (years, _, _) in FOUR_INTO_TWO.items():
        for side in ("payer", "receiver"):
            price = black(0.01736108, 0.0175, 0.25, years, 1.8398547741, side=side)
            found[f"4y into 2y, {side}, {name} years"] = float(price.value)
    return Measured(estimates={name: Estimate(value) for name, value in found.items()})


def read_smiles(lab: Lab) -> Measured:
    """Vols by strike of the lognormal and the normal formula, and what a fit makes of them."""
    f, t = 0.0365, 5.0
    lognormal = Sabr(forward=f, years=t, alpha=0.045, beta=0.5, rho=-0.25, nu=0.45, kind="lognormal")
    normal = Sabr(forward=f, years=t, alpha=0.0085, rho=-0.15, nu=0.4)
    found = {f"Black vol at {k:.2%}": float(lognormal.vol(k)) for k in STRIKES}
    found |= {f"normal vol at {k:.2%}": float(normal.vol(k)) for k in NORMAL_STRIKES}
    fitted = Sabr.fit(STRIKES, lognormal.vol(STRIKES), forward=f, years=t, beta=0.5, kind="lognormal")
    found |= {"alpha of the fit": fitted.alpha, "rho of the fit": fitted.rho, "nu of the fit": fitted.nu}
    money = Sabr.at_the_money(0.26, beta=0.5, forward=f, years=t, rho=-0.25, nu=0.45, kind="lognormal")
    found["alpha for 26 % at the money"] = money.alpha
    low, high = 0.004, 0.0045
    for _ in range(40):  # the strike below which the density is negative
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(lognormal.density(middle)[1]) < 0 else (low, middle)
    found["strike where the density turns negative"] = 0.5 * (low + high)
    return Measured(estimates={name: Estimate(value) for name, value in found.items()})


def _rounded(values: dict[str, float], rounding: float, exact: str = "exact") -> tuple[Expected, ...]:
    return tuple(Expected(what=what, value=value, rounding=rounding, exact=exact) for what, value in values.items())


CASES: tuple[Case, ...] = (
    Case(
        name="swaptions-quantlib",
        title="Swaptions, caps and floors of a run against QuantLib",
        chapter="Rates",
        source="QuantLib's BachelierSwaptionEngine and BachelierCapFloorEngine on two ZeroCurves",
        inputs="three swaptions, a cap and a floor, bought and sold; three months of every calendar day on a "
        "curve that moves; projection 35 bp over discount; normal vols 80 and 120 bp",
        statistic="worst error of `book_value` in `marks` on three days of four paths, over the notional",
        expected=(
            Expected(
                what="book_value of a run, worst error over notional",
                value=MOST,
                relation="<",
                exact="bound; exact prices",
            ),
        ),
        measure=read_options,
        fast=True,
        needs=("QuantLib",),
        seconds=2.0,
    ),
    Case(
        name="swaptions-closed-form",
        title="Swaptions by Black and by Bachelier",
        chapter="Rates",
        source="closed forms, mpmath quadrature; a printed price of a 4y into 2y swaption belongs to act/360",
        inputs="F 3.6 %, K 3.4 %, 2 years, annuity 4.2, vols 25 % and 88 bp; F 4.1 %, K 4.6 %, 5 years, annuity 7.9, "
        "vols 22 % and 92 bp; 4y into 2y: F 1.736108 %, K 1.75 %, annuity 1.8398547741, vol 25 %",
        statistic="value per unit of notional, and the normal vol that gives the Black price",
        expected=(
            *_rounded(KNOWN, 5e-14),
            *(
                Expected(what=f"4y into 2y, {side}, {name} years", value=value, rounding=1e-12)
                for name, (_, *values) in FOUR_INTO_TWO.items()
                for side, value in zip(("payer", "receiver"), values, strict=True)
            ),
        ),
        measure=read_closed_forms,
        fast=True,
        seconds=0.1,
    ),
    Case(
        name="sabr-smiles",
        title="SABR smiles",
        chapter="Rates",
        source="Hagan, Kumar, Lesniewski and Woodward (2002), formula 2.17; QuantLib's sabrVolatility; the normal "
        "formula for beta = 0",
        inputs="F 3.65 %, 5 years; lognormal alpha 0.045, beta 0.5, rho -0.25, nu 0.45; normal alpha 0.0085, "
        "rho -0.15, nu 0.4",
        statistic="vols by strike, the parameters that a fit to five vols returns, where the density turns negative",
        expected=(
            *_rounded({f"Black vol at {k:.2%}": v for k, v in zip(STRIKES, LOGNORMAL, strict=True)}, 5e-13),
            *_rounded({f"normal vol at {k:.2%}": v for k, v in zip(NORMAL_STRIKES, NORMAL, strict=True)}, 5e-14),
            *_rounded({"alpha of the fit": 0.045, "rho of the fit": -0.25, "nu of the fit": 0.45}, 1e-8),
            *_rounded({"alpha for 26 % at the money": 0.0467564285119}, 1e-12),
            *_rounded({"strike where the density turns negative": 0.0042379709}, 1e-8),
        ),
        measure=read_smiles,
        fast=True,
        seconds=0.2,
    ),
)
