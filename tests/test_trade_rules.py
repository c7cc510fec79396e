"""The classroom's rules, without a world: choices, orders, pace, limits, journal, marks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from scenarios import load
from scenarios.desk.trade.case import VISIBLE, cases
from scenarios.desk.trade.chosen import Chosen, chosen
from scenarios.desk.trade.class_desks import bot_scenario, class_desks
from scenarios.desk.trade.journal import Journal, lines
from scenarios.desk.trade.lived import Lived, largest_fall
from scenarios.desk.trade.marks import marks, weights_of
from scenarios.desk.trade.order_sheet import OrderSheet, checked
from scenarios.desk.trade.pace import Pace
from scenarios.desk.trade.rate_limit import RateLimit
from scenarios.desk.trade.standing import bots
from scenarios.desk.trade.students import Students
from scenarios.desk.trade.tokens import fits, hashed, new_token
from sim.errors import UserError

VENUES = {"asset": {"notional": 3000.0}, "us10y": {"notional": 1.0}}


# --- cases and choices ----------------------------------------------------------------------------
def test_the_catalogue_has_crises_of_equities_rates_and_vol_and_a_control():
    presets = {case.preset for case in cases().values()}
    assert {"covid_crash_2020", "gilt_ldi_2022", "bear_flattener", "short_vol_blowup", "calm_market"} <= presets
    assert len(cases()) >= 6


@pytest.mark.parametrize("key", list(cases()))
def test_a_case_can_be_played(key):
    case, found = cases()[key], chosen({"case": key, "places": "3"})
    scenario = load(case.preset)
    assert all(scenario.start <= line.day <= scenario.end for line in case.news)
    assert case.text and case.notes and set(case.visible) <= set(VISIBLE)
    assert Chosen.of_json(json.loads(json.dumps(found.to_json()))) == found
    assert class_desks(found, 2).scenario.run.common_noise is True
    for _, keys in found.bots:
        assert bot_scenario(found, keys).run.paths == 1


WRONG = [
    ({"case": "moon_crash"}, "no such case"),
    ({"case": "own", "preset": "/etc/passwd"}, "no such choice"),
    ({"case": "own", "preset": ""}, "no such choice"),
    ({"seat": "bank"}, "no hedger of that name"),
    ({"decide": "events"}, "at ticks or intervals"),
    ({"decide": "fortnightly"}, "decide"),
    ({"mode": "duel"}, "no such choice"),
    ({"size": "third"}, "no such choice"),
    ({"places": "0"}, "from 1 to 60"),
    ({"places": "2.5"}, "whole number"),
    ({"places": "1e9"}, "from 1 to 60"),
    ({"seconds": "nan"}, "from 0.5 to 3600"),
    ({"seconds": "-3"}, "from 0.5 to 3600"),
    ({"seed": "x"}, "whole number"),
    ({"until": "2019-05-01"}, "one of the storyline's"),
    ({"changes": "agents.hedger.capital"}, "KEY = VALUE"),
    ({"changes": "agents.hedger.capital = -1"}, "capital"),
    ({"changes": "agents.hedger.colour = 3"}, "colour"),
    ({"changes": "agents.hedger.type = evil:Desk"}, "evil"),
    ({"changes": "\n".join(["run.seed = 1"] * 101)}, "at most 100 lines"),
    ({"text": "x" * 5000}, "at most 4000"),
    ({"title": "x" * 121}, "at most 120"),
]


@pytest.mark.parametrize(("wrong", "said"), WRONG)
def test_a_wrong_choice_is_one_line(wrong, said):
    with pytest.raises(UserError, match=said) as told:
        class_desks(chosen({"case": "calm_control", **wrong}), 1)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("decide", "number"), [("1d", 17), ("2d", 9), ("2h", 65)])
def test_the_number_of_decisions_is_known_before(decide, number):
    """19 February to 12 March 2020 has 17 closes; a session's first tick and every second hour after it are four."""
    assert chosen({"case": "covid_crash", "until": "2020-03-12", "decide": decide}).decisions() == number


def test_a_class_of_ones_own_takes_keys_and_ends_where_it_is_told():
    found = chosen({"case": "own", "preset": "calm_market", "changes": "agents.hedger.capital = 2e9\n# a note",
                    "until": "2019-04-30", "visible": ["news"], "pace": "hand", "bots": "no"})  # fmt: skip
    scenario = found.read_scenario()
    assert scenario.agent("hedger").capital == 2e9 and str(scenario.end) == "2019-04-30"
    assert found.visible == ("news",) and found.seconds == 0 and not found.bots


def test_a_record_that_is_cut_keeps_its_outside_world():
    cut = chosen({"case": "covid_crash", "until": "2020-03-09"}).read_scenario()
    whole = load("covid_crash_2020")
    for mine, its in zip(cut.storyline.anchor, whole.storyline.anchor, strict=False):
        assert (mine.spot, mine.vol, mine.credit) == (its.outside_spot, its.outside_vol, its.outside_credit)


@pytest.mark.parametrize("size", ["split", "whole"])
def test_in_one_market_desks_divide_book_capital_and_line(size):
    found = chosen({"case": "covid_crash", "mode": "shared", "size": size})
    desks, one = class_desks(found, 4), load("covid_crash_2020").agent("hedger")
    copies = [desks.scenario.agent(name) for name in (*desks.seats, *desks.bots.values())]
    share = 1 if size == "whole" else 1 / len(copies)
    assert len(desks.seats) == 4 and len(copies) == 4 + len(found.bots)
    for copy in copies:
        assert copy.capital == pytest.approx(one.capital * share)
        assert [line.notional for line in copy.book] == pytest.approx([line.notional * share for line in one.book])
    lender = desks.scenario.agent("treasury_class")
    assert set(lender.lends_to) == {copy.name for copy in copies}
    assert lender.line == pytest.approx(1e9 * share)
    assert desks.scenario.agent(desks.bots["Never hedge"]).policy.kind == "never"


# --- orders ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("orders", "said"),
    [
        (None, "units by venue"),
        ([], "units by venue"),
        ({}, "units by venue"),
        ({"aset": 1.0}, "did you mean 'asset'"),
        ({"asset": "1"}, "finite number"),
        ({"asset": True}, "finite number"),
        ({"asset": None}, "finite number"),
        ({"asset": float("nan")}, "finite number"),
        ({"asset": float("inf")}, "finite number"),
        ({"asset": 10**400}, "finite number"),
        ({"asset": [1.0, 2.0]}, "finite number"),
        ({"asset": 1e15}, "notional of at most"),
        ({str(i): 1.0 for i in range(100)}, "units by venue"),
    ],
)
def test_a_wrong_order_is_one_line(orders, said):
    with pytest.raises(UserError, match=said):
        checked(orders, VENUES)


def test_an_order_replaces_the_one_before_and_zero_takes_it_back():
    sheet = OrderSheet()
    sheet.place(0, 1, "asset", 5.0)
    sheet.place(0, 0, "us10y", 7.0)
    sheet.place(0, 1, "asset", -2.0)
    sheet.place(1, 1, "asset", 1.0)
    assert sheet.rows(0) == [[0, "us10y", 7.0], [1, "asset", -2.0]]
    assert list(sheet.all_rows({0: 0, 1: 13}, 1)) == [[0, 0, "us10y", 7.0], [0, 1, "asset", -2.0]]
    sheet.place(0, 1, "asset", 0.0)
    assert sheet.of(0, 1) == {} and sheet.ordered(0) == {0}


# --- who ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["", "   ", None, 7, "x" * 41, "a\u202eb", "\x1b[31m", "???", ["Ann"]])
def test_a_name_can_be_read(name):
    with pytest.raises(UserError, match="a name has 1 to 40"):
        Students().check(name, 5)


def test_names_are_unique_and_places_end():
    students = Students()
    students.add(students.check("Ann", 2), hashed("one"))
    with pytest.raises(UserError, match="somebody of that name"):
        students.check("ann ", 2)
    students.add("Bob", hashed("two"))
    with pytest.raises(UserError, match="full"):
        students.check("Eve", 2)
    assert students.of_hash(hashed("one")).name == "Ann" and students.of_hash(hashed("three")) is None
    students.all[0].kicked = True
    assert students.of_hash(hashed("one")) is None


def test_a_secret_is_kept_as_its_hash():
    token = new_token()
    assert len(token) >= 43 and token not in hashed(token)
    assert fits(token, hashed(token)) and not fits(token + "x", hashed(token)) and not fits("", hashed(token))


# --- pace and limits ------------------------------------------------------------------------------
class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_decisions_keep_time_and_a_slow_step_leaves_half_of_the_next():
    clock = Clock()
    pace = Pace(2.0, clock)
    pace.stepped(running=True)
    assert not pace.due and pace.left == 2.0
    clock.now += 2.0
    assert pace.due
    clock.now += 0.3  # the step took
    pace.stepped(running=True)
    assert pace.left == pytest.approx(1.7)
    clock.now += 9.0
    pace.stepped(running=True)
    assert pace.left == pytest.approx(1.0)
    pace.stop()
    assert not pace.due and pace.left is None
    pace.ask()
    assert pace.due


def test_by_hand_there_is_no_deadline():
    pace = Pace(0.0)
    pace.begin()
    assert pace.left is None and not pace.due


def test_a_bucket_empties_and_fills():
    clock = Clock()
    limit = RateLimit(2.0, 3.0, clock)
    assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b")
    clock.now += 0.5
    assert limit.allows("a") and not limit.allows("a")


# --- the journal ----------------------------------------------------------------------------------
def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path):
    file = tmp_path / "journal.jsonl"
    journal = Journal(file)
    journal.write({"do": "join", "name": "Zoë\n"}, sync=True)
    journal.close()
    with file.open("ab") as out:
        out.write(b'{"do":"ord')
    assert [line["name"] for line in lines(file)] == ["Zoë\n"]
    journal = Journal(file)
    journal.write({"do": "step"})
    journal.close()
    assert [line["do"] for line in lines(file)] == ["join", "step"]
    assert oct(file.stat().st_mode & 0o777) == "0o600"


# --- scores ---------------------------------------------------------------------------------------
def test_the_largest_fall_is_from_the_highest_value_before_the_start_included():
    assert largest_fall([0.0, 5.0, 2.0, 9.0, 1.0, 8.0]) == 8.0
    assert largest_fall([-3.0, 4.0]) == 3.0
    assert largest_fall([]) == 0.0


def desk(who, loss, drawdown, survived=True, bot=None):
    return {"who": who, "bot": bot, "loss": loss, "drawdown": drawdown, "survived": survived, "fell": "2020-03-12",
            "liquidity_tax": 1.0, "twin_loss": loss - 2.0, "parts": {"carry": loss}}  # fmt: skip


def test_marks_by_hand():
    names = ["=cmd()", "Bob", "Cid"]
    room = SimpleNamespace(record=SimpleNamespace(students=Students()))
    for i, name in enumerate(names):
        room.record.students.add(name, str(i))
    desks = [desk(0, 10.0, 4.0), desk(1, 20.0, 4.0), desk(2, 20.0, 8.0, False), desk(None, 1.0, 1.0, bot="Never")]
    told = {"desks": desks, "parts": [{"name": "carry", "label": "Carry"}]}
    frame = marks(room, told, pseudonyms=False, weights=weights_of({}))
    by_name = {row["name"]: row for row in frame.iter_rows(named=True)}
    assert [row["name"] for row in frame.iter_rows(named=True)] == ["Never", "=cmd()", "Bob", "Cid"]
    assert by_name["=cmd()"]["mark"] == 60 + 20 * 0.75 + 20
    assert by_name["Bob"]["mark"] == 60 * 0.25 + 20 * 0.75 + 20
    assert by_name["Cid"]["mark"] == 60 * 0.25 + 0 + 0
    assert by_name["Never"]["mark"] is None and by_name["Bob"]["cost_of_feedback_usd"] == 2.0
    assert "Desk 1" in marks(room, told, pseudonyms=True, weights=weights_of({}))["name"].to_list()


def test_marks_are_in_cents_and_have_no_minus_zero():
    room = SimpleNamespace(record=SimpleNamespace(students=Students()))
    room.record.students.add("Ann", "0")
    told = {"desks": [{**desk(0, 10.00499, 4.0), "parts": {"carry": -0.0}}], "parts": [{"name": "carry"}]}
    row = marks(room, told, pseudonyms=False, weights=weights_of({})).row(0, named=True)
    assert row["loss_usd"] == 10.0 and str(row["carry_usd"]) == "0.0"


def test_policies_have_no_score_while_the_world_is_being_made():
    """After a restart their lives are there before the class's own: whoever looked then got an error."""
    chosen = SimpleNamespace(mode="own", bots=(("Never hedge", {}),))
    room = SimpleNamespace(
        record=SimpleNamespace(chosen=chosen), life=SimpleNamespace(lived=Lived()), lives={0: [{"pnl": 0.0}]}
    )
    assert bots(room) == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [({"loss": "x"}, "number"), ({"loss": "101"}, "100"), ({"loss": 0, "drawdown": 0, "survival": 0}, "above 0")],
)
def test_wrong_weights_are_one_line(given, said):
    with pytest.raises(UserError, match=said):
        weights_of(given)
