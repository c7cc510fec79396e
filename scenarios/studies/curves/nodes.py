"""Solved curves node by node, and what is said about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from markets.curves.curve_set import CurveSet
from markets.curves.quoted_curve import QuotedCurve
from sim.figure_text import percent, significant

if TYPE_CHECKING:
    from sim.screen.group import Group


def node_columns(curves: CurveSet, fx: Mapping[str, float] | None = None) -> dict[str, list[Any]]:
    """curve, quote, value, step, date, years, discount, zero, forward (continuous, from the node before).

    fx: spot prices by cross-currency curve; then `fx_forward` too, None of other curves.
    """
    out: dict[str, list[Any]] = {}
    for name, curve in curves.curves.items():
        quotes = [quote for quote in curves.quotes if quote.curve == name]
        before = np.concatenate([[0.0], curve.years[:-1]])
        columns: dict[str, list[Any]] = {
            "curve": [name] * len(quotes),
            "quote": [quote.name.removeprefix(f"{name} ") for quote in quotes],
            "value": [quote.value for quote in quotes],
            "step": [quote.step for quote in quotes],
            "date": list(curve.dates),
            "years": curve.years.tolist(),
            "discount": np.exp(-curve.y).tolist(),
            "zero": np.asarray(curve.zero(curve.years)).tolist(),
            "forward": np.asarray(curve.forward(before, curve.years)).tolist(),
        }
        if fx:
            known = name in fx
            columns["fx_forward"] = (
                np.asarray(curves.fx_forward(name, fx[name], curve.years)).tolist() if known else [None] * len(quotes)
            )
        for key, values in columns.items():
            out[key] = out.get(key, []) + values
    if fx and not set(fx) & set(curves.curves):
        del out["fx_forward"]
    return out


def nodes_alone(curves: CurveSet, fx: Mapping[str, float] | None = None) -> Group:
    """The nodes and what is said about them, for a screen. fx: as above."""
    from analysis.pages.curve_nodes import nodes_table, rendered

    return rendered([nodes_table(heading(curves), assumed(curves), node_columns(curves, fx))])


def heading(curves: CurveSet) -> str:
    """The day, the number of quotes, how well they are met."""
    return (
        f"{curves.day}, {len(curves.quotes)} quotes on {len(curves.curves)} curve{'s' * (len(curves.curves) > 1)}, "
        f"largest error of a quote {curves.residual:.1e}"
    )


def assumed(curves: CurveSet) -> tuple[str, ...]:
    """What is assumed beyond each curve's last quote and between quotes, then what curves have besides quotes."""
    ways = {name: curve.interpolation.name for name, curve in curves.curves.items()}
    said = [f"{beyond(curve)}; interpolation {ways[name]}" for name, curve in curves.curves.items()]
    return (*said, *shaped(curves))


def beyond(curve: QuotedCurve) -> str:
    """What is assumed beyond the last quote."""
    last, shape = curve.years[-1], curve.shape
    held = percent(float(curve.forward(last, last + 1e-6)), 4)
    where = f"{curve.name}: beyond {curve.dates[-1]} the forward rate"
    if shape.ultimate is None:
        return f"{where} stays at {held}"
    towards = f"{significant(shape.ultimate * 100, 4)} %, its distance shrinking by exp(-{shape.speed:g}) a year"
    return f"{where} goes from {held} to {towards}"


def shaped(curves: CurveSet) -> list[str]:
    """What the curves have besides quotes, in words: turns of the year and meetings; empty without."""
    out = []
    for name, spec in curves.specs.items():
        for turn in spec.turns:
            size, last = f"{turn.rate * 1e4:+g} bp", turn.end - timedelta(days=1)
            out.append(f"{name}: the overnight rate has {size} from {turn.start} to {last}")
        if spec.meetings:
            days = ", ".join(str(day) for day in sorted(spec.meetings))
            out.append(f"{name}: nodes stand at meetings, and the forward rate is flat between them: {days}")
    return out
