"""The parts of the desk, each imported when a request first asks for it, or once the first page has been read.

All together they load the engine, the studies and every chart, which takes longer than the first page may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match, Router

from sim.registry import Registry

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# Each part's routes, by how their addresses begin.
ROUTES: Registry[list[BaseRoute]] = Registry(
    {
        "/look /api/look": "scenarios.desk.look.routes:ROUTES",
        "/run": "scenarios.desk.build.pages:ROUTES",
        "/rates": "scenarios.desk.rates.pages:ROUTES",
        "/trade /join /api/trade": "scenarios.desk.trade.routes:ROUTES",
        "/jobs /api/jobs /api/uploads": "scenarios.desk.jobs.pages:ROUTES",
    }
)


class Part(BaseRoute):
    """Every address of a part."""

    def __init__(self, begins: str) -> None:
        self._part, self._begins = begins, begins.split()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether an address begins like the part's; whether it is one of them, `handle` finds out."""
        path = scope.get("path", "")
        ours = scope["type"] == "http" and any(path == each or path.startswith(f"{each}/") for each in self._begins)
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As if the part's routes stood in this one's place."""
        routes = await run_in_threadpool(ROUTES.__getitem__, self._part)
        await Router(routes=routes)(scope, receive, send)


def parts() -> list[Part]:
    """All of them."""
    return [Part(begins) for begins in ROUTES]


def load() -> None:
    """Import all of them."""
    for begins in ROUTES:
        ROUTES[begins]
