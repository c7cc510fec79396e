"""The worlds of a run: a twin in which nothing that agents do leaves a trace, and a desk that does not hedge."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from agents.policies import Never
from analysis import charts, frames, summarise
from analysis.words import paragraphs
from scenarios import load, run
from scenarios.cli import main
from scenarios.scenario import Scenario
from scenarios.worlds.world_spec import worlds_of
from sim.dataset import Run, open_run
from sim.names import ACTUAL, PRICE_TAKER, UNHEDGED

PATHS = 48
# a market so thin that trades move it
FALL: dict[str, Any] = {"run.paths": PATHS, "run.witnesses": 4, "venue.asset.depth": 8e9}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("covid_crash_2020", FALL)


@pytest.fixture(scope="module")
def finished(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(scenario, out=tmp_path_factory.mktemp("worlds") / "run", workers=1)


def rows(of: Run, table: str, world: str) -> pl.DataFrame:
    """A world's rows of a table, without its name."""
    found = of.table(table).filter(pl.col("world") == world).drop("world").collect()
    return found.sort([c for c in ("time", "venue", "agent", "account", "asset", "path") if c in found.columns])


def test_a_run_has_three_worlds(finished: Run) -> None:
    assert finished.manifest["worlds"] == [ACTUAL, PRICE_TAKER, UNHEDGED]
    assert finished.manifest["twin"] == PRICE_TAKER
    assert finished.manifest["unhedged"] == "hedger"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"run.twin": "none"}, [ACTUAL]),
        ({"run.unhedged": False}, [ACTUAL, PRICE_TAKER]),
        ({"run.twin": "frozen"}, [ACTUAL, "frozen", UNHEDGED]),
        ({"agents.hedger.policy.kind": "never"}, [ACTUAL, PRICE_TAKER]),
        ({"run.twin": {"name": "deep", "depth": 0.0}}, [ACTUAL, "deep", UNHEDGED]),
    ],
)
def test_which_worlds_a_run_has(overrides: dict[str, Any], expected: list[str]) -> None:
    assert list(worlds_of(load("covid_crash_2020", overrides))) == expected


def test_without_a_hedger_nobody_is_unhedged(scenario: Scenario) -> None:
    agents = tuple(agent for agent in scenario.agents if not isinstance(agent, Hedger))
    assert list(worlds_of(dataclasses.replace(scenario, agents=agents))) == [ACTUAL, PRICE_TAKER]


def test_the_desk_is_the_first_hedger_by_name(scenario: Scenario) -> None:
    desk = scenario.agent("hedger")
    earlier = dataclasses.replace(desk, name="alpha")
    both = dataclasses.replace(scenario, agents=(*scenario.agents, earlier))
    assert worlds_of(both)[UNHEDGED].unhedged == "alpha"
    cast = worlds_of(both)[UNHEDGED].cast(both).agents
    assert [agent.name for agent in cast if isinstance(agent, Hedger) and isinstance(agent.policy, Never)] == ["alpha"]


# --- price takers -----------------------------------------------------------------------------------------------------
def test_where_nobody_trades_the_twin_is_the_run(scenario: Scenario, tmp_path: Path) -> None:
    """Makers quote, and a desk leaves its book alone and owes nobody: the same tables to the last bit."""
    desk = dataclasses.replace(scenario.agent("hedger"), policy=Never())
    makers = (agent for agent in scenario.agents if isinstance(agent, MarketMaker))
    still = run(dataclasses.replace(scenario, agents=(*makers, desk)), out=tmp_path / "run", workers=1)
    for table in still.tables:
        actual, twin = rows(still, table, ACTUAL), rows(still, table, PRICE_TAKER)
        assert actual.equals(twin), table
    assert rows(still, "closes", ACTUAL)["half_spread"].n_unique() > 10  # the spread follows vol in both


def test_takers_leave_no_trace(scenario: Scenario, finished: Run, tmp_path: Path) -> None:
    """The twin's market, with everybody trading, lending, losing and being sold out, is the market without them."""
    makers = tuple(agent for agent in scenario.agents if isinstance(agent, MarketMaker))
    empty = run(dataclasses.replace(scenario, agents=makers), out=tmp_path / "run", workers=1)
    for table in ("closes", "peaks", "market"):
        twin, alone = rows(finished, table, PRICE_TAKER), rows(empty, table, ACTUAL)
        assert twin.equals(alone), table
    calls = rows(finished, "margin_calls", PRICE_TAKER)
    assert (calls["outcome"] != "met").any()  # losses and unmet calls there were
    assert not rows(finished, "closes", ACTUAL).equals(rows(empty, "closes", ACTUAL))  # and in the run they show


def test_price_takers_pay_no_walk_and_quotes_do_not_lean(finished: Run) -> None:
    assert summarise(finished, world=PRICE_TAKER)["impact_cost"].value == 0
    assert summarise(finished)["impact_cost"].value > 0
    quotes = rows(finished, "quotes", PRICE_TAKER)
    assert (quotes["inventory"] != 0).any() and (quotes["skew"] == 0).all()
    assert (rows(finished, "quotes", ACTUAL)["skew"] != 0).any()
    events = rows(finished, "events", PRICE_TAKER)
    assert "withdrawal" not in set(events["kind"])


def test_depth_and_spread_of_the_twin_follow_the_outside_vol(finished: Run, scenario: Scenario) -> None:
    closes = frames.asset_closes(finished).filter(pl.col("world") == PRICE_TAKER).collect()
    base = scenario.storyline.anchor[0].vol
    assert base is not None
    ratio = closes["depth"] / (scenario.venue.asset.depth * (base / closes["vol"]) ** scenario.venue.asset.depth_power)
    floor = closes["depth"] <= scenario.venue.asset.depth * scenario.venue.asset.depth_floor * (1 + 1e-9)
    assert (((ratio - 1).abs() < 1e-9) | floor).all()
    peak = summarise(finished, world=PRICE_TAKER)["peak_spread_multiple"].value
    assert 4 < peak < summarise(finished)["peak_spread_multiple"].value


def test_words_and_table_say_the_same_of_the_twin(finished: Run) -> None:
    said = " ".join(paragraphs(finished, summarise(finished)))
    assert "leaves a trace in the market" in said
    peaks = [summarise(finished, world=w)["peak_spread_multiple"].brief() for w in (PRICE_TAKER, ACTUAL)]
    assert f"the spread peak from {peaks[0]} to {peaks[1]}" in said
    # calibrated at another seed and the preset's own depth: the same world within a few per cent
    stored = finished.manifest["scenario"]["storyline"]["calibration"]["spread_peak"]["price_taker"]
    assert summarise(finished, world=PRICE_TAKER)["peak_spread_multiple"].value == pytest.approx(stored, rel=0.05)


def test_the_old_name_of_the_twin_stands_for_it_with_a_warning(finished: Run) -> None:
    with pytest.warns(FutureWarning, match="twin is 'price_taker'") as told:
        asked = summarise(finished, world="frozen")
    assert [warning.filename for warning in told] == [__file__]  # the line to change is the user's
    assert asked["pnl"] == summarise(finished, world=PRICE_TAKER)["pnl"]


# --- the desk unhedged ------------------------------------------------------------------------------------------------
def test_the_unhedged_desk_is_a_run_of_its_own(scenario: Scenario, finished: Run, tmp_path: Path) -> None:
    """Its world is the run of the same scenario whose desk never hedges, to the last bit."""
    never = dataclasses.replace(scenario.agent("hedger"), policy=Never())
    others = (agent for agent in scenario.agents if agent.name != "hedger")
    changed = dataclasses.replace(scenario, agents=(*others, never)).with_run(twin="none")
    alone = run(changed, out=tmp_path / "run", workers=1)
    for table in ("marks", "closes", "peaks", "margin_calls", "events"):
        assert rows(finished, table, UNHEDGED).equals(rows(alone, table, ACTUAL)), table


def test_figures_of_the_unhedged_desk(finished: Run) -> None:
    numbers = summarise(finished)
    hedged = frames.final(finished, None, ACTUAL)["pnl"]
    bare = frames.final(finished, None, UNHEDGED)["pnl"]
    assert numbers["unhedged_desk_pnl"].value == pytest.approx(bare.mean())
    assert numbers["hedging_saved"].value == pytest.approx((hedged - bare).mean())
    assert numbers["hedging_saved"].error == pytest.approx((hedged - bare).std() / PATHS**0.5)
    assert numbers["unhedged_desk_survival"].value < 0.1 < numbers["survival_rate"].value  # it is liquidated
    # it loses more than the mark of the book alone: it is sold out at the worst
    assert numbers["unhedged_desk_pnl"].value < numbers["unhedged_pnl"].value


def test_the_first_panel_draws_that_desk(finished: Run) -> None:
    drawn = str(charts.draw(finished, "panels").to_dict())
    assert "same desk, unhedged" in drawn and "whole book, marked alone" in drawn
    assert "same desk, unhedged" in str(charts.draw(finished, "distribution").to_dict())


@pytest.mark.slow
def test_of_another_desk_the_book_alone_is_drawn(scenario: Scenario, tmp_path: Path) -> None:
    rival = dataclasses.replace(scenario.agent("hedger"), name="rival")
    both = dataclasses.replace(scenario, agents=(*scenario.agents, rival)).with_run(paths=4)
    two = run(both, out=tmp_path / "run", workers=1)
    assert "unhedged_desk_pnl" in summarise(two) and "unhedged_desk_pnl" not in summarise(two, agent="rival")
    assert "same desk, unhedged" not in str(charts.draw(two, "panels", agent="rival").to_dict())
    assert "unhedged_desk_pnl" not in summarise(two, agent="all")


@pytest.mark.slow
def test_the_command_line_chooses_worlds(tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = ["run", "covid_crash_2020", "--paths", "4", "--out", str(out), "--no-report", "--quiet"]
    expected = {"--no-unhedged": [ACTUAL, PRICE_TAKER], "--twin=frozen": [ACTUAL, "frozen", UNHEDGED]}
    for option, worlds in expected.items():
        assert CliRunner().invoke(main, [*asked, option], catch_exceptions=False).exit_code == 0
        assert open_run(out).manifest["worlds"] == worlds
