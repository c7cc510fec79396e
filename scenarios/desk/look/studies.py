"""Studies that leave tables beside their page: a tuned policy, the mildest end of a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from scenarios.desk.look.asked import at
from scenarios.desk.look.opened import fitting
from scenarios.desk.look.told import drawn, look_page
from scenarios.desk.workspace import RUNS
from sim.errors import UserError

if TYPE_CHECKING:
    import polars as pl
    from starlette.requests import Request

    from scenarios.desk.workspace import Workspace

TUNED, REVERSE = "tuned policy", "reverse stress"
FILES = {TUNED: ("checks.csv", "trials.csv"), REVERSE: ("levers.csv", "along.csv", "storyline.toml")}
CHARTS = {
    TUNED: {
        "against": "Each policy on noise that the search has not seen: how far the tuned one lies ahead there is how "
        "much was learned.",
        "search": "Every trial of the search in order; the line is the best one so far.",
    },
    REVERSE: {
        "along": "How often the desk ends as the storyline goes further in its direction.",
        "levers": "How often the desk still ends on the storyline that was found, with each lever against it.",
    },
}
LARGEST = 16 * 2**20  # bytes of a study's table
LONGEST = 255  # bytes of a file's name


@dataclass(frozen=True)
class Study:
    """A study's folder."""

    kind: str
    name: str
    folder: Path
    changed: datetime

    @property
    def opens(self) -> str:
        """The address of its page."""
        return at("look", "studies", self.name)

    def table(self, file: str) -> pl.DataFrame:
        """A table of the study. Raises UserError for one that is too large to be it."""
        import polars as pl

        place = self.folder / file
        if place.stat().st_size > LARGEST:
            raise UserError("a study's table is a small file", value=place.stat().st_size, place=file)
        return pl.read_csv(place)


def studies(workspace: Workspace) -> list[Study]:
    """Studies in the folder, the youngest first."""
    place = workspace.folder / RUNS
    names = [each.name for each in place.iterdir()] if place.is_dir() else []
    found = [each for name in names if (each := _found(place, name)) is not None]
    return sorted(found, key=lambda each: each.changed, reverse=True)


def _found(place: Path, name: str) -> Study | None:
    """None for what is no study, is hidden, or lies elsewhere (a link)."""
    folder = place / name
    if name.startswith(".") or folder.parent != place or not name.isprintable() or len(name.encode()) > LONGEST:
        return None
    if folder.is_symlink():
        return None
    for kind, files in FILES.items():
        if all((folder / file).is_file() and not (folder / file).is_symlink() for file in files):
            return Study(kind, name, folder, datetime.fromtimestamp((folder / files[0]).stat().st_mtime, UTC))
    return None


def _asked(request: Request) -> Study:
    workspace: Workspace = request.app.state.workspace
    name = request.path_params["name"]
    found = _found(workspace.folder / RUNS, name)
    if found is None:
        raise UserError("there is no such study in the desk's folder", value=name, place=RUNS)
    return found


def study_page(request: Request) -> Response:
    """A study: its tables as the command prints them, its charts, and the storyline that was found."""
    study = _asked(request)
    with fitting(study.name):
        content = _tuned(study) if study.kind == TUNED else _reverse(study)
    charts = [(name, at("api", "look", "studies", study.name, name), text) for name, text in CHARTS[study.kind].items()]
    shown = {"title": f"{study.name}: {study.kind}", "charts": charts, **content}
    return look_page(request, "look_study.html.j2", [(study.opens, study.name)], **shown)


def _tuned(study: Study) -> dict[str, Any]:
    from analysis.page import Table
    from analysis.pages.tuned_page import HEAD, NOTE, tables_of

    found = tables_of(study.table("checks.csv"))
    return {"tables": [Table(title, HEAD, rows, note=NOTE if i == 0 else "") for i, (title, rows) in enumerate(found)]}


def _reverse(study: Study) -> dict[str, Any]:
    from analysis.page import Table
    from analysis.pages.reverse_page import LEVERS, NOTE, lever_rows

    table = Table("What would have saved it", LEVERS, lever_rows(study.table("levers.csv")), note=NOTE)
    place = study.folder / "storyline.toml"
    if place.stat().st_size > LARGEST:
        raise UserError("a storyline is a small file", value=place.stat().st_size, place=place.name)
    return {"tables": [table], "storyline": place.read_text(encoding="utf-8")}


def study_chart(request: Request) -> Response:
    """A chart of a study."""
    study, name = _asked(request), request.path_params["chart"]
    if name not in CHARTS[study.kind]:
        raise UserError("a study has no such chart", value=name, remedy=f"charts: {', '.join(CHARTS[study.kind])}")
    with fitting(study.name):
        return drawn(lambda: _draw(study, name))


def _draw(study: Study, name: str) -> Any:
    from analysis.charts import reverse, tuned
    from scenarios.studies.reverse.reverse import SCALES

    if study.kind == TUNED:
        if name == "against":
            return tuned.against(study.table("checks.csv"))
        return tuned.search(study.table("trials.csv"), None)  # its risk stands on its page only
    if name == "along":
        return reverse.along(study.table("along.csv"))
    along = study.table("along.csv")
    found = along.row(list(SCALES).index(1.0), named=True)["share"]
    return reverse.by_lever(study.table("levers.csv"), float(found))


ROUTES = [
    Route("/look/studies/{name}", study_page),
    Route("/api/look/studies/{name}/{chart}", study_chart),
]
