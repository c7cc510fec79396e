"""Whether a command draws a bar of its work on standard error, and what it tells the bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from scenarios.commands.screen import is_terminal


@contextmanager
def progress_bar(
    title: str, *, quiet: bool, of: Literal["path_ticks", "draws", "cases", "cells"] = "path_ticks"
) -> Iterator[Callable[..., Any] | None]:
    """What draws a bar (see `scenarios.commands.bars`) as it is called; None when quiet, or where nobody looks."""
    if quiet or not is_terminal(sys.stderr):
        yield None
        return
    from scenarios.commands import bars

    with getattr(bars, of)(title) as update:
        yield update
