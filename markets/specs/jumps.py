"""Jumps of the main asset: parameters."""

from __future__ import annotations

from typing import Literal

from markets.plausible import JUMPS, LOG_MOVE
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class JumpSpec:
    """Jumps of ln S: Merton (1976) normal sizes or Kou (2002) double exponential, centred on the storyline."""

    kind: Literal["none", "merton", "kou"] = param("none", help="law of the jump sizes")
    intensity: float = param(0.0, unit="jumps per trading year", help="mean number of jumps", ge=0, plausible=JUMPS)
    mean: float = param(-0.03, unit="ln S", help="mean jump (merton)", plausible=LOG_MOVE)
    sd: float = param(0.02, unit="ln S", help="standard deviation of a jump (merton)", ge=0, plausible=LOG_MOVE)
    up_probability: float = param(0.3, help="probability that a jump is upwards (kou)", ge=0, le=1)
    up_mean: float = param(0.01, unit="ln S", help="mean size of upward jumps (kou)", gt=0, plausible=LOG_MOVE)
    down_mean: float = param(0.03, unit="ln S", help="mean size of downward jumps (kou)", gt=0, plausible=LOG_MOVE)
