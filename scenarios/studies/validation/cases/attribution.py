"""What a delta hedger earns and pays, component by component: gamma, theta, funding, trading costs, implied vol."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr

from analysis.charts.validation import lines, scatter
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.desks import CALL, final, over_time, side_by_side, spot_at_closes, spread_paid
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.dataset import Run
from sim.estimate import Estimate

SIGMA, IMPLIED = 0.2, 0.3
EVERY = {"kind": "every", "interval": "tick"}
REPO = 0.01  # over the overnight rate, a year


def call_value(vol: float, years: float = 1.0) -> float:
    """Black-Scholes value of a call, S = K = 100, r = 0, $."""
    half = vol * math.sqrt(years) / 2
    return 100 * float(ndtr(half) - ndtr(-half))


def gamma_dollars(vol: float) -> float:
    """S0^2 Gamma0 of a one-year call, S = K = 100, r = 0, $."""
    return 100 * math.exp(-((vol / 2) ** 2) / 2) / (math.sqrt(2 * math.pi) * vol)


def short_call(lab: Lab, steps: int, *, paths: int, half_spread: float = 0.0) -> Run:
    """A desk short a one-year call, hedged `steps` times, S a martingale of 20 %; a lender takes its stock in repo."""
    level = {"vol": SIGMA, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    end = 100 * math.exp(-(SIGMA**2) / 2)
    scenario = textbook(
        steps=steps,
        anchors=[{"date": "2020-01-01", "spot": 100.0, **level}, {"date": "2020-12-30", "spot": end, **level}],
        market={"day_count": "act/365"},
        asset={"half_spread": half_spread},
        agents={
            "hedger": {"type": "Hedger", "capital": 1e6, "policy": EVERY, "book": [{**CALL, "expiry": "2020-12-30"}]},
            "maker": MAKER,
            "bank": {"type": "FundingDesk", "line": 1e12, "repo_spread": REPO, "lends_to": ["hedger"]},
        },
        run={"paths": paths, "chunk": 4096 if steps < 100 else 2048},
    )
    return lab.run(scenario)


# --- gamma, theta, repo -----------------------------------------------------------------------------------------------
STEPS = 52


def measure_means(lab: Lab) -> Measured:
    """Means over paths of what the hedger's marks say; everything of the short desk with its sign turned."""
    run = short_call(lab, STEPS, paths=12288)
    spot, (gamma_1pct,) = spot_at_closes(run), over_time(run, "hedger", "gamma_dollars_1pct")
    dollars = -100 * gamma_1pct[:-1]  # (steps, paths) S^2 Gamma at the start of each step
    bleed = (dollars / 2 * (np.diff(spot, axis=0) / spot[:-1]) ** 2).sum(axis=0)
    time = (dollars / 2 * SIGMA**2 / STEPS).sum(axis=0)
    estimates = {
        "gamma bleed, sum of Gamma dS^2 / 2": Estimate.mean(bleed),
        "time value, sum of Gamma S^2 sigma^2 dt / 2": Estimate.mean(time),
        "gamma of the attribution": Estimate.mean(-final(run, "hedger", "gamma")),
        "theta of the attribution": Estimate.mean(final(run, "hedger", "theta")),
        "repo at 1 %": Estimate.mean(-final(run, "hedger", "funding_credit")),
    }
    return Measured(estimates=estimates)


# Each step E V(t + dt, S') = V(t, S) and E over the paths of V(t + dt, S_t) is a call of T - dt: both telescope.
REVALUED = STEPS * (call_value(SIGMA) - call_value(SIGMA, 1 - 1 / STEPS))
MEANS = Case(
    name="attribution-means",
    title="Gamma, theta and repo of a delta-hedged short call",
    chapter="Hedging",
    source=(
        "Closed forms: E Gamma_t S_t^2 = Gamma_0 S_0^2 and E Delta_t S_t = Delta_0 S_0 for a martingale S (Black and "
        "Scholes 1973); the revalued steps telescope"
    ),
    inputs=(
        "Short one call, S0 = K = 100, sigma 20 %, T = 1 year, r = mu = 0, 52 hedges; stock in repo at 1 %, no other "
        "cost"
    ),
    statistic=(
        "Means over paths, of the short desk with the sign turned. Table marks: Gamma from gamma_dollars_1pct and dS "
        "from closes for the bleed and the time value; the running totals gamma, theta and funding_credit at the end. "
        "The totals revalue the book in full, so over a step they differ from Gamma dS^2 / 2 in higher orders: their "
        "mean is 52 times a call's decay over its first week, N (C(T) - C(T - dt)), not the instantaneous decay"
    ),
    expected=(
        Expected(
            what="gamma bleed, sum of Gamma dS^2 / 2",
            value=gamma_dollars(SIGMA) / 2 * STEPS * math.expm1(SIGMA**2 / STEPS),
            unit="$",
        ),
        Expected(
            what="time value, sum of Gamma S^2 sigma^2 dt / 2", value=gamma_dollars(SIGMA) / 2 * SIGMA**2, unit="$"
        ),
        Expected(what="gamma of the attribution", value=REVALUED, unit="$"),
        Expected(what="theta of the attribution", value=REVALUED, unit="$"),
        Expected(what="repo at 1 %", value=REPO * 100 * float(ndtr(SIGMA / 2)), unit="$"),
    ),
    measure=measure_means,
    fast=True,
    seconds=3,
)


# --- trading costs ----------------------------------------------------------------------------------------------------
KAPPA = 0.001
COST = {52: 0.22632, 252: 0.50223}  # quadrature of kappa E S |Delta' - Delta| over the steps within the year


def measure_cost(lab: Lab) -> Measured:
    """Spread paid up to the last hedge before expiry; the first hedge is taken over at mid."""
    estimates, points = {}, []
    for steps, paths in ((52, 8192), (252, 4096)):
        run = short_call(lab, steps, paths=paths, half_spread=KAPPA)
        paid = spread_paid(run, "hedger")[-2]
        found = estimates[f"N = {steps}"] = Estimate.mean(paid)
        points.append({"x": steps, "y": found.value, "se": found.error})
    grid = np.geomspace(40, 320, 30)
    said = pl.DataFrame({"x": grid, "y": KAPPA * np.sqrt(2 * grid / math.pi) * gamma_dollars(SIGMA) * SIGMA})
    picture = lines(
        pl.DataFrame(points),
        curve=said,
        title="What hedging a call costs",
        said="Costs grow as the square root of the number of hedges. Dashed: kappa sqrt(2/(pi dt)) vega.",
        x="hedges a year",
        y="expected cost, $",
        x_kind="log",
        y_kind="log",
    )
    return Measured(estimates=estimates, picture=picture)


COSTS_CASE = Case(
    name="hedging-cost",
    title="Spread paid by a delta hedger",
    chapter="Costs",
    source="Leland (1985), expected turnover: kappa sqrt(2/(pi dt)) vega; exact by quadrature over the steps",
    inputs=(
        "Short one call, S0 = K = 100, sigma 20 %, T = 1 year, r = mu = 0, half-spread 0.1 %; without the cost of the "
        "first hedge and of going to the payoff's delta at expiry"
    ),
    statistic="Mean over paths of the running spread costs in marks, at the last hedge before expiry",
    expected=tuple(
        Expected(what=f"N = {steps}", value=value, unit="$", rounding=5e-6, exact="quadrature, 5 digits")
        for steps, value in COST.items()
    ),
    measure=measure_cost,
    seconds=5,
)


# --- implied is not realised ------------------------------------------------------------------------------------------
PER_DAY = 8  # 180 minutes: N = 2016
KNOWN = 2000  # steps of the known answer


def measure_implied(lab: Lab) -> Measured:
    """Both desks on the same paths, in the same run."""
    policies: dict[str, dict[str, Any]] = {"at-implied": EVERY, "at-realised": {**EVERY, "hedge_vol": SIGMA}}
    run = lab.run(
        side_by_side(policies, paths=4096, days=252, ticks_a_day=PER_DAY, vol=IMPLIED, realised=SIGMA, latency=0)
    )
    earned = {name.replace("-", " "): final(run, name) for name in policies}
    estimates = {}
    for name, pnl in earned.items():
        estimates[f"hedged {name}, mean"] = Estimate.mean(pnl)
        estimates[f"hedged {name}, sd"] = Estimate.sd(pnl)
    moved = np.sqrt((np.diff(np.log(spot_at_closes(run)), axis=0) ** 2).sum(axis=0))
    cloud = pl.concat(
        [pl.DataFrame({"x": 100 * moved, "y": pnl, "series": f"hedged {name} vol"}) for name, pnl in earned.items()]
    )
    picture = scatter(
        cloud,
        panels=True,
        title="The same option, the same paths, two hedging vols",
        said="Sold at 30 %, realised 20 %: at realised vol the gain is known in advance, at implied only its mean.",
        x="realised vol of the path (daily), %",
        y="P&L at expiry, $",
        rule=100 * SIGMA,
    )
    return Measured(estimates=estimates, picture=picture)


GAIN = call_value(IMPLIED) - call_value(SIGMA)
IMPLIED_CASE = Case(
    name="implied-is-not-realised",
    title="Selling implied vol and hedging at either vol",
    chapter="Hedging",
    source="Ahmad and Wilmott (2005): the mean is C(30 %) - C(20 %) of Black and Scholes; sd simulated with N = 2000",
    inputs=(
        "Short one call at 30 % implied, paths of 20 %, S0 = K = 100, T = 1 year, r = mu = 0, no costs; 252 days of 8 "
        "hedges, N = 2016. Hedged at realised the sd is a discretisation error: 0.157 is scaled by sqrt(2000/2016)"
    ),
    statistic="Mean and sd over paths of the P&L in the last mark, marked at implied vol throughout",
    expected=(
        Expected(what="hedged at implied, mean", value=GAIN, unit="$"),
        Expected(
            what="hedged at implied, sd", value=1.217, unit="$", rounding=5e-4, exact="simulated, N = 2000, 4 digits"
        ),
        Expected(what="hedged at realised, mean", value=GAIN, unit="$"),
        Expected(
            what="hedged at realised, sd",
            value=0.157 * math.sqrt(KNOWN / (252 * PER_DAY)),
            unit="$",
            rounding=5e-4,
            exact="simulated, N = 2000, 3 digits",
        ),
    ),
    measure=measure_implied,
    seconds=13,
)

CASES: tuple[Case, ...] = (MEANS, IMPLIED_CASE, COSTS_CASE)
