"""What commands ask of a finished run, remembered from one command to the next (`sim.kept_answers`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scenarios.house import stamp
from sim.kept_answers import kept_answer

if TYPE_CHECKING:
    from analysis.side_figures import SideFigures
    from sim.dataset import Run

FEW = 4_096  # paths up to which vectors over them are kept


def answer(run: Run, *question: object, find: Callable[[], Any]) -> Any:
    """What `find` says, as JSON has it. Raises UserError if the run is not as it was written."""

    def read() -> Any:
        with run.reading():
            return find()

    return kept_answer(run, question, stamp(), read)


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
