"""The page on known answers has a paragraph for every case, under its chapter, and for no other."""

from __future__ import annotations

import re

import polars as pl
import pytest
from altair.utils import schemapi

from analysis.charts import theme
from analysis.charts import validation as charts
from scenarios.studies.validation.case import CHAPTERS
from scenarios.studies.validation.suite import suite
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """Text between one heading of the second level and the next."""
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_case_has_its_paragraph() -> None:
    for chapter in CHAPTERS:
        named = {
            n for names in re.findall(r"^\*\*([a-z, -]+)\.\*\*", section(chapter), re.M) for n in names.split(", ")
        }
        assert named == {case.name for case in suite() if case.chapter == chapter}


def test_what_is_not_validated_is_named() -> None:
    assert section("What is not validated").count("\n- **") >= 5


def test_contents() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.M)
    linked = re.findall(r"\]\(#([\w-]+)\)", PAGE.split("\n## ")[0])
    assert linked == [heading.lower().replace(" ", "-") for heading in headings]


SAID = {"title": "t", "said": "s"}
AXES = {**SAID, "x": "x, $", "y": "y, $"}
POINTS = pl.DataFrame({"x": [1.0, 2.0], "y": [1.0, 0.5], "se": [0.1, 0.1]})
BARS = POINTS.select("y", "se", name=pl.Series(["a", "b"]), expected=pl.col("y"))
READ = pl.DataFrame({"what": ["a", "b"], "unit": "$", "expected": 1.0, "got": 1.1, "se": 0.1, "z": 1.0, "allowed": 0.4})
DRAWN = {
    "scatter": lambda: charts.scatter(POINTS, curve=POINTS, panels=True, rule=1.0, **AXES),
    "lines": lambda: charts.lines(POINTS, curve=POINTS, x_kind="log", rule=1.0, **AXES),
    "convergence": lambda: charts.convergence(POINTS, slope=-1.0, **AXES),
    "bars": lambda: charts.bars(BARS, **AXES),
    "readings": lambda: charts.readings(READ.with_columns(verdict=pl.lit("passed")), **SAID),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_fits_the_schema_as_a_whole_and_no_piece_of_it_is_compared(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Piece by piece takes ten times as long as drawing."""
    seen, finish = [], theme.finish
    monkeypatch.setattr(theme, "finish", lambda *given: seen.append(schemapi.DEBUG_MODE) or finish(*given))
    assert DRAWN[name]().to_dict()["title"]["text"] == "t"
    assert seen == [False] and schemapi.DEBUG_MODE
