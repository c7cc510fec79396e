"""Debts between desks through the engine: due and called in, who bears what, and in whose name it is booked."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of
from tests.test_funding import DEEP, MAKER

STILL = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.2}]
CRASH = [STILL[0], {"date": "2020-02-21", "spot": 75.0, "vol": 0.6}, {"date": "2020-03-04", "spot": 75.0, "vol": 0.6}]
KNOWN = [("a", "b", 10.0), ("a", "c", 5.0), ("b", "a", 3.0), ("b", "c", 8.0), ("c", "a", 6.0), ("c", "b", 2.0)]
PUTS = [{"kind": "put", "moneyness": 0.95, "expiry": "2020-06-19", "quantity": -1e7}]


def network(capitals, debts, *, due="2020-02-24", anchors=STILL, books=None, order=None, bank=None, paths=2):
    """Desks by name, each with its capital, that owe one another (debtor, creditor, amount[, due])."""
    obligations = [
        {"debtor": debtor, "creditor": creditor, "amount": amount, "due": when[0] if when else due}
        for debtor, creditor, amount, *when in debts
    ]
    desks = {
        name: {"type": "Hedger", "capital": capital, "policy": {"kind": "never"}, "book": (books or {}).get(name, [])}
        for name, capital in capitals.items()
    }
    lender = {"type": "FundingDesk", "mpor_days": 2.0, "line": 1e9, "obligations": obligations, **(bank or {})}
    agents = {name: desks[name] for name in order or desks} | {"maker": MAKER, "bank": lender}
    anchors = [{**anchors[0], "overnight": 0.0, "credit": 0.0}, *anchors[1:]]
    venue = {"asset": {**DEEP, "half_spread": 0.0}}
    return world_of(crisis(anchors=anchors, agents=agents, venue=venue, feedback=only(), minutes=390), paths)


def table(world, name):
    return world.log.frame(name, world.clock).filter(pl.col("path") == 0)


def paid(world):
    """What each pair owed and paid, by (debtor, creditor)."""
    rows = table(world, "settlements").group_by("debtor", "creditor").agg(pl.col("owed", "paid").sum()).rows()
    return {(debtor, creditor): (owed, amount) for debtor, creditor, owed, amount in rows}


def test_debts_are_settled_at_the_close_of_their_date():
    world = network({"a": 20.0, "b": 3.0, "c": 1.0}, KNOWN)
    claims = watch(world, Phase.END, lambda: {n: world.claims.value(n)[0] for n in "abc"})
    equity = watch(world, Phase.END, lambda: world.equity_now("a")[0])
    world.run()
    frame = table(world, "settlements")
    assert {t.date().isoformat() for t in frame["time"]} == {"2020-02-24"}  # 22 and 23 are a weekend
    assert frame["owed"].to_list() == frame["paid"].to_list()
    assert claims[0] == {"a": -6.0, "b": 1.0, "c": 5.0}
    assert claims[-1] == {"a": 0.0, "b": 0.0, "c": 0.0}
    np.testing.assert_allclose(equity, 20.0 - 6.0)  # at par before, in cash after
    marks = table(world, "marks").filter(pl.col("agent").is_in(["a", "b", "c"]))
    np.testing.assert_allclose(marks["pnl"], 0.0, atol=1e-9)
    np.testing.assert_allclose(marks["equity"], marks["cash"] + marks["margin"] + marks["claims"], atol=1e-9)
    assert table(world, "events").height == 0


def test_a_weekend_date_settles_at_the_next_close():
    world = network({"a": 5.0, "b": 5.0}, [("a", "b", 1.0, "2020-02-22")])
    world.run()
    assert table(world, "settlements")["time"][0].date().isoformat() == "2020-02-24"


def test_who_is_under_water_is_called_in_at_once():
    """The published network; without a loss to come, A is short from the start."""
    world = network({"a": 2.0, "b": 3.0, "c": 1.0}, KNOWN)
    world.run()
    frame = table(world, "settlements")
    assert {t.date().isoformat() for t in frame["time"]} == {"2020-02-19"}
    total = {debtor: sum(v[1] for k, v in paid(world).items() if k[0] == debtor) for debtor in "abc"}
    assert total == pytest.approx({"a": 11.0, "b": 11.0, "c": 8.0}, rel=1e-12)
    end = table(world, "marks").filter(pl.col("time") == pl.col("time").max())
    equity = dict(end.select("agent", "equity").rows())
    assert (equity["a"], equity["b"], equity["c"]) == pytest.approx((0.0, 4 / 3, 14 / 3), abs=1e-12)


def test_who_bears_a_default_and_in_whose_name():
    """A's P&L is its whole loss, its creditors' a cost of credit; the lender loses nothing; stress sees it."""
    world = network({"a": 2.0, "b": 3.0, "c": 1.0}, KNOWN, bank={"line": 10.0})
    world.run()
    end = {row["agent"]: row for row in table(world, "marks").rows(named=True)}  # the last row of each
    assert end["b"]["funding_credit"] == pytest.approx(-8 / 3)
    assert end["c"]["funding_credit"] == pytest.approx(-4 / 3)
    assert end["b"]["pnl"] == pytest.approx(-8 / 3)
    assert end["a"]["pnl"] == pytest.approx(0.0, abs=1e-12)  # it was insolvent before it began
    assert end["bank"]["pnl"] == pytest.approx(0.0, abs=1e-9)
    events = table(world, "events").filter(pl.col("kind") == "default")
    assert events.select("subject", "value").rows() == [("a", pytest.approx(4.0))]
    np.testing.assert_allclose(world.factors.credit_law.stress, 4.0 / 30.0)
    assert end["a"]["defaulted"]
    assert not end["b"]["defaulted"]


def test_a_desk_under_water_pays_its_lender_first():
    """Short puts in a crash: what the desk is owed goes to the lender, its creditor gets nothing."""
    world = network(
        {"short": 3e7, "rich": 1e9},
        [("short", "rich", 2e7), ("rich", "short", 1e7)],
        due="2020-03-03",
        anchors=CRASH,
        books={"short": PUTS},
    )
    world.run()
    found = paid(world)
    assert found["rich", "short"] == (1e7, 1e7)
    assert found["short", "rich"] == (2e7, 0.0)
    ledger = world.ledger
    end = {row["agent"]: row for row in table(world, "marks").rows(named=True)}
    assert end["rich"]["funding_credit"] == pytest.approx(-2e7)
    loss = -ledger.flow("bank", "write_off")[0]
    assert loss > 1e7
    # the desk started with 3e7 less what it owed net; it lost that, what it could not pay, and what the lender bore
    assert end["short"]["pnl"] == pytest.approx(-(3e7 + 1e7 - 2e7) - 2e7 - loss)
    default = table(world, "events").filter(pl.col("kind") == "default")
    assert default["value"].to_list() == [pytest.approx(2e7 + loss)]


CHAIN = [("a", "b", 10.0), ("b", "c", 8.0, "2020-03-02"), ("c", "d", 6.0, "2020-03-03")]


def test_a_chain_falls_in_one_settlement():
    """A default calls in later debts of those that it pulls down, and nobody else's."""
    world = network({"a": 1.0, "b": 0.5, "c": 0.1, "d": 1.0, "e": 1.0}, [*CHAIN, ("e", "d", 0.5, "2020-03-03")])
    world.run()
    frame = table(world, "settlements")
    rows = frame.select(pl.col("time").dt.to_string("%m-%d"), "debtor", "owed", "paid", "round").rows()
    assert sorted(rows, key=lambda r: r[1]) == [
        ("02-19", "a", 10.0, pytest.approx(1.0), 1),
        ("02-19", "b", 8.0, pytest.approx(1.5), 2),
        ("02-19", "c", 6.0, pytest.approx(1.6), 3),
        ("03-03", "e", 0.5, 0.5, 0),
    ]
    assert table(world, "events").filter(pl.col("kind") == "default").height == 3


def test_short_of_time_only():
    """Who lacks what it needs today, but is owed enough later, is called in, and pays in full."""
    world = network({"a": 1.0, "b": 20.0, "c": 5.0}, [("a", "c", 10.0), ("b", "a", 15.0, "2020-03-03")])
    world.run()
    frame = table(world, "settlements")
    assert {t.date().isoformat() for t in frame["time"]} == {"2020-02-24"}
    assert frame["owed"].to_list() == frame["paid"].to_list()
    assert table(world, "events").height == 0


@pytest.mark.parametrize(("netting", "to_b", "to_c"), [(False, 5.0, 2.5), (True, 6 + 1.5 * 4 / 9, 1.5 * 5 / 9)])
def test_netting(netting, to_b, to_c):
    """a has 1.5 and owes b 10, c 5; b owes a 6. Gross: 7.5 for 10 and 5. Net: 6 are set off, and 1.5 is for 4 and 5."""
    debts = [("a", "b", 10.0), ("a", "c", 5.0), ("b", "a", 6.0)]
    world = network({"a": 1.5, "b": 20.0, "c": 5.0}, debts, bank={"netting": netting})
    world.run()
    found = paid(world)
    assert found["b", "a"] == (6.0, 6.0)
    assert found["a", "b"][1] == pytest.approx(to_b)
    assert found["a", "c"][1] == pytest.approx(to_c)


def test_several_defaults_of_one_instant_do_not_depend_on_the_order_of_desks():
    """Two desks fall together in a crash and owe each other and a third: every order of building, the same tables."""
    books = {"one": [{**PUTS[0], "quantity": -2e6}], "two": [{**PUTS[0], "moneyness": 0.97, "quantity": -1e6}]}
    free = {"closeout_cost": 0.0}
    rich = network({"one": 1e9, "two": 1e9}, [], anchors=CRASH, books=books, bank=free)
    rich.run()
    lost = dict(table(rich, "marks").filter(pl.col("time").dt.day() == 21).select("agent", -pl.col("pnl")).rows())
    capitals = {"one": lost["one"] + 2e6, "two": lost["two"] + 1e6, "third": 5e7}
    debts = [("one", "two", 4e6), ("two", "one", 3e6), ("one", "third", 5e6), ("two", "third", 6e6)]
    debts.append(("third", "one", 1e6))
    tables = []
    for order in itertools.permutations(capitals):
        world = network(capitals, debts, due="2020-03-03", anchors=CRASH, books=books, order=order, bank=free)
        world.run()
        by = {"settlements": ["debtor", "creditor"], "marks": ["agent", "time"], "events": ["subject", "kind"]}
        tables.append({name: table(world, name).sort(keys) for name, keys in by.items()})
    first = tables[0]
    assert first["events"].filter(pl.col("kind") == "default")["subject"].to_list() == ["one", "two"]
    assert {t.date().isoformat() for t in first["settlements"]["time"]} == {"2020-02-21"}
    total = dict(first["settlements"].group_by("debtor").agg(pl.col("paid").sum()).rows())
    one = (2 + 1 + 1 / 3) / (1 - 4 / 27)  # p1 = 2 + 1 + p2 / 3,  p2 = 1 + 4/9 p1, in millions
    assert total["one"] == pytest.approx(1e6 * one, rel=1e-6)
    assert total["two"] == pytest.approx(1e6 * (1 + 4 / 9 * one), rel=1e-6)
    for other in tables[1:]:
        for name, frame in first.items():
            text = [c for c, kind in frame.schema.items() if kind != pl.Float64]
            assert frame.select(text).equals(other[name].select(text))
            numbers = pl.selectors.float()
            got, same = frame.select(numbers).to_numpy(), other[name].select(numbers).to_numpy()
            np.testing.assert_allclose(got, same, rtol=1e-9, atol=1e-3)


def test_a_default_on_the_due_date_winds_up_the_book():
    """A desk that is solvent at par but whose debtor fails it: its book goes at the next close."""
    world = network(
        {"owing": 1e6, "between": 3e7, "last": 1e8},
        [("owing", "between", 5e7), ("between", "last", 6e7)],
        books={"between": [{**PUTS[0], "quantity": -1e5}]},
    )
    world.run()
    between = world.desks["between"]
    assert between.defaulted.all()
    assert between.liquidated.all()
    assert (between.scale == 0).all()
    found = paid(world)
    assert found["owing", "between"] == (5e7, pytest.approx(1e6))
    assert found["between", "last"][1] == pytest.approx(3.1e7, rel=1e-3)  # less what the book has moved
    assert set(table(world, "settlements")["round"]) == {1, 2}
