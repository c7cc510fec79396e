"""What happened to a class, a line of JSON each: enough to stand where it stood after a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.files import writing


class Journal:
    """A file that only grows.

    A line is handed to the system before `write` returns, so a killed server loses none; `sync` also waits for the
    disk, which a loss of power needs.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with writing(file):
            _mend(file)
            self._out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: Mapping[str, Any], *, sync: bool = False) -> int:
        """Append a line; returns its bytes. Raises SpiralError if the disk is full."""
        content = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        left = content
        with writing(self.file):
            while left:
                left = left[os.write(self._out, left) :]
            if sync:
                os.fsync(self._out)
        return len(content)

    def close(self) -> None:
        """Nothing more is written."""
        os.close(self._out)


def lines(file: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a journal, in order; one that a kill cut short was never answered, and is left out."""
    if not file.exists():
        return
    for text in file.read_bytes().split(b"\n")[:-1]:
        found = json.loads(text)
        if isinstance(found, dict):
            yield found


def _mend(file: Path) -> None:
    """Cut off a line that a kill left unfinished, so that the next one begins a line of its own."""
    if not file.exists():
        return
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(file, whole)
