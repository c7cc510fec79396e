"""The storyline: dated anchor levels, laid out on the clock's ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.level import Level
from markets.factors.memory.path_line import PathLine, path_line, told
from markets.factors.memory.rates_vol_line import RatesVolLine, rates_vol_line, told_line
from markets.factors.node_noise import NodeNoise, node_noise
from markets.spec import CreditSpec
from markets.specs.variable import FX, IN_LOGS
from sim.dataclass import dataclass
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.spec import Anchor, AssetAnchor, AssetSpec, MarketSpec, StorylineSpec
    from markets.specs.variable import Variable
    from sim.clock import Clock

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Storyline:
    """Every factor's level on the clock."""

    spot: Level
    vol: Level
    nodes: dict[str, Level]  # of the curve, by name
    credit: Level
    spread: Level
    depth: Level
    realised: Vector  # (ticks,) vol from the tick on; NaN: implied x ratio, or the path-dependent law
    repo_spread: Vector | None = None  # (ticks,) decimal, median over the overnight rate; None: no repo is declared
    repo_tail: Vector | None = None  # (ticks,) decimal, 99th percentile over the median
    rates_vol: RatesVolLine | None = None  # None: no vol of rates is declared
    surface: tuple[Level, Level] | None = None  # slope of vols, and skew; None: they are no factors
    surface_told: tuple[bool, bool] = (False, False)  # whether an anchor after the first tells them
    line: PathLine | None = None  # levels of the path-dependent laws on the storyline itself
    vol_by_path: bool = False
    credit_by_path: bool = False
    further: dict[str, Level] = field(
        default_factory=dict
    )  # spreads, other currencies' nodes, ln of FX rates and of names, by name


def _identity(values: Vector) -> Vector:
    return values


LEAST_VOL = 0.25  # of the storyline's vol: below this the leverage effect's elasticity stops growing
BP = 1e-4
LEAST_CREDIT = 1e-6  # decimal: of the credit index that names follow
SNAP = 1e-9  # years: an anchor this close to a tick counts as on it


def _knots(anchors: Sequence[Anchor | AssetAnchor | _Told], name: str, clock: Clock) -> tuple[Vector, Vector]:
    """Trading times (years since the start) and values of the anchors that give a level."""
    given = [(a.date, value) for a in anchors if (value := a.level(name)) is not None]
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
    anchors: Sequence[Anchor | AssetAnchor | _Told],
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
    """L_vol if the storyline gives none: the leverage rule applied to L itself."""
    ln_vol = np.full(len(years), np.log(vol0))
    for k in range(1, len(years)):
        decay = np.exp(-market.kappa * (years[k] - years[k - 1]))
        elasticity = market.beta * np.exp(ln_vol[0] - max(ln_vol[k - 1], ln_vol[0] + np.log(LEAST_VOL)))
        ln_vol[k] = ln_vol[0] + (ln_vol[k - 1] - ln_vol[0]) * decay - elasticity * (spot.level[k] - spot.level[k - 1])
    return Level(ln_vol, np.zeros(len(years)))


def outside(spec: StorylineSpec) -> tuple[Anchor, ...]:
    """The anchors of the outside world: as given, or, if they are a record, with their outside levels."""
    if spec.anchors == "exogenous":
        return spec.anchor
    return tuple(anchor.taken_outside() for anchor in spec.anchor)


def _by_path(anchors: Sequence[Anchor], name: str, clock: Clock, line: Vector, reversion: float) -> Level:
    """ln of a path-dependent law's level times a residual.

    line: (ticks,) ln of the law's level on the storyline. The residual is the anchors' over it, log-linear between
    them; after the last one it reverts to none at `reversion` (1/trading year).
    """
    years = clock.variance_years
    knots, values = _knots(anchors, name, clock)
    if (values <= 0).any():
        raise UserError(
            f"a path-dependent law needs a {name} above 0",
            value=f"{values[int(np.argmax(values <= 0))]:g}",
            place="storyline.anchor",
            remedy='give a level above 0, or write law = "elasticity"',
        )
    residual = np.log(values) - np.interp(knots, years, line)
    after = np.exp(-reversion * np.maximum(years - knots[-1], 0.0))
    return Level(line + np.interp(years, knots, residual) * after, _pull(knots, years))


def _path_line(
    anchors: Sequence[Anchor],
    spot: Level,
    vol: Level,
    realised: Vector,
    clock: Clock,
    market: MarketSpec,
    credit: CreditSpec,
) -> PathLine:
    knots, _ = _knots(anchors, "spot", clock)
    way = told(spot, knots, clock, market.dispersion)
    return path_line(clock, way, realised, market, credit.memory, float(np.exp(vol.level[0])), vol.level)


def lay_out(spec: StorylineSpec, clock: Clock, market: MarketSpec, credit: CreditSpec | None = None) -> Storyline:
    """Interpolate the anchors in trading time: log-linearly for spot, vol and multiples, linearly for rates and credit.

    A level with a path-dependent law is the law's level on the storyline times the anchors' residual. The levels are
    those of the outside world; the desks' impact is added to them. Raises UserError if two anchors fall on one trading
    day, or if a level is missing altogether.
    """
    anchors, credit = outside(spec), credit or CreditSpec()
    spot = _level(anchors, "spot", clock, np.log)
    vol = _level(anchors, "vol", clock, np.log)
    spread, realised = _level(anchors, "credit", clock), _steps(anchors, clock)
    if sum(a.vol is not None for a in anchors) == 1 and market.vol_law == "leverage":
        vol = _vol_from_spot(spot, float(np.exp(vol.level[0])), market, clock.variance_years)
    line = None
    if "path_dependent" in (market.vol_law, credit.law):
        line = _path_line(anchors, spot, vol, realised, clock, market, credit)
        if market.vol_law == "path_dependent":
            vol = _by_path(anchors, "vol", clock, line.implied, market.vol_reversion)
        if credit.law == "path_dependent":
            in_logs = _by_path(anchors, "credit", clock, line.cash, credit.memory.reversion)
            spread = Level(np.exp(in_logs.level), in_logs.pull)
    repo_spread, repo_tail = _repo(anchors, clock, market)
    nodes = {node.name: _level(anchors, node.name, clock) for node in market.rates.curve}
    return Storyline(
        spot=spot,
        vol=vol,
        nodes=nodes,
        credit=spread,
        spread=_level(anchors, "spread", clock, np.log, default=0.0),
        depth=_level(anchors, "depth", clock, np.log, default=0.0),
        realised=realised,
        repo_spread=repo_spread,
        repo_tail=repo_tail,
        rates_vol=_rates_vol(anchors, clock, market, spot, nodes),
        surface=_surface(anchors, clock, market),
        surface_told=_told_later(anchors, clock),
        line=line,
        vol_by_path=market.vol_law == "path_dependent",
        credit_by_path=credit.law == "path_dependent",
        further=_all_further(market.further, anchors, clock, np.log(_index(spread.level, line))),
    )


@dataclass(frozen=True)
class _Told:
    """One level of one variable."""

    date: date
    value: float

    def level(self, _: str) -> float:
        return self.value


def _index(cash: Vector, line: PathLine | None) -> Vector:
    """The credit index of the storyline, (ticks,) decimal; above 0."""
    told: Vector = cash if line is None else cash * np.exp(line.index - line.cash)
    return np.asarray(np.maximum(told, LEAST_CREDIT))


def _all_further(
    variables: Sequence[Variable], anchors: Sequence[Anchor], clock: Clock, index: Vector
) -> dict[str, Level]:
    """Levels by name. A name that no anchor tells moves with what it follows. index: (ticks,) ln, the market's own."""
    found = {each.name: _further(each, anchors, clock) for each in variables}
    named = {each.name: each for each in variables if each.follows is not None}
    untold = {name for name in named if not any(name in a.credits for a in anchors if a.date > clock.first)}

    def line(name: str) -> Vector:
        if name not in untold:
            return found[name].level
        follows, beta = named[name].follows or ("", 0.0)
        driver = line(follows) if follows else index
        return np.asarray(found[name].level[0] + beta * (driver - driver[0]))

    return found | {name: replace(found[name], level=line(name)) for name in untold}


def _further(variable: Variable, anchors: Sequence[Anchor], clock: Clock) -> Level:
    """From the variable's own start through the anchors that give it; log-linearly for FX rates and names."""
    name = variable.curve if variable.family == FX else variable.name
    later = ((a.date, a.further_level(variable.family, name)) for a in anchors if a.date > clock.first)
    told_ = [_Told(clock.first, variable.level), *(_Told(day, level) for day, level in later if level is not None)]
    return _level(told_, variable.name, clock, np.log if variable.family in IN_LOGS else _identity)


def _rates_vol(
    anchors: Sequence[Anchor], clock: Clock, market: MarketSpec, spot: Level, nodes: Mapping[str, Level]
) -> RatesVolLine | None:
    """The law on the storyline, and the anchors' levels of it; the first one is the law's own start if not given."""
    spec = next(iter(market.rates.vol.values()), None)
    if spec is None:
        return None
    first, *later = anchors
    begun = (replace(first, rates_vol=spec.start) if first.rates_vol is None else first, *later)
    knots, values = _knots(begun, "rates_vol", clock)
    beyond = [i for i, node in enumerate(market.rates.curve) if node.years > 0]
    noise = node_noise(market, nodes, clock)
    noise = NodeNoise(noise.left[:, beyond], noise.scale[:, beyond])
    told = np.stack([nodes[market.rates.curve[i].name].level for i in beyond], axis=1)
    law = rates_vol_line(spec, float(values[0]), clock, spot.level, told, noise)
    bridge = _level(begun, "rates_vol", clock) if len(knots) > 1 else None
    return told_line(law, knots, values, clock.variance_years, bridge)


def _surface(anchors: Sequence[Anchor], clock: Clock, market: MarketSpec) -> tuple[Level, Level] | None:
    """Slope of vols and skew of the smile, from 0 and `market.skew` where the first anchor gives none."""
    if market.surface is None:
        return None
    first, *later = anchors
    slope, skew = market.surface_start(first)
    begun = (replace(first, vol_slope=slope, smile_skew=skew), *later)
    return _level(begun, "vol_slope", clock), _level(begun, "smile_skew", clock)


def _told_later(anchors: Sequence[Anchor], clock: Clock) -> tuple[bool, bool]:
    later = [anchor for anchor in anchors if anchor.date > clock.first]
    slope, skew = any(a.vol_slope is not None for a in later), any(a.smile_skew is not None for a in later)
    return slope, skew


def _repo(anchors: Sequence[Anchor], clock: Clock, market: MarketSpec) -> tuple[Vector, Vector] | tuple[None, None]:
    """Spread and tail of the repo market, (ticks,) decimal each; at the first anchor the market's own if not given.

    On the last trading day of a quarter the tail is the market's multiple of the told one.
    """
    spec = next(iter(market.rates.repo.values()), None)
    if spec is None:
        return None, None
    first, *later = anchors
    spread = spec.spread * BP if first.repo_spread is None else first.repo_spread
    tail = spec.p99 * BP if first.repo_tail is None else first.repo_tail
    begun = (replace(first, repo_spread=spread, repo_tail=tail), *later)
    ends = np.where(_quarter_ends(clock)[clock.day], spec.quarter_end, 1.0)
    return _level(begun, "repo_spread", clock).level, ends * _level(begun, "repo_tail", clock).level


def _quarter_ends(clock: Clock) -> NDArray[np.bool_]:
    """Whether each trading day, (days,), is the last one of a quarter; the run's last day is not looked at."""
    quarter = np.array([(day.year, (day.month - 1) // 3) for day in clock.session_dates])
    return np.append((np.diff(quarter, axis=0) != 0).any(axis=1), False)


def asset_level(spec: AssetSpec, clock: Clock) -> Level:
    """A further asset's ln level: its start, then its anchors, log-linearly in trading time."""
    from markets.spec import AssetAnchor

    return _level((AssetAnchor(date=clock.first, spot=spec.spot), *spec.anchor), "spot", clock, np.log)
