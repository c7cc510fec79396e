"""No-trade bands: how much they trade, which width is best, and Zakamouline's against Whalley and Wilmott's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr

from analysis.charts.validation import bars, lines
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.desks import Samples, final, over_time, side_by_side, spot_at_closes, spread_paid
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

# --- turnover of a band -----------------------------------------------------------------------------------------------
V, H = 0.3, 0.1  # of the target, units per sqrt(year); half-width, units
UNITS = 100.0
KAPPA = 0.001
SHIFT = 0.5826  # -zeta(1/2)/sqrt(2 pi), Broadie, Glasserman and Kou (1997)
SETTLED = 63  # days left out at the start: the slowest even mode decays as exp(-44 t)


def reflected(step: float) -> tuple[float, float]:
    """Stationary turnover per step and E X^2 of X' = clip(X + step Z, -H, H), by Gauss-Legendre quadrature (Nystrom).

    Inside the law has a density f, at +-H an atom p each: f(y) = p (k(y - H) + k(y + H)) + integral f(x) k(y - x) dx.
    """
    nodes = 40 + math.ceil(6 * H / step)  # at least two to a step
    x, weight = np.polynomial.legendre.leggauss(nodes)
    x, weight = H * x, H * weight

    def kernel(gap: Samples) -> Samples:
        density: Samples = np.exp(-((gap / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        return density

    def overshoot(start: Samples) -> Samples:
        """E (start + step Z - H)^+."""
        d = (start - H) / step
        return step * (np.exp(-(d**2) / 2) / math.sqrt(2 * math.pi) + d * ndtr(d))

    moved = kernel(x[:, None] - x[None, :]) * weight
    shape = np.linalg.solve(np.eye(nodes) - moved, kernel(x - H) + kernel(x + H))  # density for p = 1
    p = 1 / (2 + weight @ shape)
    ends = np.array([H, -H])
    turnover = 2 * p * (overshoot(ends).sum() + weight @ (shape * overshoot(x)))
    return float(turnover), float(p * (2 * H**2 + weight @ (shape * x**2)))


def band_desk(ticks_a_day: int, paths: int) -> Scenario:
    """A claim on UNITS of an asset of vol V / UNITS, whose delta is ln S each: the target diffuses with V.

    S hardly moves, so that the spread paid counts units; ln S grows by half its variance, and the target has no drift.
    """
    vol = V / UNITS
    return side_by_side(
        {"band": {"kind": "band", "width": H / UNITS}},
        claim={"kind": "gamma_claim", "strike": 100.0, "quantity": -UNITS},
        paths=paths,
        days=TRADING_DAYS,
        ticks_a_day=ticks_a_day,
        vol=vol,
        growth=vol**2 / 2,
        kappa=KAPPA,
        latency=0,
    )


def measure_turnover(lab: Lab) -> Measured:
    """Units traded a year by each path, and the squared distance from the target at the closes, after the settling."""
    estimates, points = {}, []
    for ticks_a_day, paths in WATCHED.items():
        run = lab.run(band_desk(ticks_a_day, paths))
        minutes, spot, paid = 1440 // ticks_a_day, spot_at_closes(run), spread_paid(run, "band")
        traded = (np.diff(paid[SETTLED:-1], axis=0) / (KAPPA * spot[SETTLED + 1 : -1])).sum(axis=0)
        found = estimates[f"turnover, {minutes} min"] = Estimate.mean(traded * TRADING_DAYS / (251 - SETTLED))
        off = over_time(run, "band", "net_delta_dollars")[0][SETTLED:-1] / spot[SETTLED:-1]
        estimates[f"E X^2, {minutes} min"] = Estimate.mean((off**2).mean(axis=0))
        points.append({"x": minutes, "y": found.value, "se": found.error})
    grid = np.geomspace(25, 1700, 12)
    theory = [reflected(V * math.sqrt(m / 1440 / TRADING_DAYS))[0] * 1440 * TRADING_DAYS / m for m in grid]
    picture = lines(
        pl.DataFrame(points),
        curve=pl.DataFrame({"x": grid, "y": theory}),
        title="How much a no-trade band trades",
        said=f"Watched without a break it would be {V**2 / 2 / H:.2f}. Dashed: exact for each step.",
        x="minutes between looks",
        y="turnover, units a year",
        x_kind="log",
    )
    return Measured(estimates=estimates, picture=picture)


WATCHED = {24: 2048, 8: 4096, 1: 8192}  # ticks a day: paths


def expected_turnover() -> tuple[Expected, ...]:
    """Turnover and E X^2 of the chain for each length of step."""
    found = []
    for ticks_a_day in WATCHED:
        steps = TRADING_DAYS * ticks_a_day
        a_step, square = reflected(V / math.sqrt(steps))
        name = f"{1440 // ticks_a_day} min"
        found.append(Expected(what=f"turnover, {name}", value=a_step * steps, unit="units a year", exact="quadrature"))
        found.append(Expected(what=f"E X^2, {name}", value=square, unit="units^2", exact="quadrature"))
    return tuple(found)


TURNOVER = Case(
    name="band-turnover",
    title="Turnover of a no-trade band",
    chapter="Costs",
    source=(
        "Reflected Brownian motion: turnover v^2/(2H), E X^2 = H^2/3 (Harrison 1985); between looks H becomes "
        "H + 0.5826 v sqrt(dt) (Broadie, Glasserman and Kou 1997). Expected here: the law of the discrete chain by "
        "quadrature, which gives 0.4469 at dt = 1.6e-5, simulated elsewhere as 0.44675 +- 0.0017"
    ),
    inputs=(
        "A claim of constant Gamma S on an asset whose vol makes the target diffuse at 0.3 units per sqrt(year), band "
        "+-0.1 units, 252 days of 24, 8 or 1 looks; the first 63 days and the last left out"
    ),
    statistic=(
        "Means over paths, tables marks and closes: spread paid / (half-spread x S), units a year; squared net delta, "
        "net_delta_dollars / S, at the closes"
    ),
    expected=expected_turnover(),
    measure=measure_turnover,
    seconds=25,
)


# --- the best band ----------------------------------------------------------------------------------------------------
MULTIPLIERS = (0.4, 0.63, 0.8, 1.0, 1.25, 1.6, 2.5)
ORDERED = tuple(m for m in MULTIPLIERS if m not in (0.8, 1.0))  # x0.8 is too near the top to be told from it
BAND: dict[str, Any] = {"kind": "whalley_wilmott", "risk_aversion": 1.0}


def certainty_equivalent(pnl: Samples) -> float:
    """-ln E exp(-P&L): what the desk is worth to an aversion of 1, $."""
    return -math.log(float(np.exp(-pnl).mean()))


def difference(a: Samples, b: Samples) -> float:
    """Certainty equivalent of a less that of b, on the same paths."""
    return certainty_equivalent(a) - certainty_equivalent(b)


def best_multiplier(*pnl: Samples) -> float:
    """Top of the parabola through the certainty equivalents at x0.8, x1 and x1.25, over the log of the multiplier."""
    x = np.log(MULTIPLIERS[2:5])
    a, b, _ = np.polyfit(x, [certainty_equivalent(p) for p in pnl[2:5]], 2)
    return math.exp(-b / (2 * a))


def measure_best(lab: Lab) -> Measured:
    """Every multiplier on the same paths; hedging daily on paths of its own, more of them and coarser."""
    bands = {f"band-{i}": {**BAND, "multiplier": m} for i, m in enumerate(MULTIPLIERS)}
    run = lab.run(side_by_side(bands, paths=4096, ticks_a_day=60, days=63, kappa=KAPPA))
    pnl = {m: final(run, name) for m, name in zip(MULTIPLIERS, bands, strict=True)}
    level = {m: Estimate.jackknife(certainty_equivalent, x) for m, x in pnl.items()}
    coarse = side_by_side({"daily": {"kind": "every"}}, paths=16384, ticks_a_day=1, days=63, kappa=KAPPA, latency=0)
    fixed = lab.run(coarse)
    paid = spread_paid(fixed, "daily")
    daily = Estimate.jackknife(certainty_equivalent, final(fixed, "daily") + paid[-1] - paid[-2])
    estimates = {f"x{m:g}": level[m] for m in (0.8, 1.0, 1.25)}
    estimates |= {f"x{m:g} less x1": Estimate.jackknife(difference, pnl[m], pnl[1.0]) for m in ORDERED}
    estimates["best multiplier"] = Estimate.jackknife(best_multiplier, *pnl.values())
    estimates["best fixed interval, a day"] = daily
    picture = lines(
        pl.DataFrame([{"x": m, "y": e.value, "se": e.error} for m, e in level.items()]),
        curve=pl.DataFrame({"x": [MULTIPLIERS[0], MULTIPLIERS[-1]], "y": [daily.value] * 2}),
        title="Which no-trade band is best",
        said="Certainty equivalent over multiples of Whalley and Wilmott's band. Dashed: hedging once a day.",
        x="multiple of the band",
        y="certainty equivalent, $",
        x_kind="log",
        rule=1.0,
    )
    return Measured(estimates=estimates, picture=picture)


def simulated(what: str, value: float, se: float = 0.0018) -> Expected:
    return Expected(what=what, value=value, unit="$", se=se, rounding=5e-4, exact="simulated, 3 digits")


def below(what: str) -> Expected:
    return Expected(what=what, value=0.0, unit="$", relation="<", exact="ordering only")


BEST = Case(
    name="whalley-wilmott",
    title="The best no-trade band is Whalley and Wilmott's",
    chapter="Costs",
    source="Whalley and Wilmott (1997); certainty equivalents simulated, best at multiplier 1",
    inputs=(
        "Short one call, S0 = K = 100, T = 0.25 in 63 days of 60 looks, sigma 20 %, r = mu = 0, half-spread 0.1 %, "
        "risk aversion 1; without the cost of the first hedge and of going to the payoff's delta at expiry. Fixed "
        "intervals are best, and flat, between 63 and 50 hedges: a day is taken"
    ),
    statistic="-ln E exp(-P&L), P&L in the last mark; differences are of desks on the same paths, jackknifed",
    expected=(
        simulated("x0.8", -0.233),
        simulated("x1", -0.2278),
        simulated("x1.25", -0.241),
        *(below(f"x{m:g} less x1") for m in ORDERED),
        Expected(what="best multiplier", value=1.0, rounding=0.1, exact="asymptotic; 60 looks a day take off 0.05"),
        simulated("best fixed interval, a day", -0.368),
    ),
    measure=measure_best,
    seconds=32,
)


# --- Zakamouline ------------------------------------------------------------------------------------------------------
def measure_zakamouline(lab: Lab) -> Measured:
    """Both bands on the same paths, at two costs."""
    estimates, columns = {}, []
    for kappa in (0.005, 0.001):
        policies = {"ww": BAND, "zakamouline": {**BAND, "kind": "zakamouline"}}
        run = lab.run(side_by_side(policies, paths=6144, ticks_a_day=48, days=63, kappa=kappa))
        pnl = {name: final(run, name) for name in policies}
        estimates[f"Zakamouline less Whalley-Wilmott, kappa {kappa:g}"] = Estimate.jackknife(
            difference, pnl["zakamouline"], pnl["ww"]
        )
        for name, label in (("ww", "Whalley-Wilmott"), ("zakamouline", "Zakamouline")):
            e = Estimate.jackknife(certainty_equivalent, pnl[name])
            columns.append({"name": f"{label}, {kappa:.1%}", "y": e.value, "se": e.error})
    picture = bars(
        pl.DataFrame(columns),
        title="Zakamouline's band against Whalley and Wilmott's",
        said="The finer approximation is better where trading is dear, the asymptotic band where it is cheap.",
        x="band, half-spread",
        y="certainty equivalent, $",
    )
    return Measured(estimates=estimates, picture=picture)


ZAKAMOULINE = Case(
    name="zakamouline",
    title="Zakamouline's band against Whalley and Wilmott's",
    chapter="Costs",
    source="Zakamouline (2006), fitted to the solution of Hodges and Neuberger (1989); ordering simulated",
    inputs=(
        "Short one call, S0 = K = 100, T = 0.25 in 63 days of 48 looks, sigma 20 %, r = mu = 0, risk aversion 1, "
        "half-spread 0.5 % and 0.1 %; without set-up and settlement"
    ),
    statistic="Difference of -ln E exp(-P&L) between two desks on the same paths, jackknifed; P&L in the last mark",
    expected=(
        Expected(
            what="Zakamouline less Whalley-Wilmott, kappa 0.005",
            value=0.0,
            unit="$",
            relation=">",
            exact="ordering only",
        ),
        Expected(
            what="Zakamouline less Whalley-Wilmott, kappa 0.001",
            value=0.0,
            unit="$",
            relation="<",
            exact="ordering only",
        ),
    ),
    measure=measure_zakamouline,
    seconds=32,
)

CASES: tuple[Case, ...] = (TURNOVER, BEST, ZAKAMOULINE)
