"""Leverage and tails: funds that buy what is cheap on credit, and have to sell when it gets cheaper still."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from analysis import stylised_facts as sf
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured, Samples
from scenarios.studies.validation.cases.stylised_facts import NORMAL
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.clock import CONTINUOUS_DAYS
from sim.estimate import Estimate
from sim.named_tuple import NamedTuple

RICH = 1e18  # $
VALUE = 1.0  # $, what funds think the asset worth
SUPPLY = 1e9  # units
RHO, SIGMA = 0.99, 0.035  # of the log of what noise traders spend, a step
APPETITES = (10.0, 25.0, 50.0)  # leverage per unit of ln(value / price)
CAPITAL = 0.015 * VALUE * SUPPLY  # $, of a fund
LEVERAGES = (1, 3, 5, 8, 10)
PUBLISHED = (8.5, 7.3, 5.3, 4.1, 3.9)  # Hill, negative returns; ten funds
PATHS, BURN_IN, STEPS = 2048, 100, 300  # steps measured, after the burn-in
TAIL = 0.01  # share of all returns
CRASH = 5 * SIGMA  # a loss of five standard deviations of the noise: once in 3.5e6 steps without funds
GROUPS = 32  # of the jackknife


def market(leverage: float | None) -> Scenario:
    """Noise traders and three funds of this maximum leverage, or none; a step is a day.

    ln S is an autoregressive process of the noise traders around the value, plus the funds' units over the supply.
    """
    year = 1 / CONTINUOUS_DAYS
    speed = -float(np.log(RHO)) / year
    level = {"vol": SIGMA * float(np.sqrt(2 * speed / (1 - RHO**2))), "overnight": 0.0}
    level |= {"spot": VALUE, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    first = date(2020, 1, 1)
    last = first + timedelta(days=BURN_IN + STEPS)
    agents: dict[str, Any] = {"maker": {**MAKER, "capital": RICH, "venues": ["asset"]}}
    if leverage is not None:
        agents |= {f"fund-{appetite:g}": fund(appetite, leverage) for appetite in APPETITES}
    return textbook(
        minutes=1440,
        anchors=[{"date": first.isoformat(), **level}, {"date": last.isoformat(), **level}],
        market={"spot_reversion": speed},
        asset={
            "impact": 1.0,
            "depth": SUPPLY * VALUE,
            "depth_price_power": 1.0,
            "capacity": 1.0,
            "permanent_share": 1.0,
            "clearing": "fixed_point",
        },
        feedback={"impact": 1.0},
        agents=agents,
    )


def fund(appetite: float, leverage: float) -> dict[str, Any]:
    """A value investor whose own investors follow its performance."""
    return {
        "type": "LeveredFund",
        "capital": CAPITAL,
        "holding": 0.0,
        "value": VALUE,
        "aggressiveness": appetite,
        "max_leverage": float(leverage),
        "flow": 0.15,
        "flow_benchmark": 0.005,
        "flow_memory": 0.1,
        "ruin": 0.1,
        "return_days": 100,
    }


class Found(NamedTuple):
    """What one maximum leverage leads to: readings path by path, and the losses themselves."""

    tail: Estimate
    kurtosis: Estimate
    square: Estimate  # of returns
    crashes: Estimate  # 1,000 steps
    ruins: Estimate  # a fund and 1,000 steps
    losses: Samples  # (paths, steps), -r


def observe(lab: Lab, leverage: float | None) -> Found:
    """Log returns from close to close and ruins, both after the burn-in."""
    run = lab.run(market(leverage), paths=PATHS)
    closes = run.closes.filter(pl.col("venue") == "asset").sort("path", "time").select("mid", "time").collect()
    returns = np.diff(np.log(closes["mid"].to_numpy().reshape(PATHS, -1)), axis=1)[:, BURN_IN:]
    begin = closes["time"][BURN_IN]
    ruined = run.events.filter((pl.col("kind") == "ruined") & (pl.col("time") > begin)).select("path").collect()
    counted = np.bincount(ruined["path"].to_numpy(), minlength=PATHS).astype(float)
    return Found(
        tail=tail_index(-returns),
        kurtosis=sf.kurtosis(returns),
        square=sf.mean(returns**2),
        crashes=sf.mean(1000.0 * (returns < -CRASH)),
        ruins=sf.mean(counted[:, None] * 1000 / (len(APPETITES) * STEPS)),
        losses=-returns,
    )


def tail_index(losses: Samples) -> Estimate:
    """Hill's index of the largest share; groups of paths are left out threshold and all, as it is chosen on them."""
    return Estimate.jackknife(lambda some: sf.tail_index(some, share=TAIL).value, losses, groups=GROUPS)


def measure(lab: Lab) -> Measured:
    """Tail index, volatility, crashes and ruins at each maximum leverage; differences are taken path by path."""
    none = observe(lab, None)
    found = {leverage: observe(lab, leverage) for leverage in LEVERAGES}
    root = float(np.sqrt(none.square.value))
    estimates = {
        "tail index without funds": none.tail,
        "sd of returns without funds": Estimate(root, (none.square.error or 0.0) / (2 * root)),
        "excess kurtosis without funds": none.kurtosis,
        DAMPED: none.square - found[1].square,
    }
    for low, high in PAIRS:
        estimates[_fall(low, high)] = found[low].tail - found[high].tail
    for low, high in PAIRS[:-1]:
        estimates[_rise("ruins", low, high)] = found[high].ruins - found[low].ruins
    for low, high in PAIRS[1:]:
        estimates[_rise("crashes", low, high)] = found[high].crashes - found[low].crashes
    return Measured(estimates=estimates, picture=(tail_bars(found), tail_lines(none, found)))


def tail_bars(found: dict[int, Found]) -> Any:
    """The tail index against maximum leverage, beside what was published."""
    from analysis.charts.validation import bars

    rows = [
        (str(leverage), f.tail.value, f.tail.error, published)
        for (leverage, f), published in zip(found.items(), PUBLISHED, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["name", "y", "se", "expected"], orient="row")
    said = (
        "The more a fund may borrow, the fatter the tail of losses: it buys into a fall until its limit binds, and "
        "then sells into it. Black ticks: published, with ten funds."
    )
    return bars(frame, title="Tail index of losses", said=said, x="maximum leverage", y="Hill's index, top 1 %")


def tail_lines(none: Found, found: dict[int, Found]) -> Any:
    """How often a loss is larger than so much, log-log."""
    from analysis.charts.validation import lines

    shares = np.geomspace(2e-5, 0.1, 30)
    rows = [
        (name, float(loss), float(share))
        for name, f in (("no funds", none), *((f"maximum leverage {k}", f) for k, f in found.items()))
        for share, loss in zip(shares, np.quantile(f.losses, 1 - shares), strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["series", "x", "y"], orient="row")
    said = (
        "Small losses are rarer with funds than without, large ones more frequent where they are levered: "
        "a straight line is a power law."
    )
    across, up = "loss in a step, -ln S(t+1)/S(t)", "share of steps with a larger loss"
    return lines(frame, title="Tail of losses", said=said, x=across, y=up, x_kind="log", y_kind="log")


PAIRS = tuple(pairwise(LEVERAGES))
DAMPED = "variance without funds less that at maximum leverage 1"


def _fall(low: int, high: int) -> str:
    return f"tail index, maximum leverage {low} less {high}"


def _rise(what: str, low: int, high: int) -> str:
    return f"{what}, maximum leverage {high} less {low}"


def _above_zero(what: str, unit: str = "") -> Expected:
    return Expected(what=what, value=0.0, unit=unit, exact="ordering only", relation=">")


def _sd_without_funds() -> float:
    """sd of a step of the noise, which starts at the value: sigma^2 + (1 - rho)^2 Var x(t), mean over the steps."""
    steps = np.arange(BURN_IN, BURN_IN + STEPS)
    variance = SIGMA**2 * (1 - RHO ** (2 * steps)) / (1 - RHO**2)
    return float(np.sqrt(SIGMA**2 + (1 - RHO) ** 2 * variance.mean()))


CASES: tuple[Case, ...] = (
    Case(
        name="leverage-tails",
        title="Tails grow fatter with the leverage that funds are allowed",
        chapter="Leverage",
        source="Thurner, Farmer and Geanakoplos (2012), Quantitative Finance 12: ordering; without funds a Gaussian "
        "autoregressive process",
        inputs="noise traders spend exp(x) of the asset's value, x with memory 0.99 and shocks of 0.035 a step; funds "
        "of appetite 10, 25, 50 in place of the paper's ten from 5 to 50, 1.5 % of the asset's value each at the "
        "start; investors bring 0.15 of equity per unit of return above 0.5 % a step, averaged over ten steps; ruin "
        "at a tenth, return after 100 steps; ln S is linear in the units that funds hold",
        statistic="log returns of 2,048 paths over 300 steps after 100, from `closes`: Hill's index of the worst 1 % "
        "of all, excess kurtosis, variance, and crashes: losses beyond 0.175, five sd of the noise; ruins, from "
        "`events`. An ordering passes where it is beyond 3.5 standard errors",
        expected=(
            Expected(what="tail index without funds", value=NORMAL, rounding=1e-3, exact="exact, quadrature"),
            Expected(what="sd of returns without funds", value=_sd_without_funds(), unit="ln S"),
            Expected(what="excess kurtosis without funds", value=0.0),
            _above_zero(DAMPED, "ln S squared"),
            *(_above_zero(_fall(low, high)) for low, high in PAIRS),
            *(_above_zero(_rise("crashes", low, high), "1,000 steps") for low, high in PAIRS[1:]),
            *(_above_zero(_rise("ruins", low, high), "a fund and 1,000 steps") for low, high in PAIRS[:-1]),
        ),
        measure=measure,
        seconds=30.0,
    ),
)
