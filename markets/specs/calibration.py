"""The result of a fit of the outside world."""

from __future__ import annotations

from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class ExplainedSpec:
    """The share of one figure of a crisis that feedback explains: actual - price_taker."""

    actual: float = param(help="as the desks trade")
    price_taker: float | None = param(None, help="in the twin in which what they do leaves no trace")
    error: float = param(help="standard error of the difference", ge=0)
    frozen: float | None = param(None, help="of earlier versions: in a market that answers nothing; not shown")


@dataclass(frozen=True, kw_only=True)
class RiseSpec:
    """Rise of ln level from the start to the median path's highest close, split by cause; the parts add up."""

    storyline: float = param(
        help="told: by the anchors' residual over what the law says of the storyline", ge=-50, le=50
    )
    memory: float = param(help="the market's own answer to the path, without the desks", ge=-50, le=50)
    feedback: float = param(help="what the desks add: actual - price_taker", ge=-50, le=50)
    memory_error: float = param(help="standard error of `memory`", ge=0)
    feedback_error: float = param(help="standard error of `feedback`", ge=0)

    @property
    def total(self) -> float:
        """All of it."""
        return self.storyline + self.memory + self.feedback


@dataclass(frozen=True, kw_only=True)
class CalibrationSpec:
    """The result of `spiral calibrate`, and its settings; a run does not depend on it."""

    paths: int = param(help="Monte Carlo paths of each run", gt=0)
    seed: int = param(help="seed of the fit", ge=0)
    check_seed: int = param(help="seed of the check, whose figures these are", ge=0)
    spiral: str = param(help="version of the engine")
    record: str = param(help="digest of the levels that were fitted")
    laws: str | None = param(None, help="laws of vol and credit that the figures are of")
    residual_spot: float = param(unit="share", help="largest distance of the median from the record", ge=0)
    residual_vol: float = param(unit="share", help="largest distance of the median from the record", ge=0)
    drawdown: ExplainedSpec = param(unit="share of the peak", help="largest fall of the median close from its peak")
    vol_peak: ExplainedSpec = param(unit="decimal", help="median of the paths' highest implied vol")
    spread_peak: ExplainedSpec = param(unit="multiple of base", help="median of the paths' widest half-spread")
    vol_rise: RiseSpec | None = param(None, unit="ln", help="of implied vol to its highest close")
    credit_rise: RiseSpec | None = param(None, unit="ln", help="of the credit spread to its highest close")
