"""Levels that no market has had are refused with the remedy, or taken and said; every mistake at its own place."""

from __future__ import annotations

import copy
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scenarios import load, presets, run
from scenarios.checking.odd_moves import odd_moves
from scenarios.checking.plausibility import taken_as_given
from scenarios.cli import main
from scenarios.describing.reference import all_keys
from scenarios.reading.loading import from_dict
from scenarios.worlds.blueprint import blueprint_of
from sim.errors import UserError

FIRST = {
    "date": "2022-05-02",
    "spot": 4010,
    "vol": 0.24,
    "overnight": 0.02,
    "us2y": 0.026,
    "us10y": 0.029,
    "credit": 0.013,
}
TABLES: dict[str, Any] = {
    "name": "small",
    "clock": {"tick_minutes": 195},
    "storyline": {"anchor": [FIRST, {"date": "2022-05-06", "spot": 3700.0, "vol": 0.36}]},
    "agents": {
        "maker": {"type": "MarketMaker"},
        "hedger": {"type": "Hedger", "book": [{"kind": "put", "moneyness": 0.95, "months": 2, "notional": -2e9}]},
        "treasury": {"type": "FundingDesk"},
    },
    "run": {"paths": 4, "witnesses": 0, "twin": "none"},
}

SWAP = {"kind": "swap", "months": 24, "notional": 1e9}

# A key, a value in another unit, and what is said of it.
OTHER_UNITS = [
    ("storyline.anchor.1.overnight", 4.5, "write 0.045 for 4.5 %"),
    ("storyline.anchor.1.us2y", 450.0, "write 0.045 for 450 bp"),
    ("storyline.anchor.1.us10y", -2.0, "write -0.02 for -2 %"),
    ("storyline.anchor.1.us10y", 0.29, "got 0.29; mend the level if a point slipped"),
    ("agents.hedger.book.1.months", 1000, "got 83.3; check the year"),
    ("storyline.anchor.1.credit", 1.3, "write 0.013 for 1.3 %"),
    ("storyline.anchor.1.credit", 130.0, "write 0.013 for 130 bp"),
    ("storyline.anchor.1.vol", 24.0, "write 0.24 for 24 %"),
    ("storyline.anchor.2.vol", 3600.0, "write 0.36 for 3600 bp"),
    ("storyline.anchor.1.realised", 18.0, "write 0.18 for 18 %"),
    ("agents.hedger.book.1.moneyness", 95.0, "write 0.95 for 95 %"),
    (
        "agents.hedger.book.2",
        {"kind": "swap", "months": 24, "notional": 1e9, "fixed_rate": 2.9},
        "write 0.029 for 2.9 %",
    ),
    ("agents.hedger.book.1.strike", 380.0, "the starting spot is 4010"),
    ("agents.hedger.capital", 3.0, "write 3e9 for 3 bn"),
    ("agents.hedger.book.1.notional", -2000.0, "write -2e9 for -2000 m"),
    ("agents.hedger.book.1.notional", -2e6, "write -2e9 for -2e6 thousand"),
    ("agents.hedger.book.1.notional", -1e300, "got -1e+300; check its unit"),
    ("agents.maker.capital", 2.0, "write 2e9 for 2 bn"),
    ("agents.treasury.rate_vol", 1.0, "write 0.01 for 1 %"),
    ("agents.treasury.repo_spread", 0.5, "write 0.005 for 0.5 %"),
    ("agents.maker.drawdown_limit", 25.0, "write 0.25 for 25 %"),
    ("agents.hedger.policy", {"kind": "band", "width": 2.0}, "write 0.02 for 2 %"),
    ("agents.hedger.policy", {"kind": "on_move", "threshold": 1.0}, "write 0.01 for 1 %"),
    ("agents.hedger.policy.hedge_vol", 24.0, "write 0.24 for 24 %"),
    ("venue.asset.half_spread", 0.5, "write 0.005 for 0.5 %"),
    ("venue.asset.depth", 15.0, "write 1.5e10 for 15 bn"),
    ("market.dividend_yield", 1.5, "write 0.015 for 1.5 %"),
    ("market.rates.vol_us2y", 100.0, "write 0.01 for 100 bp"),
    ("market.jumps.mean", -3.0, "write -0.03 for -3 %"),
    ("market.xi", 80.0, "write 0.8 for 80 %"),
    ("assets.other", {"spot": 80, "vol": 25.0}, "write 0.25 for 25 %"),
]


def tables_with(key: str, value: Any) -> dict[str, Any]:
    """The scenario with one key changed; the second item of a book is added, a strike stands for its moneyness."""
    tables = copy.deepcopy(TABLES)
    if key == "agents.hedger.book.2":
        tables["agents"]["hedger"]["book"].append(value)
    elif key.endswith("strike"):
        line = tables["agents"]["hedger"]["book"][0]
        del line["moneyness"]
        line["strike"] = value
    else:
        if key.startswith("assets"):
            tables["agents"]["maker"]["venues"] = ["asset", "us2y", "us10y", "other"]
        return from_dict(tables, overrides={key: value}, as_given=True).to_dict() | {}
    return tables


@pytest.mark.parametrize(("key", "value", "remedy"), OTHER_UNITS)
def test_a_value_in_another_unit_is_refused_or_taken_and_said(key: str, value: Any, remedy: str) -> None:
    tables = tables_with(key, value)
    tables["run"]["as_given"] = False
    with pytest.raises(UserError) as caught:
        from_dict(tables)
    assert remedy in str(caught.value)
    assert "--as-given" in str(caught.value)
    assert "\n" not in str(caught.value)
    insisted = from_dict(tables, as_given=True)
    (note,) = taken_as_given(insisted)
    assert note.startswith("taken as given: ")
    assert from_dict(insisted.to_dict()) == insisted


def test_what_is_shipped_is_plausible() -> None:
    for name in presets():
        assert taken_as_given(load(name, as_given=True)) == ()


def test_the_reference_of_keys_names_the_bounds() -> None:
    limits = {key.path: key.limits for key in all_keys()}
    assert limits["storyline.anchor[].us10y"] == "plausible -0.05 to 0.3"
    assert limits["agents.NAME.book[].moneyness"] == "> 0, plausible 0.2 to 5"


def test_an_override_out_of_bounds_is_blamed_on_the_override() -> None:
    with pytest.raises(UserError, match=r"--set storyline.anchor.2022-05-06.vol: outside"):
        from_dict(TABLES, overrides=["storyline.anchor.2022-05-06.vol=36"])


# Levels on five days in a row, and the days that are asked about.
MOVES = [
    ("spot", (100, 81, 99, 98, 97), [1]),  # back the next day
    ("spot", (100, 79.6, 83.8, 84, 80), []),  # October 1987
    ("spot", (100, 101, 50, 50, 51), [2]),  # a split
    ("spot", (100, 101, 10.2, 101, 100), [2]),  # a point slipped
    ("spot", (100, 200, 202, 201, 200), [1]),  # a reverse split
    ("vol", (0.173, 0.373, 0.30, 0.277, 0.33), []),  # February 2018
    ("vol", (0.14, 0.014 * 3, 0.14, 0.14, 0.14), [1]),
    ("credit", (0.013, 0.0013, 0.0131, 0.013, 0.013), [1]),
    ("overnight", (0.0243, 0.0525, 0.0255, 0.0195, 0.019), []),  # September 2019
    ("us10y", (0.029, 0.0029, 0.0288, 0.029, 0.029), [1]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "levels", "odd"), MOVES)
def test_moves_that_are_asked_about(key: str, levels: tuple[float, ...], odd: list[int]) -> None:
    days = [date(2022, 5, 2) + timedelta(days=i) for i in range(5)]
    assert [i for i, _, _ in odd_moves(key, days, levels)] == odd
    apart = [date(2022, 5, 2) + timedelta(days=40 * i) for i in range(5)]
    assert list(odd_moves(key, apart, levels)) == []


def test_a_point_that_slipped_between_levels_a_week_apart_is_asked_about() -> None:
    weeks = [date(2022, 5, 2) + timedelta(days=7 * i) for i in range(4)]
    odd = list(odd_moves("spot", weeks, (3985.0, 3300.0, 1700.0, 170.0)))
    assert [(i, rule) for i, rule, _ in odd] == [(3, "a move of −90.0 % in 7 days, more than any index has had")]
    rows = [FIRST, {"date": "2022-05-06", "spot": 398.5}]
    with pytest.raises(UserError, match=r"storyline.anchor.2022-05-06.spot: a move of −90.* in 4 days"):
        from_dict(TABLES | {"storyline": {"anchor": rows}})


def test_a_split_between_anchors_of_a_file_is_asked_about() -> None:
    rows = [FIRST, {"date": "2022-05-03", "spot": 2005.0}, {"date": "2022-05-06", "spot": 2000.0}]
    with pytest.raises(UserError, match=r"storyline.anchor.2022-05-03.spot: a move of −50.0 % in a day"):
        from_dict(TABLES | {"storyline": {"anchor": rows}})


def with_anchors(*rows: dict[str, Any], **tables: Any) -> dict[str, Any]:
    return copy.deepcopy(TABLES) | {"storyline": {"anchor": [FIRST, *rows]}} | tables


def test_dates_without_a_close_are_refused_by_key_and_session_before() -> None:
    last = {"date": "2022-05-10", "spot": 3700.0}
    closed = with_anchors({"date": "2022-05-07", "spot": 3710.0}, last)
    with pytest.raises(
        UserError, match=r"small.toml: storyline.anchor.2022-05-07.date: XNYS is closed on this Saturday"
    ):
        blueprint_of(from_dict(closed), "small.toml")
    book = with_anchors(last)
    book["agents"]["hedger"]["book"][0] = {"kind": "put", "moneyness": 1.0, "expiry": "2022-05-28", "notional": -1e9}
    with pytest.raises(UserError, match=r"small: agents.hedger.book.1.expiry: XNYS is closed.*before it is 2022-05-27"):
        blueprint_of(from_dict(book))
    book["agents"]["hedger"]["book"][0] = {"kind": "swap", "expiry": "2027-05-02", "notional": 1e9}  # a Sunday
    assert blueprint_of(from_dict(book)).clock.first == date(2022, 5, 2)


def test_a_file_is_named_before_what_only_its_calendar_shows() -> None:
    wrong = from_dict(TABLES, overrides={"clock.calendar": "XNYZ"})
    with pytest.raises(UserError, match=r"^small.toml: clock.calendar: no such exchange calendar"):
        blueprint_of(wrong, "small.toml")


# --- the command line ------------------------------------------------------------------------------------------------

RECORD = """date,spx,vix,overnight,us2y,us10y,ig_oas
2022-05-02,4010.0,24.0,2.0,2.6,2.9,130
2022-05-03,3940.0,26.5,2.0,2.58,2.86,134
2022-05-04,3985.0,25.0,2.0,2.6,2.88,133
"""


def said(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "record.csv").write_text(RECORD)
    (tmp_path / "book.csv").write_text("kind,strike,expiry,contracts\nput,3800,2022-06-17,-2500\n")
    return tmp_path


def test_check_says_what_run_would(folder: Path) -> None:
    told = said("check", "--history", "record.csv", code=2)
    assert "record.csv:2: ig_oas: must be in percent" in told
    assert told == said("run", "--history", "record.csv", code=2)
    (folder / "wrong.csv").write_text("kind,strike,expiry,quantity\nput,3800,2022-06-18,-1000\n")
    wrong = ("--history", "record.csv", "--book", "wrong.csv", "--as-given")
    assert said("check", *wrong, code=2) == said("run", *wrong, code=2)
    assert sorted(p.name for p in folder.iterdir()) == ["book.csv", "record.csv", "wrong.csv"]


def test_what_was_taken_is_said_by_check_summary_report_and_manifest(folder: Path) -> None:
    given = ("--history", "record.csv", "--book", "book.csv", "--as-given")
    notes = (
        "book.csv: contracts are taken as 100 units each: there is no multiplier",
        "taken as given: storyline.anchor.credit, 3 values from 1.3 to 1.34: outside 0.0005 to 0.4",
    )
    told = said("check", *given)
    summary = " ".join(said("run", *given, "--paths", "2", "--twin", "none", "--workers", "1", "--out", "out").split())
    page = " ".join((folder / "out" / "report.html").read_text().split())
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    for note in notes:
        assert f"note: {note}" in told
        assert any(kept.startswith(note) for kept in manifest["notes"])
        words = note.partition(",")[0]
        assert words in page
        assert words in summary.replace("│ ", "").replace("\u00a0", " ")


@pytest.mark.parametrize("option", ["--history record.csv", "--paths 3", "--dates mdy"])
def test_an_option_that_takes_one_value_is_given_once(folder: Path, option: str) -> None:
    twice = said("run", *option.split(), *option.split(), code=2)
    assert f"{option.split()[0]} is given twice" in twice


def test_a_run_that_is_plausible_has_no_notes(folder: Path) -> None:
    finished = run(from_dict(TABLES), workers=1, out=folder / "plain")
    assert finished.manifest["notes"] == []
