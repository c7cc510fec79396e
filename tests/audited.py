"""A command under Python's audit hook: what it ran, loaded, started, called, read and wrote, as JSON.

`python tests/audited.py REPORT.json COMMAND...` runs `spiral COMMAND...` in the current folder, as the installed script
does: that folder is not on the path.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

PROCESSES = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
CHANGES = (
    "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "shutil.rmtree", "shutil.move", "shutil.copyfile", "shutil.copytree",
)  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class Watch:
    """Facts by kind, as the interpreter tells them."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, None]] = {}  # each once, in order
        self.on = True

    def tell(self, kind: str, fact: object) -> None:
        self.facts.setdefault(kind, {})[str(fact)] = None

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "exec":
            self.tell("run", args[0].co_filename)
        elif event == "compile":
            self.tell("compiled", args[1])
        elif event == "import" and args[1]:
            self.tell("loaded", args[1])
        elif event in PROCESSES:
            self.tell("started", args[0])
        elif event.startswith("socket."):
            self.tell("called", event)
        elif event == "pickle.find_class":
            self.tell("unpickled", caller())
        elif event == "open" and isinstance(args[0], str | bytes):
            kind = "written" if writing(args[1], args[2]) else "read"
            self.tell(kind, os.path.abspath(os.fsdecode(args[0])))
        elif event in CHANGES:
            self.tell("written", os.path.abspath(os.fsdecode(args[0])))
            if event in ("os.rename", "os.link", "os.symlink"):
                self.tell("written", os.path.abspath(os.fsdecode(args[1])))


def writing(mode: str | None, flags: int) -> bool:
    """Whether a file is opened to be changed."""
    return bool(set(mode) & set("wax+")) if mode else bool(flags & WRITES)


def caller() -> str:
    """The file that asked for a pickle to be read."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.endswith("pickle.py"):
        frame = frame.f_back
    return frame.f_code.co_filename


def main(report: str, command: list[str]) -> None:
    """Run the command and write what it did."""
    sys.path[:] = [
        place for place in sys.path if os.path.abspath(place or ".") != os.path.dirname(os.path.abspath(__file__))
    ]
    watch = Watch()
    sys.addaudithook(watch)
    code = 0
    try:
        from scenarios.cli import main as spiral

        spiral(command)
    except SystemExit as left:
        code = int(left.code or 0)
    finally:
        watch.on = False
    with open(report, "w", encoding="utf-8") as stream:
        facts = {kind: list(each) for kind, each in watch.facts.items()}
        json.dump({**facts, "code": code, "path": sys.path}, stream)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
