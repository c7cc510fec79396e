"""A TOML file of curves: its valuation day, the curves, swaps and stresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from markets.specs.curve_swaps import CurveSwapSpec
from markets.specs.curves import CurveSpec
from scenarios.parameters.models import build
from scenarios.reading.shipped import read_toml
from scenarios.studies.curves.quotes_csv import check_plausible, read_quotes
from sim.dataclass import dataclass
from sim.names import same_name
from sim.nearest import nearest
from sim.params import param
from sim.place import Place


@dataclass(frozen=True, kw_only=True)
class CurveFile:
    """What a file of curves may say."""

    date: date | None = param(None, help="valuation day")
    curves: dict[str, CurveSpec] = param(help="the curves, one table each")
    fx: dict[str, float] = param(
        factory=dict,
        unit="other currency",
        help="by cross-currency curve: spot price of its own currency, for forwards",
    )
    swaps: tuple[CurveSwapSpec, ...] = param((), help="swaps to value on them")
    stress: tuple[str, ...] = param((), help="moves of the curves: 'parallel 50', '2Y 10, 10Y 5 on sofr'")


@dataclass(frozen=True)
class ReadFile:
    """A file of curves read, with the quotes of the tables that it names."""

    file: CurveFile
    place: Place
    lines: dict[str, tuple[str, ...]]  # where each of a curve's `quotes` stands
    notes: tuple[str, ...]


def read_curve_file(
    path: Path, *, day: date | None = None, dates: str | None = None, as_given: bool = False
) -> ReadFile:
    """The curves of a TOML file. Raises UserError."""
    place = Place(str(path))
    file = build(CurveFile, read_toml(path), place)
    for name, other in pairwise(sorted(file.curves, key=same_name)):
        if same_name(name) == same_name(other):
            rule = "two curves have this name, but for upper and lower case"
            raise place.at("curves", other).error(rule, value=other, remedy=f"rename it, or the curve {name}")
    for name, spot in file.fx.items():
        here = place.at("fx", name)
        if name not in file.curves or not file.curves[name].against:
            crossing = [key for key, spec in file.curves.items() if spec.against]
            raise here.error("is no cross-currency curve", value=name, remedy=nearest(name, crossing))
        if spot <= 0:
            raise here.error("a price must be > 0", value=spot)
    if not as_given:
        check_plausible(file, place)
    curves = dict(file.curves)
    lines: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for name, spec in file.curves.items():
        if not spec.file:
            continue
        quotes = read_quotes(
            path.parent / spec.file,
            day=day or file.date,
            dates=dates,
            convention=spec.convention,
            as_given=as_given,
        )
        own = next((key for key in (name, spec.convention) if key in quotes.specs), None)
        if own is None:
            rule = "the table has no quotes of this curve"
            raise place.at("curves", name, "file").error(
                rule, value=spec.file, remedy=f"it has {', '.join(quotes.specs)}"
            )
        table = quotes.specs[own]
        curves[name] = replace(
            spec,
            quotes=(*spec.quotes, *table.quotes),
            turns=(*spec.turns, *table.turns),
            meetings=(*spec.meetings, *table.meetings),
        )
        here = place.at("curves", name, "quotes")
        lines[name] = (*(str(here.at(i)) for i in range(len(spec.quotes))), *quotes.places[own])
        notes += quotes.notes
        file = replace(file, date=file.date or quotes.day)
    return ReadFile(replace(file, curves=curves), place, lines, tuple(dict.fromkeys(notes)))
