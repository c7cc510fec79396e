"""Stylised facts: right readings and right standard errors on processes that are known, and the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result
from scipy import integrate, linalg, sparse, stats

from analysis import stylised_facts as sf
from analysis.fact import FACTS
from analysis.facts import facts, facts_table
from analysis.facts_summary import markdown
from analysis.loops import clear, loops_table
from analysis.moments import read
from analysis.series import Series, fluctuations, series
from scenarios.cli import main
from scenarios.reading.loading import load
from scenarios.studies.ablation import ablate, ablations, loops_of
from scenarios.studies.run import run
from scenarios.studies.validation.cases.stylised_facts import GJR, NORMAL, TAILS
from scenarios.studies.validation.processes import garch
from sim.errors import UserError
from sim.estimate import Estimate
from tests.documents import block, python

K = 4.0  # standard errors
TEN_DAYS = """
name = "ten_days"
[clock]
tick_minutes = 65
[storyline]
anchor = [
    { date = 2020-02-19, spot = 100, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
    { date = 2020-03-04, spot = 90, vol = 0.4 },
]
[feedback]
credit = 0
margin = 0
[agents.maker]
type = "MarketMaker"
[run]
paths = 64
"""


def normal(seed: int, paths: int = 40, steps: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((paths, steps))


# --- readings ---------------------------------------------------------------------------------------------------------


def test_a_mean_has_the_error_of_a_mean() -> None:
    x = normal(1, paths=50, steps=1)
    found = sf.mean(x)
    assert found.value == pytest.approx(x.mean()) and found.error == pytest.approx(x.std(ddof=1) / np.sqrt(50))


def test_readings_agree_with_numpy_and_scipy() -> None:
    r = normal(2) ** 3
    assert sf.kurtosis(r).value == pytest.approx(stats.kurtosis(r, axis=None))
    assert sf.skewness(r).value == pytest.approx(stats.skew(r, axis=None))
    assert sf.autocorrelation(r, 3).value == pytest.approx(np.corrcoef(r[:, :-3].ravel(), r[:, 3:].ravel())[0, 1])
    assert sf.leverage_moment(r, 2).value == pytest.approx((r[:, :-2] * r[:, 2:] ** 2).mean())
    low, high = np.quantile(r, [0.05, 0.95])
    assert sf.gain_loss(r).value == pytest.approx(-r[r < low].mean() / r[r > high].mean(), rel=0.01)


@pytest.fixture(scope="module")
def dependent() -> list[np.ndarray]:
    """Samples of returns with a mild fourth moment; to make them takes ten times what to read them does."""
    rng = np.random.default_rng(3)
    return [garch(rng, omega=0.4, alpha=0.1, beta=0.5, paths=200, steps=40) for _ in range(150)]


@pytest.mark.parametrize(
    "metric",
    [
        sf.kurtosis,
        sf.skewness,
        sf.gain_loss,
        lambda r: sf.autocorrelation(np.abs(r), 1),
        lambda r: sf.leverage_correlation(r, [1, 2]),
        lambda r: sf.variance_ratio(r, 5),
        lambda r: sf.tail_index(np.abs(r), share=0.05),
        lambda r: sf.leverage_size(r, 1),
        lambda r: sf.zumbach(r, 5),
        lambda r: sf.window_variance(r, np.arange(40), np.arange(0, 40, 8)),
    ],
)
def test_the_error_is_the_scatter_of_the_figure_over_samples(
    metric: Callable[[np.ndarray], Estimate], dependent: list[np.ndarray]
) -> None:
    """The ratio of the two is 1 within 4 / sqrt(2 n)."""
    found = [metric(sample) for sample in dependent]
    scatter = np.std([f.value for f in found], ddof=1)
    assert scatter == pytest.approx(np.mean([f.error for f in found if f.error]), rel=K / np.sqrt(300))


def test_the_error_of_a_difference_is_that_of_the_pairs() -> None:
    found = []
    for seed in range(150):
        z = normal(seed, paths=100, steps=30)
        quiet, loud = sf.kurtosis(z), sf.kurtosis(z * np.where(np.roll(z, 1, axis=1) > 1, 1.1, 1.0))
        found.append(loud - quiet)
        assert (loud.error or 0.0) > 3 * (found[-1].error or 0.0)
    scatter = np.std([f.value for f in found], ddof=1)
    assert scatter == pytest.approx(np.mean([f.error for f in found if f.error]), rel=K / np.sqrt(300))


def test_one_path_gets_its_error_from_blocks() -> None:
    """AR(1) with 0.5: the mean's error is that of long-run variance 1 / (1 - 0.5)^2, four times the naive variance."""
    rng, errors = np.random.default_rng(4), []
    for _ in range(40):
        shocks, x = rng.standard_normal(4000), np.zeros(4000)
        for t in range(1, 4000):
            x[t] = 0.5 * x[t - 1] + shocks[t]
        errors.append(sf.mean(x).error)
    assert np.mean(errors) == pytest.approx(2 / np.sqrt(4000), rel=K / np.sqrt(2 * 24 * 40) + 0.02)


def test_a_single_unit_has_no_error_and_a_zero_none_to_count() -> None:
    alone = read(lambda s, n: s / n, np.array([3.0]), np.array([2.0]))
    assert alone.value == 1.5 and alone.error is None and np.isnan(alone.standard_errors)
    assert (alone - alone).standard_errors == 0


def test_readings_over_other_paths_are_not_compared() -> None:
    with pytest.raises(UserError, match="over the same paths"):
        _ = sf.mean(normal(1, paths=3)) - sf.mean(normal(1, paths=4))


def test_a_weighted_sum_of_readings_is_linear_in_their_pulls() -> None:
    a, b = sf.mean(normal(1)), sf.mean(normal(2))
    both = Estimate.weighted([a, b], [2.0, -1.0])
    assert both.value == pytest.approx(2 * a.value - b.value) and both.pull == pytest.approx(2 * a.pull - b.pull)


# --- metrics on known processes ---------------------------------------------------------------------------------------


def test_variance_ratio_of_an_autoregression() -> None:
    """VR(2) = 1 + rho."""
    x = normal(5, paths=400, steps=200)
    for t in range(1, 200):
        x[:, t] = 0.3 * x[:, t - 1] + np.sqrt(1 - 0.09) * x[:, t]
    found = sf.variance_ratio(x, 2)
    assert found.error is not None and abs(found.value - 1.3) < K * found.error
    assert found.error < 0.01


def test_sums_of_fat_tailed_returns_are_closer_to_normal() -> None:
    """Kurtosis of a sum of n independent returns is that of one over n."""
    r = np.random.default_rng(6).laplace(size=(2000, 100))
    found = [sf.kurtosis(sf.aggregated(r, steps)) for steps in (1, 5)]
    for reading, expected in zip(found, (3.0, 0.6), strict=True):
        assert reading.error is not None and abs(reading.value - expected) < K * reading.error


def test_the_memory_of_fractional_noise_decays_with_its_exponent() -> None:
    """acf = (|k+1|^2H - 2 |k|^2H + |k-1|^2H) / 2, about k^(2H - 2): exponent 0.3 at H = 0.85. White noise has none."""
    hurst, steps, lags = 0.85, 256, [1, 2, 4, 8, 16, 32]
    k = np.arange(steps)
    acf = (np.abs(k + 1) ** (2 * hurst) - 2 * k ** (2 * hurst) + np.abs(k - 1) ** (2 * hurst)) / 2
    noise = normal(7, paths=1500, steps=steps)
    found = sf.decay_exponent(noise @ np.linalg.cholesky(linalg.toeplitz(acf)).T, lags)
    exact = -np.polyfit(np.log(lags), np.log(acf[lags]), 1)[0]
    assert found is not None and found.error is not None
    assert exact == pytest.approx(0.3, abs=0.05) and abs(found.value - exact) < K * found.error < 0.15
    assert sf.decay_exponent(noise, lags) is None


def test_expected_tail_indices_by_quadrature() -> None:
    """1 / E[ln(x/u) | |x| > u] over the law of the 1,001st largest of a million."""

    def index(law: object, p: float) -> float:
        u = law.isf(p)  # type: ignore[attr-defined]
        return p / integrate.quad(lambda s: law.sf(u * np.exp(s)), 0, 40, limit=400)[0]  # type: ignore[attr-defined]

    shares = stats.beta.ppf((np.arange(40) + 0.5) / 40, 1001, 10**6 - 1000)
    for degrees, expected in TAILS.items():
        found = np.mean([index(stats.t(degrees), q / 2) for q in shares]) * 1000 / 999
        assert found == pytest.approx(expected, abs=2e-4)
    assert index(stats.norm, 0.01) == pytest.approx(NORMAL, abs=1e-4)


def test_expected_leverage_by_quadrature() -> None:
    """E[sigma^3] from the stationary law of sigma^2 on a grid; E[sigma^4] of the same law has a closed form."""
    omega, alpha, beta, gamma = (GJR[k] for k in ("omega", "alpha", "beta", "gamma"))
    moments = []
    for size in (300, 600):
        x = omega / (1 - beta) + np.concatenate([[0.0], np.geomspace(1e-4, 3000.0, size - 1)])
        z, w = np.polynomial.legendre.leggauss(120)
        z, w = 4.5 * (z + 1), w * stats.norm.pdf(4.5 * (z + 1))
        z, w = np.concatenate([z, -z]), np.concatenate([w, w]) / (2 * w.sum())
        after = np.minimum(omega + (beta + (alpha + gamma * (z < 0)) * z * z)[:, None] * x, x[-1])
        cell = np.clip(np.searchsorted(x, after, side="right") - 1, 0, size - 2)
        share = (after - x[cell]) / (x[cell + 1] - x[cell])  # linear: keeps the mean exact
        weights = np.concatenate([(w[:, None] * (1 - share)).ravel(), (w[:, None] * share).ravel()])
        come = np.tile(np.broadcast_to(np.arange(size), after.shape).ravel(), 2)
        move = sparse.csr_matrix((weights, (np.concatenate([cell.ravel(), cell.ravel() + 1]), come)), (size, size))
        law = np.full(size, 1 / size)
        for _ in range(1200):
            law = move @ law
        moments.append([law @ x**p for p in (1.0, 1.5, 2.0)])
    mean, cube, square = np.array(moments[1]) + (np.array(moments[1]) - np.array(moments[0])) / 3  # Richardson
    assert mean == pytest.approx(1.25, rel=1e-6)
    growth = beta**2 + 2 * beta * (alpha + gamma / 2) + 3 * (alpha**2 + (alpha + gamma) ** 2) / 2
    assert square == pytest.approx((omega**2 + 2 * omega * 0.96 * 1.25) / (1 - growth), rel=2e-4)
    moment = -gamma * np.sqrt(2 / np.pi) * cube
    assert moment == pytest.approx(-0.12327, abs=1e-5)
    assert moment / np.sqrt(1.25 * (3 * square - 1.25**2)) == pytest.approx(-0.05052, abs=1e-5)


# --- what cannot be read says so --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sf.kurtosis(np.full((5, 9), 0.01)), "returns vary"),
        (lambda: sf.kurtosis(np.zeros((5, 9))), "returns vary"),
        (lambda: sf.skewness([1.0, np.nan, 2.0]), "returns are finite"),
        (lambda: sf.skewness([1.0]), "two values or more"),
        (lambda: sf.skewness(np.zeros((2, 2, 2))), "two values or more"),
        (lambda: sf.autocorrelation(normal(1), 60), "a lag is from 1 to 59"),
        (lambda: sf.autocorrelation(normal(1), 0), "a lag is from 1"),
        (lambda: sf.variance_ratio(normal(1), 61), "a lag is from 1 to 60"),
        (lambda: sf.aggregated(normal(1), 61), "a lag is from 1 to 60"),
        (lambda: sf.tail_index(normal(1), share=0.001), "a tail has 20 points"),
        (lambda: sf.tail_index(normal(1), share=0.9), "a tail lies above zero"),
        (lambda: fluctuations(normal(1, paths=19)), "20 paths or more"),
        (lambda: fluctuations(np.ones((30, 9))), "returns vary over paths"),
    ],
)
def test_what_cannot_be_read_is_a_users_mistake(call: Callable[[], object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        call()


# --- a run's series ---------------------------------------------------------------------------------------------------


def test_fluctuations_leave_the_storyline_out() -> None:
    """Days of different drift and vol are fat-tailed and remembered in raw returns, and normal as fluctuations."""
    days = np.arange(60)
    story = -0.02 * (days == 30) + (0.005 + 0.03 * (days > 40)) * normal(8, paths=2000)
    kept = fluctuations(np.column_stack([story, np.zeros(2000)]))  # a still day is left out
    assert kept.shape == story.shape
    assert sf.kurtosis(story).value > 1.5 and sf.autocorrelation(np.abs(story), 5).value > 0.2
    assert abs(sf.kurtosis(kept).standard_errors) < K and abs(sf.autocorrelation(np.abs(kept), 5).standard_errors) < K


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("facts") / "ten_days.toml"
    file.write_text(TEN_DAYS)
    return file


def test_series_are_the_log_returns_of_closes_and_ticks(scenario_file: Path, tmp_path: Path) -> None:
    done = run(scenario_file, out=tmp_path / "run", workers=1, paths=24, witnesses=22)
    found = series(done, world="price_taker")
    assert found.daily.shape == (24, 10) and found.ticks is not None and found.ticks.shape == (22, 70)
    assert found.day == 7 and found.volume is not None and not found.volume.any()
    mids = done.closes.filter((pl.col("world") == "price_taker") & (pl.col("path") == 3)).sort("time").collect()["mid"]
    assert found.daily[3] == pytest.approx(np.diff(np.log(mids.to_numpy())))
    assert found.ticks.sum(axis=1) == pytest.approx(found.daily[:22].sum(axis=1))
    table = facts_table(done)
    assert table.height == 2 * 2 * len(FACTS)
    long = table.filter(pl.col("fact") == "kurtosis_20d")
    assert long["value"].is_nan().all() and long["error"].is_null().all()  # ten days are too short: n/a


def test_one_path_is_read_raw_with_block_errors(scenario_file: Path, tmp_path: Path) -> None:
    done = run(scenario_file, out=tmp_path / "run", workers=1, paths=1, twin="none")
    found = facts(done, treatment="raw")
    assert found["kurtosis_tick"].error and np.isfinite(found["kurtosis_tick"].value)
    assert "skewness" in found
    with pytest.raises(UserError, match="20 paths or more"):
        facts(done)


# --- loops ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_leverage_loop_creates_the_leverage_effect(scenario_file: Path) -> None:
    scenario = load(scenario_file).with_run(witnesses=64)
    assert loops_of(scenario) == ["leverage", "spread", "depth", "impact"]
    assert len(ablations(scenario)) == 11
    measured = ablate(scenario, lambda done, world: facts(done, world=world), workers=1)
    table = loops_table(measured, loops_of(scenario))
    verdicts = {(r["fact"], r["loop"]): r["verdict"] for r in table.iter_rows(named=True)}
    assert verdicts["leverage_1d", "leverage"] == "creates"
    assert {verdicts["leverage_1d", loop] for loop in ("spread", "depth", "impact")} == {"none"}  # nobody trades
    assert verdicts["kurtosis_20d", "leverage"] == "n/a"
    alone = table.filter((pl.col("fact") == "leverage_1d") & (pl.col("loop") == "leverage"))["alone"].item()
    apart = measured["leverage alone"]["leverage_1d"].value - measured["frozen"]["leverage_1d"].value
    assert alone == apart < 0


def test_a_difference_counts_if_it_is_both_clear_and_not_tiny() -> None:
    assert clear(0.01, 4.0) and not clear(0.01, 3.0) and not clear(0.0001, -40.0) and not clear(np.nan, np.nan)


# --- the command ------------------------------------------------------------------------------------------------------


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def test_the_command_prints_tables_and_writes_them(scenario_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "facts"
    result = spiral("facts", str(scenario_file), "--loops", "--workers", "1", "--paths", "40", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "Excess kurtosis, tick" in result.output and "Loop by loop" in result.output
    assert "40 paths, ticks of 40, seed 1, 11 worlds" in result.output
    written = pl.read_csv(out / "facts.csv")
    assert set(written["world"]) == set(ablations(load(scenario_file)))
    assert set(pl.read_csv(out / "loops.csv")["loop"]) == {"leverage", "spread", "depth", "impact"}
    page = (out / "facts.html").read_text()
    assert page.count('class="spec"') == 2 and "Loop by loop" in page


def test_only_files_of_its_own_are_replaced(scenario_file: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.csv").write_text("my own")
    result = spiral("facts", str(scenario_file), "--paths", "40", "--workers", "1", "--out", str(tmp_path))
    assert result.exit_code == 2 and "no facts.html as Spiral wrote it is beside it" in result.output
    assert (tmp_path / "facts.csv").read_text() == "my own"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--paths", "5"), "over 20 paths and witnesses or more, got '5 paths, 5 witnesses'"),
        (("--set", "market.realised_ratio=0", "--set", "market.dispersion=0"), "returns vary over paths"),
        (("--set", "feedback.leverag=0"), "leverage"),
    ],
)
def test_a_mistake_is_one_line(options: tuple[str, ...], said: str, scenario_file: Path) -> None:
    result = spiral("facts", str(scenario_file), "--workers", "1", *options)
    assert result.exit_code == 2, result.output
    assert said in result.output and result.output.count("\n") == 1


def test_a_file_in_place_of_the_folder_is_one_line(scenario_file: Path) -> None:
    result = spiral("facts", str(scenario_file), "--out", str(scenario_file))
    assert (
        result.exit_code == 2
        and "cannot be written: Not a directory" in result.output
        and result.output.count("\n") == 1
    )


@pytest.mark.slow
def test_the_example_of_the_page_runs(scenario_file: Path, tmp_path: Path) -> None:
    code = block("docs/scenarios.md", "python", "facts.py").replace("calm_market", str(scenario_file))
    assert "Leverage correlation, next day" in python(code.replace("200", "64"), tmp_path)


def test_kurtosis_of_fluctuations_is_free_of_their_bias() -> None:
    """Over 20 normal paths the plain one reads 6 / 21 = 0.29 low."""
    r = normal(9, paths=20, steps=4000)
    day = Series(r, r, None, 1, "fluctuations")
    plain, found = sf.kurtosis(fluctuations(r)), FACTS["kurtosis_tick"].read(day)
    assert found is not None and found.error is not None and abs(found.value) < K * found.error
    assert plain.value == pytest.approx(found.value - 6 / 21) and plain.value < -K * found.error


@pytest.mark.slow
def test_scenarios_side_by_side(scenario_file: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        options = ("--loops", "--workers", "1", "--paths", "30", "--quiet", "--out", str(tmp_path / "all" / name))
        assert spiral("facts", str(scenario_file), *options).exit_code == 0
    text = markdown(tmp_path / "all")
    assert text.count("\n| first |") == text.count("\n| second |") == 4
    assert "| scenario | leverage | spread | depth | impact |" in text and "| n/a |" not in text
    apart = pl.read_csv(tmp_path / "all" / "first" / "differences.csv")
    facts_of = pl.read_csv(tmp_path / "all" / "first" / "facts.csv").filter(
        (pl.col("fact") == "leverage_1d") & (pl.col("treatment") == "fluctuations")
    )
    values = dict(facts_of.select("world", "value").iter_rows())
    assert apart.filter(pl.col("fact") == "leverage_1d")["value"].item() == pytest.approx(
        values["actual"] - values["price_taker"]
    )
    with pytest.raises(UserError, match="holds a folder a scenario"):
        markdown(tmp_path / "nothing")
