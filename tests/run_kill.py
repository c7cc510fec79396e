"""Killing a replacement at every one of its steps: each runs in a process of its own, which dies before step k.

`python -m tests.run_kill CASE FOLDER` tries all steps of a case and prints, as JSON, how many there were and what was
wrong after which. It imports no more than the folder's own code, so a step takes milliseconds.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.dataset import open_run
from sim.files import part_of, write_whole
from sim.manifest import MANIFEST, described, signed
from sim.run_folder import claimed
from sim.run_pages import REPORT, add_page
from sim.seal import is_sealed, sealed

STEPS = (
    *("chmod", "close", "fsync", "ftruncate", "link", "mkdir", "open", "remove", "rename", "replace", "rmdir"),
    *("scandir", "symlink", "truncate", "unlink", "write"),
)
NOTES = {"notes.txt": "three years of work", "marks/why.md": "a note", "mine/deep/thesis.txt": "chapter 1"}


def write_files(folder: Path, seed: int) -> None:
    """A run's files: small ones that only look like tables, and a manifest that answers for them."""
    names = [f"{table}/{world}-0000000.parquet" for table in ("closes", "marks") for world in ("actual", "frozen")]
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(f"{name} of seed {seed}".encode())
    manifest = {"name": "x", "scenario": {}, "seed": seed, "paths": 1, "worlds": ["actual", "frozen"]}
    (folder / MANIFEST).write_text(json.dumps(signed(manifest | {"files": described(folder, names)})))


def make(folder: Path, seed: int) -> None:
    """A run in that folder, as the engine makes one."""
    with claimed(folder, [MANIFEST, "marks/actual-0000000.parquet"]) as claim:
        write_files(claim.partial, seed)
        claim.replace()


def report(folder: Path) -> None:
    """A report in a finished run's folder."""
    add_page(open_run(folder), REPORT, sealed("<html>another report"))


def before(folder: Path, case: str) -> None:
    """What stands there when a case begins."""
    if case != "first":
        make(folder, 1)
        add_page(open_run(folder), REPORT, sealed("<html>"))
        for name, text in NOTES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / "link").symlink_to(folder.parent)
    if case == "file":
        (folder.parent / "file.toml").write_text("old")


CASES: dict[str, Callable[[Path], None]] = {
    "first": lambda folder: make(folder, 2),
    "replace": lambda folder: make(folder, 2),
    "report": report,
    "file": lambda folder: write_whole(folder.parent / "file.toml", "new"),
}


def wrong(folder: Path, case: str) -> list[str]:
    """What does not hold after a kill, as the next commands find it."""
    found = []
    if case != "first" or folder.exists():
        run = open_run(folder)
        run.verify()
        found += [] if run.manifest["seed"] in (1, 2) and not run.altered else ["another run"]
        found += _notes(folder) if case != "first" else []
        found += [] if case == "first" or not (folder / REPORT).exists() or is_sealed(folder / REPORT) else ["a report"]
    found += [name for name in os.listdir(folder.parent) if name.startswith(".run") and folder.exists()]
    if case == "file":
        file = folder.parent / "file.toml"
        found += [] if file.read_text() in ("old", "new") else ["half a file"]
        write_whole(file, "newer")
        found += [part_of(file).name] if part_of(file).exists() or file.read_text() != "newer" else []
    make(folder, 3)
    run = open_run(folder)
    run.verify()
    found += [] if run.manifest["seed"] == 3 else ["no new run"]
    found += _notes(folder) if case != "first" else []
    found += [name for name in os.listdir(folder.parent) if name.startswith(".")]
    return found


def _notes(folder: Path) -> list[str]:
    lost = [n for n, text in NOTES.items() if not (folder / n).is_file() or (folder / n).read_text() != text]
    return lost + ([] if (folder / "link").is_symlink() else ["link"])


def die_before(step: int) -> Callable[[], int]:
    """Count the steps from here on, and die before that one. The function returned says how many there were."""
    count = 0

    def counted(what: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return what(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    io.open = counted(io.open)  # type: ignore[assignment]
    return lambda: count


def in_child(work: Callable[[], int]) -> int | None:
    """A function's small number, from a process of its own; None where it was killed."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(work())
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(255)
    status = os.waitpid(child, 0)[1]
    return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def attempt(case: str, folder: Path, step: int) -> tuple[bool, list[str]]:
    """Whether a case came to its end before that step, and what was wrong then."""
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.parent.mkdir()
    before(folder, case)

    def work() -> int:
        die_before(step)
        CASES[case](folder)
        return 0

    ended = in_child(work)
    if ended:
        return True, [f"failed with {ended}"]
    try:
        return ended is not None, wrong(folder, case)
    except Exception as error:
        return ended is not None, [f"{type(error).__name__}: {error}"]


def main(case: str, folder: Path) -> dict[str, Any]:
    """All steps of a case."""
    found: dict[str, list[str]] = {}
    step, over = 0, False
    while not over:
        step += 1
        over, faults = attempt(case, folder / "room" / "run", step)
        if faults:
            found[str(step)] = faults
    return {"steps": step - 1, "wrong": found}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
