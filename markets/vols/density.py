"""The law of the asset at an expiry that a smile implies: calls, puts, digitals, density, truncated puts, arbitrage.

With C(K) the undiscounted call by Black (1976) at the vol sigma(K), the law follows from it (Breeden and Litzenberger
1978): P(S_T > K) = -C'(K) and the density is C''(K). By the chain rule, with n the normal density and prime = d/dK,

    -C' = N(d2) - K n(d2) sqrt(T) sigma'
    C'' = n(d2) / (K sigma sqrt(T)) (1 + 2 K d1 sqrt(T) sigma' + K^2 d1 d2 T sigma'^2 + K^2 sigma T sigma'')

so only the smile is differentiated, not the price.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.kernels.normal import INV_SQRT_2PI
from markets.vols.black_scholes import black_scholes
from markets.vols.smile import Form, strike_multiple, strike_slopes
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]

STEP = 0.005  # share of the strike: the differences of order eight resolve features as narrow as 3 % of it
FIRST = (4 / 5, -1 / 5, 4 / 105, -1 / 280)  # of f(x + j h) - f(x - j h), over h (Fornberg 1988, table 1)
SECOND = (8 / 5, -1 / 5, 8 / 315, -1 / 560)  # of f(x + j h) - 2 f(x) + f(x - j h), over h^2
SQRT_HALF = math.sqrt(0.5)
REACH = 60.0  # standard deviations at the forward: beyond it the probability is zero in double precision
EMPTY = 1e-10  # probability beyond the ends of the strikes used
FARTHEST = 300.0  # ln(K / forward): so that strikes stay finite
POINTS = 2_001
ROUND_OFF = 1e-12  # a mass below -ROUND_OFF is negative


class Shape(NamedTuple):
    """A smile and its derivatives in the strike, same shape as the strikes."""

    vol: Floats  # decimal
    slope: Floats  # per $
    curvature: Floats  # per $^2


@runtime_checkable
class Shaped(Protocol):
    """A smile that knows its own derivatives."""

    def shape(self, strike: Floats) -> Shape:
        """Vol, slope and curvature at the strikes."""


@dataclass(frozen=True, kw_only=True)
class SkewSmile:
    """The engine's smile at one expiry (see markets.vols.smile): `level` times the multiple of the strike."""

    level: float  # decimal: vol of a strike at `spot`
    spot: float  # $ to which strikes refer: at the start, or where a sliding smile has gone
    skew: float
    years: float  # trading years from the start to expiry
    form: Form = "linear"

    def __call__(self, strike: Floats) -> Floats:
        """Vols, same shape."""
        return self.level * strike_multiple(strike, self.years, spot=self.spot, skew=self.skew, form=self.form)

    def shape(self, strike: Floats) -> Shape:
        """Vol and its exact derivatives."""
        slope, curvature = strike_slopes(strike, self.years, spot=self.spot, skew=self.skew, form=self.form)
        return Shape(self(strike), self.level * slope, self.level * curvature)


Smile = Callable[[Floats], Floats] | SkewSmile


class Breach(NamedTuple):
    """Strikes between which the smile admits static arbitrage: the law has a negative mass there."""

    low: float  # $
    high: float  # $
    mass: float  # probability, below zero


@dataclass(frozen=True, kw_only=True)
class ImpliedLaw:
    """The risk-neutral law of S_T. `smile` maps strikes ($, any shape) to vols (decimal, same shape).

    Methods take strikes of any shape and return arrays of that shape; values are discounted, probabilities are not.
    Raises UserError for a forward, time or discount that is not positive, and where the smile's vol is not.
    """

    smile: Smile
    forward: float  # $
    years: float  # of variance, to the expiry
    discount: float = 1.0  # $ now per $ at the expiry

    def __post_init__(self) -> None:
        for name in ("forward", "years", "discount"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise UserError(f"{name} is a positive number", value=getattr(self, name), place=name)

    def shape(self, strike: ArrayLike) -> Shape:
        """The smile's vol, slope and curvature: its own, or eighth-order differences over +-2 % of the strike."""
        strikes = _strikes(strike)
        shape = self.smile.shape(strikes) if isinstance(self.smile, Shaped) else _differences(self.smile, strikes)
        _check_vols(strikes, shape.vol)
        return shape

    def call(self, strike: ArrayLike) -> Floats:
        """Value of a call, $."""
        return self._option(strike, "call")

    def put(self, strike: ArrayLike) -> Floats:
        """Value of a put, $."""
        return self._option(strike, "put")

    def above(self, strike: ArrayLike) -> Floats:
        """P(S_T > K). The digital call that pays $1 is worth `discount` times it."""
        return self._tail(strike, 1.0)

    def below(self, strike: ArrayLike) -> Floats:
        """P(S_T < K), accurate in the left tail; 1 - above."""
        return self._tail(strike, -1.0)

    def density(self, strike: ArrayLike) -> Floats:
        """Density of S_T, per $; negative where the smile admits a butterfly at a negative price."""
        k = _strikes(strike)
        vol, slope, curvature = self.shape(k)
        d1, d2, root = self._d(k, vol)
        bend = 1 + 2 * k * d1 * root * slope + k * k * (d1 * d2 * (root * slope) ** 2 + vol * self.years * curvature)
        return np.asarray(_bell(d2) / (k * vol * root) * bend)

    def put_below(self, strike: ArrayLike, level: ArrayLike) -> Floats:
        """Value of a put that pays (K - S_T)+ only where S_T ends below `level`, $.

        For a level under the strike that is a put struck at the level and K - level digital puts.
        """
        k = _strikes(strike)
        low = np.minimum(_strikes(level), k)
        return self.put(low) + self.discount * (k - low) * self.below(low)

    def strikes(self, points: int = POINTS) -> Floats:
        """Strikes, evenly spaced in logs, from the last with anything left below it to the last with anything above.

        They end earlier where the smile does, at a vol that is not positive.
        """
        sd = float(self.shape(self.forward).vol) * math.sqrt(self.years)
        reach = np.linspace(0.0, min(REACH * sd, FARTHEST), 1_201)
        low = self._last(self.below, self.forward * np.exp(-reach))
        high = self._last(self.above, self.forward * np.exp(reach))
        return np.geomspace(low, high, points)

    def _last(self, tail: Callable[[Floats], Floats], outward: Floats) -> float:
        """The strike, going outward, beyond which the probability is less than EMPTY."""
        ends = np.flatnonzero(~(np.asarray(self.smile(outward)) > 0))
        outward = outward[: ends[0]] if ends.size else outward
        left = np.flatnonzero(tail(outward) >= EMPTY)
        return float(outward[min(left[-1] + 1, outward.size - 1)])

    def breaches(self, strikes: ArrayLike | None = None) -> tuple[Breach, ...]:
        """Static arbitrage: ranges of negative probability between these strikes (ascending; default `strikes`).

        Neighbouring cells with negative mass are joined. There a vertical spread or a butterfly has a negative price.
        """
        k = self.strikes() if strikes is None else np.atleast_1d(_strikes(strikes))
        tails = self.above(k)
        mass = np.concatenate([self.below(k[:1]), tails[:-1] - tails[1:], tails[-1:]])
        ends = np.concatenate([[0.0], k, [np.inf]])
        bad = np.flatnonzero(mass < -ROUND_OFF)
        runs = np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1) if bad.size else []
        return tuple(Breach(float(ends[r[0]]), float(ends[r[-1] + 1]), float(mass[r].sum())) for r in runs)

    def _d(self, strike: Floats, vol: Floats) -> tuple[Floats, Floats, float]:
        root = math.sqrt(self.years)
        d1 = np.log(self.forward / strike) / (vol * root) + 0.5 * vol * root
        return d1, d1 - vol * root, root

    def _option(self, strike: ArrayLike, kind: str) -> Floats:
        k = _strikes(strike)
        return self.discount * black_scholes(self.forward, k, self.shape(k).vol, self.years, kind=kind).value

    def _tail(self, strike: ArrayLike, sign: float) -> Floats:
        k = _strikes(strike)
        vol, slope, _ = self.shape(k)
        _, d2, root = self._d(k, vol)
        return np.asarray(_normal(sign * d2) - sign * k * _bell(d2) * root * slope)


def _normal(d: Floats) -> Floats:
    """N(d) by the C library's erfc, accurate in the left tail. SciPy's takes longer to import than all of these."""
    return 0.5 * np.array([math.erfc(x) for x in (-SQRT_HALF * d).flat], dtype=np.float64).reshape(d.shape)


def _bell(d: Floats) -> Floats:
    return np.asarray(INV_SQRT_2PI * np.exp(-0.5 * d * d))


def _differences(smile: Callable[[Floats], Floats], strike: Floats) -> Shape:
    """Derivatives of any function of the strike by central differences of order eight."""
    middle, step = np.asarray(smile(strike), dtype=np.float64), STEP * strike
    slope, curvature = np.zeros_like(middle), np.zeros_like(middle)
    for j, (first, second) in enumerate(zip(FIRST, SECOND, strict=True), start=1):
        up, down = (np.asarray(smile(strike + side * j * step), dtype=np.float64) for side in (1, -1))
        slope += first * (up - down)
        curvature += second * ((up - middle) + (down - middle))
    return Shape(middle, slope / step, curvature / step**2)


def _strikes(strike: ArrayLike) -> Floats:
    k = np.asarray(strike, dtype=np.float64)
    wrong = ~(np.isfinite(k) & (k > 0))
    if wrong.any():
        raise UserError("a strike is a positive price", value=float(k[wrong].flat[0]), place="strike")
    return k


def _check_vols(strike: Floats, vol: Floats) -> None:
    wrong = ~(np.isfinite(vol) & (vol > 0))
    if wrong.any():
        at = np.broadcast_to(strike, vol.shape)[wrong].flat[0]
        raise UserError(
            "a smile's vols are positive", value=float(vol[wrong].flat[0]), place=f"strike {at:g}",
            remedy="ask for strikes nearer the forward, or bound the smile from below",
        )  # fmt: skip
