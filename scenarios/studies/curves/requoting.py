"""Curves with some of their quotes changed, and the file that says them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markets.curves.curve_set import par_quotes
from markets.specs.curve_swaps import CurveSwapSpec
from markets.specs.curves import CurveSpec, QuoteSpec
from scenarios.checking.plausibility import odd_fields
from scenarios.describing.scenario_file import value_text
from scenarios.parameters.models import build
from sim.named_tuple import NamedTuple
from sim.place import Place

if TYPE_CHECKING:
    from datetime import date

SPREADS = ("basis", "cross_currency")  # instruments that are quoted in basis points
HEAD = "# Curves of Spiral: `spiral curve {name}` solves them.\n"


class Unit(NamedTuple):
    """In what an instrument is quoted: the field of its quote, what 1 of the unit is there, and its name."""

    field: str
    scale: float
    name: str


def unit_of(quote: QuoteSpec) -> Unit:
    """Percent of a rate, basis points of a spread, a price as it is."""
    if quote.price is not None:
        return Unit("price", 1.0, "price")
    return Unit("rate", 1e-4, "bp") if quote.kind in SPREADS else Unit("rate", 0.01, "%")


def listed(specs: Mapping[str, CurveSpec]) -> dict[str, CurveSpec]:
    """The same curves with every quote in `quotes`, those of `rates` first."""
    return {name: replace(spec, rates={}, quotes=(*par_quotes(spec), *spec.quotes)) for name, spec in specs.items()}


def requoted(
    specs: Mapping[str, CurveSpec], values: Mapping[tuple[str, int], float], *, place: str = "quotes"
) -> dict[str, CurveSpec]:
    """Curves of `listed` with other values of some quotes. values: by curve and number from 0, in units of `unit_of`.

    Raises UserError for a value that no quote can have, or that no market has had.
    """
    found = dict(specs)
    for (name, number), value in values.items():
        spec = found[name]
        quote, unit = spec.quotes[number], unit_of(spec.quotes[number])
        at = Place(place).at(name, f"{quote.kind} {quote.tenor or quote.end}")
        cells = {f.name: getattr(quote, f.name) for f in dataclasses.fields(quote)}
        cells[unit.field] = value * unit.scale
        new = build(QuoteSpec, {key: each for key, each in cells.items() if each is not None}, at)
        if any(odd_fields(new, at)):
            rule, remedy = "outside what the record of markets has, with room", f"the line is in {unit.name}, as sent"
            raise at.error(rule, value=f"{value:g} {unit.name}", remedy=f"{remedy}: {_shown(quote, unit)}")
        found[name] = replace(spec, quotes=(*spec.quotes[:number], new, *spec.quotes[number + 1 :]))
    return found


def _shown(quote: QuoteSpec, unit: Unit) -> str:
    return f"{getattr(quote, unit.field) / unit.scale:.10g}"


def curve_file_text(
    specs: Mapping[str, CurveSpec],
    day: date,
    *,
    fx: Mapping[str, float] | None = None,
    swaps: tuple[CurveSwapSpec, ...] = (),
    stress: tuple[str, ...] = (),
    name: str = "curves.toml",
) -> str:
    """A TOML file of curves, with swaps to value and stresses, as `read_curve_file` reads it."""
    lines = [HEAD.format(name=name), f"date = {day}"]
    if stress:
        lines.append(f"stress = {value_text(stress)}")
    for key, spec in specs.items():
        lines += ["", f"[curves.{_key(key)}]", *_said(spec, skip=("quotes", "file"))]
        if spec.quotes:
            lines += ["quotes = [", *(f"    {_inline(quote)}," for quote in spec.quotes), "]"]
    if fx:
        lines += ["", "[fx]", *(f"{_key(key)} = {value_text(spot)}" for key, spot in fx.items())]
    for swap in swaps:
        lines += ["", "[[swaps]]", *_said(swap)]
    return "\n".join(lines) + "\n"


def _said(spec: Any, skip: tuple[str, ...] = ()) -> list[str]:
    """`key = value` of what differs from its default."""
    return [f"{key} = {_value(value)}" for key, value in _given(spec) if key not in skip]


def _inline(spec: Any) -> str:
    return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in _given(spec))} }}"


def _given(spec: Any) -> list[tuple[str, Any]]:
    out = []
    for f in dataclasses.fields(spec):
        value = getattr(spec, f.name)
        usual = f.default if f.default_factory is dataclasses.MISSING else f.default_factory()
        if value is not None and value != usual:
            out.append((f.name, value))
    return out


def _value(value: Any) -> str:
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return f"[{', '.join(map(_inline, value))}]"
    return value_text(value)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else value_text(name)
