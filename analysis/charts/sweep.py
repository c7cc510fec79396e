"""Charts of a sweep. Each is `name(sweep, *, metric="cost_of_survival", scenario=None, ...)` and returns a chart.

`scenario`: the first of the sweep where none is named. Raises UserError for what the sweep does not have.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Protocol

from analysis.charts.cell_detail import cell_detail
from analysis.charts.sensitivity import sobol_chart, tornado_chart
from analysis.charts.sweep_lines import COST, line
from analysis.charts.sweep_map import heat_map
from analysis.charts.theme import Chart
from sim.errors import UserError
from sim.sweep_dataset import SweepResult


class DrawSweep(Protocol):
    """A chart function of a sweep."""

    def __call__(self, sweep: SweepResult, /, *, metric: str = COST, scenario: str | None = None) -> Chart: ...


SWEEP_CHARTS: dict[str, DrawSweep] = {
    "line": line,
    "heat_map": heat_map,
    "tornado": tornado_chart,
    "sobol": sobol_chart,
    "cell_detail": cell_detail,
}


def draw_sweep(sweep: SweepResult, name: str, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """The chart of that name. Raises UserError for a name that there is none of."""
    if name not in SWEEP_CHARTS:
        near = get_close_matches(name, SWEEP_CHARTS, 1)
        remedy = f"did you mean {near[0]}?" if near else f"charts: {', '.join(SWEEP_CHARTS)}"
        raise UserError("there is no such chart of a sweep", value=name, remedy=remedy)
    return SWEEP_CHARTS[name](sweep, metric=metric, scenario=scenario)


__all__ = ["SWEEP_CHARTS", "cell_detail", "draw_sweep", "heat_map", "line", "sobol_chart", "tornado_chart"]
