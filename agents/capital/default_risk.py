"""The default risk charge without securitisations (MAR22.9 to 22.26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

Vector = NDArray[np.float64]
BUCKETS = ("corporate", "sovereign", "local")
LOSSES = {"covered": 0.25, "senior": 0.75, "junior": 1.0, "equity": 1.0}  # loss given default; the most senior first
RANKS = {seniority: rank for rank, seniority in enumerate(LOSSES)}
WEIGHTS = {
    "AAA": 0.005,
    "AA": 0.02,
    "A": 0.03,
    "BBB": 0.06,
    "BB": 0.15,
    "B": 0.30,
    "CCC": 0.50,
    "unrated": 0.15,
    "defaulted": 1.0,
}
SHORTEST = 0.25  # years


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A position in the debt or the shares of an obligor.

    notional: (paths,) $, long positive. gain: market value less notional so far, (paths,) $. years: to maturity.
    """

    bucket: str
    obligor: str
    rating: str
    seniority: str
    notional: Vector
    gain: Vector
    years: float = 1.0

    @property
    def jump(self) -> Vector:
        """Gross jump to default, (paths,) $: LGD x notional + gain, on the position's own side of zero.

        Below a year it counts by its maturity, at least a quarter (MAR22.15).
        """
        loss = LOSSES[self.seniority] * self.notional + self.gain
        sided = np.where(self.notional > 0, np.maximum(loss, 0.0), np.minimum(loss, 0.0))
        jump: Vector = sided * min(max(self.years, SHORTEST), 1.0)
        return jump


def default_charge(issues: Sequence[Issue], paths: int) -> Vector:
    """Sum over buckets of max(0, sum RW long - HBR sum RW |short|), HBR = long / (long + |short|), (paths,) $."""
    return sum((_bucket([i for i in issues if i.bucket == bucket], paths) for bucket in BUCKETS), np.zeros(paths))


def _bucket(issues: Sequence[Issue], paths: int) -> Vector:
    sums = np.zeros((2, paths))  # net long, net short
    weighted = np.zeros((2, paths))
    for obligor in dict.fromkeys(issue.obligor for issue in issues):
        own = [issue for issue in issues if issue.obligor == obligor]
        net = np.stack(_net(own, paths))
        sums += net
        weighted += WEIGHTS[own[0].rating] * net
    both = sums.sum(axis=0)
    benefit = np.divide(sums[0], both, out=np.zeros(paths), where=both > 0)
    charge: Vector = np.maximum(weighted[0] - benefit * weighted[1], 0.0)
    return charge


def _net(issues: Iterable[Issue], paths: int) -> tuple[Vector, Vector]:
    """Net long and net short of an obligor, (paths,) $ each, both positive.

    A short position offsets long ones of its own or a higher seniority (MAR22.19).
    """
    long, short = (np.zeros((len(RANKS), paths)) for _ in range(2))
    for issue in issues:
        rank = RANKS[issue.seniority]
        long[rank] += np.maximum(issue.jump, 0.0)
        short[rank] -= np.minimum(issue.jump, 0.0)
    for rank in range(len(RANKS)):
        for senior in range(rank, -1, -1):
            offset = np.minimum(short[rank], long[senior])
            short[rank] -= offset
            long[senior] -= offset
    return long.sum(axis=0), short.sum(axis=0)
