"""Leland (1985): a price and a hedge at a vol raised by trading costs earn, on average, what the trading costs."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from scipy.special import ndtr

from analysis.charts.validation import scatter
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.attribution import call_value
from scenarios.studies.validation.desks import Samples, final, over_time, side_by_side, spot_at_closes, spread_paid
from scenarios.studies.validation.lab import Lab
from sim.dataset import Run
from sim.estimate import Estimate

SIGMA, KAPPA, STEPS = 0.2, 0.0025, 252
RAISED = SIGMA * math.sqrt(1 + math.sqrt(2 / math.pi) * 2 * KAPPA / (SIGMA / math.sqrt(STEPS)))
PREMIUM = call_value(RAISED) - call_value(SIGMA)


def expected_outside() -> float:
    """kappa (S0 Delta_L + E S_T |1{S_T > K} - Delta_L(T - dt)|), Delta_L at the raised vol: by quadrature."""
    dt = 1 / STEPS
    z = np.linspace(-9, 9, 100_001)
    weight = np.exp(-(z**2) / 2)
    spot = 100 * np.exp(SIGMA * math.sqrt(1 - dt) * z - SIGMA**2 * (1 - dt) / 2)
    step, raised = SIGMA * math.sqrt(dt), RAISED * math.sqrt(dt)
    above = spot * ndtr(np.log(spot / 100) / step + step / 2)  # E S_T 1{S_T > K} from there
    delta = ndtr(np.log(spot / 100) / raised + raised / 2)
    last = weight @ ((1 - delta) * above + delta * (spot - above)) / weight.sum()
    return KAPPA * (100 * float(ndtr(RAISED / 2)) + float(last))


def settlement(run: Run, agent: str) -> tuple[Samples, Samples]:
    """Spread paid by the last hedge before expiry, and by going to the payoff's delta at expiry, (paths,) $ each."""
    paid = spread_paid(run, agent)
    return paid[-2], paid[-1] - paid[-2]


def measure(lab: Lab) -> Measured:
    """Both desks on the same paths; the engine sells at the market's vol, so the raised premium is added."""
    policies = {kind: {"kind": kind} for kind in ("leland", "every")}
    run = lab.run(side_by_side(policies, paths=8192, days=STEPS, ticks_a_day=1, kappa=KAPPA, latency=0))
    estimates: dict[str, Estimate] = {}
    clouds, extra = [], {"leland": PREMIUM, "every": 0.0}
    for kind, name in (("leland", "Leland"), ("every", "Black-Scholes")):
        paid, last = settlement(run, kind)
        pnl = final(run, kind) + last + extra[kind]
        estimates |= {f"{name}, mean P&L": Estimate.mean(pnl), f"{name}, sd": Estimate.sd(pnl)}
        clouds.append(pl.DataFrame({"x": spot_at_closes(run)[-1], "y": pnl, "series": name}))
        if kind == "leland":
            estimates["Leland, expected cost"] = Estimate.mean(paid)
            first = KAPPA * over_time(run, kind, "hedge_value")[0][0]
            estimates["set-up and settlement"] = Estimate.mean(-first - last)
    picture = scatter(
        pl.concat(clouds),
        panels=True,
        title="Leland's price and hedge against Black and Scholes's",
        said="At Leland's vol the premium pays for the trading on average; at the market's vol the costs are lost.",
        x="spot at expiry, $",
        y="P&L at expiry, $",
        rule=100.0,
    )
    return Measured(estimates=estimates, picture=picture)


LELAND = Case(
    name="leland",
    title="Leland's hedge pays for its trading",
    chapter="Costs",
    source=(
        "Leland (1985), sigma_L^2 = sigma^2 (1 + sqrt(2/pi) 2 kappa / (sigma sqrt(dt))); costs by quadrature, P&L "
        "simulated"
    ),
    inputs=(
        "Short one call, S0 = K = 100, sigma 20 %, T = 1 year, r = mu = 0, half-spread 0.25 %, 252 hedges: sigma_L = "
        "22.949 %. Leland's desk is paid 1.1697 more than the market's premium. Without the cost of the first hedge "
        "and of going to the payoff's delta at expiry, but for the last row"
    ),
    statistic="Means and sd over paths of the P&L in the last mark, and of the running spread costs in marks",
    expected=(
        Expected(what="Leland, expected cost", value=1.1692, unit="$", rounding=5e-5, exact="quadrature, 5 digits"),
        Expected(what="Leland, mean P&L", value=0.0005, unit="$", se=0.0007, exact="simulated"),
        Expected(what="Leland, sd", value=0.467, unit="$", rounding=5e-4, exact="simulated, 3 digits"),
        Expected(what="Black-Scholes, mean P&L", value=-1.255, unit="$", rounding=5e-4, exact="simulated, 4 digits"),
        Expected(what="Black-Scholes, sd", value=0.663, unit="$", rounding=5e-4, exact="simulated, 3 digits"),
        Expected(what="set-up and settlement", value=-expected_outside(), unit="$", exact="quadrature"),
    ),
    measure=measure,
    seconds=12,
)

CASES: tuple[Case, ...] = (LELAND,)
