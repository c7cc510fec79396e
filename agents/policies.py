"""Hedging policies: how far the hedge may stray from the book's delta, and when it is brought back."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from markets.plausible import FACTOR, SHARE, VOL
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from sim.place import Place

Vector = NDArray[np.float64]
INPUTS = 4  # of a learned policy
DAYS_A_YEAR = 252
TEN_BP = 1e-3
LEAST_UNITS = 1e-9  # of the asset: stands for an empty book
MOST_OFF, MOST_LOG = 3.0, 10.0  # bounds of a learned policy's outputs


class Later:
    """A vector that is computed when it is first read: given as (paths,) numbers, or as what computes them.

    A descriptor: a dataclass field of this type takes either, and gives the numbers when read.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, at: object, owner: type | None = None) -> Vector:
        if at is None:
            raise AttributeError(self._name)  # the field has no default
        given = vars(at)[self._name]
        if callable(given):
            given = vars(at)[self._name] = given()
        found: Vector = given
        return found

    def __set__(self, at: object, given: Vector | Callable[[], Vector]) -> None:
        vars(at)[self._name] = given


@dataclasses.dataclass(frozen=True, kw_only=True)  # the library's: made at every decision
class Situation:
    """All that a policy may use: vectors (paths,), and numbers common to all paths.

    Attributes:
        tick: index of the tick.
        due: whether the policy's interval is over.
        spot: $/unit.
        last_spot: $/unit, when the hedge was last brought to target.
        target: units that would neutralise the book.
        position: units held.
        gamma: units per $, at the vol of `vol`.
        vol: decimal, the policy's `hedge_vol`, else the market's implied vol.
        half_spread: share of mid.
        discount: discount factor to the book's next expiry.
        gross_units: sum of the absolute quantities of the book, units.
        years: trading years since the start.
        expiry_years: calendar years, in which interest accrues, to the book's next expiry; 0 if none is ahead.
        interval_years: trading years of the policy's interval.
        expiry_variance_years: trading years, in which variance accrues, to the same expiry; None: as `expiry_years`.
    """

    tick: int
    due: bool
    spot: Vector
    last_spot: Vector
    target: Vector
    position: Vector
    gamma: Later = Later()
    vol: Vector
    half_spread: Vector
    discount: Later = Later()
    gross_units: Later = Later()
    years: float
    expiry_years: float
    interval_years: float
    expiry_variance_years: float | None = None

    @classmethod
    def of(cls, **values: Any) -> Situation:
        """One with these values, of all fields: in a third of the time that the constructor takes."""
        at = cls.__new__(cls)
        vars(at).update(values)
        return at

    def but(self, **changes: Any) -> Situation:
        """A copy with other values. Fields not read yet are not computed by copying."""
        return Situation(**{**vars(self), **changes})


@dataclass(frozen=True, kw_only=True)
class Policy(ABC):
    """A hedging policy: the rule by which a desk decides what position it wants.

    A new one defines `desired`. It is frozen and keeps no state: past values that it may use are in the `Situation`.
    Every policy has the keys `interval` (how often the desk looks) and `hedge_vol` (the vol at which delta and Gamma
    are computed).
    """

    kind: ClassVar[str]
    interval: str = param("30m", help="how often the desk looks: '30m', '2h', '1d', or 'tick'")
    hedge_vol: float | None = param(
        None,
        unit="decimal",
        help="30-day vol at which delta and Gamma are computed (default: the market's)",
        gt=0,
        plausible=VOL,
    )

    option_share: float | None = param(
        None,
        unit="share of the book's risk",
        help="that the desk's option leg buys back (default: as the leg says)",
        ge=0,
        plausible=(0.0, 2.0),
        sparse=True,
    )

    def check(self, at: Place) -> None:
        """Raise UserError if its values do not go together; single values have already been checked."""

    @abstractmethod
    def desired(self, at: Situation) -> Vector:
        """Position wanted now, (paths,) units. Return `at.position` where nothing is to be done.

        Also called at the start (tick 0) with the position at the target: the desk begins with the position returned.
        """

    def vol_multiplier(self, at: Situation) -> Vector | None:
        """Factor on the vol at which the target is computed, (paths,), or None for `at.vol` as it is.

        In this call `at.target` and `at.gamma` are at `at.vol`. `desired` then sees the target at the multiplied vol.
        """
        return None


@dataclass(frozen=True, kw_only=True)
class Never(Policy):
    """Leave the book unhedged."""

    kind: ClassVar[str] = "never"

    def desired(self, at: Situation) -> Vector:
        return at.position


@dataclass(frozen=True, kw_only=True)
class Every(Policy):
    """Back to neutral at a fixed interval."""

    kind: ClassVar[str] = "every"

    def desired(self, at: Situation) -> Vector:
        return at.target


@dataclass(frozen=True, kw_only=True)
class Band(Policy):
    """Trade to the edge of a fixed band around neutral."""

    kind: ClassVar[str] = "band"
    width: float = param(
        0.02,
        unit="delta (share of the book's gross units)",
        help="half-width of the no-trade band",
        ge=0,
        plausible=SHARE,
    )

    def desired(self, at: Situation) -> Vector:
        half_width = self.width * at.gross_units
        return np.clip(at.position, at.target - half_width, at.target + half_width)


@dataclass(frozen=True, kw_only=True)
class WhalleyWilmott(Policy):
    """Trade to the edge of H = (3 e^{-r tau} kappa S Gamma^2 / (2 a))^{1/3} (Whalley and Wilmott 1997).

    kappa is the current half-spread, a the absolute risk aversion; both Gamma and H in units of the asset.
    """

    kind: ClassVar[str] = "whalley_wilmott"
    risk_aversion: float = param(1e-8, unit="1/$", help="absolute risk aversion", gt=0, against="the book")
    multiplier: float = param(1.0, help="multiple of the optimal band", gt=0, plausible=FACTOR)

    def desired(self, at: Situation) -> Vector:
        cube = 1.5 * at.discount * at.half_spread * at.spot * at.gamma**2 / self.risk_aversion
        half_width = self.multiplier * np.cbrt(cube)
        return np.clip(at.position, at.target - half_width, at.target + half_width)


@dataclass(frozen=True, kw_only=True)
class Zakamouline(Policy):
    """Trade to the edge of H0 + H1 around the delta at a modified vol (Zakamouline 2006).

    H0 = kappa / (a S sigma^2 tau),  H1 = 1.12 kappa^0.31 tau^0.05 (e^{-r tau} / sigma)^0.25 (|Gamma| / a)^0.5,
    sigma_m^2 = sigma^2 (1 +- K),  K = 4.76 kappa^0.78 tau^-0.02 (e^{-r tau} / sigma)^0.25 (a S^2 |Gamma|)^0.15,
    + for short Gamma; fitted to the numerical solution of Hodges and Neuberger (1989) with tau in years. kappa is the
    current half-spread, a the absolute risk aversion, tau the trading years to the next expiry, of which sigma is the
    vol (calendar years in the discount factor e^{-r tau}); after it there is no band.
    Gamma is at sigma, not at sigma_m. A book of q units with aversion a / q has q times the band of one unit.
    """

    kind: ClassVar[str] = "zakamouline"
    risk_aversion: float = param(1e-8, unit="1/$", help="absolute risk aversion", gt=0, against="the book")
    multiplier: float = param(1.0, help="multiple of the optimal band", gt=0, plausible=FACTOR)

    def desired(self, at: Situation) -> Vector:
        if at.expiry_years <= 0:
            return at.target
        kappa, tau = at.half_spread, _variance_tau(at)
        flat = kappa / (self.risk_aversion * at.spot * at.vol**2 * tau)
        bent = 1.12 * kappa**0.31 * tau**0.05 * (at.discount / at.vol) ** 0.25
        half_width = self.multiplier * (flat + bent * np.sqrt(np.abs(at.gamma) / self.risk_aversion))
        return np.clip(at.position, at.target - half_width, at.target + half_width)

    def vol_multiplier(self, at: Situation) -> Vector | None:
        if at.expiry_years <= 0:
            return None
        size = (self.risk_aversion * at.spot**2 * np.abs(at.gamma)) ** 0.15
        k = 4.76 * at.half_spread**0.78 * _variance_tau(at) ** -0.02 * (at.discount / at.vol) ** 0.25 * size
        return _multiplier(k, at.gamma)


@dataclass(frozen=True, kw_only=True)
class Leland(Policy):
    """Back to neutral at a fixed interval, with the delta at Leland's vol.

    sigma_L^2 = sigma^2 (1 +- sqrt(2/pi) k / (sigma sqrt(dt))), k = 2 half-spreads (Leland 1985); + for short gamma.
    """

    kind: ClassVar[str] = "leland"

    def desired(self, at: Situation) -> Vector:
        return at.target

    def vol_multiplier(self, at: Situation) -> Vector | None:
        number = np.sqrt(2 / np.pi) * 2 * at.half_spread / (at.vol * np.sqrt(at.interval_years))
        return _multiplier(number, at.gamma)


@dataclass(frozen=True, kw_only=True)
class OnMove(Policy):
    """Back to neutral when the asset has moved by `threshold` since the last hedge."""

    kind: ClassVar[str] = "on_move"
    threshold: float = param(0.01, unit="ln S", help="move that triggers a hedge", gt=0, plausible=(1e-6, 0.5))

    def desired(self, at: Situation) -> Vector:
        moved = np.abs(np.log(at.spot / at.last_spot)) >= self.threshold
        return np.where(moved, at.target, at.position)


@dataclass(frozen=True, kw_only=True)
class LearnedPolicy(Policy):
    """A small network from what the desk sees to the hedge that it wants and the band around it, for `spiral tune`.

    Inputs x: 1, implied vol, half-spread in units of 10 bp of mid, and the change of delta that a daily move of spot
    makes, as a share of the gross units. Outputs a, b: linear in x, or, with hidden units, in 1 and
    h_k = tanh(u_k . x). It trades to the edge of (1 + a) target +- half_width e^b gross units. All weights 0: a band
    around neutral of that half-width.
    """

    kind: ClassVar[str] = "learned"
    weights: tuple[float, ...] = param(
        (),
        help="of the outputs a and b, one after the other; before them those of the hidden units (default: all 0)",
        plausible=(-100.0, 100.0),
    )
    hidden: int = param(0, help="hidden units; 0: linear", ge=0, le=16)
    half_width: float = param(
        0.02, unit="delta (share of the book's gross units)", help="half-width where b = 0", ge=0, plausible=SHARE
    )

    @property
    def size(self) -> int:
        """How many weights it has."""
        return self.hidden * INPUTS + 2 * (self.hidden + 1) if self.hidden else 2 * INPUTS

    @property
    def filled(self) -> tuple[float, ...]:
        """All weights."""
        return self.weights or (0.0,) * self.size

    def check(self, at: Place) -> None:
        """All weights are given, or none."""
        if self.weights and len(self.weights) != self.size:
            remedy = f"give {self.size} numbers, or leave them out"
            raise at.at("weights").error("are not as many as the network has", value=len(self.weights), remedy=remedy)

    def desired(self, at: Situation) -> Vector:
        moved = np.abs(at.gamma) * at.spot * at.vol / np.sqrt(DAYS_A_YEAR)
        seen = [np.ones_like(at.spot), at.vol, at.half_spread / TEN_BP, moved / np.maximum(at.gross_units, LEAST_UNITS)]
        weights = list(self.filled)
        if self.hidden:
            rows = [weights[k * INPUTS : (k + 1) * INPUTS] for k in range(self.hidden)]
            seen, weights = [seen[0], *(np.tanh(_dot(row, seen)) for row in rows)], weights[self.hidden * INPUTS :]
        share, width = (_dot(row, seen) for row in (weights[: len(seen)], weights[len(seen) :]))
        target = (1 + np.clip(share, -MOST_OFF, MOST_OFF)) * at.target
        half_width = self.half_width * np.exp(np.clip(width, -MOST_LOG, MOST_LOG)) * at.gross_units
        return np.clip(at.position, target - half_width, target + half_width)


def _dot(weights: Sequence[float], rows: Sequence[Vector]) -> Vector:
    """Sum of rows by weight, (paths,); added in order, so that no digit depends on the number of paths."""
    found = weights[0] * rows[0]
    for weight, row in zip(weights[1:], rows[1:], strict=True):
        found = found + weight * row
    return found


def _variance_tau(at: Situation) -> float:
    """Years to the next expiry in which variance at `at.vol` accrues."""
    return at.expiry_years if at.expiry_variance_years is None else at.expiry_variance_years


def _multiplier(adjustment: Vector, gamma: Vector) -> Vector:
    """sqrt(1 +- adjustment), + where Gamma is short, (paths,); at least a tenth."""
    factor: Vector = np.sqrt(np.maximum(1 + np.where(gamma < 0, adjustment, -adjustment), 0.01))
    return factor


CLASSES: tuple[type[Policy], ...] = (Never, Every, Band, WhalleyWilmott, Zakamouline, Leland, OnMove, LearnedPolicy)
POLICIES: dict[str, type[Policy]] = {cls.kind: cls for cls in CLASSES}
