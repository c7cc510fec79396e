"""Numbers, charts and reports from a finished run: frames in, named numbers out.

    from analysis import open_run, summarise, charts, write_report

    run = open_run("runs/covid_crash_2020")
    print(summarise(run)["cost_of_survival"])
    charts.panels(run)

Importing this package loads neither polars nor Altair; the first use of a name does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import charts as charts
    from analysis.compare import compare as compare
    from analysis.compare import write_comparison as write_comparison
    from analysis.facts import facts_table as facts_table
    from analysis.loops import loops_table as loops_table
    from analysis.losses_at_risk import backtest as backtest
    from analysis.pages.frontier_report import write_frontier_report as write_frontier_report
    from analysis.pages.report import write_chart as write_chart
    from analysis.pages.report import write_report as write_report
    from analysis.pages.sweep_report import write_sweep_report as write_sweep_report
    from analysis.summary import summarise as summarise
    from analysis.sweeps.appetite import best_policies as best_policies
    from analysis.sweeps.crowding import externality as externality
    from analysis.sweeps.sensitivity import sobol_indices as sobol_indices
    from analysis.sweeps.sensitivity import tornado as tornado
    from analysis.terminal import render as render
    from sim.dataset import Run as Run
    from sim.dataset import open_run as open_run
    from sim.sweep_dataset import SweepResult as SweepResult
    from sim.sweep_dataset import open_sweep as open_sweep

_HOMES = {
    "Run": "sim.dataset",
    "SweepResult": "sim.sweep_dataset",
    "backtest": "analysis.losses_at_risk",
    "best_policies": "analysis.sweeps.appetite",
    "externality": "analysis.sweeps.crowding",
    "facts_table": "analysis.facts",
    "loops_table": "analysis.loops",
    "open_run": "sim.dataset",
    "open_sweep": "sim.sweep_dataset",
    "render": "analysis.terminal",
    "sobol_indices": "analysis.sweeps.sensitivity",
    "summarise": "analysis.summary",
    "tornado": "analysis.sweeps.sensitivity",
    "write_chart": "analysis.pages.report",
    "write_comparison": "analysis.compare",
    "write_frontier_report": "analysis.pages.frontier_report",
    "write_report": "analysis.pages.report",
    "write_sweep_report": "analysis.pages.sweep_report",
}
_ROOMS = (
    "charts",
    "compare",
    "facts",
    "frames",
    "hedge",
    "liquidity",
    "loops",
    "numbers",
    "payoffs",
    "pnl",
    "record",
    "report",
    "stylised_facts",
    "summary",
    "sweeps",
    "terminal",
    "twins",
    "words",
)

__all__ = [
    "Run",
    "SweepResult",
    "backtest",
    "best_policies",
    "charts",
    "compare",
    "externality",
    "facts_table",
    "loops_table",
    "open_run",
    "open_sweep",
    "render",
    "sobol_indices",
    "summarise",
    "tornado",
    "write_chart",
    "write_comparison",
    "write_frontier_report",
    "write_report",
    "write_sweep_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"analysis.{name}")
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_HOMES, *_ROOMS})
