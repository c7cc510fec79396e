"""A swap with a counterparty that may default, in a run: exposures, CVA, and what defaults take."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from markets.rate_vols.hull_white import HullWhite, SwapTerms
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from sim.dataset import Run
from sim.estimate import Estimate

RATE, FIXED, REVERSION, SIGMA = 0.04, 0.043, 0.03, 0.0096
NOTIONAL, RECOVERY = 1e8, 0.4
YEARS = np.array([181.0, 364.0, 546.0, 728.0, 913.0, 1096.0, 1278.0, 1461.0, 1643.0, 1826.0, 2008.0, 2191.0]) / 365
SHOWN = (1, 3, 5, 7, 9)  # of the dates, from 0
START = {"date": "2025-10-03", "spot": 5000.0, "vol": 0.18, "overnight": RATE, "us2y": RATE, "us10y": RATE}


def pays_fixed(spread: float, months: int, fixed: float, end: str, **terms: Any) -> Scenario:
    """A desk that pays a fixed rate to a name with a constant hazard rate, rates by Hull-White."""
    name = {"quotes": {"5Y": spread}, "beta": 0.0, "vol": 0.0, "defaults": True, "recovery": RECOVERY}
    swap = {"kind": "swap", "notional": -NOTIONAL, "months": months, "fixed_rate": fixed}
    with_ = {"credit": "acme", "sigma": SIGMA, "reversion": REVERSION, **terms}
    desk = {"type": "Hedger", "policy": {"kind": "never"}, "counterparty": with_, "book": [swap]}
    return from_dict(
        {
            "name": "counterparty",
            "clock": {"tick_minutes": 390},
            "storyline": {"anchor": [{**START, "credit": 0.009}, {"date": end, "spot": 5000.0}]},
            "market": {
                "credits": {"acme": name},
                "rates": {"hull_white": {"reversion": REVERSION, "sigma": SIGMA}},
            },
            "agents": {"maker": {"type": "MarketMaker"}, "desk": desk},
            "run": {"twin": "none", "unhedged": False, "attribution": "daily"},
        },
        as_given=True,
    )


# --- at the start -----------------------------------------------------------------------------------------------------
SPREAD = 0.03
WHEN = [f"exposure, year {YEARS[k]:.2f}" for k in SHOWN]


def known() -> dict[str, float]:
    """Swaptions into what is left of the swap after each payment; CVA: loss x probability of a default x exposure."""

    def log_discount(years: ArrayLike) -> NDArray[np.float64]:
        return -RATE * np.asarray(years, dtype=np.float64)

    model = HullWhite(reversion=REVERSION, sigma=SIGMA, log_discount=log_discount)
    worth = [
        NOTIONAL * float(model.swaption(SwapTerms(float(t), YEARS[k + 1 :], np.full(YEARS.size - k - 1, 0.5)), FIXED))
        for k, t in enumerate(YEARS[:-1])
    ]
    return dict(zip(WHEN, (worth[k] for k in SHOWN), strict=True)) | {"all": float(np.sum(worth))}


def measure_start(lab: Lab) -> Measured:
    """Expected exposures of the desk's own swap, as the run writes them."""
    run = lab.run(pays_fixed(SPREAD, 72, FIXED, "2025-10-07", looked_at="end", step_months=12), paths=2)
    ahead = run.table("expected_exposure").collect().sort("years")
    found = dict(zip(WHEN, (float(ahead["expected"][k]) for k in SHOWN), strict=True))
    first = run.table("exposure").collect().sort("time", "path")
    cost = float((ahead["cost"]).sum())
    found |= {"all": float(ahead["expected"].sum()), "CVA less its parts": float(first["cva"][0]) - cost}
    return Measured(estimates={name: Estimate(value) for name, value in found.items()})


# --- through the run --------------------------------------------------------------------------------------------------
PATHS = 4000


def measure_losses(lab: Lab) -> Measured:
    """Discounted losses by default and what is left of CVA at the end, over CVA at the start."""
    run = lab.run(pays_fixed(0.35, 18, 0.0405, "2026-04-02"), paths=PATHS)
    worth, start = discounted(run)
    ratio = Estimate.mean(worth / start)
    ended = run.table("exposure").collect().group_by("path").agg(pl.col("ended").last())["ended"].to_numpy()
    return Measured(estimates={"losses and CVA left over CVA": ratio, "defaults": Estimate.share(ended)})


def discounted(run: Run) -> tuple[NDArray[np.float64], float]:
    """(paths,) $ of losses and of CVA at the end, at the overnight rate of each day; CVA at the start, $."""
    closes = run.table("closes").filter(pl.col("venue") == "asset").select("path", "time", "overnight").collect()
    days = pl.col("time").diff().dt.total_seconds().over("path") / (365 * 86_400)
    paid = (-(pl.col("overnight").shift().over("path") * days).fill_null(0.0)).cum_sum().over("path").exp()
    factors = closes.sort("path", "time").select("path", "time", factor=paid)
    both = run.table("exposure").collect().join(factors, on=["path", "time"]).sort("path", "time")
    lost = (pl.col("lost").diff().fill_null(0.0) * pl.col("factor")).sum() + (pl.col("cva") * pl.col("factor")).last()
    found = both.group_by("path", maintain_order=True).agg(lost)["lost"].to_numpy()
    return found, float(both.sort("time")["cva"][0])


HAZARD = 0.5809  # a year: of a par spread of 35 %
KNOWN = known()
CASES: tuple[Case, ...] = (
    Case(
        name="cva-in-a-run",
        title="What a counterparty may owe on the desk's own swap is a swaption, date by date",
        chapter="Credit",
        source="Jamshidian (1989): swaptions of the Hull-White model into what is left of the swap",
        inputs="pays 4.30 % on 100m for six years, curve flat at 4 %, a 3 %, sigma 0.96 %, exposures at payments",
        statistic="`expected` in the table `expected_exposure`, and CVA in `exposure`",
        expected=(
            *(Expected(what=name, value=value, unit="$", rounding=1e-3) for name, value in KNOWN.items()),
            Expected(what="CVA less its parts", value=0.0, unit="$", rounding=1e-6),
        ),
        measure=measure_start,
        fast=True,
        seconds=2.0,
    ),
    Case(
        name="cva-and-losses",
        title="What defaults take on paths is what CVA says",
        chapter="Credit",
        source="CVA is the price of the loss: discounted, what was lost and what is left of it is a martingale",
        inputs="pays 4.05 % on 100m for eighteen months, a par spread of 35 %, six months by day, Hull-White rates",
        statistic="of `exposure`: `lost` on its day, `cva` at the end, discounted at `overnight`, over the first `cva`",
        expected=(
            Expected(what="losses and CVA left over CVA", value=1.0),
            Expected(what="defaults", value=float(1 - np.exp(-HAZARD * 181 / 365)), rounding=1e-3),
        ),
        measure=measure_losses,
        seconds=40.0,
    ),
)
