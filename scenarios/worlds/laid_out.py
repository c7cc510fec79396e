"""The storyline of a scenario on its clock, before shocks and the laws of rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.factors.storyline import Storyline, lay_out
from sim.memo import Memo

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.clock import Clock


def laid_out(scenario: Scenario, clock: Clock) -> Storyline:
    """Its levels at every tick; kept, as what is said of a scenario asks for them several times. Raises UserError."""
    parts = scenario.storyline, clock, scenario.market, scenario.credit
    return _LAID_OUT.get(lambda: lay_out(*parts), *parts)


_LAID_OUT: Memo[Storyline] = Memo()
