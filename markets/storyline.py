"""The storyline: dated anchor levels, laid out on the clock's ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.spec import OUTSIDE
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.spec import Anchor, AssetAnchor, AssetSpec, MarketSpec, StorylineSpec
    from sim.clock import Clock

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Level:
    """One factor's outside level at every tick, and how its noise is bridged.

    level: (ticks,), in ln for spot and vol. pull: (ticks,), the share of the noise that a full bridge takes out in the
    step into the tick: dt / (T_next - t), 1 at an anchor, 0 after the last.
    """

    level: Vector
    pull: Vector


@dataclass(frozen=True)
class Storyline:
    """Every factor's level on the clock."""

    spot: Level
    vol: Level
    overnight: Level
    us2y: Level
    us10y: Level
    credit: Level
    spread: Level
    depth: Level
    realised: Vector  # (ticks,) vol in force from the tick on; NaN where it is implied x ratio


def _identity(values: Vector) -> Vector:
    return values


LEAST_VOL = 0.25  # of the storyline's vol: further down the leverage effect's elasticity grows no more
SNAP = 1e-9  # years: an anchor this close to a tick lies on it


def _knots(anchors: Sequence[Anchor | AssetAnchor], name: str, clock: Clock) -> tuple[Vector, Vector]:
    """Trading times (years since the start) and values of the anchors that give a level."""
    given = [(a.date, getattr(a, name)) for a in anchors if getattr(a, name) is not None]
    times = np.array([clock.variance_years_to(day) for day, _ in given], dtype=np.float64)
    nearest = clock.variance_years[np.searchsorted(clock.variance_years, times - SNAP).clip(0, len(clock.ticks) - 1)]
    times = np.where(np.abs(nearest - times) <= SNAP, nearest, times)
    if (np.diff(times) <= 0).any():
        where = given[int(np.argmax(np.diff(times) <= 0)) + 1][0]
        raise UserError(
            "anchors lie on different trading days",
            value=str(where),
            place="storyline.anchor",
            remedy="drop the one on the closed day",
        )
    return times, np.array([value for _, value in given], dtype=np.float64)


def _pull(knots: Vector, years: Vector) -> Vector:
    """Share of the noise that a full bridge takes out in each step."""
    pull = np.zeros(len(years))
    following = np.searchsorted(knots, years)  # the first anchor at or after each tick
    steps = np.flatnonzero(following < len(knots))
    steps = steps[steps > 0]
    left = knots[following[steps]] - years[steps - 1]
    pull[steps] = (years[steps] - years[steps - 1]) / left
    pull[np.isin(years, knots)] = 1.0  # exactly, whatever the division rounds to
    pull[0] = 0.0
    return pull


def _level(
    anchors: Sequence[Anchor | AssetAnchor],
    name: str,
    clock: Clock,
    scale: Callable[[Vector], Vector] = _identity,
    default: float | None = None,
) -> Level:
    years = clock.variance_years
    knots, values = _knots(anchors, name, clock)
    if not len(values):
        if default is None:
            raise UserError(
                "the first anchor gives every level", value=name, place="storyline.anchor", remedy=f"add {name} to it"
            )
        return Level(np.full(len(years), default), np.zeros(len(years)))
    return Level(np.interp(years, knots, scale(values)), _pull(knots, years))


def _steps(anchors: tuple[Anchor, ...], clock: Clock) -> Vector:
    """Realised vol: each anchor's level holds until the next."""
    knots, values = _knots(anchors, "realised", clock)
    held = np.full(len(clock.ticks), np.nan)
    for knot, value in zip(knots, values, strict=True):
        held[clock.variance_years >= knot] = value
    return held


def _vol_from_spot(spot: Level, vol0: float, market: MarketSpec, years: Vector) -> Level:
    """L_vol where the storyline has none: the leverage rule applied to L itself."""
    ln_vol = np.full(len(years), np.log(vol0))
    for k in range(1, len(years)):
        decay = np.exp(-market.kappa * (years[k] - years[k - 1]))
        elasticity = market.beta * np.exp(ln_vol[0] - max(ln_vol[k - 1], ln_vol[0] + np.log(LEAST_VOL)))
        ln_vol[k] = ln_vol[0] + (ln_vol[k - 1] - ln_vol[0]) * decay - elasticity * (spot.level[k] - spot.level[k - 1])
    return Level(ln_vol, np.zeros(len(years)))


def outside(spec: StorylineSpec) -> tuple[Anchor, ...]:
    """The anchors of the outside world: as they stand, or, where they are a record, with its outside levels."""
    if spec.anchors == "exogenous":
        return spec.anchor
    return tuple(
        replace(anchor, **{n: v for n, key in OUTSIDE.items() if (v := getattr(anchor, key)) is not None})
        for anchor in spec.anchor
    )


def lay_out(spec: StorylineSpec, clock: Clock, market: MarketSpec) -> Storyline:
    """Interpolate the anchors in trading time: log-linearly for spot, vol and multiples, linearly for rates and credit.

    The levels are those of the outside world: what the desks do comes on top.
    Raises UserError where two anchors fall on one trading day or a level is missing altogether.
    """
    anchors = outside(spec)
    spot = _level(anchors, "spot", clock, np.log)
    vol = _level(anchors, "vol", clock, np.log)
    if sum(a.vol is not None for a in anchors) == 1:
        vol = _vol_from_spot(spot, float(np.exp(vol.level[0])), market, clock.variance_years)
    return Storyline(
        spot=spot,
        vol=vol,
        overnight=_level(anchors, "overnight", clock),
        us2y=_level(anchors, "us2y", clock),
        us10y=_level(anchors, "us10y", clock),
        credit=_level(anchors, "credit", clock),
        spread=_level(anchors, "spread", clock, np.log, default=0.0),
        depth=_level(anchors, "depth", clock, np.log, default=0.0),
        realised=_steps(anchors, clock),
    )


def asset_level(spec: AssetSpec, clock: Clock) -> Level:
    """A further asset's ln level: its start, then its anchors, log-linearly in trading time."""
    from markets.spec import AssetAnchor

    return _level((AssetAnchor(date=clock.first, spot=spec.spot), *spec.anchor), "spot", clock, np.log)
