"""Curves of other currencies: parameters."""

from __future__ import annotations

from collections.abc import Iterator

from markets.plausible import RATE, SPEED, YIELD_VOL
from markets.specs.variable import ZERO, Variable
from sim.dataclass import dataclass
from sim.figure_text import tenor
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class CurrencyNodeSpec:
    """A node of a currency's zero curve. Correlations that are not given follow from the others."""

    years: float = param(unit="years", help="where it lies on the curve", ge=0, le=100)
    rate: float = param(unit="decimal", help="zero rate at the start", plausible=RATE)
    vol: float = param(
        0.010, unit="decimal per sqrt(trading year)", help="noise of its rate", ge=0, plausible=YIELD_VOL
    )
    correlation: dict[str, float] = param(
        factory=dict, help="of its noise with nodes, spreads and FX rates by name; 'spot' is the main asset's shock"
    )


@dataclass(frozen=True, kw_only=True)
class CurrencySpec:
    """The overnight curve of a currency, and what it is discounted on where the collateral is in dollars."""

    nodes: dict[str, CurrencyNodeSpec] = param(factory=dict, help="nodes of its zero curve, one table each")
    mean_reversion: float = param(12.0, unit="1/trading year", help="pull of the noise to zero", ge=0, plausible=SPEED)
    curve: str = param("", help="the one of `curves` that it starts as; else linear between nodes", longest=40)
    basis: str = param(
        "", help="the one of `spreads` added to its rates where flows in it have collateral in dollars", longest=40
    )

    def variables(self, name: str) -> Iterator[Variable]:
        """Its nodes, the shortest first."""
        for node, spec in sorted(self.nodes.items(), key=lambda item: item[1].years):
            label = f"{name.upper()} {tenor(spec.years)} zero rate"
            yield Variable(
                ZERO, name, node, spec.years, spec.rate, spec.vol, self.mean_reversion, spec.correlation, label
            )
