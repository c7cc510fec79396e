"""How the market moves and is priced: parameters."""

from __future__ import annotations

from typing import Literal

from markets.plausible import DIVIDENDS, ELASTICITY, SPEED, VOL_OF_VOL
from markets.specs.anchor import Anchor
from markets.specs.credit_name import CreditNameSpec
from markets.specs.fx import FxSpec
from markets.specs.heston import HestonSpec
from markets.specs.jumps import JumpSpec
from markets.specs.memory import MemorySpec
from markets.specs.option_listing import OptionListingSpec
from markets.specs.rates import RateSpec
from markets.specs.surface import SurfaceSpec
from markets.specs.variable import Variable
from markets.specs.variance_swap import VarianceSwapSpec
from markets.specs.vol_future import VolFutureSpec
from sim.dataclass import dataclass
from sim.params import param


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
        0.5, help="slope of the smile: vol multiple = 1 - skew ln(K/S0)/sqrt(T)", plausible=(-10.0, 10.0)
    )
    smile: Literal["linear", "ssvi"] = param(
        "linear",
        help="form of the multiple: a line within 0.25 and 4, or SSVI, the same at the money and free of kinks far out",
    )
    stickiness: float = param(
        1.0,
        help="1: the vol of a strike stays as spot moves (sticky strike); 0: that of a moneyness (sticky delta)",
        ge=0,
        le=1,
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
    options: dict[str, OptionListingSpec] = param(
        factory=dict, help="options on the asset in venues of their own, one table each", sparse=True
    )
    heston: HestonSpec = param(factory=HestonSpec, help="law by which positions with `model = 'heston'` are valued")
    fx: dict[str, FxSpec] = param(
        factory=dict, help="prices of other currencies in dollars, one table each", sparse=True
    )
    credits: dict[str, CreditNameSpec] = param(
        factory=dict, help="names and indices with credit default swaps, one table each", sparse=True
    )
    surface: SurfaceSpec | None = param(
        None, help="slope in time and skew of the asset's vols as factors (default: they stay)", sparse=True
    )
    vol_futures: dict[str, VolFutureSpec] = param(
        factory=dict, help="futures on implied vol, one table each", sparse=True
    )

    variance_swaps: dict[str, VarianceSwapSpec] = param(
        factory=dict, help="swaps of realised for implied variance of the asset, one table each", sparse=True
    )

    @property
    def vol_listings(self) -> dict[str, OptionListingSpec | VarianceSwapSpec]:
        """What is listed on the smile of the asset: options, and variance swaps."""
        return {**self.options, **self.variance_swaps}

    @property
    def smile_moves(self) -> bool:
        """Whether the vol of a strike moves otherwise than with the vol at the money."""
        return self.stickiness != 1 or self.surface is not None

    def surface_start(self, first: Anchor | None = None) -> tuple[float, float]:
        """Slope of vols and skew of the smile at the first anchor; by default, as where they are no factors."""
        slope, skew = (None, None) if first is None else (first.vol_slope, first.smile_skew)
        return 0.0 if slope is None else slope, self.skew if skew is None else skew

    @property
    def further(self) -> tuple[Variable, ...]:
        """Spreads, nodes of other currencies' curves, FX rates, and names, in the order of their columns."""
        rates = self.rates
        return (
            *(each for name, spec in rates.spreads.items() for each in spec.variables(name)),
            *(each for name, spec in rates.currencies.items() for each in spec.variables(name)),
            *(each for name, fx in self.fx.items() for each in fx.variables(name, rates.currencies)),
            *(each for name, spec in self.credits.items() for each in spec.variables(name)),
        )

    @property
    def vol_reversion(self) -> float:
        """Speed at which the residual of ln vol reverts, 1/trading year."""
        return self.kappa if self.vol_law == "leverage" else self.memory.reversion

    @property
    def vol_noise(self) -> float:
        """Noise of ln vol, per square root of a trading year."""
        return self.xi if self.vol_law == "leverage" else self.memory.noise
