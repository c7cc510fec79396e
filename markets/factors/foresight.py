"""The next price as an informed trader knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.noise import SPOT_NOISE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markets.factors.factor_market import FactorMarket
    from sim.clock import Clock
    from sim.streams import Streams

Vector = NDArray[np.float64]


def foresight(factors: FactorMarket, clock: Clock, streams: Streams) -> Iterator[Vector | None]:
    """The main asset's price (paths,) $ at the next tick if nobody trades until then, jumps aside.

    Must be called once at every tick from the start on; None at the last.
    """
    news = streams.stream(SPOT_NOISE)
    for _ in range(1, len(clock.ticks)):
        yield factors.equity.if_nobody_trades(factors.snapshot, news.normal())
    yield None
