"""The storyline as a chart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import altair as alt

from scenarios.describing.levels import daily_levels
from scenarios.scenario import Scenario
from sim.text import one_line


def storyline_chart(scenario: Scenario) -> Any:
    """Spot, vol, rates and credit over time."""
    nodes = [node.name for node in scenario.market.rates.curve]
    panels = {"Spot": ["spot"], "Vol": ["vol"], "Rates": nodes, "Credit": ["credit"]}
    a, b, c, d = (_panel(scenario, title, names) for title, names in panels.items())
    return alt.vconcat(a | b, c | d, title=one_line(scenario.title)).resolve_scale(color="independent")


def _panel(scenario: Scenario, title: str, names: list[str]) -> alt.Chart:
    days = [str(scenario.start + timedelta(days=i)) for i in range((scenario.end - scenario.start).days + 1)]
    rows = [
        {"date": day, "level": level, "series": name}
        for name in names
        for day, level in zip(days, daily_levels(scenario, name), strict=True)
    ]
    axis = alt.Axis(format=",.0f" if title == "Spot" else ".2%")
    line = alt.Chart(alt.InlineData(values=rows), title=title, width=360, height=160).mark_line()
    y = alt.Y("level:Q", title=None, scale=alt.Scale(zero=False), axis=axis)
    panel: alt.Chart = line.encode(x=alt.X("date:T", title=None), y=y, color=alt.Color("series:N", title=None))
    return panel
