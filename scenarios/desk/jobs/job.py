"""The record of a job: what it runs, its state, and what became of it. A file of its own, written whole."""

from __future__ import annotations

import dataclasses
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scenarios.desk.jobs.wanted import Wanted, wanted_of
from sim.errors import UserError
from sim.files import write_whole
from sim.json_file import read_json

WAITING, RUNNING, DONE = "waiting", "running", "done"
FAILED, CANCELLED, INTERRUPTED = "failed", "cancelled", "interrupted"
DIGITS = str.maketrans("T", "-", "-:.")  # of a moment: 20261129-194500123
ENDED = (DONE, FAILED, CANCELLED, INTERRUPTED)
WORDS = {  # of a state, for people
    WAITING: "waits for those before it",
    RUNNING: "running",
    DONE: "done",
    FAILED: "failed",
    CANCELLED: "nothing was kept",
    INTERRUPTED: "the server ended; nothing was kept",
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as it is kept. Times are UTC, ISO 8601, "" where they have not come.

    run: folder of its run below `runs/`, "" before it is done. why: the one line of a failure. command: that of the
    command line which does the same.
    """

    id: str
    wanted: Wanted
    title: str
    command: str
    made: str
    state: str = WAITING
    begun: str = ""
    ended: str = ""
    run: str = ""
    why: str = ""

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state not in ENDED

    def now(self, state: str, **more: Any) -> Job:
        """The same job in another state, from this moment."""
        stamp = {RUNNING: "begun"}.get(state, "ended" if state in ENDED else "made")
        changes: dict[str, Any] = {"state": state, stamp: moment(), **more}
        return dataclasses.replace(self, **changes)

    def write(self, folder: Path) -> None:
        """Keep it, whole or not at all. Raises UserError or SpiralError."""
        write_whole(folder / f"{self.id}.json", json.dumps(dataclasses.asdict(self), indent=1))


def new_job(wanted: Wanted, title: str, command: str) -> Job:
    """A job that waits, with an id that sorts by time."""
    made = moment()
    return Job(
        id=f"{made[:23].translate(DIGITS)}-{secrets.token_hex(2)}",
        wanted=wanted,
        title=title,
        command=command,
        made=made,
    )


def read_job(file: Path) -> Job | None:
    """The job of a file, None where it is not one."""
    try:
        found = read_json(file)
        if not isinstance(found, dict) or found.get("id") != file.stem or found.get("state") not in WORDS:
            return None
        return Job(**{**found, "wanted": wanted_of(found["wanted"])})
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return None


def moment() -> str:
    """Now."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def seconds(begin: str, end: str) -> float:
    """From one moment to another, s."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
