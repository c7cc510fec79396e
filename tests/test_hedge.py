"""How well a hedge answers its book: published figures, a run by hand, and errors that shrink as they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analysis import open_run, summarise
from analysis.hedge import FIGURES, Gathered, Hedge, jackknife, value_at_risk
from scenarios import run
from sim.metric_names import EFFECTIVENESS
from tests.small import crisis

BOOK = [0, 30, -27, -89, -45, -99, 6, 134, -49, -62, 49, 36, 11, -93, -3, 70, -134, -46, -190, -129]
HEDGE = [-33, -31, 1, 85, 43, 86, -51, -130, 43, 58, -72, -41, -28, 69, 22, -78, 120, 57, 160, 114]
KNOWN = {
    "hedge_var_reduction": 0.75373134328,
    "hedge_tracking_error": 19.1494125236,
    "hedge_dollar_offset": 0.6253968254,
    "hedge_r2": 0.96077808,
    "hedge_slope": -0.95769983701,
    "hedge_least_variance": 1.0032142025,
}


SLOPE = list(FIGURES).index("hedge_slope")
LEAST_VARIANCE = list(FIGURES).index("hedge_least_variance")


def gathered(book, hedge, groups=20):
    """Gains (paths, days), taken day by day."""
    found = Gathered(len(book), book.size, groups)
    for day in zip(book.T, hedge.T, strict=True):
        found.take([np.stack(day)])
    return found


def test_twenty_days_of_known_figures():
    book, hedge = np.array(BOOK, dtype=float), np.array(HEDGE, dtype=float)
    assert value_at_risk(book) == 134
    assert value_at_risk(book + hedge) == 33
    found = dict(zip(FIGURES, Hedge(book, hedge).figures(), strict=True))
    assert found.keys() == KNOWN.keys() == set(EFFECTIVENESS)
    for name, known in KNOWN.items():
        assert found[name] == pytest.approx(known, rel=1e-8)


def test_what_never_moves_has_no_figures():
    moved, still = np.array([1.0, -1.0]), np.zeros(2)
    assert np.isnan([Hedge(moved, still).least_variance, Hedge(still, moved).slope, Hedge(still, moved).r2]).all()
    assert np.isnan([Hedge(still, moved).var_reduction, Hedge(still, moved).dollar_offset]).all()


def test_errors_are_those_of_repetition():
    """The jackknife's error of the slope against the spread of 200 repetitions."""
    rng = np.random.default_rng(5)
    books = rng.standard_normal((200, 60, 8))
    hedges = -0.9 * books + 0.3 * rng.standard_normal(books.shape)
    slopes = [Hedge(book, hedge).slope for book, hedge in zip(books, hedges, strict=True)]
    errors = [jackknife(gathered(*both).without_each())[SLOPE] for both in zip(books, hedges, strict=True)]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(slopes), rel=4 * np.sqrt(1 / 400 + 1 / 7600))


def test_no_multiple_is_asked_of_hardly_any_hedge():
    """A desk that its lender takes at once leaves traces of a hedge: 15,000 times that is no advice."""
    rng = np.random.default_rng(1)
    book = rng.normal(0, 1e7, (37, 25))
    for share, told in ((0.02, True), (0.005, False)):
        hedge = Hedge(book, -share * book)
        assert np.isfinite(hedge.least_variance) == told
        assert np.isfinite(gathered(book, -share * book).figures()[LEAST_VARIANCE]) == told
    assert Hedge(book, -0.02 * book).least_variance == pytest.approx(50)
    assert np.isfinite(hedge.slope)


def test_gains_day_by_day_are_gains_at_once():
    rng = np.random.default_rng(1)
    book = rng.normal(1e5, 1e7, (37, 25))
    hedge = -0.8 * book + rng.normal(0, 3e6, book.shape)
    np.testing.assert_allclose(gathered(book, hedge).figures(), Hedge(book, hedge).figures(), rtol=1e-12)
    idle = np.hstack([book, np.zeros((37, 2))]), np.hstack([hedge, np.zeros((37, 2))])
    assert gathered(*idle).figures().tolist() == gathered(book, hedge).figures().tolist()
    assert not gathered(book, 0 * hedge).hedged


def hedged(place: Path, policy: dict[str, str]) -> Path:
    """Ten days of a desk that is short a put."""
    book = [{"kind": "put", "moneyness": 0.95, "months": 3, "notional": -1e9}]
    desk = {"type": "Hedger", "capital": 1e9, "policy": policy, "book": book}
    scenario = crisis(agents={"maker": {"type": "MarketMaker"}, "desk": desk}, market={"realised_ratio": 1.0})
    run(scenario, out=place, workers=1)
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hedged(tmp_path_factory.mktemp("hedge") / "run", {"kind": "every", "interval": "tick"})


def test_the_figures_of_a_run_are_those_of_its_days(folder: Path):
    found = summarise(open_run(folder))
    marks = open_run(folder).marks.filter(world="actual", agent="desk").sort("path", "time").collect()
    days = marks.select(
        pl.col(column).diff().over("path") for column in ("unhedged_pnl", "hedge", "hedge_rates")
    ).drop_nulls()
    book, hedge = days["unhedged_pnl"].to_numpy(), (days["hedge"] + days["hedge_rates"]).to_numpy()
    for name, value in zip(FIGURES, Hedge(book, hedge).figures(), strict=True):
        assert found[name].value == pytest.approx(value, rel=1e-9)
        assert found[name].error > 0
    assert found["hedge_r2"].value > 0.5
    assert found["hedge_var_reduction"].value > 0.3


def test_a_desk_without_a_hedge_has_none(tmp_path: Path):
    assert not set(EFFECTIVENESS) & set(summarise(open_run(hedged(tmp_path / "run", {"kind": "never"}))))


@pytest.mark.parametrize("still", [0, 5, 9])
def test_a_day_taken_in_blocks_is_the_day(still):
    """Also where the first paths do not move that day; a day on which none does is left out."""
    rng = np.random.default_rng(2)
    book = rng.standard_normal((30, 12))
    book[:still, 3] = 0.0
    book[:, 7] = 0.0
    hedge = -0.8 * book
    whole, blocks = gathered(book, hedge), Gathered(30, book.size, 20)
    for day in range(12):
        both = np.stack([book[:, day], hedge[:, day]])
        blocks.take(both[:, begin : begin + 4] for begin in range(0, 30, 4))
    np.testing.assert_allclose(blocks.figures(), whole.figures(), rtol=1e-12)
    np.testing.assert_allclose(blocks.without_each(), whole.without_each(), rtol=1e-12)
