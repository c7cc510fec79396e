"""Expected exposures by date: swaptions of the Hull-White model, quadrature, and derivatives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from markets.exposures.open_flows import Flows, dated
from markets.kernels.exposures import margined_parts, positive_parts
from markets.kernels.flows import NO_FIXING
from markets.rate_vols.hull_white import HullWhite, SwapTerms

A, SIGMA = 0.03, 0.00963475402191


def log_discount(years):
    return -(0.0375 + 0.0008 * np.asarray(years, dtype=float)) * np.asarray(years, dtype=float)


def swap(rate: float, length: int, sign: float) -> Flows:
    """Pays the rate once a year where sign > 0, against one floating period after the other."""
    years = np.arange(1.0, length + 1)
    amount = np.concatenate([-sign * rate * np.ones(length), sign * np.ones(length), -sign * np.ones(length)])
    first = np.concatenate([years, years - 1, years])
    last = np.concatenate([years, years, years])
    none = np.full(amount.size, NO_FIXING, dtype=np.int64)
    return Flows(amount, none, first, last, np.zeros(amount.size, dtype=bool))


def found(flows: Flows, dates, *, weights=None, bump=None, threshold=None, period=0.0, sigma=SIGMA):
    """Expected exposures (dates,), and slopes by discount factor of the weighted sum."""
    at = dated(flows, np.asarray(dates, dtype=float))
    zero = np.exp(log_discount(at.years))[:, None]
    if bump is not None:
        zero = zero + bump[:, None]
    loads = at.loads(A)
    sd = lambda t: (sigma * np.sqrt(-np.expm1(-2 * A * np.asarray(t)) / (2 * A)))[:, None]  # noqa: E731
    out, slopes = np.zeros((len(dates), 1)), np.zeros_like(zero)
    w = np.zeros((0, 1)) if weights is None else np.asarray(weights, dtype=float)[:, None]
    head = zero, np.zeros((0, 1)), at.amounts, at.times, at.slots, loads, at.starts
    if threshold is None:
        positive_parts(*head, sd(dates), out, w, slopes)
    else:
        points, masses = np.polynomial.hermite_e.hermegauss(24)
        before = np.maximum(np.asarray(dates) - period, 0.0)
        limit = threshold * np.exp(log_discount(dates))[:, None]
        margined_parts(
            *head, sd(before), sd(np.asarray(dates) - before), limit, points, masses / masses.sum(), out, w, slopes
        )
    return out[:, 0], slopes[:, 0]


def test_exposures_of_a_swap_are_swaptions() -> None:
    """Reference: EPE of a 6Y payer at 4.30 % at years 1 to 5, and its CVA at a hazard of 2 % and a recovery of 40 %."""
    ee, _ = found(swap(0.043, 6, 1.0), [1.0, 2.0, 3.0, 4.0, 5.0])
    known = [0.0175673453, 0.0203846951, 0.01896804066, 0.014693006, 0.008228269778]
    assert ee == pytest.approx(known, rel=3e-8)
    alive = np.exp(-0.02 * np.arange(6))
    assert 0.6 * -np.diff(alive) @ ee == pytest.approx(0.00091726507569, rel=1e-8)
    model = HullWhite(reversion=A, sigma=SIGMA, log_discount=log_discount)
    for side, sign in (("payer", 1.0), ("receiver", -1.0)):
        ee, _ = found(swap(0.043, 6, sign), [1.0, 3.0, 5.0])
        for k, value in zip((1, 3, 5), ee, strict=True):
            terms = SwapTerms.regular(float(k), float(6 - k))
            assert value == pytest.approx(float(model.swaption(terms, 0.043, side=side)), abs=1e-14)


def test_a_set_with_several_turns_is_met() -> None:
    """A butterfly of payments is worth nothing at two rates; an integral over 200,001 points finds the same."""
    years = np.array([2.0, 5.0, 12.0])
    none = np.full(3, NO_FIXING, dtype=np.int64)
    flows = Flows(np.array([1.02, -2.05, 1.18]), none, years, years, np.zeros(3, dtype=bool))
    ee, _ = found(flows, [1.5], sigma=0.03)
    z = np.linspace(-9, 9, 200_001)
    sd = 0.03 * np.sqrt(-np.expm1(-2 * A * 1.5) / (2 * A))
    load = -np.expm1(-A * (years - 1.5)) / A
    worth = flows.amount * np.exp(log_discount(years))
    value = (worth[:, None] * np.exp(-load[:, None] * sd * z - 0.5 * (load[:, None] * sd) ** 2)).sum(axis=0)
    assert (np.diff(np.sign(value)) != 0).sum() == 2
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    assert ee[0] == pytest.approx(np.trapezoid(np.maximum(value, 0) * density, z), rel=1e-8)


@pytest.mark.parametrize(("threshold", "period"), [(None, 0.0), (0.01, 10 / 252), (0.0, 10 / 252)])
def test_slopes_are_derivatives(threshold: float | None, period: float) -> None:
    dates, weights = [0.5, 1.0, 2.5, 4.0], [0.3, 1.0, 0.7, 0.2]
    flows = swap(0.041, 6, 1.0)
    _, slopes = found(flows, dates, weights=weights, threshold=threshold, period=period)
    for k in range(slopes.size):
        bump = np.zeros(slopes.size)
        bump[k] = 1e-6
        up, _ = found(flows, dates, bump=bump, threshold=threshold, period=period)
        down, _ = found(flows, dates, bump=-bump, threshold=threshold, period=period)
        assert slopes[k] == pytest.approx(float(np.dot(weights, up - down)) / 2e-6, rel=2e-5, abs=1e-7)


def test_margin_leaves_what_moves_in_its_period() -> None:
    """Without a threshold: deviation of a move in ten days x n(0); with a wide one: as without margin."""
    date, period = [2.0], 10 / 252
    flows = swap(0.0412, 6, 1.0)
    ee, _ = found(flows, date, threshold=0.0, period=period)
    model = HullWhite(reversion=A, sigma=SIGMA, log_discount=log_discount)
    step = SIGMA * np.sqrt(-np.expm1(-2 * A * period) / (2 * A))
    t = np.arange(3.0, 7.0)
    load = np.asarray(model.loading(t - 2.0))
    slope = np.exp(log_discount(6.0)) * load[-1] + 0.0412 * np.exp(log_discount(t)) @ load
    assert ee[0] == pytest.approx(float(slope) * step / np.sqrt(2 * np.pi), rel=0.002)
    wide, _ = found(flows, date, threshold=10.0, period=period)
    bare, _ = found(flows, date)
    assert wide[0] == pytest.approx(bare[0], rel=0.006)
    some = [found(flows, date, threshold=h, period=period)[0][0] for h in (0.0, 0.005, 0.02, 0.1)]
    assert some == sorted(some)


def quarterly(rate: float, years: float, overnight: bool) -> Flows:
    """Pays the rate twice a year against quarterly floating periods."""
    quarters, halves = np.arange(0.25, years + 1e-9, 0.25), np.arange(0.5, years + 1e-9, 0.5)
    ones = np.ones(quarters.size)
    amount = np.concatenate([np.full(halves.size, -rate * 0.5), ones, -ones])
    first, last = np.concatenate([halves, quarters - 0.25, quarters]), np.concatenate([halves, quarters, quarters])
    none = np.full(amount.size, NO_FIXING, dtype=np.int64)
    under_way = np.concatenate(
        [np.zeros(halves.size, bool), np.full(quarters.size, overnight), np.zeros_like(ones, bool)]
    )
    return Flows(amount, none, first, last, under_way)


def simulated(rate: float, years: float, u: float, overnight: bool, draws: int = 200_000) -> tuple[float, float]:
    """Mean and standard error of D(u) max(V(u), 0) with rates simulated: what is fixed on the way is known then."""
    rng, begin, steps = np.random.default_rng(3), np.floor(u / 0.25) * 0.25, 40
    b_of = lambda t: -np.expm1(-A * np.asarray(t)) / A  # noqa: E731
    y = lambda t: SIGMA**2 * -np.expm1(-2 * A * t) / (2 * A)  # noqa: E731
    mean = lambda t: 0.5 * (SIGMA * b_of(t)) ** 2  # noqa: E731
    times = np.concatenate([np.linspace(0, begin, steps + 1), np.linspace(begin, u, steps + 1)[1:]])
    z, paid, at, paid_then = np.zeros(draws), np.zeros(draws), np.zeros(draws), np.zeros(draws)
    for before, now in pairwise(times):
        moved = z * np.exp(-A * (now - before)) + np.sqrt(y(now - before)) * rng.standard_normal(draws)
        paid += 0.5 * (now - before) * (z + mean(before) + moved + mean(now))
        z = moved
        if abs(now - begin) < 1e-12:
            at, paid_then = z + mean(begin), paid.copy()
    x = z + mean(u)

    def bond(t: float, end: float, state: np.ndarray) -> np.ndarray:
        load = b_of(end - t)
        return np.exp(log_discount(end) - log_discount(t) - load * state - 0.5 * load**2 * y(t))

    end = begin + 0.25
    if overnight:
        grown = np.exp(log_discount(begin) - log_discount(u) + paid - paid_then)
    else:
        grown = bond(u, end, x) / bond(begin, end, at)
    value = grown - bond(u, years, x)
    for t in np.arange(0.5, years + 1e-9, 0.5):
        value = value - (rate * 0.5 * bond(u, t, x) if t > u else 0.0)
    seen = np.exp(log_discount(u) - paid) * np.maximum(value, 0.0)
    return float(seen.mean()), float(seen.std() / np.sqrt(draws))


@pytest.mark.slow
@pytest.mark.parametrize(("overnight", "left_out"), [(True, 0.001), (False, 0.01)])
@pytest.mark.parametrize("u", [0.62, 1.1])
def test_between_payments_little_is_left_out(overnight: bool, left_out: float, u: float) -> None:
    """What a rate fixed on the way says beyond the rate at the date: below 1 % of exposure, or 0.1 %, in 18 months."""
    (ee,), _ = found(quarterly(0.0385, 1.5, overnight), [u])
    known, error = simulated(0.0385, 1.5, u, overnight)
    assert ee == pytest.approx(known, abs=left_out * known + 3.5 * error)
