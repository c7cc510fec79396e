"""The storyline as a chart, in Vega-Lite: importing Altair takes longer than all else that `spiral show` does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from scenarios.describing.levels import daily_levels
from scenarios.scenario import Scenario
from sim.text import one_line

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
Spec = dict[str, Any]  # of Vega-Lite


def storyline_chart(scenario: Scenario) -> Spec:
    """Spot, vol, rates and credit over time."""
    nodes = [node.name for node in scenario.market.rates.curve]
    panels = {"Spot": ["spot"], "Vol": ["vol"], "Rates": nodes, "Credit": ["credit"]}
    a, b, c, d = (_panel(scenario, title, names) for title, names in panels.items())
    return {
        "$schema": SCHEMA,
        "title": one_line(scenario.title),
        "vconcat": [{"hconcat": [a, b]}, {"hconcat": [c, d]}],
        "resolve": {"scale": {"color": "independent"}},
    }


def _panel(scenario: Scenario, title: str, names: list[str]) -> Spec:
    days = [str(scenario.start + timedelta(days=i)) for i in range((scenario.end - scenario.start).days + 1)]
    rows = [
        {"date": day, "level": level * (1 if title == "Spot" else 100), "series": name}
        for name in names
        for day, level in zip(days, daily_levels(scenario, name), strict=True)
    ]
    form = {"axis": {"format": ",.6~g"}, "title": "level" if title == "Spot" else "%", "scale": {"zero": False}}
    return {
        "title": title,
        "data": {"values": rows},
        "mark": {"type": "line"},
        "encoding": {
            "x": {"field": "date", "type": "temporal", "title": None},
            "y": {"field": "level", "type": "quantitative", **form},
            "color": {"field": "series", "type": "nominal", "title": None},
        },
        "width": 360,
        "height": 160,
    }
