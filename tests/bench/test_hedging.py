"""10,000 paths x 252 daily re-hedges of a one-year option at a proportional cost, through the engine: ledger on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scenarios.studies.validation.textbook import MAKER, textbook
from sim.streams import DEFAULT
from tests.bench import hedging
from tests.bench.timing import least
from tests.bench.worlds import run_all
from tests.command import ROOT, output

PFHEDGE = ROOT / ".cache" / "pfhedge" / "bin" / "python"
NUMBER, CAPITAL = 1e6, 1e9  # calls sold, $
CALL = {"kind": "call", "strike": hedging.STRIKE, "expiry": "2020-12-30", "quantity": -NUMBER}


def scenario(attribution, paths, kind="every", **policy):
    """One desk against one maker who quotes a half-spread of the cost, whatever the desk does; paths in one chunk."""
    desk = {
        "type": "Hedger",
        "capital": CAPITAL,
        "book": [CALL],
        "policy": {"kind": kind, "interval": "tick", **policy},
    }
    asset = {"half_spread": hedging.COST}
    run = {"witnesses": 0, "attribution": attribution, "seed": 1, "chunk": paths, "marks": "all", "generator": DEFAULT}
    return textbook(
        steps=hedging.STEPS,
        agents={"hedger": desk, "maker": {**MAKER, "venues": ["asset"]}},
        asset=asset,
        vol=hedging.VOL,
        run=run,
    )


def pnl(world):
    """P&L of the desk per call, (paths,) $."""
    return (world.equity_now("hedger") - CAPITAL) / NUMBER


@pytest.fixture(scope="module")
def times(paths):
    """CPU seconds of the engine and of the plain script, and whether they agree."""
    on, off = scenario("daily", paths), scenario("none", paths)
    band = scenario("none", paths, kind="whalley_wilmott", risk_aversion=1 / NUMBER)
    expected = hedging.plain(paths)
    for each in (on, off):
        (found,) = run_all(each, paths, pnl, tables=())
        assert np.allclose(found, expected, rtol=0, atol=1e-9 * hedging.SPOT)
    run_all(band, 16, tables=())
    names = ("on", "off", "band", "logged", "plain")
    jobs = [lambda s=s: run_all(s, paths, tables=()) for s in (on, off, band)]
    jobs += [lambda: run_all(on, paths), lambda: hedging.plain(paths)]
    return dict(zip(names, least(5, *jobs), strict=True))


def what(paths, attribution):
    return f"{paths:,} paths x {hedging.STEPS} re-hedges at a cost, ledger on, attribution {attribution}"


def test_against_a_plain_script(board, paths, times):
    opponent = "plain NumPy script, vectorised over paths"
    board.within(what(paths, "daily"), opponent, ours=times["on"], theirs=times["plain"], at_most=1.7)
    board.within(what(paths, "off"), opponent, ours=times["off"], theirs=times["plain"])
    board.within(what(paths, "daily") + ", every mark logged", opponent, ours=times["logged"], theirs=times["plain"])


@pytest.mark.long
def test_against_pfhedge(board, paths, times):
    if not PFHEDGE.exists():
        pytest.skip("pfhedge is not here: tests/bench/pfhedge_env.sh makes an environment for it")
    job = [str(PFHEDGE), str(Path(__file__).with_name("pfhedge_job.py")), str(paths)]
    found = json.loads(output(job))
    ours = hedging.plain(paths)
    theirs = found["BlackScholes float64"]  # of a call struck at 1, without its premium
    premium = hedging.value(hedging.SPOT)
    error = ours.std() / np.sqrt(paths) * np.sqrt(2)
    assert abs((ours.mean() - premium) - 100 * theirs["mean"]) < 5 * error
    assert ours.std() == pytest.approx(100 * theirs["sd"], rel=0.1)
    slow, fast = found["WhalleyWilmott float64"]["seconds"], theirs["seconds"]
    board.faster(
        what(paths, "off"), "pfhedge BlackScholes, float64", ours=times["off"], theirs=fast, at_least=1.5, strictly=True
    )
    board.faster(
        what(paths, "off"),
        "pfhedge WhalleyWilmott, float64",
        ours=times["band"],
        theirs=slow,
        at_least=1,
        strictly=True,
    )
    board.faster(
        what(paths, "daily"),
        "pfhedge BlackScholes, float64",
        ours=times["on"],
        theirs=fast,
        at_least=1.5,
        strictly=True,
    )
    for module, mine in (("BlackScholes", "off"), ("WhalleyWilmott", "band")):
        single = found[f"{module} float32"]["seconds"]
        board.faster(what(paths, "off"), f"pfhedge {module}, float32", ours=times[mine], theirs=single)
