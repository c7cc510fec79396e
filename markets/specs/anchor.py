"""Dated levels of the storyline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from markets.plausible import CREDIT, MULTIPLE, PRICE, RATE, REALISED, REPO_RATE, SPREAD_OVER, VOL, YIELD_VOL
from sim.dataclass import dataclass
from sim.params import param

MOST_ANCHORS = 20_000  # eighty years of trading days


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Levels at the close of a date. Missing ones are interpolated; the first anchor must give the first six.

    The outside levels are the record without the desks' own impact; `spiral calibrate` finds them.
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
    rates_vol: float | None = param(
        None, unit="decimal a year", help="vol of rates, where one is declared", gt=0, plausible=YIELD_VOL, sparse=True
    )
    repo_spread: float | None = param(
        None, unit="decimal", help="median repo rate over the overnight rate", plausible=REPO_RATE, sparse=True
    )
    repo_tail: float | None = param(
        None,
        unit="decimal",
        help="99th percentile of repo rates over the median",
        ge=0,
        plausible=REPO_RATE,
        sparse=True,
    )
    vol_slope: float | None = param(
        None,
        unit="ln",
        help="ln of 3-month over 30-day vol, beyond the term response, where the surface moves",
        ge=-1,
        le=1,
        plausible=(-1.0, 1.0),
        sparse=True,
    )
    smile_skew: float | None = param(
        None, help="skew of the smile, where the surface moves", plausible=(-10.0, 10.0), sparse=True
    )
    nodes: dict[str, float] = param(
        factory=dict, unit="decimal", help="zero rates of further nodes, by name", plausible=RATE, sparse=True
    )
    spreads: dict[str, float] = param(
        factory=dict,
        unit="decimal",
        help="flat spreads, or nodes of spreads, by name",
        plausible=SPREAD_OVER,
        sparse=True,
    )
    fx: dict[str, float] = param(
        factory=dict, unit="$", help="prices of other currencies, by name", plausible=PRICE, sparse=True
    )
    credits: dict[str, float] = param(
        factory=dict, unit="decimal", help="spreads of names, by name", plausible=CREDIT, sparse=True
    )
    outside_nodes: dict[str, float] = param(
        factory=dict,
        unit="decimal",
        help="zero rates of further nodes without the desks' impact (calibrated)",
        plausible=RATE,
        sparse=True,
    )

    def further_level(self, family: str, name: str) -> float | None:
        """Level of a spread, an FX rate (by its currency), a name's spread or a node; None if the anchor gives none."""
        return {"spread": self.spreads, "fx": self.fx, "hazard": self.credits}.get(family, self.nodes).get(name)

    def level(self, name: str) -> float | None:
        """A level by its name, further nodes included; None if the anchor gives none."""
        level: float | None = self.nodes.get(name) if name in self.nodes else getattr(self, name, None)
        return level

    @property
    def outside_levels(self) -> dict[str, float]:
        """The outside levels that are given, by the level's name, further nodes included."""
        named = {name: getattr(self, key) for name, key in OUTSIDE.items()}
        return {name: level for name, level in (named | self.outside_nodes).items() if level is not None}

    def with_outside(self, levels: Mapping[str, float]) -> Anchor:
        """The same recorded levels, with these outside levels, by the level's name, in place of any others."""
        named: dict[str, Any] = {key: levels.get(name) for name, key in OUTSIDE.items()}
        nodes = {name: level for name, level in levels.items() if name not in OUTSIDE}
        return replace(self, **named, outside_nodes=nodes)

    def taken_outside(self) -> Anchor:
        """The levels of the outside world: its own where they are given, else the recorded ones."""
        named: dict[str, Any] = {name: level for name, level in self.outside_levels.items() if name in OUTSIDE}
        return replace(self, **named, nodes=self.nodes | self.outside_nodes)


OUTSIDE = {name: f"outside_{name}" for name in ("spot", "vol", "us2y", "us10y", "credit")}
