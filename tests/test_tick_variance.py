"""`tick_variance` of closes: the squares of what the ticks of the same path did since the last close."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from markets.tick_variance import NUMBERS, TickVariance
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


class Walk:
    """A price that moves at every look, the same on so many paths."""

    def __init__(self, paths: int) -> None:
        self._moves, self._paths = np.random.default_rng(1).normal(0, 0.01, 60).tolist(), paths
        self.mid = np.full(paths, 100.0)

    def move(self) -> None:
        self.mid = self.mid * np.exp(np.full(self._paths, self._moves.pop()))

    def returned(self, before, after, out):
        np.log(after / before, out=out)


def test_many_paths_whose_prices_do_not_wait_have_the_digits_of_few() -> None:
    found = []
    for paths in (1, 5, NUMBERS // 2 - 1, NUMBERS, 2 * NUMBERS):
        walk = Walk(paths)
        squares = TickVariance(walk)  # type: ignore[arg-type]
        taken = [squares.take()[0]]
        for ticks in (1, 2, 8, 9, 20):
            for _ in range(ticks):
                walk.move()
                squares.add()
            taken.append(squares.take()[0])
        found.append(taken)
    assert all(each == found[0] for each in found)
    assert found[0][0] == 0.0
    assert min(found[0][1:]) > 0.0
