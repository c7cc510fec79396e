"""Questions asked of a finished run: frames in, named numbers, charts and a report out.

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
    from analysis.report import write_chart as write_chart
    from analysis.report import write_report as write_report
    from analysis.summary import summarise as summarise
    from analysis.terminal import render as render
    from sim.dataset import Run as Run
    from sim.dataset import open_run as open_run

_HOMES = {
    "Run": "sim.dataset",
    "facts_table": "analysis.facts",
    "loops_table": "analysis.loops",
    "open_run": "sim.dataset",
    "render": "analysis.terminal",
    "summarise": "analysis.summary",
    "write_chart": "analysis.report",
    "write_comparison": "analysis.compare",
    "write_report": "analysis.report",
}
_ROOMS = (
    "charts",
    "compare",
    "facts",
    "frames",
    "liquidity",
    "loops",
    "numbers",
    "payoffs",
    "pnl",
    "record",
    "report",
    "stylised_facts",
    "summary",
    "terminal",
    "twins",
    "words",
)

__all__ = [
    "Run",
    "charts",
    "compare",
    "facts_table",
    "loops_table",
    "open_run",
    "render",
    "summarise",
    "write_chart",
    "write_comparison",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"analysis.{name}")
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_HOMES, *_ROOMS})
