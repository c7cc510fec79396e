"""The repo market in which bonds are financed: parameters."""

from __future__ import annotations

from markets.plausible import REPO
from markets.specs.cleared_repo import ClearedRepoSpec
from markets.specs.haircut import HaircutSpec
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class RepoSpec:
    """Overnight repo on bonds: a median rate, a distribution of borrowers around it, a haircut.

    What a borrower pays is drawn every day: median + a quantile of the distribution whose percentiles are given here.
    Defaults: medians over the days of the records of 2019 to 2025 of SOFR's own percentiles.
    """

    spread: float = param(0.0, unit="bp", help="median rate over the overnight rate", plausible=REPO)
    p01: float = param(-6.0, unit="bp", help="1st percentile of borrowers' rates over the median", le=0, plausible=REPO)
    p25: float = param(-2.0, unit="bp", help="25th percentile over the median", le=0, plausible=REPO)
    p75: float = param(5.0, unit="bp", help="75th percentile over the median", ge=0, plausible=REPO)
    p99: float = param(14.0, unit="bp", help="99th percentile over the median", ge=0, plausible=REPO)
    quarter_end: float = param(
        1.25, unit="multiple", help="of the 99th percentile on the last trading day of a quarter", ge=1, le=100
    )
    haircut: HaircutSpec = param(factory=HaircutSpec, help="share of a bond's value that is not lent against it")
    cleared: ClearedRepoSpec = param(factory=ClearedRepoSpec, help="what goes through a clearing house")
