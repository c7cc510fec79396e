"""Long runs: the storyline's start and nothing after it, and the S&P 500 among the paths."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from analysis.against_record import Closes
from analysis.index_facts import INDEX, STEP, WINDOW
from analysis.long_run import OF_TICKS, as_frame, by_path, long_run_facts
from scenarios.cli import main
from scenarios.commands.long_run import measured
from scenarios.reading.loading import load
from scenarios.studies.long_run import left_alone
from scenarios.studies.run import run

ALONE = ("--alone", "--workers", "1", "--paths", "20")


def test_nothing_is_told_after_the_start() -> None:
    calm = load("calm_market")
    long = left_alone(calm, 3)
    assert long.start == calm.start and long.end == date(2022, 4, 1)
    assert long.storyline.anchor[0] == calm.storyline.anchor[0] and len(long.storyline.anchor) == 2
    assert long.twin is None and long.agents == calm.agents and left_alone(calm, 3, cast=False).agents == ()


@pytest.mark.slow
def test_each_fact_has_its_spread_over_the_paths(tmp_path: Path) -> None:
    long = left_alone(load("calm_market"), 1, cast=False).with_run(paths=12, witnesses=3)
    done = run(long, out=tmp_path / "run", workers=1, tables=("closes", "market"))
    found = {c.figure.name: c for c in long_run_facts(done)}
    assert set(found) == {*INDEX, "variance_within", *OF_TICKS}
    mids = done.closes.sort("path", "time").collect()["mid"].to_numpy().reshape(12, -1)
    vols = np.diff(np.log(mids), axis=1).std(axis=1) * np.sqrt(252)
    realised = found["realised"]
    assert realised.median.value == pytest.approx(np.median(vols))
    assert realised.band == pytest.approx(tuple(np.quantile(vols, [0.05, 0.95])))
    assert realised.percentile >= 0.75  # a calm market moves less than the index, on most paths
    assert found["variance_within"].median.value == pytest.approx(1.0, abs=0.15)
    assert not found["variance_within"].compared and not found["tail_daily"].compared  # a year has too few for a tail
    table = as_frame(list(found.values()))
    assert table.filter(pl.col("fact") == "variance_within")["inside"].item() is None
    assert table.filter(pl.col("fact") == "realised")["index"].item() == INDEX["realised"].middle


def test_the_command_writes_page_and_figures(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["facts", "calm_market", "--years", "1", *ALONE, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert (
        "Calm market (hypothetical), 1 years" not in done.output and "Calm market (hypothetical), 1 year" in done.output
    )
    assert "inside the 5-95 % band of 20 paths" in done.output and "These paths are of 1 year." in done.output
    assert set(pl.read_csv(tmp_path / "out" / "long_run.csv")["fact"]) >= set(INDEX)
    assert (tmp_path / "out" / "long_run.html").read_text().count('class="spec"') == 1


STILL = ("--set", "market.vol_law=leverage", "--set", "market.realised_ratio=0", "--set", "market.dispersion=0")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--years", "2", "--loops"), "a long run has one world"),
        (("--alone",), "only a long run leaves its cast out"),
        (("--years", "1", *ALONE, *STILL), "prices vary"),
    ],
)
def test_a_mistake_is_one_line(options: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(main, ["facts", "calm_market", *options])
    assert done.exit_code == 2 and said in done.output and done.output.count("\n") == 1, done.output


@pytest.fixture(scope="module")
def index(crises: Path) -> Closes:
    """Closes of the S&P 500 and the VIX from 1990 on."""
    place = crises / "long" / "daily_1987_2025.csv"
    if not place.is_file():
        pytest.skip(f"no long history at {place}")
    table = pl.read_csv(place, try_parse_dates=True).filter(pl.col("date") >= date(1990, 1, 2))
    levels = {name: table[c].cast(pl.Float64).to_numpy()[None] for name, c in (("spot", "spx"), ("vol", "vix"))}
    return Closes(tuple(table["date"]), levels | {"vol": levels["vol"] / 100})


@pytest.mark.parametrize("name", INDEX)
def test_the_index_has_the_facts_that_are_shipped(index: Closes, name: str) -> None:
    """To three figures."""
    days = len(index.days)
    windows = [
        Closes(index.days[at : at + WINDOW], {n: v[:, at : at + WINDOW] for n, v in index.levels.items()})
        for at in range(0, days - WINDOW + 1, STEP)
    ]
    assert len(windows) == 52
    values = [float(by_path(name)(window)[0]) for window in windows]
    known = INDEX[name]
    assert (known.middle, known.low, known.high) == pytest.approx(
        (np.median(values), min(values), max(values)), rel=0.006
    )


def test_the_whole_record_has_its_published_moments(index: Closes) -> None:
    """1990 to 2025: vol 18.1 %, memory of |r| 0.277, 0.327, 0.221, 0.094, leverage -0.12, VIX 11.4, 17.4, 31.4 %."""
    expected = {
        "realised": 0.181, "kurtosis_1d": 10.9, "memory_1d": 0.277, "memory_5d": 0.327, "memory_20d": 0.221,
        "memory_100d": 0.094, "leverage_size_1d": -0.121, "leverage_size_10d": -0.0758, "implied_5": 0.114,
        "implied_50": 0.174, "implied_95": 0.314, "implied_99.9": 0.637,
    }  # fmt: skip
    assert {name: float(by_path(name)(index)[0]) for name in expected} == pytest.approx(expected, rel=0.006)


@pytest.mark.slow
def test_the_index_could_be_a_path_of_the_law_of_the_path() -> None:
    """With vol that follows from the path at least eight facts in ten lie inside, with one factor of vol few do."""
    inside = {}
    for law in ("leverage", "path_dependent"):
        long = left_alone(load("calm_market", {"market.vol_law": law}), 10, cast=False).with_run(paths=200)
        found = [c for c in measured(long, workers=1, quiet=True) if c.compared]
        assert len(found) == len(INDEX)
        inside[law] = sum(c.inside for c in found)
    assert inside["path_dependent"] >= 0.8 * len(INDEX) and inside["leverage"] <= 0.4 * len(INDEX)
