"""Vol and credit that follow from the traded path: memory, storyline, residual, lag, switches and refusals."""

from __future__ import annotations

from datetime import date
from operator import attrgetter

import numpy as np
import pytest

from markets.factors.memory.path_memory import credit_start, long_run, own_gain, settlements, vol_start
from markets.specs.memory import CreditMemorySpec, KernelSpec, MemorySpec
from sim.clock import Clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, STILL, K, crisis, only, send, variance_error, watch, world_of

CLOSES = (100.0, 97.0, 99.0, 90.0, 92.0, 91.0, 95.0, 94.0, 96.0, 95.5, 97.0)
DAYS = ("2020-02-19", "2020-02-20", "2020-02-21", "2020-02-24", "2020-02-25", "2020-02-26", "2020-02-27", "2020-02-28")
DAYS += ("2020-03-02", "2020-03-03", "2020-03-04")
RECORD = [{"date": DAYS[0], **LEVEL}] + [
    {"date": day, "spot": spot} for day, spot in zip(DAYS[1:], CLOSES[1:], strict=True)
]
NOISE = {"dispersion": 0.0, "realised_ratio": 1.0}


def world(paths=16, first=0, *, anchors=None, market=None, memory=None, credit=None, feedback=None, minutes=65, **more):
    """A world under the laws of the path."""
    law = {"vol_law": "path_dependent", "memory": {"noise": 0.0, **(memory or {})}, **(market or {})}
    tables = {"credit": {"law": "path_dependent", "memory": {"noise": 0.0, **(credit or {})}}, **more}
    if feedback is not None:
        tables["feedback"] = feedback
    return world_of(crisis(anchors=anchors or RECORD, market=law, minutes=minutes, **tables), paths, first)


def seen(made, *names):
    """(ticks, paths) of each attribute of the factors at MARK; the world has run."""
    rows = watch(made, Phase.MARK, lambda: [np.array(attrgetter(name)(made.factors)) for name in names])
    made.run()
    return [np.stack([row[i] for row in rows]) for i in range(len(names))]


def recursion(closes, spec=None, credit=None, vol0=0.2, day=1 / 252):
    """ln implied, ln realised, ln cash at the closes, from the definition: sums over all past returns."""
    spec, credit = spec or MemorySpec(), credit or CreditMemorySpec()
    x = np.diff(np.log(closes))
    out, settled = [], None
    for k in range(len(closes)):
        ages = day * (k - 1 - np.arange(k))

        def summed(kernel, values, start, age, ages=ages, k=k):
            weights = (1 - kernel.slow_share, kernel.slow_share)
            total = 0.0
            for weight, speed, first in zip(weights, (kernel.fast, kernel.slow), start, strict=True):
                total += weight * (speed * (np.exp(-speed * ages) * values[:k]).sum() + first * np.exp(-speed * age))
            return total

        begun, lent = vol_start(spec, vol0), credit_start(credit, spec, vol0)
        r1, r2 = summed(spec.returns, x, begun[:2], k * day), summed(spec.squares, x**2, begun[2:], k * day)
        c1, c2 = summed(credit.returns, x, lent[:2], k * day), summed(credit.squares, x**2, lent[2:], k * day)
        implied = spec.base + spec.trend * r1 + spec.activity * np.sqrt(r2)
        realised = spec.realised_base + spec.realised_trend * r1 + spec.realised_activity * np.sqrt(r2)
        index = credit.base + credit.trend * c1 + credit.activity * np.sqrt(c2)
        settled = (
            np.log(index) if settled is None else settled + (1 - np.exp(-credit.lag * day)) * (np.log(index) - settled)
        )
        out.append((np.log(implied), np.log(realised), settled))
    return np.array(out).T


# --- the laws --------------------------------------------------------------------------------------------------------
def test_levels_at_the_closes_follow_from_all_past_closes():
    """Noise within the days changes nothing at their closes: the law's clock is the closes."""
    made = world(market=NOISE)
    vol, credit, spot = seen(made, "vol", "credit", "spot")
    closes = made.clock.is_close
    np.testing.assert_allclose(spot[closes], np.repeat(np.array(CLOSES)[:, None], 16, axis=1), rtol=1e-12)
    implied, _, cash = recursion(np.array(CLOSES))
    residual = (np.log(0.2) - implied[0]) * np.exp(-MemorySpec().reversion * made.clock.variance_years[closes])
    np.testing.assert_allclose(np.log(vol[closes]), (implied + residual)[:, None] + np.zeros(16), rtol=1e-10)
    left = np.exp(-CreditMemorySpec().reversion * made.clock.variance_years[closes])
    expected = cash + (np.log(0.01) - cash[0]) * left
    np.testing.assert_allclose(np.log(credit[closes]), expected[:, None] + np.zeros(16), rtol=1e-10)
    assert vol[~closes].std(axis=1).min() > 0.001  # but within the days the paths differ


# Other laws than the fitted ones: quick and slow apart or nearly one, little or all the weight on the slow one.
OTHER_VOL = {
    "returns": {"fast": 140.0, "slow": 3.0, "slow_share": 0.15},
    "squares": {"fast": 9.0, "slow": 8.0, "slow_share": 0.9},
    "base": 0.03,
    "trend": -0.012,
    "realised_trend": -0.009,
    "activity": 0.55,
    "reversion": 45.0,
}
OTHER_CREDIT = {
    "returns": {"fast": 60.0, "slow": 1.5, "slow_share": 0.25},
    "squares": {"fast": 30.0, "slow": 0.0625, "slow_share": 1.0},
    "base": 0.0004,
    "trend": -0.004,
    "activity": 0.21,
    "lag": 7.0,
    "reversion": 12.0,
}


def spec_of(kind, keys):
    """The spec with these keys, kernels among them."""
    kernels = {name: KernelSpec(**keys[name]) for name in ("returns", "squares")}
    return kind(**{**keys, **kernels})


def test_laws_with_other_parameters_follow_from_all_past_closes():
    made = world(market=NOISE, memory=OTHER_VOL, credit=OTHER_CREDIT)
    vol, credit = seen(made, "vol", "credit")
    closes, years = made.clock.is_close, made.clock.variance_years
    implied, _, cash = recursion(
        np.array(CLOSES), spec_of(MemorySpec, OTHER_VOL), spec_of(CreditMemorySpec, OTHER_CREDIT)
    )
    for found, law, start, speed in ((vol, implied, 0.2, 45.0), (credit, cash, 0.01, 12.0)):
        expected = law + (np.log(start) - law[0]) * np.exp(-speed * years[closes])
        np.testing.assert_allclose(np.log(found[closes]), expected[:, None] + np.zeros(16), rtol=1e-9)


@pytest.mark.parametrize("name", ["vol", "credit"])
@pytest.mark.parametrize(("speed", "noise"), [(90.0, 1.5), (0.5, 0.4)])
def test_the_residuals_noise_reverts_at_its_speed(name, speed, noise):
    """On a path that is told at every close ln level is the law and n, an Ornstein-Uhlenbeck process from 0."""
    told = {"reversion": speed, "noise": noise}
    keys = {"memory": {**OTHER_VOL, **told}, "credit": OTHER_CREDIT}
    if name == "credit":
        keys = {"memory": OTHER_VOL, "credit": {**OTHER_CREDIT, **told}}
    made = world(2048, market=NOISE, **keys)
    (found,) = seen(made, name)
    law = recursion(np.array(CLOSES), *map(spec_of, (MemorySpec, CreditMemorySpec), (OTHER_VOL, OTHER_CREDIT)))
    level, start = (law[0], 0.2) if name == "vol" else (law[2], 0.01)
    closes, years = made.clock.is_close, made.clock.variance_years
    settled = (np.log(start) - level[0]) * np.exp(-speed * years[closes])
    n = np.log(found[closes]) - (level + settled)[:, None]
    for day, later in ((2, 3), (4, 10)):
        age, gone = years[closes][day], years[closes][later] - years[closes][day]
        variance = noise**2 * (1 - np.exp(-2 * speed * age)) / (2 * speed)
        assert n[day].mean() == pytest.approx(0.0, abs=K * np.sqrt(variance / 2048))
        assert n[day].var() == pytest.approx(variance, abs=K * variance_error(n[day]))
        kept = np.exp(-speed * gone)
        shock = n[later] - kept * n[day]  # new: not told by n, and with its own variance
        fresh = noise**2 * (1 - np.exp(-2 * speed * gone)) / (2 * speed)
        assert np.mean(shock * n[day]) == pytest.approx(0.0, abs=K * np.sqrt(fresh * variance / 2048))
        assert shock.var() == pytest.approx(fresh, abs=K * variance_error(shock))


def test_the_line_is_the_law_on_a_path_that_keeps_to_the_storyline():
    made = world(market=NOISE)
    line = made.factors.storyline.line
    implied, realised, cash = recursion(np.array(CLOSES))
    closes = made.clock.is_close
    np.testing.assert_allclose(line.implied[closes], implied, rtol=1e-12)
    np.testing.assert_allclose(line.realised[closes], realised, rtol=1e-12)
    np.testing.assert_allclose(line.cash[closes], cash, rtol=1e-12)


@pytest.mark.parametrize(("kind", "ends"), [("closes", 11), ("sessions", 21), ("ticks", 71)])
def test_clocks_of_the_law(kind, ends):
    made = world(memory={"clock": kind})
    assert settlements(made.clock, kind).sum() == ends


def test_ticks_see_the_variance_within_the_days_and_closes_do_not():
    """A price that goes nowhere from close to close has squares in its ticks."""
    flat = [{"date": day, **(LEVEL if day == DAYS[0] else {"spot": 100.0})} for day in DAYS]
    levels = {}
    for kind in ("closes", "sessions", "ticks"):
        made = world(256, anchors=flat, market=NOISE, memory={"clock": kind, "move_share": 0.0})
        (vol,) = seen(made, "vol")
        levels[kind] = np.median(vol[-1])
    assert levels["closes"] < levels["sessions"] < levels["ticks"]


def test_anchors_leave_a_residual_that_dies_away():
    """A vol that is given is met where closes are; after the last one the residual is halved in ln 2 / reversion."""
    told = [{**row} for row in RECORD]
    told[4]["vol"], told[6]["vol"] = 0.5, 0.6
    made = world(anchors=told, market=NOISE, memory={"reversion": 20.0})
    (vol,) = seen(made, "vol")
    at = vol[made.clock.is_close]
    np.testing.assert_allclose(at[[4, 6]], np.array([[0.5] * 16, [0.6] * 16]), rtol=1e-10)
    implied = recursion(np.array(CLOSES))[0]
    residual = np.log(at[:, 0]) - implied
    np.testing.assert_allclose(residual[7:], residual[6] * np.exp(-20.0 * np.arange(1, 5) / 252), rtol=1e-8)
    assert residual[5] == pytest.approx((residual[4] + residual[6]) / 2, rel=1e-8)


def test_noise_of_vol_stands_on_top_and_is_bridged():
    told = [{**row, "vol": 0.3} for row in RECORD]
    made = world(512, anchors=told, market=NOISE, memory={"noise": 0.8})
    (vol,) = seen(made, "vol")
    closes = made.clock.is_close
    np.testing.assert_allclose(vol[closes], 0.3, rtol=1e-9)
    assert np.log(vol[~closes]).std() > 0.01


# --- variance --------------------------------------------------------------------------------------------------------
def test_realised_vol_is_the_noises():
    """Summed squares of the noise against the variance that the world says it has, path by path."""
    free = [RECORD[0], {"date": DAYS[-1], "vol": 0.2}]
    made = world(4096, anchors=free, market={"dispersion": 1.0}, memory={"realised_noise": 0.4}, minutes=30)
    (noise,) = seen(made, "equity.deviation")
    made = world(4096, anchors=free, market={"dispersion": 1.0}, memory={"realised_noise": 0.4}, minutes=30)
    rows = watch(made, Phase.MARK, lambda: np.array(made.factors.realised_vol()))
    made.run()
    sigma = np.stack(rows)
    years = np.diff(made.clock.variance_years)[:, None]
    z = np.diff(noise, axis=0) / (sigma[:-1] * np.sqrt(years))
    assert abs(z.var() - 1) < K * np.sqrt(2 / z.size)
    assert sigma[-1].std() > 0.01


def test_noise_of_realised_vol_leaves_the_variance_as_it_is():
    """E sigma^2 is the law's, whatever the noise: the same mean square with and without, at a law without answer."""
    free = [{**RECORD[0], "realised": 0.3}, {"date": DAYS[-1], "vol": 0.2}]
    made = world(
        16384,
        anchors=free,
        market={"dispersion": 1.0},
        memory={"realised_noise": 0.5},
        feedback=only(),
        minutes=390,
    )
    (noise,) = seen(made, "equity.deviation")
    last = noise[-1]
    assert abs(last.var(ddof=1) - 0.3**2 * made.clock.variance_years[-1]) < K * variance_error(last)


def test_a_days_noise_has_its_share_of_the_days_own_move():
    """Between two anchors the variance is (1 - share) x the law's + share x the storyline's squared move."""
    share = 0.5
    made = world(market=NOISE, memory={"move_share": share})
    line, years = made.factors.storyline.line, made.clock.variance_years
    law = np.exp(2 * line.realised)
    moved = np.log(90.0 / 99.0) ** 2 * 252
    day = np.flatnonzero(made.clock.day == 3)
    for tick in day:
        assert line.sigma[tick - 1] ** 2 == pytest.approx((1 - share) * law[tick - 1] + share * moved, rel=1e-12)
    assert years[day[-1]] == pytest.approx(3 / 252)


# --- engine laws -----------------------------------------------------------------------------------------------------
def selling(first, paths):
    """A world in which somebody sells on some paths, (vol, credit, spot) at every tick."""
    made = world(
        paths,
        first,
        market={"dispersion": 0.5},
        memory={"noise": 0.5},
        credit={"noise": 0.3},
        agents={"maker": {"type": "MarketMaker", "capital": 1e12}},
    )
    sold = np.where(np.arange(first, first + paths) % 3 == 0, -2e7, 0.0)
    send(made, {3: {"asset": sold}, 9: {"asset": 2 * sold}})
    return seen(made, "vol", "credit", "spot")


def test_a_path_of_an_ensemble_is_that_path_alone():
    whole = selling(0, 12)
    for path in (0, 5, 9):
        for all_paths, alone in zip(whole, selling(path, 1), strict=True):
            np.testing.assert_allclose(all_paths[:, path], alone[:, 0], rtol=1e-10)


def test_a_sale_leaves_a_trace_in_vol_and_credit_only_where_it_was_made():
    whole = selling(0, 12)
    nobody = seen(
        world(12, market={"dispersion": 0.5}, memory={"noise": 0.5}, credit={"noise": 0.3}), "vol", "credit", "spot"
    )
    sold = np.arange(12) % 3 == 0
    for with_sale, without in zip(whole[:2], nobody[:2], strict=True):
        np.testing.assert_allclose(with_sale[:, ~sold], without[:, ~sold], rtol=1e-12)
        assert (with_sale[10, sold] > without[10, sold]).all()


def test_with_the_loop_cut_vol_keeps_to_the_storyline():
    made = world(market={**NOISE, "dispersion": 1.0}, feedback=only())
    vol, credit = seen(made, "vol", "credit")
    assert np.ptp(vol, axis=1).max() < 1e-14 and np.ptp(credit, axis=1).max() < 1e-14
    assert vol[:, 0].max() > 0.25  # the storyline's own path raises it


def test_half_a_loop_answers_by_the_root():
    """ln s less the storyline's goes with the switch."""
    free = {"dispersion": 1.0}
    memory = {"realised_noise": 0.0, "realised_activity": 0.0, "realised_trend": 0.0, "move_share": 0.0}
    full, half = (
        seen(world(64, market=free, memory=memory, feedback=only(leverage=power)), "vol")[0] for power in (1.0, 0.5)
    )
    made = world(64, market=free, memory=memory)
    line = np.exp(made.factors.storyline.vol.level)[:, None]
    first = slice(0, 2)  # later realised vol itself differs
    np.testing.assert_allclose(np.log(half / line)[first], 0.5 * np.log(full / line)[first], atol=1e-12)


def test_elasticity_is_the_slope_of_the_answer():
    made = world(market=STILL, agents={"maker": {"type": "MarketMaker", "capital": 1e12}})
    for tick in range(1, 24):
        made.factors.step(tick)
    factors = made.factors
    law, slope = factors.equity.path.vol, factors.leverage
    move = law._move
    levels = []
    for bump in (1e-6, -1e-6):
        law.step(23, move + bump)
        levels.append(law.response.copy())
    np.testing.assert_allclose(-(levels[0] - levels[1]) / 2e-6, slope, rtol=1e-6)


def test_the_cash_spread_follows_the_index():
    made = world(market=NOISE)
    credit, index = seen(made, "credit", "credit_index")
    fallen = 3 * 7  # the close of the day on which spot fell 9 %
    assert index[fallen, 0] / index[fallen - 7, 0] > credit[fallen, 0] / credit[fallen - 7, 0] > 1.0
    quick = world(market=NOISE, credit={"lag": 2000.0})
    cash, at_once = seen(quick, "credit", "credit_index")
    closes = quick.clock.is_close
    np.testing.assert_allclose(cash[closes], at_once[closes], rtol=1e-3)


# --- start and bounds ------------------------------------------------------------------------------------------------
def test_the_start_says_the_starting_vol():
    spec = MemorySpec()
    quiet = vol_start(spec, 0.2)
    assert spec.base + spec.activity * np.sqrt(quiet[2]) == pytest.approx(0.2, rel=1e-14)
    assert quiet[2] == quiet[3] and not quiet[:2].any()
    assert vol_start(spec, spec.base / 2)[2] == 0.0
    assert long_run(spec) == pytest.approx(spec.realised_base / (1 - spec.realised_activity))


def test_a_given_start_is_taken():
    start = {"returns_fast": -1.0, "squares_slow": 0.09}
    made = world(memory={"start": start})
    held = made.factors.equity.path.vol._memory.held[:, 0]
    assert held[0] == -1.0 and held[3] == 0.09 and held[1] == 0.0
    assert float(made.factors.vol[0]) == pytest.approx(0.2, rel=1e-14)  # the anchor's, by its residual


def test_gain_of_a_law_that_only_squares():
    """activity^2 times the kernel's mass, which is 1 for ticks that are short against its memory."""
    spec = MemorySpec(realised_activity=0.7, realised_trend=0.0)
    assert own_gain(spec, 1e-7) == pytest.approx(0.49, rel=1e-5)
    assert own_gain(spec, 1 / 252) > 0.49


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"memory": {"realised_activity": 0.99}}, "realised vol feeds on itself"),
        ({"market": {"price_model": "normal"}}, "a path-dependent law reads log returns"),
        ({"anchors": [{**RECORD[0], "credit": 0.0}, *RECORD[1:]]}, "needs a spread above 0"),
    ],
)
def test_refusals(tables, message):
    with pytest.raises(UserError, match=message):
        world(**tables)


@pytest.mark.parametrize(("minutes", "stable"), [(24 * 60, True), (30 * 24 * 60, False)])
def test_the_bound_reads_the_clocks_own_returns(minutes, stable):
    """Where returns are those of months, each counts for more: the mass of the squares is 1.8, not 1.03."""
    anchors = [RECORD[0], {"date": "2021-02-19", "vol": 0.2}]
    clock = {"calendar": "continuous", "tick_minutes": minutes}
    if stable:
        assert world(anchors=anchors, clock=clock)
        return
    with pytest.raises(UserError, match="realised vol feeds on itself"):
        world(anchors=anchors, clock=clock)


def test_no_law_runs_away():
    """With the largest gain that is admitted and a wild noise, vol stays below its bound and finite for years."""
    memory = {"realised_activity": 0.95, "realised_base": 0.2, "realised_noise": 1.0, "realised_trend": -0.01}
    free = [RECORD[0], {"date": "2024-02-19", "vol": 0.2}]
    made = world(64, anchors=free, market={"dispersion": 1.0}, memory=memory, minutes=1440)
    vol, spot = seen(made, "vol", "spot")
    assert np.isfinite(spot).all() and vol.max() <= 2.0 * np.exp(1e-9)


# --- the day's variance ----------------------------------------------------------------------------------------------
def test_u_shape_moves_variance_to_the_ends_of_the_session():
    made = {}
    for u_shape in (0.0, 0.9):
        clock = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 2, 27), tick_minutes=30, u_shape=u_shape)
        steps = np.diff(clock.variance_years)[:14] * 252
        assert steps.sum() == pytest.approx(1.0, rel=1e-12) and (steps > 0).all()
        made[u_shape] = steps
    even, shaped = made[0.0], made[0.9]
    assert shaped[0] == pytest.approx(even[0])  # the night
    assert shaped[1] > 1.4 * even[1] and shaped[13] > 1.4 * even[13] and shaped[7] < 0.7 * even[7]
    np.testing.assert_allclose(shaped[1:], shaped[:0:-1], rtol=1e-9)
