"""The kinds of input that are tried: scenarios, overrides, records, books, sweep files, folders of runs and sweeps."""

from __future__ import annotations

import copy
import functools
import json
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from scenarios.reading.shipped import catalogue, read_toml
from tests.fuzz import Case
from tests.fuzz_values import Raw, document, keys, spoiled, texts, toml, torn, values

SCENARIO = """
name = "fuzzed"
title = "A scenario with something of everything"
regime = "odd"
clock = { calendar = "XNYS", tick_minutes = 195, overnight_variance = 0.2 }
feedback = { leverage = 1.0, spread = 1.0 }
credit = { elasticity = 0.2 }

[market]
dispersion = 0.5
beta = 8.0
jumps = { kind = "merton", intensity = 2.0, mean = -0.03 }

[market.vol_futures]
vx = { power = 0.8, roll = 0.3 }

[market.rates]
vol_us2y = 0.01
corr_spot_us2y = 0.2
bonds = { note = { node = "us10y" } }
futures = { ty = { bond = "note", basis_vol = 0.002 } }
repo = { usd = { p99 = 20.0 } }
vol = { usd = { start = 0.009 } }

[market.variance_swaps.v3]
expiry_months = 3

[market.options.low]
kind = "put"
moneyness = 0.9
expiry_days = 30

[venue]
asset = { depth = 15e9, halts = [0.07, 0.13], investors = { capacity = 10e9 } }
us10y = { depth = 4e9 }

[storyline]
anchors = "exogenous"
anchor = [
  { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
  { date = 2020-02-21, spot = 97.0, vol = 0.25, realised = 0.3, spread = 1.5, depth = 0.8, repo_tail = 0.01 },
  { date = 2020-02-26, spot = 92.0, vol = 0.3, credit = 0.012, rates_vol = 0.01 },
]
shock = [{ date = 2020-02-24, time = "11:00", stress = "steepener 20" }]

[assets.gold]
spot = 1600.0
vol = 0.15
correlation = { asset = -0.2 }
anchor = [{ date = 2020-02-24, spot = 1650.0 }]
venue = { half_spread = 0.0001, depth = 5e9, impact = 0.01 }

[agents.maker]
type = "MarketMaker"
capital = 2e9
venues = ["asset", "us2y", "us10y", "gold", "note", "ty", "low", "vx", "v3"]
quoting = { kind = "avellaneda_stoikov", risk_aversion = 0.02 }

[agents.dealer]
type = "OptionMaker"
venues = ["low", "v3"]
vega_limit = 1e7

[agents.hedger]
type = "Hedger"
count = 2
capital = 1e9
policy = { kind = "band", width = 0.02, interval = "2h", hedge_vol = 0.2 }
option_leg = { venues = ["low"], target = "vega", share = 0.5, hold = { low = 1e5 } }
book = [
  { kind = "put", moneyness = 0.95, months = 2, notional = -1e9 },
  { kind = "call", strike = 105.0, expiry = 2020-06-19, quantity = -1e6 },
  { kind = "swap", notional = 1e9, months = 24, fixed_rate = 0.025 },
  { kind = "gamma_claim", strike = 100.0, months = 3, quantity = 1e5 },
  { kind = "future", expiry = 2020-06-19, notional = 1e8 },
  { kind = "asset", quantity = -1e5 },
]

[agents.treasury]
type = "FundingDesk"
capital = 10e9
line = 1e9
obligations = [{ debtor = "hedger", creditor = "hedger-2", amount = 1e6, due = 2020-02-24 }]

[agents.visitors]
type = "ClientFlow"
rate = 20.0
makers = ["maker"]

[agents.fund]
type = "LeveredFund"
holding = 1e6
redemption_day = 2020-02-25
redemption = 1e6

[agents.index_fund]
type = "ProportionalFund"
holdings = { asset = 1e5 }

[agents.inverse]
type = "LeveredProduct"
venue = "vx"
capital = 3e8

[agents.targeter]
type = "VolTargetFund"
estimate = { kind = "window", window_days = 5, start = 0.15 }

[agents.parity]
type = "RiskParityFund"
venues = ["asset", "gold", "note"]
vols = { gold = 0.1 }
correlation = 0.1

[agents.trend]
type = "TrendFollower"
trend = { kind = "signs", windows = [1, 5] }

[agents.patient]
type = "ValueInvestor"
value = 95.0
error = 0.1

[agents.insurer]
type = "LiabilityFund"
venue = "note"

[agents.relative]
type = "BasisFund"
venue = "note"
future = "ty"

[agents.lender]
type = "ConvexityHedger"
balance = 1e11

[agents.broker]
type = "Executor"
quantity = -1e5

[agents.noise]
type = "NoiseTrader"
size = 1e5

[run]
paths = 2
seed = 1
witnesses = 1
twin = { name = "calm", impact = 0.0 }
attribution = "daily"
"""
HISTORY = b"""date,spx,vix,overnight,us2y,us10y,ig_oas
2020-02-19,3386.15,14.38,1.59,1.42,1.56,1.02
2020-02-20,3373.23,15.56,1.60,1.39,1.52,1.04
2020-02-21,3337.75,17.08,1.58,1.34,1.46,1.05
2020-02-24,3225.89,25.03,,1.26,1.38,1.10
"""
BOOK = b"""kind,strike,moneyness,expiry,months,quantity,notional,fixed_rate
put,,0.9,,3,,-1e9,
call,3500,,2020-06-19,,-1000,,
swap,,,,24,,1e9,0.015
gamma_claim,3300,,,2,500,,
future,,,2020-06-19,,50,,
asset,,,,,,1e6,
"""
SWEEP = """
name = "fuzzed"
title = "Two axes"
scenarios = ["base.toml"]
design = "grid"
noise = "common"
seed = 3
paths = 2
twin = "price_taker"
settings = { market = { dispersion = 0.3 } }
[axes.depth]
key = "venue.asset.depth"
low = 1e9
high = 4e9
steps = 2
scale = "log"
[axes.policy]
keys = ["agents.{desk}.policy"]
values = [{ kind = "every", interval = "30m" }, { kind = "band", width = 0.05 }]
label = "Policy"
[axes.beta]
key = "market.beta"
apply = "scale"
values = [0.5, 1.0]
"""
CELLS = ["", ".", "null", "NaN", "nan", "inf", "-inf", "1e400", "#N/A", "0", "-0.0", "-1", "1e-300", "1e300", "1,5"]
CELLS += ["(5)", "2020-02-22", "20200224", "2020-W08-1", "2020-02-24T00:00", "02/24/2020", "x", "é", "1_000"]
CELLS += ["٣", "²", " 3 ", "+5", "put", "P", "straddle", "'", "0x1F", "1e5000", "9" * 400, "True", "3.5"]
FAR_CELLS = ["0001-01-01", "9999-12-31", "1e9", "1200000"]


@functools.cache
def scenario() -> dict[str, Any]:
    return tomllib.loads(SCENARIO)


@functools.cache
def presets() -> list[dict[str, Any]]:
    return [scenario(), scenario(), *(read_toml(catalogue()[name]) for name in ("covid_crash_2020", "gilt_ldi_2022"))]


def _looked_at(content: bytes, verb: str) -> Case:
    return Case({"x.toml": content}, (verb, "x.toml"))


def runs() -> st.SearchStrategy[Case]:
    """The same, run as they stand: few paths and ticks."""
    command = ("run", "x.toml", "--workers", "1", "--paths", "2", "--out", "out", "--quiet", "--no-report")
    return spoiled(scenario()).map(lambda tables: Case({"x.toml": document(tables)}, command))


VERBS = st.sampled_from(["check", "check", "show"])


def scenarios() -> st.SearchStrategy[Case]:
    """Scenario files with wrong values and keys."""
    tables = st.sampled_from(range(4)).flatmap(lambda i: spoiled(presets()[i]))
    return st.builds(_looked_at, tables.map(document), VERBS)


def scenario_texts() -> st.SearchStrategy[Case]:
    """Scenario files that are no longer whole text."""
    whole = st.sampled_from([SCENARIO.encode(), document(scenario()), catalogue()["brexit_2016"].read_bytes()])
    return st.builds(_looked_at, whole.flatmap(torn), VERBS)


@functools.cache
def dotted() -> list[str]:
    """Keys of `spiral keys`, with names of the scenario's own, and items by number."""
    from scenarios.describing.reference import all_keys

    names = ("hedger", "maker", "treasury", "fund", "gold", "nobody", "hedger-2")
    found = {key.path.replace("NAME", name).replace("[]", ".1") for key in all_keys() for name in names}
    more = ("storyline.anchor.2020-02-21.vol", "storyline.anchor.9.vol", "agents", "run.twin.name")
    return [*sorted(found), *more, "name", "title", "agents.hedger.book.1", "storyline.anchor", "assets"]


def settings() -> st.SearchStrategy[Case]:
    """`--set` with any key and any value, and with what is neither."""
    key = st.one_of(*(st.sampled_from(dotted()) for _ in range(4)), st.lists(keys(), max_size=4).map(".".join))
    odd = values().map(lambda v: toml(v)).filter(lambda text: "\x00" not in text)
    wrong = st.sampled_from(["[", '"', "{a=1", "2020-13-01", "1 2", "# x", "a=b", "1\nb=2", ""])
    value = st.one_of(odd, odd, texts(), wrong)
    text = st.one_of(st.builds("{}={}".format, key, value), st.builds("{}={}".format, key, value), texts())
    command = st.lists(text, min_size=1, max_size=2).map(lambda each: [part for t in each for part in ("--set", t)])
    file = {"x.toml": SCENARIO.encode()}
    return st.builds(lambda verb, parts: Case(file, (verb, "x.toml", *parts)), VERBS, command)


@st.composite
def csv(draw: st.DrawFn, whole: bytes) -> bytes:
    """A CSV file with other cells, columns, rows."""
    rows = [line.split(",") for line in whole.decode().splitlines()]
    pool = CELLS + FAR_CELLS
    for _ in range(draw(st.integers(1, 3))):
        row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
        kind = draw(st.sampled_from(["cell"] * 5 + ["row", "twice", "column", "swap", "short"]))
        if kind == "cell":
            rows[row][min(column, len(rows[row]) - 1)] = draw(st.one_of(st.sampled_from(pool), texts()))
        elif kind == "row" and len(rows) > 1:
            del rows[row]
        elif kind == "twice":
            rows.insert(row, list(rows[row]))
        elif kind == "column":
            rows = [[*cells[:column], *cells[column + 1 :]] or [""] for cells in rows]
        elif kind == "swap":
            other = draw(st.integers(0, len(rows) - 1))
            rows[row], rows[other] = rows[other], rows[row]
        else:
            rows[row] = rows[row][:column] or [""]
        if not rows[0]:
            break
    return "\n".join(",".join(cells) for cells in rows).encode("utf-8", "replace") + b"\n"


def _replayed(folder: Path) -> None:
    from scenarios.studies.replay.history import from_history
    from scenarios.worlds.blueprint import blueprint_of

    blueprint_of(from_history(folder / "record.csv"), "record.csv")


def _estimated(folder: Path) -> None:
    from scenarios.studies.estimation.daily_record import read_record

    read_record(folder / "record.csv")


def records() -> st.SearchStrategy[Case]:
    """Daily histories, replayed and read for estimates."""
    content = st.one_of(csv(HISTORY), csv(HISTORY), torn(HISTORY))
    calls = st.sampled_from([_replayed, _replayed, _estimated])
    return st.builds(lambda text, call: Case({"record.csv": text}, call=call), content, calls)


def _priced(folder: Path) -> None:
    from scenarios.reading.loading import load
    from scenarios.studies.replay.positions_csv import take_book
    from scenarios.worlds.blueprint import blueprint_of

    chosen = load("calm_market", {"clock.tick_minutes": 390})
    blueprint_of(take_book(chosen, folder / "book.csv"), "book.csv")


def books() -> st.SearchStrategy[Case]:
    """Books of positions."""
    return st.one_of(csv(BOOK), csv(BOOK), torn(BOOK)).map(lambda text: Case({"book.csv": text}, call=_priced))


def _planned(folder: Path) -> None:
    from scenarios.studies.sweeps.cells import Plan
    from scenarios.studies.sweeps.loading import load_sweep

    found = Plan(load_sweep(folder / "sweep.toml"))
    found.check_count()
    found.check()


def sweep_files() -> st.SearchStrategy[Case]:
    """Sweep files, planned as a dry run would."""
    base = {"base.toml": SCENARIO.encode()}
    tables = spoiled(tomllib.loads(SWEEP))
    content = st.one_of(tables.map(document), tables.map(document), torn(SWEEP.encode()))
    return content.map(lambda text: Case(base | {"sweep.toml": text}, call=_planned))


def _json(tables: Any) -> bytes:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(k): plain(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        return str(value) if isinstance(value, Raw) or not isinstance(value, int | float | str | None) else value

    return json.dumps(plain(tables)).encode("utf-8", "surrogatepass")


@functools.cache
def _run() -> dict[str, bytes]:
    """Files of a made-up run."""
    import tempfile

    from tests.synthetic_run import write_run

    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder) / "run", paths=4, days=4)
        return _files(Path(folder))


@functools.cache
def _sweep() -> dict[str, bytes]:
    """Files of a made-up sweep."""
    import tempfile

    from tests.sweeps_made import POLICY, SIZE, listed, write_sweep

    axes = [listed(SIZE, [0.5, 1.0, 2.0]), listed(POLICY, [{"kind": "every"}, {"kind": "band", "width": 0.02}])]
    with tempfile.TemporaryDirectory() as folder:
        write_sweep(Path(folder) / "sweep", axes)
        return _files(Path(folder))


def _files(folder: Path) -> dict[str, bytes]:
    return {str(place.relative_to(folder)): place.read_bytes() for place in folder.rglob("*") if place.is_file()}


@st.composite
def folders(draw: st.DrawFn, kind: str) -> Case:
    """A run's or a sweep's folder with a manifest or a table that is not as it was written."""
    whole, manifest = (_run(), "run/manifest.json") if kind == "run" else (_sweep(), "sweep/sweep.json")
    files = copy.copy(whole)
    if draw(st.integers(0, 2)):
        files[manifest] = _json(draw(spoiled(json.loads(whole[manifest]))))
    elif draw(st.booleans()):
        files[manifest] = draw(torn(whole[manifest]))
    else:
        name = draw(st.sampled_from(sorted(name for name in whole if name.endswith(".parquet"))))
        content = bytearray(whole[name])
        if draw(st.booleans()):
            content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
        else:
            del content[draw(st.integers(0, len(content))) :]
        files[name] = bytes(content)
    chart = ("chart", "run", "panels", "out.json") if kind == "run" else ("chart", "sweep", "line", "out.json")
    commands = [("compare", "run", "run"), chart] if kind == "run" else [chart]
    return Case(files, draw(st.sampled_from(commands)))


CASES: dict[str, st.SearchStrategy[Case]] = {
    "scenarios": scenarios(),
    "runs": runs(),
    "scenario texts": scenario_texts(),
    "settings": settings(),
    "records": records(),
    "books": books(),
    "sweep files": sweep_files(),
    "run folders": folders("run"),
    "sweep folders": folders("sweep"),
}
