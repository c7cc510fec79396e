"""Market making by Avellaneda and Stoikov (2008): inventory against symmetric quotes, in steps and in event time.

Their table is a simulation in steps of 0.005 with at most one fill a step and side. That takes a fifth off the
variance of the fills: the symmetric maker's inventory has a standard deviation of 8.4 in it and of 9.6 in true time.
Both are measured here, against moments that are exact: the law of inventory, and the first two moments of profit given
inventory, carried from step to step (`moments`) or through the fills of a step (`moments_between_fills`), whose limit
without steps is event time.

The more a maker fears its inventory, the further it quotes through mid to be rid of it: at a risk aversion of 1, a
second unit draws three thousand times the clients of the first, until one has come. There event time needs quotes that
answer every fill.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal

import numpy as np
import polars as pl

from agents.making.client_flow import LOG_CROWD
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured, Samples
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE
from sim.clock import Clock
from sim.estimate import Estimate

Rule = Literal["avellaneda_stoikov", "symmetric"]
Arrivals = Literal["bernoulli", "poisson"]

SPOT, SIGMA, AVERSION = 100.0, 2.0, 0.1  # $; $ over the run; 1/$
AVERSIONS = (0.01, 0.1, 0.5, 1.0)  # 1/$
ARRIVALS, DECAY = 140.0, 1.5  # orders over the run and side; 1/$
DAYS = 5  # trading days that are T = 1
MINUTES = DAYS * 24 * 60
HALF_SPREAD = 0.01  # of SPOT: the venue's half-spread, in which the engine measures distance, is 1 $
RULES: dict[Rule, str] = {"avellaneda_stoikov": "inventory", "symmetric": "symmetric"}
WHAT = ("profit", "sd of profit", "sd of inventory")
UNITS = ("$", "$", "units")
CHUNK = 8192  # paths

PUBLISHED_STEPS = 200
# By `moments(rule, 200)`, and by `moments_between_fills` extrapolated to no step (for symmetric quotes in closed form):
# WHAT, 4 decimals; the latter by rule and aversion.
IN_STEPS: dict[Rule, tuple[float, ...]] = {
    "avellaneda_stoikov": (64.8925, 6.5432, 2.9268),
    "symmetric": (68.2282, 13.4573, 8.4017),
}
IN_EVENT_TIME: dict[tuple[Rule, float], tuple[float, ...]] = {
    ("avellaneda_stoikov", 0.01): (68.3116, 10.3458, 6.0584),
    ("avellaneda_stoikov", 0.1): (63.9924, 7.2858, 3.4262),
    ("avellaneda_stoikov", 0.5): (47.1123, 5.9910, 2.3453),
    ("avellaneda_stoikov", 1.0): (30.6178, 4.7861, 2.0163),
    ("symmetric", 0.1): (68.2282, 15.2946, 9.5673),
}
DIGIT = 5e-5
PUBLISHED = {"avellaneda_stoikov": (65.0, 6.6, 2.9), "symmetric": (68.4, 12.7, 8.4)}
PUBLISHED_SE = {"avellaneda_stoikov": (0.21, 0.15, 0.07), "symmetric": (0.40, 0.42, 0.19)}  # of 1,000 paths

FINE_STEPS: dict[Rule, int] = {"avellaneda_stoikov": 720, "symmetric": 360}
# What these steps still change, for time goes by and the price moves between them only: by the same recursion.
FINE_ERROR: dict[tuple[Rule, float], tuple[float, ...]] = {
    ("avellaneda_stoikov", 0.01): (0.0007, 0.0013, 0.0060),
    ("avellaneda_stoikov", 0.1): (0.0067, 0.0001, 0.0108),
    ("avellaneda_stoikov", 0.5): (0.0282, 0.0009, 0.0176),
    ("avellaneda_stoikov", 1.0): (0.0420, 0.0023, 0.0224),
    ("symmetric", 0.1): (0.0, 0.017, 0.0),
}
FINE_PATHS: dict[Rule, int] = {"avellaneda_stoikov": 12288, "symmetric": 24576}
PATHS = 8192
COARSE: dict[Arrivals, tuple[int, ...]] = {"bernoulli": (100, 200, 400), "poisson": (200, 400)}


# --- what is expected -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Moments:
    """Of a maker's profit ($), and of its inventory (units) after each step, (steps,)."""

    profit: float
    sd: float
    inventory: Samples

    @property
    def row(self) -> tuple[float, ...]:
        """In the order of WHAT."""
        return self.profit, self.sd, float(self.inventory[-1])


def quotes(rule: Rule, inventory: Samples, left: float, aversion: float = AVERSION) -> tuple[Samples, Samples]:
    """Distance of ask and bid from mid, $, with `left` of the run (of 1) to go: equations 29 and 30 of the paper."""
    risk = aversion * SIGMA**2
    without_risk = np.log1p(aversion / DECAY) / aversion
    if rule == "symmetric":
        same = np.full_like(inventory, 0.25 * risk + without_risk)
        return same, same
    half, skew = 0.5 * risk * left + without_risk, -risk * left * inventory
    return half + skew, half - skew


def moments(rule: Rule, steps: int) -> Moments:
    """Exact, for at most one fill a step and side, with probability intensity x step, and then a move of the price.

    For each inventory q it carries its probability, and that times the mean of the profit and of its square.
    """
    reach, dt = (25 if rule == "avellaneda_stoikov" else 60), 1 / steps
    q = np.arange(-reach, reach + 1.0)
    law = np.zeros((3, q.size))
    law[0, reach] = 1.0
    spread = np.empty(steps)
    for step in range(steps):
        ask, bid = quotes(rule, q, 1 - step * dt)
        sold, bought = (np.minimum(ARRIVALS * dt * np.exp(-DECAY * side), 1.0) for side in (ask, bid))
        law = (
            _after(law, (1 - sold) * (1 - bought) + 0 * q, 0 * q, 0)
            + _after(law, sold * (1 - bought), ask, -1)
            + _after(law, (1 - sold) * bought, bid, 1)
            + _after(law, sold * bought, ask + bid, 0)
        )
        law[2] += SIGMA**2 * dt * q**2 * law[0]
        spread[step] = np.sqrt(np.sum(q**2 * law[0]))
    _, mean, square = law.sum(axis=1)
    return Moments(float(mean), float(np.sqrt(square - mean**2)), spread)


def _after(law: Samples, probability: Samples, gain: Samples, shift: int) -> Samples:
    """Where the law goes that fills with this probability, gains this, and changes inventory by `shift`."""
    zeroth, first, second = probability * law
    return np.roll([zeroth, first + gain * zeroth, second + 2 * gain * first + gain**2 * zeroth], shift, axis=1)


def moments_between_fills(rule: Rule, steps: int, aversion: float) -> Moments:
    """Exact, for quotes that answer every fill, and for time and a price that stand still until the next step.

    The same law as in `moments`; over a step, its generator's exponential.
    """
    from scipy.linalg import expm

    reach = 60 if rule == "symmetric" else 10 + round(3 / np.sqrt(aversion))
    q, dt = np.arange(-reach, reach + 1.0), 1 / steps
    law, spread = np.zeros((3, q.size)), np.empty(steps)
    law[0, reach] = 1.0
    for step in range(steps):
        flow = _generator(q, quotes(rule, q, 1 - step * dt, aversion))
        law = (expm(dt * flow) @ law.reshape(-1)).reshape(law.shape)
        law[2] += SIGMA**2 * dt * q**2 * law[0]
        spread[step] = np.sqrt(np.sum(q**2 * law[0]))
    _, mean, square = law.sum(axis=1)
    return Moments(float(mean), float(np.sqrt(square - mean**2)), spread)


def _generator(q: Samples, distances: tuple[Samples, Samples]) -> Samples:
    """Flow of the law (3 x inventories) by buyers and sellers at these distances; nobody leaves the ends."""
    n = q.size
    flow = np.zeros((3, n, 3, n))
    for distance, shift in zip(distances, (-1, 1), strict=True):
        come = ARRIVALS * np.exp(np.minimum(-DECAY * distance, LOG_CROWD))
        source = np.arange(1, n) if shift < 0 else np.arange(n - 1)
        come, gain = come[source], distance[source]
        for row in range(3):
            flow[row, source, row, source] -= come
            flow[row, source + shift, row, source] += come
        flow[1, source + shift, 0, source] += gain * come
        flow[2, source + shift, 1, source] += 2 * gain * come
        flow[2, source + shift, 0, source] += gain**2 * come
    return flow.reshape(3 * n, 3 * n)


# --- what is measured -------------------------------------------------------------------------------------------------
def scenario(rule: Rule, steps: int, arrivals: Arrivals, paths: int, aversion: float = AVERSION) -> Scenario:
    """One maker and its clients for five days round the clock, a price that moves by 2 $ in them, and nothing else."""
    first, last = date(2020, 1, 1), date(2020, 1, 1 + DAYS)
    years = Clock.exchange(calendar="24/7", first=first, last=last, tick_minutes=MINUTES // steps).variance_years[-1]
    vol = SIGMA / SPOT / math.sqrt(years)
    level = {"spot": SPOT, "vol": vol, **dict.fromkeys(("overnight", "us2y", "us10y", "credit"), 0.0)}
    days = [{"date": day.isoformat(), **level} for day in (first, last)]
    still = {"dispersion": 1.0, "realised_ratio": 1.0, "xi": 0.0, "rates": {"vol_us2y": 0.0, "vol_us10y": 0.0}}
    cut = dict.fromkeys(("leverage", "depth", "impact", "credit", "margin"), 0.0)
    quoting = {"kind": rule, "horizon": "end", "risk_aversion": aversion * SPOT, "order_decay": DECAY}
    maker = {
        "type": "MarketMaker",
        "capital": 1e6,
        "venues": ["asset"],
        "inventory_half_life": 1e15,
        "inventory_limit": 1e9,
        "quoting": {**quoting, "order_size": SPOT},  # one unit
    }
    come = {"rate": ARRIVALS / DAYS, "decay": DECAY, "order_size": SPOT, "arrivals": arrivals}
    return from_dict(
        {
            "name": "market-making",
            "clock": {"calendar": "24/7", "tick_minutes": MINUTES // steps},
            "market": {**still, "price_model": "normal"},
            "venue": {"asset": {**FREE, "half_spread": HALF_SPREAD}},
            "feedback": {**cut, "spread": 1.0},
            "storyline": {"anchor": days},
            "agents": {"maker": maker, "customers": {"type": "ClientFlow", **come}},
            "run": {"paths": paths, "chunk": CHUNK, "twin": "none", "witnesses": 0},
        },
        as_given=True,  # one unit an order, and no limit that is ever met
    )


def played(
    lab: Lab, rule: Rule, steps: int, arrivals: Arrivals, paths: int, aversion: float = AVERSION
) -> pl.DataFrame:
    """day, profit ($) and inventory (units) of the maker at every close, a row a path and day."""
    run = lab.run(scenario(rule, steps, arrivals, paths, aversion))
    mid = run.closes.filter(pl.col("venue") == "asset").select("time", "path", "mid")
    marks = run.marks.filter(pl.col("agent") == "maker").join(mid, on=["time", "path"])
    day = (pl.col("time").rank("dense") - 1).cast(pl.Int64)
    found = marks.select("path", day=day, profit="pnl", inventory=pl.col("net_delta_dollars") / pl.col("mid"))
    return found.sort("day", "path").collect()


def last(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of the last close."""
    return frame.filter(pl.col("day") == DAYS)


def named(rule: Rule, aversion: float = AVERSION) -> str:
    """A rule in the table."""
    return RULES[rule] if aversion == AVERSION else f"{RULES[rule]}, gamma {aversion:g}"


def estimates_of(rule: Rule, frame: pl.DataFrame, aversion: float = AVERSION) -> dict[str, Estimate]:
    """By rule and WHAT."""
    at_end = last(frame)
    profit, inventory = (at_end[name].to_numpy() for name in ("profit", "inventory"))
    found = Estimate.mean(profit), Estimate.sd(profit), Estimate.sd(inventory)
    return {f"{named(rule, aversion)}: {what}": estimate for what, estimate in zip(WHAT, found, strict=True)}


def measure_in_steps(lab: Lab) -> Measured:
    """Both rules in the published steps; each number is held against its exact value and against the table."""
    frames = {rule: played(lab, rule, PUBLISHED_STEPS, "bernoulli", PATHS) for rule in RULES}
    found: dict[str, Estimate] = {}
    for rule, frame in frames.items():
        found |= estimates_of(rule, frame)
    found |= {f"{what}, as published": estimate for what, estimate in found.items()}
    return Measured(estimates=found, picture=(picture_of_profit(frames), picture_of_inventory(frames)))


def measure_in_event_time(lab: Lab) -> Measured:
    """Both rules, the one at every risk aversion, in steps so fine that what is left of them is known and small."""
    found: dict[str, Estimate] = {}
    for rule, aversion in IN_EVENT_TIME:
        frame = played(lab, rule, FINE_STEPS[rule], "poisson", FINE_PATHS[rule], aversion)
        found |= estimates_of(rule, frame, aversion)
    return Measured(estimates=found, picture=picture_of_steps(lab))


# --- pictures ---------------------------------------------------------------------------------------------------------
def picture_of_profit(frames: dict[Rule, pl.DataFrame]) -> Any:
    """Density of the profit of both rules."""
    from analysis.charts.validation import lines

    edges = np.arange(0.0, 131.0, 2.5)
    parts = []
    for rule, frame in frames.items():
        profit = last(frame)["profit"].to_numpy()
        share = np.histogram(profit, edges)[0] / profit.size
        se = np.sqrt(share * (1 - share) / profit.size)
        middle = (edges[1:] + edges[:-1]) / 2
        parts.append(pl.DataFrame({"series": RULES[rule], "x": middle, "y": 100 * share, "se": 100 * se}))
    return lines(
        pl.concat(parts),
        title="Profit of a market maker: inventory against symmetric quotes",
        said="Leaning against inventory gives up 5 % of the profit and halves its spread.",
        x="profit at the end, $ (bins of 2.5 $)",
        y="paths, %",
    )


def picture_of_inventory(frames: dict[Rule, pl.DataFrame]) -> Any:
    """Standard deviation of inventory at every close, with its exact course."""
    from analysis.charts.validation import lines

    rows, told = [], []
    for rule, frame in frames.items():
        for day in range(1, DAYS + 1):
            held = Estimate.sd(frame.filter(pl.col("day") == day)["inventory"].to_numpy())
            rows.append((RULES[rule], float(day), held.value, held.error))
        course = moments(rule, PUBLISHED_STEPS).inventory
        told += [(RULES[rule], DAYS * i / PUBLISHED_STEPS, float(y)) for i, y in enumerate(course)]
    return lines(
        pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row"),
        curve=pl.DataFrame(told, schema=["series", "x", "y"], orient="row"),
        title="Inventory over time",
        said="Symmetric quotes let inventory diffuse; the rule leans against it until the end is near. Dashed: exact.",
        x="day (the run is five)",
        y="sd of inventory, units",
    )


def picture_of_steps(lab: Lab) -> Any:
    """The inventory rule's profit against the number of steps, by how the clients of a step are counted."""
    from analysis.charts.validation import lines

    rule: Rule = "avellaneda_stoikov"
    names: dict[Arrivals, str] = {"bernoulli": "at most one fill a step", "poisson": "a new quote after every fill"}
    rows, limit = [], IN_EVENT_TIME[rule, AVERSION][0]
    sizes = {(arrivals, steps): PATHS for arrivals in names for steps in COARSE[arrivals]}
    sizes["poisson", FINE_STEPS[rule]] = FINE_PATHS[rule]
    for (arrivals, steps), paths in sizes.items():
        profit = Estimate.mean(last(played(lab, rule, steps, arrivals, paths))["profit"].to_numpy())
        rows.append((names[arrivals], float(steps), profit.value, profit.error))
    told = [(names["bernoulli"], float(steps), moments(rule, steps).profit) for steps in (100, 200, 400, 720, 1440)]
    return lines(
        pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row"),
        curve=pl.DataFrame(told, schema=["series", "x", "y"], orient="row"),
        title="The published table carries its time step",
        said=f"Mean profit of the inventory rule; both ways tend to {limit:.2f} $. Dashed: exact.",
        x="steps in the run",
        y="mean profit, $",
        x_kind="log",
    )


# --- the cases --------------------------------------------------------------------------------------------------------
def _in_steps() -> tuple[Expected, ...]:
    return tuple(
        Expected(what=f"{named(rule)}: {what}", value=value, unit=unit, rounding=DIGIT, exact="exact, 4 digits")
        for rule, values in IN_STEPS.items()
        for what, unit, value in zip(WHAT, UNITS, values, strict=True)
    )


def _in_event_time() -> tuple[Expected, ...]:
    return tuple(
        Expected(
            what=f"{named(rule, aversion)}: {what}",
            value=value,
            unit=unit,
            rounding=DIGIT + FINE_ERROR[rule, aversion][i],
            exact=f"exact; rounding: what steps of 1/{FINE_STEPS[rule]} change",
        )
        for (rule, aversion), values in IN_EVENT_TIME.items()
        for i, (what, unit, value) in enumerate(zip(WHAT, UNITS, values, strict=True))
    )


def _published() -> tuple[Expected, ...]:
    return tuple(
        Expected(
            what=f"{name}: {what}, as published",
            value=PUBLISHED[rule][i],
            unit=unit,
            se=PUBLISHED_SE[rule][i],
            rounding=0.05,
            exact="published, 1,000 paths",
        )
        for rule, name in RULES.items()
        for i, (what, unit) in enumerate(zip(WHAT, UNITS, strict=True))
    )


_case = partial(
    Case,
    chapter="Market making",
    source="Avellaneda and Stoikov (2008), section 3.3",
)
INPUTS = (
    "Price 100 $, moves by 2 $ over the run in normal steps; buyers and sellers come at 140 exp(-1.5 x distance in $) "
    "over the run; risk aversion gamma = 0.1 / $; orders of one unit; the run is five days round the clock"
)
FINE = " and ".join(f"{steps:,} ({RULES[rule]})" for rule, steps in FINE_STEPS.items())
OTHERS = ", ".join(f"{aversion:g}" for aversion in AVERSIONS if aversion != AVERSION)
STATISTIC = "mean and sd of the maker's pnl, and sd of its net delta over mid, at the last close (marks, closes)"

CASES: tuple[Case, ...] = (
    _case(
        name="market-making",
        title="Market making in the published time steps",
        inputs=f"{INPUTS}, in {PUBLISHED_STEPS} steps; in each at most one fill a side, at the quotes of its start",
        statistic=STATISTIC,
        expected=_in_steps() + _published(),
        measure=measure_in_steps,
        fast=True,
        seconds=4.0,
    ),
    _case(
        name="market-making-event-time",
        title="Market making in event time",
        inputs=f"{INPUTS}, in {FINE} steps; the inventory rule quotes anew after every fill, also at gamma {OTHERS}",
        statistic=STATISTIC,
        expected=_in_event_time(),
        measure=measure_in_event_time,
        seconds=30.0,
    ),
)
