"""The browser desk as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from scenarios.desk import home
from scenarios.desk.errors import told
from scenarios.desk.guard import Guard
from scenarios.desk.look import routes as look
from scenarios.desk.workspace import Workspace
from sim.errors import SpiralError

if TYPE_CHECKING:
    from scenarios.desk.settings import Settings

ROUTES = [*home.ROUTES, *look.ROUTES]  # each part of the desk adds its own


def make_app(settings: Settings) -> Starlette:
    """The desk over a folder."""
    handlers = {HTTPException: told, SpiralError: told, Exception: told}
    app = Starlette(routes=ROUTES, middleware=[Middleware(Guard, settings)], exception_handlers=handlers)
    app.state.settings = settings
    app.state.workspace = Workspace(settings.folder)
    return app
