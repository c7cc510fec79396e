"""What a risk factor of the market is called."""

from __future__ import annotations

from typing import NamedTuple


class FactorKey(NamedTuple):
    """A factor by family, name and, where it is a point of a curve, node."""

    family: str  # spot, vol, zero, credit
    name: str  # the asset, the currency of the curve, the market of the spread
    node: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, self))

    @property
    def short(self) -> str:
        """What columns of tables and messages call it: of the default market's factors and of nodes one word."""
        return self.node or (self.family if self in SHORT_NAMES.values() else f"price of {self.name}")


MAIN = "asset"  # name of the main asset
SPOT = FactorKey("spot", MAIN)  # $/unit
VOL = FactorKey("vol", MAIN)  # 30-day implied vol, decimal
LN_VOL = FactorKey("ln vol", MAIN)  # its log: by it, not by VOL, the cross derivative with spot is told
USD = ("zero", "usd")  # family and name of the zero curve, decimal
OVERNIGHT, US2Y, US10Y = (FactorKey(*USD, node) for node in ("overnight", "us2y", "us10y"))
CREDIT = FactorKey("credit", "funding")  # spread, decimal

# What scenario files, columns of tables and messages call the factors of the default market.
SHORT_NAMES = {
    "spot": SPOT,
    "vol": VOL,
    "overnight": OVERNIGHT,
    "us2y": US2Y,
    "us10y": US10Y,
    "credit": CREDIT,
}
