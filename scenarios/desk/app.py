"""The browser desk as an ASGI application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from scenarios.desk import home
from scenarios.desk.build import pages as build
from scenarios.desk.errors import told
from scenarios.desk.guard import Guard
from scenarios.desk.jobs import pages as jobs
from scenarios.desk.jobs.queue import Queue
from scenarios.desk.look import routes as look
from scenarios.desk.rates import pages as rates
from scenarios.desk.trade import api, lecturer, student
from scenarios.desk.trade.rooms import Rooms
from scenarios.desk.workspace import Workspace
from sim.errors import SpiralError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scenarios.desk.settings import Settings

# Each part of the desk adds its own.
ROUTES = [
    *home.ROUTES,
    *look.ROUTES,
    *build.ROUTES,
    *rates.ROUTES,
    *lecturer.ROUTES,
    *student.ROUTES,
    *api.ROUTES,
    *jobs.ROUTES,
]


def make_app(settings: Settings) -> Starlette:
    """The desk over a folder."""
    handlers = {HTTPException: told, SpiralError: told, Exception: told}
    guard = [Middleware(Guard, settings)]
    app = Starlette(routes=ROUTES, middleware=guard, exception_handlers=handlers, lifespan=_life)
    app.state.settings = settings
    app.state.workspace = Workspace(settings.folder)
    app.state.jobs = Queue(settings.folder, settings.limits)
    app.state.rooms = Rooms(settings.folder.resolve())
    return app


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    """While the desk is served, its jobs run; when it ends, so do the processes of jobs and classes."""
    await run_in_threadpool(app.state.jobs.open)
    yield
    app.state.rooms.close()
    await run_in_threadpool(app.state.jobs.close)
