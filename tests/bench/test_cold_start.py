"""From nothing: imports, `spiral list`, the first run with an empty cache of machine code, and the second."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
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


QUOTES = "curve,kind,tenor,rate_percent\nsofr,swap,3M,4.2\nsofr,swap,2Y,3.68\nsofr,swap,5Y,3.64\nsofr,swap,30Y,3.92\n"
NAMES = "name,tenor,spread_bp,recovery\nacme,1Y,70,0.4\nacme,5Y,88,0.4\nbeta,5Y,310,0.35\n"


CHARGES = "measure,class,bucket,name,tenor,amount\ndelta,rates,USD,sofr,1,24000000\ndelta,equity,12,S&P 500,,2500000\n"
SMILES = "expiry,tenor,forward,offset_bp,vol_bp\n1Y,5Y,0.036,-100,98\n1Y,5Y,0.036,0,88\n1Y,5Y,0.036,100,90\n"


AGAIN = ("spiral check covid_crash_2020", "spiral risk svb_2023", "spiral cube, one cell")  # also a second time
MODELLED = "date,us1m,us6m,us2y,us5y,us10y"
TRADES = "set,class,name,quality,side,notional,value,start,end\na,rates,USD,,long,50000000,1200000,0,8\n"


def record():
    """Two years and a half of a curve."""
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2020-06-01"))
    days = days[np.is_busday(days)].astype(str).tolist()
    rows = [f"{day},{1.5 + i % 7 / 100},{1.6 + i % 5 / 100},{1.7 + i % 6 / 100},1.8,2" for i, day in enumerate(days)]
    return "\n".join([MODELLED, *rows])


def others(folder):
    """Further commands that simulate nothing, by what is said of them; their tables are written into a folder."""
    quotes, names = folder / "quotes.csv", folder / "cds.csv"
    charges, smiles = folder / "sensitivities.csv", folder / "cube.csv"
    curve, trades = folder / "curve.csv", folder / "trades.csv"
    curve.write_text(record()), trades.write_text(TRADES)
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
        "risk treasury_dash_for_cash_2020": ["risk", "treasury_dash_for_cash_2020"],  # a curve of 800 nodes
        "frtb, two sensitivities": ["frtb", str(charges)],
        "sa-ccr, one trade": ["sa-ccr", str(trades)],
        "curve-model, two years and a half": ["curve-model", str(curve)],
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
    kept = {"NUMBA_CACHE_DIR": str(folder / "cache")}
    commands = [command for command, _ in jobs.values()]
    for command in commands:
        wall(command, **kept)  # byte code is written, the calendar kept

    def asked(job):
        command, again = job
        for answer in () if again else (folder / "cache").glob("*/answers/*"):
            answer.unlink()
        return wall(command, **kept)[0]

    calls = [(name, again) for name in jobs for again in ((False, True) if name in AGAIN else (False,))]
    spent = in_turns(TURNS, asked, *((jobs[name][0], again) for name, again in calls))
    for (name, again), each in zip(calls, spent, strict=True):
        board.figure(f"{'the same again, nothing changed: ' if again else ''}{name}", each, "s", at_most=jobs[name][1])


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
