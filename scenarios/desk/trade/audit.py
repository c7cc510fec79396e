"""Who did what in a class, and what came of it: lines of JSON that hold no secret."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from scenarios.desk.trade.journal import Journal

LARGEST = 64 * 1024 * 1024  # bytes; beyond it only what was accepted is written
LONGEST = 300  # characters of a text


class Audit:
    """The audit log of a class."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._journal, self._lock = Journal(file), threading.Lock()
        self._size = file.stat().st_size

    def note(self, who: str, what: str, outcome: str = "done", **more: object) -> None:
        """time, who, what, outcome, and what else belongs to it."""
        if self._size > LARGEST and outcome != "done":
            return
        kept = {key: value[:LONGEST] if isinstance(value, str) else value for key, value in more.items()}
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            line = {"time": time, "who": who[:LONGEST], "what": what, "outcome": outcome[:LONGEST], **kept}
            self._size += self._journal.write(line)

    def close(self) -> None:
        """Nothing more is written."""
        self._journal.close()
