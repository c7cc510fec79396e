"""The report of a run: one HTML file that opens with no network; and any chart as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis import charts, frames, page, tables, words
from analysis.chart_file import check_chart, save_spec
from analysis.chart_file import title_of as title_of
from analysis.charts.labels import make_harmless
from analysis.charts.theme import trusted
from analysis.given import A_RUN
from analysis.numbers import Number
from analysis.summary import summarise
from sim.arguments import maybe, takes, text
from sim.arguments import path as file
from sim.dataset import Run
from sim.estimate import without_pulls
from sim.files import check_target, make_folder, write_whole

# Charts by section, each with the sentence that says how to read it.
SECTIONS: dict[str, dict[str, str]] = {
    "What happened to the desk": {
        "panels": "Top: what the desk made, and what the same desk would have made unhedged on the same paths, with "
        "the same capital and lender, where the run has that world; the whole book marked alone, without capital "
        "or lender; dashed: what convexity alone took. "
        "Middle: bars are what trading cost each day, the line what half a spread was. Bottom: bars are what funding "
        "cost each day; below zero is interest received.",
        "waterfall": "Bars going up are costs, bars going down are income; they add up to the total. The twin had the "
        "same random numbers, and nothing that desks did left a trace in the market: the gap between the totals is "
        "what feedback cost.",
        "twin_difference": "Each line is the actual world less its twin on the same random numbers: where it leaves "
        "zero, the desks' "
        "own trades are moving the market.",
        "attribution": "Each bar splits the mean P&L up to that close; parts above zero made money, parts below lost "
        "it, and the "
        "line is their sum.",
        "distribution": "How often each result came up. The further the hedged bars lie to the right of the unhedged "
        "ones, and the "
        "narrower they are, the more the hedge did; rules mark the hedged tail.",
        "liquidity": "Top: cash and repo that are left once margin is paid; below zero the desk draws on its line, and "
        "at the dashed line nothing is left. Bottom: what the lender asks, by what it is for: proceeds of short sales "
        "come back with the stock, variation margin is the debt of the book, initial margin is the lender's cushion.",
        "margin_calls": "Bars are margin called that day, by how the call ended; the steps below are the share of "
        "paths on which the "
        "desk is still alive.",
    },
    "What happened to the market": {
        "storyline": "Points are the levels the scenario asks for; the line through the bands is the median path. "
        "The gap between it and the dashed twin is what the desks did to the market: they left the points where these "
        "are the outside world, and brought the market to them where these are a record that contains their trades.",
        "phase_portrait": "Follow the dots from dark to bright: a spiral in calm markets is a straight road there and "
        "back; a loop "
        "means that one of the three heals later than the other.",
        "loop_gain": "A loop gain of 0.5 means that re-hedging adds half of every price move to the next one; at 1 "
        "and above a move "
        "feeds itself.",
    },
}

# Charts that are shown where a run has their table, behind another one.
IF_THERE = {
    "capital": "Equity against the capital that the desk must have; where the bands meet it shrinks.",
    "exposure": "What the counterparty would owe if it defaulted that day: the mean, with two standard errors, and the "
    "level that it exceeds on one path in forty. CVA is what its credit takes off the book.",
    "expected_exposure": "What the counterparty may be expected to owe on each date ahead, as of the start: times the "
    "probability of its default there and the share that is lost, the bars of which CVA is the sum.",
}


@takes(run=A_RUN, path=file, agent=maybe(text))
def write_report(run: Run, path: str | Path, *, agent: str | None = None) -> Path:
    """Write the run's report as one self-contained HTML file and return its path.

    `agent`: None the first hedger by name, "all" the hedgers together, or a name. Raises UserError for an unknown one,
    for a broken run, and where the file cannot be written.
    """
    place = Path(path)
    check_target(place)
    content = report_page(run, agent=agent)
    make_folder(place.parent)
    write_whole(place, content)
    return place


def report_page(run: Run, *, agent: str | None = None, drawn: dict[str, dict[str, Any]] | None = None) -> bytes:
    """The run's report as a page, complete in one file.

    drawn: takes the Vega-Lite specification of each of its charts, by name.
    """
    with run.reading(), trusted(), without_pulls():
        return _report(run, agent, {} if drawn is None else drawn)


def _report(run: Run, agent: str | None, drawn: dict[str, dict[str, Any]]) -> bytes:
    def figure(name: str, caption: str) -> page.Figure:
        drawn[name] = spec_of(charts.draw(run, name, agent=agent))
        return page.figure(name, drawn[name], caption)

    numbers = summarise(run, agent=agent)
    figures = {
        heading: [figure(name, caption) for name, caption in shown.items()] for heading, shown in SECTIONS.items()
    }
    first = next(iter(figures.values()))
    first += [figure(name, caption) for name, caption in IF_THERE.items() if name in run.tables]
    scenario: Mapping[str, Any] = run.manifest.get("scenario") or {}
    return page.filled(
        "report.html.j2",
        title=title_of(run),
        regime=scenario.get("regime") or "",
        description=" ".join(str(scenario.get("description") or "").split()),
        meta=meta_of(run),
        cards=cards_of(numbers),
        paragraphs=paragraphs_of(run, numbers, agent),
        sections=list(figures.items()),
        charts=[figure for shown in figures.values() for figure in shown],
        tables=tables.all_tables(run, numbers, agent=agent),
        command=command_of(run),
        parameters=parameters_of(scenario),
        footer=_footer(run),
    )


@takes(run=A_RUN, name=text, path=file, agent=maybe(text), world=text)
def write_chart(run: Run, name: str, path: str | Path, *, agent: str | None = None, world: str = "actual") -> Path:
    """Write the chart of that name; the suffix says how: .png, .svg, .html (needs no network) or .json (Vega-Lite).

    Raises UserError for an unknown chart, world or agent, and for another suffix.
    """
    check_chart(path)
    with run.reading():
        chart = charts.draw(run, name, agent=agent, world=world)
    return save_as(chart, path, title=f"{title_of(run)}: {name}")


def save_as(chart: charts.Chart, path: str | Path, *, title: str) -> Path:
    """Write any chart where a user says. Raises UserError for a suffix that is no format of charts."""
    check_chart(path)
    return save(chart, Path(path), title=title)


def save(chart: charts.Chart, place: Path, *, title: str) -> Path:
    """Write an Altair chart in the format of the suffix; nothing in its titles is code, or steers what draws it."""
    return save_spec(spec_of(chart), place, title=title)


def spec_of(chart: charts.Chart) -> dict[str, Any]:
    """The Vega-Lite specification of an Altair chart whose titles are made harmless."""
    make_harmless(chart)
    found: dict[str, Any] = chart.to_dict(validate=False)
    return found


def meta_of(run: Run) -> str:
    """Days, paths, seed, twin and versions, in a line."""
    manifest = run.manifest
    clock = manifest.get("clock") or {}
    twin = frames.twin_name(run)
    versions = manifest.get("versions") or {}
    parts = [
        f"{str(clock['first'])[:10]} to {str(clock['last'])[:10]}" if "first" in clock and "last" in clock else "",
        f"{manifest['paths']:,} paths",
        f"seed {manifest['seed']}",
        f"twin: {twin}" if twin else "no twin",
        ", ".join(f"{name} {number}" for name, number in versions.items()),
    ]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def cards_of(numbers: Mapping[str, Number]) -> list[dict[str, str]]:
    """The figures of a run that stand on top of its page."""
    desk = {
        "cost_of_survival": "the loss over the run",
        "cost_before_re_marking": "re-hedging, rates and frictions",
        "liquidity_tax": "spread and walk",
        "feedback_share": "against the twin of price takers",
        "survival_rate": "of paths are never liquidated",
        "reduced_rate": "taken by force",
        "worst_close": "below the start",
        "low_free_cash": "below zero the line is drawn",
        "es_95": "mean of the worst 5 % of paths",
        "peak_loop_gain": "at 1 shocks run away",
    }
    market = {
        "peak_vol": "implied",
        "peak_spread_multiple": "of base",
        "depth_loss": "of base",
        "peak_loop_gain": "at 1 shocks run away",
    }
    chosen = desk if "cost_of_survival" in numbers else market
    return [card(numbers[name], more) for name, more in chosen.items()]


def card(number: Number, more: str) -> dict[str, str]:
    """A card of a page: the figure's label, its value, its standard error and a few words more."""
    _, sign, error = number.text().partition("±")
    told = f"± {error.strip(' )')}, {more}" if sign else more
    return {"name": number.label, "value": number.brief(), "more": told}


def paragraphs_of(run: Run, numbers: Mapping[str, Number], agent: str | None) -> list[str]:
    """The run in sentences."""
    return words.paragraphs(run, numbers, agent=agent)


def command_of(run: Run) -> str:
    """The command as it was typed, or one that repeats a run made from Python."""
    manifest = run.manifest
    if manifest.get("command"):
        return str(manifest["command"])
    twin = frames.twin_name(run) or "none"
    return f"spiral run {manifest['name']} --paths {manifest['paths']} --seed {manifest['seed']} --twin {twin}"


def parameters_of(scenario: Mapping[str, Any]) -> str:
    """The scenario as indented JSON with short lists on one line."""
    return indented(scenario)


def indented(value: Any, depth: int = 0) -> str:
    """JSON with short lists on one line."""
    flat = json.dumps(value, ensure_ascii=False, default=str)
    if not isinstance(value, Mapping | list) or len(flat) + 2 * depth <= 118:
        return flat
    pad, end = "  " * (depth + 1), "  " * depth
    if isinstance(value, list):
        return "[\n" + ",\n".join(pad + indented(item, depth + 1) for item in value) + f"\n{end}]"
    items = [f"{pad}{json.dumps(str(key))}: {indented(item, depth + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(items) + f"\n{end}}}"


def _footer(run: Run) -> str:
    seconds = (run.manifest.get("timing") or {}).get("seconds")
    took = f"Simulated in {seconds:.1f} s. " if isinstance(seconds, int | float) else ""
    content = run.manifest.get("content_hash", "unknown")
    return f"{took}Content hash {content}. The manifest beside the tables holds the scenario in full."
