"""What commands ask of a finished run, remembered from one command to the next (`sim.kept_answers`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from scenarios.house import stamp
from sim.kept_answers import kept_answer
from sim.names import ACTUAL

if TYPE_CHECKING:
    from analysis.side_figures import SideFigures
    from sim.dataset import Run

FEW = 16_384  # paths up to which vectors over them are kept


def answer(run: Run, *question: object, find: Callable[[], Any]) -> Any:
    """What `find` says, as JSON has it. Raises UserError if the run is not as it was written."""

    def read() -> Any:
        with run.reading():
            return find()

    return kept_answer(run, question, _sources(), read)


@cache
def _sources() -> str:
    return stamp()


def side_of(run: Run, agent: str | None) -> SideFigures:
    """A side of a comparison: a run, its first paths, or a world of it."""
    from analysis.side_figures import packed, unpacked
    from analysis.sides import Side, whole

    def found() -> SideFigures:
        from analysis.compare import side_figures

        with run.reading():
            return side_figures(run, agent)

    paths = int(run.manifest["paths"])
    if paths > FEW:
        return found()
    world = run.world if isinstance(run, Side) else None
    return unpacked(answer(whole(run), "side", agent, paths, world, find=lambda: packed(found())))


def sheet_of(run: Run, name: str, agent: str | None) -> str:
    """A sheet of the run as CSV. Raises UserError for a name that no sheet has."""

    def found() -> str:
        from analysis.export import run_sheet
        from analysis.workbook import csv

        return csv(run_sheet(run, name, agent=agent)).decode()

    return str(answer(run, "sheet", name, agent, find=found))


def chart_of(run: Run, name: str, agent: str | None, world: str) -> dict[str, Any]:
    """The Vega-Lite specification of a chart. Raises UserError for a chart, an agent or a world that there is not."""

    def found() -> dict[str, Any]:
        from analysis import charts
        from analysis.pages.report import spec_of

        return spec_of(charts.draw(run, name, agent=agent, world=world))

    told: dict[str, Any] = answer(run, "chart", name, agent, world, find=found)
    return told


def remember(run: Run, drawn: Mapping[str, dict[str, Any]]) -> None:
    """Keep what later commands ask of a run while the figures that its report shows are at hand.

    drawn: the report's charts by name.
    """
    if int(run.manifest["paths"]) <= FEW:
        side_of(run, None)
    sheet_of(run, "figures", None)
    for name, spec in drawn.items():
        answer(run, "chart", name, None, ACTUAL, find=partial(dict, spec))
