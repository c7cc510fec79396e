"""The command line as users type it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def covid_run(paths: int, out: Path) -> list[str]:
    """`spiral run covid_crash_2020 --paths PATHS --out OUT`, to be started in `ROOT`."""
    return [sys.executable, "-m", "scenarios", "run", "covid_crash_2020", "--paths", str(paths), "--out", str(out)]


def output(command: list[str], **environment: str) -> str:
    """Standard output of a command started in `ROOT`; one that fails is shown with its errors."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | environment)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} returned {done.returncode}:\n{done.stderr}", pytrace=False)
    return done.stdout
