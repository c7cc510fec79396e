"""Heston's law of the asset's variance, and European options under it in closed form."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.kernels.heston import (
    C_IMAG,
    C_REAL,
    D_IMAG,
    D_REAL,
    FAR_C_IMAG,
    FAR_C_REAL,
    FAR_D_IMAG,
    FAR_D_REAL,
    FAR_TERMS,
    GRID_TERMS,
    POWER,
    S_IMAG,
    S_REAL,
    TAIL_TERMS,
    TAILS,
    W_IMAG,
    W_REAL,
    WEIGHT,
    U,
    heston_options,
)
from markets.kernels.options import CARRY, LOG_STRIKE, OPTION_TERMS, QUANTITY, SIGN, STRIKE
from markets.vols.black_scholes import signs_of
from markets.vols.rates_variance import RatesVariance
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

SMALLEST = -36.0  # ln of what the integral may leave out
QUIET = 1 / 25  # of the starting variance: down to this the integral is complete to SMALLEST
STEPS = np.arange(0.0, 16.0, 0.02)  # of the search for its end, in t; u = sinh(t) / 2
FEWEST, MOST = 64, 512  # nodes: of five years and more, and of less than a month
PANELS = 96  # of FEWEST nodes, where MOST are too few and a tail has no moment, so that no contour helps there
FARTHEST = 6.0  # standard deviations at which the moment that bounds a time value is best
POWERS = np.geomspace(0.1, 30.0, 60)  # of a moment, over standard deviations, that are tried
HALF_LIFE = 1.0  # of t, over which the nodes double
TILT = 0.27  # of a contour, a sixth of a right angle: e^(i s k) dies out along it
FAR_NODES = 192  # of a contour


class Grid(NamedTuple):
    """Nodes of the integral for one time to expiry, and moments that bound what is left far from the money."""

    nodes: Floats  # (nodes, GRID_TERMS)
    tails: Floats  # (TAILS, TAIL_TERMS)
    contours: Floats  # (TAILS, FAR_NODES, FAR_TERMS), for what is not near the money


@dataclass(frozen=True, kw_only=True)
class Heston:
    """dS / S = (z - q) dt + sqrt(v) dW, dv = kappa (theta - v) dt + xi sqrt(v) dZ, correlation rho of W and Z.

    Source: Heston (1993); the integral is Lewis' (2000), the exponents those without a branch cut (Albrecher, Mayer,
    Schoutens and Tistaert 2007). u = sinh(t) / 2 turns du / (u^2 + 1/4) into 2 dt / cosh t, and Gauss-Legendre's nodes
    in t meet it to 1e-13 of spot for a year and more. Away from the money the integral runs along tilted contours
    (Andersen and Lake 2018), and meets time values to 1e-11 of spot from a week on.
    """

    v0: float  # variance at the start, decimal a year: 0.04 is a vol of 20 %
    kappa: float  # reversion, 1/year
    theta: float  # long-run variance
    xi: float  # vol of variance, per sqrt(year)
    rho: float

    def __post_init__(self) -> None:
        """Raises UserError for terms that the law does not have."""
        for name in ("v0", "kappa", "theta", "xi"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise UserError(f"{name} of Heston's law is positive", value=value, place=name)
        if not -1 < self.rho < 1:
            raise UserError("rho of Heston's law lies between -1 and 1", value=self.rho, place="rho")

    def exponents(self, u: ArrayLike, years: float) -> tuple[Complex, Complex]:
        """C and D of E[(F_T / F)^(i w)] = e^(C + D v) at w = u - i/2, same shape; u may be complex.

        With b = kappa - rho xi i w, a = w^2 + i w, d = sqrt(b^2 + xi^2 a) and g = (b - d) / (b + d):
        D = (b - d) / xi^2 (1 - e^(-d T)) / (1 - g e^(-d T)),
        C = kappa theta / xi^2 ((b - d) T - 2 ln((1 - g e^(-d T)) / (1 - g))),
        written so that nothing cancels as xi goes to 0.
        """
        at = np.asarray(u, dtype=np.complex128)
        a = at**2 + 0.25
        b = self.kappa - self.rho * self.xi * (0.5 + 1j * at)
        d = np.sqrt(b**2 + self.xi**2 * a)
        g = -(self.xi**2) * a / (b + d) ** 2
        decay = np.exp(-d * years)
        by_variance = -a / (b + d) * (1 - decay) / (1 - g * decay)
        logs = np.log1p(-g * decay) - np.log1p(-g)
        certain = self.kappa * self.theta * (-a * years / (b + d) - 2 * logs / self.xi**2)
        return certain, by_variance

    def grid(self, years: float, rates_variance: float = 0.0) -> Grid:
        """The nodes for `years` to expiry, > 0. rates_variance: of rates independent of the asset, over these years.

        They depend on nothing that differs between paths. Independent moves of rates multiply the characteristic
        function by exp(-(u^2 + 1/4) / 2 times their variance).
        """
        ahead = self._size(np.sinh(STEPS) / 2, years)
        short = np.flatnonzero(ahead < SMALLEST)
        end = float(STEPS[short[0]] if short.size else STEPS[-1])
        wanted = FEWEST * 2 ** ((end - 5.7) / HALF_LIFE)
        tails = self._tails(years, rates_variance)
        bound = bool(tails[::2, POWER].all())
        number = int(np.clip(32 * np.ceil(wanted / 32), FEWEST, MOST))
        x, weight = _legendre(number) if bound or wanted <= MOST else _in_panels()
        t = 0.5 * end * (x + 1)
        u = np.sinh(t) / 2
        certain, by_variance = self.exponents(u, years)
        nodes = np.empty((u.size, GRID_TERMS))
        by_rates = np.exp(-0.5 * (u**2 + 0.25) * rates_variance)
        nodes[:, U], nodes[:, WEIGHT] = u, end * weight / np.cosh(t) / np.pi * by_rates
        nodes[:, C_REAL], nodes[:, C_IMAG] = certain.real, certain.imag
        nodes[:, D_REAL], nodes[:, D_IMAG] = by_variance.real, by_variance.imag
        return Grid(nodes, tails, np.stack([self._contour(z, years, rates_variance) for z in tails[:, POWER].tolist()]))

    def _contour(self, z: float, years: float, rates_variance: float) -> Floats:
        """Nodes along s = u (1 +- i TILT) - i z, u = sinh t, (FAR_NODES, FAR_TERMS); zeros where z is 0: no moment.

        The sign is that of k: below 0 for calls out of the money, whose z is positive.
        """
        found = np.zeros((FAR_NODES, FAR_TERMS))
        if z == 0.0:
            return found
        turned = 1.0 - 1j * np.sign(z) * TILT
        ahead = np.sinh(STEPS) * turned - 1j * z
        certain, by_variance = self.exponents(ahead, years)
        size = (certain + by_variance * QUIET * self.v0).real + np.log(np.cosh(STEPS) / np.abs(ahead**2 + 0.25))
        short = np.flatnonzero(~(size - size[0] > SMALLEST))
        end = float(STEPS[short[0]] if short.size else STEPS[-1])
        x, weight = _legendre(FAR_NODES)
        t = 0.5 * end * (x + 1)
        s = np.sinh(t) * turned - 1j * z
        certain, by_variance = self.exponents(s, years)
        by_rates = np.exp(-0.5 * (s**2 + 0.25) * rates_variance)
        whole = -0.5 * end * weight * np.cosh(t) * turned / (s**2 + 0.25) / np.pi * by_rates
        rows = {S_REAL: s, W_REAL: whole, FAR_C_REAL: certain, FAR_D_REAL: by_variance}
        imaginary = {S_REAL: S_IMAG, W_REAL: W_IMAG, FAR_C_REAL: FAR_C_IMAG, FAR_D_REAL: FAR_D_IMAG}
        for row, values in rows.items():
            found[:, row], found[:, imaginary[row]] = values.real, values.imag
        return found

    def _size(self, u: Floats, years: float) -> Floats:
        """ln of the integrand's size in t, at a quiet path."""
        certain, by_variance = self.exponents(u, years)
        size: Floats = certain.real + by_variance.real * self.v0 * QUIET - np.log(np.cosh(np.arcsinh(2 * u)))
        return size

    def _tails(self, years: float, rates_variance: float) -> Floats:
        """For calls, and for puts: powers whose moments bound options far from the money best, and their exponents.

        (F_T / K - 1)^+ <= (F_T / K)^p for p >= 1, over sqrt(F K): z = p - 1/2 is the power of F / K; and alike for
        puts with p <= 0.
        """
        found = np.zeros((TAILS, TAIL_TERMS))
        levels = [(side, v) for side in (1.0, -1.0) for v in (self.v0, QUIET * self.v0)]
        for row, (side, variance) in enumerate(levels):
            sd = np.sqrt(self._mean_variance(variance, years) * years)
            z = side * (0.5 + POWERS / sd)  # u = -i z: E[(F_T / F)^(z + 1/2)]
            z = z[self._lasts(z, 1.1 * years)]
            if not z.size:
                continue
            certain, by_variance = (each.real for each in self.exponents(-1j * z, years))
            by_rates = -0.5 * (0.25 - z**2) * rates_variance
            bound = -np.abs(z) * FARTHEST * sd + certain + by_variance * variance + by_rates
            best = int(np.argmin(bound))
            found[row] = z[best], certain[best], by_variance[best], by_rates[best]
        return found

    def _mean_variance(self, variance: float, years: float) -> float:
        """Of the time until expiry, expected."""
        speed = self.kappa * years
        return float(self.theta + (variance - self.theta) * -np.expm1(-speed) / speed)

    def _lasts(self, z: Floats, years: float) -> NDArray[np.bool_]:
        """Whether E[(F_T / F)^(z + 1/2)] is finite for `years` (Andersen and Piterbarg 2007), same shape."""
        b, a = self.kappa - self.rho * self.xi * (0.5 + z), 0.25 - z**2
        square = b**2 + self.xi**2 * a
        d = np.sqrt(np.abs(square))
        with np.errstate(all="ignore"):
            falling = np.where(b > 0, np.inf, np.log((-b + d) / (-b - d)) / d)
            explodes = np.where(square > 0, falling, 2 / d * np.arctan2(d, -b))
        return np.asarray(explodes > years)

    def price(
        self,
        spot: ArrayLike,
        strike: ArrayLike,
        years: ArrayLike,
        rate: ArrayLike = 0.0,
        *,
        dividend_yield: ArrayLike = 0.0,
        kind: ArrayLike = "call",
        rates: RatesVariance | None = None,
    ) -> Floats:
        """European calls and puts, $, each argument a number or an array of the common shape of the answer.

        spot, strike: $. years: to expiry. rate, dividend_yield: continuous, a year. rates: of Hull-White, independent
        of the asset; none: rates do not move. NaN where spot or years is negative, or strike is not positive. Raises
        UserError for another kind, and for shapes that do not go together.
        """
        given = (signs_of(kind), spot, strike, years, rate, dividend_yield)
        try:
            columns = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in given))
        except ValueError:
            shapes = ", ".join(str(np.shape(each)) for each in given[1:])
            raise UserError("the shapes of the arguments go together", value=shapes) from None
        out = np.full(columns[0].size, np.nan)
        sign, s, k, t, r, q = (each.reshape(-1) for each in columns)
        sound = (s >= 0) & (k > 0) & (t >= 0)
        for each in np.unique(t[sound]):
            mine = np.flatnonzero(sound & (t == each))
            grid = self.grid(each, 0.0 if rates is None else float(rates.bond(each))) if each > 0 else NO_TIME
            for i in mine:
                out[i] = self._one(sign[i], s[i], k[i] * np.exp(-r[i] * each), np.exp(-q[i] * each), grid)
        return out.reshape(columns[0].shape)

    def _one(self, sign: float, spot: float, strike: float, carry: float, grid: Grid) -> float:
        """One option, $, whose strike is discounted already."""
        terms, out = np.zeros((1, OPTION_TERMS)), np.zeros((1, 1))
        terms[0, [SIGN, QUANTITY, STRIKE, CARRY]] = sign, 1.0, strike, carry
        terms[0, LOG_STRIKE] = np.log(strike / carry)
        one, base = np.ones(1), np.array([1.0, self.v0])
        bounds = np.array([0, len(grid.nodes)])
        here = np.array([spot])
        far = grid.tails[None], grid.contours[None]
        heston_options(here, one, np.zeros((1, 1)), one, base, terms, grid.nodes, bounds, *far, out)
        return float(out[0, 0])


NO_TIME = Grid(np.zeros((0, GRID_TERMS)), np.zeros((TAILS, TAIL_TERMS)), np.zeros((TAILS, FAR_NODES, FAR_TERMS)))


@cache
def _legendre(number: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre's nodes and weights on (-1, 1)."""
    x, weight = np.polynomial.legendre.leggauss(number)
    return x, weight


@cache
def _in_panels() -> tuple[Floats, Floats]:
    """The same of PANELS parts, each with FEWEST nodes."""
    x, weight = _legendre(FEWEST)
    middles = (2 * np.arange(PANELS) + 1) / PANELS - 1
    return (middles[:, None] + x / PANELS).ravel(), np.tile(weight / PANELS, PANELS)
