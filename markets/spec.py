"""Market parameters as frozen values; the state that they govern lives in `markets.factors` and `markets.venues`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from markets.memory_spec import CreditMemorySpec, MemorySpec
from markets.plausible import (
    CAPACITY,
    CREDIT,
    DECAY,
    DIVIDENDS,
    ELASTICITY,
    FACTOR,
    HALF_SPREAD,
    HALT,
    IMPACT,
    JUMPS,
    LOG_MOVE,
    MULTIPLE,
    POWER,
    PRICE,
    RATE,
    REALISED,
    SHARE,
    SPEED,
    VOL,
    VOL_OF_VOL,
    YIELD_VOL,
)
from sim.clock import LONGEST_TICK
from sim.params import param

MOST_ANCHORS = 20_000  # eighty years of trading days


@dataclass(frozen=True, kw_only=True)
class JumpSpec:
    """Jumps of ln S: Merton (1976) normal sizes or Kou (2002) double exponential, centred on the storyline."""

    kind: Literal["none", "merton", "kou"] = param("none", help="law of the jump sizes")
    intensity: float = param(0.0, unit="jumps per trading year", help="mean number of jumps", ge=0, plausible=JUMPS)
    mean: float = param(-0.03, unit="ln S", help="mean jump (merton)", plausible=LOG_MOVE)
    sd: float = param(0.02, unit="ln S", help="standard deviation of a jump (merton)", ge=0, plausible=LOG_MOVE)
    up_probability: float = param(0.3, help="probability that a jump is upwards (kou)", ge=0, le=1)
    up_mean: float = param(0.01, unit="ln S", help="mean size of upward jumps (kou)", gt=0, plausible=LOG_MOVE)
    down_mean: float = param(0.03, unit="ln S", help="mean size of downward jumps (kou)", gt=0, plausible=LOG_MOVE)


@dataclass(frozen=True, kw_only=True)
class RateSpec:
    """Mean-reverting noise of the curve nodes around the storyline."""

    vol_overnight: float = param(
        0.0, unit="decimal per sqrt(trading year)", help="noise of the overnight rate", ge=0, plausible=YIELD_VOL
    )
    vol_us2y: float = param(
        0.010, unit="decimal per sqrt(trading year)", help="noise of the 2Y node", ge=0, plausible=YIELD_VOL
    )
    vol_us10y: float = param(
        0.0115, unit="decimal per sqrt(trading year)", help="noise of the 10Y node", ge=0, plausible=YIELD_VOL
    )
    mean_reversion: float = param(12.0, unit="1/trading year", help="pull of the noise to zero", ge=0, plausible=SPEED)
    corr_overnight_us2y: float = param(0.0, help="correlation of O/N and 2Y noise", ge=-1, le=1)
    corr_overnight_us10y: float = param(0.0, help="correlation of O/N and 10Y noise", ge=-1, le=1)
    corr_us2y_us10y: float = param(0.8, help="correlation of 2Y and 10Y noise", ge=-1, le=1)
    corr_spot_overnight: float = param(0.0, help="correlation of the spot shock and O/N noise", ge=-1, le=1)
    corr_spot_us2y: float = param(0.2, help="correlation of the spot shock and 2Y noise", ge=-1, le=1)
    corr_spot_us10y: float = param(0.2, help="correlation of the spot shock and 10Y noise", ge=-1, le=1)


@dataclass(frozen=True, kw_only=True)
class MarketSpec:
    """How spot and implied vol move around the storyline, and how options are priced from them."""

    price_model: Literal["lognormal", "normal"] = param(
        "lognormal", help="noise and impact move ln S, or S itself in units of the starting spot (Bachelier)"
    )
    spot_reversion: float = param(
        0.0, unit="1/trading year", help="pull of the spot's noise to the storyline", ge=0, plausible=SPEED
    )
    dispersion: float = param(0.5, help="0: every path passes through every anchor; 1: paths are free", ge=0, le=1)
    vol_law: Literal["leverage", "path_dependent"] = param(
        "leverage",
        help="implied vol answers a move by `beta` and forgets at `kappa`, or follows from the whole traded path",
    )
    memory: MemorySpec = param(factory=MemorySpec, help="the path-dependent law of vol")
    realised_ratio: float = param(0.7, help="realised vol as a share of implied vol", ge=0, plausible=(0.01, 10.0))
    kappa: float = param(
        10.0, unit="1/trading year", help="mean reversion of ln vol to the storyline", ge=0, plausible=SPEED
    )
    xi: float = param(
        0.8, unit="per sqrt(trading year)", help="vol of vol: noise of ln vol", ge=0, plausible=VOL_OF_VOL
    )
    rho: float = param(0.0, help="correlation of the spot and the vol shock, beside the leverage effect", ge=-1, le=1)
    beta: float = param(
        8.0,
        unit="ln vol per unit of ln S, at base vol",
        help="leverage elasticity; falls as s_base/s",
        ge=0,
        plausible=ELASTICITY,
    )
    skew: float = param(
        0.5, help="slope of the sticky-strike smile: vol multiple = 1 - skew ln(K/S0)/sqrt(T)", plausible=(-10.0, 10.0)
    )
    term_reversion: float = param(
        1.4, unit="1/year", help="damping of longer options' response to 30-day vol", ge=0, plausible=SPEED
    )
    dividend_yield: float = param(
        0.0, unit="decimal a year", help="dividends of the asset, continuous", plausible=DIVIDENDS
    )
    projection_spread: float = param(
        0.0, unit="decimal", help="projection curve minus discount curve of swaps", plausible=(-0.05, 0.05)
    )
    day_count: Literal["act/360", "act/365", "continuous"] = param("act/360", help="interest on cash balances")
    jumps: JumpSpec = param(factory=JumpSpec, help="jumps of the asset")
    rates: RateSpec = param(factory=RateSpec, help="noise of the curve")

    @property
    def vol_reversion(self) -> float:
        """Speed at which what the law of vol leaves of ln vol reverts, 1/trading year."""
        return self.kappa if self.vol_law == "leverage" else self.memory.reversion

    @property
    def vol_noise(self) -> float:
        """Noise of ln vol, per square root of a trading year."""
        return self.xi if self.vol_law == "leverage" else self.memory.noise


@dataclass(frozen=True, kw_only=True)
class FeedbackSpec:
    """Switches of the loops: 0 cut, 1 as calibrated, 2 doubled."""

    leverage: float = param(1.0, help="price moves to implied vol", ge=0, plausible=FACTOR)
    spread: float = param(1.0, help="vol to half-spread", ge=0, plausible=FACTOR)
    depth: float = param(1.0, help="vol and makers' capital to depth", ge=0, plausible=FACTOR)
    impact: float = param(1.0, help="agents' trades to price", ge=0, plausible=FACTOR)
    credit: float = param(1.0, help="vol and stress to the credit spread", ge=0, plausible=FACTOR)
    margin: float = param(
        1.0, help="own vol to initial margin; 0: margin follows the storyline's vol", ge=0, plausible=FACTOR
    )

    @classmethod
    def frozen(cls) -> FeedbackSpec:
        """Every loop cut: the twin in which the market does not answer back."""
        return cls(leverage=0.0, spread=0.0, depth=0.0, impact=0.0, credit=0.0, margin=0.0)


@dataclass(frozen=True, kw_only=True)
class CreditSpec:
    """c = L_c (s/L_vol)^elasticity exp(stress_elasticity * stress), or L_c times the law of the traded path."""

    law: Literal["elasticity", "path_dependent"] = param(
        "elasticity", help="the spread answers vol by `elasticity`, or follows from the whole traded path"
    )
    memory: CreditMemorySpec = param(factory=CreditMemorySpec, help="the path-dependent law of credit")
    elasticity: float = param(0.2, help="ln credit per ln vol above the storyline (eta)", ge=0, plausible=POWER)
    stress_elasticity: float = param(
        0.5, help="ln credit per unit of unmet margin and losses over lines (psi)", ge=0, plausible=POWER
    )


@dataclass(frozen=True, kw_only=True)
class VenueSpec:
    """One venue. For the asset prices are relative ($ per $); for a swap venue they are rates (decimal).

    depth is the notional ($) whose taking moves ln S (or the rate) by `impact`, at base vol.
    """

    half_spread: float = param(
        unit="share of mid, or decimal rate", help="half-spread at base vol", ge=0, plausible=HALF_SPREAD
    )
    depth: float = param(unit="$ notional", help="depth at base vol", gt=0, against="what is quoted and traded there")
    impact: float = param(
        unit="ln S, or decimal rate", help="move caused by taking the whole depth", ge=0, plausible=IMPACT
    )
    permanent_share: float = param(0.5, help="share of the impact that stays", ge=0, le=1)
    resilience: float = param(1.0, unit="1/trading day", help="decay of transient impact", ge=0, plausible=DECAY)
    depth_power: float = param(2.0, help="depth = base (s_base/s)^depth_power", ge=0, plausible=POWER)
    depth_price_power: float = param(
        0.0, help="depth = base (S/S0)^depth_price_power: at 0 so many $, at 1 so many units", ge=0, plausible=POWER
    )
    spread_power: float = param(1.0, help="half-spread = base (s/s_base)^spread_power", ge=0, plausible=POWER)
    slope: float = param(
        0.5, help="price walk of a fill, as a share of impact x fraction of depth taken", ge=0, plausible=FACTOR
    )
    capacity: float = param(
        0.5, unit="share of current depth", help="most that one clearing fills", gt=0, plausible=CAPACITY
    )
    clearing: Literal["sequential", "fixed_point"] = param(
        "sequential", help="orders are sent at the price seen, or solved together with the price that they move"
    )
    clearing_rounds: int = param(
        0, help="revisions of the orders in one fixed-point clearing (0: until orders and price agree)", ge=0, le=10_000
    )
    depth_floor: float = param(0.02, unit="share of base depth", help="what outside investors always show", gt=0, le=1)
    halts: tuple[float, ...] = param(
        (), unit="fall from the previous close", help="circuit breakers; the last closes the day", plausible=SHARE
    )
    halt_minutes: int = param(15, unit="minutes", help="length of a halt", gt=0, le=LONGEST_TICK, plausible=HALT)


def asset_venue() -> VenueSpec:
    """An equity index: 0.5 bp half-spread; $15bn of net flow moves it 1 % in a calm market."""
    return VenueSpec(half_spread=0.00005, depth=15e9, impact=0.01, halts=(0.07, 0.13, 0.20))


def us2y_venue() -> VenueSpec:
    """2Y par swaps: 0.1 bp half-spread; $50bn of notional moves the rate 5 bp."""
    return VenueSpec(half_spread=0.00001, depth=50e9, impact=0.0005, slope=0.5)


def us10y_venue() -> VenueSpec:
    """10Y par swaps: 0.1 bp half-spread; $12bn of notional moves the rate 5 bp."""
    return VenueSpec(half_spread=0.00001, depth=12e9, impact=0.0005, slope=0.5)


@dataclass(frozen=True, kw_only=True)
class VenuesSpec:
    """The three venues."""

    asset: VenueSpec = param(factory=asset_venue, help="the risky asset")
    us2y: VenueSpec = param(factory=us2y_venue, help="2Y par swaps")
    us10y: VenueSpec = param(factory=us10y_venue, help="10Y par swaps")


@dataclass(frozen=True, kw_only=True)
class AssetAnchor:
    """Level of a further asset at the close of a date."""

    date: date
    spot: float = param(unit="$", help="level of the asset", gt=0, plausible=PRICE)


@dataclass(frozen=True, kw_only=True)
class AssetSpec:
    """A further risky asset: its own price, noise and venue, under the market's one volatility factor.

    Its realised vol is `vol` (s/s_base)^vol_power. A correlation that is not given is the product of the two with the
    main asset (one common factor), and 0 with the main asset itself.
    """

    name: str = param("", help="name of its venue; from the scenario file's key")
    spot: float = param(unit="$", help="level at the start", gt=0, plausible=PRICE)
    vol: float = param(unit="decimal a year", help="realised vol at the start", ge=0, plausible=REALISED)
    vol_power: float = param(1.0, help="its vol follows the market's implied vol to this power", ge=0, plausible=POWER)
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with other assets' by name; 'asset' is the main one"
    )
    anchor: tuple[AssetAnchor, ...] = param(
        (), help="dated levels after the start (default: none, it stays)", longest=MOST_ANCHORS
    )
    venue: VenueSpec = param(factory=asset_venue, help="where it trades")


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Levels at the close of a date. Missing ones are interpolated; the first anchor has the first six.

    The outside levels are what the record would have been without the desks' own impact; `spiral calibrate` finds them.
    """

    date: date
    spot: float | None = param(None, unit="$", help="level of the asset", gt=0, plausible=PRICE)
    vol: float | None = param(None, unit="decimal", help="30-day implied vol", gt=0, plausible=VOL)
    overnight: float | None = param(None, unit="decimal", help="overnight rate", plausible=RATE)
    us2y: float | None = param(None, unit="decimal", help="2Y zero rate", plausible=RATE)
    us10y: float | None = param(None, unit="decimal", help="10Y zero rate", plausible=RATE)
    credit: float | None = param(
        None, unit="decimal", help="credit spread over the overnight rate", ge=0, plausible=CREDIT
    )
    spread: float | None = param(
        None, unit="multiple", help="outside multiple of the half-spread", gt=0, plausible=MULTIPLE
    )
    depth: float | None = param(None, unit="multiple", help="outside multiple of depth", gt=0, plausible=MULTIPLE)
    realised: float | None = param(
        None, unit="decimal", help="realised vol from here on (default: implied x ratio)", ge=0, plausible=REALISED
    )
    outside_spot: float | None = param(
        None, unit="$", help="spot without the desks' impact (calibrated)", gt=0, plausible=PRICE
    )
    outside_vol: float | None = param(
        None, unit="decimal", help="vol without the desks' impact (calibrated)", gt=0, plausible=VOL
    )
    outside_us2y: float | None = param(
        None, unit="decimal", help="2Y without the desks' impact (calibrated)", plausible=RATE
    )
    outside_us10y: float | None = param(
        None, unit="decimal", help="10Y without the desks' impact (calibrated)", plausible=RATE
    )
    outside_credit: float | None = param(
        None, unit="decimal", help="credit without the desks' impact (calibrated)", ge=0, plausible=CREDIT
    )


OUTSIDE = {name: f"outside_{name}" for name in ("spot", "vol", "us2y", "us10y", "credit")}


@dataclass(frozen=True, kw_only=True)
class ExplainedSpec:
    """How much of one measure of a crisis feedback explains: actual - price_taker."""

    actual: float = param(help="as the desks trade")
    price_taker: float | None = param(None, help="in the twin in which what they do leaves no trace")
    error: float = param(help="standard error of the difference", ge=0)
    frozen: float | None = param(None, help="of earlier versions: in a market that answers nothing; not shown")


@dataclass(frozen=True, kw_only=True)
class RiseSpec:
    """Rise of ln level from the start to the median path's highest close, by where it comes from; the parts add up."""

    storyline: float = param(help="told: by the anchors' residual over what the law says of the storyline")
    memory: float = param(help="the market's own answer to the path, without the desks")
    feedback: float = param(help="what the desks add: actual - price_taker")
    memory_error: float = param(help="standard error of `memory`", ge=0)
    feedback_error: float = param(help="standard error of `feedback`", ge=0)

    @property
    def total(self) -> float:
        """All of it."""
        return self.storyline + self.memory + self.feedback


@dataclass(frozen=True, kw_only=True)
class CalibrationSpec:
    """What `spiral calibrate` found, and how; a run does not depend on it."""

    paths: int = param(help="Monte Carlo paths of each run", gt=0)
    seed: int = param(help="seed of the fit", ge=0)
    check_seed: int = param(help="seed of the check, whose figures these are", ge=0)
    spiral: str = param(help="version of the engine")
    record: str = param(help="digest of the levels that were fitted")
    laws: str | None = param(None, help="laws of vol and credit that the figures are of")
    residual_spot: float = param(unit="share", help="largest distance of the median from the record", ge=0)
    residual_vol: float = param(unit="share", help="largest distance of the median from the record", ge=0)
    drawdown: ExplainedSpec = param(unit="share of the peak", help="largest fall of the median close from its peak")
    vol_peak: ExplainedSpec = param(unit="decimal", help="median of the paths' highest implied vol")
    spread_peak: ExplainedSpec = param(unit="multiple of base", help="median of the paths' widest half-spread")
    vol_rise: RiseSpec | None = param(None, unit="ln", help="of implied vol to its highest close")
    credit_rise: RiseSpec | None = param(None, unit="ln", help="of the credit spread to its highest close")


@dataclass(frozen=True, kw_only=True)
class StorylineSpec:
    """Dated anchors: the outside world, to which the desks' own impact is added, or a record that contains it."""

    anchors: Literal["exogenous", "observed"] = param(
        "exogenous", help="what the anchors are: the outside world, or a record that contains the desks' impact"
    )
    anchor: tuple[Anchor, ...] = param((), help="dated levels, in order", longest=MOST_ANCHORS)
    calibration: CalibrationSpec | None = param(None, help="written by `spiral calibrate`")


@dataclass(frozen=True, kw_only=True)
class ClockSpec:
    """Calendar and grid."""

    calendar: str = param("XNYS", help="exchange calendar (exchange_calendars code), or 'continuous'")
    tick_minutes: int = param(30, unit="minutes", help="length of a tick", gt=0, le=LONGEST_TICK)
    overnight_variance: float = param(0.2, unit="share of a day's variance", help="arrives at the open", ge=0, lt=1)
    u_shape: float = param(
        0.0, help="variance at the open and the close above the session's mean, as a share of it; 0: even", ge=0, le=1.9
    )
    days_a_year: float | None = param(
        None,
        unit="trading days",
        help="that make a year of variance (default: the calendar's, 252 for most, 365 for one that never closes)",
        gt=0,
        le=366,
    )
