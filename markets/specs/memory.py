"""Levels that follow from the traded path: parameters of the path-dependent laws of vol and credit.

After Guyon and Lekeufack (2023), "Volatility is (mostly) path-dependent", Quantitative Finance 23(9): a level is linear
in a weighted sum of past returns and in the root of a weighted sum of past squared returns. The state is in
`markets.factors.memory`; its `path_line` has the laws' levels on a storyline.
"""

from __future__ import annotations

from typing import Literal

from markets.plausible import FACTOR, SPEED, VOL_OF_VOL
from sim.dataclass import dataclass
from sim.params import param

PUSH = (-100.0, 100.0)  # ln S a year: a fall of 13 % in a day pushes the fast factor to -9
SQUARED = (1e-6, 25.0)  # variance a year
TREND = (-100.0, 0.0)  # level per unit of the weighted sum of returns: below zero, a fall raises it


@dataclass(frozen=True, kw_only=True)
class KernelSpec:
    """K(t) = (1 - slow_share) fast exp(-fast t) + slow_share slow exp(-slow t), t in trading years."""

    fast: float = param(unit="1/trading year", help="speed at which the fast factor forgets", gt=0, plausible=SPEED)
    slow: float = param(unit="1/trading year", help="speed at which the slow factor forgets", gt=0, plausible=SPEED)
    slow_share: float = param(help="weight of the slow factor", ge=0, le=1)


def vol_returns() -> KernelSpec:
    """Memory of the returns in the law of vol, fitted."""
    return KernelSpec(fast=71.4, slow=31.2, slow_share=0.685)


def vol_squares() -> KernelSpec:
    """Memory of the squared returns in the law of vol, fitted."""
    return KernelSpec(fast=23.5, slow=2.2, slow_share=0.394)


def credit_returns() -> KernelSpec:
    """Memory of the returns in the law of credit, fitted."""
    return KernelSpec(fast=2.15, slow=0.1, slow_share=0.8)


def credit_squares() -> KernelSpec:
    """Memory of the squared returns in the law of credit, fitted."""
    return KernelSpec(fast=2.92, slow=0.107, slow_share=0.553)


@dataclass(frozen=True, kw_only=True)
class StartSpec:
    """The four factors at the first tick; those not given follow from the level there."""

    returns_fast: float | None = param(
        None, unit="ln S per trading year", help="fast factor of the returns", plausible=PUSH
    )
    returns_slow: float | None = param(
        None, unit="ln S per trading year", help="slow factor of the returns", plausible=PUSH
    )
    squares_fast: float | None = param(
        None, unit="variance a year", help="fast factor of the squares", ge=0, plausible=SQUARED
    )
    squares_slow: float | None = param(
        None, unit="variance a year", help="slow factor of the squares", ge=0, plausible=SQUARED
    )


@dataclass(frozen=True, kw_only=True)
class MemorySpec:
    """Implied vol s = base + trend R1 + activity sqrt(R2), realised vol the same with its own three, of one R1 and R2.

    R1 = sum of K1 x, R2 = sum of K2 x^2, x the log returns of the traded price at the law's clock.
    """

    clock: Literal["closes", "sessions", "ticks"] = param(
        "closes", help="which returns are squared: of days, of nights and days, or of ticks"
    )
    returns: KernelSpec = param(factory=vol_returns, help="memory of the returns")
    squares: KernelSpec = param(factory=vol_squares, help="memory of the squared returns")
    base: float = param(0.0522, unit="decimal", help="implied vol of a market that never moves", gt=0, le=1)
    trend: float = param(-0.0219, unit="vol per ln S a year", help="answer of implied vol to R1", le=0, plausible=TREND)
    activity: float = param(0.863, help="answer of implied vol to sqrt(R2)", ge=0, plausible=FACTOR)
    realised_base: float = param(0.0295, unit="decimal", help="realised vol of a market that never moves", ge=0, le=1)
    realised_trend: float = param(
        -0.0473, unit="vol per ln S a year", help="answer of realised vol to R1", le=0, plausible=TREND
    )
    realised_activity: float = param(0.787, help="answer of realised vol to sqrt(R2)", ge=0, lt=1, plausible=FACTOR)
    realised_level: float = param(
        1.0, help="multiple of realised vol by the law that this market has (outside)", gt=0, plausible=(0.05, 20.0)
    )
    realised_noise: float = param(0.323, help="standard deviation of ln realised vol about its law", ge=0, le=2)
    realised_reversion: float = param(
        60.0, unit="1/trading year", help="speed at which that noise reverts", gt=0, plausible=SPEED
    )
    reversion: float = param(
        17.4, unit="1/trading year", help="speed at which the residual of ln implied vol reverts", ge=0, plausible=SPEED
    )
    noise: float = param(
        0.717, unit="per sqrt(trading year)", help="noise of that residual", ge=0, plausible=VOL_OF_VOL
    )
    move_share: float = param(
        0.35,
        help="share of the storyline's own squared move in the variance of its days; the rest is the law's",
        ge=0,
        le=1,
    )
    most: float = param(2.0, unit="decimal", help="no law says a vol above this", gt=0, le=10)
    start: StartSpec = param(factory=StartSpec, help="the factors at the first tick")


@dataclass(frozen=True, kw_only=True)
class CreditMemorySpec:
    """Index spread = base + trend R1 + activity sqrt(R2) of kernels of its own; the cash spread follows it with a lag.

    d ln c = lag (ln index - ln c) dt, times the outside residual and noise. The clock is that of the vol law.
    """

    returns: KernelSpec = param(factory=credit_returns, help="memory of the returns")
    squares: KernelSpec = param(factory=credit_squares, help="memory of the squared returns")
    base: float = param(0.00265, unit="decimal", help="spread of a market that never moves", gt=0, le=1)
    trend: float = param(-0.0628, unit="decimal per ln S a year", help="answer to R1", le=0, plausible=TREND)
    activity: float = param(
        0.0894, unit="decimal per unit of vol", help="answer to sqrt(R2)", ge=0, plausible=(1e-4, 20.0)
    )
    lag: float = param(
        52.0, unit="1/trading year", help="speed at which the cash spread follows the index", gt=0, plausible=SPEED
    )
    reversion: float = param(
        0.405, unit="1/trading year", help="speed at which the residual reverts", ge=0, plausible=SPEED
    )
    noise: float = param(0.179, unit="per sqrt(trading year)", help="noise of the residual of ln credit", ge=0, le=10)
    start: StartSpec = param(factory=StartSpec, help="the factors at the first tick")
