"""Charts of a sweep. Each is `name(sweep, *, metric="cost_of_survival", scenario=None, ...)` and returns a chart.

`scenario`: the first of the sweep where none is named. Raises UserError for what the sweep does not have.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Protocol

from analysis.charts.cell_detail import cell_detail
from analysis.charts.crowding import appetite_chart, crowding_chart
from analysis.charts.frontier import frontier_chart
from analysis.charts.sensitivity import sobol_chart, tornado_chart
from analysis.charts.sweep_lines import line
from analysis.charts.sweep_map import heat_map
from analysis.charts.theme import Chart
from analysis.given import A_SWEEP
from analysis.sweeps.measures import RISKS
from sim.arguments import maybe, takes, text
from sim.errors import UserError
from sim.metric_names import COST
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


def _frontier(sweep: SweepResult, /, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """Cost against `metric`, where that is a risk; else against the default."""
    return frontier_chart(sweep, scenario=scenario, risk=_risk(metric))


def _crowding(sweep: SweepResult, /, *, metric: str = COST, scenario: str | None = None) -> Chart:
    return crowding_chart(sweep, scenario=scenario, risk=_risk(metric))


def _appetites(sweep: SweepResult, /, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """Of all scenarios, whatever `metric`."""
    return appetite_chart(sweep)


def _risk(metric: str) -> str:
    return metric if metric in RISKS else "es_95"


# Of sweeps over policies, as `spiral frontier` makes them.
POLICY_CHARTS: dict[str, DrawSweep] = {"frontier": _frontier, "crowding": _crowding, "appetites": _appetites}


@takes(sweep=A_SWEEP, name=text, metric=text, scenario=maybe(text))
def draw_sweep(sweep: SweepResult, name: str, *, metric: str = COST, scenario: str | None = None) -> Chart:
    """The chart of that name. Raises UserError for an unknown name."""
    known = SWEEP_CHARTS | POLICY_CHARTS
    if name not in known:
        near = get_close_matches(name, known, 1)
        remedy = f"did you mean {near[0]}?" if near else f"charts: {', '.join(known)}"
        raise UserError("there is no such chart of a sweep", value=name, remedy=remedy)
    return known[name](sweep, metric=metric, scenario=scenario)


__all__ = ["SWEEP_CHARTS", "cell_detail", "draw_sweep", "heat_map", "line", "sobol_chart", "tornado_chart"]
