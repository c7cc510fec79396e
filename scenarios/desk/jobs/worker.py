"""The process of a job: `python -m scenarios.desk.jobs.worker`, with what it shall run as a line of JSON.

It says its progress on standard output, a line of JSON each, and its last line is the run's name or what went wrong.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from scenarios.desk.jobs.reading import manifest_of, scenario_of
from scenarios.desk.jobs.wanted import Wanted, wanted_of
from scenarios.desk.workspace import Workspace
from sim.errors import SpiralError
from sim.signals import polite

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

PAUSE = 0.2  # seconds between two messages of progress
GRACE = 10.0  # seconds to clean up once the server has gone


class Teller:
    """Messages to the server."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._last, self._stage = out, 0.0, ""

    def say(self, **message: Any) -> None:
        """One message."""
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def progress(self, done: int, total: int, stage: str = "running") -> None:
        """How far it is; not more often than `PAUSE` for one stage."""
        now = time.monotonic()
        if stage != self._stage or now - self._last >= PAUSE or done >= total:
            self._last, self._stage = now, stage
            self.say(done=done, total=total, stage=stage)


def main() -> int:
    """Run what the first line of standard input says."""
    teller = Teller(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # nothing else that is printed reaches the server as a message
    line = sys.stdin.readline()
    threading.Thread(target=_end_with_server, daemon=True).start()
    try:
        with polite():
            run = made(wanted_of(json.loads(line)), Path.cwd(), teller)
    except SpiralError as error:
        teller.say(error=Workspace(Path.cwd()).line(error))
        return 1
    except KeyboardInterrupt:
        return 130
    teller.say(run=run)
    return 0


def made(wanted: Wanted, folder: Path, teller: Teller) -> str:
    """Run it, write its report; the name of its folder below `runs/`."""
    teller.progress(0, 0, "reading")
    scenario = _ready(scenario_of(wanted, folder), teller)
    place = _place(wanted, scenario)
    from scenarios.studies.run import run

    command = wanted.command(_command_of(wanted.base, folder))
    finished = run(scenario, out=place, progress=teller.progress, command=command)
    teller.progress(0, 0, "writing the report")
    _report(finished)
    return place.name


def _ready(scenario: Scenario, teller: Teller) -> Scenario:
    """The scenario with the outside world of its record, where that is still to be found."""
    from scenarios.checking.outside import is_pending
    from scenarios.studies.calibrating.before_run import ready

    if not is_pending(scenario.storyline):
        return scenario
    return ready(scenario, progress=lambda stage, done, total: teller.progress(done, total, stage))


def _place(wanted: Wanted, scenario: Scenario) -> Path:
    """The run's folder: of its name, or of scenario and seed; with a number where another run stands there."""
    from scenarios.worlds.manifest import content_hash
    from scenarios.worlds.run_files import first_folder
    from sim.run_folder import own_folder

    first = first_folder(scenario)
    if wanted.name:
        first = Path("runs") / wanted.name
    elif wanted.base:
        label = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted.label).strip("-")[:60] or "what-if"
        first = Path("runs") / f"{wanted.base[:80]}--{label}"
    return own_folder(first, content_hash(scenario, None))


def _command_of(base: str, folder: Path) -> str | None:
    command = manifest_of(base, folder).get("command") if base else None
    return command if isinstance(command, str) else None


def _report(run: Any) -> None:
    from analysis.pages.report import report_page
    from sim.run_pages import REPORT, add_page

    add_page(run, REPORT, report_page(run))


def _end_with_server() -> None:
    """End this process when its standard input closes, which the server holds open while it lives."""
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
