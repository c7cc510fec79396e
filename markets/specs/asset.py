"""A further asset's parameters."""

from __future__ import annotations

from datetime import date

from markets.plausible import POWER, PRICE, REALISED
from markets.specs.anchor import MOST_ANCHORS
from markets.specs.asset_vol import AssetVolSpec
from markets.specs.venue import VenueSpec, asset_venue
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class AssetAnchor:
    """Level of a further asset at the close of a date."""

    date: date
    spot: float = param(unit="$", help="level of the asset", gt=0, plausible=PRICE)

    def level(self, name: str) -> float | None:
        """The level of that name."""
        return self.spot if name == "spot" else None


@dataclass(frozen=True, kw_only=True)
class AssetSpec:
    """A further risky asset: its own price, noise and venue, under the market's volatility factor or one of its own.

    Its realised vol is `vol` (s/s_base)^vol_power. A correlation that is not given is the product of the two with the
    main asset (one common factor), and 0 with the main asset itself.
    """

    name: str = param("", help="name of its venue; from the scenario file's key")
    spot: float = param(unit="$", help="level at the start", gt=0, plausible=PRICE)
    vol: float = param(unit="decimal a year", help="realised vol at the start", ge=0, plausible=REALISED)
    vol_power: float = param(1.0, help="its vol follows the market's implied vol to this power", ge=0, plausible=POWER)
    implied: AssetVolSpec | None = param(
        None, help="an implied vol of its own, and the smile of options on it (default: none)", sparse=True
    )
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with other assets' by name; 'asset' is the main one"
    )
    anchor: tuple[AssetAnchor, ...] = param(
        (), help="dated levels after the start (default: none, it stays)", longest=MOST_ANCHORS
    )
    venue: VenueSpec = param(factory=asset_venue, help="where it trades")
