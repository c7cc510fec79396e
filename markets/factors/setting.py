"""The inputs from which a world's laws are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.factors.storyline import Storyline
    from markets.spec import AssetSpec, CreditSpec, FeedbackSpec, MarketSpec
    from sim.clock import Clock
    from sim.streams import Streams


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Time, noise, the outside world, and the parameters of the market."""

    clock: Clock
    streams: Streams
    storyline: Storyline
    market: MarketSpec
    feedback: FeedbackSpec
    credit: CreditSpec
    assets: tuple[AssetSpec, ...] = ()
    hazards: Mapping[str, float] = field(default_factory=dict)  # of names that may default, 1/year at the start
