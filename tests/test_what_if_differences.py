"""Differences of a variation to its base are told as those of `spiral compare`: shares apart in points."""

import json

import polars as pl
import pytest

from analysis.charts.what_if import what_if
from scenarios.desk.build.what_if import _difference


@pytest.mark.parametrize(
    ("unit", "difference", "error", "told"),
    [("share", -0.97, 0.02, "−97 ± 2 points *"), ("share", 0.01, 0.02, "1 ± 2 points"), ("$", 5e6, 1e6, "$5 ± 1m *")],
)
def test_a_difference_has_its_unit(unit: str, difference: float, error: float, told: str) -> None:
    assert _difference({"unit": unit, "difference": difference, "error": error, "label": "x"}) == told


@pytest.mark.parametrize(("unit", "axis"), [("share", "base, points"), ("$", "base, $m"), ("rate", "base, bp")])
def test_the_axis_of_the_chart_says_the_same(unit: str, axis: str) -> None:
    frame = pl.DataFrame({"variation": ["a"], "difference": [2e6], "error": [1e5]})
    assert f"difference to {axis}" in json.dumps(what_if(frame, "Figure", unit, "base").to_dict())
