"""Repo that goes through a clearing house: parameters."""

from __future__ import annotations

from markets.plausible import REPO
from markets.specs.haircut import HaircutSpec
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class ClearedRepoSpec:
    """The part of every borrower's repo that a clearing house stands behind.

    Lenders and borrowers face the house and net with it, so all pay the median rate and a fee, wherever they would have
    stood in the distribution. The house has a haircut of its own, and takes off a share of haircut and margin where a
    bond and a short future on it are both with it (cross-margining).
    """

    share: float = param(0.0, unit="share", help="of the repo that is cleared", ge=0, le=1)
    fee: float = param(1.0, unit="bp", help="cost of clearing over the median rate", plausible=REPO)
    offset: float = param(
        0.0, unit="share", help="of haircut and margin taken off for a bond against its future", ge=0, lt=1
    )
    haircut: HaircutSpec = param(factory=HaircutSpec, help="share of a bond's value that the house does not lend")
