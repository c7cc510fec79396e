"""Keys of the market's risk factors."""

from __future__ import annotations

from functools import cache

from sim.named_tuple import NamedTuple


class FactorKey(NamedTuple):
    """A factor: family, name and, for a point of a curve, node."""

    family: str  # spot, vol, zero, spread, fx, credit, hazard, default
    name: str  # the asset, the currency of the curve, the market of the spread
    node: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, self))

    @property
    def short(self) -> str:
        """Its name in columns and messages: one word for factors of the default market and for nodes."""
        if self.node or self in SHORT_NAMES.values():
            return self.node or self.family
        return f"{'vol' if self.family == 'vol' else 'price'} of {self.name}"


MAIN = "asset"  # name of the main asset
SPOT = FactorKey("spot", MAIN)  # $/unit
VOL = FactorKey("vol", MAIN)  # 30-day implied vol, decimal
LN_VOL = FactorKey("ln vol", MAIN)  # ln of VOL: the cross derivative with spot (vanna) is by this
USD = ("zero", "usd")  # family and name of the zero curve, decimal
OVERNIGHT, US2Y, US10Y = (FactorKey(*USD, node) for node in ("overnight", "us2y", "us10y"))
RATES_VOL = FactorKey("rates_vol", "usd")  # normal vol of rates, decimal a year; where a scenario declares it
HAIRCUT = FactorKey("haircut", "usd")  # of bonds in repo, share of their value; where a scenario declares repo
CLEARED_HAIRCUT = FactorKey("haircut", "cleared")  # of the part that a clearing house stands behind, if any does
VOL_SLOPE = FactorKey("vol_slope", MAIN)  # ln of 3-month over 30-day vol, beyond the response; where declared
SMILE_SKEW = FactorKey("smile_skew", MAIN)  # of the smile; where declared
SMILE_SPOT = FactorKey("smile_spot", MAIN)  # $, where the smile is held while spot moves: in attribution alone
CREDIT = FactorKey("credit", "funding")  # spread, decimal


@cache
def of_asset(key: FactorKey, asset: str) -> FactorKey:
    """The factor of an asset that `key` (`SPOT`, `VOL`, ...) is of the main one."""
    return key._replace(name=asset)


class SmileKeys(NamedTuple):
    """What options on an asset are valued from, rates aside."""

    spot: FactorKey
    vol: FactorKey
    slope: FactorKey  # this and the skew are factors only where a surface is declared
    skew: FactorKey

    @classmethod
    def of(cls, asset: str) -> SmileKeys:
        """Of an asset, by its name."""
        return cls(*(FactorKey(key.family, asset) for key in (SPOT, VOL, VOL_SLOPE, SMILE_SKEW)))


def name_key(name: str) -> FactorKey:
    """ln of the spread of a name: its hazard rates move in proportion."""
    return FactorKey("hazard", name, name)


def default_key(name: str) -> FactorKey:
    """What a name's default has cost, share of notional; 0 while it lives."""
    return FactorKey("default", name)


def basis_key(future: str) -> FactorKey:
    """Price of a future over that of its bond, $ per $ of face value."""
    return FactorKey("basis", future)


def margin_key(future: str) -> FactorKey:
    """Initial margin of a future, share of the face value."""
    return FactorKey("margin", future)


# Names of the default market's factors in scenario files, columns and messages.
SHORT_NAMES = {
    "spot": SPOT,
    "vol": VOL,
    "overnight": OVERNIGHT,
    "us2y": US2Y,
    "us10y": US10Y,
    "credit": CREDIT,
}
