"""Dated levels of the storyline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from markets.plausible import CREDIT, MULTIPLE, PRICE, RATE, REALISED, REPO_RATE, VOL
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
    nodes: dict[str, float] = param(
        factory=dict, unit="decimal", help="zero rates of further nodes, by name", plausible=RATE, sparse=True
    )

    def level(self, name: str) -> float | None:
        """A level by its name, further nodes included; None if the anchor gives none."""
        level: float | None = self.nodes.get(name) if name in self.nodes else getattr(self, name, None)
        return level


OUTSIDE = {name: f"outside_{name}" for name in ("spot", "vol", "us2y", "us10y", "credit")}
