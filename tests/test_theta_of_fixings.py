"""What time makes of rates that are fixed on the way: a part of its own, right at every mark."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from scenarios import from_dict, run
from scenarios.worlds.blueprint import draw_up

START = {
    "date": "2026-03-02",
    "spot": 5000.0,
    "vol": 0.18,
    "overnight": 0.04,
    "us2y": 0.037,
    "us10y": 0.039,
    "credit": 0.009,
}
CURVES = {"usd": {"convention": "usd_sofr", "rates": {"1Y": 0.039, "2Y": 0.0368, "5Y": 0.0364, "10Y": 0.0386}}}


def test_time_passes_for_overnight_swaps_as_in_a_market_that_stands() -> None:
    """A week of rates that move: the part of time is the book's theta in each close's market, not a day's interest."""
    scenario = from_dict(
        {
            "name": "time",
            "clock": {"tick_minutes": 390},
            "storyline": {"anchor": [START, {"date": "2026-03-09", "us2y": 0.038, "us10y": 0.0395}]},
            "market": {"rates": {"curves": CURVES}},
            "agents": {
                "maker": {"type": "MarketMaker"},
                "desk": {
                    "type": "Hedger",
                    "policy": {"kind": "never"},
                    "book": [{"kind": "ois", "notional": 1e9, "months": 60, "fixed_rate": 0.036}],
                },
            },
            "run": {"twin": "none", "unhedged": False, "as_given": True, "attribution": "daily"},
        }
    )
    marks = run(scenario, paths=4, workers=1).table("marks").filter(pl.col("agent") == "desk").collect()
    book = draw_up(scenario).books["desk"]
    first = marks.sort("time", "path").group_by("path", maintain_order=True).agg(pl.col("theta").get(1))
    a_day = book.theta(0, book.start.snapshot, book.new_fixings(1), years=1 / 365)
    assert first["theta"].to_numpy() == pytest.approx(np.full(4, a_day[0]), rel=1e-9)
    assert abs(a_day[0]) < 0.1 * 1e9 * 0.04 / 365  # a day's interest on the notional is fifty times as much
    whole = marks.group_by("path").agg(pl.col("theta").last())["theta"].to_numpy()
    assert whole == pytest.approx(7 * a_day[0], rel=0.3)
