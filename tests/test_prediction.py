"""What the laws make of a price path alone, beside the record's vol and credit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.specs.memory import CreditMemorySpec, MemorySpec
from scenarios import predict
from scenarios.cli import main
from scenarios.studies.prediction import at_rest
from sim.errors import UserError
from tests.test_path_laws import CLOSES, DAYS, recursion

PATHS = 1000
RECORDS = {
    "taper_2013": "taper_2013.csv",
    "china_2015": "new/china_deval_2015.csv",
    "brexit_2016": "brexit_2016.csv",
    "election_2016": "election_2016.csv",
    "repo_2019": "repo_2019.csv",
    "covid_2020": "covid_2020.csv",
    "hikes_2022": "hikes_2022.csv",
    "svb_2023": "new/svb_2023.csv",
    "liberation_2025": "liberation_2025.csv",
}


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record whose vol and credit are the laws' own, and start on their level."""
    implied, _, cash = recursion(np.array(CLOSES))
    first = np.exp(cash[0])
    rows = [
        f"{d},{s},{100 * np.exp(v):.6f},{100 * np.exp(c):.8f}"
        for d, s, v, c in zip(DAYS, CLOSES, implied, cash, strict=True)
    ]
    assert abs(np.exp(implied[0]) - 0.2) < 1e-12 and first > 0
    path = tmp_path / "law.csv"
    path.write_text("\n".join(["date,spx,vix,ig_oas", *rows]) + "\n")
    return path


def test_a_record_that_follows_the_laws_is_predicted(record: Path) -> None:
    """The median path is the law's, within the Monte Carlo error of a median under the residual's noise."""
    found = predict(record, paths=PATHS)
    days = found.daily.filter(law="path_dependent")
    vol, credit = (days.filter(level=name).sort("date") for name in ("vol", "credit"))
    spec, years = MemorySpec(), np.arange(len(DAYS)) / 252
    sd = spec.noise * np.sqrt(-np.expm1(-2 * spec.reversion * years) / (2 * spec.reversion))
    error = 1.2533 * sd / np.sqrt(PATHS)  # of the median of a normal law
    assert (np.abs(np.log(vol["median"].to_numpy() / vol["record"].to_numpy())) <= 4 * error + 1e-6).all()
    lent = CreditMemorySpec()
    wide = lent.noise * np.sqrt(-np.expm1(-2 * lent.reversion * years) / (2 * lent.reversion))
    apart = np.abs(np.log(credit["median"].to_numpy() / credit["record"].to_numpy()))
    assert (apart <= 4 * 1.2533 * wide / np.sqrt(PATHS) + 1e-6).all()
    inside = vol.filter(pl.col("record").is_between(pl.col("low"), pl.col("high")))
    assert inside.height >= vol.height - 1


def test_peaks_are_the_median_paths_and_beside_the_records(record: Path) -> None:
    found = predict(record, paths=100)
    row = found.peaks.filter(law="path_dependent", level="vol").row(0, named=True)
    days = found.daily.filter(law="path_dependent", level="vol")
    assert row["predicted"] == days["median"].max() and row["record"] == pytest.approx(days["record"].max())
    assert row["ratio"] == pytest.approx(row["predicted"] / row["record"])
    assert row["record_date"] == date(2020, 2, 24)
    one = found.peaks.filter(law="one_factor", level="vol").row(0, named=True)
    assert one["predicted"] != row["predicted"] and one["record"] == row["record"]


def test_a_record_without_vol_is_predicted_and_compared_with_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("date,spx\n" + "".join(f"{d},{s}\n" for d, s in zip(DAYS, CLOSES, strict=True)))
    found = predict(path, paths=50)
    assert found.peaks["predicted"].is_finite().all()
    told = CliRunner().invoke(main, ["predict", str(path), "--paths", "50", "--quiet"])
    assert told.exit_code == 0 and "n/a" in told.output


def test_a_first_level_alone_is_no_peak_to_compare_with(record: Path) -> None:
    """A record whose vix is blank after its first day: the start is given, so it cannot be the record's peak."""
    rows = pl.read_csv(record)
    kept = rows.with_columns(vix=pl.when(pl.int_range(pl.len()) < 1).then("vix"))
    found = predict(kept, paths=50).peaks
    vol, credit = found.filter(level="vol"), found.filter(level="credit")
    assert vol["record"].is_null().all() and vol["record_date"].is_null().all() and vol["ratio"].is_null().all()
    assert credit["record"].is_not_null().all() and credit["record_date"].is_not_null().all()


def test_what_came_before_is_remembered(tmp_path: Path) -> None:
    """A stormy quarter before the first day: the laws begin on it, and not on the starting vol alone."""
    days = pl.date_range(date(2019, 11, 1), date(2020, 3, 31), "1d", eager=True)
    shut = {date(2019, 11, 28), date(2019, 12, 25), date(2020, 1, 1), date(2020, 1, 20), date(2020, 2, 17)}
    days = [day for day in days if day.weekday() < 5 and day not in shut]
    storm = np.exp(0.03 * np.cumsum((-1.0) ** np.arange(len(days)) * (np.arange(len(days)) < 80)))
    path = tmp_path / "storm.csv"
    path.write_text("date,spx,vix\n" + "".join(f"{d},{3000 * s:.4f},15\n" for d, s in zip(days, storm, strict=True)))
    whole = predict(path, since=days[80], paths=50)
    alone = tmp_path / "alone.csv"
    lines = path.read_text().splitlines()
    alone.write_text("\n".join([lines[0], *lines[81:]]) + "\n")
    start = whole.scenario.market.memory.start
    assert start.squares_fast is not None and start.squares_fast > 0.1
    assert predict(alone, paths=50).scenario.market.memory.start.squares_fast is None


def test_nobody_trades_so_no_impact_is_spoken_of(record: Path) -> None:
    assert not any("impact" in note for note in predict(record, paths=50).scenario.notes)


def test_nothing_is_taken_from_after_the_first_day(record: Path, tmp_path: Path) -> None:
    """A vol that begins later is no start: one line says where to begin. Without any, the law says the start."""
    lines = record.read_text().splitlines()
    late = [line.replace(line.split(",")[2], "") if 0 < i < 4 else line for i, line in enumerate(lines)]
    path = tmp_path / "late.csv"
    path.write_text("\n".join(late) + "\n")
    with pytest.raises(UserError, match=r"2020-02-19, has no vix, and no day before it has; begin on 2020-02-24"):
        predict(path, paths=50)
    assert predict(path, paths=50, since=date(2020, 2, 24)).scenario.start == date(2020, 2, 24)
    bare = tmp_path / "bare.csv"
    bare.write_text("date,spx\n" + "".join(f"{d},{s}\n" for d, s in zip(DAYS, CLOSES, strict=True)))
    scenario = predict(bare, paths=50).scenario
    assert scenario.storyline.anchor[0].vol == pytest.approx(at_rest(MemorySpec()))
    assert any("it starts where the law has it" in note for note in scenario.notes)


def test_too_short_a_window(record: Path) -> None:
    with pytest.raises(UserError, match="needs 3 days or more, got 2"):
        predict(record, since=date(2020, 3, 3), paths=50)


def test_the_command(record: Path, tmp_path: Path) -> None:
    days, chart = tmp_path / "days.csv", tmp_path / "chart.json"
    command = [
        "predict",
        str(record),
        "--paths",
        "50",
        "--from",
        "2020-02-20",
        "--out",
        str(days),
        "--chart",
        str(chart),
    ]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 0, told.output
    for word in ("implied vol", "credit spread", "law of the path", "one-factor law", "predicted / record"):
        assert word in told.output
    written = pl.read_csv(days, try_parse_dates=True)
    assert written.columns == ["date", "law", "level", "record", "low", "median", "high"]
    assert written["date"].min() == date(2020, 2, 20) and chart.is_file()
    again = CliRunner().invoke(main, command)
    assert again.exit_code != 0


@pytest.mark.slow
def test_crises_from_their_closes_alone(crises: Path) -> None:
    """Vol within 15 % of the record's peak in seven of nine, credit within 25 % in six; the one-factor laws are not."""
    ratios: dict[tuple[str, str], list[float]] = {}
    for file in RECORDS.values():
        for row in predict(crises / file, paths=200).peaks.iter_rows(named=True):
            ratios.setdefault((row["law"], row["level"]), []).append(row["ratio"])
    within = {
        key: sum(abs(r - 1) < (0.15 if key[1] == "vol" else 0.25) for r in found) for key, found in ratios.items()
    }
    assert within["path_dependent", "vol"] >= 7
    assert within["path_dependent", "credit"] >= 6
    misses = {key: np.abs(np.log(found)).mean() for key, found in ratios.items()}
    for level in ("vol", "credit"):
        assert misses["path_dependent", level] < misses["one_factor", level]
