"""The storyline's parameters."""

from __future__ import annotations

from typing import Literal

from markets.specs.anchor import MOST_ANCHORS, Anchor
from markets.specs.calibration import CalibrationSpec
from markets.specs.shock import MOST_SHOCKS, ShockSpec
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class StorylineSpec:
    """Dated anchors: the outside world, to which the desks' own impact is added, or a record that contains it."""

    anchors: Literal["exogenous", "observed"] = param(
        "exogenous", help="what the anchors are: the outside world, or a record that contains the desks' impact"
    )
    anchor: tuple[Anchor, ...] = param((), help="dated levels, in order", longest=MOST_ANCHORS)
    shock: tuple[ShockSpec, ...] = param(
        (), help="shocks to the curve on top of the levels, one table each", longest=MOST_SHOCKS, sparse=True
    )
    calibration: CalibrationSpec | None = param(None, help="written by `spiral calibrate`")
