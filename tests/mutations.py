"""Mutations of the engine: one piece of its source is replaced in a copy, and known answers are asked there.

`python -m tests.mutations` runs them all and prints the table of docs/validation.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scenarios.house import ROOMS
from tests.mutation_list import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[1]
# The engine's own proofs; any other exception is a crash, which shows nothing.
PROOFS = ("BugError: attribution of ", "BugError: ledger out of balance ")

ASK = f"""
import importlib, json, sys
from scenarios.studies.validation.runner import choose, run_cases
from scenarios.worlds import first_kernels
first_kernels.are_missing = lambda: False  # a mutated kernel compiles all anew: only those that the cases call
result = run_cases(choose(tuple(sys.argv[1:])), workers=1)
homes = [importlib.import_module(name).__file__ for name in {ROOMS!r}]
print(json.dumps({{"homes": homes, **result.described()}}))
"""


class Engine:
    """A copy of the packages in a folder of its own; what runs there imports nothing of the checkout's.

    Byte code is not kept (two edits within a second would pass for one), the kernels' machine code is, in the copy.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in ROOMS:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """The mutation stands in the copy as long as the block lasts."""
        place = self.folder / mutation.file(self.folder)
        before, changed = place.read_text(), mutation.source(self.folder)
        place.write_text(changed)
        try:
            yield
        finally:
            place.write_text(before)

    def ask(self, *cases: str) -> dict[str, dict[str, Any]]:
        """Results of known answers by name, found in a fresh process. Raises RuntimeError where it dies."""
        quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(self.folder)}
        done = subprocess.run(
            [sys.executable, "-c", ASK, *cases],
            cwd=self.folder,
            env={**os.environ, **quiet},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        found = json.loads(done.stdout.splitlines()[-1])
        strangers = [home for home in found["homes"] if not Path(home).is_relative_to(self.folder)]
        if strangers:
            raise RuntimeError(f"imported from elsewhere: {strangers}")
        return {case["case"]: case for case in found["cases"]}


def caught(case: dict[str, Any]) -> bool:
    """Whether a known answer failed, or the engine's own proof did."""
    return case["verdict"] == "failed" or (case["verdict"] == "error" and case["message"].startswith(PROOFS))


def said(case: dict[str, Any]) -> str:
    """How it was caught: the engine's proof, or the reading that is furthest off."""
    if case["verdict"] == "error":
        return f"the engine stops: {case['message'].removeprefix('BugError: ').split(' (world')[0]}"

    def off(reading: dict[str, Any]) -> float:
        return float(abs(reading["got"] - reading["expected"]) / max(reading["allowed"], 1e-300))

    failed = [reading for reading in case["readings"] if reading["verdict"] == "failed"]
    finite = [reading for reading in failed if None not in (reading["got"], reading["allowed"])]
    if not finite:
        return f"{failed[0]['what']}: not a finite number"
    worst = max(finite, key=off)
    unit = f" {worst['unit']}" if worst["unit"] else ""
    sure = "exact" if worst["z"] is None else f"z {worst['z']:+,.0f}"
    return f"{worst['what']}: {worst['got']:,.6g}{unit} for {worst['expected']:,.6g}{unit} ({sure})"


def table(engine: Engine) -> str:
    """Markdown: every mutation, and each case that was asked."""
    lines = ["| What is flipped | In | Caught by | How |", "|---|---|---|---|"]
    for mutation in MUTATIONS:
        with engine.mutated(mutation):
            found = engine.ask(*mutation.cases)
        for case in (found[name] for name in mutation.cases):
            how = said(case) if caught(case) else f"not caught ({case['verdict']})"
            lines.append(f"| {mutation.name} | `{mutation.file(ROOT)}` | `{case['case']}` | {how} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="spiral-mutations-") as scratch:
        print(table(Engine(Path(scratch))))
