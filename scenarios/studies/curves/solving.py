"""Curves solved and swaps valued: what a notebook calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from typing import Any

from markets.curves.conventions import convention_named, find_convention
from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.interpolation import INTERPOLATIONS
from markets.curves.swap_book import SwapBook
from markets.specs.curve_swaps import CurveSwapSpec
from markets.specs.curves import CurveSpec
from scenarios.files.frames import Source, is_path
from scenarios.studies.curves.curve_file import read_curve_file
from scenarios.studies.curves.quotes_csv import read_quotes
from scenarios.studies.curves.swap_text import parse_swap
from scenarios.studies.curves.swaps_csv import read_swaps
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

IN_A_NAME = re.compile(r"(?<!\d)(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)")


@dataclass(frozen=True)
class Solved:
    """Curves of a file, with the swaps and stresses that it names, and what was assumed to read it."""

    curves: CurveSet
    swaps: tuple[CurveSwapSpec, ...]
    stress: tuple[str, ...]
    notes: tuple[str, ...]
    fx: Mapping[str, float] = field(default_factory=dict)


def solve_curves(
    source: Source | Mapping[str, CurveSpec],
    *,
    day: date | str | None = None,
    convention: str | None = None,
    interpolation: str | None = None,
    dates: str | None = None,
    as_given: bool = False,
) -> CurveSet:
    """Solve curves from quotes, all together: every quote is met to 1e-12.

        curves = solve_curves("quotes.csv", day="2026-03-02")
        curves["sofr"].zero(5.0)

    Args:
        source: a CSV file or a frame of quotes (curve, kind, tenor, rate), a TOML file of curves, or specs by name.
        day: valuation day, where the source does not say it; of a table of several days the one that is meant.
        convention: of curves that neither say theirs nor are named after one: `usd_sofr`, `gbp_sonia`, ...
        interpolation: `log_linear`, `linear_zero` or `log_cubic`, in place of the source's.
        dates: order of day and month in tables, `mdy`, `dmy` or `iso`.
        as_given: take rates that no market has had.

    Returns:
        The curves by name, with their quotes and the exact derivative of every node by every quote.

    Raises:
        UserError: a mistake in the source, or a quote that no curve can meet.
    """
    return read_and_solve(
        source, day=day, convention=convention, interpolation=interpolation, dates=dates, as_given=as_given
    ).curves


def value_swaps(
    swaps: Source | Iterable[str | CurveSwapSpec],
    curves: CurveSet,
    *,
    dates: str | None = None,
    as_given: bool = False,
) -> SwapBook:
    """Value swaps on solved curves, with exact risk by quote, node and tenor.

        book = value_swaps(["receive 3.5% 9Y 50m"], curves)
        book.npv, book.ladder

    Args:
        swaps: lines like 'pay par 10Y 1bn start 1Y on sofr', or a CSV file or frame (side, rate, tenor, notional).
        curves: of `solve_curves`.
        dates: order of day and month in tables, `mdy`, `dmy` or `iso`.
        as_given: take rates that no market has had.

    Returns:
        The book: `npv`, `par`, `annuity`, `pv01`, `ladder`, `par_dv01`, `zero_dv01()`, `gamma`, `theta()`,
        `stressed(...)`; arrays with an entry a swap.

    Raises:
        UserError: a mistake in a swap.
    """
    if isinstance(swaps, list | tuple):
        return SwapBook.of([parse_swap(each) if isinstance(each, str) else each for each in swaps], curves)
    specs, places, _ = read_swaps(swaps, curves, dates=dates, as_given=as_given)
    return SwapBook.of(specs, curves, places)


def read_and_solve(
    source: Source | Mapping[str, CurveSpec],
    *,
    day: date | str | None = None,
    convention: str | None = None,
    interpolation: str | None = None,
    dates: str | None = None,
    as_given: bool = False,
) -> Solved:
    """`solve_curves` with what the file says besides. Raises UserError."""
    wanted = _day(day)
    read = _read(source, wanted, convention, dates, as_given=as_given)
    notes = list(read.notes)
    today = wanted or read.day or day_in_name(read.place, notes)
    if today is None:
        remedy = "say --date 2026-03-02, or add a column date"
        raise UserError("nothing says the valuation day", place=read.place or None, remedy=remedy)
    specs = read.specs
    if interpolation is not None:
        chosen = interpolation_named(interpolation)
        specs = {name: replace(spec, interpolation=chosen) for name, spec in specs.items()}
    places = {name: f"{read.place}: curves.{name}" for name in specs} if read.place.endswith(".toml") else {}
    curves = solve_set(specs, today, places, read.lines)
    return Solved(curves, read.swaps, read.stress, (*notes, *_closed(specs, today)), read.fx)


def _closed(specs: Mapping[str, CurveSpec], today: date) -> list[str]:
    """A note for a valuation day on which markets of some curves are closed."""
    closed = []
    for name, spec in specs.items():
        market = find_convention(spec.convention)
        if market and not (found := convention_named(market)).grid and found.spot(today, 0) != today:
            closed.append(name)
    if not closed:
        return []
    day = f"{today} is a {today:%A} on which the market of {', '.join(closed)} is closed"
    return [f"{day}: its quotes are taken as of then, and spot is counted from the next business day"]


@dataclass(frozen=True)
class _Source:
    """What was read of any source of curves."""

    specs: dict[str, CurveSpec]
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    day: date | None = None
    notes: tuple[str, ...] = ()
    swaps: tuple[CurveSwapSpec, ...] = ()
    stress: tuple[str, ...] = ()
    place: str = ""
    fx: Mapping[str, float] = field(default_factory=dict)


def _read(source: Any, day: date | None, convention: str | None, dates: str | None, *, as_given: bool) -> _Source:
    if isinstance(source, Mapping) and all(isinstance(spec, CurveSpec) for spec in source.values()):
        return _Source(dict(source))
    if is_path(source) and Path(source).suffix.lower() == ".toml":
        read = read_curve_file(Path(source), day=day, dates=dates, as_given=as_given)
        file = read.file
        said = (read.notes, file.swaps, file.stress, str(source), file.fx)
        return _Source(dict(file.curves), read.lines, file.date, *said)
    market = None if convention is None else convention_named(convention, "--convention").name
    quotes = read_quotes(source, day=day, dates=dates, convention=market, as_given=as_given)
    place = str(source) if is_path(source) else ""
    return _Source(quotes.specs, quotes.places, quotes.day, quotes.notes, place=place)


def interpolation_named(name: str) -> Any:
    """The registered name of an interpolation. Raises UserError."""
    bare = name.lower().replace("-", "_").replace(" ", "_")
    if bare not in INTERPOLATIONS:
        raise UserError("no such interpolation", value=name, remedy=nearest(bare, list(INTERPOLATIONS)))
    return bare


def _day(given: date | str | None) -> date | None:
    if given is None or isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise UserError("is not a date", value=given, place="day", remedy="write YYYY-MM-DD") from None


def day_in_name(place: str, notes: list[str]) -> date | None:
    """The one date in a file's name, as 2026-03-02.csv has it."""
    found = IN_A_NAME.findall(Path(place).stem)
    try:
        days = [date(int(year), int(month), int(day)) for year, month, day in found]
    except ValueError:
        return None
    if len(days) != 1:
        return None
    notes.append(f"{place}: the valuation day is that of its name, {days[0]}")
    return days[0]
