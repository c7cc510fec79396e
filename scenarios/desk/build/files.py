"""What is downloaded of a run: its report, its figures as a workbook, its data."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from scenarios.desk.workspace import RUNS
from sim.errors import UserError

if TYPE_CHECKING:
    from starlette.requests import Request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(request: Request) -> Response:
    """One of `report.html`, `workbook.xlsx` and `data.zip` of a run."""
    name, what = request.path_params["run"], request.path_params["what"]
    folder = request.app.state.workspace.get(RUNS, name).folder
    if what == "report.html":
        return _report(folder, name)
    if what == "workbook.xlsx":
        return _attached(_workbook(folder), XLSX, f"{name}.xlsx")
    if what == "data.zip":
        return _data(folder, name)
    raise HTTPException(404)


def _report(folder: Path, name: str) -> Response:
    """The report as it stands in the folder, made now where it does not."""
    from analysis.pages.report import report_page
    from sim.dataset import open_run
    from sim.run_pages import REPORT

    place = folder / REPORT
    text = place.read_bytes() if place.is_file() else report_page(open_run(folder))
    return _attached(text, "text/html", f"{name}.html")


def _workbook(folder: Path) -> bytes:
    from analysis.export import run_sheets
    from analysis.workbook import workbook
    from sim.dataset import open_run

    return workbook(run_sheets(open_run(folder)))


def _data(folder: Path, name: str) -> Response:
    """Manifest and tables, as they lie in the folder."""
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as made:
        place = Path(made.name)
        try:
            with zipfile.ZipFile(made, "w") as archive:  # Parquet is compressed already
                for file in sorted(folder.rglob("*")):
                    if file.is_file() and not file.is_symlink():
                        archive.write(file, Path(name) / file.relative_to(folder))
        except OSError as error:
            place.unlink(missing_ok=True)
            raise UserError("the data cannot be packed", value=error.strerror, place=name) from None
    gone = BackgroundTask(place.unlink, missing_ok=True)
    return FileResponse(place, media_type="application/zip", filename=f"{name}.zip", background=gone)


def _attached(content: bytes | str, kind: str, name: str) -> Response:
    told = f"attachment; filename*=utf-8''{quote(name)}"
    return Response(content, media_type=kind, headers={"Content-Disposition": told})


ROUTES = [Route("/run/files/{run}/{what}", download)]
