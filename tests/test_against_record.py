"""A run against a daily record: figures with known answers, and where the record lies in the ensemble."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from analysis import against_record as against
from analysis import frames, open_run
from analysis.charts.against import against as draw
from scenarios.cli import main
from scenarios.commands.record import frame
from scenarios.reading.loading import load
from scenarios.studies.estimation.daily_record import read_record
from scenarios.studies.run import run as run_scenario
from sim.dataset import Run
from sim.errors import UserError
from tests.synthetic_run import answer_for_all, write_run
from tests.test_catalogue import RECORDS, record_file

DAYS = tuple(date(2020, 1, day) for day in range(1, 8))


def closes(**levels: list[float]) -> against.Closes:
    """One path with these levels."""
    whole = {name: np.array([values]) for name, values in levels.items()}
    return against.Closes(DAYS[: len(next(iter(levels.values())))], whole)


def test_figures_of_a_path_with_a_known_answer() -> None:
    spot = [100.0, 90.0, 99.0, 89.1, 98.01]  # down 10 %, up 10 %, twice
    r = np.diff(np.log(spot))
    one = closes(
        spot=spot, vol=list(0.2 * np.exp(-4.0 * np.log(np.array(spot) / 100))), depth=[8.0, 4.0, 6.0, 1.0, 3.0]
    )
    assert against.realised_vol(one)[0] == pytest.approx(np.std(r, ddof=1) * math.sqrt(252))
    assert against.max_drawdown(one)[0] == pytest.approx(1 - 89.1 / 100)
    assert against.peak_vol(one)[0] == pytest.approx(0.2 * 0.891**-4)
    assert against.BY_NAME["ln_vol_response"].measure(one)[0] == pytest.approx(0.04)  # 4 % per -1 %


def test_points_of_vol_are_told_in_points() -> None:
    spot = np.array([100.0, 90.0, 99.0, 89.1, 98.01])
    one = closes(spot=list(spot), vol=list(0.2 - 1.5 * np.log(spot / 100)))  # 1.5 points per -1 % of ln S
    figure = against.BY_NAME["vol_response"]
    (value,) = figure.measure(one)
    found = against.compare(figure, "record", value, value, np.array([value]))
    assert (found.known, found.median.text()) == ("1.50", "1.50")  # points: no % behind them


def test_a_response_a_day_late_is_seen_over_two_days() -> None:
    r = np.array([-0.02, 0.01, -0.03, 0.02, -0.01, 0.005])
    credit = 0.01 + 0.05 * np.cumsum(np.concatenate([[0.0, 0.0], -r[:-1]]))  # 5 bp per -1 %, the day after
    one = closes(spot=list(100 * np.exp(np.concatenate([[0.0], np.cumsum(r)]))), vol=[0.2] * 7, credit=list(credit))
    two_days = against.BY_NAME["credit_two_days"].measure(one)[0]
    same_day = against.BY_NAME["credit_response"].measure(one)[0]
    memory = np.polyfit(r[:-1], np.concatenate([[0.0], r[:-2]]), 1)[0]  # of the returns: what the day before adds
    assert two_days == pytest.approx(5e-4 * (1 + memory), rel=1e-9)
    assert abs(same_day - 5e-4) > abs(two_days - 5e-4)


def test_powers_are_slopes_of_logs() -> None:
    vol = np.array([0.15, 0.3, 0.2, 0.6, 0.4])
    one = closes(spot=[100.0] * 5, vol=list(vol), depth=list(7 * vol**-1.9), half_spread=list(0.3 * vol**0.46))
    assert against.BY_NAME["depth_power"].measure(one)[0] == pytest.approx(-1.9)
    assert against.BY_NAME["spread_power"].measure(one)[0] == pytest.approx(0.46)
    assert math.isnan(against.BY_NAME["ln_vol_response"].measure(one)[0])  # a price that does not move has no slope


def test_variance_within_days_by_hand() -> None:
    """Of a path its ticks' squares over the closes'; of the record a night and a day after Rogers and Satchell."""
    r = np.array([0.02, -0.01, 0.03])
    spot = list(100 * np.exp(np.concatenate([[0.0], np.cumsum(r)])))
    one = closes(spot=spot, vol=[0.2] * 4, within=[7.0, 7.0 + 3e-4, 7.0 + 6e-4, 7.0 + 7e-4])
    assert against.variance_within(one)[0] == pytest.approx(7e-4 / 14e-4)
    o, h, low, c = 99.0, 104.0, 97.0, 102.0
    found = against._within(*(np.array([[100.0, x], [100.0, np.nan]]) for x in (o, h, low)), np.array([[100.0, c]] * 2))
    day = math.log(h / o) * math.log(h / c) + math.log(low / o) * math.log(low / c)
    assert found[0] == pytest.approx([0.0, math.log(o / 100) ** 2 + day]) and np.isnan(found[1, 1])


def test_variance_of_weeks_is_free_of_bias() -> None:
    """White noise has 1 on average over short samples; an AR(1) of 0.3 1 + 2 sum (1 - k / 5) 0.3^k."""
    noise, rho = np.random.default_rng(4).standard_normal((4000, 240)), 0.3
    memory = noise.copy()
    for t in range(1, 240):
        memory[:, t] = rho * memory[:, t - 1] + math.sqrt(1 - rho**2) * noise[:, t]
    for r, steps, expected in ((noise, 40, 1.0), (memory, 240, 1 + 2 * sum((1 - k / 5) * rho**k for k in range(1, 5)))):
        spot = np.exp(np.cumsum(np.pad(0.01 * r[:, :steps], ((0, 0), (1, 0))), axis=1))
        found = against.weekly_variance(against.Closes((), {"spot": spot}))
        assert found.mean() == pytest.approx(expected, abs=4 * found.std() / math.sqrt(4000) + 0.01)
    assert np.isnan(against.weekly_variance(closes(spot=[1.0] * 7))).all()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(write_run(tmp_path_factory.mktemp("run"), paths=60))


def path_of(run: Run, number: int) -> pl.DataFrame:
    """One path of the run as if it were the record."""
    table = frames.asset_closes(run).filter((pl.col("world") == "actual") & (pl.col("path") == number)).collect()
    return table.sort("time").select(pl.col("time").dt.date().alias("date"), "vol", "credit", spot="mid")


def own(found: list[against.Comparison]) -> dict[str, against.Comparison]:
    return {c.figure.name: c for c in found if c.source == "record"}


def test_a_path_of_the_ensemble_lies_at_its_own_rank(run: Run) -> None:
    """Told one of its own paths as the record, the ensemble finds each figure at the rank that this path has."""
    record, ensemble = against.common(run, path_of(run, 17))
    told = own(against.against_record(run, path_of(run, 17)))
    assert set(told) >= {"realised_vol", "max_drawdown", "peak_vol", "ln_vol_response", "credit_response"}
    for name, comparison in told.items():
        values = comparison.figure.measure(ensemble)
        assert comparison.low == comparison.high == pytest.approx(values[17], rel=1e-9), name
        assert comparison.percentile == pytest.approx(((values < values[17]).sum() + 0.5) / 60, abs=0.51 / 60)
        assert comparison.median.value == pytest.approx(np.median(values))
        assert comparison.inside == bool(np.quantile(values, 0.05) <= values[17] <= np.quantile(values, 0.95)), name
    assert record.days == ensemble.days


def test_a_wilder_record_lies_outside(run: Run) -> None:
    calm = path_of(run, 3)
    wild = calm.with_columns(spot=3386.15 * (pl.col("spot") / 3386.15) ** 3, vol=pl.col("vol") * 2)
    told = own(against.against_record(run, wild))
    for name in ("realised_vol", "max_drawdown", "peak_vol"):
        assert told[name].percentile == 1.0
        assert not told[name].inside


def test_gaps_of_the_record_are_left_out(run: Run) -> None:
    """A day without credit is missing for credit on both sides, and changes nothing of spot."""
    whole = path_of(run, 5)
    holed = whole.with_columns(credit=pl.when(pl.col("date").dt.weekday() == 2).then(None).otherwise(pl.col("credit")))
    told, full = own(against.against_record(run, holed)), own(against.against_record(run, whole))
    assert told["realised_vol"] == full["realised_vol"]
    assert told["credit_response"].low != full["credit_response"].low
    assert "credit_response" not in own(against.against_record(run, whole.drop("credit")))


def test_published_facts_apply_to_their_days(run: Run) -> None:
    """The synthetic run goes from February to April 2020: March 2020 is looked at, and so is a large crisis."""
    found = {c.source: c for c in against.against_record(run, path_of(run, 0)) if c.source != "record"}
    names = " ".join(found)
    assert "E-mini, 10 contracts" in names and "S&P future" in names
    assert "large crises" in names and "small crises" not in names
    late = path_of(run, 0).filter(pl.col("date") > date(2020, 3, 10))
    assert not any("10 contracts" in c.source for c in against.against_record(run, late))


def test_days_in_common_are_needed(run: Run) -> None:
    other = path_of(run, 0).with_columns(date=pl.col("date").dt.offset_by("5y"))
    with pytest.raises(UserError, match="compared over"):
        against.against_record(run, other)
    with pytest.raises(UserError, match="no such world"):
        against.against_record(run, path_of(run, 0), world="elsewhere")


def test_the_chart_places_the_record_in_its_band(run: Run) -> None:
    found = against.against_record(run, path_of(run, 17))
    spec = draw(found, "A title").to_dict()
    text = json.dumps(spec)
    assert "NaN" not in text
    found = [c for c in found if c.compared]
    inside = sum(c.inside for c in found)
    assert f"{inside} of {len(found)}" in text
    rows = next(iter(spec["datasets"].values())) if "datasets" in spec else spec["layer"][0]["data"]["values"]
    for row, c in zip(rows, found, strict=True):
        if c.source == "record":
            assert (abs(row["at"]) <= 1 + 1e-4) == c.inside, c.figure.name
    assert "nothing in common" in json.dumps(draw([], "A title").to_dict())


def test_the_range_of_the_record_is_compared_with_the_ticks(run: Run) -> None:
    """All at the open: the night has all of the variance. A straight line through the day: none is within."""
    plain = path_of(run, 17)
    alone = [c for c in against.against_record(run, plain) if c.figure.name == "variance_within"]
    assert [c.source for c in alone] == ["run alone"] and not alone[0].compared and alone[0].known == "n/a"
    assert alone[0].median.value == pytest.approx(0.8)  # as the made-up run has it
    spot, before = pl.col("spot"), pl.col("spot").shift(1, fill_value=pl.col("spot").first())
    at_open = plain.with_columns(open=spot, high=spot, low=spot)
    line = plain.with_columns(open=before, high=pl.max_horizontal(spot, before), low=pl.min_horizontal(spot, before))
    for record, share in ((at_open, 1.0), (line, 0.0)):
        found = own(against.against_record(run, record))["variance_within"]
        assert found.low == pytest.approx(share, abs=1e-12) and found.compared and not found.inside


def test_a_run_of_an_earlier_version_has_no_ticks(tmp_path: Path) -> None:
    old = write_run(tmp_path / "run", paths=20)
    for place in (old / "closes").iterdir():
        pl.read_parquet(place).drop("tick_variance").write_parquet(place)
    answer_for_all(old)
    found = against.against_record(open_run(old), path_of(open_run(old), 3))
    assert "variance_within" not in {c.figure.name for c in found}


# --- the command ------------------------------------------------------------------------------------------------------


def history(folder: Path, frame: pl.DataFrame) -> Path:
    """A record as a user has it, in percent."""
    path = folder / "record.csv"
    frame.select("date", spx="spot", vix=pl.col("vol") * 100, ig_oas=pl.col("credit") * 100).write_csv(path)
    return path


def test_command_on_a_finished_run_and_on_a_scenario(run: Run, tmp_path: Path) -> None:
    record = history(tmp_path, path_of(run, 17))
    picture = tmp_path / "picture.svg"
    done = CliRunner().invoke(main, ["record", str(run.path), str(record), "--chart", str(picture)])
    assert done.exit_code == 0, done.output
    assert "realised vol" in done.output and "60 paths" in done.output
    assert picture.read_text().startswith("<svg")
    arguments = ["record", "covid_crash_2020", str(record), "--paths", "8", "--workers", "1", "--markdown"]
    done = CliRunner().invoke(main, [*arguments, "--set", "market.dispersion=0.2"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "### Covid crash, February to April 2020 against record"
    assert all(line.count("|") == 9 for line in lines[2:] if line)


def test_the_day_lies_within_its_range(run: Run, tmp_path: Path) -> None:
    spot = pl.col("spot")
    whole = path_of(run, 17).select(
        "date", spx="spot", vix=pl.col("vol") * 100, spx_open=spot, spx_high=spot * 1.01, spx_low=spot * 0.99
    )
    gap = whole.with_columns(spx_low=pl.when(pl.col("date").dt.weekday() == 3).then(None).otherwise("spx_low"))
    levels = read_record(gap).levels
    known = (gap["date"].dt.weekday() != 3).to_numpy()
    assert levels["high"][known] == pytest.approx(levels["spot"][known] * 1.01)
    assert all((np.isfinite(levels[name]) == known).all() for name in ("open", "high", "low"))
    (place := tmp_path / "record.csv").write_text(whole.with_columns(spx_low=pl.col("spx") * 1.001).write_csv())
    done = CliRunner().invoke(main, ["record", str(run.path), str(place)])
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    assert "open and close lie between the day's low" in done.stderr and "spx_low" in done.stderr


def test_mistakes_are_told_in_one_line(run: Run, tmp_path: Path) -> None:
    record = str(history(tmp_path, path_of(run, 17)))
    for arguments, rule in (
        ([str(run.path), record, "--paths", "5"], "a finished run is as it is"),
        ([str(run.path), record, "--chart", "x.pdf"], "a chart is one of"),
        ([str(run.path), str(tmp_path / "none.csv")], "cannot be read"),
        (["covid_crash", record], "covid_crash"),
        (["brexit_2016", record, "--paths", "2", "--workers", "1"], "compared over 5 or more days"),
    ):
        done = CliRunner().invoke(main, ["record", *arguments])
        assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and rule in done.stderr, done.output


# Two figures are farther off, for reasons that are known: in September 2019 the index moved within days and came back,
# and half-hours that are no calmer than the day's range says make a drawdown of 4.9 % where closes had 4.1 %; and over
# the ten months of 2022 the highest of 200 closes of a noisy path, 46 % ± 1 %, lies above that of the record, 36 %.
FARTHER = {("repo_crisis_2019", "max_drawdown"): 0.25, ("rate_hikes_2022", "peak_vol"): 0.32}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDS)
def test_crises_have_the_records_size(crises: Path, tmp_path: Path, name: str) -> None:
    """Realised vol within a half, drawdown and peak vol within a fifth of the record's, but for `FARTHER`."""
    made = run_scenario(load(name).with_run(twin="none"), paths=100, out=tmp_path / name, witnesses=0, workers=1)
    told = own(against.against_record(made, frame(read_record(record_file(crises, name)))))
    assert told["realised_vol"].median.value == pytest.approx(told["realised_vol"].low, rel=0.5)
    for figure in ("max_drawdown", "peak_vol"):
        assert told[figure].median.value == pytest.approx(told[figure].low, rel=FARTHER.get((name, figure), 0.2))
