"""Forced sellers of rates: funds that lose their collateral, their haircut or their basis, and the price they make."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
from scipy.optimize import brentq

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.estimate import Estimate

STILL = {"dispersion": 0.0, "realised_ratio": 0.0}
ASSETS, LEVERAGE, DURATION = 120e9, 3.0, 22.0
SHOCK, PER_BN = 0.0050, 0.00006  # decimal; yield per 1e9 $ sold
LOW, LAST = 0.04, 0.0469  # yield before the shock, and about where it ends
ROUNDS = 24
DAY = 1440  # minutes
MORTGAGES, EXTENSION = 200e9, 150.0  # $; years per 1.00
SPIRAL = "spectral radius of the loop gains before the shock"


def levels(**changed: Any) -> dict[str, Any]:
    """Of a still market."""
    return {"spot": 1.0, "vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0} | changed


def bond_market(lab: Lab, agent: dict[str, Any], minutes: int) -> pl.DataFrame:
    """The venue of a 22-year bond, a row a tick from the start: an order of the first tick makes the shock.

    The 10Y rate makes the forward rate at 22 years zero where the yield ends, so that the bond earns next to nothing.
    """
    venue = {**FREE, "impact": PER_BN, "depth": 1e9, "permanent_share": 1.0}
    nodes = {"gilt22y": {"years": DURATION, "vol": 0.0}}
    bonds = {"gilt": {"node": "gilt22y", "venue": venue}}
    level = levels(us10y=LAST * (2 - 10 / DURATION), nodes={"gilt22y": LOW})
    units = SHOCK / PER_BN * 1e9 / math.exp(-DURATION * LOW)
    scenario = textbook(
        minutes=minutes,
        anchors=[{"date": day, **level} for day in ("2020-01-01", "2020-01-02")],
        market={**STILL, "rates": {"vol_us2y": 0.0, "vol_us10y": 0.0, "nodes": nodes, "bonds": bonds}},
        feedback={"impact": 1.0},
        agents={
            "maker": {**MAKER, "capital": 1e15, "venues": ["asset", "gilt"]},
            "shock": {"type": "Executor", "venue": "gilt", "quantity": -units, "trades": 1},
            "seller": {"venue": "gilt", **agent},
        },
        run={"paths": 2, "witnesses": 2},
    )
    run = lab.run(scenario)
    ours = (pl.col("venue") == "gilt") & (pl.col("path") == 0) & (pl.col("world") == "actual")
    return run.market.filter(ours).sort("time").head(ROUNDS + 1).collect()


def rises(market: pl.DataFrame) -> list[float]:
    """Of the yield since the start, bp, by row."""
    return [-1e4 * (math.log(mid) / DURATION + LOW) for mid in market["mid"]]


def sold_in_rounds() -> list[float]:
    """Rise of the yield before each round: assets x exp(-D dy), sold down to 3 x equity at the price of the round."""
    held, rise, found = ASSETS, SHOCK, [SHOCK]  # $ at the price before the shock
    debt = ASSETS * (1 - 1 / LEVERAGE)
    for _ in range(ROUNDS):
        price = math.exp(-DURATION * rise)
        sale = max(held * price - LEVERAGE * (held * price - debt), 0.0)
        held, debt = held - sale / price, debt - sale
        rise += PER_BN * sale / 1e9
        found.append(rise)
    return found


def gilts(lab: Lab) -> Measured:
    """Rise of the yield round by round, bp; what was sold, bn $; and the gain before anything happened."""
    fund = {"type": "LiabilityFund", "capital": ASSETS / LEVERAGE, "leverage": LEVERAGE}
    market = bond_market(lab, fund, minutes=1)  # what its bonds earn in longer ticks is seen
    risen = rises(market)
    found = {f"yield after {n} rounds": risen[n] for n in (1, 2, 3, 4)}
    found["yield at the end"] = risen[ROUNDS]
    found["sold"] = (risen[ROUNDS] - risen[0]) / 1e4 / PER_BN
    found[SPIRAL] = market["spectral_radius"][0]
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def gilts_expected() -> tuple[Expected, ...]:
    """From the recursion, and its limit as published; what the bonds earn in minutes is a millionth of a bp."""
    published = {"yield at the end": (68.992857317, "bp"), "sold": (31.6547622, "bn $")}
    return (
        *(
            Expected(what=f"yield after {n} rounds", value=1e4 * sold_in_rounds()[n], unit="bp", rounding=1e-5)
            for n in (1, 2, 3, 4)
        ),
        *(
            Expected(what=what, value=value, unit=unit, rounding=1e-5, exact="published")
            for what, (value, unit) in published.items()
        ),
        Expected(what=SPIRAL, value=(LEVERAGE - 1) * ASSETS * DURATION * PER_BN / 1e9, rounding=1e-12),
    )


def mortgages_in_rounds() -> list[float]:
    """Rise of the yield before each round: what the extension adds is sold at the sensitivity of the round."""
    short, rise, found = 0.0, SHOCK, [SHOCK]  # units sold
    for _ in range(ROUNDS):
        price = math.exp(-DURATION * (LOW + rise))
        wanted = MORTGAGES * EXTENSION * rise / (DURATION * price)
        rise, short = rise + PER_BN * (wanted - short) * price / 1e9, wanted
        found.append(rise)
    return found


def mortgages(lab: Lab) -> Measured:
    """The same market with the owner of mortgages in it."""
    owner = {"type": "ConvexityHedger", "balance": MORTGAGES, "extension": EXTENSION, "interval": "tick"}
    market = bond_market(lab, owner, minutes=DAY // (ROUNDS + 1))
    found = {f"yield after {n} rounds": rises(market)[n] for n in (1, 2, 3, ROUNDS)}
    found[SPIRAL] = market["spectral_radius"][0]
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def mortgages_expected() -> tuple[Expected, ...]:
    """From the recursion."""
    rounds = mortgages_in_rounds()
    return (
        *(
            Expected(what=f"yield after {n} rounds", value=1e4 * rounds[n], unit="bp", rounding=1e-9)
            for n in (1, 2, 3, ROUNDS)
        ),
        Expected(what=SPIRAL, value=PER_BN / 1e9 * MORTGAGES * EXTENSION / DURATION, rounding=1e-12),
    )


def unwound(lab: Lab, *, per_bn: float, **fund: Any) -> tuple[float, float]:
    """What a levered fund sells once its lenders' terms have changed, bn units, and the move of the price."""
    asset = {"impact": per_bn, "depth": 1e9, "capacity": 1e6, "permanent_share": 1.0, "clearing": "fixed_point"}
    scenario = textbook(
        minutes=1440,
        anchors=[{"date": day, **levels()} for day in ("2020-01-01", "2020-01-04")],
        market={**STILL, "price_model": "normal"},
        asset=asset,
        feedback={"impact": 1.0},
        agents={"maker": {**MAKER, "capital": 1e15, "venues": ["asset"]}, "fund": {"type": "LeveredFund", **fund}},
        run={"paths": 2, "witnesses": 2},
    )
    trades = lab.run(scenario).trades.filter((pl.col("taker") == "fund") & (pl.col("path") == 0)).sort("time").collect()
    return -float(trades["quantity"][0]) / 1e9, float(trades["price"][0]) - 1


def lenders(lab: Lab) -> Measured:
    """A haircut that is raised on bonds in repo, and the margin of a cash-futures basis."""
    bonds = {"capital": 1e9, "holding": 50e9, "max_leverage": 1 / 0.035}
    basis = {"capital": 12e9, "holding": 400e9, "margin": 0.045}
    sold, move = unwound(lab, per_bn=0.0002, **bonds)
    found = {
        "bonds sold": sold,
        "bonds sold, no impact": unwound(lab, per_bn=0.0, **bonds)[0],
        "price of the bonds": move,
        "basis unwound": unwound(lab, per_bn=0.00006, **basis)[0],
        "basis unwound, no impact": unwound(lab, per_bn=0.0, **basis)[0],
    }
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


HELD, EQUITY, HAIRCUT, MARGIN, PER_BN_OF_BASIS, PER_BN_OF_BONDS = 400.0, 12.0, 0.03, 0.015, 0.00006, 0.0002  # bn $


def repo_market(lab: Lab, *, haircut: float, bond_impact: float, future_impact: float, **fund: Any) -> pl.DataFrame:
    """Trades of a basis fund. Impacts: fall of ln P a bn $ sold, rise of the future's price a bn $ bought."""
    venue = {**FREE, "depth": 1e9, "capacity": 1e6, "permanent_share": 1.0, "clearing": "fixed_point"}
    rates = {
        "vol_us2y": 0.0,
        "vol_us10y": 0.0,
        "bonds": {"note": {"node": "us10y", "venue": {**venue, "impact": bond_impact / 10}}},
        "futures": {
            "ty": {
                "bond": "note",
                "linked": 0.0,
                "venue": {**venue, "impact": future_impact},
                "margin": {"base": MARGIN},
            }
        },
        "repo": {"usd": {"p01": 0.0, "p25": 0.0, "p75": 0.0, "p99": 0.0, "haircut": {"base": haircut}}},
    }
    scenario = textbook(
        minutes=1440,
        anchors=[{"date": day, **levels()} for day in ("2020-01-01", "2020-01-04")],
        market={**STILL, "rates": rates},
        feedback={"impact": 1.0},
        agents={
            "maker": {**MAKER, "capital": 1e15, "venues": ["asset", "ty", "note"]},
            "fund": {"type": "BasisFund", "venue": "note", **fund},
        },
        run={"paths": 2, "witnesses": 2},
    )
    ours = (pl.col("taker") == "fund") & (pl.col("path") == 0) & (pl.col("world") == "actual")
    return lab.run(scenario).trades.filter(ours).sort("time").collect()


def basis_funds(lab: Lab) -> Measured:
    """A fund short of the future, and one that holds the bonds alone, on their first day."""
    basis = {"capital": EQUITY * 1e9, "holding": HELD * 1e9, "future": "ty"}
    trades = repo_market(lab, haircut=HAIRCUT, bond_impact=0.0, future_impact=PER_BN_OF_BASIS, **basis)
    first = trades.filter(pl.col("venue") == "ty").row(0, named=True)
    bonds = trades.filter(pl.col("venue") == "note").row(0, named=True)
    calm = repo_market(lab, haircut=HAIRCUT, bond_impact=0.0, future_impact=0.0, **basis)
    bonds_alone = {"capital": 1e9, "holding": 50e9}
    alone = repo_market(lab, haircut=0.035, bond_impact=PER_BN_OF_BONDS, future_impact=0.0, **bonds_alone)
    found = {
        "futures bought back": first["quantity"] / 1e9,
        "bonds sold": -bonds["quantity"] / 1e9,
        "price of the future": first["price"] - 1,
        "futures bought back, no impact": calm.filter(pl.col("venue") == "ty")["quantity"][0] / 1e9,
        "bonds sold, held alone": -alone["quantity"][0] / 1e9,
    }
    return Measured(estimates={what: Estimate(value) for what, value in found.items()})


def sold_alone() -> float:
    """S of h (50 - S) e^(-k S) = E - 50 (1 - e^(-k S)), bn $: haircut and price after the sale, whose price is exp."""

    def missing(sold: float) -> float:
        price = math.exp(-PER_BN_OF_BONDS * sold)
        return 0.035 * (50.0 - sold) * price - (1.0 - 50.0 * (1 - price))

    return float(brentq(missing, 0.0, 50.0, xtol=1e-13))


def basis_expected() -> tuple[Expected, ...]:
    """S = (N m - E) / (m - N lambda), m = haircut + margin, and the price that far away."""
    asked = HAIRCUT + MARGIN
    unwound = (HELD * asked - EQUITY) / (asked - HELD * PER_BN_OF_BASIS)
    return (
        Expected(what="futures bought back", value=unwound, unit="bn $", rounding=1e-8),
        Expected(what="bonds sold", value=unwound, unit="bn $", rounding=1e-8),
        Expected(what="price of the future", value=PER_BN_OF_BASIS * unwound, rounding=1e-11),
        Expected(what="futures bought back, no impact", value=HELD - EQUITY / asked, unit="bn $", rounding=1e-8),
        Expected(what="bonds sold, held alone", value=sold_alone(), unit="bn $", rounding=1e-8),
    )


CASES: tuple[Case, ...] = (
    Case(
        name="forced-gilts",
        title="A liability-driven fund sells into its own sales",
        chapter="Rates",
        source="Recursion of the sales, price exp(-D dy); the limit and the total to the digits of a published table",
        inputs="assets of 120 bn$ at 3 x equity, duration 22, an order that costs 50 bp, 0.6 bp a bn$ sold that stays",
        statistic="mid of the bonds and spectral radius, minute by minute",
        expected=gilts_expected(),
        measure=gilts,
        fast=True,
        seconds=2.0,
    ),
    Case(
        name="convexity-hedging",
        title="A mortgage book that extends sells bonds as rates rise",
        chapter="Rates",
        source="Recursion: balance x extension x dy over the bond's sensitivity; gain balance x extension x lambda / D",
        inputs="200 bn$ of mortgages that extend 1.5 years in 100 bp, hedged in a 22-year bond; 50 bp, 0.6 bp a bn$",
        statistic="mid of the bonds and spectral radius, tick by tick",
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
    Case(
        name="basis-funds",
        title="Bonds in repo against a future, and the unwinding when more is asked for than there is",
        chapter="Rates",
        source="Closed form S = (N m - E)/(m - N lambda); for bonds alone the root of the balance at the final price",
        inputs="400 bn$ of bonds against futures, equity 12 bn$, haircut 3 %, margin 1.5 %, 0.6 bp a bn$; 50 bn$ of "
        "bonds alone, equity 1 bn$, haircut 3.5 %, 2 bp of price a bn$",
        statistic="first trades of the fund at fixed-point venues",
        expected=basis_expected(),
        measure=basis_funds,
        fast=True,
        seconds=1.0,
    ),
)
