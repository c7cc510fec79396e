"""The SABR smile of a forward rate: vols by strike, calibration, prices and the density that they imply."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.rate_vols.black import bachelier, black
from markets.vols.black_scholes import Priced
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.root import root

Floats = NDArray[np.float64]
Kind = Literal["normal", "lognormal"]

FLAT = 1e-6  # |zeta| below which zeta / x(zeta) is its series 1 - rho zeta / 2 + ...
FREE = 3  # parameters that a calibration finds
FAR = 0.9999  # |rho| at most in a calibration


@dataclass(frozen=True, kw_only=True)
class Sabr:
    """dF = alpha F^beta dW, dalpha = nu alpha dZ, <dW, dZ> = rho dt, at one expiry.

    `kind` says what `vol` is. "lognormal": Black vol by Hagan, Kumar, Lesniewski and Woodward (2002), formula 2.17, on
    rates shifted by `shift`. "normal": beta is 0 and the vol is Bachelier's, alpha zeta / x(zeta) (1 + (2 - 3 rho^2)
    nu^2 T / 24), zeta = nu (F - K) / alpha. (Their general normal formula at beta = 0 is another one in the wings.)
    """

    forward: float  # decimal
    years: float  # to expiry
    alpha: float  # decimal per sqrt(year) of normal vol, if normal
    rho: float
    nu: float  # per sqrt(year)
    beta: float = 0.0
    kind: Kind = "normal"
    shift: float = 0.0  # decimal

    def __post_init__(self) -> None:
        """Raises UserError for parameters that no such process has."""
        if self.kind not in ("normal", "lognormal"):
            raise UserError("a SABR smile is normal or lognormal", value=self.kind, place="kind")
        if self.kind == "normal" and self.beta != 0:
            raise UserError("a normal SABR smile has beta 0", value=self.beta, place="beta", remedy='or "lognormal"')
        bounds = {"alpha": (0, np.inf), "nu": (0, np.inf), "years": (0, np.inf), "beta": (0, 1), "rho": (-1, 1)}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high or (name in ("alpha", "years") and getattr(self, name) == 0):
                rule = f"{name} of a SABR smile lies between {low} and {high}"
                raise UserError(rule, value=getattr(self, name), place=name)
        if self.kind == "lognormal" and not self.forward + self.shift > 0:
            rule, remedy = "a lognormal forward rate is positive when shifted", "give a `shift`, or use normal vols"
            raise UserError(rule, value=self.forward, place="forward", remedy=remedy)

    def vol(self, strike: ArrayLike) -> Floats:
        """Implied vol at strikes of any shape, decimal a year; NaN at a strike that a lognormal rate cannot have."""
        k = np.asarray(strike, dtype=np.float64)
        with np.errstate(all="ignore"):
            return self._normal(k) if self.kind == "normal" else self._lognormal(k + self.shift)

    def price(self, strike: ArrayLike, annuity: ArrayLike = 1.0, *, side: ArrayLike = "payer") -> Priced:
        """Value with the derivatives at a fixed vol, as `markets.rate_vols.black.black` gives them."""
        if self.kind == "normal":
            return bachelier(self.forward, strike, self.vol(strike), self.years, annuity, side=side)
        return black(self.forward, strike, self.vol(strike), self.years, annuity, side=side, shift=self.shift)

    def density(self, strike: ArrayLike, width: float = 1e-5) -> tuple[Floats, Floats]:
        """dC/dK and d2C/dK2 of calls per unit of annuity, by central differences of `width` (of fourth order).

        The second is the density of the rate at expiry, 1/decimal: where it is negative, so is a butterfly.
        """
        k = np.asarray(strike, dtype=np.float64)
        at = np.stack([self.price(k + step * width).value for step in (-2, -1, 0, 1, 2)])
        slope = np.tensordot([1, -8, 0, 8, -1], at, axes=1) / (12 * width)
        bend = np.tensordot([-1, 16, -30, 16, -1], at, axes=1) / (12 * width**2)
        return slope, bend

    @classmethod
    def at_the_money(
        cls,
        vol: float,
        *,
        forward: float,
        years: float,
        rho: float,
        nu: float,
        beta: float = 0.0,
        kind: Kind = "normal",
        shift: float = 0.0,
    ) -> Sabr:
        """The smile with this vol at the money; the normal one's alpha in closed form, vol / (1 + (2 - 3 rho^2) nu^2 T
        / 24).

        Raises UserError where no alpha gives it.
        """
        one = cls(forward=forward, years=years, alpha=1.0, rho=rho, nu=nu, beta=beta, kind=kind, shift=shift)
        normal = vol / (1 + (2 - 3 * rho**2) * nu**2 * years / 24)
        return replace(one, alpha=normal if kind == "normal" else _alpha(one, vol))

    @classmethod
    def fit(
        cls,
        strikes: ArrayLike,
        vols: ArrayLike,
        *,
        forward: float,
        years: float,
        beta: float = 0.0,
        kind: Kind = "normal",
        shift: float = 0.0,
        weights: ArrayLike = 1.0,
    ) -> Sabr:
        """alpha, rho and nu by least squares in vol, from several starts; beta is given.

        strikes, vols: (quotes,) decimal, at least three; weights: of each squared error. Raises UserError for too few
        quotes, and for such as no vol or strike can be.
        """
        from scipy.optimize import least_squares

        k, v = np.asarray(strikes, dtype=np.float64).ravel(), np.asarray(vols, dtype=np.float64).ravel()
        if k.size != v.size or k.size < FREE:
            rule = "a SABR smile is fitted to three quotes or more, a strike and a vol each"
            raise UserError(rule, value=f"{k.size} strikes, {v.size} vols")
        if not (np.isfinite(k).all() and (v > 0).all() and np.isfinite(v).all()):
            raise UserError("strikes are numbers and vols are positive", value=v.min(), place="vols")
        if kind == "lognormal" and not (k + shift > 0).all():
            rule, remedy = "a lognormal rate has positive strikes when shifted", "give a `shift`, or use normal vols"
            raise UserError(rule, value=float(k.min()), place="strikes", remedy=remedy)
        root = np.sqrt(np.broadcast_to(np.asarray(weights, dtype=np.float64), k.shape))
        middle = float(np.interp(forward, np.sort(k), v[np.argsort(k)]))
        scale = middle if kind == "normal" else middle * (forward + shift) ** (1 - beta)

        def smile(x: Floats) -> Sabr:
            alpha, rho, nu = float(scale * np.exp(x[0])), float(FAR * np.tanh(x[1])), float(np.exp(x[2]))
            return cls(forward=forward, years=years, alpha=alpha, rho=rho, nu=nu, beta=beta, kind=kind, shift=shift)

        def errors(x: Floats) -> Floats:
            return np.asarray(root * (smile(x).vol(k) - v) / middle)

        starts = [(0.0, rho, np.log(nu)) for rho in (-0.3, 0.3) for nu in (0.3, 1.0)]
        low, high = (-5.0, -6.0, -12.0), (5.0, 6.0, 3.0)
        fits = [least_squares(errors, x0, bounds=(low, high), xtol=1e-15, ftol=1e-15, gtol=1e-15) for x0 in starts]
        return smile(min(fits, key=lambda fit: float(fit.cost)).x)

    def _normal(self, k: Floats) -> Floats:
        zeta = self.nu * (self.forward - k) / self.alpha
        late = 1 + (2 - 3 * self.rho**2) * self.nu**2 * self.years / 24
        return np.asarray(self.alpha * _ratio(zeta, self.rho) * late)

    def _lognormal(self, k: Floats) -> Floats:
        f, beta = self.forward + self.shift, self.beta
        log_moneyness, middle = np.log(f / k), (f * k) ** ((1 - beta) / 2)
        z = self.nu / self.alpha * middle * log_moneyness
        squared = ((1 - beta) * log_moneyness) ** 2
        late = (
            (1 - beta) ** 2 / 24 * self.alpha**2 / middle**2
            + self.rho * beta * self.nu * self.alpha / (4 * middle)
            + (2 - 3 * self.rho**2) / 24 * self.nu**2
        )
        vol = self.alpha / (middle * (1 + squared / 24 + squared**2 / 1920)) * _ratio(z, self.rho)
        return np.asarray(np.where(k > 0, vol * (1 + late * self.years), np.nan))


def _ratio(zeta: Floats, rho: float) -> Floats:
    """zeta / x(zeta), x = ln((sqrt(1 - 2 rho zeta + zeta^2) + zeta - rho) / (1 - rho)); its series near 0."""
    x = np.log((np.sqrt(1 - 2 * rho * zeta + zeta**2) + zeta - rho) / (1 - rho))
    series = 1 - 0.5 * rho * zeta + (2 - 3 * rho**2) / 12 * zeta**2
    return np.asarray(np.where(np.abs(zeta) < FLAT, series, zeta / np.where(x == 0, 1.0, x)))


def _alpha(smile: Sabr, vol: float) -> float:
    """alpha of a lognormal smile whose vol at the money is `vol`. Raises UserError."""
    first = vol * (smile.forward + smile.shift) ** (1 - smile.beta)

    def gap(log_alpha: float) -> float:
        return float(replace(smile, alpha=np.exp(log_alpha)).vol(smile.forward)) - vol

    low, high = np.log(first) - 5.0, np.log(first) + 0.5
    if not (gap(low) < 0 < gap(high)):
        raise UserError("no alpha gives this vol at the money", value=vol, remedy="check the unit of vol, rho and nu")
    return float(np.exp(root(gap, low, high, xtol=1e-15)))
