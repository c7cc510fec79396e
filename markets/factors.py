"""The factors of the market: spot, implied vol, curve and credit, stepped together at every tick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.assets import MAIN, OtherAssets
from markets.correlation import mixing
from markets.jumps import Jumps
from markets.price import PriceLaw

if TYPE_CHECKING:
    from markets.spec import AssetSpec, CreditSpec, FeedbackSpec, MarketSpec, RateSpec
    from markets.storyline import Level, Storyline
    from sim.clock import Clock
    from sim.streams import Streams

Vector = NDArray[np.float64]
NODES = ("overnight", "us2y", "us10y")
DAYS = 252  # trading days a year
SPOT_NOISE = "market/spot"  # stream


class State(NamedTuple):
    """What instruments are priced from, each (paths,)."""

    spot: Vector  # $/unit
    vol: Vector  # 30-day implied vol, decimal
    overnight: Vector  # zero rates, decimal
    us2y: Vector
    us10y: Vector


class Impact:
    """Displacement by agents' trades: a part that stays and a part that decays (Obizhaeva and Wang 2013)."""

    def __init__(self, paths: int, permanent_share: float, resilience: float) -> None:
        self.permanent = np.zeros(paths)
        self.transient = np.zeros(paths)
        self._share = permanent_share
        self._resilience = resilience

    @property
    def total(self) -> Vector:
        """Displacement now, (paths,) in ln S or decimal rate."""
        return self.permanent + self.transient

    def add(self, move: Vector) -> None:
        """Book a move just caused."""
        self.permanent += self._share * move
        self.transient += (1 - self._share) * move

    def decay(self, years: float) -> None:
        """Let `years` of trading time pass."""
        self.transient *= self._left(years)

    def after(self, years: float) -> Vector:
        """Displacement after `years` of trading time without a trade, (paths,)."""
        return self.permanent + self.transient * self._left(years)

    def _left(self, years: float) -> float:
        return float(np.exp(-self._resilience * DAYS * years))


def _bridged(noise: Vector, shock: Vector, variance: Vector | float, keep: float) -> Vector:
    """One step of a noise of which the bridge leaves `keep` = 1 - weight * dt / (T - t): exact for a full bridge."""
    return keep * noise + np.sqrt(variance * keep) * shock


def _reverted(speed: float, years: float) -> float:
    """Variance that a unit Ornstein-Uhlenbeck noise gathers in `years`: (1 - exp(-2 speed years)) / (2 speed)."""
    return years if speed == 0 else float(-np.expm1(-2 * speed * years) / (2 * speed))


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
    return mixing(matrix, "market.rates.corr_*")[1:]


class Factors:
    """State of the market, (paths,) each; `step` carries it from one tick to the next.

    ln S = ln L + d + p;  d ln s = d ln L_vol + kappa (ln L_vol - ln s) dt + xi dZ - beta (s_base/s) (d ln S - d ln L);
    c = L_c (s/L_vol)^eta exp(psi stress);  r = L_r + mean-reverting noise + impact.
    The noise of ln s and of the rates is bridged to the storyline's anchors like d; what feedback adds is not.
    """

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
        self._credit = credit
        self._streams = streams
        self._spot_noise = streams.stream(SPOT_NOISE)
        self._vol_noise = streams.stream("market/vol")
        self._rate_noise = streams.stream("market/rates")
        self._jumps = Jumps(market.jumps, streams)
        self._mixing = rate_mixing(market.rates)
        self._rate_vols = [getattr(market.rates, f"vol_{node}") for node in NODES]
        self._weight = 1.0 - market.dispersion
        self._law = PriceLaw(float(np.exp(storyline.spot.level[0])), market.price_model == "normal")
        self._others = OtherAssets(assets, clock, streams, market)

        self.deviation = np.zeros(paths)  # d, ln S
        self.vol_noise = np.zeros(paths)  # ln s
        self.vol_response = np.zeros(paths)  # ln s added by the leverage effect
        self.rate_noise = np.zeros((3, paths))
        self.impact: dict[str, Impact] = {}  # by venue; venues put theirs here
        self.stress = np.zeros(paths)
        self._led = np.zeros(paths)  # d + p that the leverage effect has already seen
        self.tick = 0
        self.version = 0  # counts every change of a level: what is derived from the state is fresh while it stands
        self.vol_base = float(np.exp(storyline.vol.level[0]))
        self.refresh()

    def step(self, tick: int) -> None:
        """Carry every factor into `tick`."""
        clock, market = self._clock, self._market
        years = float(clock.variance_years[tick] - clock.variance_years[tick - 1])
        first = self._spot_noise.normal()
        if self._others.names:
            decay, time = self._spot_reverted(years)
            self._others.step(tick, time, decay, first, self.vol / self.vol_base)
        self._step_spot(tick, years, first)
        for impact in self.impact.values():
            impact.decay(years)
        self._step_vol(tick, years, market.rho * first + np.sqrt(1 - market.rho**2) * self._vol_noise.normal())
        self._step_rates(tick, years, first)
        self.tick = tick
        self.refresh()

    def _keep(self, level: Level, tick: int) -> float:
        return 1.0 - self._weight * float(level.pull[tick])

    def _step_spot(self, tick: int, years: float, shock: Vector) -> None:
        jumps = self._jumps.step(years)
        self.deviation = self._spot_noise_after(tick, years, shock)
        if jumps is not None:
            self.deviation += self._keep(self._line.spot, tick) * jumps

    def _spot_noise_after(self, tick: int, years: float, shock: Vector) -> Vector:
        sigma, keep = self.realised_vol(), self._keep(self._line.spot, tick)
        decay, time = self._spot_reverted(years)
        return _bridged(decay * self.deviation, shock, sigma * sigma * time, keep)

    def _spot_reverted(self, years: float) -> tuple[float, float]:
        """What `years` leave of the spot's noise, and the years of variance that it gathers in them."""
        speed = self._market.spot_reversion
        return float(np.exp(-speed * years)), _reverted(speed, years)

    def _step_vol(self, tick: int, years: float, shock: Vector) -> None:
        market = self._market
        decay = float(np.exp(-market.kappa * years))
        keep = self._keep(self._line.vol, tick)
        variance = market.xi**2 * _reverted(market.kappa, years)
        self.vol_noise = _bridged(decay * self.vol_noise, shock, variance, keep)
        displaced = self.deviation + self._asset_impact()
        elasticity = self.leverage
        self.vol_response = decay * self.vol_response - elasticity * (displaced - self._led)
        self._led = displaced

    def _step_rates(self, tick: int, years: float, spot_shock: Vector) -> None:
        fresh = self._rate_noise.normals(3)
        shocks = self._mixing[:, :1] * spot_shock + self._mixing[:, 1:] @ fresh
        speed = self._market.rates.mean_reversion
        decay, time = float(np.exp(-speed * years)), _reverted(speed, years)
        for row, node in enumerate(NODES):
            keep = self._keep(getattr(self._line, node), tick)
            variance = self._rate_vols[row] ** 2 * time
            self.rate_noise[row] = _bridged(decay * self.rate_noise[row], shocks[row], variance, keep)

    def _asset_impact(self, name: str = MAIN) -> Vector:
        impact = self.impact.get(name)
        return np.zeros_like(self.deviation) if impact is None else impact.total

    def refresh(self) -> None:
        """Recompute the observed levels."""
        self.version += 1
        tick, line = self.tick, self._line
        self.log_vol_line = float(line.vol.level[tick])
        self.spot: Vector = self._law.at(float(line.spot.level[tick]), self.deviation + self._asset_impact())
        self._prices = {n: self._others.price(tick, n, self._asset_impact(n)) for n in self._others.names}
        self.vol = np.exp(self.log_vol_line + self.vol_noise + self.vol_response)
        rates = [getattr(line, node).level[tick] + self.rate_noise[row] for row, node in enumerate(NODES)]
        for row, node in enumerate(NODES):
            if node in self.impact:
                rates[row] = rates[row] + self.impact[node].total
        self.overnight, self.us2y, self.us10y = rates
        self._refresh_credit()

    def _refresh_credit(self) -> None:
        spec, switch = self._credit, self._feedback.credit
        level = float(self._line.credit.level[self.tick])
        response = spec.elasticity * (np.log(self.vol) - self.log_vol_line) + spec.stress_elasticity * self.stress
        self.credit = level * np.exp(switch * response)

    def move(self, venue: str, displacement: Vector) -> None:
        """Displace a venue's price by (paths,) ln S or decimal rate, now; vol answers at the next step."""
        self.version += 1
        self.impact[venue].add(displacement)
        if venue == MAIN:
            self.spot = self._law.moved(self.spot, displacement)
        elif venue in self._prices:
            self._prices[venue] = self._others.laws[venue].moved(self._prices[venue], displacement)
        else:
            setattr(self, venue, getattr(self, venue) + displacement)

    def price(self, asset: str) -> Vector:
        """Price of an asset by its name, (paths,) $."""
        return self.spot if asset == MAIN else self._prices[asset]

    def law(self, asset: str) -> PriceLaw:
        """How an asset's price is displaced."""
        return self._law if asset == MAIN else self._others.laws[asset]

    def realised_vol(self, asset: str = MAIN) -> Vector:
        """Vol of an asset's noise from this tick to the next, (paths,) a year: for the main one the storyline's
        `realised`, where it gives one, else implied x realised_ratio."""
        if asset != MAIN:
            return self._others.realised_vol(asset, self.vol / self.vol_base)
        realised = float(self._line.realised[self.tick])
        return self.vol * self._market.realised_ratio if np.isnan(realised) else np.full_like(self.vol, realised)

    def foresight(self) -> Iterator[Vector | None]:
        """For one who knows the news: the price (paths,) $ at the next tick if nobody trades until then, jumps aside.

        To be asked once at every tick from the start on; None at the last.
        """
        news, clock = self._streams.stream(SPOT_NOISE), self._clock
        for tick in range(1, len(clock.ticks)):
            years = float(clock.variance_years[tick] - clock.variance_years[tick - 1])
            noise = self._spot_noise_after(tick, years, news.normal())
            impact = self.impact[MAIN].after(years) if MAIN in self.impact else 0.0
            yield self._law.at(float(self._line.spot.level[tick]), noise + impact)
        yield None

    @property
    def state(self) -> State:
        """What instruments are priced from."""
        return State(self.spot, self.vol, self.overnight, self.us2y, self.us10y)

    def if_spot_moved(self, displacement: Vector) -> State:
        """The state as it would be with the main asset's price displaced by (paths,) ln S."""
        return self.state._replace(spot=self._law.moved(self.spot, displacement))

    @property
    def credit0(self) -> float:
        """Credit spread at the start."""
        return float(self._line.credit.level[0])

    @property
    def leverage(self) -> Vector:
        """Elasticity of the leverage effect now: fall of ln s per unit of ln S, (paths,)."""
        return self._feedback.leverage * self._market.beta * self.vol_base / self.vol

    @property
    def margin_vol(self) -> Vector:
        """Vol on which initial margin is asked: the storyline's where the margin loop is cut, the path's own at 1."""
        response = np.log(self.vol) - self.log_vol_line
        margin: Vector = np.exp(self.log_vol_line + self._feedback.margin * response)
        return margin

    @property
    def spread_line(self) -> float:
        """Outside multiple of half-spreads."""
        return float(np.exp(self._line.spread.level[self.tick]))

    @property
    def depth_line(self) -> float:
        """Outside multiple of depth."""
        return float(np.exp(self._line.depth.level[self.tick]))
