"""Names whose credit default swaps are quoted: parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from markets.plausible import CREDIT, DAYS, POWER, SPEED, VOL_OF_VOL
from markets.specs.variable import HAZARD, Variable
from markets.specs.venue import VenueSpec
from sim.dataclass import dataclass
from sim.params import param

USUAL = "5Y"  # the contract that is shown where it is quoted


@dataclass(frozen=True, kw_only=True)
class CreditNameSpec:
    """A name, or an index of names: its hazard rates at the start, and how they move.

    ln spread = ln told spread + beta (ln of what it follows, less as told) + noise + impact. Hazard rates of all
    maturities move in proportion.
    """

    quotes: dict[str, float] = param(
        factory=dict,
        unit="decimal",
        help="par spreads of credit default swaps at the start, by tenor",
        plausible=CREDIT,
    )
    recovery: float = param(0.4, unit="share of notional", help="that quotes assume on default", ge=0, le=0.99)
    contract: Literal["rolling", "standard"] = param(
        "rolling", help="maturities in whole years from the start, or on 20 June and December with a coupon of 1 %"
    )
    shown: str = param("", help="quote that anchors and columns give; without it 5Y, or the longest", longest=20)
    follows: str = param("", help="the one of `credits` that it follows; else the market's credit index", longest=40)
    beta: float = param(1.0, help="ln of its spread per ln of what it follows", ge=0, le=20)
    vol: float = param(0.5, unit="ln per sqrt(trading year)", help="noise of its own", ge=0, plausible=VOL_OF_VOL)
    mean_reversion: float = param(4.0, unit="1/trading year", help="pull of the noise to zero", ge=0, plausible=SPEED)
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with nodes, spreads and FX rates by name; 'spot' is the main asset's shock"
    )
    venue: VenueSpec | None = param(
        None,
        help="where protection on it trades, by contracts of the tenor shown; half_spread and impact in decimal "
        "spread, depth $ of notional",
        sparse=True,
    )
    defaults: bool = param(False, help="whether it may default on a path")
    contagion: float = param(
        0.0, unit="ln per 1.00 of the lenders' stress", help="rise of its hazard rate of default", ge=0, le=100
    )
    auction: float = param(
        0.0, help="fall of the recovery in a default: ln per ln of the market's credit index", ge=0, plausible=POWER
    )

    cash_share: float = param(
        0.35, unit="share", help="of a move of its spread that prices of its bonds show at once", ge=0, le=1
    )
    cash_days: float = param(
        2.0, unit="trading days", help="after which half of the rest shows in them", ge=0, plausible=DAYS
    )

    @property
    def quoted(self) -> str:
        """Tenor of the quote that is shown."""
        return self.shown or (USUAL if USUAL in self.quotes else next(reversed(self.quotes), ""))

    def variables(self, name: str) -> Iterator[Variable]:
        """Its spread."""
        spread, label = self.quotes.get(self.quoted, 0.01), f"Spread of {name}"
        yield Variable(
            HAZARD, name, name, 0.0, spread, self.vol, self.mean_reversion, self.correlation, label,
            follows=(self.follows, self.beta),
        )  # fmt: skip
