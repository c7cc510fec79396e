"""A class's world in a process of its own, as the server sees it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sim.errors import SpiralError, UserError
from sim.files import writing

PROGRAM = "from scenarios.desk.trade.worker import main; main()"


class WorldProcess:
    """Started at once; asked one question at a time. It ends with the server, however that ends."""

    def __init__(self, log: Path) -> None:
        """log: the file that takes what the process has to say beside its answers."""
        with writing(log), log.open("ab") as said:
            self._process = subprocess.Popen(  # -P: nothing in the folder of the desk is imported
                [sys.executable, "-P", "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
            )
        self._asking = threading.Lock()

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """The answer. Raises UserError with its one line where it refuses, SpiralError if the process has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._asking:
            try:
                self._process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except (OSError, ValueError):
                line = b""
        if not line:
            raise SpiralError("the process of the class's world has ended")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise UserError(found["error"])
        return found

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def end(self) -> None:
        """End the process now, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
