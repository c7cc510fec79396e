"""What is taken home: the report as one file, a workbook, the tables as a zip that is made while it is sent."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from analysis.export import run_sheets
from analysis.pages.report import report_page
from analysis.sweeps import outcomes
from analysis.sweeps.export import sweep_sheets
from analysis.workbook import workbook
from scenarios.desk.look.asked import asked
from scenarios.desk.look.opened import the_run, the_sweep
from sim.manifest import MANIFEST
from sim.scratch import scratch
from sim.sweep_folder import RUNS as KEPT
from sim.sweep_manifest import MANIFEST as SWEEP
from sim.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BLOCK = 1 << 20


def run_report(request: Request) -> Response:
    """The report of a run, as `spiral report` writes it. A file to keep: its script is its own, not this desk's."""
    with the_run(request) as run:
        return _file(request, report_page(run, agent=asked(request, run).agent), "report.html", "text/html")


def run_workbook(request: Request) -> Response:
    """The workbook of a run, as `spiral export` writes it."""
    with the_run(request) as run:
        return _file(request, workbook(run_sheets(run, agent=asked(request, run).agent)), "tables.xlsx", XLSX)


def run_data(request: Request) -> Response:
    """Manifest and tables of a run."""
    with the_run(request) as run:
        run.verify()
        return _zip(request, run.path, [MANIFEST, *run.files])


def sweep_report(request: Request) -> Response:
    """The page of a sweep or a frontier."""
    from analysis.pages.frontier_report import write_frontier_report
    from analysis.pages.sweep_report import write_sweep_report

    with the_sweep(request) as sweep, scratch("look") as folder:
        write = write_frontier_report if outcomes.has_frontier(sweep) else write_sweep_report
        return _file(request, write(sweep, folder / "report.html").read_bytes(), "report.html", "text/html")


def sweep_workbook(request: Request) -> Response:
    """The workbook of a sweep, as `spiral export` writes it."""
    with the_sweep(request) as sweep:
        return _file(request, workbook(sweep_sheets(sweep)), "tables.xlsx", XLSX)


def sweep_data(request: Request) -> Response:
    """Manifest and tables of a sweep, without the runs of its cells."""
    with the_sweep(request) as sweep:
        found = sorted(place for place in sweep.path.rglob("*") if place.is_file() and not place.is_symlink())
        names = [place.relative_to(sweep.path) for place in found]
        kept = [str(n) for n in names if n.parts[0] != KEPT and not any(part.startswith(".") for part in n.parts)]
        return _zip(request, sweep.path, [SWEEP, *(name for name in kept if name.endswith((".parquet", ".jsonl")))])


def _file(request: Request, content: bytes, ending: str, kind: str) -> Response:
    return Response(content, media_type=kind, headers=_as_file(request, ending))


def _as_file(request: Request, ending: str) -> dict[str, str]:
    """A download, never a page of this address: named after the dataset."""
    name = f"{plain(request.path_params['name']).replace('/', '_')}-{ending}"
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def _zip(request: Request, folder: Path, names: list[str]) -> Response:
    parts = _zipped(folder, names)
    return StreamingResponse(parts, media_type="application/zip", headers=_as_file(request, "data.zip"))


class _Sink:
    """What a zip file is written to: it is taken away block by block, so no archive is ever whole in memory."""

    def __init__(self) -> None:
        self._had: list[bytes] = []

    def write(self, block: bytes, /) -> int:
        """Keep a block."""
        self._had.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def taken(self) -> bytes:
        """What was written since it was last taken."""
        found = b"".join(self._had)
        self._had.clear()
        return found


def _zipped(folder: Path, names: list[str]) -> Iterator[bytes]:
    """A zip file of these files, as they are (Parquet is compressed already), piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name in dict.fromkeys(names):
            with (folder / name).open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                while block := source.read(BLOCK):
                    target.write(block)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


ROUTES = [
    Route("/look/runs/{name}/report.html", run_report),
    Route("/look/runs/{name}/workbook.xlsx", run_workbook),
    Route("/look/runs/{name}/data.zip", run_data),
    Route("/look/sweeps/{name}/report.html", sweep_report),
    Route("/look/sweeps/{name}/workbook.xlsx", sweep_workbook),
    Route("/look/sweeps/{name}/data.zip", sweep_data),
]
