"""What a scenario may call things: no name of its own may stand for something of the engine, or for another."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from agents.accounts import MARGIN
from markets.spec import AssetSpec, FeedbackSpec
from scenarios.checking.names import reserved
from scenarios.scenario import Scenario, TwinSpec
from scenarios.studies.run import run
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import BugError, UserError
from sim.ledger import CASH
from sim.names import LONGEST, Key, malformed, same_name
from tests.small import crisis, gross, world_of

DESK = {"type": "Hedger", "book": [{"kind": "put", "moneyness": 0.9, "months": 3, "notional": -1e9}]}
BASE = {
    "maker": {"type": "MarketMaker"},
    "desk": {**DESK, "book": [*DESK["book"], {"kind": "swap", "months": 120, "notional": 1e8}]},
    "rival": DESK,
}
DEBT = {"debtor": "desk", "creditor": "rival", "amount": 1e6, "due": "2020-02-26"}
BANK = {"type": "FundingDesk", "obligations": [DEBT]}


def full() -> Scenario:
    """A little of everything that opens an account or lists an asset."""
    agents = {
        **BASE,
        "bank": BANK,
        "quoter": {"type": "MarketMaker", "venues": ["gold"]},
        "guests": {"type": "ClientFlow"},
        "levered": {"type": "LeveredFund", "venue": "gold"},
        "mixed": {"type": "ProportionalFund", "holdings": {"gold": 1e3}},
    }
    return crisis(agents=agents, assets={"gold": {"spot": 50.0, "vol": 0.1}}, market={"dividend_yield": 0.01})


def test_every_account_and_asset_of_the_engine_is_reserved():
    """Found in the ledger of a run, not in a list: an account that is new and not declared fails here."""
    scenario = full()
    world = world_of(scenario)
    world.run()
    given = {agent.name for agent in scenario.agents} | {"asset", "gold"}
    engine = [key for key in (*world.ledger.accounts, *world.ledger.assets) if key not in given]
    assert len(engine) > 15
    for key in engine:
        assert isinstance(key, Key)  # no name of a scenario equals it
        assert same_name(str(key)) in reserved() or malformed(str(key))  # and none looks like it
    whole = {str(key) for key in engine if not key.of}
    assert {"cash", "clients", "clearing", "investors", "owners", "wholesale", "credit_losses"} <= whole
    assert {key.of for key in engine if key.name == MARGIN} == {agent.name for agent in scenario.agents}


ENGINE = ["cash", "clients", "clearing", "investors", "owners", "wholesale", "credit_losses"]
MARKET = ["asset", "overnight", "us2y", "us10y", "credit", "vol", "spot"]
WORLD = ["actual", "price_taker", "frozen", "unhedged", "none", "all", "time", "world", "path", "storyline", "record"]
FIGURES = ["pnl", "equity", "gamma", "hedge", "balance", "peak_vol", "cost_of_survival", "var_95", "netting_gain"]
RESERVED = [*ENGINE, *MARKET, *WORLD, *FIGURES]
MALFORMED = ["", "../x", "a/b", "a b", "a.b", "-a", "_a", "é", "ｃash", "x\n", "con", "LPT1", "x" * (LONGEST + 1)]


@pytest.mark.parametrize("name", [*RESERVED, *(name.upper() for name in RESERVED), *MALFORMED])
@pytest.mark.parametrize("kind", ["asset", "agent", "twin"])
def test_names_that_are_refused(name, kind):
    tables = {"agents": dict(BASE)}
    if kind == "asset":
        tables["assets"] = {name: {"spot": 50.0, "vol": 0.2}}
        tables["agents"]["quoter"] = {"type": "MarketMaker", "venues": [name]}
    elif kind == "agent":
        tables["agents"][name] = DESK
    else:
        tables["run"] = {"twin": {"name": name}}
    if kind == "twin" and name in ("price_taker", "frozen"):
        assert crisis(**tables).twin.name == name
        return
    with pytest.raises(UserError) as error:
        crisis(**tables)
    assert error.value.value == name or len(name) > LONGEST
    assert "\n" not in str(error.value)


TWO = "two agents have this name"
PAIR = {"spot": 1.0, "vol": 0.1}


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"agents": {**BASE, "Desk": DESK}}, f"agents.Desk: {TWO}, but for upper and lower case"),
        ({"agents": {**BASE, "desk-2": DESK, "desk": {**DESK, "count": 2}}}, f"agents.desk-2: {TWO}, got"),
        ({"agents": {**BASE, "Desk-2": DESK, "desk": {**DESK, "count": 2}}}, f"agents.Desk-2: {TWO}, but for upper"),
        ({"assets": {"Rival": PAIR}}, "agents.rival: an asset has this name"),
        ({"assets": {"g": PAIR, "G": PAIR}}, "assets.G: two assets have this name, but for"),
        ({"name": "x" * 65}, "name: a name has at most 64 characters"),
    ],
)
def test_names_that_meet(tables, said):
    agents = {**BASE, "quoter": {"type": "MarketMaker", "venues": list(tables.get("assets", ["asset"]))}}
    with pytest.raises(UserError) as error:
        crisis(**{"agents": agents, **tables})
    assert f"scenario: {said}" in str(error.value)


@pytest.mark.parametrize("name", ["NAT", "agent-1", "maker2", "no_impact", "x" * LONGEST])
def test_other_names_are_free(name):
    assert crisis(agents={**BASE, name: DESK}, run={"twin": {"name": f"{name[:60]}_t"}}).agent(name).name == name


def scenario_that(evades: str) -> Scenario:
    """Made in Python, where nothing has been read and checked."""
    scenario = full()
    gold = scenario.assets[0]
    kind, _, name = evades.partition(" ")
    if kind == "asset":
        return dataclasses.replace(scenario, assets=(gold, AssetSpec(name=name, spot=50.0, vol=0.2)))
    if kind == "agent":
        renamed = {"rival": name}
        agents = tuple(dataclasses.replace(a, name=renamed.get(a.name, a.name)) for a in scenario.agents)
        return dataclasses.replace(scenario, agents=agents)
    return scenario.with_run(twin=TwinSpec(name=name, feedback=FeedbackSpec.frozen()))


@pytest.mark.parametrize(
    "evades",
    ["asset cash", "asset overnight", "asset gold", "agent clients", "agent desk.margin", "agent desk", "twin ../../x"],
)
def test_python_is_checked_before_anything_is_written(evades, tmp_path):
    with pytest.raises(UserError, match=r"^small: "):
        run(scenario_that(evades), out=tmp_path / "inside" / "out", workers=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("evades", ["asset overnight", "asset us10y", "asset asset", "asset gold", "agent desk"])
def test_a_world_is_not_built_of_two_things_of_one_name(evades):
    with pytest.raises(BugError, match="called"):
        world_of(scenario_that(evades))


@pytest.mark.parametrize("name", ["../../x", "a/b", ""])
def test_a_world_that_is_no_name_writes_no_file(name):
    scenario = crisis()
    with pytest.raises(BugError, match="a world cannot be called"):
        make_world(scenario, Chunk(name, 0, 2), scenario.feedback)


def test_an_asset_called_cash_is_not_money():
    """Even where nobody checks: it is sold and paid for as any other, and who sells it has not a cent more."""
    seller = {"type": "Executor", "venue": "gold", "quantity": -1e6, "capital": 1e6}
    agents = {"seller": seller, "quoter": {"type": "MarketMaker", "venues": ["gold"]}}
    plain = crisis(agents=agents, assets={"gold": {"spot": 50.0, "vol": 0.0}})
    evading = dataclasses.replace(
        plain,
        assets=(dataclasses.replace(plain.assets[0], name="cash"),),
        agents=tuple(
            dataclasses.replace(a, **({"venue": "cash"} if a.name == "seller" else {"venues": ("cash",)}))
            for a in plain.agents
        ),
    )
    worlds = [world_of(scenario, paths=2) for scenario in (plain, evading)]
    for world in worlds:
        world.run()
    gold, cash = (world.ledger for world in worlds)
    assert (gross(gold, "gold") > 1e6).all()
    for account in gold.accounts:
        np.testing.assert_array_equal(cash.balance(account, "cash"), gold.balance(account, "gold"))
        np.testing.assert_array_equal(cash.balance(account, CASH), gold.balance(account, CASH))


def test_money_cannot_be_traded():
    with pytest.raises(BugError, match="cash is money"):
        world_of(crisis()).ledger.list_asset(CASH)


@pytest.mark.parametrize("name", ["haircut", "rates_vol", "Haircut", "credit_index"])
@pytest.mark.parametrize("table", ["nodes", "spreads"])
def test_a_factor_is_not_called_like_a_column_of_the_market(name, table):
    """Whether or not this scenario has the column."""
    keys = {"nodes": {"years": 30}, "spreads": {"level": 0.002}}[table]
    with pytest.raises(UserError) as error:
        crisis(market={"rates": {table: {name: keys}}})
    assert "column of this name" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("column", ["basis_future", "MARGIN_future"])
def test_nor_like_the_columns_of_a_future(column):
    rates = {
        "bonds": {"note": {"node": "us10y"}},
        "futures": {"future": {"bond": "note"}},
        "spreads": {column: {"level": 0.002}},
    }
    with pytest.raises(UserError, match="the tables have a column of the name of spread"):
        crisis(market={"rates": rates})
