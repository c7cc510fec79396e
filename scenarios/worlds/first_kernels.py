"""The kernels that a first run compiles before it begins: which, and whether it has been done."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import markets.kernels
import sim.kernels
from scenarios.worlds.workers import prepare_workers
from sim.ensemble import Progress
from sim.errors import SpiralError
from sim.first_compile import compile_lines, stamps

FOLDERS = tuple(Path(package.__path__[0]) for package in (sim.kernels, markets.kernels))
LIST = FOLDERS[1] / "first.txt"
RUN, OTHER = "[run]", "[other]"  # parts of the list: what a run of covid_crash_2020 calls, and all else


def listed(*parts: str) -> tuple[str, ...]:
    """Lines of parts of the list; none where it cannot be read."""
    found: dict[str, list[str]] = {RUN: [], OTHER: []}
    with suppress(OSError):
        lines = LIST.read_text(encoding="utf-8").splitlines()
        part = found[RUN]
        for line in lines:
            if line in found:
                part = found[line]
            elif line and not line.startswith("#"):
                part.append(line)
    return tuple(line for part in parts for line in found[part])


def are_missing() -> bool:
    """Whether kernels should be compiled before a run."""
    marks = stamps(FOLDERS)
    return marks is not None and not all(mark.exists() for mark in marks)


def ensure_compiled() -> None:
    """Before the first run, compile what it calls."""
    if are_missing():
        compile_first()


def compile_first(*parts: str, progress: Progress | None = None) -> None:
    """Compile parts of the list on all cores (default: what a run calls). Where that fails the run does not."""
    marks = stamps(FOLDERS)
    with suppress(SpiralError, OSError, ImportError):  # a process has died for want of memory, or none can be started
        prepare_workers(None)
        compile_lines(listed(*(parts or (RUN,))), progress=progress)
    for mark in marks or ():
        with suppress(OSError):
            mark.touch()
