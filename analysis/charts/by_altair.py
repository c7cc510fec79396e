"""Charts that Altair draws, fast and in the house's look: those of sweeps, and a user's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import altair as alt
from altair.utils import schemapi

from analysis.chart_words import OWN, label, with_labels

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.VConcatChart | alt.HConcatChart | alt.ConcatChart

_altair: Any = schemapi
_DEEP_COPY, _VALIDATES = _altair._deep_copy, _altair.DEBUG_MODE
_LOCK = threading.Lock()
_drawing = 0  # blocks of `trusted` that are open
PLAIN = (type(alt.Undefined), str, bool, int, float, type(None), tuple)  # what Altair does not copy


@contextmanager
def trusted() -> Iterator[None]:
    """A block in which Altair does not validate: comparing every piece with the schema takes longer than drawing.

    Nor does it walk through what needs no copy: with every layer and panel it copies the whole chart, of which nine
    values in ten are `Undefined`. The tests validate whole charts, which is stricter. Threads may draw at the same
    time: the last one out sets Altair back.
    """
    global _drawing
    with _LOCK:
        _drawing += 1
        _altair.DEBUG_MODE, _altair._deep_copy = False, _copied
    try:
        yield
    finally:
        with _LOCK:
            _drawing -= 1
            if not _drawing:
                _altair.DEBUG_MODE, _altair._deep_copy = _VALIDATES, _DEEP_COPY


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


def make_harmless(part: Any) -> None:
    """Make every title in a chart and its parts harmless, in place, and values that are names as `rows` does."""
    if isinstance(part, list | tuple):
        for item in part:
            make_harmless(item)
        return
    if isinstance(part, dict):  # a piece that is written as one
        part.update(with_labels(part))
    if not isinstance(part, alt.SchemaBase):
        return
    for key, value in part._kwds.items():
        if value is alt.Undefined:  # nine in ten
            continue
        changed = label(key, value)
        if changed is not None:
            part._kwds[key] = changed
        elif key not in OWN:
            make_harmless(value)


def dress(chart: Chart, title: dict[str, Any], config: dict[str, Any]) -> None:
    """Give the chart its title and configuration; titles within are made safe.

    Set, not `.properties()` and `.configure()`: each of those copies the whole chart.
    """
    make_harmless(chart)
    chart.title, chart.config = alt.TitleParams(**title), alt.Config(**config)


def spec_of(chart: Chart) -> dict[str, Any]:
    """The Vega-Lite specification of a chart whose titles are made harmless."""
    make_harmless(chart)
    found: dict[str, Any] = chart.to_dict(validate=False)
    return found
