"""A scenario whose rates are those of a folder of curves: one file of quotes a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from markets.curves.curve_set import solve_set
from markets.specs.anchor import Anchor
from markets.specs.rates import STANDARD_NODES
from scenarios.scenario import Scenario
from scenarios.studies.curves.history import days_of
from scenarios.studies.curves.quotes_csv import Quotes
from sim.errors import UserError

DAY = 1 / 365  # years: the time at which the overnight rate is read


def replay_curves(scenario: Scenario, folder: Path, *, dates: str | None = None) -> tuple[Quotes, Scenario]:
    """The quotes of the first day, and the scenario whose storyline tells the zero rates of every day of a folder.

    Every node of the curve is told at the close of each day that the folder has within the scenario, by the first of
    its curves, or the one that the scenario discounts on. Anchors of other days keep all but their rates.

    Raises UserError: a mistake in a file, no quotes of the first day, or none later.
    """
    found = {
        day: quotes
        for day, quotes in days_of(folder, dates, None, as_given=scenario.run.as_given)
        if scenario.start <= day <= scenario.end
    }
    if scenario.start not in found or len(found) < 2:
        rule = "the folder has no quotes of the first day" if scenario.start not in found else "it has no later day"
        remedy = f"it needs quotes of {scenario.start}, and of days up to {scenario.end}"
        raise UserError(rule, value=str(scenario.start), place=str(folder), remedy=remedy)
    discount = scenario.market.rates.discount or next(iter(found[scenario.start].specs))
    years = {node.name: node.years for node in scenario.market.rates.curve}
    told = {day: _zeros(quotes, day, discount, years) for day, quotes in found.items()}
    known = {anchor.date: anchor for anchor in scenario.storyline.anchor}
    empty = dict.fromkeys(years)
    rows = [
        _with_rates(known.get(day, Anchor(date=day)), told.get(day, empty))
        for day in sorted(known.keys() | told.keys())
    ]
    note = f"{folder}: the zero rates of {len(told)} days, {scenario.start} to {max(told)}, are the storyline's"
    storyline = replace(scenario.storyline, anchor=tuple(rows))
    return found[scenario.start], replace(scenario, storyline=storyline, notes=(*scenario.notes, note))


def _zeros(quotes: Quotes, day: date, discount: str, years: Mapping[str, float]) -> dict[str, float | None]:
    """Zero rates of the nodes on a day, decimal."""
    if discount not in quotes.specs:
        remedy = f"quote it every day; there are {', '.join(quotes.specs)}"
        raise UserError("the curve that discounts is missing on a day", value=discount, place=str(day), remedy=remedy)
    curve = solve_set(quotes.specs, day, lines=quotes.places)[discount]
    return {name: round(float(curve.zero(max(time, DAY))), 8) for name, time in years.items()}


def _with_rates(anchor: Anchor, rates: Mapping[str, float | None]) -> Anchor:
    named: dict[str, Any] = {name: rates[name] for name in STANDARD_NODES}
    further = {name: rate for name, rate in rates.items() if name not in STANDARD_NODES and rate is not None}
    others = {name: rate for name, rate in anchor.nodes.items() if name not in rates}
    return replace(anchor, **named, nodes={**others, **further})
