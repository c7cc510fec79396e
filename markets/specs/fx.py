"""FX rates: parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from markets.plausible import FX_VOL, PRICE
from markets.specs.variable import FX, Variable
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from markets.specs.currencies import CurrencySpec


@dataclass(frozen=True, kw_only=True)
class FxSpec:
    """The price of a unit of a currency in dollars. Its noise does not revert.

    Between anchors that give its level the storyline leads it. After the last one it drifts.
    """

    spot: float = param(unit="$", help="price of a unit at the start", gt=0, plausible=PRICE)
    vol: float = param(0.08, unit="ln per sqrt(trading year)", help="its noise", ge=0, plausible=FX_VOL)
    drift: Literal["parity", "none"] = param(
        "parity", help="by the difference of overnight rates, so that forwards are fair, or not at all"
    )
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with nodes, spreads and FX rates by name; 'spot' is the main asset's shock"
    )

    def variables(self, name: str, currencies: Mapping[str, CurrencySpec]) -> Iterator[Variable]:
        """The rate itself. name: of the currency."""
        parity = (name, currencies[name].basis) if self.drift == "parity" and name in currencies else None
        label = f"{name.upper()} in $"
        yield Variable(FX, name, fx_column(name), 0.0, self.spot, self.vol, 0.0, self.correlation, label, parity)


def fx_column(currency: str) -> str:
    """Name of a currency's price in tables and correlations."""
    return f"fx_{currency}"
