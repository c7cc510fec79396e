"""Which workers of a cluster run this very engine: only they get cells, or cells would not be comparable."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from scenarios.studies.sweeps.fingerprint import fingerprint
from sim.errors import UserError

if TYPE_CHECKING:
    from distributed import Client, Future

Tell = Callable[[str], None]  # called with a line of text
EVERY = 1.0  # seconds between two looks for new workers


def to_stderr(line: str) -> None:
    """Print it where progress is printed."""
    print(line, file=sys.stderr, flush=True)


class Workers:
    """The workers that are there: `good` ones, with `threads` in all; others are named once and left alone."""

    def __init__(self, client: Client, tell: Tell) -> None:
        self._client, self._tell = client, tell
        self.good: frozenset[str] = frozenset()
        self.threads = 0
        self._known: dict[str, bool] = {}  # by address: whether its engine is this one
        self._asked: dict[str, Future] = {}
        self._looked = 0.0

    def check_all(self, address: str, start: str) -> None:
        """Ask all that are there for their engine. Raises UserError if there are none, or none has this one."""
        found: dict[str, Any] = self._client.run(fingerprint, on_error="return")
        if not found:
            remedy = f"start some: {start}"
            raise UserError("a cluster has workers", value="none", place=f"--cluster {address}", remedy=remedy)
        strays = {worker: engine for worker, engine in found.items() if engine != fingerprint()}
        if len(strays) == len(found):
            worker, engine = next(iter(strays.items()))
            value = f"{_told(engine)} on {worker}, {fingerprint()} here"
            remedy = "install the same Spiral, with the versions of constraints.txt, on every worker"
            raise UserError("workers run the same engine", value=value, place=f"--cluster {address}", remedy=remedy)
        for worker, engine in found.items():
            self._learn(worker, engine)
        self.look()

    def look(self) -> bool:
        """Update the list of workers, at most once a second, and check new ones; whether the usable ones changed."""
        if time.monotonic() - self._looked < EVERY:
            return False
        self._looked = time.monotonic()
        threads: dict[str, int] = self._client.nthreads()
        self._hear(threads)
        for worker in threads.keys() - self._known.keys() - self._asked.keys():
            key = f"spiral-engine-{uuid4().hex[:8]}"
            self._asked[worker] = self._client.submit(fingerprint, workers=[worker], key=key, pure=False, priority=1)
        good = frozenset(worker for worker in threads if self._known.get(worker))
        changed = good != self.good
        self.good, self.threads = good, sum(threads[worker] for worker in good)
        return changed

    def refuse(self, worker: str, engine: Any) -> None:
        """The worker gets no more cells; this is printed once."""
        if self._known.get(worker) is not False:
            self._known[worker] = False
            self._tell(f"{worker} runs another engine ({_told(engine)}, {fingerprint()} here): it gets no cells")
        self.good -= {worker}

    def _hear(self, threads: dict[str, int]) -> None:
        """Answers of new workers. A worker that has left is forgotten: another may come at its address."""
        for worker, future in list(self._asked.items()):
            if worker not in threads or future.status != "pending":
                del self._asked[worker]
                if worker in threads:
                    finished = future.status == "finished"
                    self._learn(worker, future.result() if finished else future.exception())
                future.release()
        for worker in self._known.keys() - threads.keys():
            del self._known[worker]

    def _learn(self, worker: str, engine: Any) -> None:
        if engine == fingerprint():
            self._known[worker] = True
        else:
            self.refuse(worker, engine)


def _told(engine: Any) -> str:
    return " ".join((engine if isinstance(engine, str) else f"{type(engine).__name__}: {engine}").split())
