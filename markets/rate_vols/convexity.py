"""What daily variation margin makes the rate of a future lie above the forward rate, in the Hull-White model.

With B(u) = (1 - e^(-a u)) / a and V(u) = sigma^2 / a^2 (u - 2 B(u) + (1 - e^(-2 a u)) / (2 a)), the variance of the
integral of the short rate over u years. A future's rate is an expectation in the measure of the money market account.
"""

from __future__ import annotations

from math import expm1

from sim.errors import UserError

SMALL = 1e-3  # a x years, below which the limit without reversion, with its next terms, is exact to rounding


def integral_variance(years: float, reversion: float, sigma: float) -> float:
    """V(u), decimal squared: sigma^2 u^3 / 3 without reversion."""
    x = reversion * years
    if abs(x) < SMALL:
        return sigma**2 * years**3 * (1 / 3 - x / 4 + 7 * x**2 / 60 - x**3 / 24)
    return sigma**2 / reversion**2 * (years - 2 * _loading(years, reversion) + _loading(2 * years, reversion) / 2)


def compounded_convexity(begin: float, end: float, reversion: float, sigma: float) -> float:
    """c in 1 + tau R = P(begin) / P(end) e^c, R the rate of a future on the rate compounded over a period, or begun.

    c = (V(t2) - V(t1)) / 2 + v / 2, v = B(t2 - t1)^2 sigma^2 (1 - e^(-2 a t1)) / (2 a) + V(t2 - t1).
    """
    _check(begin, end, reversion, sigma)
    variance = _loading(end - begin, reversion) ** 2 * sigma**2 * _loading(2 * begin, reversion) / 2
    return averaged_convexity(begin, end, reversion, sigma) + 0.5 * (
        variance + integral_variance(end - begin, reversion, sigma)
    )


def averaged_convexity(begin: float, end: float, reversion: float, sigma: float) -> float:
    """c in tau R = ln(P(begin) / P(end)) + c, R the rate of a future on the average: (V(t2) - V(t1)) / 2."""
    _check(begin, end, reversion, sigma)
    return 0.5 * (integral_variance(end, reversion, sigma) - integral_variance(begin, reversion, sigma))


def _loading(years: float, reversion: float) -> float:
    """B(u), years."""
    return -expm1(-reversion * years) / reversion if abs(reversion * years) > 1e-12 else years


def _check(begin: float, end: float, reversion: float, sigma: float) -> None:
    """Raises UserError."""
    if not 0 <= begin <= end:
        raise UserError("a future's period lies ahead, and ends after it begins", value=f"{begin:g} to {end:g} years")
    if not (reversion >= 0 and sigma >= 0):
        rule, remedy = "reversion and vol are not negative", "write reversion = 0.03, normal_vol = 0.009"
        raise UserError(rule, value=f"{reversion:g}, {sigma:g}", remedy=remedy)
