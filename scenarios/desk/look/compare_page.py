"""Two runs, or two worlds of one, beside one another."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from analysis import frames
from analysis.charts import both
from analysis.compare import CAPTIONS, cells_of, compare, cost_apart, differences, note_of
from analysis.sides import in_common, names_of, worlds_of
from scenarios.desk.look.opened import the_run
from scenarios.desk.look.told import drawn, fragment, look_page
from scenarios.desk.workspace import RUNS
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from scenarios.desk.workspace import Workspace
    from sim.dataset import Run

CHARTS = {
    "bands": CAPTIONS["bands"],
    "cost": CAPTIONS["cost"],
    "level": "The market that each had: choose the level.",
}


@contextmanager
def _sides(request: Request) -> Iterator[tuple[Run, Run, str | None]]:
    """Both sides, and the desk: `run` twice, or once with `worlds` twice. Raises UserError."""
    given = request.query_params
    names, worlds = given.getlist("run"), [world for world in given.getlist("worlds") if world]
    if len(set(names)) == 1 and len(worlds) != 2:
        worlds = []
    if len(names) not in (1, 2) or (len(set(names)) == 1 and not worlds):
        rule, remedy = "two runs are compared, or two worlds of one", "choose two in the list"
        raise UserError(rule, value=", ".join(names) or "none", remedy=remedy)
    with ExitStack() as stack:
        open_by = {name: stack.enter_context(the_run(request, name)) for name in sorted(set(names))}
        if len(set(names)) == 1:
            a, b = worlds_of(open_by[names[0]], *worlds)
        else:
            a, b = (open_by[name] for name in names)
        yield a, b, given.get("agent") or None


def compare_page(request: Request) -> Response:
    """Where the two differ; figures and charts follow."""
    workspace: Workspace = request.app.state.workspace
    given = request.query_params
    with _sides(request) as (a, b, agent):
        first, second = names_of(a, b)
        names = given.getlist("run")
        worlds = [str(world) for world in a.of.manifest["worlds"]] if len(set(names)) == 1 else []  # type: ignore[attr-defined]
        query = urlencode([(key, value) for key, value in given.multi_items() if key in ("run", "worlds")])
        swapped = [("run", name) for name in reversed(names)]
        swapped += [("worlds", world) for world in reversed(given.getlist("worlds"))]
        return look_page(
            request,
            "look_compare.html.j2",
            [("", "compare")],
            title=f"{first} and {second}",
            meta=[
                f"{name}: {run.manifest['paths']:,} paths, seed {run.manifest['seed']}"
                for name, run in ((first, a), (second, b))
            ],
            differences=differences(a, b),
            names=names,
            known=_known(workspace, names),
            worlds=worlds,
            chosen=given.getlist("worlds"),
            agents=sorted({*frames.hedgers(a)} & {*frames.hedgers(b)}),
            agent=agent or "",
            query=query,
            swapped=urlencode(swapped),
            charts=CHARTS,
            levels=both.LEVELS,
        )


def _known(workspace: Workspace, names: list[str]) -> list[str]:
    found = [each.name for each in workspace.all(RUNS) if each.name.isprintable()]
    return [*found, *(name for name in dict.fromkeys(names) if name not in found)]


def compare_table(request: Request) -> Response:
    """Figures side by side, with their differences and errors."""
    with _sides(request) as (a, b, agent):
        found = compare(a, b, agent=agent)
        first, second = names_of(a, b)
        rows = [
            (label, str(x), str(y), str(apart), clear, _key(apart)) for label, x, y, apart, clear in cells_of(found)
        ]
        return fragment("look_compared.html.j2", first=first, second=second, rows=rows, note=note_of(*in_common(a, b)))


def _key(apart: Any) -> str:
    return repr(apart.value) if apart.known else ""


def compare_chart(request: Request) -> Response:
    """A chart of both."""
    name = request.path_params["chart"]
    if name not in CHARTS:
        raise UserError("there is no such chart of two runs", value=name, remedy=f"charts: {', '.join(CHARTS)}")
    with _sides(request) as (first, second, agent):
        a, b = in_common(first, second)
        if name == "bands":
            return drawn(lambda: both.pnl_bands(a, b, agent=agent))
        if name == "level":
            return drawn(lambda: both.level_bands(a, b, level=request.query_params.get("level") or "mid"))
        apart = cost_apart(compare(a, b, agent=agent))
        return drawn(lambda: both.cost_parts(a, b, apart, agent=agent))


ROUTES = [
    Route("/look/compare", compare_page),
    Route("/look/compare/table", compare_table),
    Route("/api/look/compare/{chart}", compare_chart),
]
