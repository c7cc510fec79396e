"""Funds that follow a rule, who buys from them, and what investors ask for what makers took."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.dataset import Run
from sim.estimate import Estimate

START, DAYS = date(2020, 1, 1), 120
SPOT = 100.0
IMPACT, DEPTH = 0.01, 1e9  # ln S for so many $
SHOCK = 1e-7  # ln S, small enough for the multiplier of a small move
ROUNDS = 40
PRODUCT_GAIN, VALUE_GAIN = 0.6, 0.5
CALM, STORM, TARGET = 0.10, 0.40, 0.12  # vol before and after the jump, and aimed at
HALF_LIFE = 4.0  # trading days
A_YEAR = 252  # trading days
STILL = {"dispersion": 0.0, "realised_ratio": 0.0}
LIVELY = {"dispersion": 0.0, "realised_ratio": 1.0}  # a vol that anchors pin down at every close
FLOW, CAPACITY, HALF_SPREAD, VOL = 1e7, 1e8, 0.001, 0.2
KEPT_DAYS, INVENTORY_HOURS = 0.5, 6.5  # half-lives: of what investors have taken, of inventory
A_DAY = A_YEAR / 364  # trading days in one of the calendar


def days(spots: list[float]) -> list[dict[str, Any]]:
    """An anchor a day."""
    level = {"vol": VOL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    return [{"date": (START + timedelta(n)).isoformat(), "spot": spot, **level} for n, spot in enumerate(spots)]


def market(
    lab: Lab, agents: dict[str, Any], asset: dict[str, Any], spots: list[float] | None = None, *, lively: bool = False
) -> Run:
    """A market whose every tick is the close of a day, with these prices."""
    scenario = textbook(
        minutes=1440,
        anchors=days(spots or [SPOT] * DAYS),
        market=LIVELY if lively else STILL,
        asset={"permanent_share": 1.0, **asset},
        feedback={"impact": 1.0},
        agents={"maker": {**MAKER, "capital": 1e15, "venues": ["asset"]}, **agents},
        run={"paths": 2, "witnesses": 2},
    )
    return lab.run(scenario)


def one_path(run: Run, table: str, **which: str) -> pl.DataFrame:
    """Rows of the first path in order of time."""
    rows = run.table(table).filter(pl.col("path") == 0, pl.col("world") == "actual")
    return rows.filter(*(pl.col(name) == value for name, value in which.items())).sort("time").collect()


def pushed(lab: Lab, agent: dict[str, Any], sign: float) -> tuple[list[float], float]:
    """Moves of ln S as multiples of a shock, after each look, and the loop gain before it."""
    shock = {"type": "Executor", "quantity": sign * SHOCK / IMPACT * DEPTH / SPOT, "trades": 1}
    run = market(lab, {"shock": shock, "fund": agent}, {**FREE, "impact": IMPACT, "depth": DEPTH})
    rows = one_path(run, "market", venue="asset")
    return [math.log(mid / SPOT) / (sign * SHOCK) for mid in rows["mid"]], rows["spectral_radius"][0]


def closes(lab: Lab) -> Measured:
    """An inverse product."""
    assets = PRODUCT_GAIN * DEPTH / (2 * IMPACT)
    moves, radius = pushed(lab, {"type": "LeveredProduct", "leverage": -1.0, "capital": assets}, 1.0)
    found = {f"after {n} closes": moves[n] for n in (1, 2, 5)}
    found["in the end"], found["loop gain"] = moves[ROUNDS], radius
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def buyers(lab: Lab) -> Measured:
    """A value investor."""
    capital = VALUE_GAIN * DEPTH / IMPACT / 5.0
    moves, radius = pushed(lab, {"type": "ValueInvestor", "aggressiveness": 5.0, "capital": capital}, -1.0)
    found = {f"after {n} looks": moves[n] for n in (1, 2, 5)}
    found["in the end"], found["loop gain"] = moves[ROUNDS], radius
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def multiplied(gain: float, word: str) -> tuple[Expected, ...]:
    """A geometric series: 1 + gain + ... + gain^n of the shock, 1 / (1 - gain) in the end."""
    series = {f"after {n} {word}": (1 - gain ** (n + 1)) / (1 - gain) for n in (1, 2, 5)}
    series |= {"in the end": 1 / (1 - gain), "loop gain": abs(gain)}
    return tuple(Expected(what=what, value=value, rounding=1e-5) for what, value in series.items())


def jump(lab: Lab) -> Measured:
    """Leverage of a vol-target fund while prices zigzag by a day's move at the new vol."""
    move = STORM / math.sqrt(A_YEAR)
    fund = {"type": "VolTargetFund", "target": TARGET, "max_leverage": 2.0, "capital": 1e9}
    fund |= {"estimate": {"half_life_days": HALF_LIFE, "start": CALM}}
    run = market(lab, {"fund": fund}, FREE, [SPOT * math.exp(move * (n % 2)) for n in range(30)])
    marks = one_path(run, "marks", agent="fund")
    leverage = (marks["hedge_value"] / marks["equity"]).to_list()
    found = {f"leverage after {n} days": leverage[n] for n in (0, 1, 2, 4, 8, 20)}
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def jump_expected() -> tuple[Expected, ...]:
    """target / sqrt(v), v = s2^2 + (s1^2 - s2^2) 2^(-n / half-life)."""
    return tuple(
        Expected(
            what=f"leverage after {n} days",
            value=TARGET / math.sqrt(STORM**2 + (CALM**2 - STORM**2) * 0.5 ** (n / HALF_LIFE)),
            rounding=1e-9,
        )
        for n in (0, 1, 2, 4, 8, 20)
    )


def asked(lab: Lab) -> Measured:
    """A steady seller, and what its maker keeps and pays on the last day."""
    investors = {"capacity": CAPACITY, "half_life_days": KEPT_DAYS}
    maker = {**MAKER, "capital": 1e15, "inventory_limit": 1e18, "inventory_half_life": INVENTORY_HOURS}
    seller = {"type": "Executor", "quantity": -FLOW / SPOT * DAYS, "trades": DAYS}
    asset = {**FREE, "half_spread": HALF_SPREAD, "investors": investors}
    run = market(lab, {"maker": maker | {"venues": ["asset"]}, "seller": seller}, asset, lively=True)
    marks = one_path(run, "marks", agent="maker")
    paid = marks["inventory_cost"].to_list()
    found = {"inventory": marks["hedge_value"][-1], "paid a day": paid[-2] - paid[-1]}
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def asked_expected() -> tuple[Expected, ...]:
    """Of a flow f, T = f k / (1 - k) counts as taken; the discount at T is c s T / capacity."""
    kept, share = 0.5 ** (A_DAY / KEPT_DAYS), 1 - 0.5 ** (A_DAY * 6.5 / INVENTORY_HOURS)
    taken, sigma = FLOW * kept / (1 - kept), VOL / math.sqrt(A_YEAR)
    inventory = FLOW * (1 + sigma * taken / CAPACITY / HALF_SPREAD) / share
    paid = sigma * float(np.diff(np.array([taken, taken + FLOW]) ** 2)[0]) / (2 * CAPACITY)
    return (
        Expected(what="inventory", value=inventory, unit="$", rounding=1e-5 * inventory),
        Expected(what="paid a day", value=paid, unit="$", rounding=1e-5 * paid),
    )


CASES: tuple[Case, ...] = (
    Case(
        name="close-rebalancing",
        title="An inverse product that rebalances at every close multiplies a move",
        chapter="Spirals",
        source="Geometric series of the gain L (L - 1) A impact / D: Cheng and Madhavan (2009) for the flow",
        inputs="L = -1, a gain of 0.6, a buyer who moves ln S by 1e-7; impact stays",
        statistic="ln of the price over the start, as a multiple of the shock, day by day, from `market`",
        expected=multiplied(PRODUCT_GAIN, "closes"),
        measure=closes,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="value-buys-back",
        title="A value investor takes back its share of what others have sold",
        chapter="Spirals",
        source="Geometric series of the gain -a C impact / D; in the end 1 / (1 + g) of the move is left",
        inputs="aggressiveness 5, a gain of -0.5, a seller who moves ln S by 1e-7; impact stays",
        statistic="ln of the price over the start, as a multiple of the shock, look by look, from `market`",
        expected=multiplied(-VALUE_GAIN, "looks"),
        measure=buyers,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="vol-target-jump",
        title="A vol-target fund sells for days after a jump of vol",
        chapter="Spirals",
        source="Closed form of the exponential estimate: v = s2^2 + (s1^2 - s2^2) 2^(-n / half-life)",
        inputs="daily moves of 40 % a year after an estimate of 10 %, target 12 %, half-life 4 days; no impact",
        statistic="value of the holding over equity at the closes, from `marks`",
        expected=jump_expected(),
        measure=jump,
        fast=True,
        seconds=1.0,
    ),
    Case(
        name="inventory-price",
        title="What a maker keeps and pays where investors ask more for more",
        chapter="Spirals",
        source="Steady state: all flow is passed on; the discount, integrated over what is taken in a day",
        inputs="10 m$ sold a day, capacity 100 m$ at a standard deviation of a day, half-lives of half a day and a day",
        statistic="inventory and cost of the last of 119 days, from `marks`",
        expected=asked_expected(),
        measure=asked,
        fast=True,
        seconds=1.0,
    ),
)
