"""The factors of the market: spot, implied vol, curve and credit, stepped together at every tick."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import exp
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.factors.assets import MAIN, OtherAssets
from markets.factors.correlation import mixing
from markets.factors.jumps import Jumps
from markets.factors.key import CREDIT as CREDIT_KEY
from markets.factors.key import SHORT_NAMES, SPOT, USD, VOL, FactorKey
from markets.factors.memory.path_laws import PathLaws
from markets.factors.price import PriceLaw
from markets.factors.snapshot import Snapshot
from markets.factors.storyline import LEAST_VOL
from markets.kernels.factors import (
    CREDIT,
    LEVELS,
    LOG_SPOT,
    LOG_VOL,
    OVERNIGHT,
    RATE_DECAY,
    RATE_KEEP,
    RATE_VARIANCE,
    REALISED,
    SPOT_DECAY,
    SPOT_KEEP,
    SPOT_YEARS,
    STEP_TERMS,
    VOL_DECAY,
    VOL_KEEP,
    VOL_VARIANCE,
    carry,
    displace,
    observe,
)

if TYPE_CHECKING:
    from markets.factors.storyline import Storyline
    from markets.spec import AssetSpec, CreditSpec, FeedbackSpec, MarketSpec, RateSpec
    from sim.clock import Clock
    from sim.streams import Streams

Vector = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
NODES = ("overnight", "us2y", "us10y")
OBSERVED = tuple(SHORT_NAMES)
SPOT_NOISE = "market/spot"  # stream


class Moved(NamedTuple):
    """Where a step puts the levels that move, of the rows that it makes."""

    rows: Ints  # (LEVELS,) row of each level; -1: it stands
    number: int  # of rows
    singles: dict[FactorKey, int]  # row of what is no node
    nodes: slice | None  # rows of the curve, which moves as one


class Impact:
    """Displacement by agents' trades: a part that stays and a part that decays (Obizhaeva and Wang 2013)."""

    def __init__(self, rows: Vector, permanent_share: float, resilience: float, days_a_year: float) -> None:
        """rows: (2, paths) of zeros, where the two parts are kept. resilience: 1/trading day."""
        self.permanent, self.transient = rows
        self.moved = False  # whether there was ever a trade
        self._share = permanent_share
        self._resilience = resilience * days_a_year  # 1/trading year

    @property
    def total(self) -> Vector:
        """Displacement now, (paths,) in ln S or decimal rate."""
        total: Vector = self.permanent + self.transient
        return total

    def add(self, move: Vector) -> None:
        """Book a move just caused."""
        self.moved = True
        displace(move, self._share, self.permanent, self.transient)

    def decay(self, years: float) -> None:
        """Let `years` of trading time pass."""
        if self.moved:
            self.transient *= self._left(years)

    def after(self, years: float) -> Vector:
        """Displacement after `years` of trading time without a trade, (paths,)."""
        left: Vector = self.permanent + self.transient * self._left(years)
        return left

    def _left(self, years: float) -> float:
        return float(exp(-self._resilience * years))


def _reverted(speed: float, years: Vector) -> Vector:
    """Variance that a unit Ornstein-Uhlenbeck noise gathers in `years`: (1 - exp(-2 speed years)) / (2 speed)."""
    return years if speed == 0 else np.asarray(-np.expm1(-2 * speed * years) / (2 * speed))


def _step_terms(clock: Clock, storyline: Storyline, market: MarketSpec) -> Vector:
    """What the step into each tick is made of, (ticks, STEP_TERMS).

    The bridge leaves `keep` = 1 - weight * dt / (T - t) of a noise: exact for a full bridge.
    """
    years, weight = np.diff(clock.variance_years, prepend=0.0), 1.0 - market.dispersion
    terms = np.empty((years.size, STEP_TERMS))
    terms[:, SPOT_DECAY], terms[:, SPOT_YEARS] = (
        np.exp(-market.spot_reversion * years),
        _reverted(market.spot_reversion, years),
    )
    terms[:, SPOT_KEEP] = 1.0 - weight * storyline.spot.pull
    stated = storyline.realised if market.vol_law == "leverage" else np.full(years.size, np.nan)  # else by the path
    terms[:, REALISED] = np.append(np.nan, stated[:-1])  # in force at the start of the step
    terms[:, VOL_DECAY] = np.exp(-market.vol_reversion * years)
    terms[:, VOL_KEEP] = 1.0 - weight * storyline.vol.pull
    terms[:, VOL_VARIANCE] = market.vol_noise**2 * _reverted(market.vol_reversion, years)
    terms[:, RATE_DECAY] = np.exp(-market.rates.mean_reversion * years)
    for node, keep, variance in zip(NODES, RATE_KEEP, RATE_VARIANCE, strict=True):
        terms[:, keep] = 1.0 - weight * getattr(storyline, node).pull
        terms[:, variance] = getattr(market.rates, f"vol_{node}") ** 2 * _reverted(market.rates.mean_reversion, years)
    return terms


@cache
def rate_mixing(spec: RateSpec) -> NDArray[np.float64]:
    """Rows that mix (spot shock, three fresh normals) into the noise of the three nodes: (3, 4).

    Raises UserError where the correlations are not those of any variables.
    """
    matrix = np.array(
        [
            [1.0, spec.corr_spot_overnight, spec.corr_spot_us2y, spec.corr_spot_us10y],
            [spec.corr_spot_overnight, 1.0, spec.corr_overnight_us2y, spec.corr_overnight_us10y],
            [spec.corr_spot_us2y, spec.corr_overnight_us2y, 1.0, spec.corr_us2y_us10y],
            [spec.corr_spot_us10y, spec.corr_overnight_us10y, spec.corr_us2y_us10y, 1.0],
        ]
    )
    found: NDArray[np.float64] = mixing(matrix, "market.rates.corr_*")[1:]
    found.flags.writeable = False
    return found


class Factors:
    """State of the market, (paths,) each; `step` carries it from one tick to the next.

    ln S = ln L + d + p;  d ln s = d ln L_vol + kappa (ln L_vol - ln s) dt + xi dZ - beta (s_base/s) (d ln S - d ln L);
    s there not below L_vol/4;  c = L_c (s/L_vol)^eta exp(psi stress);  r = L_r + mean-reverting noise + impact.
    Where a law is path-dependent (`markets.factors.memory`) it gives the answer of s, or of c, in place of these.
    The noise of ln s and of the rates is bridged to the storyline's anchors like d; what feedback adds is not.
    """

    snapshot: Snapshot  # the market now; a new one at every change of a level

    def __init__(
        self,
        *,
        clock: Clock,
        streams: Streams,
        storyline: Storyline,
        market: MarketSpec,
        feedback: FeedbackSpec,
        credit: CreditSpec,
        assets: tuple[AssetSpec, ...] = (),
    ) -> None:
        paths = streams.paths
        self._clock = clock
        self._line = storyline
        self._market = market
        self._feedback = feedback
        self._streams = streams
        self._spot_noise = streams.stream(SPOT_NOISE)
        self._vol_noise = streams.stream("market/vol")
        self._rate_noise = streams.stream("market/rates")
        self._jumps = Jumps(market.jumps, streams)
        self._mixing = np.zeros((4, 4))
        self._mixing[0, :2] = market.rho, np.sqrt(1 - market.rho**2)
        self._mixing[1:] = rate_mixing(market.rates)
        self._steps = _step_terms(clock, storyline, market)
        self._paths = PathLaws(
            clock=clock, streams=streams, storyline=storyline, market=market, feedback=feedback, credit=credit
        )
        lines = (storyline.spot, storyline.vol, *(getattr(storyline, node) for node in NODES), storyline.credit)
        self._levels = np.stack([line.level for line in lines], axis=1)  # (ticks, LEVELS)
        elasticity = credit.elasticity if self._paths.credit is None else 0.0
        self._credit_terms = feedback.credit * np.array([elasticity, credit.stress_elasticity])
        self._moves = np.ones(LEVELS, dtype=bool)  # whether noise moves a level
        self._moves[LOG_VOL] = (
            market.vol_noise != 0 or feedback.leverage * market.beta != 0 or self._paths.vol is not None
        )
        self._moves[OVERNIGHT:CREDIT] = any(getattr(market.rates, f"vol_{node}") for node in NODES)
        self._moves[CREDIT] = self._paths.credit is not None or bool(
            self._moves[LOG_VOL] and self._credit_terms[0] != 0
        )
        self._stirred = self._moves | (np.diff(self._levels, axis=0, prepend=np.nan) != 0)  # (ticks, LEVELS)
        self._law = PriceLaw(float(np.exp(storyline.spot.level[0])), market.price_model == "normal")
        self._others = OtherAssets(assets, clock, streams, market)

        self.deviation = np.zeros(paths)  # d, ln S
        self.vol_noise = np.zeros(paths)  # ln s
        self.vol_response = np.zeros(paths)  # ln s added by the leverage effect
        self.rate_noise = np.zeros((3, paths))
        self.impact: dict[str, Impact] = {}  # by venue
        self._impacts = np.zeros((1 + len(NODES), 2, paths))
        self._displaced = np.zeros(LEVELS, dtype=bool)  # which levels trades have ever displaced
        self._years: list[float] = np.diff(clock.variance_years, prepend=0.0).tolist()  # of the step into each tick
        self._spread_line = np.exp(storyline.spread.level).tolist()
        self._depth_line = np.exp(storyline.depth.level).tolist()
        self._rows_of: dict[bytes, Moved] = {}
        self._nothing, self._none = np.zeros(paths), np.empty(0)
        self._no_rates = np.broadcast_to(self._nothing, (len(NODES), paths))
        self._prices: dict[str, Vector] = {}  # of the further assets
        self.stress = self._stress_seen = np.zeros(paths)
        self._led = np.zeros(paths)  # d + p that the leverage effect has already seen
        self.tick = 0
        self.version = 0  # counts every change of a level, those of further assets too
        self.snapshot = Snapshot(dict.fromkeys(SHORT_NAMES.values(), self._nothing))
        self.vol_base = float(np.exp(storyline.vol.level[0]))
        self.refresh()

    def step(self, tick: int) -> None:
        """Carry every factor into `tick`."""
        market, years = self._market, self._years[tick]
        first = self._spot_noise.normal()
        terms = self._steps[tick]
        if self._others.names:
            self._others.step(tick, terms[SPOT_YEARS], terms[SPOT_DECAY], first, self.vol / self.vol_base)
        jumps = self._jumps.step(years)
        if self._paths:
            self._paths.leave(tick - 1, self._log_spot())
        for impact in self.impact.values():
            impact.decay(years)
        carry(
            self._moves,
            terms,
            self._mixing,
            first,
            self._vol_noise.normal() if market.vol_noise else self._nothing,
            self._rate_noise.normals(len(NODES)) if self._moves[OVERNIGHT] else self._no_rates,
            self._none if jumps is None else terms[SPOT_KEEP] * jumps,
            self._impacts[0],
            self.vol if self._paths.vol is None else self._paths.vol.realised,
            market.realised_ratio if self._paths.vol is None else 1.0,
            self.leverage_at_unit_vol if self._paths.vol is None else 0.0,
            self.least_leverage_vol,
            self.deviation,
            self.vol_noise,
            self.vol_response,
            self._led,
            self.rate_noise,
        )
        self.tick = tick
        if self._paths:
            self._paths.arrive(tick, self._log_spot())
            if self._paths.vol is not None:
                self.vol_response[:] = self._paths.vol.response
        moved = self._stirred[tick] | self._displaced
        if self.stress is not self._stress_seen:
            moved[CREDIT] = True
        self._observe(moved)

    def _log_spot(self) -> Vector:
        """ln S at this tick, (paths,), trades included."""
        lasting, passing = self._impacts[0]
        spot: Vector = self._levels[self.tick, LOG_SPOT] + (self.deviation + (lasting + passing))
        return spot

    def _spot_noise_after(self, tick: int, shock: Vector) -> Vector:
        """The spot's noise at the next tick, jumps aside: what `step` does, for those who know the shock."""
        terms, sigma = self._steps[tick], self.realised_vol()
        keep, left = terms[SPOT_KEEP], terms[SPOT_DECAY] * self.deviation
        noise: Vector = keep * left + np.sqrt(sigma * sigma * terms[SPOT_YEARS] * keep) * shock
        return noise

    def displaced_by(self, venue: str, permanent_share: float, resilience: float) -> None:
        """Let a venue's trades displace its price."""
        observed = (MAIN, *NODES)
        rows = self._impacts[observed.index(venue)] if venue in observed else np.zeros((2, self._nothing.size))
        self.impact[venue] = Impact(rows, permanent_share, resilience, self._clock.days_a_year)

    def _rows(self, moved: Bools) -> Moved:
        """Where the levels that moved go; a curve moves as one."""
        known = self._rows_of.get(key := moved.tobytes())
        if known is None:
            moved = moved.copy()
            moved[OVERNIGHT:CREDIT] = moved[OVERNIGHT:CREDIT].any()
            rows = np.where(moved, np.cumsum(moved) - 1, -1)
            where = dict(zip(SHORT_NAMES.values(), rows.tolist(), strict=True))
            singles = {key: row for key, row in where.items() if row >= 0 and not key.node}
            nodes = slice(int(rows[OVERNIGHT]), int(rows[CREDIT - 1]) + 1) if moved[OVERNIGHT] else None
            known = self._rows_of[key] = Moved(rows, int(moved.sum()), singles, nodes)
        return known

    def refresh(self) -> None:
        """Recompute all observed levels."""
        self._observe(np.ones(LEVELS, dtype=bool))

    def _observe(self, moved: Bools) -> None:
        """Recompute those levels, (LEVELS,); a level that still stands stays the same array."""
        self.version += 1
        where = self._rows(moved)
        tick, levels = self.tick, np.empty((where.number, self._nothing.size))
        self.log_vol_line = float(self._levels[tick, LOG_VOL])
        self._stress_seen = self.stress
        self.is_finite = observe(
            where.rows,
            self._levels[tick],
            self._law.spot0 if self._law.normal else 0.0,
            self._impacts,
            self.stress,
            self._credit_terms,
            self._nothing if self._paths.credit is None else self._paths.credit.response,
            self.deviation,
            self.vol_noise,
            self.vol_response,
            self.rate_noise,
            levels,
        )
        singles = {key: levels[row] for key, row in where.singles.items()}
        self.snapshot = self.snapshot.with_rows(singles, {} if where.nodes is None else {USD: levels[where.nodes]})
        if self._others.names:
            shifts = {name: self.impact[name].total if name in self.impact else 0.0 for name in self._others.names}
            self._prices = {name: self._others.price(tick, name, shift) for name, shift in shifts.items()}

    def move(self, venue: str, displacement: Vector) -> None:
        """Displace a venue's price by (paths,) ln S or decimal rate, now; vol answers at the next step."""
        self.version += 1
        self.impact[venue].add(displacement)
        if venue in NODES:
            self._displaced[OVERNIGHT + NODES.index(venue)] = True
            self.snapshot = self.snapshot.bumped(SHORT_NAMES[venue], displacement)
        elif venue == MAIN:
            self.snapshot = self.if_spot_moved(displacement)
        else:
            self._prices[venue] = self._others.laws[venue].moved(self._prices[venue], displacement)

    def price(self, asset: str) -> Vector:
        """Price of an asset by its name, (paths,) $."""
        return self.spot if asset == MAIN else self._prices[asset]

    def law(self, asset: str) -> PriceLaw:
        """How an asset's price is displaced."""
        return self._law if asset == MAIN else self._others.laws[asset]

    def realised_vol(self, asset: str = MAIN) -> Vector:
        """Vol of an asset's noise from this tick to the next, (paths,) a year: for the main one the storyline's
        `realised`, where it gives one, else implied x realised_ratio; by the path where vol is."""
        if asset != MAIN:
            return self._others.realised_vol(asset, self.vol / self.vol_base)
        if self._paths.vol is not None:
            return self._paths.vol.realised.copy()
        realised = float(self._line.realised[self.tick])
        return self.vol * self._market.realised_ratio if np.isnan(realised) else np.full_like(self.vol, realised)

    def foresight(self) -> Iterator[Vector | None]:
        """For one who knows the news: the price (paths,) $ at the next tick if nobody trades until then, jumps aside.

        To be asked once at every tick from the start on; None at the last.
        """
        news, clock = self._streams.stream(SPOT_NOISE), self._clock
        for tick in range(1, len(clock.ticks)):
            years = float(clock.variance_years[tick] - clock.variance_years[tick - 1])
            noise = self._spot_noise_after(tick, news.normal())
            impact = self.impact[MAIN].after(years) if MAIN in self.impact else 0.0
            yield self._law.at(float(self._line.spot.level[tick]), noise + impact)
        yield None

    @property
    def spot(self) -> Vector:
        """$/unit, (paths,)."""
        return self.snapshot.row(SPOT)

    @property
    def vol(self) -> Vector:
        """30-day implied vol, (paths,) decimal."""
        return self.snapshot.row(VOL)

    @property
    def overnight(self) -> Vector:
        """Overnight rate, (paths,) decimal."""
        return self.snapshot.row(SHORT_NAMES["overnight"])

    @property
    def us2y(self) -> Vector:
        """Zero rate at two years, (paths,) decimal."""
        return self.snapshot.row(SHORT_NAMES["us2y"])

    @property
    def us10y(self) -> Vector:
        """Zero rate at ten years, (paths,) decimal."""
        return self.snapshot.row(SHORT_NAMES["us10y"])

    @property
    def credit(self) -> Vector:
        """Credit spread, (paths,) decimal."""
        return self.snapshot.row(CREDIT_KEY)

    def if_spot_moved(self, displacement: Vector) -> Snapshot:
        """The market as it would be with the main asset's price displaced by (paths,) ln S."""
        return self.snapshot.with_rows({SPOT: self._law.moved(self.spot, displacement)})

    @property
    def credit_index(self) -> Vector:
        """The index spread, (paths,) decimal: it answers at once what the cash spread follows with a lag."""
        law = self._paths.credit
        index: Vector = self.credit if law is None else self.credit * np.exp(law.lead)
        return index

    @property
    def credit0(self) -> float:
        """Credit spread at the start."""
        return float(self._line.credit.level[0])

    @property
    def leverage(self) -> Vector:
        """Elasticity of the leverage effect now: fall of ln s per unit of ln S, (paths,)."""
        if self._paths.vol is not None:
            return self._paths.vol.elasticity
        return self.leverage_at_unit_vol / self.leverage_vol

    @property
    def leverage_vol(self) -> Vector:
        """The vol that the elasticity is over: implied vol, but no less than a share of the storyline's, (paths,)."""
        return np.maximum(self.vol, self.least_leverage_vol)

    @property
    def least_leverage_vol(self) -> float:
        """Without it a long rally from low vol would take vol to zero: each fall of it makes the next one larger."""
        return LEAST_VOL * exp(self.log_vol_line)

    @property
    def leverage_at_unit_vol(self) -> float:
        """The same times the vol that it is over: it falls as vol rises."""
        return self._feedback.leverage * self._market.beta * self.vol_base

    @property
    def margin_vol(self) -> Vector:
        """Vol on which initial margin is asked: the storyline's where the margin loop is cut, the path's own at 1."""
        response = np.log(self.vol) - self.log_vol_line
        margin: Vector = np.exp(self.log_vol_line + self._feedback.margin * response)
        return margin

    @property
    def spread_line(self) -> float:
        """Outside multiple of half-spreads."""
        return float(self._spread_line[self.tick])

    @property
    def depth_line(self) -> float:
        """Outside multiple of depth."""
        return float(self._depth_line[self.tick])
