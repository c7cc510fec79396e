"""`tick_variance` of closes: the squares of what the ticks of the same path did since the last close."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from scenarios.reading.loading import load
from scenarios.studies.run import run

FILE = """
name = "squares"
[clock]
tick_minutes = 65
[storyline]
anchor = [
    { date = 2020-02-19, spot = 100, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
    { date = 2020-02-28, spot = 90, vol = 0.4 },
]
[assets.oil]
spot = 50
vol = 0.3
[agents.maker]
type = "MarketMaker"
venues = ["asset", "oil"]
[run]
paths = 4
witnesses = 4
"""


@pytest.mark.parametrize("normal", [False, True])
def test_squares_of_the_ticks_add_up(tmp_path: Path, normal: bool) -> None:
    (tmp_path / "squares.toml").write_text(FILE)
    settings = {"market.price_model": "normal"} if normal else {}
    done = run(load(tmp_path / "squares.toml", settings), out=tmp_path / "run", workers=1, twin="none")
    ticks = done.market.filter(pl.col("venue").is_in(["asset", "oil"])).sort("venue", "path", "time").collect()
    mid = pl.col("mid")
    by_path = pl.struct("venue", "path")
    move = mid - mid.shift(1)
    returns = move / mid.first() if normal else mid.log() - mid.log().shift(1)
    day = (pl.col("time") - pl.duration(microseconds=1)).dt.date()
    squares = ticks.with_columns(square=(returns.over(by_path) ** 2).fill_null(0.0), day=day)
    expected = squares.group_by("venue", "path", "day").agg(pl.col("square").sum()).sort("venue", "path", "day")
    closes = done.closes.sort("venue", "path", "time").collect()
    assert closes.height == expected.height == 2 * 4 * 8
    assert closes["tick_variance"].to_numpy() == pytest.approx(expected["square"].to_numpy(), rel=1e-9, abs=1e-18)
    assert np.count_nonzero(closes["tick_variance"] == 0.0) == 2 * 4  # at the start nothing has moved
