"""Every chart draws, on ordinary runs and on bare ones, and says what it should."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import vl_convert
from altair.utils import schemapi

from analysis import charts, liquidity, open_run, parts, summarise, twins, write_chart
from analysis.charts import market
from analysis.charts.pnl import DRIFT
from analysis.charts.theme import trusted
from analysis.numbers import money
from scenarios import load
from scenarios.reading.shipped import presets
from sim.dataset import Run
from sim.errors import UserError
from tests.synthetic_run import answer_for_all, write_run

PNG = b"\x89PNG"
DESK = ("panels", "attribution")
BARE: dict[str, dict[str, Any]] = {
    "no twin": {"worlds": ("actual",)},
    "no hedger": {"hedgers": ()},
    "one path": {"paths": 1},
    "one day": {"days": 1},
    "two days, another twin": {"days": 2, "worlds": ("actual", "no_depth")},
    "empty book": {"size": 0.0},
    "two hedgers, no calls": {"hedgers": ("alpha", "beta"), "calls": False},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(write_run(tmp_path_factory.mktemp("run"), paths=60))


def spec_of(chart: charts.Chart) -> dict[str, Any]:
    found: dict[str, Any] = chart.to_dict()  # validates against the Vega-Lite schema
    return found


@pytest.mark.parametrize("name", charts.CATALOGUE)
@pytest.mark.parametrize("world", ["actual", "price_taker"])
def test_every_chart_draws(run: Run, name: str, world: str) -> None:
    spec = spec_of(charts.draw(run, name, world=world))
    if world == "actual":  # the twin's differs in its numbers
        assert vl_convert.vegalite_to_png(json.dumps(spec), allowed_base_urls=[]).startswith(PNG)
    assert len(json.dumps(spec)) < 100_000
    assert spec["title"]["text"]
    if name not in ("capital", "exposure", "expected_exposure"):  # no limit and no counterparty in this run
        assert any(any(c.isdigit() for c in line) for line in spec["title"]["subtitle"])  # it reads a number off


@pytest.mark.parametrize("case", BARE)
def test_bare_runs_draw_too(tmp_path: Path, case: str) -> None:
    run = open_run(write_run(tmp_path / "run", **({"paths": 5} | BARE[case])))
    for name in charts.CATALOGUE:
        spec = json.dumps(spec_of(charts.draw(run, name, agent="all" if "two hedgers" in case else None)))
        assert "NaN" not in spec
        assert "Infinity" not in spec
        assert vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).startswith("<svg")


def test_notes_say_what_is_missing(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run", paths=3, worlds=("actual",), hedgers=()))
    assert "no twin world" in json.dumps(spec_of(charts.twin_difference(run)))
    for chart in (charts.panels, charts.waterfall, charts.attribution, charts.distribution, charts.margin_calls):
        assert "no hedging desk" in json.dumps(spec_of(chart(run)))


def test_waterfall_ends_at_the_total(run: Run) -> None:
    spec = spec_of(charts.waterfall(run))
    for part in spec["hconcat"]:
        rows = spec["datasets"][part["layer"][1]["data"]["name"]]
        amounts = {row["part"]: row["amount"] for row in rows}
        total = amounts.pop("total")
        assert sum(amounts.values()) == pytest.approx(total, rel=1e-4)


def test_captions_give_the_digits_of_the_tables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the error leaves: not $89.6m beside $90 \N{PLUS-MINUS SIGN} 3m."""
    loss, rough = parts.loss_of(run), {}
    for name, figure in liquidity.costs(run).items():
        rough[name] = replace(figure, error=0.2 * abs(figure.value))
    monkeypatch.setattr(liquidity, "costs", lambda run, agent=None, world="actual": rough)
    panels, attribution = (" ".join(spec_of(charts.draw(run, name))["title"]["subtitle"]) for name in DESK)
    total = rough[loss.name]
    assert f"Cost of survival {total.brief()} on average" in panels and total.brief() != money(total.value)
    for item in loss.inside():
        assert f"{parts.spoken(item)} {rough[item.name].brief()}" in panels
    told = summarise(run)
    assert f"Median P&L at the end {told['pnl_q50'].brief()} hedged" in panels
    assert attribution.startswith(f"Mean P&L {told['pnl'].brief()};")


def test_what_convexity_took_is_the_part_of_the_waterfall(run: Run) -> None:
    spec = spec_of(charts.panels(run))
    assert f"cumulative {parts.schema_of(run).loss.parts[0].short} (mean)" == DRIFT  # one name for one thing
    last = [rows[-1] for rows in spec["datasets"].values() if rows and rows[-1].get("series") == DRIFT]
    taken = liquidity.costs(run)["convexity"].value / 1e9  # $bn
    assert [row["at"] for row in last] == [pytest.approx(-taken, rel=1e-4)]


def test_no_label_of_the_waterfall_covers_another(run: Run) -> None:
    for part in spec_of(charts.waterfall(run))["hconcat"]:
        data = part["layer"][1]["data"]
        bars = part["layer"][1]["encoding"]["y"]["scale"]["domain"]
        rows = spec_of(charts.waterfall(run))["datasets"][data["name"]]
        line = 12 * (bars[1] - bars[0]) / part["height"]
        places = [row["at"] for row in rows]
        assert all(row["at"] >= row["high"] for row in rows)
        assert max(places) <= bars[1]
        for i, place in enumerate(places):
            assert all(abs(place - other) >= line for other in places[max(i - 2, 0) : i])


def test_a_swap_desk_sees_its_own_venue(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", paths=4)
    closes = pl.read_parquet(folder / "closes" / "*.parquet")
    ticks = pl.concat([closes, closes.with_columns(venue=pl.lit("us10y"), depth=pl.col("depth") / 4)])
    trades = ticks.select("time", "world", "venue", taker=pl.lit("hedger"), spread_cost=pl.lit(1.0))
    trades = trades.with_columns(spread_cost=pl.when(venue="us10y").then(5.0).otherwise("spread_cost"))
    for name, frame in (("market", ticks), ("trades", trades)):
        (folder / name).mkdir()
        for (world,), rows in frame.group_by("world"):
            rows.write_parquet(folder / name / f"{world}-0000000.parquet")
    answer_for_all(folder)
    run = open_run(folder)
    assert "half-spread of us10y, bp" in json.dumps(spec_of(charts.panels(run)))
    spec = json.dumps(spec_of(charts.loop_gain(run)))
    assert "depth of us10y, $m notional" in spec
    assert "has lost 97 % of its depth" in spec


def test_what_feedback_left_alone_is_not_drawn(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = twins.difference(run, None)
    calm = [pl.col(c) * (1e-6 if c.startswith(("vol", "spot")) else 1.0) for c in found.columns if c != "time"]
    for frame, panels, words in ((found, 3, "apart from"), (found.with_columns(calm), 1, "and not drawn")):
        monkeypatch.setattr(twins, "difference", lambda *_, frame=frame: frame)
        spec = spec_of(charts.twin_difference(run))
        assert len(spec["vconcat"]) == panels
        assert words in " ".join(spec["title"]["subtitle"])


def test_no_two_rates_of_a_preset_have_one_colour() -> None:
    most = max(len(load(name).market.rates.curve) for name in presets())
    assert len({*market.NODES.values(), *market.FURTHER}) == len(market.NODES) + len(market.FURTHER) >= most > 7


def test_axes_carry_units(run: Run) -> None:
    text = json.dumps(spec_of(charts.panels(run)))
    for title in ("cumulative P&L, $", "half-spread, bp of mid", "credit spread, bp", "transaction cost a day, $"):
        assert title in text


def test_hedged_and_unhedged_keep_their_colours(run: Run) -> None:
    for chart in (charts.panels, charts.distribution):
        text = json.dumps(spec_of(chart(run)))
        assert charts.theme.HEDGED in text
        assert charts.theme.UNHEDGED in text


def test_storyline_shows_a_record(run: Run, tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("date,spx,vix,ig_oas\n2020-02-19,3386.15,14.38,1.02\n2020-02-20,3373.23,15.56,1.03\n")
    assert '"record"' in json.dumps(spec_of(charts.storyline(run, history=history)))


@pytest.mark.parametrize("suffix", ["png", "svg", "json", "html"])
def test_a_chart_is_written_in_the_suffixes_format(run: Run, tmp_path: Path, suffix: str) -> None:
    place = write_chart(run, "loop_gain", tmp_path / f"new/chart.{suffix}")
    start = {"png": PNG, "svg": b"<svg", "json": b"{", "html": b"<!doctype html>"}[suffix]
    assert place.read_bytes().startswith(start)
    assert [p.name for p in place.parent.iterdir()] == [place.name]


def test_unknown_charts_and_formats_are_user_errors(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such chart, got 'panel'; did you mean panels\?"):
        charts.draw(run, "panel")
    with pytest.raises(UserError, match=r"PNG, SVG, HTML or JSON, got '.gif'"):
        write_chart(run, "panels", tmp_path / "chart.gif")
    assert not list(tmp_path.iterdir())


def test_threads_that_draw_at_the_same_time_leave_altair_as_it_was() -> None:
    before = schemapi._deep_copy, schemapi._todict, schemapi.DEBUG_MODE
    first, second = trusted(), trusted()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not schemapi.DEBUG_MODE
    second.__exit__(None, None, None)
    assert (schemapi._deep_copy, schemapi._todict, schemapi.DEBUG_MODE) == before


@pytest.mark.parametrize("name", ["panels", "waterfall"])
def test_a_specification_is_altairs_own(run: Run, name: str) -> None:
    chart = charts.draw(run, name)
    with trusted():
        found = spec_of(chart)
    assert found == spec_of(chart)
