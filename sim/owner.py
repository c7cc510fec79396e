"""Which process made something on disk, and whether it is gone.

A process number alone proves nothing: numbers are reused, in containers after every start. So an owner is boot, process
number and start time of the process.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

Verdict = Literal["living", "gone", "unknown"]
OLD = 7 * 86_400.0  # seconds after which an unknown owner counts as gone


def me() -> dict[str, Any]:
    """This process: host, boot, space (of process numbers), pid, started. Texts are empty if the system has none."""
    pid = os.getpid()
    return {"host": platform.node(), "boot": _boot(), "space": _space(), "pid": pid, "started": _started(pid)}


def verdict(owner: Mapping[str, Any]) -> Verdict:
    """Whether an owner (a record of `me`) is alive; "unknown" if it is on another machine or in another container.

    If the system has no start times, the process number alone decides.
    """
    here = me()
    if owner.get("boot") != here["boot"]:
        return "gone" if owner.get("host") == here["host"] and here["boot"] else "unknown"
    if owner.get("host") != here["host"] and not here["boot"]:
        return "unknown"
    if owner.get("space") != here["space"]:
        return "unknown"
    pid = owner.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return "gone"
    if here["started"]:
        return "living" if _started(pid) == owner.get("started") else "gone"
    return "living" if _in_use(pid) else "gone"


def old(place: Path) -> bool:
    """Whether nothing has happened there for `OLD` seconds."""
    return time.time() - place.lstat().st_mtime > OLD


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _space() -> str:
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def _started(pid: int) -> str:
    """Clock ticks from boot to the start of a process; empty if there is no such process, or no such information."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]  # zombies count as ended
    return ""


def _in_use(pid: int) -> bool:
    if os.name != "posix":  # elsewhere signal 0 is not a mere check
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
