"""Margin of a clearing house in a run, measures of procyclicality, rules compared, and a book by the short rate."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from agents.funding.filtered_returns import ReturnFilter, series_margins, worst
from analysis import margin as measured
from markets.factors.key import SPOT
from scenarios import from_dict, margin_rules, rate_map
from scenarios.cli import main
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

ANCHORS = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-26", "spot": 85.0, "vol": 0.4}]
STOCK = [{"kind": "asset", "quantity": 1e6}]


CLEARED = {"kind": "filtered_historical", "lookback": 40, "history": 60, "level": 0.95}


def world(book=STOCK, paths=3, rule=CLEARED, **model):
    hedger = {"type": "Hedger", "capital": 5e8, "book": book, "policy": {"kind": "never"}, "hedge_rates": False}
    bank = {"type": "FundingDesk", "capital": 1e11, "line": 1e10, "mpor_days": 4.0, "margin_model": rule | model}
    cast = {"desk": hedger, "maker": {"type": "MarketMaker"}, "bank": bank}
    market = {"realised_ratio": 1.0, "dispersion": 1.0}
    return world_of(crisis(anchors=ANCHORS, agents=cast, feedback=only(), minutes=390, market=market), paths)


def closes(made):
    """Initial margin (closes, paths) and spot at each close; the portfolio."""
    found, spots = [], []

    def look():
        if made.clock.is_close[made.tick_index]:
            found.append(made.lenders[0].clients["desk"].asked.initial_margin.copy())
            spots.append(made.factors.spot.copy())

    watch(made, Phase.END, look)
    made.run()
    return np.array(found), np.array(spots), made.lenders[0].clients["desk"].portfolio


# --- the model in a run -----------------------------------------------------------------------------------------------
def test_stock_alone_by_hand():
    """The history's and the path's own returns, scaled by the filter: the second worst of 40, over four days."""
    margin, spots, portfolio = closes(world())
    drawn = portfolio.memory["history"].drawn[:, portfolio.memory["history"].keys.index(SPOT)]
    for path in range(3):
        for close in range(len(margin)):
            own = np.diff(np.log(np.concatenate([[100.0], spots[: close + 1, path]])))
            returns = np.concatenate([drawn, own[1:] if close else own[:0]])
            kept = ReturnFilter(drawn[:20], 0.97)
            scaled = kept.standardised(returns)[-40:] * kept.vol * 2
            loss = worst(1e6 * spots[close, path] * -np.expm1(scaled), 0.95)
            assert margin[close, path] == pytest.approx(loss, rel=1e-9)
    assert margin[-1].std() > 0.01 * margin[-1].mean()  # each path has a history of its own


def test_the_history_has_the_vol_of_the_scenario_and_is_one_for_all_paths():
    margin, _, portfolio = closes(world(history=2000, lookback=20))
    drawn = portfolio.memory["history"].drawn
    keys = portfolio.memory["history"].keys
    daily = 0.2 * np.sqrt(1 / 252)
    assert drawn[:, keys.index(SPOT)].std() == pytest.approx(daily, rel=4 / np.sqrt(2 * 2000))
    np.testing.assert_allclose(margin[0], margin[0, 0])
    alone, _, _ = closes(world(paths=1, history=2000, lookback=20))
    np.testing.assert_allclose(alone[:, 0], margin[:, 0], rtol=1e-12)


def test_tools():
    """Floor, stressed share, buffer and shortfall each ask more; the buffer is there in calm, and drawn later."""
    plain = closes(world())[0]
    for tool in ({"floor": 3.0}, {"stress_weight": 0.5}, {"shortfall": True}):
        more = closes(world(**tool))[0]
        assert (more >= plain).all(), tool
        assert (more[0] > plain[0]).all(), tool
    buffer = closes(world(buffer=0.25))[0]
    np.testing.assert_allclose(buffer[0], 1.25 * plain[0])
    np.testing.assert_allclose(buffer, np.maximum(plain, np.minimum(1.25 * plain, buffer[0] * np.ones_like(plain))))


def test_add_ons_by_hand():
    """An unhedged million of stock must be sold: half-spread, and half the impact of its share of the depth."""
    made, plain = world(liquidity=1.0, concentration=1.0), closes(world())[0]
    venue, found = made.venue("asset"), []

    def look():
        if made.clock.is_close[made.tick_index]:
            size = 1e6 * made.factors.spot
            impact = 0.5 * venue.spec.impact * size / venue.depth
            found.append(size * (venue.half_spread + impact))

    watch(made, Phase.END, look)
    asked = closes(made)[0]
    np.testing.assert_allclose(asked - plain, found, rtol=1e-6)


def test_options_are_revalued_in_full():
    """A bought put loses no more than it is worth, whatever its delta says."""
    put = [{"kind": "put", "moneyness": 0.9, "months": 1, "quantity": 1e6}]
    made = world(put, stress_weight=1.0, stress=50.0)
    values = watch(made, Phase.END, lambda: made.desks["desk"].value_now().copy())
    margin = closes(made)[0]
    assert (margin[0] <= values[0] * (1 + 1e-9)).all()
    assert (margin[0] > 0.5 * values[0]).all()


def test_frozen_margin_stays():
    margin = closes(world(rule={"kind": "frozen", "of": CLEARED}))[0]
    np.testing.assert_allclose(margin, closes(world())[0][0] * np.ones_like(margin))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"level": 1.0}, "between 0 and 1"),
        ({"lam": 1.0}, "a share of its vol below 1"),
        ({"lookback": 30}, "looks back on 30 returns"),
        ({"seed": 0}, "looks back on"),
    ],
)
def test_mistakes_of_a_series(words, said):
    with pytest.raises(UserError, match=said):
        series_margins(np.ones(25), [22], **{"lookback": 20, **words})


# --- measures ---------------------------------------------------------------------------------------------------------
def test_measures_by_hand():
    """Two paths over five closes; NaN where a path has lost its book."""
    margin = np.array([[10.0, 4.0], [20.0, 8.0], [5.0, np.nan], [15.0, np.nan], [12.0, np.nan]])
    np.testing.assert_allclose(measured.peak_over_first(margin), [2, 2])
    np.testing.assert_allclose(measured.peak_to_trough(margin), [3, 2])
    np.testing.assert_allclose(measured.largest_rise(margin, 1), [10, 4])
    np.testing.assert_allclose(measured.largest_rise(margin, 2)[0], 7)
    assert measured.breaches(np.array([3.0, 5.0]), np.array([4.0, 4.0])) == 1


# --- rules compared ---------------------------------------------------------------------------------------------------
RULES = {"parametric": {"kind": "parametric"}, "frozen": {"kind": "frozen"}}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    scenario = small()
    return margin_rules(scenario, RULES, paths=4, days=2, workers=1, out=tmp_path_factory.mktemp("rules"))


def small(**more):
    tables = {
        "name": "rules",
        "clock": {"tick_minutes": 390},
        "storyline": {"anchor": ANCHORS},
        "agents": {
            "maker": {"type": "MarketMaker"},
            "desk": {
                "type": "Hedger",
                "capital": 2e9,
                "book": [{"kind": "put", "moneyness": 0.95, "months": 2, "notional": -1e9}],
            },
            "bank": {"type": "FundingDesk"},
        },
    }
    return from_dict(tables | more)


def test_rules_are_compared_on_the_same_paths(compared):
    figures = {row["rule"]: row for row in compared.figures.iter_rows(named=True)}
    assert figures["parametric"]["first"] == pytest.approx(figures["frozen"]["first"])
    assert figures["parametric"]["peak_over_first"] > 1.5
    assert figures["frozen"]["peak_over_first"] == pytest.approx(1.0)
    assert figures["frozen"]["called"] == pytest.approx(0.0, abs=1.0)
    days = compared.days.filter(pl.col("rule") == "parametric")
    funding = compared.runs["parametric"].funding.filter(pl.col("world") == "actual").collect()
    assert days["margin"].sum() == pytest.approx(funding["initial_margin"].sum() / 4)


def test_coverage_by_hand(compared):
    """Closes from which the desk's loss over two days stays within margin."""
    run = compared.runs["parametric"]
    margin, pnl = measured.paths(run)
    covered = np.array([[pnl[k, p] - pnl[k + 2, p] <= margin[k, p] for p in range(4)] for k in range(len(pnl) - 2)])
    assert measured.measures(run, days=2)["coverage"].value == pytest.approx(covered.mean())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: margin_rules(small(), {}), "rules of margin are compared"),
        (lambda: margin_rules(small(), {"x": {"kind": "simm"}}), "no such margin model"),
        (lambda: margin_rules(small(), days=0), "days"),
        (lambda: rate_map(small()), "a book without rates has no value by the short rate"),
        (lambda: rate_map("svb_2023", sigma=0.0), "sigma of a Hull-White model is positive"),
        (lambda: rate_map("svb_2023", level=99.0), "between 0 and 1"),
        (lambda: rate_map("svb_2023", "nobody"), "no hedger of that name has a book"),
    ],
)
def test_mistakes_of_a_study(call, said):
    with pytest.raises(UserError, match=said):
        call()


def test_a_scenario_without_a_lender():
    agents = {name: agent for name, agent in small().to_dict()["agents"].items() if name != "bank"}
    with pytest.raises(UserError, match="nobody asks margin in this scenario"):
        margin_rules(small(agents=agents), RULES)


# --- a book by the short rate -----------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_straddle_turns_and_the_monotone_map_asks_too_little():
    found = rate_map("svb_2023", dates=2)
    first, last = found.days.row(0, named=True), found.days.row(-1, named=True)
    assert first["sd"] == 0.0
    assert last["margin"] > 1.1 * last["monotone"]
    assert last["turns"] != "none"
    day = found.values.filter(pl.col("date") == last["date"])
    area = np.trapezoid(day["density"].to_numpy(), day["rate"].to_numpy())
    assert area == pytest.approx(1.0, abs=1e-3)
    middle = day.row(day.height // 2, named=True)
    assert (middle["value"], middle["margin"]) == pytest.approx((last["value"], last["margin"]))


def test_a_map_of_an_option_that_expires_within_the_period():
    """Bought it loses its value, at most, and by each rule here; it never turns. A table was 1 to 350 % off."""
    book = [{"kind": "swaption", "side": "payer", "expiry": "2020-02-28", "swap_months": 60, "notional": 1e9}]
    agents = small().to_dict()["agents"]
    found = rate_map(small(agents=agents | {"desk": agents["desk"] | {"book": book}}), dates=2)
    for day in found.days.iter_rows(named=True):
        assert [day["margin"], day["monotone"], day["delta"], day["delta_gamma"]] == pytest.approx([day["value"]] * 4)
        assert day["turns"] == "none"
    at = found.values
    assert (at["monotone"] - at["value"]).max() < 1e-6 * at["value"].max()


@pytest.mark.slow
def test_the_command_maps_and_compares(tmp_path):
    done = CliRunner().invoke(main, ["margin", "svb_2023", "--map", "--out", str(tmp_path / "map")])
    assert done.exit_code == 0, done.output
    assert "monotone map" in done.output
    assert {each.name for each in (tmp_path / "map").iterdir()} == {"margin.html", "by_rate.csv", "rate_days.csv"}


def test_the_command_knows_its_rules():
    done = CliRunner().invoke(main, ["margin", "svb_2023", "--rule", "simm"])
    assert done.exit_code == 2
    assert "no such rule of margin, got 'simm'" in done.output
