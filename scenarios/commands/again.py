"""A command that only looks, asked again: what it has said, while nothing has changed that it read.

What it says is kept beside the machine code (`sim.kept_answers`) with a hash of every file that it read
(`sim.files_seen`). Kept only where the command succeeded and wrote nothing; asked of the same arguments, folder,
environment, day and terminal, code and libraries.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from scenarios.commands import output
from scenarios.house import HOUSE, ROOMS, loaded, stamp_of
from sim.files_seen import FilesSeen, unchanged
from sim.kept_answers import place_of, read, write

OFTEN = ("_", "OLDPWD", "SHLVL")  # variables that differ from call to call and decide nothing
BY_MODULE = "code by module"  # in place of a stamp of all our sources: to look at 1,100 files takes 5 ms
SITE = os.path.dirname(os.path.dirname(click.__file__))


def looked_again(ctx: click.Context, look: Callable[[], Any]) -> Any:
    """The exit code of a command that looks, which `look` runs unless its answer is known."""
    try:
        place = place_of(_question(ctx))
    except OSError:  # the working folder is gone
        place = None
    if place is None:
        return look()
    known = read(place, BY_MODULE, "files", "code", "modules", "stamp")
    if known is not None and _same_code(known) and unchanged(known["files"]):
        for name, text in known["answer"]:
            output.repeat(name, text)
        return known["code"]
    rooms, libraries = [str(HOUSE / room) for room in ROOMS], [os.path.dirname(os.__file__), SITE]
    seen = FilesSeen(but=[*libraries, str(place.parents[1]), *_byte_code(libraries + rooms)], code=rooms)
    with seen.watched(), output.heard() as said:
        code = look()
    files = seen.found() if "rich.console" not in sys.modules else None  # which prints by itself
    if files is not None and code in (None, 0, 1):
        modules = loaded()
        write(place, BY_MODULE, answer=said, files=files, code=code, modules=modules, stamp=stamp_of(modules))
    return code


def _same_code(known: dict[str, Any]) -> bool:
    """Whether the modules that found an answer are as they were; those that it did not need may have changed."""
    try:
        return bool(stamp_of(known["modules"]) == known["stamp"])
    except OSError:
        return False


def _question(ctx: click.Context) -> list[object]:
    """All that what is said depends on, besides files, code and libraries."""
    environment = sorted((key, value) for key, value in os.environ.items() if key not in OFTEN)
    streams = [(stream.encoding, stream.isatty(), _width(stream)) for stream in (sys.stdout, sys.stderr, sys.stdin)]
    seen = os.stat(SITE).st_mtime_ns  # changes as libraries come and go
    given = sorted((name, repr(value)) for name, value in ctx.params.items())
    return [ctx.command_path, given, os.getcwd(), environment, streams, date.today(), sys.version, seen]


def _width(stream: Any) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return 0


def _byte_code(folders: list[str]) -> list[str]:
    """Where the byte code of these folders is; none where Python stores it beside the sources."""
    return [f"{sys.pycache_prefix}{folder}" for folder in folders] if sys.pycache_prefix else []
