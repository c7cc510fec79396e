"""From nothing: imports, `spiral list`, the first run with an empty cache of machine code, and the second."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from tests.bench.timing import in_turns
from tests.command import covid_run, output

PATHS = 1_000
TURNS = 5
pytestmark = pytest.mark.portable


def wall(command, **environment):
    """Seconds and standard output of a command in a process of its own."""
    begun = time.perf_counter()
    printed = output(command, **environment)
    return time.perf_counter() - begun, printed


def least(*commands):
    return in_turns(TURNS, lambda command: wall(command)[0], *commands)


QUOTES = "curve,kind,tenor,rate_percent\nsofr,swap,3M,4.2\nsofr,swap,2Y,3.68\nsofr,swap,5Y,3.64\nsofr,swap,30Y,3.92\n"
NAMES = "name,tenor,spread_bp,recovery\nacme,1Y,70,0.4\nacme,5Y,88,0.4\nbeta,5Y,310,0.35\n"


CHARGES = "measure,class,bucket,name,tenor,amount\ndelta,rates,USD,sofr,1,24000000\ndelta,equity,12,S&P 500,,2500000\n"
SMILES = "expiry,tenor,forward,offset_bp,vol_bp\n1Y,5Y,0.036,-100,98\n1Y,5Y,0.036,0,88\n1Y,5Y,0.036,100,90\n"


def others(folder):
    """Further commands that simulate nothing, by what is said of them; their tables are written into a folder."""
    quotes, names = folder / "quotes.csv", folder / "cds.csv"
    charges, smiles = folder / "sensitivities.csv", folder / "cube.csv"
    quotes.write_text(QUOTES), names.write_text(NAMES), charges.write_text(CHARGES), smiles.write_text(SMILES)
    return {
        "check sonia_swap_desk": ["check", "sonia_swap_desk"],
        "show sonia_swap_desk": ["show", "sonia_swap_desk"],
        "check gilt_ldi_2022": ["check", "gilt_ldi_2022"],
        "show gilt_ldi_2022": ["show", "gilt_ldi_2022"],
        "bond, a Treasury": ["bond", "3.875% 2031-02-28 at 100.46", "--settled", "2026-03-03"],
        "curve, four quotes": ["curve", str(quotes), "--date", "2026-03-02"],
        "cds, two names": ["cds", str(names), "--date", "2025-10-03", "--rate", "0.015"],
        "risk svb_2023": ["risk", "svb_2023"],
        "frtb, two sensitivities": ["frtb", str(charges)],
        "cube, one cell": ["cube", str(smiles)],
        "new": ["new", str(folder / "new.toml"), "--force"],
    }


def test_imports_and_commands(board, tmp_path_factory):
    """What a command costs before it does anything, and those that simulate nothing, whole."""
    python, folder = [sys.executable], tmp_path_factory.mktemp("tables")
    jobs = {
        "import scenarios": ([*python, "-c", "import scenarios"], 0.4),
        "from scenarios import load, run": ([*python, "-c", "from scenarios import load, run"], 0.6),
        "spiral list": ([*python, "-m", "scenarios", "list"], 0.25),
        "spiral check covid_crash_2020": ([*python, "-m", "scenarios", "check", "covid_crash_2020"], 0.25),
        "spiral show covid_crash_2020": ([*python, "-m", "scenarios", "show", "covid_crash_2020"], 0.25),
        "spiral keys": ([*python, "-m", "scenarios", "keys"], 0.25),
        **{f"spiral {name}": ([*python, "-m", "scenarios", *words], 0.25) for name, words in others(folder).items()},
    }
    for command, _ in jobs.values():
        wall(command)  # byte code is written, the calendar kept
    for (name, (_, limit)), spent in zip(jobs.items(), least(*(command for command, _ in jobs.values())), strict=True):
        board.figure(name, spent, "s", at_most=limit)


def test_commands_on_finished_runs(board, tmp_path):
    """What a command costs that reads a run of 100 paths: as `spiral run` leaves it, and asked for the first time."""
    spiral = [sys.executable, "-m", "scenarios"]
    run, other = (str(tmp_path / str(seed)) for seed in (1, 2))
    for place, seed in ((run, "1"), (other, "2")):
        output([*covid_run(100, place), "--seed", seed, "--quiet"])
    jobs = {
        "compare, two runs of 100 paths": ["compare", run, other],
        "backtest, a run of 100 paths": ["backtest", run],
        "export to CSV, a run of 100 paths": ["export", run, f"{run}.csv", "--force"],
        "chart to a page, a run of 100 paths": ["chart", run, "panels", f"{run}.html"],
    }
    kept = [(words, {}) for words in jobs.values()]
    empty = [(words, {"NUMBA_CACHE_DIR": str(tmp_path / name.split()[0])}) for name, words in jobs.items()]
    imports = [sys.executable, "-c", "import numpy, polars"]

    def asked(words, cache):
        for answer in Path(cache.get("NUMBA_CACHE_DIR", tmp_path / "none")).glob("*/answers/*"):
            answer.unlink()
        return wall([*spiral, *words], **cache)[0]

    for job in kept:
        asked(*job)  # backtest is no part of a report
    alone, *spent = in_turns(TURNS, lambda job: wall(job)[0] if job is imports else asked(*job), imports, *kept, *empty)
    board.figure("import numpy, polars", alone, "s")
    for name, again, first in zip(jobs, spent[: len(jobs)], spent[len(jobs) :], strict=True):
        board.figure(f"spiral {name}", again, "s", at_most=0.25)
        board.figure(f"the same where nothing of it is kept: spiral {name}", first, "s")


@pytest.mark.long
def test_first_and_second_run(board, tmp_path):
    """The second run, and any later one, finds all machine code that the first has compiled."""
    command, cache = covid_run(PATHS, tmp_path / "run"), {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    first, _ = wall(command, **cache)
    second, _ = wall(command, **cache)
    what = f"spiral run covid_crash_2020 --paths {PATHS:,}, twin and report"
    board.figure(f"{what}: first, empty JIT cache", first, "s", at_most=30)
    board.figure(f"{what}: second", second, "s")
    job = [sys.executable, "-m", "tests.bench.first_job", str(tmp_path / "counted"), "16"]
    count = json.loads(wall(job, **cache)[1])
    assert count["loaded"] > 0
    board.figure("kernels compiled by a later run", count["compiled"], "", at_most=0, exact=True)
    assert count["compiled"] == 0
