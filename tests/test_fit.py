"""The estimators behind `spiral fit`, on histories that the engine itself made: values and standard errors."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.spec import MarketSpec
from scenarios.cli import main
from scenarios.commands.fit import pooled_table, table_by_record, toml
from scenarios.describing.levels import daily_levels
from scenarios.reading.loading import from_dict, load
from scenarios.studies.estimation.daily_record import DailyRecord, read_record
from scenarios.studies.estimation.estimators import Estimate, correlation, response, reversion
from scenarios.studies.estimation.estimators import Path as Reverting
from scenarios.studies.estimation.fit_laws import estimate
from scenarios.studies.estimation.fitting import Fit, fit
from scenarios.studies.run import run
from sim.errors import UserError
from sim.screen.text import said
from sim.sessions import exchange_sessions
from tests.documents import block, python
from tests.small import LEVEL, K, crisis
from tests.test_catalogue import RECORDS, record_file

PATHS = 256
LAW = 1.1  # leverage: beta x base vol
TRUE = {"kappa": 20.0, "xi": 0.6, "rho": -0.7, "realised_ratio": 0.85}
COLUMNS = {"mid": "spot", "vol": "vol", "overnight": "overnight", "us2y": "us2y", "us10y": "us10y", "credit": "credit"}
RATES = {
    "vol_overnight": 0.003,
    "vol_us2y": 0.006,
    "vol_us10y": 0.008,
    "mean_reversion": 12.0,
    "corr_spot_overnight": 0.0,
    "corr_spot_us2y": 0.2,
    "corr_spot_us10y": 0.2,
    "corr_overnight_us2y": 0.3,
    "corr_overnight_us10y": 0.1,
    "corr_us2y_us10y": 0.8,
}
TRUTH = {
    "slope": LAW + 0.7 * 0.6 / 0.85,
    "leverage": LAW,
    "kappa": 20.0,
    "noise": 0.6 * math.sqrt(1 - 0.49),
    "xi": 0.6,
    "realised_ratio": 0.85,
    **RATES,
}
SECOND_ORDER = 0.01  # relative: a day is a finite step, in which vol moves with the return that it scales


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> list[DailyRecord]:
    """Half a year of a market without a story, path by path, from the engine's closes."""
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-08-20", **LEVEL}]
    market = {"dispersion": 1.0, "beta": LAW / LEVEL["vol"], "rates": RATES, **TRUE}
    made = run(
        crisis(anchors=days, market=market), paths=PATHS, out=tmp_path_factory.mktemp("fit"), witnesses=0, workers=1
    )
    closes = made.closes.filter(pl.col("world") == "actual").sort("path", "time").collect()
    dates = tuple(closes["time"].dt.date().unique().sort())
    shaped = {name: closes[c].to_numpy().reshape(PATHS, len(dates)) for c, name in COLUMNS.items()}
    return [DailyRecord(f"path_{i}", dates, {name: values[i] for name, values in shaped.items()}) for i in range(PATHS)]


@pytest.fixture(scope="module")
def estimates(histories: list[DailyRecord]) -> list[dict[str, Estimate]]:
    """What every path says."""
    return [estimate([history], TRUE["rho"]) for history in histories]


def column(estimates: Sequence[dict[str, Estimate]], name: str) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.array([getattr(e[name], part) for e in estimates]) for part in ("value", "error"))


@pytest.mark.parametrize("name", TRUTH)
def test_the_engines_own_parameters_come_back(estimates: list[dict[str, Estimate]], name: str) -> None:
    values, _ = column(estimates, name)
    error = values.std(ddof=1) / math.sqrt(PATHS)
    room = SECOND_ORDER * abs(TRUTH[name])
    if name == "mean_reversion":  # two nodes of half a year: a convex function of a noisy share, cut off at zero
        room = 1.5
    assert abs(values.mean() - TRUTH[name]) < 3.5 * error + room


@pytest.mark.parametrize("name", TRUTH)
def test_stated_errors_are_the_scatter_of_replications(estimates: list[dict[str, Estimate]], name: str) -> None:
    values, errors = column(estimates, name)
    assert math.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.18)


def test_credit_answers_vol_exactly(estimates: list[dict[str, Estimate]]) -> None:
    values, _ = column(estimates, "elasticity")
    assert values == pytest.approx(0.5, abs=1e-9)  # with no stress the engine's law has no noise


def test_short_windows_are_not_biased(histories: list[DailyRecord]) -> None:
    """Thirty days: least squares alone says half as much again."""
    short = [DailyRecord(h.name, h.days[:31], {n: v[:31] for n, v in h.levels.items()}) for h in histories]
    shares = [estimate([h], TRUE["rho"])["kappa"].value for h in short]
    naive = [_plain_speed(h) for h in short]
    assert abs(np.mean(shares) - 20) < 4.0
    assert np.mean(naive) > 20 + 2 * abs(np.mean(shares) - 20)


def _plain_speed(history: DailyRecord) -> float:
    """Least squares of the change of ln vol on its level and the push, uncorrected."""
    x = np.log(history.levels["vol"])
    r = history.log_changes("spot")
    design = np.column_stack([np.ones(len(r)), x[:-1], r / history.levels["vol"][:-1]])
    return float(-252 * np.log1p(np.linalg.lstsq(design, np.diff(x), rcond=None)[0][1]))


def test_the_split_needs_rho(histories: list[DailyRecord]) -> None:
    """Any stated rho gives the same total slope and noise: the split is an assumption, and says so."""
    told = [estimate(histories[:4], rho) for rho in (0.0, -0.7)]
    assert told[0]["slope"] == told[1]["slope"]
    assert told[0]["noise"] == told[1]["noise"]
    assert told[0]["leverage"].value == pytest.approx(told[0]["slope"].value)
    assert told[1]["leverage"].value < told[0]["leverage"].value - 0.3


def test_records_of_one_law_agree_and_pool(histories: list[DailyRecord], tmp_path: Path) -> None:
    files = [write(tmp_path, shifted(h, 400 * i)) for i, h in enumerate(histories[:8])]
    together = fit(files, rho=-0.7)
    alone = fit(files[0], rho=-0.7)
    for name in ("slope", "noise", "realised_ratio"):
        told = together.by_name[name]
        assert told.freedom == 7
        assert told.p_value > 1e-3
        assert abs(told.pooled.value - TRUTH[name]) < K * told.pooled.error
        assert told.pooled.error < 0.6 * alone[name].error  # eight times the days


def test_records_of_two_laws_disagree(histories: list[DailyRecord], tmp_path: Path) -> None:
    quiet = histories[0]
    wild = DailyRecord(
        "wild", quiet.days, {**histories[1].levels, "vol": np.exp(2 * np.log(histories[1].levels["vol"] / 0.2)) * 0.2}
    )
    told = fit([write(tmp_path, quiet), write(tmp_path, shifted(wild, 400))]).by_name["slope"]
    assert told.p_value < 1e-6
    apart = [e.value for e in told.own.values()]
    assert told.pooled.error > 0.3 * (max(apart) - min(apart))  # the scatter, not the records' own errors


def test_no_day_counts_twice(histories: list[DailyRecord], tmp_path: Path) -> None:
    files = [write(tmp_path, DailyRecord("whole", histories[0].days, histories[0].levels))]
    part = {n: v[40:80] for n, v in histories[0].levels.items()}
    files.append(write(tmp_path, DailyRecord("part", histories[0].days[40:80], part)))
    together = fit(files)
    assert together.left_out == {"part": "whole"}
    assert together["slope"] == fit(files[0])["slope"]
    assert "part" in together.by_name["slope"].own


def test_lagged_credit_is_added_up_with_an_honest_error() -> None:
    """y answers x over two days with noise that lasts: the sum is found, and its error is the scatter."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        x, e = rng.standard_normal(120), rng.standard_normal(121)
        y = 0.3 * x + 0.2 * np.concatenate([[0.0], x[:-1]]) + e[1:] + 0.5 * e[:-1]
        found.append(response([(y, x)], 1))
    values, errors = np.array([f.value for f in found]), np.array([f.error for f in found])
    assert abs(values.mean() - 0.5) < 3.5 * values.std(ddof=1) / math.sqrt(300)
    assert math.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.2)


def test_a_walk_hardly_reverts() -> None:
    """Forty days of a random walk: the bias is not gone, but smaller."""
    rng = np.random.default_rng(5)
    walks = [Reverting(np.cumsum(rng.standard_normal((41, 1)), axis=0)) for _ in range(200)]
    shares = [reversion([walk]).share for walk in walks]
    plain = [1 - np.polyfit(w.level[:-1, 0], w.level[1:, 0], 1)[0] for w in walks]
    values = np.array([share.value for share in shares])
    assert 0 < values.mean() < 0.8 * np.mean(plain)
    assert correlation([]).days == 0


# --- files, command line ----------------------------------------------------------------------------------------------


def shifted(history: DailyRecord, days: int) -> DailyRecord:
    """The same levels at other dates."""
    first, last = (history.days[end] + timedelta(days=days) for end in (0, -1))
    sessions = exchange_sessions("XNYS", first, last + timedelta(days=60))
    moved = tuple(sessions.missing(first, last + timedelta(days=60))[: len(history.days)])
    return DailyRecord(history.name, moved, history.levels)


def write(folder: Path, history: DailyRecord) -> Path:
    """The history as a file in percent."""
    names = {"spot": "spx", "credit": "ig_oas", "vol": "vix"}
    table = {names.get(n, n): v * (1 if n == "spot" else 100) for n, v in history.levels.items()}
    path = folder / f"{history.name}.csv"
    pl.DataFrame({"date": history.days, **table}).write_csv(path)
    return path


def test_toml_is_a_scenarios_tables(histories: list[DailyRecord], tmp_path: Path) -> None:
    """Every written key loads into a scenario and is the estimate to the figures that its error leaves."""
    found = fit(write(tmp_path, histories[0]), rho=-0.6)
    tables = tomllib.loads(toml(found))
    assert tables == found.tables()
    scenario = from_dict(load("calm_market").to_dict() | tables)
    assert scenario.market.rho == -0.6
    assert scenario.market.kappa == pytest.approx(found["kappa"].value, abs=found["kappa"].error / 10)
    assert scenario.market.beta == pytest.approx(found["leverage"].value / 0.2, abs=found["leverage"].error)
    assert scenario.market.rates.corr_us2y_us10y == pytest.approx(found["corr_us2y_us10y"].value, abs=1e-3)
    assert scenario.credit.elasticity == pytest.approx(0.5, abs=1e-6)
    assert "vol_overnight" not in tables["market"]["rates"]  # steps of policy are the storyline's


def test_command(histories: list[DailyRecord], tmp_path: Path) -> None:
    files = [str(write(tmp_path, shifted(h, 400 * i))) for i, h in enumerate(histories[:2])]
    out = tmp_path / "fitted.toml"
    done = CliRunner().invoke(main, ["fit", *files, "--out", str(out)])
    assert done.exit_code == 0, done.output
    for word in ("market.kappa", "path_0", "path_1", "chi2", "Newey-West", str(out)):
        assert word in done.output
    assert tomllib.loads(out.read_text())["market"]["rho"] == MarketSpec().rho


def test_a_narrow_terminal_cuts_no_figure(histories: list[DailyRecord], tmp_path: Path) -> None:
    found = fit([write(tmp_path, shifted(h, 400 * i)) for i, h in enumerate(histories[:2])])
    for made in (pooled_table(found), table_by_record(found)):
        wide, narrow = ("\n".join(said(line) for line in made.lines(width)) for width in (200, 80))
        assert set(wide.split()) == set(narrow.split()) and max(map(len, narrow.splitlines())) <= 80


def test_the_page_shows_what_runs(histories: list[DailyRecord], tmp_path: Path) -> None:
    for i, name in enumerate(("history_a", "history_b")):
        write(tmp_path, DailyRecord(name, shifted(histories[i], 400 * i).days, histories[i].levels))
    printed = python(block("docs/scenarios.md", "python", "fit"), tmp_path)
    assert printed.startswith("Estimate(value=") and "'credit'" in printed


HEAD = "date,spx,vix\n"


def days(count: int, *, step: int = 1, first: date = date(2024, 1, 1), spot: str = "") -> str:
    lines = [f"{first + timedelta(days=step * i)},{spot or 100 + i % 5},{20 + i % 3}" for i in range(count)]
    return HEAD + "\n".join(lines) + "\n"


BAD = {
    "few days": (days(9), "a fit needs more than 15 days"),
    "no vol": ("date,spx\n2024-01-01,100\n", "the column 'vix' is missing"),
    "a gap": (days(12) + days(12, first=date(2024, 3, 1)).removeprefix(HEAD), "a line for every trading day"),
    "backwards": (days(3) + "2024-01-02,100,20\n", "dates must increase"),
    "decimals": (days(20) + "2024-01-21,100,0.2\n", "must be in percent"),
    "a word": (days(20) + "2024-01-21,many,20\n", "must be a number"),
    "still": (days(20, spot="100"), "spot never moves"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_told_in_one_line(tmp_path: Path, case: str) -> None:
    text, rule = BAD[case]
    path = tmp_path / "bad.csv"
    path.write_text(text)
    done = CliRunner().invoke(main, ["fit", str(path), "--out", str(tmp_path / "out.toml")])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert rule in done.stderr and "bad.csv" in done.stderr
    assert not (tmp_path / "out.toml").exists()


def test_other_mistakes(histories: list[DailyRecord], tmp_path: Path) -> None:
    path = write(tmp_path, histories[0])
    for arguments, rule in (
        (["fit", str(path), str(path)], "two histories have one name"),
        (["fit", str(path), "--rho", "0.5"], "rho lies above -1 and up to 0"),
        (["fit", str(path), "--out", "fit.csv"], "parameters are written as TOML"),
        (["fit", str(tmp_path / "none.csv")], "cannot be read"),
    ):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and rule in done.stderr, done.output
    with pytest.raises(UserError, match="fit needs a history"):
        fit([])


def test_presets_use_fitted_values(crises: Path) -> None:
    """The defaults lie within one standard error of what the records of the crises say together; 2022 of its own."""
    found = fit(sorted(path for path in crises.glob("*.csv") if "gilts" not in path.name))
    for name in ("slope", "leverage", "kappa", "xi", "elasticity", "vol_us2y", "vol_us10y", "corr_us2y_us10y"):
        told = found.by_name[name]
        assert told.default == pytest.approx(told.pooled.value, abs=told.pooled.error), name
    for node in ("us2y", "us10y"):
        told = found.by_name[f"corr_spot_{node}"]
        assert told.default == pytest.approx(told.pooled.value, abs=1.2 * told.pooled.error)
    hikes = load("rate_hikes_2022")
    own = found.by_name["slope"].own["hikes_2022"]
    assert hikes.market.beta * (hikes.storyline.anchor[0].vol or 0) == pytest.approx(own.value, abs=own.error)


def test_realised_ratio_is_the_noise_around_the_storylines(crises: Path) -> None:
    """Median over the presets: what is left of the record around the anchors, which take one degree of freedom each."""
    ratios = []
    for name in RECORDS:
        scenario, record = load(name), read_record(record_file(crises, name))
        inside = [i for i, day in enumerate(record.days) if scenario.start <= day <= scenario.end]
        told = daily_levels(scenario, "spot")
        line = np.array([told[(record.days[i] - scenario.start).days] for i in inside])
        noise = np.diff(np.log(record.levels["spot"][inside] / line)) / record.levels["vol"][inside][:-1]
        free = len(noise) - (len(scenario.storyline.anchor) - 1)
        if not free:
            continue  # every close is told
        ratios.append(math.sqrt(252 * (noise @ noise) / free))
    assert np.median(ratios) == pytest.approx(MarketSpec().realised_ratio, abs=0.02)


def test_the_records_of_the_crises_fit(crises: Path) -> None:
    """Eight crises: one law of leverage, or not, is told with an error; what shares days is not counted twice."""
    found: Fit = fit(sorted(path for path in crises.glob("*.csv") if "gilts" not in path.name))
    assert found.left_out == {"ldi_2022": "hikes_2022"}
    slope = found["slope"]
    assert 0.5 < slope.value < 2.0 and 0.03 < slope.error < 0.3
    assert found.by_name["slope"].freedom == 6
    assert read_record(crises / "repo_2019.csv").among("us10y").days != read_record(crises / "repo_2019.csv").days
