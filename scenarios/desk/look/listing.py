"""The list: every run, sweep and study of the folder, with what it is; headline figures follow one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from analysis import frames, liquidity, numbers, parts, pnl
from scenarios.desk.look.asked import at
from scenarios.desk.look.opened import the_run, the_sweep
from scenarios.desk.look.studies import studies
from scenarios.desk.look.told import look_page
from scenarios.desk.workspace import KINDS, RUNS, SWEEPS
from sim.errors import SpiralError
from sim.figure_text import held
from sim.manifest import read_manifest
from sim.metric_names import COST
from sim.sweep_manifest import read_manifest as read_sweep

if TYPE_CHECKING:
    from starlette.requests import Request

    from analysis.numbers import Number
    from scenarios.desk.workspace import Found, Workspace
    from sim.dataset import Run
    from sim.sweep_dataset import SweepResult

KNOWN = 1_000  # manifests whose line of the list is remembered


@dataclass(frozen=True)
class Line:
    """A line of the list. `error`: why it cannot be opened; `headline`: where its figure is fetched."""

    kind: str
    name: str
    changed: datetime
    title: str = ""
    dates: str = ""
    paths: int | None = None
    about: str = ""
    error: str = ""
    headline: str = ""
    opens: str = ""


def look(request: Request) -> Response:
    """The list."""
    workspace: Workspace = request.app.state.workspace
    found = {kind: [_line(each) for each in workspace.all(kind)] for kind in (RUNS, SWEEPS)}
    return look_page(
        request,
        "look_list.html.j2",
        [],
        title="Look",
        folder=str(workspace.folder),
        runs=found[RUNS],
        sweeps=found[SWEEPS],
        studies=studies(workspace),
    )


def _line(found: Found) -> Line:
    manifest = found.folder / KINDS[found.kind]
    try:
        said = _described(found.kind, found.folder, manifest.stat().st_mtime_ns)
    except SpiralError as error:
        said = {"error": str(error)}
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        said = {"error": f"its manifest is not as this version writes it ({type(error).__name__})"}
    if any("\ud800" <= character <= "\udfff" for character in found.name):  # bytes that are no text: no address has it
        return Line(found.kind, found.name, found.changed, error="its name cannot be written in an address")
    opens = at("look", found.kind, found.name)
    ask = "" if "error" in said else at("api", "look", found.kind, found.name, "headline")
    return Line(found.kind, found.name, found.changed, opens=opens, headline=ask, **said)


@lru_cache(KNOWN)
def _described(kind: str, folder: Path, stamp: int) -> dict[str, Any]:
    return _of_run(read_manifest(folder)) if kind == RUNS else _of_sweep(read_sweep(folder / KINDS[SWEEPS]))


def _of_run(manifest: dict[str, Any]) -> dict[str, Any]:
    clock = manifest.get("clock") or {}
    days = [str(clock[end])[:10] for end in ("first", "last") if end in clock]
    return {
        "title": str(manifest.get("title") or manifest["name"]),
        "dates": " to ".join(days),
        "paths": int(manifest["paths"]),
        "about": f"seed {manifest['seed']}; {', '.join(map(str, manifest['worlds']))}",
    }


def _of_sweep(manifest: dict[str, Any]) -> dict[str, Any]:
    axes = ", ".join(str(axis.get("label") or axis["name"]) for axis in manifest["axes"])
    return {
        "title": str(manifest.get("title") or manifest["name"]),
        "dates": ", ".join(map(str, manifest["scenarios"][:3])) + (", ..." if len(manifest["scenarios"]) > 3 else ""),
        "paths": int(manifest["paths"]),
        "about": f"{'sweep' if manifest['kind'] == 'sweep' else 'policies'} over {axes}; {manifest['cells']:,} cells",
    }


def run_headline(request: Request) -> Response:
    """Cost of survival of the first desk with its error; of a market without a desk its peak vol."""
    with the_run(request) as run:
        return _figure(headline(run))


def headline(run: Run) -> Number:
    """The figure that stands for a run: the same as on its page."""
    if not frames.desks(run, None):
        return liquidity.stress(run)["peak_vol"]
    label = parts.labels(parts.loss_of(run))[COST]
    return numbers.mean(pnl.cost(run, None, "actual", COST), "$", label)


def sweep_headline(request: Request) -> Response:
    """How far a sweep is, and the least and largest cost of survival of its cells."""
    with the_sweep(request) as sweep:
        return JSONResponse({"text": _ends(sweep), "value": sweep.done})


def _ends(sweep: SweepResult) -> str:
    from analysis.sweeps import axes

    done = f"{sweep.done:,} of {sweep.manifest['cells']:,} cells"
    cells = sweep.cells.collect()
    known = cells.filter(cells[COST].is_finite()).sort(COST) if COST in cells.columns else cells.clear()
    if not known.height:
        return done
    low, high = (axes.figure(sweep, known.row(i, named=True), COST) for i in (0, -1))
    return held(f"{done}: cost {low} to {high}")


def _figure(number: Number) -> Response:
    value = number.value if number.known else None
    return JSONResponse({"text": held(f"{number.label} {number}"), "value": value})


ROUTES = [
    Route("/look", look),
    Route("/api/look/runs/{name}/headline", run_headline),
    Route("/api/look/sweeps/{name}/headline", sweep_headline),
]
