"""The browser desk as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from scenarios.desk import home
from scenarios.desk.errors import told
from scenarios.desk.guard import Guard
from scenarios.desk.trade import api, lecturer, student
from scenarios.desk.trade.rooms import Rooms
from scenarios.desk.workspace import Workspace
from sim.errors import SpiralError

if TYPE_CHECKING:
    from scenarios.desk.settings import Settings

ROUTES = [*home.ROUTES, *lecturer.ROUTES, *student.ROUTES, *api.ROUTES]  # each part of the desk adds its own


def make_app(settings: Settings) -> Starlette:
    """The desk over a folder."""
    handlers = {HTTPException: told, SpiralError: told, Exception: told}
    guards = [Middleware(Guard, settings)]
    app = Starlette(routes=ROUTES, middleware=guards, exception_handlers=handlers, lifespan=_life)
    app.state.settings = settings
    app.state.workspace = Workspace(settings.folder)
    app.state.rooms = Rooms(settings.folder.resolve())
    return app


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    """When the server ends, so do the processes of its classes."""
    yield
    app.state.rooms.close()
