"""Connections of the desk: each must ask in time, and no machine may take them all from the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

LOOKS = 20.0  # seconds between two looks at a connection
BODY = 6  # looks, after which the body of a request must have come
SPARE = 128  # files that are left for runs, tables and processes
WANTED, LEAST = 4096, 32  # connections at a time


class Connection(H11Protocol):
    """HTTP/1.1 by uvicorn, which itself waits for a request for ever.

    A connection on which nothing has been asked since the last look is closed, and so is one whose request never ends:
    one that is in use stays open, as a request that meets a closing connection is lost. Beyond
    `most`, and beyond half of them from one address, a new one is closed at once: without that, open files run out,
    and the server with them.
    """

    looks: ClassVar[float] = LOOKS
    most: ClassVar[int] = WANTED
    by_address: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._slow = 0  # looks at a body that has not come
        self._before: RequestResponseCycle | None = self.cycle  # that of the last look; none before the first
        self.by_address[self._address] += 1
        self._timer = self.loop.call_later(self.looks, self._look)
        if len(self.connections) > self.most or self.by_address[self._address] > max(self.most // 2, 1):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self.by_address[self._address] -= 1
        if not self.by_address[self._address]:
            del self.by_address[self._address]
        super().connection_lost(exc)

    def _look(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        answering = cycle is not None and not cycle.response_complete
        self._slow = self._slow + 1 if cycle is not None and answering and cycle.more_body else 0
        asked, self._before = cycle is not self._before, cycle
        if not (answering or asked) or self._slow >= BODY:
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(self.looks, self._look)


def connections(**limits: Any) -> type[Connection]:
    """The protocol for a server. limits: class variables of it; most: as many as the system lets us open."""
    return type("Connection", (Connection,), {"most": _most(), "by_address": Counter(), **limits})


def _most() -> int:
    """Open files that are left for connections, the system's limit raised as far as it goes."""
    try:
        import resource
    except ImportError:  # Windows
        return WANTED // 8
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED + SPARE if hard == resource.RLIM_INFINITY else min(WANTED + SPARE, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(min(max(soft, wanted) - SPARE, WANTED), LEAST)
