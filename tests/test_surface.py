"""Slope and skew of the asset's vols as factors: their law, what they do to options, attribution, no arbitrage."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from agents.funding.risk_classes import EQUITY, risk_class
from markets.factors.key import SMILE_SKEW, SPOT, VOL, VOL_SLOPE
from markets.kernels.surface import LOADING
from markets.products.table import When
from markets.vols.smile import slope_loading
from scenarios.studies.run import run
from scenarios.worlds.clock import make_clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, crisis, watch, world_of
from tests.test_listed_options import LISTED, NOISY, listed
from tests.test_smile_moves import TICK, book_of, market, scenario_of, small

SURFACE = {"skew_noise": 0.8, "skew_vol_response": 0.3, "skew_spot_response": -0.5}
STILL = {"slope_response": 0.0, "slope_noise": 0.0}


def test_derivatives_by_slope_and_skew():
    scenario = scenario_of(surface=SURFACE, smile="ssvi", stickiness=0.4)
    clock, (start, now) = make_clock(scenario), market(scenario)
    now = now.with_rows({VOL_SLOPE: np.linspace(-0.3, 0.2, 6), SMILE_SKEW: np.linspace(0.2, 0.6, 6)})
    book = book_of(start, clock)
    fixings = book.new_fixings(now.paths)
    assert {VOL_SLOPE, SMILE_SKEW} <= set(book.needs) and risk_class(VOL_SLOPE) == risk_class(SMILE_SKEW) == EQUITY
    risk = book.risk(TICK, now, fixings)
    for key in (VOL_SLOPE, SMILE_SKEW, VOL):
        up, down = (book.value(TICK, now.bumped(key, by), fixings) for by in (1e-5, -1e-5))
        np.testing.assert_allclose(risk.first(key), (up - down) / 2e-5, rtol=1e-6, atol=1e-3)
    up, down = (book.risk(TICK, now.bumped(SPOT, by), fixings).delta for by in (0.01, -0.01))
    np.testing.assert_allclose(risk.gamma, (up - down) / 0.02, rtol=1e-6, atol=1e-9)
    assert (book.tables[0].known(When(TICK, TICK))[:, LOADING] > 0.8).all()  # all are longer than a month
    assert slope_loading(np.array([1 / 12, 0.25, 0.5])) == pytest.approx([0, 1, np.log(6) / np.log(3)], abs=1e-15)


def test_a_surface_that_stays_is_the_market_without_one():
    plain, still = (world_of(small(**more), 3) for more in ({}, {"surface": STILL}))
    for world in (plain, still):
        world.run()
    for name, total in plain.desks["desk"].attribution.totals.items():
        np.testing.assert_allclose(still.desks["desk"].attribution.totals[name], total, rtol=1e-9, atol=1e-4)


def test_law_by_its_recursion_and_other_factors_keep_their_noise():
    spec = {"slope_noise": 0.0, "slope_response": -0.4, "skew_spot_response": -0.5, "skew_noise": 0.0}
    market = {"realised_ratio": 0.7, "xi": 0.8}
    with_it, without = (world_of(crisis(market={**market, **more}), 3) for more in ({"surface": spec}, {}))
    keys = (SPOT, VOL, VOL_SLOPE, SMILE_SKEW)
    seen = watch(with_it, Phase.MARK, lambda: [with_it.factors.snapshot.row(key) for key in keys])
    same = watch(without, Phase.MARK, lambda: [without.factors.snapshot.row(key) for key in keys[:2]])
    with_it.run(), without.run()
    np.testing.assert_array_equal([row[:2] for row in seen], same)
    rows, years = np.array(seen), np.diff(with_it.clock.variance_years)
    slope = skew = np.zeros(3)
    for tick in range(2, len(rows)):  # row of tick t answers moves up to t - 1
        spot, vol = np.log(rows[tick - 1, :2] / rows[tick - 2, :2])
        keep = np.exp(-35.0 * years[tick - 1])
        slope, skew = keep * (slope - 0.4 * vol), keep * (skew - 0.5 * spot)
        np.testing.assert_allclose(rows[tick, 2], slope, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(rows[tick, 3], 0.5 + skew, rtol=1e-12)


def test_levels_that_anchors_tell():
    """Without noise the factors are the storyline's, whatever vol does on it; responses are to what goes beyond."""
    days = [
        {"date": "2020-02-19", **LEVEL, "vol_slope": -0.1},
        {"date": "2020-02-26", "vol": 0.4, "vol_slope": -0.3, "smile_skew": 0.7},
        {"date": "2020-03-04", "vol": 0.3, "vol_slope": 0.05},
    ]
    spec = {"slope_noise": 0.0, "slope_response": -0.5, "skew_vol_response": 0.4}
    world = world_of(crisis(market={"surface": spec}, anchors=days, minutes=390), 2)
    keys = (VOL_SLOPE, SMILE_SKEW)
    assert [world.factors.snapshot.row(key)[0] for key in keys] == [-0.1, 0.5]
    seen = np.array(watch_rows(world, keys))
    closes = {str(world.clock.session_dates[int(world.clock.day[t])]): row for t, row in enumerate(seen)}
    for day, slope, skew in (("2020-02-26", -0.3, 0.7), ("2020-03-04", 0.05, 0.7)):
        np.testing.assert_allclose(closes[day], [[slope] * 2, [skew] * 2], atol=1e-9)


def watch_rows(world, keys):
    first = [world.factors.snapshot.row(key) for key in keys]
    seen = watch(world, Phase.MARK, lambda: [world.factors.snapshot.row(key) for key in keys])
    world.run()
    return seen if len(seen) == len(world.clock.ticks) else [first, *seen]


def test_noise_has_the_variance_of_its_law():
    paths, spec = 2000, {"slope_response": 0.0, "slope_noise": 0.27, "skew_noise": 0.1}
    world = world_of(crisis(market={"surface": spec}, minutes=390), paths)
    world.run()
    years = world.clock.variance_years[-1]
    for key, noise in ((VOL_SLOPE, 0.27), (SMILE_SKEW, 0.1)):
        variance = noise**2 * (1 - np.exp(-70.0 * years)) / 70.0
        found = world.factors.snapshot.row(key).var()
        assert found == pytest.approx(variance, abs=K * variance * np.sqrt(2 / paths))
    slope, skew = (world.factors.snapshot.row(key) for key in (VOL_SLOPE, SMILE_SKEW))
    assert abs(np.corrcoef(slope, skew)[0, 1]) < K / np.sqrt(paths)


def test_path_alone_and_the_parts_of_the_loss(tmp_path):
    scenario = small(surface=SURFACE, stickiness=0.5)
    whole, alone = world_of(scenario, 4), world_of(scenario, 1, 2)
    for world in (whole, alone):
        world.run()
    for name, total in alone.desks["desk"].attribution.totals.items():
        np.testing.assert_array_equal(total, whole.desks["desk"].attribution.totals[name][2:3])
    done = run(scenario, paths=3, out=tmp_path / "run", workers=1)
    last = done.marks.filter(pl.col("agent") == "desk").collect()
    assert (last["smile"][-3:].abs() > 0).all()
    assert {"vol_slope", "smile_skew"} <= set(done.closes.collect_schema())


def test_listed_options_on_a_moving_surface():
    world = world_of(listed(LISTED, market={**NOISY, "surface": SURFACE, "stickiness": 0.3}), 2)
    world.run()
    now = world.factors.snapshot
    for option in world.options:
        slopes = option.sensitivities()
        for key in (VOL_SLOPE, SMILE_SKEW):
            up, down = (option.greeks(now.bumped(key, by)).worth for by in (1e-5, -1e-5))
            assert slopes[key] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-7)
        if option.name in ("call", "put"):
            loading = option.struck.term(world.factors.tick)[LOADING]
            assert slopes[VOL_SLOPE] == pytest.approx(loading * option.greeks().own_vega * option.mid, rel=1e-12)


def test_quotes_stay_free_of_butterflies_as_the_skew_moves():
    puts = {f"p{share}": {"kind": "put", "expiry_days": 45, "moneyness": share / 100} for share in range(60, 141, 10)}
    puts = {name: {**spec, "roll_days": 1000} for name, spec in puts.items()}
    wild = {"skew_noise": 8.0, "slope_noise": 2.0}
    world = world_of(listed(puts, market={**NOISY, "smile": "ssvi", "stickiness": 0.0, "xi": 4.0, "surface": wild}), 16)
    seen = watch(world, Phase.MARK, lambda: np.stack([each.greeks().worth for each in world.options]))
    skews = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(SMILE_SKEW))
    world.run()
    values = np.array(seen)
    assert np.ptp(skews) > 1.0 and np.diff(values, 2, axis=1).min() > -1e-11 and np.diff(values, axis=1).min() > -1e-11


@pytest.mark.parametrize(
    ("market", "message"),
    [
        ({"surface": {}, "price_model": "normal"}, "market.surface: the surface answers log returns"),
        ({"surface": {}, "skew": 3.0}, "market.skew: with a moving surface the skew lies within 0.54 over the vol"),
        ({"surface": {"skew_noise": -1.0}}, "market.surface.skew_noise: must be >= 0"),
        ({"surface": {"kappa": 1.0}}, "market.surface.kappa: unknown key"),
        ({"surface": 3}, "market.surface"),
    ],
)
def test_mistakes(market, message):
    with pytest.raises(UserError) as caught:
        crisis(market=market)
    assert message in str(caught.value)


def test_an_anchor_tells_what_the_market_has():
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "smile_skew": 0.4}]
    with pytest.raises(
        UserError, match=r"2020-03-04\.smile_skew: slope and skew are no factors of this market, got 0.4"
    ):
        crisis(anchors=days)
