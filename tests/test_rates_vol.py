"""Vol of rates that follows from the path of the curve: sums over the path, known moments, quotes, the record."""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from markets.factors.key import RATES_VOL, SPOT, USD, FactorKey
from markets.factors.rates_vol import RatesVol
from markets.factors.snapshot import Snapshot
from markets.spec import RatesVolSpec
from markets.specs.memory import KernelSpec
from scenarios import run
from scenarios.studies.ablation import loops_of
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, crisis, only, send, standard_error, watch, world_of

FREE = {"vol_overnight": 0.0, "vol_us2y": 0.006, "vol_us10y": 0.008, "mean_reversion": 0.0}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-26", "spot": 85.0, "us10y": 0.02},
    {"date": "2020-03-18", "spot": 95.0, "us10y": 0.025},
]
MAKER = {"type": "MarketMaker", "capital": 1e9}


def moving(spec=None, *, anchors=None, **more):
    """A market of noise with a vol of rates."""
    market = {"dispersion": 1.0, "realised_ratio": 0.7, "rates": {**FREE, "vol": {"usd": spec or {}}}}
    return crisis(anchors=anchors or ANCHORS, market=market, agents={"maker": MAKER}, **more)


# Another law than the fitted one: most of the weight on a slow memory, falls felt for months, from a low level.
OTHER = {
    "start": 0.006,
    "base": 0.0011,
    "trend": -0.0021,
    "activity": 0.7,
    "returns": 2.5,
    "squares": {"fast": 80.0, "slow": 4.0, "slow_share": 0.85},
    "least": 0.0002,
    "most": 0.02,
}


@pytest.mark.parametrize("given", [{}, OTHER], ids=["fitted", "other"])
def test_it_is_the_sum_over_the_path(given):
    """At every tick the weighted sums of all moves between closes so far, and of the running one, written out."""
    kernel = {"squares": KernelSpec(**given["squares"])} if given else {}
    world, spec = world_of(moving(given), 8), RatesVolSpec(**{**given, **kernel})
    keys = (SPOT, FactorKey(*USD, "us2y"), FactorKey(*USD, "us10y"))
    seen = watch(world, Phase.MARK, lambda: [world.factors.snapshot.row(key) for key in (*keys, RATES_VOL)])
    world.run()
    levels, years, closing = np.array(seen), world.clock.variance_years, world.clock.is_close
    moved = levels[:, :3].copy()
    moved[:, 0] = np.log(moved[:, 0])
    settled = ((spec.start - spec.base) / spec.activity) ** 2
    shares = {spec.squares.fast: 1 - spec.squares.slow_share, spec.squares.slow: spec.squares.slow_share}
    for tick in (5, 40, len(levels) - 1):
        ends = [0, *[k for k in range(1, tick - 1) if closing[k]], tick - 1]
        trend, square = 0.0, sum(w * settled * np.exp(-speed * years[tick - 1]) for speed, w in shares.items())
        for a, b in pairwise(ends):
            fall, *rates = moved[b] - moved[a]
            gone = years[tick - 1] - years[b]
            trend = trend + spec.returns * np.exp(-spec.returns * gone) * fall
            mean = np.mean(np.square(rates), axis=0)
            square = square + sum(w * speed * np.exp(-speed * gone) for speed, w in shares.items()) * mean
        wanted = np.clip(spec.base + spec.trend * trend + spec.activity * np.sqrt(square), spec.least, spec.most)
        assert levels[tick, 3] == pytest.approx(wanted, rel=1e-10)


def test_its_mean_square_is_known():
    """E m^2 = a^2 (m0^2/a^2 sum w e^(-l T) + s^2 sum w l dt (1 - e^(-l T)) / (1 - e^(-l dt))), s^2 the nodes' mean."""
    flat = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-04-15", **LEVEL}]
    spec = {"base": 0.0, "trend": 0.0, "activity": 1.2, "start": 0.01, "least": 1e-6}
    world = world_of(moving(spec, anchors=flat, minutes=390), 4096)
    seen = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(RATES_VOL))
    world.run()
    years, closing = world.clock.variance_years, np.flatnonzero(world.clock.is_close)
    last = closing[-2]  # the last close that the vol at the end has seen
    dt, variance = years[closing[1]] - years[closing[0]], (0.006**2 + 0.008**2) / 2
    ends = years[closing[closing <= last]]
    expected = 0.0
    for speed, share in ((12.7, 0.76), (0.530, 0.24)):
        kept = np.exp(-speed * (years[last] - ends[1:])).sum() * speed * dt * variance
        expected += share * (np.exp(-speed * years[last]) * 0.01**2 / 1.2**2 + kept)
    squares = seen[last + 1] ** 2
    assert squares.mean() == pytest.approx(1.2**2 * expected, abs=K * standard_error(squares))


def test_it_answers_the_size_of_a_move_and_not_its_sign():
    ends = []
    for sign in (1, -1):
        anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "us10y": 0.03 + sign * 0.008}]
        still = {"vol_us2y": 0.0, "vol_us10y": 0.0, "vol": {"usd": {}}}
        world = world_of(crisis(anchors=anchors, market={"rates": still, "dispersion": 0.0}), 2)
        world.run()
        ends.append(world.factors.snapshot.row(RATES_VOL)[0])
    assert ends[0] == pytest.approx(ends[1], rel=1e-12)
    assert ends[0] != RatesVolSpec().start


def test_it_drives_the_quotes_of_swaps_alone():
    """Spread and depth of swaps by the powers of the vol of rates; the asset's by implied vol, as ever."""
    world = world_of(moving(), 8)
    seen = watch(
        world,
        Phase.MARK,
        lambda: (
            [world.factors.rate_vol(), world.factors.vol]
            + [rule for name in ("us10y", "asset") for rule in world.venue(name).quotes.rule().read()]
        ),
    )
    world.run()
    rates, vol, swap_spread, swap_depth, spread, depth = seen[-1]
    swaps, asset = world.venue("us10y").spec, world.venue("asset").spec
    by_rates, by_vol = rates / RatesVolSpec().start, vol / LEVEL["vol"]
    assert swap_spread == pytest.approx(swaps.half_spread * by_rates**swaps.spread_power, rel=1e-12)
    assert swap_depth == pytest.approx(swaps.depth * by_rates**-swaps.depth_power, rel=1e-12)
    assert spread == pytest.approx(asset.half_spread * by_vol**asset.spread_power, rel=1e-12)
    assert depth == pytest.approx(asset.depth * by_vol**-asset.depth_power, rel=1e-12)


def test_it_is_written_down(tmp_path):
    found = run(moving(), out=tmp_path / "run", workers=1, paths=4)
    closes = found.closes.filter(pl.col("venue") == "asset", pl.col("world") == "actual").collect()
    peaks = found.peaks.filter(pl.col("world") == "actual").collect()
    assert closes["rates_vol"][0] == pytest.approx(RatesVolSpec().start)
    highest = closes.group_by("path").agg(pl.col("rates_vol").max()).sort("path")["rates_vol"].to_numpy()
    assert (peaks.sort("path")["peak_rates_vol"].to_numpy() >= highest).all()


@pytest.mark.parametrize(
    ("vol", "said"),
    [
        ({"eur": {}}, "market.rates.vol: no such curve, got 'eur'; call it usd"),
        ({"usd": {"start": 0.06}}, "market.rates.vol.usd.start: lies outside 0.001 to 0.05, got 0.06"),
    ],
)
def test_mistakes_in_one_line(vol, said):
    with pytest.raises(UserError) as caught:
        crisis(market={"rates": {"vol": vol}})
    assert said in str(caught.value)


# --- the record -------------------------------------------------------------------------------------------------------
PEAKS = {  # by first day and months: ours, by direct sums over the same record, bp
    ("2013-05-01", 4): 92,
    ("2016-05-15", 4): 88,
    ("2020-02-15", 4): 202,
    ("2022-01-03", 12): 162,
    ("2023-02-15", 4): 195,
}


@pytest.mark.skipif("SPIRAL_CRISES" not in os.environ, reason="a folder of records is not there")
def test_the_record_of_move_from_rates_alone():
    """35 years of daily closes of 2Y, 5Y, 10Y and 30Y: ln MOVE is met to 0.12 (rms), with 0.87 of its variance."""
    names = ("us2y", "us5y", "us10y", "us30y")
    record = pl.read_csv(
        Path(os.environ["SPIRAL_CRISES"]) / "long" / "daily_1987_2025.csv",
        try_parse_dates=True,
        infer_schema_length=None,
    )
    record = record.drop_nulls(["spx", *names])
    ticks = len(record) + 1
    clock = SimpleNamespace(days_a_year=252, variance_years=np.arange(ticks) / 252, is_close=np.ones(ticks, dtype=bool))
    clock.is_open, clock.ticks = clock.is_close, np.arange(ticks)
    curve = [SimpleNamespace(name=name, years=1.0) for name in names]
    setting = SimpleNamespace(
        clock=clock,
        streams=SimpleNamespace(paths=1),
        market=SimpleNamespace(rates=SimpleNamespace(curve=curve)),
        feedback=SimpleNamespace(rates_vol=1.0),
        storyline=SimpleNamespace(rates_vol=SimpleNamespace(start=RatesVolSpec().start, pull=None)),
    )
    law, found = RatesVol(setting, RatesVolSpec(), None, lambda key: None), []
    rows = {SPOT: record["spx"], **{FactorKey(*USD, name): record[name] / 100 for name in names}}
    for day in range(len(record)):
        now = Snapshot({key: np.array([float(values[day])]) for key, values in rows.items()})
        found.append(float(law.step(day + 1, None, now).rows[RATES_VOL][0]))
    told = record.with_columns(law=1e4 * pl.Series(found)).filter(pl.col("date") >= pl.date(1990, 6, 1))
    known = told.drop_nulls("move")
    gap = np.log(known["move"].to_numpy() / known["law"].to_numpy())
    assert np.sqrt(np.mean(gap**2)) < 0.13
    assert 1 - gap.var() / np.log(known["move"].to_numpy()).var() > 0.85
    for (start, months), peak in PEAKS.items():
        first = pl.lit(start).str.to_date()
        crisis_days = told.filter(pl.col("date") >= first, pl.col("date") < first.dt.offset_by(f"{months}mo"))
        assert crisis_days["law"].max() == pytest.approx(peak, rel=0.02)


def test_a_path_alone_is_the_same():
    """With a fund in bonds and a vol of rates, paths 4 to 7 of eight are those of a chunk of their own."""
    fund = {"type": "LiabilityFund", "venue": "bond", "capital": 5e8, "interval": "2h", "buys_back": True}
    maker = MAKER | {"venues": ["asset", "us10y", "bond"]}
    rates = {**FREE, "vol": {"usd": {}}, "bonds": {"bond": {"node": "us10y"}}}
    scenario = crisis(
        anchors=ANCHORS, market={"rates": rates, "dispersion": 1.0}, agents={"maker": maker, "fund": fund}
    )
    ends = []
    for paths, first in ((8, 0), (4, 4)):
        world = world_of(scenario, paths, first)
        world.run()
        ends.append(np.array([world.factors.rate_vol(), world.venue("bond").held("fund"), world.equity_now("fund")]))
    assert ends[0][:, 4:] == pytest.approx(ends[1], rel=1e-10)
    assert np.ptp(ends[1][1]) > 0


# --- told levels, and the loop ----------------------------------------------------------------------------------------
TOLD = [{**row, "rates_vol": vol} for row, vol in zip(ANCHORS, (0.0085, 0.016, 0.011), strict=True)]
BUYER = {2: {"us10y": 30e9}, 9: {"us10y": -20e9, "asset": -1e8}}  # a trade of rates, and one of both
TRADED = {"us10y": {"half_spread": 0.0, "depth": 10e9, "impact": 0.002, "capacity": 100.0}}


def seen_vol(scenario, paths=8, orders=None):
    """(ticks, paths) of the vol, and the world."""
    world = world_of(scenario, paths)
    if orders:
        send(world, orders)
    seen = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(RATES_VOL))
    world.run()
    return np.array(seen), world


def told(dispersion, anchors=TOLD, **loops):
    market = {"dispersion": dispersion, "realised_ratio": 0.7, "rates": {**FREE, "vol": {"usd": {}}}}
    return crisis(anchors=anchors, market=market, agents={"maker": MAKER}, feedback=only(**loops), venue=TRADED)


def test_closes_on_anchor_dates_are_the_anchors():
    vols, world = seen_vol(told(0.0))
    dates = [world.clock.session_dates[day].isoformat() for day in world.clock.day]
    for row in TOLD:
        tick = max(k for k, day in enumerate(dates) if day == row["date"])
        assert vols[tick] == pytest.approx(row["rates_vol"], rel=1e-12)
    between = vols[len(vols) // 2]
    assert between.std() > 0
    free, _ = seen_vol(told(1.0))
    assert free[-1].std() > 0


def test_the_law_on_the_storyline_is_the_mean_of_the_paths():
    """Without trend and base E m^2 is linear in the squared moves: the line's square is the paths' mean."""
    spec = {"base": 0.0, "trend": 0.0, "activity": 1.1, "least": 1e-6}
    rates = {**FREE, "mean_reversion": 30.0, "vol": {"usd": spec}}
    market = {"dispersion": 0.3, "realised_ratio": 0.7, "rates": rates}
    scenario = crisis(anchors=ANCHORS, market=market, agents={"maker": MAKER}, minutes=130)
    vols, world = seen_vol(scenario, 2048)
    line = world.factors.storyline.rates_vol.law
    for tick in (1, 5, 20, 40, len(vols) - 1):
        square = vols[tick] ** 2
        assert square.mean() == pytest.approx(np.exp(2 * line[tick]), abs=K * standard_error(square) + 1e-12)


@pytest.mark.parametrize("anchors", [ANCHORS, TOLD])
def test_with_the_loop_cut_trades_leave_no_trace_in_it(anchors):
    cut, _ = seen_vol(told(0.5, anchors, impact=1.0), orders=BUYER)
    untouched, _ = seen_vol(told(0.5, anchors), orders=BUYER)
    on, _ = seen_vol(told(0.5, anchors, impact=1.0, rates_vol=1.0), orders=BUYER)
    assert cut == pytest.approx(untouched, rel=1e-9)
    assert (on[4] > 1.02 * cut[4]).all()
    assert (on[:3] == cut[:3]).all()


BANK = {"type": "FundingDesk", "margin_multiple": 3.0, "mpor_days": 10.0, "rates_margin": "rates_vol"}


def test_margin_on_rates_follows_it():
    """k m sqrt(mpor) |DV01| where the lender says so; with the margin loop cut, the storyline's."""
    book = [{"kind": "swap", "notional": 1e9, "months": 120, "fixed_rate": 0.03}]
    desk = {"type": "Hedger", "policy": {"kind": "never"}, "book": book, "capital": 5e8}
    agents = {"maker": MAKER, "desk": desk, "bank": BANK}
    for switch in (1.0, 0.0):
        market = {"dispersion": 0.5, "rates": {**FREE, "vol": {"usd": {}}}}
        world = world_of(crisis(anchors=TOLD, market=market, agents=agents, feedback=only(margin=switch)), 4)
        asked = []

        def look(world=world, asked=asked, switch=switch):
            client = world.lenders[0].clients["desk"]
            slopes = sum(np.abs(slope) for slope in client.portfolio.node_slopes())
            told_now = np.exp(world.factors.storyline.rates_vol.told[world.tick_index])
            vol = world.factors.rate_vol() if switch else told_now
            asked.append((world.lenders[0].calls.initial_margin(client), 3 * vol * math.sqrt(10 / 252) * slopes))

        watch(world, Phase.MARK, look)
        world.run()
        got, wanted = np.array(asked).swapaxes(0, 1)
        assert got == pytest.approx(wanted, rel=1e-12)
        assert wanted.min() > 1e6


def test_its_loop_is_there_where_it_is():
    assert "rates_vol" in loops_of(moving())
    assert "rates_vol" not in loops_of(crisis(anchors=ANCHORS, agents={"maker": MAKER}))


def test_margin_follows_it_only_where_it_is():
    with pytest.raises(UserError, match=r"bank\.rates_margin: no vol of rates is declared, got 'rates_vol'; add"):
        crisis(anchors=ANCHORS, agents={"maker": MAKER, "bank": BANK})


def test_an_anchor_tells_it_only_where_it_is():
    with pytest.raises(UserError, match=r"2020-02-19\.rates_vol: no vol of rates is declared, got 0.0085; add"):
        crisis(anchors=TOLD)
