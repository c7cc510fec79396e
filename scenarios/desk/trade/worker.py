"""The process in which the world of a class lives: lines of JSON in, lines of JSON out.

Started by `world_process`, which it outlives by nothing: when its input ends, so does it.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.desk.trade.bots_lived import live_bots
from scenarios.desk.trade.chosen import Chosen
from scenarios.desk.trade.class_world import ClassWorld
from scenarios.desk.trade.debriefing import debrief
from sim.errors import SpiralError
from sim.text import one_line

Answer = dict[str, Any]


class Worker:
    """Answers requests, one after the other."""

    def __init__(self) -> None:
        self._world: ClassWorld | None = None
        self._known: dict[str, Callable[[Answer], Answer]] = {
            "open": self._open,
            "advance": self._advance,
            "bots": self._bots,
            "debrief": self._debrief,
        }

    def answer(self, request: Answer) -> Answer:
        """The answer to a request; {"error": one line} where it failed."""
        try:
            return self._known[request["do"]](request)
        except SpiralError as error:
            return {"error": one_line(str(error))}

    def _open(self, request: Answer) -> Answer:
        self._world = ClassWorld(Chosen.of_json(request["chosen"]), request["students"])
        return {"seen": self._world.seen()}

    def _advance(self, request: Answer) -> Answer:
        assert self._world is not None
        refused = self._world.advance(request["orders"])
        return {"seen": self._world.seen(), "refused": refused}

    def _bots(self, request: Answer) -> Answer:
        live_bots(Chosen.of_json(request["chosen"]), Path(request["folder"]))
        return {}

    def _debrief(self, request: Answer) -> Answer:
        chosen = Chosen.of_json(request["chosen"])
        debrief(chosen, request["students"], request["orders"], Path(request["folder"]), Path(request["run"]))
        return {}


def main() -> None:
    """Answer until the input ends."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    asked: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    worker = Worker()
    while True:
        answer = worker.answer(json.loads(asked.get()))
        out.write(json.dumps(answer, allow_nan=False) + "\n")
        out.flush()


def _listen(asked: queue.Queue[str]) -> None:
    """Pass lines on; end the process at once when the server has gone, whatever is under way."""
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
