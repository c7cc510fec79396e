"""A log's tables as files."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import polars as pl
import pytest

from sim.clock import Clock
from sim.columns import Column, Table
from sim.errors import SpiralError
from sim.eventlog import BLOCK, EventLog

CLOCK = Clock.continuous(first=date(2021, 1, 1), tick_minutes=60)
KINDS = ("number", "single", "count", "flag", "text", "time")
TOLD = Table("told", tuple(Column(f"a_{kind}", kind, kind=kind) for kind in KINDS))
BARE = Table("bare", (Column("a_number", "Number"),), timeless=True)


def fill(log, rng, numbers=range(60)):
    """Additions of all sizes: all paths, some of them, witnesses; one time for all and a time for each."""
    for i in numbers:
        vector = rng.standard_normal(log.paths.size)
        some = (None, rng.random(log.paths.size) < 0.3, log.witness)[i % 3]
        ids = log.paths if some is None else log.paths[some]
        columns = {"a_number": -0.0 if i % 4 == 0 else vector, "a_single": vector, "a_flag": vector > 0.5}
        columns |= {"a_count": np.arange(log.paths.size) * i, "a_text": f"word {i % 7}", "a_time": 60 * i}
        log.add("told", 3600 * i + ids if i % 5 == 0 else 3600 * i, some, **columns)
        log.add("bare", 0, a_number=vector)
        vector[:] = np.nan  # the caller goes on with its own vectors


def a_log(paths):
    log = EventLog(world="actual", first=40, paths=paths, witnesses=45)
    log.declare(TOLD, BARE)
    return log


@pytest.mark.parametrize("paths", [1, 33, 5_000])
def test_a_log_on_disk_is_the_log_in_memory(tmp_path, paths):
    log = a_log(paths)
    fill(log, np.random.default_rng(1))
    kept = {table: log.frame(table, CLOCK) for table in ("told", "bare")}
    made = log.write(tmp_path, CLOCK)
    for table, frame in kept.items():
        place = tmp_path / table / "actual-0000040.parquet"
        assert pl.read_parquet(place).equals(frame)
        assert made[f"{table}/{place.name}"] == (place.stat().st_size, hashlib.sha256(place.read_bytes()).hexdigest())
        assert not log.added(table)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("paths", [3, 9])
def test_rows_of_several_things_are_those_added_one_by_one(tmp_path, paths):
    """Beside rows of one thing, in memory and on disk."""
    held = Table("held", (Column("who", "Who", kind="text"), Column("much", "Much")))
    much = np.random.default_rng(3).standard_normal((3, paths))
    logs = [EventLog(world="actual", first=4, paths=9, witnesses=0) for _ in range(2)]
    for log, together in zip(logs, (True, False), strict=True):
        log.declare(held)
        log.add("held", 3600, who="c", much=7.0)
        if together:
            log.add_each("held", 7200, paths, who=("a", "b", "a"), much=much)
        else:
            for who, row in zip("aba", much, strict=True):
                log.add_seen("held", 7200, who=who, much=row, path=log.paths[:paths], size=paths)
    one, other = (log.frame("held", CLOCK) for log in logs)
    assert one.equals(other)
    assert one["who"].to_list() == ["c"] * 9 + ["a"] * paths + ["b"] * paths + ["a"] * paths
    logs[0].write(tmp_path, CLOCK)
    assert pl.read_parquet(tmp_path / "held" / "actual-0000004.parquet").equals(one)


def test_what_witnesses_show_is_their_own_copy():
    """Of vectors over all paths, and of those found for the witnesses alone; whoever owns them writes to them again."""
    log, everyone, few = a_log(9), np.arange(9.0), np.arange(5.0)
    assert log.witnesses == few.size
    found = log.seen({"everyone": everyone, "few": few})
    everyone[:] = few[:] = np.nan
    assert found["everyone"].tolist() == found["few"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_texts_are_texts_for_who_reads_the_file(tmp_path):
    """Though they are written as numbers with a dictionary, as a log knows which texts there are."""
    log = a_log(4)
    for text in ("wide", "", "narrow", "wide", "änd're"):
        log.add("told", 0, a_number=0.0, a_single=0.0, a_flag=True, a_count=0, a_text=text, a_time=0)
    log.write(tmp_path, CLOCK)
    place = tmp_path / "told" / "actual-0000040.parquet"
    assert pl.read_parquet_schema(place)["a_text"] == pl.String
    rows = pl.scan_parquet(place).filter(pl.col("a_text").str.ends_with("e"), world="actual").collect()
    assert rows["a_text"].to_list() == ["wide"] * 8 + ["änd're"] * 4


def test_numbers_come_back_to_the_last_bit(tmp_path):
    odd = np.array([np.nan, np.inf, -np.inf, 5e-324, -0.0, 0.0, 1.7976931348623157e308])
    log = a_log(odd.size)
    log.add("bare", 0, a_number=odd)
    log.write(tmp_path, CLOCK)
    found = pl.read_parquet(tmp_path / "bare" / "actual-0000040.parquet")["a_number"]
    assert found.to_numpy().tobytes() == odd.tobytes()


def test_the_next_log_writes_over_the_memory_of_the_last(tmp_path):
    """And what was read from the first log's frame stays."""
    kept = []
    for turn in range(2):
        log = EventLog(world=f"w{turn}", first=0, paths=BLOCK // 2, witnesses=0)
        log.declare(BARE)
        for number in range(4):
            log.add("bare", 0, a_number=np.full(BLOCK // 2, 10.0 * turn + number))
        kept.append(log.frame("bare", CLOCK))
        log.write(tmp_path, CLOCK)
    for turn, frame in enumerate(kept):
        assert frame["a_number"].unique().sort().to_list() == [10.0 * turn + number for number in range(4)]
        assert pl.read_parquet(tmp_path / "bare" / f"w{turn}-0000000.parquet").equals(frame)


def test_an_empty_table_is_a_file_with_columns(tmp_path):
    log = a_log(3)
    log.write(tmp_path, CLOCK)
    found = pl.read_parquet(tmp_path / "told" / "actual-0000040.parquet")
    assert found.is_empty() and found.schema == log.frame("told", CLOCK).schema


def test_only_the_tables_that_are_wanted_are_written(tmp_path):
    log = EventLog(world="actual", first=0, paths=3, witnesses=0, tables=("bare",))
    log.declare(TOLD, BARE)
    fill(log, np.random.default_rng(0))
    assert list(log.write(tmp_path, CLOCK)) == ["bare/actual-0000000.parquet"]


def test_a_folder_that_is_gone_ends_the_run(tmp_path):
    log = a_log(3)
    fill(log, np.random.default_rng(0))
    with pytest.raises(SpiralError, match="cannot be written: No such file"):
        log.write(tmp_path / "gone", CLOCK)
