"""A sweep or a frontier: maps and lines of any metric, policies by appetite, a table of cells, and one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.responses import Response
from starlette.routing import Route

from analysis.page import Table
from analysis.pages import frontier_report, sweep_report
from analysis.pages.report import indented
from analysis.sweeps import axes, crowding, outcomes, words
from analysis.sweeps import frontier_words as policy_words
from analysis.sweeps.appetite import APPETITES, best_policies
from analysis.sweeps.frontier import frontier
from analysis.sweeps.measures import RISKS
from scenarios.desk.look.asked import at, whole
from scenarios.desk.look.opened import the_sweep
from scenarios.desk.look.told import drawn, fragment, look_page
from sim.errors import UserError
from sim.metric_names import COST
from sim.sweep_folder import RUNS as KEPT

if TYPE_CHECKING:
    from starlette.requests import Request

    from sim.sweep_dataset import SweepResult

ROWS = 100  # cells of a page
APPETITE_NAMES = {appetite.name: appetite for appetite in APPETITES}


def sweep_page(request: Request) -> Response:
    """The page from the manifest; figures and charts follow."""
    with the_sweep(request) as sweep:
        name, manifest = request.path_params["name"], sweep.manifest
        policies = outcomes.has_frontier(sweep)
        return look_page(
            request,
            "look_sweep.html.j2",
            [(at("look", "sweeps", name), name)],
            title=str(manifest.get("title") or manifest["name"]),
            description=" ".join(str(manifest.get("description") or "").split()),
            meta=frontier_report.meta_of(sweep) if policies else sweep_report.meta_of(sweep),
            name=name,
            complete=sweep.complete,
            charts=_charts(sweep),
            captions=sweep_report.CAPTIONS,
            scenarios=[str(each) for each in manifest["scenarios"]],
            axes=[(a.name, a.label) for a in axes.axes(sweep)],
            metrics=_metrics(sweep),
            metric=COST if COST in manifest["metrics"] else next(iter(manifest["metrics"]), ""),
            policies=policies,
            risks={risk: label for risk, (label, _) in RISKS.items()},
            desks=outcomes.desk_numbers(sweep) if policies else [],
            appetites=APPETITES,
            reads={
                "frontier": frontier_report.READ_FRONTIER,
                "crowding": frontier_report.READ_CROWDING,
                "appetites": frontier_report.READ_APPETITES,
            },
            command=str(manifest.get("command") or "made from Python"),
            parameters=indented({k: v for k, v in manifest.items() if k not in ("metrics", "ids", "command")}),
        )


def _charts(sweep: SweepResult) -> list[str]:
    several = len(sweep.axes) > 1
    found = ["cell_detail", *(["heat_map"] if several else []), "line", *(["tornado"] if several else [])]
    return [*found, *(["sobol"] if sweep.manifest["design"] == "saltelli" else [])]


def _metrics(sweep: SweepResult) -> list[tuple[str, str]]:
    """Name and label of the metrics that some cell gives."""
    given = sweep.cells.collect_schema()
    return [(name, str(told["label"])) for name, told in sweep.manifest["metrics"].items() if name in given]


def _metric(request: Request, sweep: SweepResult) -> str:
    name = request.query_params.get("metric") or COST
    axes.metric(sweep, name)
    return name


def sweep_figures(request: Request) -> Response:
    """Cards and words about the chosen metric; of policies what their frontiers say."""
    with the_sweep(request) as sweep:
        metric = _metric(request, sweep)
        cards, told = sweep_report.cards_of(sweep, metric), words.paragraphs(sweep, metric)
        return fragment("look_figures.html.j2", cards=cards, paragraphs=told)


def sweep_chart(request: Request) -> Response:
    """A chart of a sweep, with its metric, scenario and axes."""
    from analysis.charts.sweep import SWEEP_CHARTS

    with the_sweep(request) as sweep:
        given, name = request.query_params, request.path_params["chart"]
        if name not in SWEEP_CHARTS:
            raise UserError(
                "there is no such chart of a sweep", value=name, remedy=f"charts: {', '.join(SWEEP_CHARTS)}"
            )
        taken = {"heat_map": ("x", "y"), "line": ("x", "by")}.get(name, ())
        more: dict[str, Any] = {key: given[key] for key in taken if given.get(key)}
        metric, scenario = _metric(request, sweep), given.get("scenario") or None
        return drawn(lambda: SWEEP_CHARTS[name](sweep, metric=metric, scenario=scenario, **more))


def policy_chart(request: Request) -> Response:
    """A chart of a sweep over policies, with its risk, scenario and number of desks."""
    from analysis.charts.crowding import appetite_chart, crowding_chart
    from analysis.charts.frontier import frontier_chart

    with the_sweep(request) as sweep:
        name = request.path_params["chart"]
        scenario, risk, desks = _of_policies(request, sweep)
        if name == "frontier":
            return drawn(lambda: frontier_chart(sweep, scenario=scenario, risk=risk, desks=desks))
        if name == "crowding":
            return drawn(lambda: crowding_chart(sweep, scenario=scenario, risk=risk))
        if name == "appetites":
            return drawn(lambda: appetite_chart(sweep, desks=desks))
        raise UserError(
            "there is no such chart of policies", value=name, remedy="charts: frontier, crowding, appetites"
        )


def _of_policies(request: Request, sweep: SweepResult) -> tuple[str, str, int]:
    """Scenario, risk and number of desks that are asked for. Raises UserError."""
    given = request.query_params
    risk = given.get("risk") or "es_95"
    if risk not in RISKS:
        raise UserError("a frontier has no such risk", value=risk, remedy=f"one of: {', '.join(RISKS)}")
    known = outcomes.scenarios(sweep)
    scenario = outcomes.pick_scenario(sweep, given.get("scenario") or (known[0] if known else None))
    return scenario, risk, outcomes.pick_desks(sweep, whole(given, "desks", outcomes.pick_desks(sweep, None)))


def policies(request: Request) -> Response:
    """Words, the table of policies with their cells, best policies of an appetite, and crowding."""
    with the_sweep(request) as sweep:
        scenario, risk, desks = _of_policies(request, sweep)
        name = request.path_params["name"]
        rows = frontier(sweep, risk, scenario=scenario, desks=desks)
        table = frontier_report.frontier_table(rows, risk)
        cells = [at("look", "sweeps", name, "cells", cell) for cell in frontier_report.ordered(rows)["cell"]]
        best = _best(request, sweep, desks)
        steps = crowding.externality(sweep, scenario=scenario) if len(outcomes.desk_numbers(sweep)) > 1 else None
        return fragment(
            "look_policies.html.j2",
            words=policy_words.paragraphs(sweep, scenario, risk, desks),
            table=table,
            cells=cells,
            best=best,
            more=[] if steps is None else [frontier_report.crowding_table(steps)],
        )


def _best(request: Request, sweep: SweepResult, desks: int) -> Table:
    """The best policies of the chosen appetite, or of each."""
    found, chosen = best_policies(sweep, desks=desks), request.query_params.get("appetite") or ""
    if chosen and chosen not in APPETITE_NAMES:
        raise UserError("there is no such appetite", value=chosen, remedy=f"one of: {', '.join(APPETITE_NAMES)}")
    return frontier_report.best_table(found.filter(pl.col("appetite") == chosen) if chosen else found)


def cells(request: Request) -> Response:
    """The finished cells, a page of rows at a time, sorted by the chosen metric or by their number."""
    with the_sweep(request) as sweep:
        given, metric, name = request.query_params, _metric(request, sweep), request.path_params["name"]
        every = sweep.cells.collect()
        if given.get("scenario"):
            every = every.filter(pl.col("scenario") == axes.scenario_of(sweep, given["scenario"]))
        pages = max(-(-every.height // ROWS), 1)
        number = min(whole(given, "page", 1, least=1), pages)
        columns = sweep_report.columns_of(sweep, metric, sweep_report.COLUMNS)
        if given.get("sort") == "metric" and metric in every.columns:
            every = every.sort(metric, nulls_last=True)
        shown = every.slice((number - 1) * ROWS, ROWS)
        return fragment(
            "look_cells.html.j2",
            header=sweep_report.header_of(sweep, columns),
            rows=sweep_report.rows_of(sweep, columns, shown),
            name=name,
            number=number,
            pages=pages,
            count=every.height,
        )


def cell_page(request: Request) -> Response:
    """One cell: where it lies, every figure beside its twin's, and its own run if that was kept."""
    with the_sweep(request) as sweep:
        name, cell = request.path_params["name"], request.path_params["cell"]
        found = sweep.cells.filter(pl.col("cell") == cell).collect()
        if not found.height:
            raise UserError("the sweep has no such finished cell", value=cell, place=name)
        row = found.row(0, named=True)
        kept = (sweep.path / KEPT / f"{cell:05d}" / "manifest.json").is_file()
        return look_page(
            request,
            "look_cell.html.j2",
            [(at("look", "sweeps", name), name), ("", f"cell {cell}")],
            title=f"Cell {cell} of {name}",
            row=row,
            place=[(a.label, a.text(row[a.name])) for a in axes.axes(sweep)],
            figures=_figures(sweep, row),
            run=at("look", "runs", f"{name}:{cell}") if kept else "",
            before=at("look", "sweeps", name, "cells", cell - 1) if cell else "",
            after=at("look", "sweeps", name, "cells", cell + 1) if cell + 1 < int(sweep.manifest["cells"]) else "",
        )


def _figures(sweep: SweepResult, row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Label, figure and the twin's figure of every metric that the cell gives."""
    found = []
    for name in sweep.manifest["metrics"]:
        number, twin = axes.figure(sweep, row, name), axes.figure(sweep, row, f"twin_{name}")
        if number.known:
            found.append((number.label, str(number), str(twin) if twin.known else ""))
    return found


ROUTES = [
    Route("/look/sweeps/{name}", sweep_page),
    Route("/look/sweeps/{name}/figures", sweep_figures),
    Route("/look/sweeps/{name}/policies", policies),
    Route("/look/sweeps/{name}/cells", cells),
    Route("/look/sweeps/{name}/cells/{cell:int}", cell_page),
    Route("/api/look/sweeps/{name}/charts/{chart}", sweep_chart),
    Route("/api/look/sweeps/{name}/policies/{chart}", policy_chart),
]
