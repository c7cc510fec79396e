"""Charts are written without Altair, and as Altair writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import altair
import polars as pl
import pytest

from analysis import charts, open_run
from analysis.charts import both, by_altair, one_path, scales, theme, vega
from analysis.charts.labels import tame
from analysis.pages.report import spec_of
from sim.dataset import Run
from tests.synthetic_run import write_run

ROOM = "analysis.charts."
WRITTEN = (
    *("both", "cash", "cost", "exposure", "facts", "market", "marks", "one_path", "pnl", "requirement", "scales"),
    *("survival", "twin"),
)
CASES: dict[str, dict[str, Any]] = {"whole": {}, "bare": {"worlds": ("actual",), "calls": False, "days": 2}}


@contextmanager
def with_altair() -> Iterator[None]:
    """A block in which the same functions are given Altair's parts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in WRITTEN:
            patch.setattr(import_module(ROOM + name), "vega", altair)
        with by_altair.trusted():
            yield


def written(chart: Any) -> str:
    return json.dumps(spec_of(chart), ensure_ascii=False)


@pytest.fixture(scope="module", params=CASES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(write_run(tmp_path_factory.mktemp("run"), **({"paths": 6} | CASES[request.param])))


def test_charts_are_what_altair_writes(run: Run) -> None:
    ours = {name: charts.draw(run, name) for name in charts.CATALOGUE}
    assert {type(chart) for chart in ours.values()} == {vega.Chart}
    with with_altair():
        theirs = {name: written(charts.draw(run, name)) for name in charts.CATALOGUE}
    assert {name: written(chart) for name, chart in ours.items()} == theirs


def test_charts_of_one_path_are_too(run: Run) -> None:
    ours = {name: written(draw(run, 1)) for name, draw in one_path.PATH_CHARTS.items() if name != "margin"}
    with with_altair():
        assert ours == {name: written(one_path.PATH_CHARTS[name](run, 1)) for name in ours}


def of_two(run: Run) -> list[str]:
    return list(map(written, (both.pnl_bands(run, run), both.cost_parts(run, run, None), both.level_bands(run, run))))


def test_charts_of_two_runs_are_too(run: Run) -> None:
    ours = of_two(run)
    with with_altair():
        assert ours == of_two(run)


def test_a_chart_goes_on_as_one_of_altair(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run", paths=3, days=2))
    for name in ("panels", "waterfall", "attribution", "margin_calls", "capital"):
        chart = charts.draw(run, name)
        assert isinstance(chart, vega.Chart)
        wider = chart.altair()
        assert isinstance(wider, altair.TopLevelMixin)
        assert wider.to_dict() == json.loads(written(chart))  # valid Vega-Lite, and nothing lost
        assert "text/html" in (chart._repr_mimebundle_() or ())
        assert json.loads(chart.to_json()) == json.loads(written(chart))


def test_labels_are_made_harmless(tmp_path: Path) -> None:
    wild = "image\\"
    chart = vega.Chart(scales.rows(pl.DataFrame({"at": [1.0]}))).mark_line().encode(x=vega.X("at:Q", title=wild))
    drawn = theme.finish(chart.properties(width=10, height=10), wild, [])
    assert drawn.to_dict()["encoding"]["x"]["title"] == tame(wild)
    assert drawn.to_dict()["title"]["text"] == tame(wild)


def test_the_schema_is_that_of_the_installed_altair() -> None:
    assert vega.SCHEMA == altair.SCHEMA_URL
