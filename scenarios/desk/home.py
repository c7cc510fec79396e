"""The first page: what lies in the desk's folder, and the way to the parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from scenarios.desk.layout import HERE, page
from scenarios.desk.parts import load
from scenarios.desk.workspace import RUNS, SWEEPS

if TYPE_CHECKING:
    from starlette.requests import Request

    from scenarios.desk.workspace import Workspace

SHOWN = 12  # datasets of a kind


def home(request: Request) -> Response:
    """The first page."""
    workspace: Workspace = request.app.state.workspace
    found = {kind: workspace.all(kind)[:SHOWN] for kind in (RUNS, SWEEPS)}
    answer = page(request, "home.html.j2", title="Spiral", found=found, folder=str(workspace.folder))
    answer.background = BackgroundTask(load)  # while it is read
    return answer


def static(request: Request) -> Response:
    """A script or a style of the desk; `charts.js` is Vega with all it needs."""
    name = request.path_params["name"]
    if name == "charts.js":
        from analysis import bundle

        text = bundle.script().replace("<\\/script", "</script")
        return Response(text, media_type="text/javascript", headers={"Cache-Control": "private, max-age=3600"})
    kept = {file.name: file for folder in ("static", "*/static") for file in HERE.glob(f"{folder}/*")}
    if name not in kept:
        return Response("there is no such file", 404)
    return FileResponse(kept[name])


ROUTES = [Route("/", home), Route("/static/{name}", static)]
