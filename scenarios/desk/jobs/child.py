"""The process of a job, seen from the server: started, listened to, ended.

Its standard input stays open for as long as the server lives; where it closes, the process ends itself. So no job
outlives its server, however that one ended. It leads a process group, which is ended as a whole.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from scenarios.desk.jobs.reading import readable

WORKER = (sys.executable, "-P", "-m", "scenarios.desk.jobs.worker")  # -P: nothing of the desk's folder is imported
GRACE = 10.0  # seconds to clean up, before it is ended by force
LAST = 2000  # bytes of what it said on its way down
Heard = Callable[[dict[str, Any]], None]


class Child:
    """A job's process. `listen` returns when it has ended."""

    def __init__(self, said: str, folder: Path, command: Sequence[str] | None = None) -> None:
        """Start it. said: the line that tells it what to run; folder: the desk's, where it works."""
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            command or WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=folder,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{said}\n".encode())
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def listen(self, heard: Heard) -> int:
        """Pass on every message of it until it ends; its exit code."""
        assert self._process.stdout is not None and self._process.stdin is not None
        with self._process.stdout, self._process.stdin:
            for line in self._process.stdout:
                found = readable(line.decode(errors="replace"))
                if isinstance(found, dict):
                    heard(found)
            code = self._process.wait()
        self._end_group()  # a process of its group that it left behind
        return code

    def last_words(self) -> str:
        """The last line on its standard error, "" without any."""
        self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(self._complaints.tell() - LAST, 0))
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        self._complaints.close()
        return said[-1].strip() if said else ""

    def end(self) -> None:
        """End it: it may clean up first."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    def end_by_force(self) -> None:
        """End it and all that it started, at once; nothing where it has ended."""
        if self._process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        self._end_group()

    def _end_group(self) -> None:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
