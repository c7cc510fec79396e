"""Spread curves: parameters."""

from __future__ import annotations

from collections.abc import Iterator

from markets.plausible import SPEED, SPREAD_OVER, YIELD_VOL
from markets.specs.variable import SPREAD, Variable
from sim.dataclass import dataclass
from sim.figure_text import tenor
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class SpreadNodeSpec:
    """A node of a spread curve. Correlations that are not given follow from the others."""

    years: float = param(unit="years", help="where it lies on the curve", ge=0, le=100)
    level: float = param(0.0, unit="decimal", help="spread at the start", plausible=SPREAD_OVER)
    vol: float = param(0.0010, unit="decimal per sqrt(trading year)", help="its noise", ge=0, plausible=YIELD_VOL)
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with nodes, spreads and FX rates by name; 'spot' is the main asset's shock"
    )


@dataclass(frozen=True, kw_only=True)
class SpreadSpec:
    """A spread over the zero rates of a curve, that moves: term over overnight, swap over Treasury, cross-currency.

    Flat, with level, vol and correlation of its own, or with those of its nodes.
    """

    over: str = param("usd", help="currency of the curve that it is over", longest=40)
    level: float = param(0.0, unit="decimal", help="spread at the start", plausible=SPREAD_OVER)
    vol: float = param(0.0010, unit="decimal per sqrt(trading year)", help="its noise", ge=0, plausible=YIELD_VOL)
    mean_reversion: float = param(4.0, unit="1/trading year", help="pull of the noise to zero", ge=0, plausible=SPEED)
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with nodes, spreads and FX rates by name; 'spot' is the main asset's shock"
    )
    nodes: dict[str, SpreadNodeSpec] = param(
        factory=dict, help="in place of a flat spread, one table each", sparse=True
    )

    def variables(self, name: str) -> Iterator[Variable]:
        """Its nodes, the shortest first; the spread itself where it is flat."""
        if not self.nodes:
            label = f"Spread {name}"
            yield Variable(SPREAD, name, name, 0.0, self.level, self.vol, self.mean_reversion, self.correlation, label)
        for node, spec in sorted(self.nodes.items(), key=lambda item: item[1].years):
            label = f"Spread {name}, {tenor(spec.years)}"
            yield Variable(
                SPREAD, name, node, spec.years, spec.level, spec.vol, self.mean_reversion, spec.correlation, label
            )
