"""How every chart looks: colours for colour-blind readers too, sizes, titles, and a note in place of a chart."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from analysis.charts import vega
from analysis.charts.labels import tame, wrapped
from sim.split import Split

if TYPE_CHECKING:
    import altair as alt

    Chart: TypeAlias = vega.Chart | alt.Chart | alt.LayerChart | alt.VConcatChart | alt.HConcatChart | alt.ConcatChart
else:
    Chart = vega.Chart

WIDTH = 780  # px of a full-width panel, axes excluded
LINE = 134  # characters of a subtitle that fit it
HEAD = 96  # of a title
SENTENCES = 6  # lines of one text of a subtitle
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, MUTED, GRID, MISSING = "#1f2933", "#66727f", "#e6eaee", "#d5dae0"

# Paul Tol's "vibrant" and "muted" schemes (personal.sron.nl/~pault), safe for the common kinds of colour blindness.
HEDGED, UNHEDGED = "#0077BB", "#CC3311"
ACTUAL, TWIN = "#882255", "#44AA99"
BLEED = "#CC6677"
PARTS = (  # of the loss, by their declared number
    "#CC6677", "#117733", "#332288", "#44AA99", "#999933", "#DDCC77", "#E08A3C", "#AA4499", "#DDAACC", "#882255",
    "#88CCEE", "#4477AA", "#661100", "#6699CC", "#AA4466", "#888888",
)  # fmt: skip


def part_colours(loss: Split) -> dict[str, str]:
    """Colour of each part of the loss by its short name: the declared one, or the first that no other part has."""
    free = (i for i in itertools.count() if i not in {part.colour for part in loss.parts})
    numbers = {part.short: next(free) if part.colour is None else part.colour for part in loss.parts}
    return {short: PARTS[number % len(PARTS)] for short, number in numbers.items()}


def finish(chart: Chart, title: str, subtitle: str | list[str]) -> Chart:
    """The chart with its title, the sentence that states the number read off it, and the house style.

    Here all titles, also of axes, legends and tooltips, are shortened and made safe.
    """
    given = [subtitle] if isinstance(subtitle, str) else subtitle
    lines = [line for text in given for line in wrapped(tame(text), LINE, most=SENTENCES)]
    over = wrapped(tame(str(title)), HEAD)
    head = vega.title(
        over if len(over) > 1 else " ".join(over), subtitle=lines, anchor="start", frame="group", offset=14
    )
    if isinstance(chart, vega.Chart):
        return chart.properties(title=head, config=vega.Config(**config()))
    from analysis.charts import by_altair

    by_altair.dress(chart, head, config())
    return chart


def layer(*charts: alt.Chart | alt.LayerChart, width: int, height: int, **more: Any) -> alt.LayerChart:
    """Charts of Altair on top of one another, of this size in px."""
    import altair as alt

    found = alt.layer(*charts, width=width, height=height, **more)
    assert isinstance(found, alt.LayerChart)
    return found


def own_scale(channel: Literal["color", "y"]) -> vega.Part:
    """Every part has its own scale for this channel, as the argument `resolve` of layers and concatenations."""
    return {"scale": {channel: "independent"}}


def config() -> dict[str, Any]:
    """Vega-Lite configuration of the house style."""
    return {
        "background": "white",
        "font": FONT,
        "view": {"stroke": None},
        "scale": {"invalid": {"color": {"value": MISSING}}},  # of marks that are shown although they have no value
        "title": {
            "fontSize": 16,
            "fontWeight": 600,
            "color": INK,
            "subtitleFontSize": 12.5,
            "subtitleColor": MUTED,
            "subtitlePadding": 5,
            "subtitleLineHeight": 17,
        },
        "axis": {
            "labelColor": MUTED,
            "titleColor": MUTED,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "titleLimit": 420,
            "gridColor": GRID,
            "domainColor": "#b8c0c8",
            "tickColor": "#b8c0c8",
            "labelFlush": False,
        },
        "legend": {
            "labelColor": INK,
            "labelFontSize": 11.5,
            "title": None,
            "titleLimit": 420,
            "orient": "top",
            "direction": "horizontal",
            "symbolType": "square",
            "symbolSize": 90,
            "symbolOpacity": 1,
            "labelLimit": 420,
            "columnPadding": 16,
            "offset": 4,
        },
        "header": {"labelColor": INK, "labelFontSize": 12, "labelFontWeight": 600, "labelLimit": 420, "title": None},
    }


def note(title: str, text: str) -> Chart:
    """A note in place of a chart for which a run has no data."""
    mark = vega.Chart(vega.InlineData(values=[{}])).mark_text(align="left", color=MUTED, fontSize=13, text=text)
    return finish(mark.encode(x=vega.value(0), y=vega.value(20)).properties(width=WIDTH, height=40), title, [])
