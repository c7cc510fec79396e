"""The worlds of a class: markets of one's own, one for all, and the rooms that hold them."""

from __future__ import annotations

import json
import os
import signal

import pytest

from scenarios.desk.trade.bots_lived import live_bots
from scenarios.desk.trade.chosen import chosen
from scenarios.desk.trade.class_world import ClassWorld
from scenarios.desk.trade.debriefing import debrief
from scenarios.desk.trade.lived import Lived
from scenarios.desk.trade.room import MOST_ORDERS
from scenarios.desk.trade.rooms import Rooms
from sim.errors import UserError
from tests.classroom import SHORT, wait

CALM = {**SHORT, "places": "3"}


def lived(orders, **more):
    """What the desks had after three decisions. orders: by turn."""
    world = ClassWorld(chosen({**CALM, **more}), 3)
    refused = [refusal for turn in range(3) for refusal in world.advance(orders.get(turn, []))]
    return world.seen(), refused


def test_each_moves_a_market_of_their_own():
    still, _ = lived({})
    moved, _ = lived({0: [[1, "asset", -5e5]], 1: [[1, "asset", 3e5]]})
    assert still["desks"][0] == still["desks"][1] == still["desks"][2]
    assert moved["desks"][0] == moved["desks"][2] == still["desks"][0]
    assert moved["desks"][1]["market"]["spot"] != still["desks"][1]["market"]["spot"]
    assert moved["desks"][1]["fills"] == [] and moved["tick"] == still["tick"]


def test_in_one_market_all_crowd_each_other():
    still, _ = lived({}, mode="shared", bots="yes")
    moved, _ = lived({0: [[1, "asset", -5e5]]}, mode="shared", bots="yes")
    assert len({desk["market"]["spot"] for desk in moved["desks"]}) == 1
    assert moved["desks"][0]["market"]["spot"] < still["desks"][0]["market"]["spot"]
    assert moved["desks"][0]["account"]["pnl"] != still["desks"][0]["account"]["pnl"]
    assert moved["bots"]["Never hedge"]["account"]["pnl"] != still["bots"]["Never hedge"]["account"]["pnl"]
    assert moved["desks"][1]["venues"]["asset"]["held"] < moved["desks"][0]["venues"]["asset"]["held"]


def test_a_class_has_as_many_decisions_as_it_says_and_keeps_what_policies_held():
    found = chosen({**CALM, "mode": "shared", "bots": "yes"})
    world, lived = ClassWorld(found, 1), Lived()
    lived.add(world.seen(), found)
    while not lived.done:
        world.advance([])
        lived.add(world.seen(), found)
    assert lived.turn == found.decisions()
    assert len(lived.bots_held["Once a day"]) == len(lived.times) and set(lived.bots_held["Never hedge"]) == {0.0}
    assert Lived.of_json(lived.to_json(), found).bots_held == lived.bots_held


def test_what_the_world_refuses_is_told_and_the_rest_is_traded():
    seen, refused = lived({2: [[0, "moon", 1.0], [0, "asset", float("inf")], [2, "asset", 1e5]]})
    assert [each["venue"] for each in refused] == ["moon", "asset"]
    assert [fill["quantity"] for fill in seen["desks"][2]["fills"]] == [1e5]
    assert seen["desks"][0]["fills"] == []


@pytest.mark.parametrize("mode", [pytest.param("own", marks=pytest.mark.slow), "shared"])
def test_a_debrief_adds_up_and_policies_are_as_they_lived(tmp_path, mode):
    found = chosen({**CALM, "mode": mode, "bots": "yes"})
    world, rows = ClassWorld(found, 2), []
    for turn in range(2):
        orders = [[0, "asset", 1e5 * (turn + 1)], [1, "us10y", 1e7]]
        rows += [[world.seen()["tick"], *order] for order in orders]
        world.advance(orders)
    while not (last := world.seen())["done"]:
        world.advance([])
    debrief(found, 2, rows, tmp_path, tmp_path / "run")
    told = json.loads((tmp_path / "debrief.json").read_text())
    students, policies = told["desks"][:2], told["desks"][2:]
    assert len(policies) == len(found.bots)
    for each, seen in zip(students, last["desks"], strict=False):
        assert each["loss"] == pytest.approx(-seen["account"]["pnl"], rel=1e-9)
    for each in told["desks"]:
        assert sum(each["parts"].values()) == pytest.approx(each["loss"], abs=1.0)  # of 1e9 $
        assert each["survived"] and each["drawdown"] >= 0
    if mode == "own":
        live_bots(found, tmp_path)
        for number, each in enumerate(policies):
            life = json.loads((tmp_path / f"bot-{number}.json").read_text())
            assert each["loss"] == pytest.approx(-life[-1]["pnl"], rel=1e-9)


def test_one_server_leads_the_classes_of_a_folder(tmp_path):
    first = Rooms(tmp_path)
    assert not list(tmp_path.iterdir())  # nothing is written before there is a class
    room, key = first.open(chosen(CALM))
    second = Rooms(tmp_path)
    assert second.all() == [] and second.of_code(room.code) is None
    with pytest.raises(UserError, match="led by another server"):
        second.open(chosen(CALM))
    first.close()
    third = Rooms(tmp_path)
    again = third.get(room.id)
    assert again is not None and again.is_lecturer(key) and not again.is_lecturer(key[:-1])
    again.end()
    with pytest.raises(UserError, match="nothing was lived"):
        again.start_debrief(tmp_path / "run")
    assert third.of_code(room.code) is None  # it has ended
    third.close()


def test_a_class_in_one_market_begins_with_somebody_and_is_closed_to_others(tmp_path):
    rooms = Rooms(tmp_path)
    room, _ = rooms.open(chosen({**CALM, "mode": "shared"}))
    with pytest.raises(UserError, match="needs somebody"):
        room.begin()
    with pytest.raises(UserError, match="class is lobby"):
        room.step()
    room.join("Ann")
    room.begin()
    with pytest.raises(UserError, match="nobody can join"):
        room.join("Bob")
    with pytest.raises(UserError, match="begun already"):
        room.begin()
    rooms.close()


def test_orders_without_end_are_refused_before_they_fill_the_disk(tmp_path):
    rooms = Rooms(tmp_path)
    room, _ = rooms.open(chosen(CALM))
    ann, _ = room.join("Ann")
    for _ in range(MOST_ORDERS):
        room._count(ann, 0)
    with pytest.raises(UserError, match="orders in a turn"):
        room._count(ann, 0)
    room._count(ann, 1)
    rooms.close()


@pytest.mark.slow
def test_a_world_that_is_killed_is_made_again(tmp_path):
    rooms = Rooms(tmp_path)
    room, _ = rooms.open(chosen(CALM))
    ann, _ = room.join("Ann")
    room.begin()
    wait(lambda: room.life.lived.turn == 0)
    room.order(ann, {"asset": 1e5})
    room.step()
    wait(lambda: room.life.lived.turn == 1)
    before = room.life.lived.desks[0]["pnl"][:2]
    os.kill(room.life._world.pid, signal.SIGKILL)
    room.order(ann, {"asset": -1e5})
    room.step()
    wait(lambda: room.life.lived.turn == 2)
    assert room.life.lived.desks[0]["pnl"][:2] == before
    assert room.life.lived.now["desks"][0]["fills"][0]["ordered"] == -1e5
    assert "world" in room.audit.file.read_text()
    rooms.close()
