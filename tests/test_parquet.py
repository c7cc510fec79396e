"""Parquet files of our own, read by polars, and a log that writes them while it is filled."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import polars as pl
import pytest

from sim.clock import Clock
from sim.columns import Column, Table
from sim.errors import SpiralError
from sim.eventlog import EventLog
from sim.log_files import DIRECT, GROUP
from sim.parquet_file import ParquetFile
from sim.parquet_pages import COUNT, FLAG, NUMBER, PATH, SINGLE, TEXT, TIME, Runs
from sim.thrift import items, varint, whole

CLOCK = Clock.continuous(first=date(2021, 1, 1), tick_minutes=60)
KINDS = ("number", "single", "count", "flag", "text", "time")
TOLD = Table("told", tuple(Column(f"a_{kind}", kind, kind=kind) for kind in KINDS))
BARE = Table("bare", (Column("a_number", "Number"),), timeless=True)


def written(place, kind, *groups):
    """A column `x` in groups of (values, rows), as polars reads it."""
    file = ParquetFile(place, [("x", kind)])
    for values, rows in groups:
        file.add([values], rows)
    assert file.finish() == hashlib.sha256(place.read_bytes()).hexdigest()
    assert file.size == place.stat().st_size
    return pl.read_parquet(place)["x"]


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 127, 128, 129, 130, 257, 5000])
@pytest.mark.parametrize(("kind", "dtype"), [(NUMBER, pl.Float64), (SINGLE, pl.Float32), (COUNT, pl.Int64)])
def test_numbers_come_back_to_the_last_bit(tmp_path, kind, dtype, rows):
    values = np.random.default_rng(rows).standard_normal(rows) * 1e6
    values[rows // 2] = -0.0
    values = values.astype(kind.dtype)
    other = values[::-1].copy()
    found = written(tmp_path / "x", kind, (values, rows), (other, rows))
    assert found.dtype == dtype and found.null_count() == 0
    assert found.to_numpy().tobytes() == values.tobytes() + other.tobytes()


def test_what_is_no_number_and_limits_come_back(tmp_path):
    odd = np.array([np.nan, np.inf, -np.inf, 5e-324, -0.0, 0.0, 1.7976931348623157e308, np.nan])
    assert written(tmp_path / "x", NUMBER, (odd, 8)).to_numpy().tobytes() == odd.tobytes()
    ends = np.array([-(2**63), 2**63 - 1, 0], np.int64)
    assert written(tmp_path / "x", COUNT, (ends, 3)).to_list() == ends.tolist()


@pytest.mark.parametrize("value", [0.0, -0.0, np.nan, 1.5, np.inf])
def test_a_constant_takes_a_few_bytes(tmp_path, value):
    same = np.full(DIRECT, value)
    found = written(tmp_path / "x", NUMBER, (same, DIRECT), (Runs([value], [3]), 3))
    assert found.to_numpy().tobytes() == np.full(DIRECT + 3, value).tobytes()
    assert (tmp_path / "x").stat().st_size < 600


@pytest.mark.parametrize("kind", [NUMBER, SINGLE])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_what_repeats_is_packed_and_comes_back_to_the_last_bit(tmp_path, kind, share):
    rng = np.random.default_rng(0)
    values = rng.standard_normal(10_000).astype(kind.dtype)
    values[rng.random(10_000) < share] = 1.0
    values[:3] = [np.nan, -0.0, np.inf]
    plain = rng.standard_normal(10_000).astype(kind.dtype)
    found = written(tmp_path / "x", kind, (values, 10_000), (plain, 10_000), (values[:100].copy(), 100))
    assert found.to_numpy().tobytes() == values.tobytes() + plain.tobytes() + values[:100].tobytes()
    whole_size = values.nbytes + plain.nbytes
    assert ((tmp_path / "x").stat().st_size < (1 - share / 4) * whole_size) == (share >= 0.5)


def test_minus_zero_among_zeros_is_no_constant(tmp_path):
    mixed = np.array([0.0, -0.0, 0.0])
    assert written(tmp_path / "x", NUMBER, (mixed, 3)).to_numpy().tobytes() == mixed.tobytes()


@pytest.mark.parametrize("rows", [1, 2, 128, 129, 130, 4097])
@pytest.mark.parametrize("first", [0, 63, 64, 1 << 30])
def test_paths_that_count_up_take_a_few_bytes(tmp_path, first, rows):
    paths = np.arange(first, first + rows, dtype=np.int32)
    assert written(tmp_path / "x", PATH, (paths, rows)).to_list() == paths.tolist()
    assert (tmp_path / "x").stat().st_size < 200 + rows / 20


def test_paths_with_gaps_and_backwards(tmp_path):
    for paths in ([3, 4, 6, 7], [9, 8, 7], [5, 5], [0, 2, 2]):
        assert written(tmp_path / "x", PATH, (np.array(paths, np.int32), len(paths))).to_list() == paths


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 255, 256, 257, 70_000])
def test_text_in_runs(tmp_path, count):
    """As many distinct words: numbers of one, two and three bytes."""
    words, rows = [f"wörd {i}" for i in range(count)], [1 + i % 3 for i in range(count)]
    found = written(tmp_path / "x", TEXT, (Runs(words, rows), sum(rows)), (Runs(["", words[-1]], [2, 1]), 3))
    assert found.to_list() == [w for w, n in zip(words, rows, strict=True) for _ in range(n)] + ["", "", words[-1]]


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 1000])
def test_flags(tmp_path, rows):
    values = np.random.default_rng(rows).random(rows) < 0.3
    assert written(tmp_path / "x", FLAG, (values, rows)).to_list() == values.tolist()
    assert written(tmp_path / "x", FLAG, (Runs([True], [rows]), rows)).to_list() == [True] * rows


def test_times_are_filtered_by_the_ends_of_each_group(tmp_path):
    day = 86_400_000_000
    file = ParquetFile(tmp_path / "x", [("time", TIME), ("x", NUMBER)])
    for close in range(5):
        file.add([Runs([close * day], [10]), np.arange(10.0)], 10)
    file.finish()
    third = pl.scan_parquet(tmp_path / "x").filter(pl.col("time") == pl.datetime(1970, 1, 3))
    assert third.collect()["x"].to_list() == list(range(10))
    assert pl.scan_parquet(tmp_path / "x").filter(pl.col("time") > pl.datetime(1980, 1, 1)).collect().is_empty()


def test_thrift_numbers():
    """Examples of the protocol's specification, and a list long enough to need a length of its own."""
    assert [varint(n) for n in (0, 127, 128, 300, 50399)] == [b"\0", b"\x7f", b"\x80\x01", b"\xac\x02", b"\xdf\x89\x03"]
    assert [whole(n) for n in (0, -1, 1, -2, 2147483647)] == [b"\0", b"\1", b"\2", b"\3", b"\xfe\xff\xff\xff\x0f"]
    assert items(5, [b"\2"] * 14)[:1] == b"\xe5" and items(5, [b"\2"] * 300)[:3] == b"\xf5\xac\x02"


def fill(log, rng, numbers=range(60), between=lambda log: None):
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
        between(log)


def a_log(paths):
    log = EventLog(world="actual", first=40, paths=paths, witnesses=45)
    log.declare(TOLD, BARE)
    return log


@pytest.mark.parametrize("paths", [1, 33, DIRECT - 1, DIRECT])
@pytest.mark.parametrize("since", [0, 30, 60])
def test_a_log_on_disk_is_the_log_in_memory(tmp_path, paths, since):
    """From whichever addition on it is written."""
    kept, streamed = a_log(paths), a_log(paths)
    fill(kept, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    fill(streamed, rng, range(since))
    with streamed.written(tmp_path, CLOCK) as made:
        fill(streamed, rng, range(since, 60))
    for table in ("told", "bare"):
        place = tmp_path / table / "actual-0000040.parquet"
        assert pl.read_parquet(place).equals(kept.frame(table, CLOCK))
        assert made[f"{table}/{place.name}"] == (place.stat().st_size, hashlib.sha256(place.read_bytes()).hexdigest())
    assert not list(tmp_path.rglob("*.part"))


def test_an_empty_table_is_a_file_with_columns(tmp_path):
    log = a_log(3)
    with log.written(tmp_path, CLOCK):
        pass
    found = pl.read_parquet(tmp_path / "told" / "actual-0000040.parquet")
    assert found.is_empty() and found.schema == log.frame("told", CLOCK).schema


def test_only_the_tables_that_are_wanted_are_written(tmp_path):
    log = EventLog(world="actual", first=0, paths=3, witnesses=0, tables=("bare",))
    log.declare(TOLD, BARE)
    with log.written(tmp_path, CLOCK) as made:
        fill(log, np.random.default_rng(0))
    assert list(made) == ["bare/actual-0000000.parquet"]


def test_a_log_that_fails_leaves_no_file(tmp_path):
    log = a_log(DIRECT)
    with pytest.raises(ZeroDivisionError), log.written(tmp_path, CLOCK):
        fill(log, np.random.default_rng(0), between=lambda _: 1 / 0)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_folder_that_is_gone_ends_the_run(tmp_path):
    log = a_log(DIRECT)
    with pytest.raises(SpiralError, match="cannot be written: No such file"), log.written(tmp_path / "gone", CLOCK):
        fill(log, np.random.default_rng(0))


def test_memory_does_not_grow_with_the_closes(tmp_path):
    """What is on disk is not kept: after each group no row of it is left."""
    log = a_log(DIRECT)
    left = []
    with log.written(tmp_path, CLOCK):
        fill(log, np.random.default_rng(0), between=lambda log: left.append(sum(log._files._sizes.values())))
    assert max(left) < GROUP + DIRECT and not log.added("told")
