"""Known answers: the arithmetic of verdicts, the standard errors themselves, and every case of the suite."""

from __future__ import annotations

import math
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from analysis.pages.validation_page import number, render
from scenarios.studies.validation.case import CHAPTERS, Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.reading import Reading
from scenarios.studies.validation.result import Validation
from scenarios.studies.validation.runner import run_case
from scenarios.studies.validation.suite import check_unique, suite
from scenarios.studies.validation.textbook import textbook
from sim.errors import BugError
from sim.estimate import Estimate
from sim.screen.text import said


def reading(value: float, got: float, error: float = 0.0, **more: object) -> Reading:
    expected = Expected(what="x", value=value, **more)  # type: ignore[arg-type]
    return Reading(expected=expected, got=Estimate(got, error), standard_errors=3.5)


def test_errors_of_measurement_and_source_add_in_quadrature() -> None:
    r = reading(10.0, 10.9, 0.3, se=0.4)
    assert r.error == pytest.approx(0.5)
    assert r.z == pytest.approx(1.8)
    assert r.allowed == pytest.approx(1.75)
    assert r.power == pytest.approx(0.175)


@pytest.mark.parametrize(("got", "verdict"), [(11.74, "passed"), (11.76, "failed"), (8.26, "passed"), (8.24, "failed")])
def test_band_is_k_standard_errors(got: float, verdict: str) -> None:
    assert reading(10.0, got, 0.5).verdict == verdict


def test_rounding_widens_the_band_and_lowers_the_power() -> None:
    assert reading(10.0, 11.84, 0.5, rounding=0.1).verdict == "passed"
    assert reading(10.0, 11.86, 0.5, rounding=0.1).verdict == "failed"
    assert reading(10.0, 10.0, 0.5, rounding=0.1).power == pytest.approx(0.185)


def test_what_is_not_random_has_no_z_and_must_agree_to_its_rounding() -> None:
    assert reading(0.25, 0.25).z is None
    assert reading(0.25, 0.25).verdict == "passed"
    assert reading(0.25, 0.2501).verdict == "failed"
    assert reading(0.25, 0.2501, rounding=1.1e-4).verdict == "passed"


@pytest.mark.parametrize(
    ("relation", "got", "verdict"),
    [("<", -2.0, "passed"), ("<", -1.0, "failed"), ("<", 2.0, "failed"), (">", 2.0, "passed"), (">", 1.0, "failed")],
)
def test_an_ordering_passes_where_it_is_shown(relation: str, got: float, verdict: str) -> None:
    r = reading(0.0, got, 0.5, relation=relation)
    assert r.verdict == verdict
    assert r.power is None


@pytest.mark.parametrize(("got", "se"), [(math.nan, 0.1), (math.inf, 0.1), (1.0, math.nan)])
def test_what_is_not_finite_fails(got: float, se: float) -> None:
    assert reading(1.0, got, se).verdict == "failed"


ESTIMATES = {
    "mean": (Estimate.mean, 1.0),
    "variance": (Estimate.variance, 1.0),
    "sd": (Estimate.sd, 1.0),
    "quantile": (lambda x: Estimate.quantile(x, 0.9), math.log(10.0)),
    "ratio": (lambda x: Estimate.ratio(x, x**2), 0.5),
    "share": (lambda x: Estimate.share(x > 1.0), math.exp(-1.0)),
    "jackknife": (lambda x: Estimate.jackknife(lambda a, b: a.mean() / b.mean(), x, x**2), 0.5),
}


@pytest.mark.parametrize("name", ESTIMATES)
def test_standard_errors_are_what_estimates_scatter_by(name: str) -> None:
    """z over 500 samples of 2,000 exponentials has mean square 1; the band is about four standard errors of that."""
    estimate, truth = ESTIMATES[name]
    draws = np.random.default_rng(7).standard_exponential((500, 2000))
    found = [estimate(x) for x in draws]
    z = np.array([(e.value - truth) / e.error for e in found])
    assert np.mean(z**2) == pytest.approx(1.0, abs=0.27)


def test_numbers_are_written_to_the_second_figure_of_their_error() -> None:
    assert number(3.718513, 0.0384) == "3.719"
    assert number(1234.5, 12.0) == "1,234"
    assert number(3.71851) == "3.71851"
    assert number(-0.5, 0.02) == "\N{MINUS SIGN}0.500"
    assert number(None) == ""
    assert number(math.nan) == "not finite"


def test_equal_scenarios_run_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    one, other = (lab.run(textbook(steps=2), paths=4) for _ in range(2))
    assert one is other
    assert lab.run(textbook(steps=2), paths=5) is not one
    assert len(list(tmp_path.iterdir())) == 2


def forgets(lab: Lab) -> Measured:
    return Measured(estimates={"a": Estimate(1.0)})


def raises(lab: Lab) -> Measured:
    raise ZeroDivisionError("by nothing")


def case_of(measure: object, **more: object) -> Case:
    expected = (Expected(what="a", value=1.0), Expected(what="b", value=2.0))
    words = {"title": "t", "chapter": "Pricing", "source": "s", "inputs": "i", "statistic": "m"}
    return Case(name="fake", expected=expected, measure=measure, **words, **more)  # type: ignore[arg-type]


def test_a_case_that_forgets_a_number_is_an_error(tmp_path: Path) -> None:
    result = run_case(case_of(forgets), tmp_path)
    assert result.verdict == "error"
    assert "expected but not measured: ['b']" in result.message


def test_what_a_case_raises_is_its_verdict(tmp_path: Path) -> None:
    result = run_case(case_of(raises), tmp_path)
    assert result.verdict == "error"
    assert result.message == "ZeroDivisionError: by nothing"
    assert [r.verdict for r in result.readings] == ["error", "error"]
    assert not Validation(results=(result,), seconds=1.0).passed


def test_a_missing_package_skips_its_case(tmp_path: Path) -> None:
    result = run_case(case_of(raises, needs=("no_such_package",)), tmp_path)
    assert result.verdict == "skipped"
    assert "pip install no_such_package" in result.message
    assert not Validation(results=(result,), seconds=1.0).passed  # nothing was proved


def test_names_are_unique() -> None:
    with pytest.raises(BugError, match="two cases have one name: a"):
        check_unique("two cases have one name", ["a", "b", "a"])
    assert len({case.name for case in suite()}) == len(suite())


def test_cases_stand_in_the_order_of_the_chapters_and_say_where_they_come_from() -> None:
    places = [CHAPTERS.index(case.chapter) for case in suite()]
    assert places == sorted(places)
    for case in suite():
        assert case.expected, case.name
        assert all((case.title, case.source, case.inputs, case.statistic)), case.name


def printed(frame: pl.DataFrame) -> str:
    text = StringIO()
    Console(file=text, width=180, color_system=None).print(render(frame))
    return text.getvalue()


def test_a_narrow_terminal_cuts_no_figure(tmp_path: Path) -> None:
    expected = (Expected(what="a reading of some words, longer than its column", value=123.456, rounding=1e-9),)
    case = replace(case_of(lambda lab: Measured(estimates={expected[0].what: Estimate(123.456)})), expected=expected)
    frame = Validation(results=(run_case(case, tmp_path),), seconds=1.0).frame
    shown = [said(line) for line in render(frame).lines(80)]
    assert {"123.456", "passed", "fake", "column"} <= set(" ".join(shown).split()) and max(map(len, shown)) <= 80
    assert sum("verdict" in line for line in shown) == 1


LONG = (  # of the fast ones
    "contagion",
    "kyle",
    "facts-garch",
    "feedback-law",
    "frey-stremme",
    "hedging-error-monthly",
    "option-maker",
)


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, id=c.name, marks=[] if c.fast and c.name not in LONG else [pytest.mark.slow]) for c in suite()],
)
def test_known_answer(case: Case, tmp_path: Path) -> None:
    """The case passes; otherwise its readings are shown."""
    result = run_case(case, tmp_path)
    if result.verdict == "skipped":
        pytest.skip(result.message)
    assert result.verdict == "passed", "\n" + printed(Validation(results=(result,), seconds=result.seconds).frame)
