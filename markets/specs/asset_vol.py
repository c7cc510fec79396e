"""The implied vol of a further asset, and the smile of options on it: parameters."""

from __future__ import annotations

from typing import Literal

from markets.plausible import DIVIDENDS, ELASTICITY, REALISED, SPEED, VOL_OF_VOL
from markets.specs.surface import SurfaceSpec
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class AssetVolSpec:
    """A vol of a further asset's own: it follows the market's by `vol_power`, answers its own price, and has noise.

    The asset's realised vol, and the spread and depth of its venue, then go with it.
    """

    start: float = param(unit="decimal a year", help="30-day implied vol at the start", gt=0, plausible=REALISED)
    beta: float = param(
        0.0,
        unit="ln vol per unit of ln S, at the starting vol",
        help="fall of vol as the asset rises; below 0 it rises with it, as gold's does",
        ge=-100.0,
        le=100.0,
        plausible=(-ELASTICITY[1], ELASTICITY[1]),
    )
    kappa: float = param(
        10.0, unit="1/trading year", help="speed at which answer and noise are forgotten", ge=0, plausible=SPEED
    )
    xi: float = param(
        0.8, unit="per sqrt(trading year)", help="vol of vol: noise of ln vol", ge=0, plausible=VOL_OF_VOL
    )
    skew: float = param(0.0, help="slope of its smile, as market.skew", plausible=(-10.0, 10.0))
    smile: Literal["linear", "ssvi"] = param("ssvi", help="form of its smile, as market.smile")
    stickiness: float = param(1.0, help="how far its smile stays as its price moves, as market.stickiness", ge=0, le=1)
    term_slope: float = param(0.0, help="of its vols in time: ln of 3-month over 30-day vol at the start", ge=-1, le=1)
    term_reversion: float = param(
        1.4, unit="1/year", help="damping of longer options' response to 30-day vol", ge=0, plausible=SPEED
    )
    dividend_yield: float = param(
        0.0, unit="decimal a year", help="what holding the asset yields, continuous, as options on it price it",
        plausible=DIVIDENDS,
    )  # fmt: skip
    surface: SurfaceSpec | None = param(
        None,
        help="slope in time and skew of its vols as factors, as market.surface (default: they stay)",
        sparse=True,
    )

    @property
    def smile_moves(self) -> bool:
        """Whether the vol of a strike moves otherwise than with the vol at the money."""
        return self.stickiness != 1 or self.surface is not None

    @property
    def surface_start(self) -> tuple[float, float]:
        """Slope of vols and skew of the smile at the start; for ever where they are no factors."""
        return self.term_slope, self.skew
