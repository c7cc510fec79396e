"""What moves of rates add to the variance of a forward price of the asset."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.dataclass import dataclass
from sim.errors import UserError

Floats = NDArray[np.float64]
SLOW = 1e-8  # 1/year: below it rates do not revert


@dataclass(frozen=True, kw_only=True)
class RatesVariance:
    """Hull-White rates, dr = a (theta - r) dt + sigma dW.

    With B(s) = (1 - e^(-a s)) / a the vol of a zero bond to T is sigma B(T - t).

    Source: Brigo and Mercurio, Interest Rate Models (2006), appendix B.
    """

    sigma: float  # decimal per sqrt(year)
    reversion: float = 0.05  # a, 1/year

    def __post_init__(self) -> None:
        """Raises UserError for negative or infinite terms."""
        for name in ("sigma", "reversion"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise UserError(f"the {name} of rates is not negative", value=value, place=name)

    def bond(self, years: ArrayLike) -> Floats:
        """Variance that a zero bond's moves add up to over its life: sigma^2 times the integral of B^2, same shape."""
        t, a = np.asarray(years, dtype=np.float64), self.reversion
        if a < SLOW:
            return np.asarray(self.sigma**2 * t**3 / 3)
        once, twice = -np.expm1(-a * t) / a, -np.expm1(-2 * a * t) / (2 * a)
        return np.asarray(self.sigma**2 / a**2 * (t - 2 * once + twice))

    def with_asset(self, years: ArrayLike) -> Floats:
        """Covariance with an asset of vol 1 and correlation 1: sigma times the integral of B, same shape."""
        t, a = np.asarray(years, dtype=np.float64), self.reversion
        if a < SLOW:
            return np.asarray(self.sigma * t**2 / 2)
        return np.asarray(self.sigma / a * (t + np.expm1(-a * t) / a))

    def effective_vol(self, vol: ArrayLike, years: ArrayLike, *, correlation: ArrayLike = 0.0) -> Floats:
        """Black-Scholes vol of an option on an asset of constant vol while rates move, decimal a year.

        v^2 T = vol^2 T + 2 rho vol sigma int B + sigma^2 int B^2; rho: correlation of the asset and the short rate.
        Raises UserError for a correlation outside -1 to 1.
        """
        v, t, rho = (np.asarray(each, dtype=np.float64) for each in (vol, years, correlation))
        if not (np.abs(rho) <= 1).all():
            worst = float(rho.flat[np.argmax(np.abs(rho))])
            raise UserError("a correlation lies between -1 and 1", value=worst, place="correlation")
        total = v**2 * t + 2 * rho * v * self.with_asset(t) + self.bond(t)
        return np.asarray(np.sqrt(total / t))
