"""How every chart looks: colours for colour-blind readers too, sizes, titles, and a note in place of a chart."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

import altair as alt
from altair.utils import schemapi

from analysis.charts.labels import make_harmless, tame, wrapped
from sim.split import Split

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.VConcatChart | alt.HConcatChart | alt.ConcatChart

_altair: Any = schemapi
_DEEP_COPY, _TO_DICT, _VALIDATES = _altair._deep_copy, _altair._todict, _altair.DEBUG_MODE
_LOCK = threading.Lock()
_drawing = 0  # blocks of `trusted` that are open
AS_IT_IS = (str, bool, int, float, type(None))  # in a chart and in its specification
PLAIN = (type(alt.Undefined), *AS_IT_IS, tuple)  # what Altair does not copy

WIDTH = 780  # px of a full-width panel, axes excluded
LINE = 134  # characters of a subtitle that fit it
HEAD = 96  # of a title
SENTENCES = 6  # lines of one text of a subtitle
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, MUTED, GRID, MISSING = "#1f2933", "#66727f", "#e6eaee", "#d5dae0"

# Paul Tol's "vibrant" and "muted" schemes (personal.sron.nl/~pault), safe for the common kinds of colour blindness.
HEDGED, UNHEDGED = "#0077BB", "#EE7733"  # also apart where a printer has no colours
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


@contextmanager
def trusted() -> Iterator[None]:
    """A block or a function in which Altair does not validate: comparing every piece with the schema takes ten times
    as long as drawing.

    Nor does it walk through what needs no copy: with every layer and panel it copies the whole chart, of which nine
    values in ten are `Undefined`. Nor does it ask of texts and numbers whether they are charts, tables or dates. The
    tests validate whole charts, which is stricter. Threads may draw at the same time: the last one out sets Altair
    back.
    """
    global _drawing
    with _LOCK:
        _drawing += 1
        _altair.DEBUG_MODE, _altair._deep_copy, _altair._todict = False, _copied, _told
    try:
        yield
    finally:
        with _LOCK:
            _drawing -= 1
            if not _drawing:
                _altair.DEBUG_MODE, _altair._deep_copy, _altair._todict = _VALIDATES, _DEEP_COPY, _TO_DICT


def _copied(value: Any, by_ref: set[str]) -> Any:
    """Altair's deep copy: the same result."""
    kind = type(value)
    if kind is dict:
        found = value.copy()
        for key, each in value.items():
            if each is not alt.Undefined and type(each) not in PLAIN and key not in by_ref:
                found[key] = _copied(each, by_ref)
        return found
    if kind is list:
        return [v if type(v) in PLAIN else _copied(v, by_ref) for v in value]
    if not isinstance(value, schemapi.SchemaBase) or hasattr(value, "__deepcopy__"):
        return value if kind in PLAIN else _DEEP_COPY(value, by_ref)
    made = object.__new__(kind)  # its constructor would check and combine once more what is combined already
    object.__setattr__(made, "_args", tuple(_copied(arg, by_ref) for arg in value._args))
    object.__setattr__(made, "_kwds", _copied(value._kwds, by_ref))
    return made


def _told(value: Any, *more: Any, **named: Any) -> Any:
    """Altair's part of a specification: the same result."""
    return value if type(value) in AS_IT_IS else _TO_DICT(value, *more, **named)


def finish(chart: Chart, title: str, subtitle: str | list[str]) -> Chart:
    """The chart with its title, the sentence that states the number read off it, and the house style.

    Here all titles, also of axes, legends and tooltips, are shortened and made safe.
    """
    given = [subtitle] if isinstance(subtitle, str) else subtitle
    lines = [line for text in given for line in wrapped(tame(text), LINE, most=SENTENCES)]
    over = wrapped(tame(str(title)), HEAD)
    head = alt.TitleParams(
        over if len(over) > 1 else " ".join(over), subtitle=lines, anchor="start", frame="group", offset=14
    )
    make_harmless(chart)
    chart.title = head  # set, not `.properties()` and `.configure()`: each of those copies the whole chart
    chart.config = alt.Config(**config())
    return chart


def layer(*charts: alt.Chart | alt.LayerChart, width: int, height: int, **more: Any) -> alt.LayerChart:
    """Charts on top of one another, of this size in px."""
    found = alt.layer(*charts, width=width, height=height, **more)
    assert isinstance(found, alt.LayerChart)
    return found


def own_scale(channel: Literal["color", "y"]) -> alt.Resolve:
    """Every part has its own scale for this channel, as the argument `resolve` of layers and concatenations."""
    apart = {"color": alt.ScaleResolveMap(color="independent"), "y": alt.ScaleResolveMap(y="independent")}
    return alt.Resolve(scale=apart[channel])


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
    mark = alt.Chart(alt.InlineData(values=[{}])).mark_text(align="left", color=MUTED, fontSize=13, text=text)
    return finish(mark.encode(x=alt.value(0), y=alt.value(20)).properties(width=WIDTH, height=40), title, [])
