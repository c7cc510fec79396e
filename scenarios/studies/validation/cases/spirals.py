"""Loss and margin spirals: a trader whose wealth and margin fall with the price that it sells into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.estimate import Estimate

RICH = 1e15  # $
WORTH, BEFORE = 140.0, 130.0  # $: what the asset is worth, and its price before the shock
SLOPE = 2.5  # $ a unit: gamma sigma^2 / 2 of the customers, 0.05 x 100 / 2
SUPPLY = 7.8  # units that the customers sell
MARGIN = 10.0  # $ a unit
START, SHOCK = "2020-01-01", "2020-01-02"
ROUNDS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20)


@dataclass(frozen=True)
class Trader:
    """Position before the shock (units), rise of the margin per $ of fall, and wealth before the shock ($)."""

    held: float
    sensitivity: float
    wealth: float


TRADERS = {
    "no spiral": Trader(0.0, 0.0, 30.0),
    "loss spiral": Trader(2.0, 0.0, 34.0),
    "loss and margin spiral": Trader(2.0, 0.3, 35.8),
}


def market(redemption: float, trader: Trader, rounds: int = 0) -> Scenario:
    """One day: customers sell, and the trader buys as much as its wealth, less the redemption, margins.

    Without the trader's orders the customers' curve x = Z - 2 (v - p) / (gamma sigma^2) puts the price where it holds
    what it held; from there a unit moves the price by `SLOPE`.
    """
    untraded = WORTH - SLOPE * (SUPPLY - trader.held)
    level = {"vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    depth = 1e9
    fund: dict[str, Any] = {
        "type": "LeveredFund",
        "capital": trader.wealth,
        "holding": trader.held,
        "value": WORTH,
        "margin": MARGIN,
        "margin_sensitivity": trader.sensitivity,
        "redemption": redemption,
        "redemption_day": SHOCK,
    }
    return textbook(
        minutes=1440,
        anchors=[{"date": START, "spot": BEFORE, **level}, {"date": SHOCK, "spot": untraded, **level}],
        market={"price_model": "normal", "realised_ratio": 0.0, "dispersion": 0.0},
        asset={
            "impact": SLOPE * depth / BEFORE**2,
            "depth": depth,
            "permanent_share": 1.0,
            "clearing": "fixed_point",
            "clearing_rounds": rounds,
        },
        feedback={"impact": 1.0},
        agents={"trader": fund, "maker": {**MAKER, "capital": RICH}},
        run={"paths": 1},
    )


def price(lab: Lab, name: str, redemption: float, rounds: int = 0) -> float:
    """The close after the shock, $."""
    closes = lab.run(market(redemption, TRADERS[name], rounds)).closes.sort("time").select("mid").collect()
    return float(closes["mid"][-1])


def slope_at(lab: Lab, name: str, step: float = 1e-4) -> float:
    """Fall of the price per $ of wealth lost, by a one-sided difference of second order."""
    at = [price(lab, name, h) for h in (0.0, step, 2 * step)]
    return (3 * at[0] - 4 * at[1] + at[2]) / (2 * step)


def measure_spiral(lab: Lab) -> Measured:
    """Prices after a loss of 1 $, their slope, and the multiplier against a trader without the spiral."""
    from analysis.charts.validation import lines

    estimates: dict[str, Estimate] = {}
    for name, trader in TRADERS.items():
        slope = slope_at(lab, name)
        margin = MARGIN + trader.sensitivity * (BEFORE - price(lab, name, 0.0))
        estimates[f"price without the loss, {name}"] = Estimate(price(lab, name, 0.0))
        estimates[f"price after the loss, {name}"] = Estimate(price(lab, name, 1.0))
        estimates[f"dp/deta, {name}"] = Estimate(slope)
        estimates[f"multiplier, {name}"] = Estimate(slope * margin / SLOPE)
    rows = [(name, float(n), price(lab, name, 1.0, n)) for name in TRADERS for n in ROUNDS]
    frame = pl.DataFrame(rows, schema=["series", "x", "y"], orient="row")
    said = (
        "The trader loses 1 $ and sizes its position again and again at the price that its last order would lead to. "
        "Where its wealth (loss spiral) and its margin (margin spiral) move with the price, each round answers "
        "the one before."
    )
    picture = lines(frame, title="Price over the rounds", said=said, x="rounds of resizing", y="price, $")
    return Measured(estimates=estimates, picture=picture)


# --- deleveraging ----------------------------------------------------------------------------------------------------

LEVERAGE, IMPACT, SHOCK_SIZE = 10.0, 0.05, -1e-5  # ln S per fund's assets sold; a shock small enough to be linear


def deleveraging(clearing: str, ticks: int) -> Scenario:
    """A fund that keeps its leverage, after one fall of the price."""
    level = {"vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    assets = 1e9
    last = f"2020-01-{1 + ticks:02d}"
    fallen = {"spot": 100.0 * float(np.exp(SHOCK_SIZE)), **level}
    fund = {"type": "LeveredFund", "capital": assets / LEVERAGE, "max_leverage": LEVERAGE}
    return textbook(
        minutes=1440,
        anchors=[{"date": START, "spot": 100.0, **level}, {"date": SHOCK, **fallen}, {"date": last, **fallen}],
        market={"realised_ratio": 0.0, "dispersion": 0.0},
        asset={"impact": IMPACT, "depth": assets, "permanent_share": 1.0, "clearing": clearing},
        feedback={"impact": 1.0},
        agents={"fund": fund, "maker": {**MAKER, "capital": RICH}},
        run={"paths": 1},
    )


def measure_deleveraging(lab: Lab) -> Measured:
    """Total fall over the first one, at the fixed point within a tick and tick after tick."""
    from analysis.charts.validation import lines

    estimates: dict[str, Estimate] = {}
    rows = []
    for clearing, name, ticks in (("fixed_point", "at the fixed point", 2), ("sequential", "tick after tick", 30)):
        closes = lab.run(deleveraging(clearing, ticks)).closes.sort("time").select("mid").collect()["mid"].to_numpy()
        fall = np.log(closes / closes[0]) / SHOCK_SIZE
        estimates[f"total over the first fall, {name}"] = Estimate(float(fall[-1]))
        rows += [(name, float(tick), value) for tick, value in enumerate(fall)]
    frame = pl.DataFrame(rows, schema=["series", "x", "y"], orient="row")
    said = (
        "A fund ten times levered sells nine times what the fall took from its assets; its sale is the next fall. The "
        "whole is 1/(1 - 0.45) of the first fall."
    )
    picture = lines(frame, title="Deleveraging", said=said, x="days since the start", y="fall over the first fall")
    return Measured(estimates=estimates, picture=picture)


def _expected(name: str, slope: float, multiplier: float, after: float) -> tuple[Expected, ...]:
    return (
        Expected(what=f"price without the loss, {name}", value=128.0, unit="$", rounding=1e-9),
        Expected(what=f"price after the loss, {name}", value=after, unit="$", rounding=5e-7),
        Expected(what=f"dp/deta, {name}", value=slope, unit="$ per $", rounding=1e-6),
        Expected(what=f"multiplier, {name}", value=multiplier, rounding=5e-6),
    )


CASES: tuple[Case, ...] = (
    Case(
        name="loss-and-margin-spiral",
        title="A trader whose funding falls with the price",
        chapter="Spirals",
        source="Brunnermeier and Pedersen (2009), proposition 5: dp/deta = 1/(2 m/(gamma sigma^2) + m' x - x0)",
        inputs="value 140 $, price 130 $ before customers sell 7.8 units (risk aversion 0.05, variance 100); "
        "margin 10 $ a unit, rising by 0.3 $ per $ of fall in the margin spiral; position and wealth before 0, 2, 2 "
        "and 30, 34, 35.8",
        statistic="close after the shock, solved with the trader's orders; its slope in the wealth lost; the slope "
        "over that of a trader with the same margin and no spiral",
        expected=(
            *_expected("no spiral", 0.25, 1.0, 127.75),
            *_expected("loss spiral", 0.5, 2.0, 127.5),
            *_expected("loss and margin spiral", 0.746269, 3.16418, 127.297878),
        ),
        measure=measure_spiral,
        fast=True,
        seconds=3.0,
    ),
    Case(
        name="deleveraging",
        title="A fund that keeps its leverage",
        chapter="Spirals",
        source="total = r0 / (1 - l (lambda - 1) A): the geometric series of forced sales",
        inputs="leverage 10, impact 0.05 of ln S per fund's assets sold, impact that stays; a first fall of 0.001 %",
        statistic="ln of the last close over the first, over the first fall, from `closes`",
        expected=tuple(
            Expected(
                what=f"total over the first fall, {name}", value=1 / 0.55, rounding=1e-3, exact="exact for small falls"
            )
            for name in ("at the fixed point", "tick after tick")
        ),
        measure=measure_deleveraging,
        fast=True,
        seconds=2.0,
    ),
)
