"""Swaps of a run's accounts against QuantLib, and their node sensitivities against complex steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from markets.factors.key import USD
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.dates import add_months
from markets.products.swap import Swap
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.estimate import Estimate

Floats = NDArray[np.float64]
START = date(2020, 1, 1)
MOST = 1e-12  # of the notional
CURVES, STEP = 200, 1e-30  # random curves; length of a complex step
SWAPS = (  # notional, fixed rate (None: par), months to maturity; 140 months begin with short periods
    (1e6, 0.018, 120),
    (-2e6, 0.01, 24),
    (5e5, 0.03, 140),
    (1e6, None, 60),
    (3e6, 0.022, 9),
)
LOOKS = (0, 40, 91, 121)  # days after the start


def swaps_scenario() -> Scenario:
    """Four months of every calendar day: five desks with a swap each, on a curve that moves."""
    desks = {
        f"desk{number}": {
            "type": "Hedger",
            "capital": 1e7,
            "policy": {"kind": "never"},
            "book": [{"kind": "swap", "notional": n, "months": m, **({} if r is None else {"fixed_rate": r})}],
        }
        for number, (n, r, m) in enumerate(SWAPS)
    }
    level = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.017, "us10y": 0.019, "credit": 0.0}
    rates = {"vol_overnight": 0.02, "vol_us2y": 0.02, "vol_us10y": 0.02, "mean_reversion": 1.0}
    return from_dict(
        {
            "name": "swaps",
            "clock": {"calendar": "24/7", "tick_minutes": 1440, "overnight_variance": 0.0},
            "market": {"dispersion": 1.0, "projection_spread": 0.0035, "rates": rates},
            "feedback": dict.fromkeys(("leverage", "spread", "depth", "impact", "credit", "margin"), 0.0),
            "storyline": {"anchor": [{"date": START, **level}, {"date": START + timedelta(days=125), **level}]},
            "agents": {**desks, "maker": MAKER, "bank": {"type": "FundingDesk", "line": 1e12}},
            "run": {"paths": 4, "twin": "none", "witnesses": 0, "seed": 5},
        },
        as_given=True,  # a lender of a trillion to desks of ten million
    )


def read_swaps(lab: Lab) -> Measured:
    """Values in marks on four days of a run, of each desk's swap on every path, over the notional."""
    scenario = swaps_scenario()
    run, paths = lab.run(scenario), scenario.run.paths
    closes = run.closes.filter(venue="asset").sort("path", "time").select("overnight", "us2y", "us10y").collect()
    curves = closes.to_numpy().reshape(paths, -1, 3)
    worst = par = 0.0
    dots = []
    for number, (notional, rate, months) in enumerate(SWAPS):
        swap = Swap(notional=notional, maturity=add_months(START, months), fixed_rate=rate)
        marks = run.marks.filter(agent=f"desk{number}").sort("path", "time").select("book_value").collect()
        for curve, values in zip(curves, marks["book_value"].to_numpy().reshape(paths, -1), strict=True):
            for day, theirs in swap_values(swap, curve, scenario.market.projection_spread):
                worst = max(worst, abs(values[day] - theirs) / abs(notional))
                dots.append(
                    {"x": theirs / abs(notional), "y": values[day] / abs(notional), "series": f"{months} months"}
                )
                if rate is None and day == 0:
                    par = max(par, abs(theirs) / abs(notional))
    found = {"book_value of a run, worst error over notional": Estimate(float(worst))}
    found["par swap at the start, value over notional"] = Estimate(float(par))
    return Measured(estimates=found, picture=swap_cloud(pl.DataFrame(dots)))


def swap_cloud(frame: pl.DataFrame) -> Any:
    """Values of a run over QuantLib's."""
    from analysis.charts.validation import scatter

    ends = frame.select(x=pl.col("x"), y=pl.col("x"), series=pl.lit("equal")).sort("x")
    said = "A dot a swap, path and day of the run; on the line both values are equal."
    title, x, y = "Swaps against QuantLib", "QuantLib, share of notional", "book_value, share of notional"
    return scatter(frame, title=title, said=said, x=x, y=y, curve=ends[[0, -1]])


def swap_values(swap: Swap, curve: Floats, spread: float) -> Iterator[tuple[int, float]]:
    """(day, $) by QuantLib on LOOKS, where the node rates are the rows of `curve`, (days, 3).

    A swap without a fixed rate has the engine's par rate, read off a compiled book at the start. Floating rates are
    fixed from QuantLib's own forwards on the first day of their periods.
    """
    from scenarios.studies.validation.quantlib_prices import SwapPrices

    rate = engine_par_rate(swap) if swap.fixed_rate is None else swap.fixed_rate
    ends = {period.start: period.end for period in swap.float_leg(START)}
    fixings: dict[date, float] = {}
    for day in range(len(curve)):
        today = START + timedelta(days=day)
        if today in ends:
            fixings[today] = SwapPrices(swap, rate, spread, today, fixings, first=START).forward(
                curve[day], ends[today]
            )
        if day in LOOKS:
            yield day, SwapPrices(swap, rate, spread, today, fixings, first=START).value(curve[day])


def engine_par_rate(swap: Swap) -> float:
    """The fixed rate that the engine strikes: value falls linearly in it, so two compiled books give it."""
    scenario = swaps_scenario()
    clock = make_clock(scenario)
    start = starting_market(scenario)

    def value(rate: float | None) -> float:
        book = Book((dataclasses.replace(swap, fixed_rate=rate),)).compile(clock, start)
        return float(book.value(0, start.snapshot, book.new_fixings(1))[0])

    at_zero, at_one = value(0.0), value(0.01)
    return 0.01 * (value(None) - at_zero) / (at_one - at_zero)


def read_greeks(lab: Lab) -> Measured:
    """Node sensitivities of compiled swaps at random curves, against complex steps through the swap's definition."""
    scenario = swaps_scenario()
    clock, spread = make_clock(scenario), scenario.market.projection_spread
    nodes = lab.generator(8).normal(0.02, 0.02, (3, CURVES))
    now = Snapshot.named(spot=100.0, vol=0.2, overnight=nodes[0], us2y=nodes[1], us10y=nodes[2])
    worst = dict.fromkeys(("value", "dv overnight", "dv 2Y", "dv 10Y"), 0.0)
    for notional, rate, months in SWAPS:
        fixed = 0.018 if rate is None else rate
        swap = Swap(notional=notional, maturity=add_months(START, months), fixed_rate=fixed)
        book = Book((swap,)).compile(clock, starting_market(scenario))
        fixings = book.new_fixings(CURVES)
        got = book.risk(0, now, fixings)
        first = fixings[0] if len(fixings) else np.zeros(CURVES)
        expected = [swap_value(swap, nodes.astype(complex), spread, first).real]
        for node in range(3):
            moved = nodes + 1j * STEP * np.eye(3)[:, [node]]
            expected.append(swap_value(swap, moved, spread, first).imag / STEP)
        mine = (got.value, *(got.first(key) for key in now.nodes(USD)))
        for name, a, b in zip(worst, mine, expected, strict=True):
            worst[name] = max(worst[name], float(np.abs(a - b).max()) / abs(notional))
    return Measured(estimates={f"{name}, worst error over notional": Estimate(error) for name, error in worst.items()})


def swap_value(swap: Swap, nodes: NDArray[np.complex128], spread: float, fixing: Floats) -> NDArray[np.complex128]:
    """A swap that starts today by its definition, (curves,) $: coupons and simple forwards, discounted one by one.

    nodes: (3, curves) zero rates, complex so that a step along the imaginary axis gives derivatives free of
    cancellation (Squire and Trapp 1998). fixing: (curves,) rate of the floating period that begins today.
    """

    def log_discount(day: date) -> NDArray[np.complex128]:
        years = (day - START).days / 365
        weights = np.array([np.interp(years, (0.0, 2.0, 10.0), unit) for unit in np.eye(3)])
        return np.asarray(-years * (weights @ nodes))

    coupon, value = swap.fixed_rate or 0.0, np.zeros(nodes.shape[1], dtype=np.complex128)
    for period in swap.fixed_leg(START):
        value += coupon * period.accrual * np.exp(log_discount(period.end))
    for period in swap.float_leg(START):
        begin, end = log_discount(period.start), log_discount(period.end)
        growth = np.exp(begin - end + spread * (period.end - period.start).days / 365)
        paid = fixing * period.accrual if period.start == START else growth - 1
        value -= paid * np.exp(end)
    return np.asarray(swap.notional * value, dtype=np.complex128)


CASES: tuple[Case, ...] = (
    Case(
        name="swaps-quantlib",
        title="Swaps against QuantLib",
        chapter="Pricing",
        source="QuantLib's VanillaSwap, DiscountingSwapEngine on two ZeroCurves",
        inputs="five swaps of 9 to 140 months, receiving and paying, one struck at par; four months of every calendar "
        "day on a curve that moves; projection 35 bp over discount",
        statistic="worst error of `book_value` in `marks` on four days of four paths, over the notional; QuantLib's "
        "value of the swap that the engine struck at par",
        expected=tuple(
            Expected(what=what, value=MOST, relation="<", exact="bound; exact prices")
            for what in ("book_value of a run, worst error over notional", "par swap at the start, value over notional")
        ),
        measure=read_swaps,
        fast=True,
        needs=("QuantLib",),
        seconds=2.0,
    ),
    Case(
        name="swap-greeks",
        title="Node sensitivities of swaps against complex steps",
        chapter="Pricing",
        source="definition of the swap; derivatives by complex step (Squire and Trapp 1998)",
        inputs="the five swaps on the first day, 200 curves with nodes 2 % + 2 % z; projection 35 bp over discount",
        statistic="worst error of a compiled book over the notional; sensitivities per 1.00 of a node rate",
        expected=tuple(
            Expected(what=f"{name}, worst error over notional", value=bound, relation="<", exact="bound; exact values")
            for name, bound in (("value", MOST), *((f"dv {node}", 10 * MOST) for node in ("overnight", "2Y", "10Y")))
        ),
        measure=read_greeks,
        fast=True,
        seconds=1.0,
    ),
)
