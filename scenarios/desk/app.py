"""The browser desk as an ASGI application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from scenarios.desk import home
from scenarios.desk.errors import told
from scenarios.desk.guard import Guard
from scenarios.desk.jobs.queue import Queue
from scenarios.desk.parts import parts
from scenarios.desk.trade.later_rooms import LaterRooms
from scenarios.desk.workspace import Workspace
from sim.errors import SpiralError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scenarios.desk.settings import Settings


def make_app(settings: Settings) -> Starlette:
    """The desk over a folder."""
    handlers = {HTTPException: told, SpiralError: told, Exception: told}
    guard = [Middleware(Guard, settings)]
    app = Starlette(routes=[*home.ROUTES, *parts()], middleware=guard, exception_handlers=handlers, lifespan=_life)
    app.state.settings = settings
    app.state.workspace = Workspace(settings.folder)
    app.state.jobs = Queue(settings.folder, settings.limits)
    app.state.rooms = LaterRooms(settings.folder.resolve())
    return app


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    """While the desk is served, its jobs run; when it ends, so do the processes of jobs and classes."""
    await run_in_threadpool(app.state.jobs.open)
    yield
    app.state.rooms.close()
    await run_in_threadpool(app.state.jobs.close)
