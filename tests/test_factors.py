"""The factors of the market: noise, leverage effect, impact, and the switches of the loops."""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors import factor_market
from markets.factors.curve_noise import node_mixing
from markets.factors.impact import Impact
from markets.factors.jumps import Jumps
from markets.factors.key import VOL, FactorKey
from markets.factors.law import STILL, Law, Moved
from markets.factors.noise import Noise
from markets.factors.setting import Setting
from markets.factors.snapshot import Snapshot
from markets.factors.storyline import LEAST_VOL
from markets.spec import JumpSpec, RateSpec
from sim.errors import BugError, UserError
from sim.phases import Phase
from sim.streams import Streams
from tests.small import LEVEL, K, correlation_error, crisis, only, send, standard_error, variance_error, watch, world_of

MOST = 4096
CALM = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.2}]
RATES = {"vol_overnight": 0.004, "vol_us2y": 0.006, "vol_us10y": 0.008, "mean_reversion": 12.0}


def history(scenario, paths, *looks):
    """(ticks, paths) arrays of what each look, a function of the world, sees at MARK."""
    world = world_of(scenario, paths)
    seen = watch(world, Phase.MARK, lambda: [np.array(look(world)) for look in looks])
    world.run()
    return world, [np.stack([row[i] for row in seen]) for i in range(len(looks))]


# --- noise ------------------------------------------------------------------------------------------------------------
def shocks(market):
    """Increments of d, the noise of ln s and of the three nodes in one free tick, (5, paths)."""
    market = {"realised_ratio": 1.0, "xi": 0.5, **market}
    scenario = crisis(anchors=CALM, market=market, feedback=only(), minutes=390)
    factors = world_of(scenario, 16384).factors
    factors.step(1)
    return np.stack([factors.equity.deviation, factors.vol_law.noise, *factors.rates.noise])


CORRELATIONS = {"corr_overnight_us2y": 0.4, "corr_overnight_us10y": 0.1, "corr_us2y_us10y": 0.8}
WITH_SPOT = {"corr_spot_overnight": -0.2, "corr_spot_us2y": 0.2, "corr_spot_us10y": 0.35}


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.9])
def test_correlation_of_spot_and_vol(rho):
    noise = shocks({"rho": rho})
    measured = np.corrcoef(noise[0], noise[1])[0, 1]
    assert abs(measured - rho) < K * correlation_error(rho, noise.shape[1])


def test_correlations_of_the_curve():
    noise = shocks({"rho": 0.0, "rates": RATES | CORRELATIONS | WITH_SPOT})
    expected = np.array([[1, -0.2, 0.2, 0.35], [-0.2, 1, 0.4, 0.1], [0.2, 0.4, 1, 0.8], [0.35, 0.1, 0.8, 1]])
    measured = np.corrcoef(noise[[0, 2, 3, 4]])
    for i, j in zip(*np.triu_indices(4, 1), strict=True):
        assert abs(measured[i, j] - expected[i, j]) < K * correlation_error(expected[i, j], noise.shape[1]), (i, j)


def test_mixing_gives_the_matrix_exactly():
    rows = node_mixing(RateSpec(**CORRELATIONS, **WITH_SPOT).curve)
    np.testing.assert_allclose(rows @ rows.T, [[1, 0.4, 0.1], [0.4, 1, 0.8], [0.1, 0.8, 1]], atol=1e-14)
    np.testing.assert_allclose(rows[:, 0], [-0.2, 0.2, 0.35], atol=1e-14)


@pytest.mark.parametrize("singular", [1.0, -1.0])
def test_perfect_correlation_is_allowed(singular):
    spec = RateSpec(
        corr_us2y_us10y=singular,
        corr_overnight_us2y=0.0,
        corr_overnight_us10y=0.0,
        corr_spot_us2y=0.0,
        corr_spot_us10y=0.0,
    )
    rows = node_mixing(spec.curve)
    assert rows[1] @ rows[2] == pytest.approx(singular, abs=1e-12)


def test_impossible_correlations_are_refused():
    with pytest.raises(UserError, match=r"contradict each other .* \(lowest eigenvalue -"):
        node_mixing(RateSpec(corr_overnight_us2y=0.9, corr_us2y_us10y=0.9, corr_overnight_us10y=-0.9).curve)


@pytest.mark.parametrize("minutes", [65, 390])
def test_noise_of_vol_and_rates_has_the_variance_of_its_law_at_any_tick(minutes):
    """Ornstein-Uhlenbeck from zero: sigma^2 (1 - exp(-2 kappa t)) / (2 kappa); strongly reverting: stationary."""
    market = {"xi": 0.6, "kappa": 200.0, "rates": RATES | {"mean_reversion": 12.0}}
    free = [CALM[0], {"date": "2020-03-04", "spot": 100.0}]
    scenario = crisis(anchors=free, market=market, feedback=only(), minutes=minutes)
    looks = lambda w: w.factors.vol_law.noise, lambda w: w.factors.rates.noise[2]
    world, (noise, rates) = history(scenario, MOST, *looks)
    end = world.clock.variance_years[-1]
    last = noise[-1]
    assert abs(last.var(ddof=1) - 0.6**2 / 400) < K * variance_error(last) + 0.6**2 / 400 * np.exp(-400 * end)
    last = rates[-1]
    exact = 0.008**2 * -np.expm1(-24 * end) / 24
    assert abs(last.var(ddof=1) - exact) < K * variance_error(last)
    assert abs(last.mean()) < K * standard_error(last)


# --- jumps ------------------------------------------------------------------------------------------------------------
MERTON = JumpSpec(kind="merton", intensity=40.0, mean=-0.03, sd=0.02)
KOU = JumpSpec(kind="kou", intensity=40.0, up_probability=0.3, up_mean=0.01, down_mean=0.03)


def moments(spec):
    """Mean, second and third moment of one jump."""
    if spec.kind == "merton":
        m, v = spec.mean, spec.sd**2
        return m, m**2 + v, m**3 + 3 * m * v
    p, up, down = spec.up_probability, spec.up_mean, spec.down_mean
    return p * up - (1 - p) * down, 2 * p * up**2 + 2 * (1 - p) * down**2, 6 * p * up**3 - 6 * (1 - p) * down**3


@pytest.mark.parametrize("spec", [MERTON, KOU], ids=lambda s: s.kind)
def test_moments_of_jumps(spec):
    """Bernoulli counts, centred: mean 0; the second and third moments are those of the law."""
    years = 1 / 252
    x = Jumps(spec, Streams(1, 0, 131072)).step(years)
    chance = 1 - np.exp(-spec.intensity * years)
    first, second, third = moments(spec)
    assert abs(x.mean()) < K * standard_error(x)
    assert abs((x**2).mean() - (chance * second - (chance * first) ** 2)) < K * standard_error(x**2)
    raw = (x + chance * first) ** 3
    assert abs(raw.mean() - chance * third) < K * standard_error(raw)
    hit = x != -chance * first
    assert abs(hit.mean() - chance) < K * standard_error(hit.astype(float))


@pytest.mark.parametrize("spec", [JumpSpec(kind="none", intensity=40.0), JumpSpec(kind="merton")])
def test_no_jumps(spec):
    assert Jumps(spec, Streams(1, 0, 8)).step(1 / 252) is None


def test_jumps_reach_spot():
    """One tick without diffusion: most paths sit at the drift, the others have jumped."""
    market = {"jumps": {"kind": "merton", "intensity": 40.0, "mean": -0.03, "sd": 0.0}}
    factors = world_of(crisis(anchors=CALM, market=market, feedback=only(), minutes=390), MOST).factors
    factors.step(1)
    years = 0.2 / 252
    chance = 1 - np.exp(-40 * years)
    values = np.unique(np.round(factors.equity.deviation, 12))
    np.testing.assert_allclose(values, [-0.03 + 0.03 * chance, 0.03 * chance], atol=1e-9)


# --- leverage ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_leverage_effect(switch):
    """d ln s = -switch beta (s_base/s) d ln S, with s of the tick before; the noise of spot alone drives it."""
    market = {"realised_ratio": 1.0, "beta": 8.0, "kappa": 0.0}
    scenario = crisis(anchors=CALM, market=market, feedback=only(leverage=switch))
    _, (spot, vol) = history(scenario, 8, lambda w: w.factors.spot, lambda w: w.factors.vol)
    moves, answers = np.diff(np.log(spot), axis=0), np.diff(np.log(vol), axis=0)
    np.testing.assert_allclose(answers, -switch * 8.0 * 0.2 / np.maximum(vol[:-1], LEAST_VOL * 0.2) * moves, atol=1e-13)


def test_leverage_effect_reverts_at_kappa():
    market = {"beta": 8.0, "kappa": 100.0}
    world = world_of(crisis(anchors=CALM, market=market, feedback=only(leverage=1.0, impact=1.0), minutes=390), 2)
    factors, years = world.factors, world.clock.variance_years
    factors.equity.trades.permanent += -0.05
    factors.equity.trades.moved = True
    factors.step(1)
    np.testing.assert_allclose(np.log(factors.vol / 0.2), 8 * 0.05, rtol=1e-12)
    factors.step(2)
    np.testing.assert_allclose(np.log(factors.vol / 0.2), 8 * 0.05 * np.exp(-100 * (years[2] - years[1])), rtol=1e-12)


def test_the_storyline_itself_has_no_leverage_effect():
    """L is dated on its own: d ln S - d ln L, not d ln S, moves vol."""
    anchors = [CALM[0], {"date": "2020-03-04", "spot": 70.0, "vol": 0.5}]
    _, (vol,) = history(crisis(anchors=anchors, feedback=only(leverage=1.0)), 2, lambda w: w.factors.vol)
    np.testing.assert_allclose(vol[-1], 0.5, rtol=1e-12)


# --- impact -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_impact_stays_and_decays(share):
    impact = Impact(np.zeros((2, 2)), share, 2.0, 252)
    impact.add(np.array([0.01, -0.02]))
    np.testing.assert_allclose(impact.total, [0.01, -0.02])
    impact.decay(3 / 252)  # three trading days
    left = share + (1 - share) * np.exp(-6.0)
    np.testing.assert_allclose(impact.total, [0.01 * left, -0.02 * left])


DEPTH = 1e9
OPEN_ENDED = {"half_spread": 0.0, "capacity": 10.0, "depth_floor": 1.0}
VENUE = {**OPEN_ENDED, "depth": DEPTH, "impact": 0.01, "permanent_share": 0.4, "resilience": 1.5}


@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_a_trade_moves_the_price_and_part_of_it_comes_back(switch):
    scenario = crisis(anchors=CALM, venue={"asset": VENUE}, feedback=only(impact=switch))
    world = world_of(scenario, 2)
    quantity = np.array([0.3, -0.5]) * DEPTH / 100  # shares of depth, in units at 100
    send(world, {1: {"asset": quantity}})
    spots = watch(world, Phase.MARK, lambda: world.factors.spot.copy())
    world.run()
    years = world.clock.variance_years
    for tick in (1, 2, 9, len(spots) - 1):
        left = 0.4 + 0.6 * np.exp(-1.5 * 252 * (years[tick] - years[1]))
        expected = switch * 0.01 * np.array([0.3, -0.5]) * left
        np.testing.assert_allclose(np.log(spots[tick] / 100), expected, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(spots[0], 100.0, rtol=1e-15)


@pytest.mark.parametrize("venue", ["us2y", "us10y"])
def test_receiving_fixed_brings_the_rate_down(venue):
    swaps = {**OPEN_ENDED, "depth": 1e10, "impact": 0.0005, "permanent_share": 1.0}
    world = world_of(crisis(anchors=CALM, venue={venue: swaps}, feedback=only(impact=1.0)), 2)
    send(world, {1: {venue: np.array([2e9, -4e9])}})
    world.run()
    np.testing.assert_allclose(getattr(world.factors, venue), LEVEL[venue] + 0.0005 * np.array([-0.2, 0.4]), rtol=1e-10)
    other = "us10y" if venue == "us2y" else "us2y"
    np.testing.assert_allclose(getattr(world.factors, other), LEVEL[other], rtol=1e-12)


# --- switches ---------------------------------------------------------------------------------------------------------
def at_double_vol(**loops):
    """A world whose vol has doubled over the storyline's."""
    world = world_of(crisis(anchors=CALM, feedback=only(**loops)), 2)
    world.factors.vol_law.response += np.log(2.0)
    world.factors.refresh()
    return world


@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_spread_switch(switch):
    venue = at_double_vol(spread=switch).venue("asset")
    np.testing.assert_allclose(venue.quotes.rule().half_spread, venue.spec.half_spread * 2**switch)


@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_depth_switch(switch):
    venue = at_double_vol(depth=switch).venue("asset")
    np.testing.assert_allclose(venue.quotes.rule().depth, venue.spec.depth * 2 ** (-2 * switch))


@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_credit_switch(switch):
    """c = L_c ((s/L_vol)^eta exp(psi stress))^switch."""
    factors = at_double_vol(credit=switch).factors
    factors.credit_law.stress = np.array([0.0, 0.25])
    factors.refresh()
    np.testing.assert_allclose(factors.credit, 0.01 * (2**0.5 * np.exp([0.0, 2 * 0.25])) ** switch)


@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_margin_switch(switch):
    np.testing.assert_allclose(at_double_vol(margin=switch).factors.margin_vol, 0.2 * 2**switch)


@pytest.mark.parametrize("loop", ["spread", "depth", "credit", "margin", "leverage", "impact"])
def test_each_switch_moves_only_its_own_loop(loop):
    def seen(**loops):
        world = at_double_vol(**loops)
        venue = world.venue("asset")
        return {
            "spread": venue.quotes.rule().half_spread[0],
            "depth": venue.quotes.rule().depth[0],
            "credit": world.factors.credit[0],
            "margin": world.factors.margin_vol[0],
        }

    cut, on = seen(), seen(**{loop: 1.0})
    assert {name for name in cut if cut[name] != on[name]} == ({loop} & cut.keys())


# --- the contract of a law ------------------------------------------------------------------------------------------
class Still(Law):
    """A factor that stands."""

    def __init__(self, setting: Setting) -> None:
        self._level = np.full(setting.streams.paths, 2.0)

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        return STILL

    def levels(self) -> Moved:
        return Moved({self.keys[0]: self._level})


def law_of(key):
    """A law of that factor."""
    return type("StillOf", (Still,), {"keys": (key,)})


def test_a_further_law_is_stepped_and_its_factor_stands_in_the_snapshot(monkeypatch):
    key = FactorKey("fx", "eurusd")
    monkeypatch.setattr(factor_market, "FURTHER", [law_of(key)])
    world = world_of(crisis(anchors=CALM), 3)
    before = world.factors.snapshot.row(key)
    world.run()
    assert world.factors.snapshot.row(key) is before and (before == 2.0).all()
    with pytest.raises(BugError, match="no trade moves fx/eurusd"):
        world.factors.displace(key, np.zeros(3))
    with pytest.raises(BugError, match="no trade moves fx/eurusd"):
        world.factors.let_move(key, 1.0, 0.0)


def test_a_law_gives_the_nodes_of_a_curve_together(monkeypatch):
    """One by one they would stand in the rows of the snapshot and not in its curve."""
    key = FactorKey("zero", "eur", "10y")
    monkeypatch.setattr(factor_market, "FURTHER", [law_of(key)])
    with pytest.raises(BugError, match="zero/eur/10y is a node of a curve: its law gives all nodes together"):
        world_of(crisis(anchors=CALM), 2)


def test_no_factor_has_two_laws(monkeypatch):
    monkeypatch.setattr(factor_market, "FURTHER", [law_of(VOL)])
    with pytest.raises(BugError, match="two things of the market are called 'vol/asset'"):
        world_of(crisis(anchors=CALM), 2)
