"""How a chart is shown on a slide: large type, and titles that are wrapped for it."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt

from analysis.charts import Chart, theme

TITLE, SUBTITLE = 60, 94  # characters of a line
SIZES: dict[str, dict[str, Any]] = {
    "title": {"fontSize": 26, "subtitleFontSize": 17, "subtitleLineHeight": 23, "subtitlePadding": 8},
    "axis": {"labelFontSize": 17, "titleFontSize": 18, "titlePadding": 10, "tickCount": 6},
    "legend": {"labelFontSize": 18, "symbolSize": 220, "labelLimit": 600},
    "header": {"labelFontSize": 18},
}


def large(chart: Chart) -> Chart:
    """The chart as slides want it. Its title and subtitle are those that it has."""
    house = theme.config()
    chart.config = alt.Config(**house | {part: house[part] | sizes for part, sizes in SIZES.items()})
    title, said = (joined(getattr(chart.title, part)) for part in ("text", "subtitle"))
    chart.title = alt.TitleParams(
        textwrap.wrap(title, TITLE), subtitle=textwrap.wrap(said, SUBTITLE), anchor="start", frame="group", offset=18
    )
    return chart


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else " ".join(text)


def unjoined(chart: alt.LayerChart) -> alt.LayerChart:
    """A chart of `lines` without its band and the line that joins the points, where theory has one."""
    chart.layer = chart.layer[2:]
    return chart
