"""A run: its figures in cards and words, every chart with its controls, its tables, and every path as a point."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from analysis import charts, tables
from analysis.numbers import money
from analysis.pages import report
from analysis.summary import summarise
from scenarios.desk.look.asked import asked, at, choices, whole
from scenarios.desk.look.opened import the_run
from scenarios.desk.look.told import drawn, fragment, look_page
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from sim.dataset import Run

MOST = 1_000  # of a whole number that a chart takes: bins


def run_page(request: Request) -> Response:
    """The page at once, from the manifest alone; figures and charts follow."""
    with the_run(request, tables=False) as run:
        wanted = asked(request, run)
        scenario = run.manifest.get("scenario") or {}
        name = request.path_params["name"]
        return look_page(
            request,
            "look_run.html.j2",
            [(at("look", "runs", name), name)],
            title=report.title_of(run),
            regime=scenario.get("regime") or "",
            description=" ".join(str(scenario.get("description") or "").split()),
            meta=report.meta_of(run),
            capital=_capital(scenario, choices(run, wanted)["agent"]),
            varied=bool(scenario),
            name=name,
            choices=choices(run, wanted),
            query=wanted.query,
            sections=_sections(run),
            figures=_figures(run),
            witnesses=int(run.manifest.get("witnesses") or 0),
            notes=[str(note) for note in run.manifest.get("notes") or ()],
            command=report.command_of(run),
            parameters=report.parameters_of(scenario),
        )


def _capital(scenario: Mapping[str, Any], agent: str) -> str:
    """What the desk began with, "" where the scenario does not say."""
    table = (scenario.get("agents") or {}).get(agent) or {}
    capital = table.get("capital") if isinstance(table, dict) else None
    return money(float(capital)) if isinstance(capital, int | float) else ""


def _sections(run: Run) -> list[tuple[str, list[tuple[str, str, dict[str, Any]]]]]:
    """The report's charts: heading, then name, how to read it, and what else the chart takes with its default."""
    found = {heading: dict(shown) for heading, shown in report.SECTIONS.items()}
    first = next(iter(found.values()))
    first |= {name: text for name, text in report.IF_THERE.items() if name in run.tables}
    told = {name for shown in found.values() for name in shown} | set(report.IF_THERE)
    rest = {name: "" for name in charts.CATALOGUE if name not in told}
    if rest:
        found["More"] = rest
    return [(heading, [(name, text, extras(name)) for name, text in shown.items()]) for heading, shown in found.items()]


def extras(name: str) -> dict[str, Any]:
    """Whole numbers that a chart takes beside agent and world, with their defaults."""
    taken = inspect.signature(charts.CATALOGUE[name]).parameters
    return {key: each.default for key, each in taken.items() if type(each.default) is int}


def _figures(run: Run) -> list[tuple[str, str]]:
    """Name and label of what every path may be drawn by; a run without a desk has those of the market."""
    from analysis.paths.every import FIGURES

    return [(column.name, column.label) for column in FIGURES]


def run_figures(request: Request) -> Response:
    """Cards and words."""
    with the_run(request) as run:
        wanted = asked(request, run)
        numbers = summarise(run, agent=wanted.agent, world=wanted.world)
        cards, words = report.cards_of(numbers), report.paragraphs_of(run, numbers, wanted.agent)
        return fragment("look_figures.html.j2", cards=cards, paragraphs=words)


def run_tables(request: Request) -> Response:
    """Every figure, and the tables of the report."""
    with the_run(request) as run:
        wanted = asked(request, run)
        numbers = summarise(run, agent=wanted.agent, world=wanted.world)
        shown = tables.all_tables(run, numbers, agent=wanted.agent)
        every = [(number.label, str(number), name) for name, number in numbers.items() if number.known]
        return fragment("look_tables.html.j2", tables=shown, every=every, world=wanted.world)


def run_chart(request: Request) -> Response:
    """A chart of the catalogue."""
    with the_run(request) as run:
        wanted, name = asked(request, run), request.path_params["chart"]
        if name not in charts.CATALOGUE:
            raise UserError("there is no such chart", value=name, remedy=f"charts: {', '.join(charts.CATALOGUE)}")
        more = _more(name, request.query_params)
        return drawn(lambda: charts.CATALOGUE[name](run, agent=wanted.agent, world=wanted.world, **more))


def _more(name: str, given: Mapping[str, str]) -> dict[str, int]:
    return {key: whole(given, key, usual, least=1, most=MOST) for key, usual in extras(name).items()}


def run_scatter(request: Request) -> Response:
    """Every path as a point, one figure against another."""
    from analysis.charts.paths import scatter

    with the_run(request) as run:
        wanted, given = asked(request, run), request.query_params
        x, y = given.get("x") or None, given.get("y") or None
        return drawn(lambda: scatter(run, agent=wanted.agent, world=wanted.world, x=x, y=y))


ROUTES = [
    Route("/look/runs/{name}", run_page),
    Route("/look/runs/{name}/figures", run_figures),
    Route("/look/runs/{name}/tables", run_tables),
    Route("/api/look/runs/{name}/charts/{chart}", run_chart),
    Route("/api/look/runs/{name}/scatter", run_scatter),
]
