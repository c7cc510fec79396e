"""What trading large costs: Kyle, Almgren and Chriss, Obizhaeva and Wang, through the venue's impact."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured, Samples
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.textbook import MAKER, textbook
from sim.dataset import Run
from sim.estimate import Estimate
from sim.sessions import TRADING_DAYS

RICH = 1e15  # $
DEPTH = 1e12  # $
YEAR = 364  # days of the continuous calendar: a trading year of 252 trading days
START = dt.date(2020, 1, 1)
Tables = dict[str, Any]


def bachelier(
    *,
    days: int,
    spot: float,
    sigma: float,
    per_unit: float,
    quiet_days: int = 0,
    asset: Tables,
    agents: Tables,
    paths: int,
) -> Scenario:
    """An arithmetic market: the price moves by sigma $ a day, after `quiet_days`, and by `per_unit` $ a unit traded."""
    level = {"spot": spot, "vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    yearly = sigma / spot * float(np.sqrt(YEAR))
    starts = {0: 0.0 if quiet_days else yearly, quiet_days: yearly, days: yearly}
    anchors = [{"date": START + dt.timedelta(days=d), **level, "realised": vol} for d, vol in starts.items()]
    return textbook(
        minutes=1440,
        anchors=anchors,
        market={"price_model": "normal"},
        asset={"depth": DEPTH, "impact": per_unit * DEPTH / spot**2, **asset},
        feedback={"impact": 1.0},
        agents={**agents, "maker": {**MAKER, "capital": RICH}},
        run={"paths": paths, "chunk": min(paths, 8192)},
    )


def final_pnl(run: Run, agent: str) -> Samples:
    """P&L of an agent at the end, (paths,) $."""
    marks = run.marks.filter(pl.col("agent") == agent)
    return marks.filter(pl.col("time") == pl.col("time").max()).sort("path").collect()["pnl"].to_numpy()


def per_trading_day(per_day: float) -> float:
    """A rate a day of this calendar as a rate a trading day, of which a year has 252."""
    return per_day * YEAR / TRADING_DAYS


# --- Kyle ------------------------------------------------------------------------------------------------------------

NEWS, NOISE, LAMBDA = 2.0, 5.0, 0.2  # $, units, $ a unit
EAGERNESS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5)  # units per $


def kyle(paths: int, eagerness: float | None = None) -> Scenario:
    """One auction: the insider and the noise traders send orders on day 1, the news comes out on day 2."""
    insider = {"type": "InformedTrader", "capital": RICH, "aggressiveness": eagerness}
    crowd = {"type": "NoiseTrader", "capital": RICH, "size": NOISE * float(np.sqrt(YEAR / TRADING_DAYS))}
    return bachelier(
        days=2,
        spot=100.0,
        sigma=NEWS,
        per_unit=LAMBDA,
        quiet_days=1,
        asset={"slope": 1.0, "permanent_share": 0.0, "resilience": 1e6},
        agents={"insider": insider, "crowd": crowd},
        paths=paths,
    )


def measure_kyle(lab: Lab, paths: int) -> Measured:
    """The insider's profit, what the crowd loses, and what the price has learnt."""
    run = lab.run(kyle(paths), witnesses=paths)
    trades = run.trades.sort("time").filter(pl.col("time") == pl.col("time").min()).collect()
    flow = trades.group_by("path").agg(pl.col("quantity").sum(), pl.col("price").first()).sort("path")
    last = run.closes.filter(pl.col("time") == pl.col("time").max()).sort("path").collect()
    news = (last["mid"] / 100.0 - 1.0 - last["impact"]).to_numpy() * 100.0  # less what the crowd did on the day itself
    orders, price = flow["quantity"].to_numpy(), flow["price"].to_numpy() - 100.0
    estimates = {
        "insider's profit": Estimate.mean(final_pnl(run, "insider")),
        "noise traders' profit": Estimate.mean(final_pnl(run, "crowd")),
        "$ of news per unit of order flow": Estimate.jackknife(_slope, orders, news),
        "variance of the news left after trading": Estimate.variance(news - price),
    }
    return Measured(estimates=estimates, picture=profit_over_eagerness(lab))


def _slope(x: Samples, y: Samples) -> float:
    return float(np.cov(x, y)[0, 1] / x.var(ddof=1))


def profit_over_eagerness(lab: Lab) -> Any:
    """What an insider who trades more or less eagerly earns against the same market makers."""
    from analysis.charts.validation import lines

    rows = []
    for eagerness in EAGERNESS:
        profit = Estimate.mean(final_pnl(lab.run(kyle(2048, eagerness)), "insider"))
        rows.append(("through the engine", eagerness, profit.value, profit.error))
    curve = [("through the engine", b, b * NEWS**2 * (1 - LAMBDA * b)) for b in np.linspace(0.5, 4.5, 41).tolist()]
    said = (
        "An insider who buys more moves the price against himself. Kyle's stops at 1/(2 lambda) = 2.5 units per $ of "
        "news, where half of what he knows is in the price; dashed the formula."
    )
    frame = pl.DataFrame(rows, schema=["series", "x", "y", "se"], orient="row")
    dashed = pl.DataFrame(curve, schema=["series", "x", "y"], orient="row")
    across, up = "units bought per $ of news", "profit, $"
    return lines(frame, title="The insider's profit", said=said, curve=dashed, rule=2.5, x=across, y=up)


# --- Almgren and Chriss ----------------------------------------------------------------------------------------------

ORDER, PRICE, SIGMA = 1e6, 50.0, 0.95  # units sold, $, $ a day
HALF, LASTING, PASSING = 0.0625, 2.5e-7, 2.5e-6  # $: half-spread, gamma, eta
AVERSIONS = (0.0, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6)  # 1/$
RATE = 0.607076  # kappa a day


def liquidation(paths: int, aversion: float) -> Scenario:
    """A million shares over five days, a trade a day."""
    seller = {
        "type": "Executor",
        "capital": ORDER * PRICE,
        "quantity": -ORDER,
        "schedule": "almgren_chriss",
        "trades": 5,
        "interval": "1d",
        "risk_aversion": aversion,
    }
    return bachelier(
        days=5,
        spot=PRICE,
        sigma=SIGMA,
        per_unit=LASTING,
        asset={"half_spread": HALF / PRICE, "permanent_share": 1.0, "slope": PASSING / LASTING},
        agents={"seller": seller},
        paths=paths,
    )


def measure_liquidation(lab: Lab, paths: int) -> Measured:
    """Mean and sd of the shortfall, and the rate at which what is left decays."""
    run = lab.run(liquidation(paths, 1e-6), witnesses=1)
    shortfall = -final_pnl(run, "seller")
    sold = run.trades.filter(pl.col("path") == 0).sort("time").collect()["quantity"].to_numpy()
    left = (ORDER + np.cumsum(sold)[:-1])[-3:]  # of sinh(kappa (T - t)): x_3, x_4 fix kappa by their ratio
    rate = float(np.arccosh(left[-2] / (2 * left[-1])))
    estimates = {
        "expected shortfall": Estimate.mean(shortfall),
        "sd of the shortfall": Estimate.sd(shortfall),
        "kappa of the schedule": Estimate(rate),
    }
    return Measured(estimates=estimates, picture=efficient_frontier(lab))


def efficient_frontier(lab: Lab) -> Any:
    """Mean against sd of the shortfall for several aversions to risk."""
    from analysis.charts.validation import lines

    rows = []
    for aversion in AVERSIONS:
        shortfall = -final_pnl(lab.run(liquidation(4096, aversion)), "seller") / 1e6
        mean = Estimate.mean(shortfall)
        rows.append((Estimate.sd(shortfall).value, mean.value, mean.error))
    frame = pl.DataFrame(rows, schema=["x", "y", "se"], orient="row")
    said = "Who fears risk sells early and pays more for it: from even sales (right) to a rush (left)."
    across, up = "standard deviation of the shortfall, $m", "expected shortfall, $m"
    return lines(frame, title="The efficient frontier of execution", said=said, x=across, y=up)


def theory_of_liquidation() -> tuple[float, float]:
    """Mean and sd by Almgren and Chriss's sums over the optimal holdings."""
    left = ORDER * np.sinh(RATE * np.arange(5, -1, -1)) / np.sinh(5 * RATE)
    sold = -np.diff(left)
    mean = 0.5 * LASTING * ORDER**2 + HALF * ORDER + (PASSING - 0.5 * LASTING) * float((sold**2).sum())
    return mean, SIGMA * float(np.sqrt((left[1:] ** 2).sum()))


# --- Obizhaeva and Wang ----------------------------------------------------------------------------------------------

SIZE, MOVE, REFILL, WINDOW = 1e5, 1e-5, 0.25, 20  # units bought, $ a unit, 1/day, days
TRADES = (2, 3, 5, 11, 21)


def purchase(trades: int, schedule: str) -> Scenario:
    """An order in a book that refills: all impact passes."""
    buyer = {
        "type": "Executor",
        "capital": RICH,
        "quantity": SIZE,
        "schedule": schedule,
        "trades": trades,
        "interval": f"{WINDOW // (trades - 1)}d",
    }
    return bachelier(
        days=WINDOW,
        spot=100.0,
        sigma=0.0,
        per_unit=MOVE,
        asset={"permanent_share": 0.0, "resilience": per_trading_day(REFILL), "slope": 0.5},
        agents={"buyer": buyer},
        paths=1,
    )


def cost(lab: Lab, trades: int, schedule: str) -> float:
    """What the order cost beyond the price without it, $: its trades' impact against an unmoved price of 100."""
    made = lab.run(purchase(trades, schedule), witnesses=1).trades.collect()
    return float((made["quantity"] * (made["price"] - 100.0)).sum())


def optimal_cost(trades: int) -> float:
    """Cost of the best schedule of so many trades: kappa X^2 / 2 times its first share x (1 + a)."""
    kept = np.exp(-REFILL * WINDOW / (trades - 1))
    first = 1 / ((trades - 2) * (1 - kept) + 2)
    return float(0.5 * MOVE * SIZE**2 * first * (1 + kept))


def measure_purchase(lab: Lab) -> Measured:
    """Costs by number of trades, and how much dearer an even schedule is."""
    from analysis.charts.validation import lines

    estimates: dict[str, Estimate] = {}
    rows = []
    for trades in TRADES:
        best, flat = (cost(lab, trades, schedule) for schedule in ("obizhaeva_wang", "even"))
        estimates[f"cost, {trades} trades"] = Estimate(best)
        rows += [("optimal", float(trades), best), ("even", float(trades), flat)]
    estimates["even schedule less the optimal one, 21 trades"] = Estimate(flat - best)
    frame = pl.DataFrame(rows, schema=["series", "x", "y"], orient="row")
    said = (
        "Large first and last trades leave the book time to refill in between. With ever more trades the cost falls to "
        f"kappa X^2 / (rho T + 2) = {MOVE * SIZE**2 / (REFILL * WINDOW + 2):,.0f} $."
    )
    picture = lines(frame, title="An order in a book that refills", said=said, x="trades", y="cost, $")
    return Measured(estimates=estimates, picture=picture)


MEAN, SD = theory_of_liquidation()

CASES: tuple[Case, ...] = (
    Case(
        name="kyle",
        title="An insider, noise traders, and what the price learns",
        chapter="Impact",
        source="Kyle (1985), theorem 1: lambda = sigma_v / (2 sigma_u), profit sigma_v sigma_u / 2",
        inputs="news of 2 $, noise flow of 5 units, impact 0.2 $ a unit paid by everyone in the auction, which passes "
        "once the news is out",
        statistic="P&L of insider and crowd from `marks`; regression of the news on the order flow from `trades`; "
        "variance of the news less the price",
        expected=(
            Expected(what="insider's profit", value=5.0, unit="$"),
            Expected(what="noise traders' profit", value=-5.0, unit="$"),
            Expected(what="$ of news per unit of order flow", value=0.2, unit="$ a unit"),
            Expected(what="variance of the news left after trading", value=2.0, unit="$²"),
        ),
        measure=partial(measure_kyle, paths=131072),
        fast=True,
        seconds=4.0,
    ),
    Case(
        name="almgren-chriss",
        title="Selling a million shares in five days",
        chapter="Impact",
        source="Almgren and Chriss (2001), equations 5, 6, 18; their example with risk aversion 1e-6",
        inputs="X = 1e6, S = 50 $, sigma 0.95 $ a day, half-spread 0.0625 $, gamma 2.5e-7, eta 2.5e-6, five trades",
        statistic="mean and sd of minus the seller's P&L from `marks`; kappa from the ratio of the last holdings",
        expected=(
            Expected(what="expected shortfall", value=MEAN, unit="$"),
            Expected(what="sd of the shortfall", value=SD, unit="$"),
            Expected(what="kappa of the schedule", value=RATE, unit="1/day", rounding=5e-7),
        ),
        measure=partial(measure_liquidation, paths=65536),
        fast=True,
        seconds=4.0,
    ),
    Case(
        name="obizhaeva-wang",
        title="Buying in a book that refills",
        chapter="Impact",
        source="Obizhaeva and Wang (2013), proposition 1 and its limit kappa X^2 / (rho T + 2)",
        inputs="X = 1e5, a unit moves the price by 1e-5 $, the book refills at 0.25 a day, 20 days",
        statistic="sum of quantity x (price - 100 $) over the buyer's trades from `trades`",
        expected=(
            *(
                Expected(what=f"cost, {n} trades", value=optimal_cost(n), unit="$", rounding=1e-6 * optimal_cost(n))
                for n in TRADES
            ),
            Expected(
                what="even schedule less the optimal one, 21 trades",
                value=0.0,
                unit="$",
                relation=">",
                exact="ordering",
            ),
        ),
        measure=measure_purchase,
        fast=True,
        seconds=2.0,
    ),
)
