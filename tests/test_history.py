"""A user's own record."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents.hedging.hedger import Hedger
from agents.hedging.positions import Position
from scenarios.reading.loading import from_dict
from scenarios.studies.replay.history import DISPERSION, from_history

HEADER = "date,spx,vix,overnight,us2y,us10y,ig_oas"


def write(folder: Path, text: str, name: str = "record.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_every_row_is_an_anchor_in_decimals(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"{HEADER},note\n2020-02-19,3386.15,14.38,1.59,1.42,1.56,1.02,peak\n2020-02-20,3373.23,15.56,,,,1.04,\n\n"
        "2020-02-21,3337.75,17.08,1.58,1.34,1.46,1.05,\n",
    )
    scenario = from_history(path)
    first, second, third = scenario.storyline.anchor
    assert (first.date, first.spot, third.date) == (date(2020, 2, 19), 3386.15, date(2020, 2, 21))
    for key, level in {"vol": 0.1438, "overnight": 0.0159, "us2y": 0.0142, "us10y": 0.0156, "credit": 0.0102}.items():
        assert getattr(first, key) == pytest.approx(level, rel=1e-12)
    assert second.overnight is second.us2y is None
    assert second.credit == pytest.approx(0.0104)
    assert scenario.name == "record"
    assert scenario.market.dispersion == DISPERSION
    assert (scenario.market.vol_law, scenario.credit.law) == ("path_dependent", "path_dependent")
    assert from_dict(scenario.to_dict()) == scenario


def test_leading_gaps_take_the_first_number(tmp_path: Path) -> None:
    path = write(
        tmp_path, f"{HEADER}\n2020-02-19,3386.15,14.38,,1.42,1.56,\n2020-02-20,3373.23,15.56,1.60,1.4,1.5,1.04\n"
    )
    first = from_history(path).storyline.anchor[0]
    assert first.overnight == pytest.approx(0.016)
    assert first.credit == pytest.approx(0.0104)


def test_columns_in_any_order_with_byte_order_mark_and_blanks(tmp_path: Path) -> None:
    text = "\ufeffvix, date ,spx,ig_oas,us10y,us2y,overnight\r\n 14.38 ,2020-02-19,3386.15,1.02,1.56,1.42,1.59\r\n"
    path = write(tmp_path, text + "15.56,2020-02-20,3373.23,1.04,1.52,1.39,1.6\r\n")
    assert from_history(path).storyline.anchor[0].us10y == pytest.approx(0.0156)


def test_overrides_and_book(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEADER}\n2020-02-19,3386,14,1.5,1.4,1.5,1.0\n2020-02-20,3373,15,1.6,1.4,1.5,1.0\n")
    book = write(tmp_path, "kind,strike,months,quantity\nput,3000,3,-1e6\n", "book.csv")
    scenario = from_history(path, book, overrides=["market.dispersion=0", "agents.hedger.policy.kind=never"])
    hedger = scenario.agent("hedger")
    assert isinstance(hedger, Hedger)
    assert hedger.book == (Position(kind="put", strike=3000.0, months=3, quantity=-1e6),)
    assert hedger.policy.kind == "never"
    assert scenario.market.dispersion == 0.0


def test_the_default_book_outlives_the_record(crises: Path) -> None:
    for path in sorted(crises.glob("*20??.csv")):
        scenario = from_history(path)
        hedger = scenario.agent("hedger")
        assert isinstance(hedger, Hedger)
        assert min(p.months or 0 for p in hedger.book) * 30 > (scenario.end - scenario.start).days


def test_a_record_with_holes_is_read_whole(crises: Path) -> None:
    scenario = from_history(crises / "repo_2019.csv")
    holiday = next(row for row in scenario.storyline.anchor if row.date == date(2019, 10, 14))
    assert holiday.us10y is None
    assert len(scenario.storyline.anchor) == 34
