"""Live sessions: a world that stops where a decision is due, and the same orders again."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from scenarios import Scenario, load, open_session, resume_session, run
from scenarios.studies.sessions.plan import Plan
from scenarios.studies.sessions.session import Session
from scenarios.worlds.orders_table import COLUMNS
from sim.dataset import Run
from sim.errors import UserError

LEVELS = {"overnight": 0.016, "us2y": 0.014, "us10y": 0.015, "credit": 0.012}
CRASH: dict[str, Any] = {
    "storyline": {
        "anchor": [
            {"date": "2020-02-19", "spot": 3386, "vol": 0.15, **LEVELS},
            {"date": "2020-02-24", "spot": 2900, "vol": 0.5},
            {"date": "2020-02-26", "spot": 3000, "vol": 0.4},
        ]
    },
    "clock.tick_minutes": 65,
    "run.witnesses": 1,
}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Five days of a crash with a put seller, a rates hedge, a maker and a lender."""
    return load("covid_crash_2020", CRASH)


def lived(scenario: Scenario, act: Callable[[Session], None], *, paths: int = 3, **opened: Any) -> Session:
    """A session whose log has every table, lived to its end."""
    plan = Plan.of(scenario, opened.get("seat", "hedger"), paths, 7, opened.get("decide", "tick"))
    session = Session(dataclasses.replace(plan, tables=None))
    while not session.done:
        act(session)
        session.advance()
    return session


def neutral(session: Session) -> None:
    asset = session.observe().venues["asset"]
    session.send({"asset": asset.neutral - asset.held})


def erratic(session: Session) -> None:
    """Orders that differ by path, at several venues, and not at every tick."""
    tick, paths = session.tick, np.arange(session.paths)
    if tick % 3:
        session.send({"asset": 1e5 * np.sin(tick + paths), "us10y": np.where(paths == tick % 2, 3e7, 0.0)})


def tables_of(session: Session) -> dict[str, pl.DataFrame]:
    log = session._world.log
    return {name: log.frame(name, session._world.clock) for name in log.tables}


def same(session: Session, finished: Run) -> None:
    """Every table of the living world, to the last bit, as the run wrote it."""
    for name, table in tables_of(session).items():
        written = finished.table(name).filter(pl.col("world") == "actual").collect()
        assert written.equals(table, null_equal=True), name


@pytest.mark.parametrize("act", [neutral, erratic, lambda session: None])
def test_a_finished_session_is_what_was_lived(scenario, tmp_path, act) -> None:
    session = lived(scenario, act)
    finished = session.finish(out=tmp_path / "run", workers=1)
    same(session, finished)
    assert finished.manifest["seats"] == ["hedger"]
    again = run(session.scenario, orders=finished.orders, seats=("hedger",), out=tmp_path / "again", workers=1)
    assert again.marks.collect().equals(finished.marks.collect(), null_equal=True)
    assert again.manifest["content_hash"] == finished.manifest["content_hash"]


def test_orders_do_not_depend_on_chunks(scenario, tmp_path) -> None:
    session = lived(scenario, erratic, paths=1030)
    whole = run(session.scenario, orders=session.orders, out=tmp_path / "whole", workers=1, twin="none")
    cut = dataclasses.replace(session.scenario, run=dataclasses.replace(session.scenario.run, chunk=1024))
    parts = run(cut, orders=session.orders, out=tmp_path / "parts", workers=1, twin="none")
    by = ["time", "agent", "path"]
    left, right = (each.marks.collect().sort(by) for each in (whole, parts))
    assert left.equals(right, null_equal=True)


def test_a_path_equals_that_path_alone(scenario) -> None:
    both, alone = lived(scenario, erratic, paths=2), lived(scenario, erratic, paths=1)
    for name, table in tables_of(both).items():
        assert table.filter(pl.col("path") == 0).equals(tables_of(alone)[name], null_equal=True), name


@pytest.mark.parametrize("clearing", ["sequential", "fixed_point"])
def test_a_seat_that_orders_nothing_is_a_desk_that_never_hedges(clearing, tmp_path) -> None:
    """To the last bit, through forced reductions, also where an order is solved together with the price."""
    never = {"agents.hedger.policy": {"kind": "never"}, "venue.asset.clearing": clearing}
    passive = load("covid_crash_2020", CRASH | never).with_run(paths=3, seed=7)
    quiet = lived(passive, lambda session: None)
    usual = run(passive, out=tmp_path / "run", workers=1, twin="none")
    assert (usual.marks.filter(agent="hedger").collect()["book_share"] < 1).any()
    for name in ("marks", "closes", "funding", "margin_calls", "accounts"):
        assert usual.table(name).collect().equals(tables_of(quiet)[name], null_equal=True), name


def test_a_seat_that_does_what_a_policy_does_fares_as_it(scenario, tmp_path) -> None:
    """Back to neutral at every tick, in the asset and at the swap venues, through forced reductions too."""
    every = {"agents.hedger.policy": {"kind": "every", "interval": "tick"}}
    hedged = load("covid_crash_2020", CRASH | every).with_run(paths=3, seed=7)
    usual = run(hedged, out=tmp_path / "run", workers=1, twin="none")

    def act(session: Session) -> None:
        venues = session.observe().venues
        session.send({name: venue.neutral - venue.held for name, venue in venues.items()})

    pnl = tables_of(lived(hedged, act))["marks"].filter(pl.col("agent") == "hedger")["pnl"]
    expected = usual.marks.filter(pl.col("agent") == "hedger").collect()["pnl"]
    np.testing.assert_allclose(pnl, expected, rtol=1e-9)


def test_a_branch_lives_the_same_up_to_where_it_leaves(scenario) -> None:
    plan = Plan.of(scenario, "hedger", 2, 7, "tick")
    session = Session(dataclasses.replace(plan, tables=None))
    for _ in range(12):
        erratic(session)
        session.advance()
    erratic(session)
    other, earlier = session.branch(), session.branch(at=5)
    assert (other.tick, earlier.tick) == (12, 5)
    assert earlier.orders.equals(session.orders.filter(pl.col("tick") < 5))
    for branch in (other, earlier):
        while not branch.done:
            erratic(branch)
            branch.advance()
    while not session.done:
        session.advance()
        if not session.done:
            erratic(session)
    straight = tables_of(lived(scenario, erratic, paths=2))
    for each in (session, other, earlier):
        for name, table in tables_of(each).items():
            assert table.equals(straight[name], null_equal=True), name


def test_a_branch_at_a_time(scenario) -> None:
    session = open_session(scenario, paths=1)
    for _ in range(8):
        session.advance()
    times = session._world.clock
    noon = times.timestamp(int(times.ticks[4]))
    assert session.branch(at=noon).tick == 4
    with pytest.raises(UserError, match="must be an exchange-local time"):
        session.branch(at=datetime(2030, 1, 1))


def test_a_saved_session_goes_on(scenario, tmp_path) -> None:
    session = open_session(scenario, paths=2, decide="1d")
    for _ in range(3):
        erratic(session)
        session.advance()
    file = session.save(tmp_path / "monday.json")
    again = resume_session(file)
    assert again.time == session.time and again.orders.equals(session.orders)
    for each in (session, again):
        erratic(each)
    one, other = session.advance(), again.advance()
    assert one.frame().equals(other.frame())


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[1]", '{"form": "spiral session 1", "scenario": 1, "seats": 1, "decide": 1, "tick": 1}', "\0"],
)
def test_a_file_that_is_no_session(tmp_path, content) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    with pytest.raises(UserError, match=r"give the file that Session\.save wrote"):
        resume_session(file)
    with pytest.raises(UserError, match="cannot be read"):
        resume_session(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("tick", 10**30, "orders: tick: must be a whole number"),
        ("path", 1.5, "orders: path: must be a whole number"),
        ("path", -1, "the run's paths are 0 to 2"),
        ("tick", 10**9, "the run's ticks are"),
        ("venue", "\x1b[2J", "no such venue"),
        ("seat", "../x", "no hedger of that name"),
        ("units", float("inf"), "is no JSON that a session wrote"),
    ],
)
def test_orders_in_a_file_that_no_session_sent(scenario, tmp_path, column, value, said) -> None:
    session = open_session(scenario, paths=3)
    session.send({"asset": np.ones(3)})
    session.advance()
    told = json.loads(session.save(tmp_path / "s.json").read_text())
    told["orders"][0][COLUMNS.index(column)] = value
    (tmp_path / "s.json").write_text(json.dumps(told))
    with pytest.raises(UserError, match=said) as error:
        resume_session(tmp_path / "s.json", trust=False)
    assert "\x1b" not in str(error.value)


def test_decisions_are_due_when_it_says(scenario) -> None:
    def stops(decide: str) -> list[int]:
        session, found = open_session(scenario, decide=decide, paths=4), []
        while not session.done:
            found.append(session.tick)
            session.advance()
        return found

    clock = open_session(scenario)._world.clock
    assert stops("tick") == list(range(len(clock.ticks)))
    assert stops("1d") == [0, *np.flatnonzero(clock.is_close)[1:].tolist()]
    events = stops("events")
    assert 1 < len(events) < len(clock.ticks)
    assert set(np.flatnonzero(np.diff(clock.day) < 0)).isdisjoint(events)


def test_an_observation_says_what_the_run_says(scenario, tmp_path) -> None:
    session, seen = open_session(scenario, paths=3, seed=7), []
    while not session.done:
        neutral(session)
        seen.append(session.advance())
    last, finished = seen[-1], session.finish(out=tmp_path / "run", workers=1)
    assert last.done and last.tick == last.last
    mark = finished.marks.filter((pl.col("agent") == "hedger") & (pl.col("world") == "actual")).collect()
    final = mark.filter(pl.col("time") == mark["time"].max()).sort("path")
    for column, told in (("pnl", last.account.pnl), ("cash", last.account.cash), ("equity", last.account.equity)):
        np.testing.assert_allclose(told, final[column], rtol=1e-12)
    trades = finished.trades.filter((pl.col("taker") == "hedger") & (pl.col("world") == "actual")).collect()
    bought = sum(fill.quantity for one in seen for fill in one.fills if fill.venue == "asset")
    of_asset = trades.filter(pl.col("venue") == "asset").group_by("path").agg(pl.col("quantity").sum()).sort("path")
    np.testing.assert_allclose(bought[: len(of_asset)][of_asset["path"]], of_asset["quantity"], rtol=1e-9)


def test_looking_changes_nothing_and_belongs_to_the_looker(scenario) -> None:
    session = open_session(scenario, paths=2)
    first = session.observe()
    first.market["spot"][:] = 0
    first.account.cash[:] = 0
    assert (session.observe().market["spot"] > 0).all() and (session.observe().account.cash != 0).all()


def test_two_seats_in_one_world(scenario) -> None:
    rival = dataclasses.replace(scenario.agent("hedger"), name="rival")
    two = dataclasses.replace(scenario, agents=(*scenario.agents, rival))
    session = open_session(two, seat=("hedger", "rival"), paths=2)
    with pytest.raises(UserError, match="say which: hedger, rival"):
        session.send({"asset": 1.0})
    session.send({"asset": -1e5}, seat="hedger")
    session.send({"asset": -3e5}, seat="rival", path=1)
    before = {seat: session.observe(seat).venues["asset"].held for seat in ("hedger", "rival")}
    session.advance()
    moved = {seat: session.observe(seat).venues["asset"].held - before[seat] for seat in before}
    np.testing.assert_allclose(moved["hedger"], [-1e5, -1e5])
    np.testing.assert_allclose(moved["rival"], [0.0, -3e5])


def test_orders_of_one_tick_add_up_and_can_be_taken_back(scenario) -> None:
    session = open_session(scenario, paths=2)
    session.send({"asset": 1000.0})
    session.send({"asset": 500.0}, path=1)
    assert session.orders["units"].to_list() == [1000.0, 1500.0]
    session.withdraw()
    assert session.orders.is_empty()


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_session_says_how_to_make_another(scenario, way) -> None:
    with pytest.raises(TypeError, match=r"not copied or pickled; branch\(\) makes another"):
        way(open_session(scenario, paths=2))


@pytest.mark.parametrize(
    ("orders", "options", "line"),
    [
        ({"asst": 1.0}, {}, "orders: no such venue, got 'asst'; did you mean 'asset'?"),
        ({"asset": "many"}, {}, "orders: asset: must be a number, or one for each path, got 'many'"),
        ({"asset": float("nan")}, {}, "orders: asset: must be finite, got nan"),
        ({"asset": True}, {}, "orders: asset: must be a number, or one for each path, got True"),
        ({"asset": None}, {}, "orders: asset: must be a number, or one for each path"),
        ({"asset": np.ma.masked_less(np.ones(2), 3.0)}, {}, "orders: asset: must be a number, or one for each path"),
        ({"asset": [1.0, float("inf")]}, {}, "orders: asset: must be finite, got inf"),
        ({"asset": [1.0, 2.0, 3.0]}, {}, "must be one number, or 2: one for each path"),
        ({"asset": [1.0, 2.0]}, {"path": 1}, "orders: asset: must be one number, got"),
        ({"asset": 1e300}, {}, "an order has a notional of at most"),
        ([("asset", 1.0)], {}, "orders are units by venue, got 'list'"),
        ({"asset": 1.0}, {"path": 2}, "the session's paths are 0 to 1, got 2"),
        ({"asset": 1.0}, {"path": -1}, "path: must be a whole number >= 0"),
        ({"asset": 1.0}, {"seat": "hedgr"}, "no such seat, got 'hedgr'; did you mean 'hedger'?"),
        ({"us10y": 1e7, "asset": {}}, {}, "orders: asset: must be a number"),
    ],
)
def test_wrong_orders_are_one_line_and_change_nothing(scenario, orders, options, line) -> None:
    session = open_session(scenario, paths=2)
    session.send({"asset": 10.0})
    before = session.orders
    with pytest.raises(UserError) as told:
        session.send(orders, **options)
    assert line in str(told.value) and "\n" not in str(told.value)
    assert session.orders.equals(before)


@pytest.mark.parametrize(
    ("opened", "line"),
    [
        ({"seat": "maker"}, "has no hedger of that name, got 'maker'"),
        ({"seat": ("hedger", "hedger")}, "each seat once"),
        ({"paths": 0}, "paths: must be a whole number >= 1"),
        ({"decide": "often"}, "decide: an interval is a number and a unit, got 'often'"),
        ({"decide": 5}, "decide: says when decisions are due, got 5"),
        ({"seed": -1}, "seed: must be a whole number >= 0"),
    ],
)
def test_wrong_openings_are_one_line(scenario, opened, line) -> None:
    with pytest.raises(UserError) as told:
        open_session(scenario, **opened)
    assert line in str(told.value)


def test_after_the_end_nothing_can_be_ordered(scenario, tmp_path: Path) -> None:
    session = open_session(scenario, decide="1d")
    while not session.done:
        session.advance()
    for act in (session.advance, lambda: session.send({"asset": 1.0})):
        with pytest.raises(UserError, match="the session has come to its end"):
            act()
    with pytest.raises(UserError, match="is the session's own"):
        session.finish(paths=5)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ({"tick": [1], "path": [0], "seat": ["hedger"], "venue": ["asset"]}, "has no such column, got 'units'"),
        ({"tick": [9999], "path": [0], "seat": ["hedger"], "venue": ["asset"], "units": [1.0]}, "ticks are 0 to"),
        ({"tick": [1], "path": [3], "seat": ["hedger"], "venue": ["asset"], "units": [1.0]}, "paths are 0 to 2"),
        ({"tick": [1], "path": [0], "seat": ["maker"], "venue": ["asset"], "units": [1.0]}, "no hedger of that name"),
        ({"tick": [1], "path": [0], "seat": ["hedger"], "venue": ["gold"], "units": [1.0]}, "no such venue"),
        ({"tick": [1], "path": [0], "seat": ["hedger"], "venue": ["asset"], "units": [float("inf")]}, "finite"),
        ({"tick": ["x"], "path": [0], "seat": ["hedger"], "venue": ["asset"], "units": [1.0]}, "must be a number"),
        ({"tick": [None], "path": [0], "seat": ["hedger"], "venue": ["asset"], "units": [1.0]}, "must be a number"),
    ],
)
def test_wrong_tables_of_orders_are_one_line(scenario, tmp_path, rows, line) -> None:
    with pytest.raises(UserError) as told:
        run(scenario, paths=3, orders=pl.DataFrame(rows), out=tmp_path / "run")
    assert line in str(told.value)
    assert not (tmp_path / "run").exists()
