"""Charts of a run. Each is `name(run, *, agent=None, world="actual")` and returns an Altair chart.

`agent`: None the first hedger by name, "all" the hedgers together, or a name. Raises UserError for an unknown one.
If a run lacks something that a chart needs (a twin, a hedger), the chart is a note that says so.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Protocol

from analysis.charts.cash import liquidity
from analysis.charts.cost import waterfall
from analysis.charts.exposure import expected_exposure, exposure
from analysis.charts.market import loop_gain, phase_portrait, storyline
from analysis.charts.pnl import attribution, distribution, panels
from analysis.charts.requirement import capital
from analysis.charts.survival import margin_calls
from analysis.charts.theme import Chart, trusted
from analysis.charts.twin import twin_difference
from analysis.given import A_RUN
from sim.arguments import maybe, takes, text
from sim.dataset import Run
from sim.errors import UserError


class Draw(Protocol):
    """A chart function."""

    def __call__(self, run: Run, /, *, agent: str | None = None, world: str = "actual") -> Chart: ...


CATALOGUE: dict[str, Draw] = {
    "panels": panels,
    "waterfall": waterfall,
    "twin_difference": twin_difference,
    "attribution": attribution,
    "distribution": distribution,
    "storyline": storyline,
    "phase_portrait": phase_portrait,
    "loop_gain": loop_gain,
    "margin_calls": margin_calls,
    "liquidity": liquidity,
    "capital": capital,
    "exposure": exposure,
    "expected_exposure": expected_exposure,
}


@takes(run=A_RUN, name=text, agent=maybe(text), world=text)
def draw(run: Run, name: str, *, agent: str | None = None, world: str = "actual") -> Chart:
    """The chart of that name. Raises UserError for an unknown name."""
    if name not in CATALOGUE:
        near = get_close_matches(name, CATALOGUE, 1)
        remedy = f"did you mean {near[0]}?" if near else f"charts: {', '.join(CATALOGUE)}"
        raise UserError("there is no such chart", value=name, remedy=remedy)
    with trusted():
        return CATALOGUE[name](run, agent=agent, world=world)


__all__ = [
    "CATALOGUE",
    "Chart",
    "attribution",
    "capital",
    "distribution",
    "draw",
    "expected_exposure",
    "exposure",
    "liquidity",
    "loop_gain",
    "margin_calls",
    "panels",
    "phase_portrait",
    "storyline",
    "twin_difference",
    "waterfall",
]
