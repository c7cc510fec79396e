"""The curves of a form: as they were sent, and with the quotes that were typed over them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.desk.rates.asked import SONIA, Asked
from scenarios.desk.uploads import Uploads
from scenarios.files.numbers import parse_number
from scenarios.reading.loading import load
from scenarios.reading.shipped import read_toml
from scenarios.studies.curves.requoting import curve_file_text, listed, requoted, unit_of
from scenarios.studies.curves.solving import Solved, read_and_solve
from sim.errors import UserError
from sim.place import Place

if TYPE_CHECKING:
    from markets.specs.curves import CurveSpec

HERE = Path(__file__).parent
PRESET = "sonia_swap_desk"  # whose curve and book the first example is


@dataclass(frozen=True)
class QuoteLine:
    """A line of the table of quotes: what was sent, in its unit, and what is typed over it, "" for nothing."""

    curve: str
    number: int
    instrument: str
    unit: str
    sent: str
    typed: str

    @property
    def changed(self) -> bool:
        """Whether another value is typed."""
        return bool(self.typed) and self.typed != self.sent


@dataclass(frozen=True)
class Market:
    """Solved curves: `sent` as they came, `solved` with the changes; the same object where nothing is changed."""

    sent: Solved
    solved: Solved
    lines: tuple[QuoteLine, ...]

    @property
    def changed(self) -> bool:
        """Whether any quote was typed over."""
        return self.solved is not self.sent

    def file_text(self, swaps: tuple[str, ...] = (), stress: tuple[str, ...] = ()) -> str:
        """The curves as a file of the command line."""
        from scenarios.studies.curves.swap_text import parse_swap

        solved = self.solved
        book = (*solved.swaps, *(parse_swap(text, f"swaps.{i}") for i, text in enumerate(swaps, 1)))
        return curve_file_text(solved.curves.specs, solved.curves.day, fx=solved.fx, swaps=book, stress=stress)


def market_of(asked: Asked, folder: Path) -> Market:
    """Solve the curves of a form. Raises UserError: a file that cannot be read, a quote that cannot be met."""
    sent = _sent(asked, folder)
    specs = listed(sent.curves.specs)
    sent = replace(sent, curves=replace(sent.curves, specs=specs))
    values = _values(asked, specs)
    lines = _lines(asked, specs)
    if not values:
        return Market(sent, sent, lines)
    moved = read_and_solve(requoted(specs, values), day=sent.curves.day)
    return Market(sent, replace(sent, curves=moved.curves), lines)


def _sent(asked: Asked, folder: Path) -> Solved:
    way = asked.interpolation or None
    if asked.curves:
        file = Uploads(folder).get(asked.curves)
        if file.suffix.lower() == ".toml":
            _check_alone(file)
        return read_and_solve(
            file,
            day=asked.day or None,
            convention=asked.convention or None,
            interpolation=way,
            dates=asked.dates or None,
        )
    solved = _example(asked.example)
    if not asked.day and not asked.interpolation:
        return solved
    specs, day = solved.curves.specs, asked.day or solved.curves.day
    again = read_and_solve(specs, day=day, interpolation=way)
    return replace(solved, curves=again.curves)


def _check_alone(file: Path) -> None:
    """Raise UserError for a file that names another one: nothing but itself is read."""
    curves = read_toml(file).get("curves")
    for name, table in curves.items() if isinstance(curves, dict) else ():
        if isinstance(table, dict) and table.get("file"):
            remedy = "write its quotes into the file, or send the CSV itself"
            raise Place(file.name).at("curves", name, "file").error("is read on the command line alone", remedy=remedy)


@lru_cache(maxsize=4)
def _example(name: str) -> Solved:
    if name != SONIA:
        return read_and_solve(HERE / "examples" / f"{name}.toml")
    scenario = load(PRESET)
    solved = read_and_solve(scenario.market.rates.curves, day=scenario.start)
    return replace(solved, notes=(f"the curve and the swaps of the scenario {PRESET}, made up",))


def example_swaps() -> tuple[str, ...]:
    """The book of the first example, in words."""
    found = []
    for line in load(PRESET).desk.book:  # type: ignore[union-attr]
        notional = line.notional or 0.0
        length = f"{line.months}M" if line.months else f"end {line.expiry}"
        side = "receive" if notional > 0 else "pay"
        found.append(f"{side} {100 * (line.fixed_rate or 0.0):.10g}% {length} {abs(notional) / 1e6:.10g}m")
    return tuple(found)


def _lines(asked: Asked, specs: dict[str, CurveSpec]) -> tuple[QuoteLine, ...]:
    found = []
    for name, spec in specs.items():
        for i, quote in enumerate(spec.quotes):
            unit = unit_of(quote)
            length = quote.tenor or f"{quote.start or ''} {quote.end or ''}".strip()
            sent = f"{getattr(quote, unit.field) / unit.scale:.10g}"
            kind = f"{quote.kind.replace('_', ' ')} {length}"
            found.append(QuoteLine(name, i, kind, unit.name, sent, asked.typed.get((name, i), "")))
    return tuple(found)


def _values(asked: Asked, specs: dict[str, CurveSpec]) -> dict[tuple[str, int], float]:
    """The quotes that were typed over, in their units. Raises UserError."""
    found = {}
    for line in _lines(asked, specs):
        if not line.changed:
            continue
        value = parse_number(line.typed.removesuffix("%").removesuffix("bp").strip(), ".")
        place = f"quotes: {line.curve}.{line.instrument}"
        if value is None or not math.isfinite(value):
            raise UserError("must be a number", value=line.typed, place=place, remedy=f"write {line.sent}")
        if value != float(line.sent):
            found[line.curve, line.number] = value
    return found
