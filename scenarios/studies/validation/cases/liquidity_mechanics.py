"""Rules of liquidity with a closed form, on known moves: a maker's capital, trading halts, loop gains."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.cases.desk_mechanics import START, BlackScholes, call, exact, moved
from scenarios.studies.validation.cases.trading_mechanics import over_days
from scenarios.studies.validation.lab import Lab

DEPTH, IMPACT = 1e6, 0.02

# --- a maker's capital ------------------------------------------------------------------------------------------------
OWN, UNITS, FLOOR, LIMIT, AWAY = 10_000.0, 1000.0, 0.02, 0.25, 2
FALL = [(0, 100.0, 0.2), (1, 98.0, 0.2), (2, 97.0, 0.2), (5, 97.0, 0.2)]


def measure_maker(lab: Lab) -> Measured:
    """The maker buys 1,000 units, keeps them, and the price falls."""
    maker = {"type": "MarketMaker", "capital": OWN, "drawdown_limit": LIMIT, "recapitalise_days": AWAY}
    quoting = {"inventory_skew": 0.0, "funding_days": 0.0}
    agents = {
        "maker": {**maker, "inventory_half_life": 1e12, "quoting": quoting},
        "seller": {"type": "Executor", "quantity": -UNITS, "trades": 1},
    }
    asset = {"depth": DEPTH, "depth_floor": FLOOR, "depth_power": 0.0}
    run = moved(lab, FALL, agents, asset=asset, feedback={"depth": 1.0})
    depth = over_days(run.closes.filter(pl.col("venue") == "asset"), "depth")
    left = run.events.filter(pl.col("kind") == "withdrawal")
    found = {f"depth on day {day}": depth[day] for day in range(5)}
    return exact({**found, "equity at the withdrawal": sum(over_days(left, "value"))})


SHARES = (1.0, 1 - 2 * UNITS / OWN, FLOOR, FLOOR, 1.0)  # of base depth, by day
MAKER_CASE = Case(
    name="maker-capital",
    title="A maker who loses money shows less, withdraws, and returns",
    chapter="Mechanics",
    source="Closed form of the rule: depth in proportion to capital left; withdrawal beyond a drawdown of 25 %",
    inputs=(
        "maker with 10,000 $ of capital holds 1,000 units bought at 100 $; 98 $ on day 1, 97 $ on day 2; away for 2 "
        "days, then its owners make it whole; outside investors show 2 % of base depth, 1 M$"
    ),
    statistic="depth in closes, the withdrawal in events",
    expected=(
        *(
            Expected(what=f"depth on day {day}", value=DEPTH * share, unit="$", rounding=1e-3)
            for day, share in enumerate(SHARES)
        ),
        Expected(what="equity at the withdrawal", value=OWN - 3 * UNITS, unit="$", rounding=1e-6),
    ),
    measure=measure_maker,
    fast=True,
    seconds=0.3,
)

# --- a halt -----------------------------------------------------------------------------------------------------------
CRASH = [(0, 100.0, 0.2), (1, 92.0, 0.2), (2, 90.0, 0.2), (3, 80.0, 0.2)]  # 8, 2 and 11 % a day


def measure_halt(lab: Lab) -> Measured:
    """A seller of 1,000 units in three trades, on four days."""
    seller = {"type": "Executor", "quantity": -UNITS, "trades": 3}
    run = moved(lab, CRASH, {"seller": seller}, asset={"halts": [0.07, 0.13]})
    halts, found = run.events.filter(pl.col("kind") == "halt"), {}
    for day, *_ in CRASH:
        at = pl.col("time").dt.date() == START + timedelta(days=day)
        found[f"sold on day {day}"] = -sum(over_days(run.trades.filter(at), "quantity"))
        found[f"level passed on day {day}"] = sum(over_days(halts.filter(at), "value"))
    whole = {"seller": {"type": "Executor", "quantity": -UNITS, "trades": 1}}
    run = moved(lab, CRASH, whole, asset={"depth": 1e5, "capacity": CAPACITY})
    sold = over_days(run.trades, "quantity")
    return exact({**found, **{f"capacity taken on day {day}": -sold[day] for day in (0, 1)}})


CAPACITY = 0.4  # of a depth of 100,000 $
SOLD = {0: UNITS / 3, 1: 0.0, 2: 2 * UNITS / 3, 3: 0.0}
HALT = Case(
    name="halt",
    title="What a halt or a small venue leaves of an order is sold afterwards",
    chapter="Mechanics",
    source="The rule: a fall through a level from the previous close halts trading; orders come back unfilled",
    inputs=(
        "1,000 units sold in three trades a day apart; falls of 8, 2 and 11 % a day, halts at 7 and 13 %; or all at "
        "once where a clearing fills 40,000 $"
    ),
    statistic="quantity in trades, levels in events",
    expected=(
        *(
            expected
            for day, sold in SOLD.items()
            for expected in (
                Expected(what=f"sold on day {day}", value=sold, unit="units", rounding=1e-9),
                Expected(what=f"level passed on day {day}", value=0.07 if day in (1, 3) else 0.0, rounding=1e-12),
            )
        ),
        *(
            Expected(what=f"capacity taken on day {day}", value=CAPACITY * 1e5 / spot, unit="units", rounding=1e-9)
            for day, spot, _ in CRASH[:2]
        ),
    ),
    measure=measure_halt,
    fast=True,
    seconds=0.3,
)

# --- loop gains -------------------------------------------------------------------------------------------------------
CALLS, BETA = 10_000.0, 8.0  # short
SPOT = 110.0  # the calls are in the money: their delta falls as vol rises


def measure_gain(lab: Lab) -> Measured:
    """A desk hedged at the start; the market as it stands."""
    desk = {"type": "Hedger", "capital": 1e6, "book": call(-CALLS)}
    asset = {"depth": DEPTH, "impact": IMPACT, "depth_floor": 0.01}
    path = [(0, SPOT, 0.2), (1, SPOT, 0.2)]
    loops = {"impact": 1.0, "leverage": 1.0}
    run = moved(lab, path, {"desk": desk}, asset=asset, feedback=loops, market={"beta": BETA})
    closes = run.closes.filter(pl.col("venue") == "asset")
    return exact({name: over_days(closes, name)[0] for name in ("loop_gain", "gain_vanna", "gain_all")})


def gains() -> dict[str, float]:
    """Share of a move of ln S that re-hedging adds: impact x flow per unit move / depth."""
    unit = BlackScholes(SPOT, 0.2)
    gamma = IMPACT / DEPTH * CALLS * unit.gamma * SPOT**2
    vanna = IMPACT / DEPTH * -CALLS * SPOT * unit.vanna * BETA
    return {"loop_gain": gamma, "gain_vanna": vanna, "gain_all": gamma + vanna}


GAIN = Case(
    name="loop-gain",
    title="The logged loop gains of a hedged book",
    chapter="Mechanics",
    source="Black and Scholes (1973): Gamma S^2 and dDelta/d ln vol; times impact / depth, vanna times beta",
    inputs="short 10,000 calls, K = 100, T = 1 year, S = 110, vol 20 %; impact 2 % at a depth of 1 M$, beta 8",
    statistic="loop_gain, gain_vanna, gain_all in closes",
    expected=tuple(Expected(what=what, value=value, rounding=1e-9) for what, value in gains().items()),
    measure=measure_gain,
    fast=True,
    seconds=0.3,
)

CASES: tuple[Case, ...] = (MAKER_CASE, HALT, GAIN)
