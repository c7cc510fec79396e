"""What if: a run, and variations of it on the same noise, with the differences that the changes make."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from analysis import page as shown_page
from analysis.charts.what_if import what_if as what_if_chart
from analysis.compare import compare
from analysis.numbers import Number
from scenarios.desk.build.knobs import groups, policy_knobs
from scenarios.desk.forms import posted, text
from scenarios.desk.jobs.job import DONE, Job
from scenarios.desk.jobs.pages import shown, start
from scenarios.desk.jobs.reading import check_size, scenario_of, scenario_tables
from scenarios.desk.jobs.wanted import Wanted
from scenarios.desk.layout import chart_json, page
from scenarios.desk.workspace import RUNS, Workspace
from scenarios.reading.loading import from_dict
from sim.dataset import Run, open_run
from sim.errors import SpiralError, UserError
from sim.figure_text import apart_text_of
from sim.metric_names import COST

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

    from scenarios.desk.jobs.queue import Queue
    from scenarios.scenario import Scenario

ROWS = 6  # variations of one form
CLEAR = 2.0  # standard errors, beyond which a difference is marked
FIRST = (  # figures that a page has first, as far as the runs have them
    COST,
    "pnl",
    "unhedged_pnl",
    "es_95",
    "convexity",
    "carry",
    "slippage",
    "re_marking",
    "liquidity_tax",
    "closeout_cost",
    "funding",
    "feedback_cost",
    "survival_rate",
    "book_taken",
    "worst_close_mean",
    "survival_capital_95",
    "peak_vol",
    "peak_loop_gain",
)


@dataclass(frozen=True)
class Variation:
    """A finished variation: its name and the comparison of it with the base, as `analysis.compare` has it."""

    name: str
    run: str
    frame: pl.DataFrame


def what_if(request: Request) -> Response:
    """The base, its variations so far, and a form for more."""
    return _shown(request, {})


def vary(request: Request, form: FormData) -> Response:
    """Queue the variations of a form, all or none of them."""
    base, queue = request.path_params["run"], request.app.state.jobs
    typed = {key: value for key, value in form.items() if isinstance(value, str)}
    try:
        wanted = [each for row in range(ROWS) if (each := _row(base, form, row)) is not None]
        if not wanted:
            raise UserError("no variation is given", remedy="write one KEY=VALUE a line")
        for each in wanted:
            check_size(scenario_of(each, queue.folder), queue.limits)
        for each in wanted:
            start(request, each)
    except UserError as error:
        return _shown(request, typed, request.app.state.workspace.line(error))
    return RedirectResponse(f"/run/what-if/{base}", 303)


def _row(base: str, form: FormData, row: int) -> Wanted | None:
    """The variation of a row of the form, None where it is empty."""
    settings = tuple(line.strip() for line in text(form, f"settings-{row}").splitlines() if line.strip())
    if not settings:
        return None
    return Wanted(base=base, label=text(form, f"label-{row}") or ", ".join(settings)[:60], settings=settings)


def _shown(request: Request, typed: dict[str, str], error: str = "") -> Response:
    workspace: Workspace = request.app.state.workspace
    queue: Queue = request.app.state.jobs
    base = workspace.get(RUNS, request.path_params["run"])
    scenario = from_dict(scenario_tables(base.name, workspace.folder), place=base.name, trust=False)
    jobs = [job for job in reversed(queue.all()) if job.wanted.base == base.name]
    found, notes = _variations(workspace, base.folder, jobs)
    figures = _figures(found)
    figure = request.query_params.get("figure", COST if COST in figures else next(iter(figures), ""))
    return page(
        request,
        "what_if.html.j2",
        status=400 if error else 200,
        title=f"What if: {base.name}",
        base=base.name,
        scenario=scenario,
        jobs=[shown(queue, job) for job in jobs if job.state != DONE],
        table=_table(base.name, found, first=True) if found else None,
        others=_table(base.name, found, first=False) if found else None,
        chart=_chart(base.name, found, figure, figures) if found and figure in figures else "",
        figures=figures,
        figure=figure,
        notes=notes,
        rows=range(ROWS),
        typed=typed,
        ideas=_ideas(scenario),
        keys=_keys(scenario),
        commands=[f"spiral compare runs/{base.name} runs/{each.run}" for each in found],
        error=error,
    )


def _variations(workspace: Workspace, base: Path, jobs: list[Job]) -> tuple[list[Variation], list[str]]:
    """Those that are done and still there, and what is wrong with the others."""
    found, notes = [], []
    for job in jobs:
        if job.state != DONE:
            continue
        try:
            place = workspace.get(RUNS, job.run).folder
            found.append(Variation(job.wanted.label, job.run, _compared(*_dated(base), *_dated(place))))
        except SpiralError as error:
            notes.append(f"{job.wanted.label}: {workspace.line(error)}")
    return found, notes


def _dated(folder: Path) -> tuple[str, int]:
    """A run's folder and when it was made, so that a remembered comparison is not of an earlier one."""
    return str(folder), (folder / "manifest.json").stat().st_mtime_ns


@lru_cache(maxsize=64)
def _compared(a: str, made_a: int, b: str, made_b: int) -> pl.DataFrame:
    return compare(_open(a), _open(b))


def _open(folder: str) -> Run:
    return open_run(Path(folder))


def _figures(found: list[Variation]) -> dict[str, str]:
    """Names and labels of the figures that all have."""
    common: dict[str, str] = {}
    for i, each in enumerate(found):
        labels = dict(each.frame.select("name", "label").iter_rows())
        common = labels if i == 0 else {name: label for name, label in common.items() if name in labels}
    return common


def _table(base: str, found: list[Variation], *, first: bool) -> shown_page.Table:
    """A row a figure: the base, and what each variation has more. first: the figures that come first, or the others."""
    rows = []
    for name, label in _figures(found).items():
        if (name in FIRST) != first:
            continue
        own = [each.frame.row(by_predicate=pl.col("name") == name, named=True) for each in found]
        of_base = Number(value=own[0]["a"], unit=own[0]["unit"], label=label, error=own[0]["a_error"])
        rows.append((label, str(of_base), *(_difference(row) for row in own)))
    header = ("figure", base, *(f"{each.name}: more than {base}" for each in found))
    note = (
        "Differences, with their standard errors: variation less base, path by path for averages and ES, as both "
        "have the same noise. *: beyond two standard errors. A desk that is liquidated sooner loses nothing "
        "afterwards: read its cost beside the survival rate and the share of the book taken."
    )
    return shown_page.Table("", header, rows, note=note)


def _difference(row: dict[str, Any]) -> str:
    apart = apart_text_of(row["difference"], row["unit"], row["error"])
    clear = row["error"] is not None and abs(row["difference"]) > CLEAR * row["error"]
    return f"{apart}{' *' if clear else ''}"


def _chart(base: str, found: list[Variation], figure: str, figures: dict[str, str]) -> str:
    rows = [each.frame.row(by_predicate=pl.col("name") == figure, named=True) for each in found]
    names = [f"{i}. {each.name}" for i, each in enumerate(found, 1)]
    frame = pl.DataFrame(
        {
            "variation": names,
            "difference": [row["difference"] for row in rows],
            "error": [row["error"] for row in rows],
        },
        schema_overrides={"error": pl.Float64},
    )
    return chart_json(what_if_chart(frame, figures[figure], rows[0]["unit"], base))


def _ideas(scenario: Scenario) -> list[tuple[str, str]]:
    """Variations that are often asked for: label and settings."""
    found = []
    if (policy := policy_knobs(scenario, None)) is not None:
        found += [
            (f"policy {kind}", f'{policy.key}={{ kind = "{kind}" }}') for kind in policy.kinds if kind != policy.kind
        ]
        if policy.kind != "never":
            found[:0] = [("hedged daily", f'{policy.key}={{ kind = "every", interval = "1d" }}')]
    every = {knob.key: knob for group in groups(scenario) for knob in group.knobs}
    names = [f"agents.{policy.agent}.capital"] if policy is not None else []
    for key in (*names, "venue.asset.depth", "venue.asset.half_spread"):
        if key in every:
            for factor in (0.5, 2.0):
                value = float(every[key].value) * factor
                found.append((f"{key.rpartition('.')[2].replace('_', ' ')} x {factor:g}", f"{key}={value:.10g}"))
    found += [(f"no {key.rpartition('.')[2]} loop", f"{key}=0.0") for key in every if key.startswith("feedback.")]
    return found


def _keys(scenario: Scenario) -> list[tuple[str, str]]:
    """Keys with their value now, for those who type."""
    found = [(knob.key, knob.value) for group in groups(scenario) for knob in group.knobs]
    with contextlib.suppress(KeyError):
        if (policy := policy_knobs(scenario, None)) is not None:
            found += [(knob.key, knob.value) for knob in policy.kinds[policy.kind][1]]
    return found


ROUTES = [
    Route("/run/what-if/{run}", what_if, methods=["GET"]),
    Route("/run/what-if/{run}", posted(vary), methods=["POST"]),
]
