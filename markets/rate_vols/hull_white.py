"""The Hull-White model of the short rate: bonds, options on them, swaptions, futures, calibration and estimation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.rate_vols.black import SIDES, implied_normal
from markets.rate_vols.convexity import averaged_convexity, compounded_convexity
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple
from sim.normal import ndtr
from sim.root import root

Floats = NDArray[np.float64]
LogDiscount = Callable[[Floats], Floats]

STEP = 1e-3  # years, of the differences that give forward rates and their slopes
SLOWEST, FASTEST = 1e-4, 100.0  # 1/year: between these a reversion is looked for


class SwapTerms(NamedTuple):
    """The swap of an option: it starts at `start`, pays `accrual` (periods,) years x the fixed rate at `times`."""

    start: float  # years
    times: Floats  # (periods,) years
    accrual: Floats  # (periods,) years

    @classmethod
    def regular(cls, start: float, length: float, a_year: int = 1) -> SwapTerms:
        """Periods of 1 / a_year years, `length` years long."""
        periods = round(length * a_year)
        return cls(start, start + (1 + np.arange(periods)) / a_year, np.full(periods, 1 / a_year))


class SwapQuote(NamedTuple):
    """An at-the-money swaption that a model is calibrated to; fixed payments once a year."""

    expiry: float  # years
    length: float  # years
    vol: float  # normal, decimal a year


class Fitted(NamedTuple):
    """A calibrated model, and what it makes of each quote: model less market, decimal of normal vol."""

    model: HullWhite
    errors: Floats


@dataclass(frozen=True, kw_only=True)
class HullWhite:
    """dr = a (theta(t) - r) dt + sigma dW, with theta such that the bonds of the starting curve are met.

    With B(u) = (1 - e^(-a u)) / a and y(t) = sigma^2 (1 - e^(-2 a t)) / (2 a), the variance of r:
    P(t, T) = P(T) / P(t) exp(-B(T - t) x - B(T - t)^2 y(t) / 2), where x = r(t) - f(0, t).
    Source: Hull and White (1990); Brigo and Mercurio, Interest Rate Models (2006), section 3.3.
    """

    reversion: float  # a, 1/year
    sigma: float  # decimal per sqrt(year)
    log_discount: LogDiscount  # ln P(0, t) at times of any shape, years

    def __post_init__(self) -> None:
        """Raises UserError for a reversion or a vol that the formulas do not have."""
        for name in ("reversion", "sigma"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                rule, remedy = f"{name} of a Hull-White model is positive", "for no reversion take a small one, 1e-6"
                raise UserError(rule, value=getattr(self, name), place=name, remedy=remedy)

    # --- the curve and its moves -----------------------------------------------------------------------------------
    def loading(self, years: ArrayLike) -> Floats:
        """B(u), years."""
        return np.asarray(-np.expm1(-self.reversion * np.asarray(years, dtype=np.float64)) / self.reversion)

    def variance(self, years: ArrayLike) -> Floats:
        """y(t) of the short rate, decimal squared."""
        twice = 2 * self.reversion
        return np.asarray(-(self.sigma**2) * np.expm1(-twice * np.asarray(years, dtype=np.float64)) / twice)

    def forward(self, years: ArrayLike) -> Floats:
        """f(0, t) = -d ln P / dt, by differences of fourth order, one-sided at the start."""
        t = np.asarray(years, dtype=np.float64)
        return np.asarray(-_slope(self.log_discount, t))

    def theta(self, years: ArrayLike) -> Floats:
        """The level to which the short rate reverts: f + f' / a + sigma^2 / (2 a^2) (1 - e^(-2 a t))."""
        t = np.asarray(years, dtype=np.float64)
        bend = -_bend(self.log_discount, t)
        return np.asarray(self.forward(t) + bend / self.reversion + self.variance(t) / self.reversion)

    def bond(self, now: float, until: ArrayLike, rate: ArrayLike | None = None) -> Floats:
        """P(t, T) at a short rate of any shape, or on the curve's own forward; `until` and `rate` go together."""
        t, later = np.asarray(now, dtype=np.float64), np.asarray(until, dtype=np.float64)
        x = np.zeros(1) if rate is None else np.asarray(rate, dtype=np.float64) - self.forward(t)
        if rate is None:
            x = x[0]
        loading = self.loading(later - t)
        start = self.log_discount(later) - self.log_discount(t)
        return np.asarray(np.exp(start - loading * x - 0.5 * loading**2 * self.variance(t)))

    # --- options ---------------------------------------------------------------------------------------------------
    def bond_option(
        self, expiry: float, maturity: float, strike: float, *, side: Literal["call", "put"] = "call"
    ) -> float:
        """A European option on the zero bond to `maturity`: Black's formula with sd B(S - T) sqrt(y(T))."""

        sd = float(self.loading(maturity - expiry) * np.sqrt(self.variance(expiry)))
        now, then = (float(np.exp(self.log_discount(np.asarray(t)))) for t in (expiry, maturity))
        d = np.log(then / (now * strike)) / sd + 0.5 * sd
        sign = 1.0 if side == "call" else -1.0
        return float(sign * (then * ndtr(sign * d) - strike * now * ndtr(sign * (d - sd))))

    def swaption(
        self, swap: SwapTerms, strike: float, *, side: str = "payer", now: float = 0.0, rate: ArrayLike | None = None
    ) -> Floats:
        """A European swaption at time `now` and short rates of any shape (none: at the start), per unit of notional.

        Jamshidian (1989): the swap's value falls or rises in the rate, so that its option is a sum of options on
        bonds. A payer is worth P(T0) N(-z) - sum c_i P(T_i) N(-z - v_i), with v_i = B(T_i - T0) sqrt(y(T0)) and z
        where the coupon bond is worth par.
        """

        sign = _sign(side)
        rates = np.atleast_1d(np.asarray(self.forward(now) if rate is None else rate, dtype=np.float64))
        coupons = strike * swap.accrual
        coupons[-1] += 1.0
        first = self.bond(now, swap.start, rates.reshape(-1))
        bonds = self.bond(now, swap.times[:, None], rates.reshape(-1))  # (periods, rates)
        sds = self.loading(swap.times - swap.start) * np.sqrt(self.variance(swap.start - now))
        out = np.empty(rates.size)
        for k in range(rates.size):
            z = _par_point(coupons * bonds[:, k] / first[k], sds)
            paid = float(coupons @ (bonds[:, k] * ndtr(-sign * (z + sds))))
            out[k] = sign * (first[k] * ndtr(-sign * z) - paid)
        return np.asarray(out.reshape(np.shape(rate)) if rate is not None else out[0])

    def swap_rate(self, swap: SwapTerms) -> tuple[float, float]:
        """Forward par rate and annuity of a swap on the starting curve."""
        annuity = float(swap.accrual @ np.exp(self.log_discount(swap.times)))
        ends = np.exp(self.log_discount(np.array([swap.start, swap.times[-1]])))
        return float(ends[0] - ends[1]) / annuity, annuity

    def normal_vol(self, swap: SwapTerms) -> float:
        """The normal vol at which Bachelier's formula gives the model's at-the-money swaption, decimal a year."""
        rate, annuity = self.swap_rate(swap)
        price = float(self.swaption(swap, rate))
        return float(implied_normal(price, rate, rate, swap.start, annuity))

    # --- futures ---------------------------------------------------------------------------------------------------
    def futures_compounded(self, begin: float, end: float) -> float:
        """The rate of a future on daily compounding in arrears over [t1, t2] (3M SOFR), simple, act as the times are.

        1 + tau R = P(t1) / P(t2) exp((V(t2) - V(t1)) / 2 + v / 2), v = B(t2 - t1)^2 y(t1) + V(t2 - t1).
        """
        late = compounded_convexity(begin, end, self.reversion, self.sigma)
        return float(np.expm1(self._growth(begin, end) + late)) / (end - begin)

    def futures_average(self, begin: float, end: float) -> float:
        """The rate of a future on the arithmetic average of [m1, m2] (1M SOFR), continuous."""
        late = averaged_convexity(begin, end, self.reversion, self.sigma)
        return float(self._growth(begin, end) + late) / (end - begin)

    def futures_term(self, begin: float, end: float) -> float:
        """The rate of a future on a term rate that is fixed at t1 (the old Eurodollar), simple."""
        loading = self.loading(end - begin)
        late = loading * self.sigma**2 * self.loading(begin) ** 2 / 2 + loading**2 * self.variance(begin)
        return float(np.expm1(self._growth(begin, end) + late)) / (end - begin)

    def _growth(self, begin: float, end: float) -> float:
        first, last = self.log_discount(np.array([begin, end]))
        return float(first - last)

    # --- where it comes from ---------------------------------------------------------------------------------------
    @classmethod
    def calibrate(
        cls, quotes: Sequence[SwapQuote], log_discount: LogDiscount, *, reversion: float | None = None
    ) -> Fitted:
        """The model closest to at-the-money swaptions: least squares in normal vol, equal weights.

        reversion: given, or (None) found too, for which two quotes are needed. Raises UserError for too few quotes.
        """
        from scipy.optimize import least_squares

        needed = 1 if reversion is not None else 2
        if len(quotes) < needed:
            raise UserError(f"a Hull-White model is calibrated to {needed} swaptions or more", value=len(quotes))
        wrong = [quote for quote in quotes if not (quote.vol > 0 and quote.expiry > 0 and quote.length > 0)]
        if wrong:
            raise UserError("a swaption's expiry, length and vol are positive", value=tuple(wrong[0]))
        swaps = [SwapTerms.regular(quote.expiry, quote.length) for quote in quotes]
        market = np.array([quote.vol for quote in quotes])

        def model(x: Floats) -> HullWhite:
            speed = reversion if reversion is not None else float(np.exp(x[1]))
            return cls(reversion=speed, sigma=float(np.exp(x[0])), log_discount=log_discount)

        def errors(x: Floats) -> Floats:
            made = model(x)
            return np.asarray(np.array([made.normal_vol(swap) for swap in swaps]) - market)

        def relative(x: Floats) -> Floats:
            return np.asarray(errors(x) / market.mean())

        first = np.log([float(market.mean()), *([0.03] if reversion is None else [])])
        # By central differences: errors stay at the best fit, where a slope's error of 1e-8 moves it by 1e-9.
        found = least_squares(relative, first, jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-14).x
        return Fitted(model(found), errors(found))


class Estimate(NamedTuple):
    """What a history of short rates says of dr = a (m - r) dt + sigma dW, under the real-world measure."""

    reversion: float  # a, 1/year
    mean: float  # m, decimal
    sigma: float  # decimal per sqrt(year)
    reversion_se: float  # standard error of a, from the curvature of the profile likelihood
    log_likelihood: float

    @property
    def at_bound(self) -> bool:
        """Whether the history is likelier still beyond the reversions that are looked for: its error says nothing."""
        return not SLOWEST * 1.001 < self.reversion < FASTEST / 1.001


def estimate(rates: ArrayLike, years: ArrayLike) -> Estimate:
    """Maximum likelihood on the exact Gaussian transition, of observations at any times.

    Given a, the mean is a weighted regression and sigma^2 the mean of the squared errors over (1 - e^(-2 a dt)) /
    (2 a); the profile over a has one number to search. A history is short where the reversion is slow: its standard
    error is stated for that reason.

    Args:
        rates: (observations,) decimal, three at least.
        years: (observations,) times, rising.

    Raises UserError for a history that is too short, out of order, or stands still.
    """
    from scipy.optimize import minimize_scalar

    r, t = np.asarray(rates, dtype=np.float64), np.asarray(years, dtype=np.float64)
    if r.ndim != 1 or r.shape != t.shape or r.size < 3:
        raise UserError("a history has a rate for each of three times or more", value=f"{r.size} rates, {t.size} times")
    step = np.diff(t)
    if not (np.isfinite(r).all() and np.isfinite(t).all() and (step > 0).all()):
        raise UserError("a history has finite rates at rising times", place="years")
    if not np.diff(r).any():
        raise UserError("a history of short rates moves", value=float(r[0]), place="rates")

    def profile(log_a: float) -> tuple[float, float, float]:
        """Log-likelihood, mean and sigma^2 that are best for a."""
        a = np.exp(log_a)
        kept, unit = np.exp(-a * step), -np.expm1(-2 * a * step) / (2 * a)
        weight = (1 - kept) / unit
        mean = float((weight * (r[1:] - kept * r[:-1])).sum() / (weight * (1 - kept)).sum())
        errors = r[1:] - mean - kept * (r[:-1] - mean)
        variance = float((errors**2 / unit).mean())
        return -0.5 * float((np.log(2 * np.pi * variance * unit) + 1).sum()), mean, variance

    found = minimize_scalar(
        lambda x: -profile(x)[0], bounds=(np.log(SLOWEST), np.log(FASTEST)), method="bounded", options={"xatol": 1e-10}
    )
    log_a, h = float(found.x), 1e-3
    best, mean, variance = profile(log_a)
    bend = (profile(log_a + h)[0] - 2 * best + profile(log_a - h)[0]) / h**2
    a = float(np.exp(log_a))
    return Estimate(a, mean, float(np.sqrt(variance)), a / np.sqrt(-bend) if bend < 0 else np.inf, best)


def _par_point(bonds: Floats, sds: Floats) -> float:
    """z at which sum of bonds exp(-sd^2 / 2 - sd z) is 1."""

    def gap(z: float) -> float:
        return float((bonds * np.exp(-0.5 * sds**2 - sds * z)).sum()) - 1.0

    width = 8.0
    while gap(-width) < 0 or gap(width) > 0:
        width *= 2
        if width > 1e6:
            return np.inf if gap(width) > 0 else -np.inf
    return root(gap, -width, width, xtol=1e-15, rtol=8.9e-16)


def _sign(side: str) -> float:
    if side not in SIDES:
        raise UserError("a swaption is a payer or a receiver", value=side, place="side")
    return SIDES[side]


def _slope(function: LogDiscount, t: Floats) -> Floats:
    """Derivative by differences of fourth order, one-sided where times before the start would be asked for."""
    middle = [function(np.maximum(t + k * STEP, 0.0)) for k in (-2, -1, 1, 2)]
    ahead = [function(t + k * STEP) for k in range(5)]
    inside = (middle[0] - 8 * middle[1] + 8 * middle[2] - middle[3]) / (12 * STEP)
    edge = (-25 * ahead[0] + 48 * ahead[1] - 36 * ahead[2] + 16 * ahead[3] - 3 * ahead[4]) / (12 * STEP)
    return np.asarray(np.where(t < 2 * STEP, edge, inside))


def _bend(function: LogDiscount, t: Floats) -> Floats:
    """Second derivative, as `_slope`, with a wider step."""
    wide = 10 * STEP
    centre = np.maximum(t, wide)
    up, at, down = (function(centre + k * wide) for k in (1, 0, -1))
    return np.asarray((up - 2 * at + down) / wide**2)
