"""The command line as users type it, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def covid_run(paths: int, out: Path) -> list[str]:
    """`spiral run covid_crash_2020 --paths PATHS --out OUT`, to be started in `ROOT`."""
    return [sys.executable, "-m", "scenarios", "run", "covid_crash_2020", "--paths", str(paths), "--out", str(out)]
