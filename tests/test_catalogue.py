"""The shipped scenarios: they load, and their levels are the record's."""

from __future__ import annotations

import csv
import dataclasses
import math
from datetime import date
from pathlib import Path

import pytest

from agents.desk.hedge_leg import OptionLeg
from agents.funds.executor import Executor
from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from agents.making.option_maker import OptionMaker
from agents.policies import Never
from markets.spec import CreditSpec, FeedbackSpec, MarketSpec, RateSpec
from markets.specs.memory import CreditMemorySpec, MemorySpec, StartSpec
from scenarios.describing.levels import daily_levels
from scenarios.reading.loading import load
from scenarios.reading.shipped import catalogue, presets
from scenarios.studies.estimation.daily_record import read_record
from scenarios.studies.estimation.fitted import LEVERAGE
from scenarios.studies.estimation.path_start import start_of
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock

RECORDS = {
    "taper_tantrum_2013": "taper_2013",
    "china_deval_2015": "china_deval_2015",
    "brexit_2016": "brexit_2016",
    "election_2016": "election_2016",
    "repo_crisis_2019": "repo_2019",
    "covid_crash_2020": "covid_2020",
    "rate_hikes_2022": "hikes_2022",
    "gilt_ldi_2022": "ldi_2022",
    "liberation_day_2025": "liberation_2025",
    "svb_2023": "svb_2023",
    "treasury_dash_for_cash_2020": "covid_2020",
}
WITH_MAKERS = {  # the equity crises with listed options, who quotes them, and a quarter of the vega bought back
    f"{name}_options": name
    for name in ("brexit_2016", "china_deval_2015", "covid_crash_2020", "election_2016", "liberation_day_2025")
}
RECORDS |= {name: RECORDS[base] for name, base in WITH_MAKERS.items()}
CUT = {"china_deval_2015", "china_deval_2015_options"}  # the story ends before the record, at its second low
HYPOTHETICAL = {"bear_flattener", "calm_market", "short_vol_blowup", "sonia_swap_desk"}
CURVES = {  # of more nodes than overnight, 2Y and 10Y, with a vol of rates
    "gilt_ldi_2022",
    "rate_hikes_2022",
    "repo_crisis_2019",
    "sonia_swap_desk",
    "svb_2023",
    "taper_tantrum_2013",
    "treasury_dash_for_cash_2020",
}
COLUMNS = {"spot": "spx", "vol": "vix", "overnight": "overnight", "us2y": "us2y", "us10y": "us10y", "credit": "ig_oas"}
GILTS = {"overnight": "sonia", "us2y": "gilt2y", "us10y": "gilt10y"}


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    return list(csv.DictReader(path.read_text().splitlines()))


def record_file(crises: Path, name: str) -> Path:
    """The file with the record of a preset's crisis; later ones stand in a folder of their own."""
    return next(f for f in (crises / f"{RECORDS[name]}.csv", crises / "new" / f"{RECORDS[name]}.csv") if f.exists())


def record(crises: Path, name: str) -> dict[date, dict[str, float]]:
    """Levels of the record in a scenario's units, by date; the gilt crisis has British rates."""
    rows = read(record_file(crises, name))
    if name == "gilt_ldi_2022":
        british = {row["date"]: row for row in read(crises / "ldi_2022_gilts.csv")}
        rows = [row | {COLUMNS[key]: british[row["date"]][column] for key, column in GILTS.items()} for row in rows]
    columns = dict(COLUMNS)
    if name in CURVES:
        curve = {row["date"]: row for row in read(crises / "curves" / f"{RECORDS[name]}_curve.csv")}
        nodes = tuple(load(name).market.rates.nodes)
        columns |= {node: node for node in nodes}
        rows = [row | {node: curve[row["date"]][node] for node in nodes} for row in rows]
    levels = {}
    for row in rows:
        known = {key: float(row[column]) for key, column in columns.items() if row[column]}
        levels[date.fromisoformat(row["date"])] = {k: v if k == "spot" else v / 100 for k, v in known.items()}
    return levels


def test_the_catalogue_is_complete() -> None:
    assert set(presets()) == set(RECORDS) | HYPOTHETICAL


@pytest.mark.parametrize("name", presets())
def test_a_preset_explains_itself(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name == catalogue()[name].stem
    assert scenario.title
    assert scenario.regime
    assert len(scenario.description) > 100
    assert len(scenario.storyline.anchor) <= 40
    assert (scenario.storyline.anchors == "observed") == (scenario.storyline.calibration is not None)


BENT = ("covid_crash_2020", "liberation_day_2025", "china_deval_2015")  # linear, their smiles had negative densities
CALM_IN_TIME = "covid_crash_2020"  # its smile had calendar arbitrage at the default
MUTED = {"rate_hikes_2022": 1.0}  # its own fit


@pytest.mark.parametrize("name", presets())
def test_presets_share_one_structure(name: str) -> None:
    """One law of vol and credit; what differs is what was remembered at the start, and the level of realised vol."""
    scenario = load(name)
    leverage = scenario.market.beta * (scenario.storyline.anchor[0].vol or 0.0)
    law = MUTED.get(name, LEVERAGE)  # one law of the elasticity, which is written to one decimal
    assert leverage == pytest.approx(law, rel=0.015)
    memory, lent = scenario.market.memory, scenario.credit.memory
    own = MemorySpec(start=memory.start, realised_level=memory.realised_level)
    rates = scenario.market.rates if name in CURVES else RateSpec()
    told = {"beta": scenario.market.beta, "memory": own, "rates": rates, "vol_futures": scenario.market.vol_futures}
    told |= {"term_reversion": 1.0} if WITH_MAKERS.get(name, name) == CALM_IN_TIME else {}
    told["smile"] = "ssvi" if WITH_MAKERS.get(name, name) in BENT else "linear"
    told["options"] = scenario.market.options if name in WITH_MAKERS else {}
    assert scenario.market == MarketSpec(vol_law="path_dependent", **told)
    assert bool(scenario.market.vol_futures) == (name == "short_vol_blowup")
    assert (rates.nodes != {}) == (rates.vol != {}) == (name in CURVES)
    assert scenario.credit == CreditSpec(law="path_dependent", memory=CreditMemorySpec(start=lent.start))
    assert (memory.start == StartSpec()) == (scenario.storyline.anchors == "exogenous")
    assert 0.7 <= memory.realised_level <= 1.0
    assert scenario.feedback == FeedbackSpec()
    assert scenario.venue.asset == load("calm_market").venue.asset


def test_starts_are_what_the_record_left(crises: Path) -> None:
    """Each recorded preset remembers the S&P 500's closes up to its first day."""
    record = read_record(crises / "long" / "daily_1987_2025.csv", blank_vol=True)
    for name in presets():
        scenario = load(name)
        if scenario.storyline.anchors != "observed":
            continue
        starts = start_of(record, scenario.start)
        for start, found in zip((scenario.market.memory.start, scenario.credit.memory.start), starts, strict=True):
            assert dataclasses.astuple(start) == pytest.approx(dataclasses.astuple(found), rel=1e-3), name


@pytest.mark.parametrize("name", presets())
def test_every_venue_is_quoted_in_full(name: str) -> None:
    for venue in ("asset", "us2y", "us10y"):
        shares = [a.depth_share for a in load(name).agents if isinstance(a, MarketMaker) and venue in a.venues]
        assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("name", presets())
def test_books_compile_and_some_position_outlives_the_story(name: str) -> None:
    scenario = load(name)
    clock = make_clock(scenario)
    books = compile_books(scenario, clock)
    assert books
    assert clock.session_dates[0] == scenario.start
    assert clock.session_dates[-1] == scenario.end
    for agent in scenario.agents:
        if isinstance(agent, Hedger) and any(p.kind in ("put", "call") for p in agent.book):
            assert books[agent.name].nearest_expiry(len(clock.ticks) - 1)[0] > 0


@pytest.mark.parametrize("name", RECORDS)
def test_anchors_are_the_records_levels(crises: Path, name: str) -> None:
    levels = record(crises, name)
    for row in load(name).storyline.anchor:
        if row.spot is None:
            continue  # a spread's own day
        for key, known in levels[row.date].items():
            assert row.level(key) == pytest.approx(known, abs=6e-7 if key != "spot" else 0.005), (row.date, key)


@pytest.mark.parametrize("name", RECORDS)
def test_anchors_keep_the_records_extremes(crises: Path, name: str) -> None:
    scenario = load(name)
    known = record(crises, name)
    levels = {day: row for day, row in known.items() if scenario.start <= day <= scenario.end}
    assert (max(levels) == max(known)) == (name not in CUT)
    for key, worst in (("spot", min), ("vol", max), ("credit", max), ("us10y", max)):
        told = [level for row in scenario.storyline.anchor if (level := row.level(key)) is not None]
        full = [row[key] for row in levels.values() if key in row]
        assert worst(told) == pytest.approx(worst(full), rel=1e-3), key


@pytest.mark.parametrize("name", RECORDS)
def test_the_storyline_stays_near_the_record(crises: Path, name: str) -> None:
    """Root mean square distance between the anchors' interpolation and the record, over the days of the story."""
    scenario, known = load(name), record(crises, name)
    for key, bound in (
        ("spot", 0.025),
        ("vol", 0.13),
        ("overnight", 0.0025),
        *((node.name, 0.0015) for node in scenario.market.rates.curve[1:]),
        ("credit", 0.0012),
    ):
        told = daily_levels(scenario, key)
        squares = []
        for day, row in known.items():
            if key in row and scenario.start <= day <= scenario.end:
                level = told[(day - scenario.start).days]
                squares.append((math.log(level / row[key]) if key in ("spot", "vol") else level - row[key]) ** 2)
        assert math.sqrt(sum(squares) / len(squares)) < bound, key


@pytest.mark.parametrize(("name", "base"), WITH_MAKERS.items())
def test_a_crisis_with_option_makers_is_its_base_and_they(name: str, base: str) -> None:
    """All else is the base's: the record, the cast, the book; the outside world is this cast's own."""
    whole, bare = load(name), load(base)
    made = {agent.name: agent for agent in whole.agents}
    maker, desk = made.pop("option_maker"), made["hedger"]
    assert isinstance(maker, OptionMaker)
    assert isinstance(desk, Hedger)
    assert set(maker.venues) == set(whole.market.options)
    assert isinstance(desk.option_leg, OptionLeg)
    assert set(desk.option_leg.venues) < set(maker.venues)
    made["hedger"] = dataclasses.replace(desk, option_leg=None)
    assert made == {agent.name: agent for agent in bare.agents}
    assert dataclasses.replace(whole.market, options={}) == bare.market
    rows = [row.with_outside({}) for row in bare.storyline.anchor]
    assert [row.with_outside({}) for row in whole.storyline.anchor] == rows
    assert [row.outside_spot for row in whole.storyline.anchor] != [r.outside_spot for r in bare.storyline.anchor]


def test_overnight_spikes_on_17_september_2019() -> None:
    rows = {row.date: row for row in load("repo_crisis_2019").storyline.anchor}
    assert rows[date(2019, 9, 17)].overnight == 0.0525
    assert rows[date(2019, 9, 17)].us10y == 0.0181


def test_the_gilts_of_28_september_2022() -> None:
    """The 30Y yield falls by 113 bp on the day of the announcement; the purchases begin that day."""
    gilts = load("gilt_ldi_2022")
    rows = {row.date: row for row in gilts.storyline.anchor}
    fall = rows[date(2022, 9, 28)].nodes["gilt30y"] - rows[date(2022, 9, 27)].nodes["gilt30y"]
    assert fall == pytest.approx(-0.0113, abs=5e-5)
    (buyer,) = (agent for agent in gilts.agents if isinstance(agent, Executor))
    assert buyer.begins == date(2022, 9, 28)
    assert buyer.quantity * math.exp(-30 * rows[date(2022, 9, 28)].nodes["gilt30y"]) == pytest.approx(19e9, rel=0.03)


def test_gilt_funds_receive_fixed_and_never_hedge() -> None:
    funds = [a for a in load("gilt_ldi_2022").agents if isinstance(a, Hedger)]
    assert len(funds) == 6
    for fund in funds:
        assert isinstance(fund.policy, Never)
        assert [p.kind for p in fund.book] == ["swap"]
        assert (fund.book[0].notional or 0) > 0
    assert len({dataclasses.replace(f, name="", capital=1.0) for f in funds}) == 1  # they differ in capital only
