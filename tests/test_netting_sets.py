"""Netting sets: what nets and what does not, models and terms of each, and the mistakes that a file can hold."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from agents.accounts import margin_account
from scenarios import from_dict, run
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from scenarios.studies.margin_rules import with_rule
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

FALLS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-20", "spot": 80.0, "vol": 0.5, "us2y": 0.015, "us10y": 0.02},
    {"date": "2020-02-25", "spot": 85.0, "vol": 0.4},
]
RECEIVE = {"kind": "swap", "notional": 1e9, "months": 60, "fixed_rate": 0.03}
PAY = {**RECEIVE, "notional": -1e9}
PUT = {"kind": "put", "moneyness": 1.0, "months": 2, "quantity": -1e6}
OWN = {"type": "Hedger", "policy": {"kind": "never"}, "hedge_rates": False}
SPLIT = {"first": {"positions": [1]}, "second": {"positions": [2]}}
MODELS = [
    {"kind": "parametric"},
    {"kind": "schedule", "netting": 1.0},
    {"kind": "hull_white"},
    {"kind": "filtered_historical", "history": 40, "lookback": 40},
]


def small(book, hedges=False, **bank):
    desk = {"type": "Hedger", "policy": {"kind": "every", "interval": "1d"}} if hedges else OWN
    lender = {"type": "FundingDesk", "capital": 1e11, "line": 1e10, **bank}
    cast = {"desk": {**desk, "capital": 1e9, "book": book}, "maker": {"type": "MarketMaker"}, "bank": lender}
    moves = {"realised_ratio": 0.5, "rates": {"vol_us2y": 0.01, "vol_us10y": 0.01}}
    return crisis(anchors=FALLS, agents=cast, market=moves, feedback=only(), minutes=390)


def closes(book, look=None, **bank):
    """Initial margin at every close, or what `look` sees of the client."""
    world, found = world_of(small(book, **bank), 2), []

    def at_close():
        if world.clock.is_close[world.tick_index]:
            client = world.lenders[0].clients["desk"]
            found.append(client.asked.initial_margin.copy() if look is None else look(world, client))

    watch(world, Phase.END, at_close)
    world.run()
    return np.array(found)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["kind"])
def test_opposite_swaps_net_in_one_set_and_add_up_in_two(model):
    """Together they ask nothing; apart what each asks alone, at every close of a fall."""
    bank = {"margin_model": model}
    together = closes([RECEIVE, PAY], **bank)
    apart = closes([RECEIVE, PAY], netting_sets=SPLIT, **bank)
    alone = closes([RECEIVE], **bank) + closes([PAY], **bank)
    assert (alone > 1e6).all()
    np.testing.assert_allclose(apart, alone, rtol=1e-9)
    if model["kind"] == "schedule":  # the schedule adds gross notional up, and nets what is owed
        assert (together <= alone + 1e-6).all()
    else:
        np.testing.assert_allclose(together, 0.0, atol=1e-6 * alone.min())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["kind"])
def test_one_set_with_everything_is_no_set(model):
    """Book and hedges, over the fixing of a floating rate, to the last cent."""
    book, bank = [PUT, RECEIVE], {"margin_model": model, "hedges": True}
    everything = {"products": ["put", "swap"], "venues": ["asset", "us2y", "us10y"]}
    one, none = closes(book, netting_sets={"all": everything}, **bank), closes(book, **bank)
    np.testing.assert_allclose(one, none, rtol=1e-12)
    assert (none[1:] > 1e4).any(axis=1).all()


def test_the_parts_of_a_hedged_book_are_apart():
    """Swaps cleared with their hedges, the put and its stock by agreement: no set helps the other.

    Parametric margin nets asset and rates nowhere; what two sets ask more is the put's own risk in rates. A swap
    whose hedges are elsewhere is margined as if it had none.
    """
    book, whole = [PUT, RECEIVE], closes([PUT, RECEIVE], hedges=True)
    cleared = {"products": ["swap"], "venues": ["us2y", "us10y"]}
    apart = closes(book, hedges=True, netting_sets={"cleared": cleared})
    assert (apart >= whole * (1 - 1e-12)).all()
    np.testing.assert_allclose(apart, whole, rtol=0.01)
    unhedged = closes(book, hedges=True, netting_sets={"cleared": {"products": ["swap"]}})
    assert (unhedged > apart + 1.9 * closes([RECEIVE])).all()


def test_models_and_terms_of_a_set():
    """Cleared: a model, a period and a threshold of its own; the rest: the lender's threshold."""
    model = {"kind": "hull_white", "level": 0.995}
    terms = {"products": ["swap"], "margin_model": model, "mpor_days": 5.0, "threshold": 1e6}
    both = closes([PUT, RECEIVE], netting_sets={"cleared": terms}, threshold=2e6)
    swap = closes([RECEIVE], margin_model=model, mpor_days=5.0)
    put = closes([PUT])
    np.testing.assert_allclose(both, np.maximum(swap - 1e6, 0.0) + np.maximum(put - 2e6, 0.0), rtol=1e-9)
    more = {"cleared": {"products": ["swap"], "margin_multiple": 6.0, "rates_days": 40.0}}
    changed = closes([PUT, RECEIVE], netting_sets=more)
    np.testing.assert_allclose(changed - put, 4 * closes([RECEIVE]), rtol=1e-9)


def test_a_minimum_transfer_of_a_set():
    """One set never moves after the first day, the other moves freely."""
    sets = {"stuck": {"positions": [1], "minimum_transfer": 1e12}, "free": {"positions": [2]}}

    def look(world, client):
        stuck, free, _ = client.sets
        return (
            world.ledger.balance(margin_account("desk")).copy(),
            free.variation() + free.asked,
            stuck.asked + stuck.variation(),
        )

    rows = closes([PUT, RECEIVE], look, netting_sets=sets)
    posted, free, stuck = rows.swapaxes(0, 1)
    np.testing.assert_allclose(posted - free, stuck[0] * np.ones_like(free), rtol=1e-9)
    assert (np.abs(stuck[1:] - stuck[0]) > 1e6).all()


def test_lines_come_before_kinds_and_sets_may_be_one_desks():
    """Of two puts one is named; another desk's book is whole."""
    sets = {"puts": {"products": ["put"], "agents": ["desk"]}, "one": {"positions": [2], "agents": ["desk"]}}
    book = [PUT, {**PUT, "quantity": 1e6}]
    apart, put = closes(book, netting_sets=sets), closes([PUT])
    np.testing.assert_allclose(apart, put + closes([book[1]]), rtol=1e-9)
    scenario = small(book, netting_sets=sets).to_dict()
    scenario["agents"]["other"] = {**OWN, "capital": 1e9, "book": book}
    world = world_of(from_dict(scenario), 2)
    world.run()
    assert [len(world.lenders[0].clients[name].sets) for name in ("desk", "other")] == [3, 1]


def test_capital_for_counterparty_risk_is_by_set_too():
    """`sa_ccr` of opposite swaps: next to nothing in one set, in two what both ask alone. `leverage_ratio` has none."""

    def capital(book, **bank):
        return closes(book, lambda world, client: client.capital_required.copy(), **bank)

    counterparty = {"capital_model": {"kind": "sa_ccr", "mpor_days": 10.0}}
    apart = capital([RECEIVE, PAY], netting_sets=SPLIT, **counterparty)
    alone = capital([RECEIVE], **counterparty) + capital([PAY], **counterparty)
    assert (alone > 1e5).all()
    np.testing.assert_allclose(apart, alone, rtol=1e-9)
    np.testing.assert_allclose(capital([RECEIVE, PAY], **counterparty), 0.0, atol=1e-6 * alone.min())
    ratio = {"capital_model": {"kind": "leverage_ratio"}}
    np.testing.assert_allclose(
        capital([RECEIVE, PAY], netting_sets=SPLIT, **ratio), capital([RECEIVE, PAY], **ratio), rtol=1e-12
    )


def test_the_table_adds_up_to_the_requirement(tmp_path):
    """A run of its own table: margins by set against those of `funding`, on every witness and close."""
    sets = {"cleared": {"products": ["swap"], "venues": ["us2y", "us10y"]}}
    scenario = small([PUT, RECEIVE], hedges=True, netting_sets=sets).with_run(paths=3, witnesses=3)
    done = run(scenario, workers=1, out=tmp_path / "run")
    table = done.table("netting_sets").collect()
    assert set(table["netting_set"]) == {"cleared", "rest"}
    keys = ["world", "path", "time", "agent"]
    summed = table.group_by(keys).agg(pl.col("variation_margin", "initial_margin").sum()).sort(keys)
    funding = done.funding.sort(keys).collect()
    assert summed.height == funding.height > 10
    for name in ("variation_margin", "initial_margin"):
        np.testing.assert_allclose(summed[name], funding[name], rtol=1e-9, atol=1e-3)


def test_paths_are_alone(tmp_path):
    model = {"kind": "filtered_historical", "history": 40, "lookback": 40}
    sets = {"cleared": {"products": ["swap"], "margin_model": model, "minimum_transfer": 1e6}}
    scenario = small([PUT, RECEIVE], hedges=True, netting_sets=sets)
    posted = []
    for paths, first in ((3, 0), (1, 2)):
        world = world_of(scenario, paths, first)
        world.run()
        posted.append(world.ledger.balance(margin_account("desk")))
    assert posted[0][2] == posted[1][0]


def test_what_is_written_reads_back(tmp_path):
    model = {"kind": "frozen", "of": {"kind": "schedule", "equity": 0.2}}
    sets = {"cleared": {"products": ["swap"], "margin_model": model, "threshold": 1e6}}
    scenario = small([PUT, RECEIVE], netting_sets=sets, margin_model=model)
    assert from_dict(scenario.to_dict(), as_given=True) == scenario
    check_reads_back(scenario_text(scenario, "written"), scenario, tmp_path)
    assert "netting_sets" not in small([PUT]).to_dict()["agents"]["bank"]
    ruled = with_rule(scenario, {"kind": "hull_white"}).agent("bank")
    assert ruled.margin_model.kind == "hull_white" and ruled.netting_sets["cleared"].margin_model is None


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"rest": {"products": ["put"]}}, "bank.netting_sets.rest: 'rest' is what no netting set claims"),
        ({"a": {}}, "bank.netting_sets.a: nothing is in this netting set; give products, positions or venues"),
        ({"a": {"products": ["swapp"]}}, "netting_sets.a.products: no such product, got 'swapp'; did you mean 'swap'"),
        (
            {"a": {"positions": [0]}},
            "netting_sets.a.positions: no book of its desks has such a line, the longest has 2",
        ),
        ({"a": {"positions": [3]}}, "netting_sets.a.positions: no book of its desks has such a line"),
        ({"a": {"positions": ["one"]}}, "netting_sets.a.positions.1: must be a whole number, got 'one'"),
        ({"a": {"venues": ["us30y"]}}, "netting_sets.a.venues: no such venue, got 'us30y'"),
        (
            {"a": {"products": ["put"]}, "b": {"products": ["put", "swap"]}},
            "netting_sets.b.products: is in the netting set a already, got 'put'",
        ),
        (
            {"a": {"venues": ["asset"]}, "b": {"venues": ["asset"]}},
            "netting_sets.b.venues: is in the netting set a already, got 'asset'",
        ),
        (
            {"a": {"products": ["put"], "agents": ["maker"]}},
            "netting_sets.a.agents: not the name of a hedger that this",
        ),
        ({"a": {"products": ["put"], "threshold": -1.0}}, "netting_sets.a.threshold: must be >= 0, got -1.0"),
        ({"a": {"products": ["put"], "treshold": 1.0}}, "netting_sets.a.treshold: unknown key"),
        ({"a": {"products": ["put"], "margin_model": {"kind": "scedule"}}}, "margin_model.kind: no such margin model"),
        ({"a": ["put"]}, "netting_sets.a: must be a table of keys"),
        (["put"], "bank.netting_sets: "),
    ],
)
def test_mistakes(sets, said):
    with pytest.raises(UserError) as error:
        small([PUT, RECEIVE], netting_sets=sets)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
