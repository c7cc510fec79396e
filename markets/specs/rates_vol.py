"""Vol of rates that follows from the path of the curve: parameters."""

from __future__ import annotations

from markets.plausible import SPEED, YIELD_VOL
from markets.specs.memory import KernelSpec
from sim.dataclass import dataclass
from sim.params import param


def rate_squares() -> KernelSpec:
    """Memory of the squared moves of rates, fitted to the record."""
    return KernelSpec(fast=12.7, slow=0.530, slow_share=0.240)


@dataclass(frozen=True, kw_only=True)
class RatesVolSpec:
    """Normal vol a year, decimal: base + trend R1 + activity sqrt(R2), between `least` and `most`.

    R2 = sum of K2 x mean of the squared moves of the nodes, R1 = sum of K1 x log returns of the asset, of closes. It
    answers the size of rate moves, not their sign, and falls of equity. Defaults: robust least squares in the log of
    daily MOVE, 1990 to 2025, six crises left out.
    """

    start: float = param(
        0.0085,
        unit="decimal a year",
        help="level at the start, base of spreads and depth",
        plausible=YIELD_VOL,
    )
    base: float = param(-0.000345, unit="decimal a year", help="vol of rates that never move", ge=-0.1, le=0.1)
    trend: float = param(
        -0.000762, unit="decimal a year per unit of R1", help="answer to falls of the asset", ge=-1, le=1
    )
    activity: float = param(1.060, help="answer to the size of rate moves", gt=0, le=10)
    returns: float = param(
        15.9, unit="1/trading year", help="speed at which falls of the asset are forgotten", gt=0, plausible=SPEED
    )
    squares: KernelSpec = param(factory=rate_squares, help="memory of the squared moves of rates")
    least: float = param(0.001, unit="decimal a year", help="lowest level", gt=0, le=0.1)
    most: float = param(0.05, unit="decimal a year", help="highest level", gt=0, le=1)
