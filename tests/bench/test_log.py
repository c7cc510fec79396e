"""Ten million rows of trades through the event log, against polars writing the same frame once."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from markets.tables import TRADES
from sim.clock import Clock
from sim.eventlog import EventLog
from tests.bench.timing import least

ROWS, CHUNKS, PATHS = 10_000_000, 10, 1_024


@pytest.mark.portable
@pytest.mark.long
def test_ten_million_trades(board, tmp_path):
    clock = Clock.continuous(first=date(2021, 1, 1), tick_minutes=60)
    rng = np.random.default_rng(1)
    names = [column.name for column in TRADES.columns if column.kind == "number"]
    columns = {name: rng.standard_normal(PATHS) for name in names}
    adds = ROWS // CHUNKS // PATHS + 1

    def log_of(chunk):
        log = EventLog(world="actual", first=chunk * PATHS, paths=PATHS, witnesses=10**9)
        log.declare(TRADES)
        for i in range(adds):
            columns["mid"] = columns["mid"] + 1.0  # as a price would, so that it is no constant
            log.add("trades", 3600 * i, taker=f"hedger{i % 3}", venue="asset", **columns)
        return log

    logs = [log_of(chunk) for chunk in range(CHUNKS)]
    frame = pl.concat([log.frame("trades", clock) for log in logs])
    assert frame.height >= ROWS
    del logs

    def ours():
        for chunk in range(CHUNKS):
            log_of(chunk).write(tmp_path, clock)

    def theirs():
        frame.write_parquet(tmp_path / "once.parquet", compression="zstd", compression_level=1, statistics=True)

    def read():
        return pl.scan_parquet(tmp_path / "trades" / "*.parquet").collect()

    def read_once():
        return pl.read_parquet(tmp_path / "once.parquet")

    mine, once = least(3, ours, theirs)
    board.within(
        "gathering and writing 10M rows of trades",
        "polars writing the same frame once",
        ours=mine,
        theirs=once,
        at_most=2,
    )
    assert read().drop("mid").equals(read_once().drop("mid"))
    mine, once = least(3, read, read_once)
    board.within("reading them", "polars reading the same frame once", ours=mine, theirs=once, at_most=2)
