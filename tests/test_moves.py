"""How the market moved: levels of a storyline without noise, read off the table as a trader reads them."""

from __future__ import annotations

import pytest

from analysis import open_run, render
from analysis.moves import moves
from analysis.tables import all_tables
from scenarios import run
from sim.dataset import Run
from tests.small import LEVEL, crisis

ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-26", **LEVEL, "spot": 80.0, "vol": 0.5, "us10y": -0.002, "credit": 0.03},
    {"date": "2020-03-04", **LEVEL, "spot": 90.0, "vol": 0.3, "us10y": 0.01, "credit": 0.02},
]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Run:
    size = {"paths": 2, "witnesses": 0, "twin": "none"}
    market = {"rates": {"vol_us2y": 0.0, "vol_us10y": 0.0, "vol": {"usd": {}}}}
    made = run(crisis(anchors=ANCHORS, market=market, run=size), out=tmp_path_factory.mktemp("moves") / "run")
    return open_run(made.path)


def test_levels_at_the_start_at_the_furthest_and_at_the_end(moved: Run) -> None:
    rows = {row[0]: row[1:] for row in moves(moved).rows}
    assert rows["Spot"] == ("100", "80.0", "2020-02-26", "−20.0 %", "90.0")
    assert rows["Implied vol"] == ("20.0 %", "50.0 %", "2020-02-26", "+30.0 points", "30.0 %")
    assert rows["10Y zero rate"] == ("3.00 %", "−0.20 %", "2020-02-26", "−320 bp", "1.00 %")
    assert rows["Rates vol"][0].endswith(" bp")
    assert rows["Credit spread"] == ("100 bp", "300 bp", "2020-02-26", "+200 bp", "200 bp")


def test_terminal_and_report_have_it(moved: Run) -> None:
    said = "\n".join("".join(text for text, _ in line) for line in render(moved).lines(80))
    assert "How the market moved (actual)" in said
    assert moves(moved) in all_tables(moved, {})
