"""Scenarios from presets, files, tables and overrides."""

from __future__ import annotations

import json
import pickle
from datetime import date
from pathlib import Path

import pytest

from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from agents.hedging.positions import Position
from agents.making.market_maker import MarketMaker
from agents.policies import Band, Never, Policy
from markets.spec import FeedbackSpec
from scenarios.describing.template import template
from scenarios.reading.loading import from_dict, load
from scenarios.reading.shipped import catalogue, presets
from scenarios.scenario import Scenario, TwinSpec
from scenarios.studies.replay.positions_csv import take_book, with_book
from sim.errors import UserError

COVID = "covid_crash_2020"


@pytest.mark.parametrize("name", presets())
def test_a_scenario_round_trips_through_json_and_pickle(name: str) -> None:
    scenario = load(name)
    assert from_dict(json.loads(json.dumps(scenario.to_dict()))) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_every_key_stands_in_the_dict() -> None:
    tables = load(COVID).to_dict()
    assert tables["market"]["kappa"] == 10.0
    assert tables["agents"]["hedger"]["type"] == "Hedger"
    assert tables["agents"]["hedger"]["policy"] == {"kind": "every", "interval": "30m", "hedge_vol": None}
    assert tables["storyline"]["anchor"][0]["date"] == "2020-02-19"
    assert tables["run"]["twin"] == "price_taker"


def test_start_and_end_are_the_first_and_last_anchor() -> None:
    scenario = load(COVID)
    assert (scenario.start, scenario.end) == (date(2020, 2, 19), date(2020, 4, 9))


def test_overrides_from_text() -> None:
    scenario = load(
        COVID,
        [
            "agents.hedger.policy.kind=band",
            "agents.hedger.policy.width = 0.1",
            "market.beta=3",
            "venue.asset.depth=1e9",
            "storyline.anchors=exogenous",
            "storyline.anchor.2020-03-16.vol=0.9",
            "agents.hedger.book.1.notional=-1e9",
            "title=Two words",
        ],
    )
    hedger = scenario.agent("hedger")
    assert isinstance(hedger, Hedger)
    assert hedger.policy == Band(width=0.1, interval="30m")
    assert hedger.book[0].notional == -1e9
    assert scenario.market.beta == 3.0
    assert scenario.venue.asset.depth == 1e9
    assert {row.date: row.vol for row in scenario.storyline.anchor}[date(2020, 3, 16)] == 0.9
    assert scenario.title == "Two words"


def test_overrides_from_a_mapping_leave_the_preset_alone() -> None:
    assert load(COVID, {"run.paths": 7}).run.paths == 7
    assert load(COVID).run.paths == 1000


@pytest.mark.parametrize("policy", [Band(width=0.1, interval="1h"), Never()])
def test_an_override_takes_a_policy_made_in_python(policy: Policy) -> None:
    hedger = load(COVID, {"agents.hedger.policy": policy}).agent("hedger")
    assert isinstance(hedger, Hedger)
    assert hedger.policy == policy


def test_a_policy_made_in_python_is_held_to_its_limits() -> None:
    with pytest.raises(UserError, match=r"agents.hedger.policy.width: must be >= 0, got -1"):
        load(COVID, {"agents.hedger.policy": Band(width=-1)})


def test_a_new_agent_by_override() -> None:
    scenario = load(COVID, {"agents.second": {"type": "Hedger", "capital": 1e9}})
    assert scenario.agent("second") == Hedger(name="second", capital=1e9)


def test_twins() -> None:
    assert load(COVID).twin == TwinSpec(name="price_taker", feedback=FeedbackSpec(), price_takers=True)
    assert load(COVID, ["run.twin=frozen"]).twin == TwinSpec(name="frozen", feedback=FeedbackSpec.frozen())
    assert load(COVID, ["run.twin=none"]).twin is None
    ablated = load(COVID, ["feedback.spread=2", "run.twin.name=no_impact", "run.twin.impact=0"]).twin
    assert ablated == TwinSpec(name="no_impact", feedback=FeedbackSpec(spread=2.0, impact=0.0))
    assert load(COVID).with_run(twin="none", paths=None, seed=5).run.seed == 5


def test_count_makes_copies() -> None:
    scenario = load(COVID, ["agents.bank.count=3"])
    makers = [a for a in scenario.agents if isinstance(a, MarketMaker) and a.name.startswith("bank")]
    assert [a.name for a in makers] == ["bank", "bank-2", "bank-3"]
    assert len({a.depth_share for a in makers}) == 1
    lender = load(COVID, ["agents.hedger.count=2", 'agents.treasury.lends_to=["hedger-2"]']).agent("treasury")
    assert isinstance(lender, FundingDesk)
    assert lender.lends_to == ("hedger-2",)


AGENT = """
from dataclasses import dataclass
from agents.base import Agent
from agents.policies import Every

@dataclass(frozen=True, kw_only=True)
class StopLoss(Agent):
    stop: float
    every: int = 900

    def live(self, world):
        return
        yield

@dataclass(frozen=True, kw_only=True)
class Lazy(Every):
    share: float = 0.5

class NotFrozen(Agent):
    pass
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A scenario file with a user's agent in a module beside it."""
    (tmp_path / "my_spiral_agents.py").write_text(AGENT)
    file = tmp_path / "own.toml"
    file.write_text(template("own") + '[agents.fund]\ntype = "my_spiral_agents:StopLoss"\nstop = 0.1\n')
    return file


def test_an_agent_by_import_path(own: Path) -> None:
    scenario = load(own)
    fund = scenario.agent("fund")
    assert (type(fund).__name__, getattr(fund, "stop", None), getattr(fund, "every", None)) == ("StopLoss", 0.1, 900)
    assert scenario.to_dict()["agents"]["fund"]["type"] == "my_spiral_agents:StopLoss"
    assert from_dict(scenario.to_dict()) == scenario


def test_a_policy_by_import_path(own: Path) -> None:
    scenario = load(own, ["agents.hedger.policy.kind=my_spiral_agents:Lazy", "agents.hedger.policy.share=0.2"])
    policy = scenario.to_dict()["agents"]["hedger"]["policy"]
    assert policy == {"kind": "my_spiral_agents:Lazy", "interval": "30m", "hedge_vol": None, "share": 0.2}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("agents.fund.stop=deep", "must be a number"),
        ("agents.fund.stp=1", "did you mean 'stop'"),
        ("agents.fund.type=my_spiral_agents:StopLos", "did you mean 'StopLoss'"),
        ("agents.fund.type=my_spiral_agents:NotFrozen", "must be a frozen dataclass"),
    ],
)
def test_mistakes_in_a_users_agent(own: Path, setting: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(own, [setting])


def test_the_template_is_a_scenario() -> None:
    import tomllib

    scenario = from_dict(tomllib.loads(template()))
    assert [a.name for a in scenario.agents] == ["maker", "hedger", "treasury"]
    assert max(map(len, template().splitlines())) < 190


def test_every_commented_default_of_the_template_may_be_uncommented() -> None:
    import tomllib

    lines = template().splitlines()
    head = lines.index("# Keys of an anchor:")  # below stand alternatives, which exclude one another
    opened = [line[2:] if line.startswith("# ") and " = " in line.split("  ")[0] else line for line in lines[:head]]
    assert from_dict(tomllib.loads("\n".join(opened + lines[head:]))) == from_dict(tomllib.loads(template()))


def test_a_book_from_csv(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text(
        "kind,strike,moneyness,expiry,months,quantity,notional,fixed_rate\n"
        "put,,0.9,,3,,-5e9,\n"
        "call,3500,,2020-06-19,,-1000,,\n"
        "\n"
        "swap,,,,120,,2e9,0.0156\n"
    )
    scenario = take_book(load(COVID, as_given=True), file)
    hedger = scenario.agent("hedger")
    assert isinstance(hedger, Hedger)
    assert hedger.book == (
        Position(kind="put", moneyness=0.9, months=3, notional=-5e9),
        Position(kind="call", strike=3500.0, expiry=date(2020, 6, 19), quantity=-1000.0),
        Position(kind="swap", months=120, notional=2e9, fixed_rate=0.0156),
    )


def test_a_book_needs_one_owner() -> None:
    with pytest.raises(UserError, match="several Hedgers, none of them named 'hedger'"):
        with_book(load("gilt_ldi_2022"), (), "book.csv")


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "marked.toml").write_text(catalogue()["calm_market"].read_text(), encoding="utf-8-sig")
    assert load(tmp_path / "marked.toml").name == "calm_market"


def test_a_scenario_without_agents_loads() -> None:
    bare: Scenario = from_dict({k: v for k, v in load(COVID).to_dict().items() if k != "agents"})
    assert bare.agents == ()
