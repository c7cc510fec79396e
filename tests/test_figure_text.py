"""How figures are written: the declaration, and that nothing writes them another way."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from analysis.charts.labels import wrapped
from analysis.numbers import Number
from analysis.page import filled, in_code
from analysis.pages.curve_nodes import NODES
from analysis.pages.curve_page import FAIR, SWAPS
from analysis.pages.report import card
from scenarios import load
from scenarios.commands.calibration_table import explained_table
from sim.columns import Unit
from sim.figure_text import (
    apart_text_of,
    bare_text_of,
    basis_points,
    brief_text_of,
    fixed,
    interval,
    p_value,
    parameter,
    percent,
    significant,
    tenor,
    text_of,
)
from sim.screen.text import Fit, Text, said

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("value", "unit", "error", "text"),
    [
        (0.342, "share", 0.008, "34.2 ± 0.8 %"),
        (2.27, "share", 11.76, "unclear (± 1,200 %)"),
        (-12.0, "share", 1.5, "−1,200 ± 150 %"),
        (0.5, "share", 0.94, "50 ± 94 %"),
        (3.1e-6, "share", None, "<0.001 %"),
        (3.1e-6, "share", 1e-6, "<0.001 %"),
        (-3.1e-6, "vol", None, ">−0.001 %"),
        (-0.0004, "share", 0.004, "0.0 ± 0.4 %"),
        (0.0, "share", None, "0 %"),
        (-1e-17, "gain", None, "0"),
        (15.0, "count", None, "15"),
        (3_386.0, "price", 120.0, "3,390 ± 120"),
        (950e6, "$", 142e6, "$950 ± 140m"),
        (950e6, "$", 94e6, "$950 ± 94m"),
        (1.086e9, "$", 9.7e6, "$1.09 ± 0.01bn"),
        (0.543, "$", 0.012, "$0.54 ± 0.01"),
        (16.0, "$", None, "$16.0"),
        (-3e-9, "$", None, "$0"),
        (math.nan, "share", 0.1, "n/a"),
    ],
)
def test_a_figure_has_no_more_digits_than_its_error_supports(
    value: float, unit: Unit, error: float | None, text: str
) -> None:
    assert text_of(value, unit, error) == text


def test_sentences_have_three_figures_and_fewer_where_the_error_leaves_fewer() -> None:
    assert (bare_text_of(1.2934e9, "$", 7e6), brief_text_of(1.2934e9, "$", 7e6)) == ("$1.293bn", "$1.29bn")
    assert (bare_text_of(0.0766, "share", 0.009), brief_text_of(0.0766, "share", 0.009)) == ("7.7 %", "7.7 %")
    assert brief_text_of(2.27, "share", 11.76) == "unclear"


def test_tables_have_figures_to_fixed_decimals() -> None:
    assert [fixed(x, 2) for x in (-0.001, -1234.5, 2.0)] == ["0.00", "−1,234.50", "2.00"]
    assert [fixed(x, 1, plus=True) for x in (3.0, -3.0, 0.0)] == ["+3.0", "−3.0", "0.0"]
    assert (percent(-0.0312, 1), basis_points(0.01234, 1)) == ("−3.1 %", "123.4 bp")
    assert interval(34.2, 46.1, 0, " %") == "34 to 46 %"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.3"), (3_386.15, "3,386.15"), (1e9, "1,000,000,000"), (-1e-7, "−1e-07"), (0.0, "0")],
)
def test_a_figure_as_given_has_no_rounding_errors(value: float, text: str) -> None:
    assert significant(value) == text


def test_parameters_have_two_figures_of_their_error() -> None:
    assert parameter(-1.2, 0.114) == "−1.20 ± 0.11"
    assert parameter(1.2, math.inf) == "n/a"


def test_tenors_are_named_as_traders_do() -> None:
    assert [tenor(years) for years in (1 / 12, 0.25, 0.5, 1.0, 1.5, 10.0)] == ["1M", "3M", "6M", "1Y", "18M", "10Y"]
    assert [tenor(years) for years in (1 / 365, 3 / 365, 1 / 52, 14 / 365)] == ["1D", "3D", "1W", "2W"]
    assert [tenor(years) for years in (0.0, 0.02, 1 / 12 + 0.01)] == ["0Y", "0.02Y", "0.0933333Y"]


@pytest.mark.parametrize("text", ["reduced on 17 ± 2 % of the paths", "a spread of 34 ± 1 bp, too", "falls by 12.5 %"])
def test_a_line_does_not_part_a_figure_from_its_unit(text: str) -> None:
    for width in range(12, len(text)):
        lines = [said(line) for line in Text(text).fitted(Fit(width))]
        assert not [line for line in lines if re.match(r"(±|%|bp)", line) or re.search(r"±\s*$", line)]


SHOWN = ("agents", "analysis", "markets", "scenarios", "sim")
BESIDE = ("validation/cases", "scenarios/studies/curves/known")  # cases print what a paper has
OWN_WAY = re.compile(r"""\{[^{}]+:[-+,.\d]*%\}|replace\("-", (MINUS|"\\N\{MINUS)""")


def test_nothing_writes_a_percentage_or_a_minus_its_own_way() -> None:
    """An f-string's `%` has no space before it and a hyphen for a minus: `sim.figure_text` has both."""
    files = (file for folder in SHOWN for file in sorted((ROOT / folder).rglob("*.py")))
    found = {
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in files
        if not any(part in file.as_posix() for part in BESIDE)
        for line in file.read_text(encoding="utf-8").splitlines()
        if OWN_WAY.search(line)
    }
    assert not found


@pytest.mark.parametrize("text", ["{share:.0%}", "{row['share']:+.1%}", """.replace("-", MINUS)"""])
def test_ways_of_its_own_are_found(text: str) -> None:
    assert OWN_WAY.search(text)


def test_titles_of_charts_do_not_either() -> None:
    text = "Median P&L: bands of 25 to 75 and of 5 to 95 % of the paths, at 17 ± 2 % and 34 bp"
    for width in range(12, len(text)):
        lines = wrapped(text, width, most=99)
        assert not [line for line in lines if re.match(r"(±|%|bp)", line) or line.endswith("±")]


def test_commands_in_sentences_are_code_and_other_text_is_escaped() -> None:
    assert in_code("`spiral capital` & <b>") == "<code>spiral capital</code> &amp; &lt;b&gt;"


def test_figures_in_sentences_of_a_page_stay_on_one_line() -> None:
    told = in_code("at 17 ± 2 % and 34 bp, −$5m: `spiral shock x --move 3 %`")
    assert told == (
        "at 17\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}2\N{NO-BREAK SPACE}% and 34\N{NO-BREAK SPACE}bp, "
        "−&NoBreak;$5m: <code>spiral shock x --move 3 %</code>"
    )
    page = filled("report.html.j2", title="x", charts=[], paragraphs=["−$5m"], cards=[], tables=[], sections=[])
    assert "\N{REPLACEMENT CHARACTER}" not in page.decode().split("<script>")[0]


def test_a_card_has_no_more_digits_than_its_error_supports() -> None:
    found = card(Number(value=0.1743, unit="share", label="taken", error=0.018), "by force")
    assert (found["value"], found["more"]) == ("17 %", "± 2 %, by force")
    found = card(Number(value=2.27, unit="share", label="removed", error=11.76), "of variance")
    assert (found["value"], found["more"]) == ("unclear", "± 1,200 %, of variance")


def test_shares_and_vols_are_apart_by_points() -> None:
    assert [apart_text_of(0.009, unit, 0.005) for unit in ("vol", "share")] == ["0.9 ± 0.5 points"] * 2
    assert apart_text_of(0.00007, "rate", 0.00003) == "0.7 ± 0.3 bp"


def test_p_values_are_not_given_beyond_three_decimals() -> None:
    assert [p_value(p) for p in (2.45e-246, 0.0004, 0.0412, 1.0)] == ["<0.001", "<0.001", "0.041", "1.000"]


def test_rates_of_swaps_keep_their_decimals() -> None:
    """Quotes are told to a thousandth of a basis point."""
    assert [form(0.0395213) for _, form in (SWAPS["par"], SWAPS["rate"], FAIR["fair"], NODES["zero"])] == (
        ["3.95213 %"] * 4
    )


def test_what_feedback_explains_of_shares_is_in_points() -> None:
    """A drawdown of 34 % in place of 32 % is two points more, and 5.5 % of it."""
    found = load("covid_crash_2020").storyline.calibration
    assert found is not None
    text = ["".join(part for part, _ in line) for line in explained_table(found).lines(100)]
    (drawdown,) = [line for line in text if "Drawdown" in line]
    assert "33.9 %" in drawdown and "32.0 %" in drawdown and "points" in drawdown and "± 0.02 %" in drawdown
