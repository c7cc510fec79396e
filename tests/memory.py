"""Peak memory of a command and all its processes."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += family(int(child))
        except OSError:
            continue
    return found


def proportional_set(pid: int) -> int:
    """Bytes of memory that a process holds, shared pages by share; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def peak_memory(command: list[str], cwd: Path) -> int:
    """Run a command; the largest sum over its processes, in bytes, looked at every fifth of a second."""
    process, peak = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL), 0
    while process.poll() is None:
        peak = max(peak, sum(proportional_set(pid) for pid in family(process.pid)))
        time.sleep(0.2)
    assert process.returncode == 0
    return peak
