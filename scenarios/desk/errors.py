"""What a browser is told when something is wrong: the one line that the command line would print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from scenarios.desk.layout import page
from sim.errors import SpiralError, UserError

if TYPE_CHECKING:
    from starlette.requests import Request

    from scenarios.desk.workspace import Workspace

API = "/api/"  # addresses that answer in JSON


def told(request: Request, error: Exception) -> Response:
    """The answer to a request that failed: a page, or JSON below `/api/` as {"error": one line}."""
    status, text = _status(error, request.app.state.workspace)
    headers = error.headers if isinstance(error, HTTPException) else None
    if request.url.path.startswith(API) or "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": text}, status, headers)
    return page(request, "error.html.j2", status=status, title="This did not work", text=text)


def _status(error: Exception, workspace: Workspace) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    if isinstance(error, UserError):
        return 400, workspace.line(error)
    if isinstance(error, SpiralError):
        return 500, workspace.line(error)
    return 500, f"a fault of the program, {type(error).__name__}: please report it"
