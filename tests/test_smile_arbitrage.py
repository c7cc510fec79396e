"""Arbitrage that a smile admits, in strike and in time: SSVI on random states of paths, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from markets.factors.storyline import lay_out
from markets.kernels.smiles import LINEAR, SSVI, multiples
from markets.vols.density import ImpliedLaw, SkewSmile
from markets.vols.smile import strike_multiple
from scenarios.commands.implied_laws import SLIGHT, arbitrage, assets_with_smile, fall, ladder_at
from scenarios.reading.loading import load
from scenarios.reading.shipped import presets
from scenarios.worlds.clock import make_clock
from sim.phases import Phase
from tests.small import watch, world_of
from tests.test_listed_options import NOISY, listed

CRISIS = {"market.smile": "ssvi"}


def shapes(form, z):
    out = np.empty((3, z.size))
    multiples(form, z, out)
    return out


def test_forms_agree_at_the_money_to_second_order():
    at = np.array([0.0])
    np.testing.assert_allclose(shapes(SSVI, at)[:, 0], [1.0, -1.0, 0.0], atol=1e-15)
    np.testing.assert_array_equal(shapes(LINEAR, at)[:, 0], [1.0, -1.0, 0.0])
    z = np.linspace(-0.1, 0.1, 21)
    assert np.abs(shapes(SSVI, z)[0] - shapes(LINEAR, z)[0]).max() < 2e-3


def test_ssvi_is_the_published_surface():
    """w = theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)), rho^2 = 1/2 (Gatheral and Jacquier 2014)."""
    k, years, skew, rho = np.linspace(-2, 2, 41), 0.5, 0.4, -np.sqrt(0.5)
    phi = 2 * skew / np.sqrt(years) / -rho
    w = 0.5 * (1 + rho * phi * k + np.sqrt((phi * k + rho) ** 2 + 1 - rho**2))
    found = strike_multiple(np.exp(k), years, spot=1.0, skew=skew, form="ssvi")
    np.testing.assert_allclose(found**2, w, rtol=1e-13)


def test_derivatives_of_the_forms():
    z, step = np.linspace(-3, 3, 31) + 0.003, 1e-5
    for form in (SSVI, LINEAR):
        here, up, down = (shapes(form, z + by) for by in (0.0, step, -step))
        np.testing.assert_allclose(here[1], (up[0] - down[0]) / (2 * step), atol=1e-9)
        np.testing.assert_allclose(here[2], (up[1] - down[1]) / (2 * step), atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_no_negative_probability_within_the_published_bound(seed):
    """Random levels, times and skews with skew x level <= 0.54, and so a^2 theta (1 + |rho|) 8 <= 4; as sharp."""
    draw = np.random.default_rng(seed)
    for _ in range(20):
        years, level = np.exp(draw.uniform(np.log(0.02), np.log(2.0))), draw.uniform(0.08, 1.2)
        skew = draw.uniform(-1, 1) * min(0.54 / level, 0.82 / (level**2 * np.sqrt(years)))
        smile = SkewSmile(level=level, spot=100.0, skew=skew, years=years, form="ssvi")
        assert ImpliedLaw(smile=smile, forward=100.0, years=years).breaches() == ()
    wild = SkewSmile(level=1.2, spot=100.0, skew=1.2, years=0.25, form="ssvi")
    assert ImpliedLaw(smile=wild, forward=100.0, years=0.25).breaches() != ()


def test_quotes_on_paths_have_no_butterfly_below_zero():
    """Puts listed at nine strikes, valued on every path at every tick: their values are convex in the strike."""
    puts = {f"p{share}": {"kind": "put", "expiry_days": 60, "moneyness": share / 100} for share in range(60, 141, 10)}
    puts = {name: {**spec, "roll_days": 1000} for name, spec in puts.items()}
    market = {**NOISY, "smile": "ssvi", "stickiness": 0.5, "xi": 4.0, "beta": 12.0}
    world = world_of(listed(puts, market=market), 8)
    seen = watch(world, Phase.MARK, lambda: np.stack([each.greeks().worth for each in world.options]))
    world.run()
    values = np.array(seen)
    assert np.diff(values, 2, axis=1).min() > -1e-12 and np.diff(values, axis=1).min() > -1e-12  # $, round-off
    vols = np.array([world.venue(name).mid for name in puts])
    assert vols.max() / vols.min() > 1.2


def test_the_covid_smile_without_negative_probabilities_and_falls_in_time():
    """What it had: the linear smile with the default reversion."""
    strike, term = arbitrage(load("covid_crash_2020", {"market.smile": "linear", "market.term_reversion": 1.4}))
    assert strike.startswith("for 2020-05-19, seen on 2020-03-16, the smile admits arbitrage at strikes from 16")
    assert strike.endswith(' %); write market.smile = "ssvi"')
    (left,) = arbitrage(load("covid_crash_2020", {"market.term_reversion": 1.4}))
    for note in (term, left):
        assert note.startswith("seen on 2020-03-16, total variance falls by ")
        assert note.endswith("a calendar spread costs less than nothing; lower market.term_reversion or market.skew")
    assert list(arbitrage(load("covid_crash_2020"))) == []


@pytest.mark.parametrize("name", presets())
def test_no_preset_has_an_arbitrage_on_any_day_of_its_storyline(name):
    """Options of 1 to 12 months from the start, as each close sees them; `spiral check` looks at two of the days."""
    scenario = load(name)
    assert list(arbitrage(scenario)) == []
    if "asset" not in assets_with_smile(scenario):
        return
    clock = make_clock(scenario)
    levels = lay_out(scenario.storyline, clock, scenario.market, scenario.credit)
    for tick in (0, *np.flatnonzero(clock.is_close)):
        laws = ladder_at(scenario, clock, levels, int(tick))
        assert all(breach.mass > -SLIGHT for dated in laws for breach in dated.law.breaches())
        assert all(fall(near, far)[0] < 0 for near, far in pairwise(laws))


def test_a_steep_skew_is_told_and_a_calm_market_is_free_of_both():
    notes = list(arbitrage(load("covid_crash_2020", {**CRISIS, "market.skew": 4.0})))
    assert notes[0].endswith("; lower market.skew")
    for smile in ("linear", "ssvi"):
        assert list(arbitrage(load("calm_market", {"market.smile": smile}))) == []


def gold(*, held=False, **implied):
    """The calm market with options on gold, which are listed, or held in a desk's book."""
    own = {"start": 0.15, **implied}
    keys = {"assets.gold": {"spot": 100.0, "vol": 0.1, "vol_power": 0.0, "implied": own}, "market.smile": "ssvi"}
    if held:
        line = {"kind": "put", "asset": "gold", "months": 2, "moneyness": 0.9, "quantity": -1e6}
        keys["agents.gold_desk"] = {"type": "Hedger", "policy": {"kind": "every"}, "book": [line]}
    else:
        keys["market.options"] = {"g": {"asset": "gold", "expiry_days": 30}}
    venues = ["gold"] if held else ["gold", "g"]
    return load("calm_market", {**keys, "agents.gold_maker": {"type": "MarketMaker", "venues": venues}})


def test_the_smile_of_a_further_asset_is_looked_at():
    """By itself, where options on it are listed: a slope in time that falls fast, a line or a skew too steep."""
    assert list(arbitrage(gold(skew=0.5, surface={}))) == []
    (strike,) = arbitrage(gold(skew=2.5, smile="linear"))
    assert strike.startswith("options on gold: for ") and strike.endswith('; write assets.gold.implied.smile = "ssvi"')
    (steep,) = arbitrage(gold(skew=8.0, term_slope=0.5))
    assert steep.endswith("; lower assets.gold.implied.skew")
    (term,) = arbitrage(gold(term_slope=-0.7))
    assert term.startswith("options on gold: seen on ") and ", total variance falls by " in term
    assert term.endswith("implied.skew, or raise assets.gold.implied.term_slope")
    assert list(arbitrage(gold(held=True, term_slope=-0.7))) == [term]
    assert list(arbitrage(gold(term_slope=-0.5))) == []  # at the money 1 + 2 slope / ln 3 > 0, without a skew


def test_what_the_anchors_tell_of_a_surface_is_looked_at():
    """The slope and the skew of the day that is looked at, not those of the start."""
    told = load("covid_crash_2020", {**CRISIS, "market.surface": {}, "market.term_reversion": 0.0})
    assert list(arbitrage(told)) == []
    anchors = tuple(
        replace(anchor, vol_slope=-0.8) if anchor.date.isoformat() == "2020-03-16" else anchor
        for anchor in told.storyline.anchor
    )
    (note,) = arbitrage(replace(told, storyline=replace(told.storyline, anchor=anchors)))
    assert note.startswith("seen on 2020-03-16, total variance falls") and note.endswith(
        "raise vol_slope of the anchors"
    )
