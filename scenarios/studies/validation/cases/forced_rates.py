"""Forced sellers of rates: funds that lose their collateral, their haircut or their basis, and the price they make."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.dataset import Run
from sim.estimate import Estimate

START = date(2020, 1, 1)
STILL = {"dispersion": 0.0, "realised_ratio": 0.0}
ASSETS, LEVERAGE, DURATION = 120e9, 3.0, 22.0
SHOCK, PER_BN = 0.0050, 0.00006  # decimal; yield per 1e9 $ sold
LOW = 0.04  # yield before the shock
ROUNDS = 24
MORTGAGES, EXTENSION = 200e9, 150.0  # $; years per 1.00
SPIRAL = "spectral radius of the loop gains before the shock"


def days(count: int, **levels: list[float]) -> list[dict[str, Any]]:
    """Anchors a day each; a level that is given has one value a day, its last for the days that follow."""
    flat = {"spot": 1.0, "vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    return [
        {"date": (START + timedelta(days=day)).isoformat()}
        | flat
        | {name: values[min(day, len(values) - 1)] for name, values in levels.items() if name != "gilt22y"}
        | {"nodes": {"gilt22y": values[min(day, len(values) - 1)]} for name, values in levels.items() if name == "gilt22y"}
        for day in range(count)
    ]


def bond_market(lab: Lab, agents: dict[str, Any]) -> Run:
    """A 22-year bond whose yield rises by the shock in a day, and then only by what is sold."""
    venue = {**FREE, "impact": PER_BN, "depth": 1e9, "permanent_share": 1.0}
    rates = {
        "vol_us2y": 0.0,
        "vol_us10y": 0.0,
        "nodes": {"gilt22y": {"years": DURATION, "vol": 0.0}},
        "bonds": {"gilt": {"node": "gilt22y", "venue": venue}},
    }
    scenario = textbook(
        minutes=1440,
        anchors=days(ROUNDS, gilt22y=[LOW, LOW + SHOCK]),
        market={**STILL, "rates": rates},
        feedback={"impact": 1.0},
        agents={"maker": {**MAKER, "capital": 1e15, "venues": ["asset", "gilt"]}, **agents},
        run={"paths": 2, "witnesses": 2},
    )
    return lab.run(scenario)


def sold_in_rounds() -> list[float]:
    """Rise of the yield before each round: assets x exp(-D dy), sold down to 3 x equity at the price of the round."""
    held, rise, found = ASSETS, SHOCK, [SHOCK]  # $ at the price before the shock
    debt = ASSETS * (1 - 1 / LEVERAGE)
    for _ in range(ROUNDS - 1):
        price = math.exp(-DURATION * rise)
        sale = max(held * price - LEVERAGE * (held * price - debt), 0.0)
        held, debt = held - sale / price, debt - sale
        rise += PER_BN * sale / 1e9
        found.append(rise)
    return found


def gilts(lab: Lab) -> Measured:
    """Rise of the yield round by round, bp; what was sold, bn $; and the gain before anything happened."""
    fund = {"type": "LiabilityFund", "venue": "gilt", "capital": ASSETS / LEVERAGE, "leverage": LEVERAGE}
    run = bond_market(lab, {"fund": fund})
    closes = run.closes.filter((pl.col("venue") == "gilt") & (pl.col("path") == 0)).sort("time").collect()
    trades = run.trades.filter((pl.col("taker") == "fund") & (pl.col("path") == 0)).collect()
    marks = run.marks.filter((pl.col("agent") == "fund") & (pl.col("path") == 0)).sort("time").collect()
    rises = [1e4 * (rate - LOW) for rate in closes["gilt22y"]]
    found = {f"yield after {n} rounds": rises[n] for n in (1, 2, 3, 4)}
    found["yield at the end"] = rises[-1]
    found["sold"] = -float((trades["quantity"] * trades["mid"]).sum()) / 1e9
    found[SPIRAL] = closes["spectral_radius"][0]
    held = ASSETS * math.exp(-DURATION * SHOCK)
    found["share of equity lost to the shock alone"] = (ASSETS - held) / (ASSETS / LEVERAGE)
    found["equity at the end"] = float(marks["equity"][-1]) / 1e9
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def gilts_expected() -> tuple[Expected, ...]:
    """From the recursion; the figures of the reference are its digits."""
    rounds = [1e4 * rise for rise in sold_in_rounds()]
    held = ASSETS * math.exp(-DURATION * SHOCK)
    return (
        *(
            Expected(what=f"yield after {n} rounds", value=rounds[n], unit="bp", rounding=1e-9)
            for n in (1, 2, 3, 4)
        ),
        Expected(what="yield at the end", value=68.992857317, unit="bp", rounding=6e-10, exact="published, 11 digits"),
        Expected(what="sold", value=31.6547622, unit="bn $", rounding=6e-8, exact="published, 9 digits"),
        Expected(what=SPIRAL, value=(LEVERAGE - 1) * ASSETS * DURATION * PER_BN / 1e9, rounding=1e-12),
        Expected(what="share of equity lost to the shock alone", value=3 * (1 - held / ASSETS), rounding=1e-12),
        Expected(what="equity at the end", value=_equity_left() / 1e9, unit="bn $", rounding=1e-9),
    )


def _equity_left() -> float:
    """Units lose as the yield rises; each sale is at the price of its round."""
    equity, held, before = ASSETS / LEVERAGE, ASSETS, 0.0
    rises = sold_in_rounds()
    debt = ASSETS - equity
    for rise, after in zip(rises, [*rises[1:], rises[-1]], strict=True):
        equity += held * (math.exp(-DURATION * rise) - math.exp(-DURATION * before))
        sale = (after - rise) / PER_BN * 1e9
        held, debt, before = held - sale / math.exp(-DURATION * rise), debt - sale, rise
    return equity


def mortgages_in_rounds() -> list[float]:
    """Rise of the yield before each round: what the extension adds is sold at the sensitivity of the round."""
    short, rise, found = 0.0, SHOCK, [SHOCK]  # units sold
    for _ in range(ROUNDS - 1):
        price = math.exp(-DURATION * (LOW + rise))
        wanted = MORTGAGES * EXTENSION * rise / (DURATION * price)
        rise, short = rise + PER_BN * (wanted - short) * price / 1e9, wanted
        found.append(rise)
    return found


def mortgages(lab: Lab) -> Measured:
    """The same market with the owner of mortgages in it."""
    hedger = {"type": "ConvexityHedger", "venue": "gilt", "balance": MORTGAGES, "extension": EXTENSION, "interval": "tick"}
    closes = bond_market(lab, {"owner": hedger}).closes
    frame = closes.filter((pl.col("venue") == "gilt") & (pl.col("path") == 0)).sort("time").collect()
    found = {f"yield after {n} rounds": 1e4 * (frame["gilt22y"][n] - LOW) for n in (1, 2, 3, ROUNDS - 1)}
    found[SPIRAL] = frame["spectral_radius"][0]
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def mortgages_expected() -> tuple[Expected, ...]:
    """From the recursion."""
    rounds = mortgages_in_rounds()
    return (
        *(
            Expected(what=f"yield after {n} rounds", value=1e4 * rounds[n], unit="bp", rounding=1e-9)
            for n in (1, 2, 3, ROUNDS - 1)
        ),
        Expected(what=SPIRAL, value=PER_BN / 1e9 * MORTGAGES * EXTENSION / DURATION, rounding=1e-12),
    )


def unwound(lab: Lab, *, per_bn: float, **fund: Any) -> float:
    """Units, bn, that a levered fund sells on the day after its lenders' terms have changed, at the price it makes."""
    asset = {"impact": per_bn, "depth": 1e9, "capacity": 1e6, "permanent_share": 1.0, "clearing": "fixed_point"}
    scenario = textbook(
        minutes=1440,
        anchors=days(3),
        market={**STILL, "price_model": "normal"},
        asset=asset,
        feedback={"impact": 1.0},
        agents={"maker": {**MAKER, "capital": 1e15, "venues": ["asset"]}, "fund": {"type": "LeveredFund", **fund}},
        run={"paths": 2, "witnesses": 2},
    )
    trades = lab.run(scenario).trades.filter((pl.col("taker") == "fund") & (pl.col("path") == 0)).sort("time").collect()
    return -float(trades["quantity"][0]) / 1e9


def lenders(lab: Lab) -> Measured:
    """A haircut that is raised on bonds in repo, and the margin of a cash-futures basis."""
    bonds = {"capital": 1e9, "holding": 50e9, "max_leverage": 1 / 0.035}
    basis = {"capital": 12e9, "holding": 400e9, "margin": 0.045}
    sold = unwound(lab, per_bn=0.0002, **bonds)
    found = {
        "bonds sold": sold,
        "bonds sold, no impact": unwound(lab, per_bn=0.0, **bonds),
        "price of the bonds": -0.0002 * sold,
        "basis unwound": unwound(lab, per_bn=0.00006, **basis),
        "basis unwound, no impact": unwound(lab, per_bn=0.0, **basis),
    }
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


CASES: tuple[Case, ...] = (
    Case(
        name="forced-gilts",
        title="A liability-driven fund sells into its own sales",
        chapter="Rates",
        source="Recursion of the sales, price exp(-D dy); the limit and the total to the digits of a published table",
        inputs="assets of 120 bn$ at 3 x equity, duration 22, 50 bp in a day, 0.6 bp a bn$ sold that stays",
        statistic="node rate and spectral radius in closes, trades and equity of the fund",
        expected=gilts_expected(),
        measure=gilts,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="convexity-hedging",
        title="A mortgage book that extends sells bonds as rates rise",
        chapter="Rates",
        source="Recursion: balance x extension x dy over the bond's sensitivity; gain balance x extension x lambda / D",
        inputs="200 bn$ of mortgages that extend 1.5 years in 100 bp, hedged in a 22-year bond; 50 bp, 0.6 bp a bn$",
        statistic="node rate and spectral radius in closes",
        expected=mortgages_expected(),
        measure=mortgages,
        fast=True,
        seconds=0.5,
    ),
    Case(
        name="lenders-terms",
        title="A haircut or a margin that is raised, and what must be sold at the price that it makes",
        chapter="Rates",
        source="Closed forms: 0.035 (50 - S)(1 - 0.0002 S) = 1 - 0.01 S; S = (N m' - E)/(m' - N lambda)",
        inputs="50 bn$ of bonds, equity 1 bn$, haircut 2 to 3.5 %, 2 bp of price a bn$; 400 bn$ of basis, margin 3 to "
        "4.5 %, 0.6 bp of notional a bn$",
        statistic="first trade of the fund at a fixed-point venue",
        expected=(
            Expected(what="bonds sold", value=29.831536248, unit="bn $", rounding=6e-10),
            Expected(what="bonds sold, no impact", value=50 - 1 / 0.035, unit="bn $", rounding=1e-9),
            Expected(what="price of the bonds", value=-0.00596631, rounding=6e-9),
            Expected(what="basis unwound", value=6 / 0.021, unit="bn $", rounding=1e-8),
            Expected(what="basis unwound, no impact", value=400 / 3, unit="bn $", rounding=1e-9),
        ),
        measure=lenders,
        fast=True,
        seconds=0.5,
    ),
)
