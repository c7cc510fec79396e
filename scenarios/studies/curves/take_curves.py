"""A scenario on the curves of a file of quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from markets.specs.curves import CurveSpec
from scenarios.checking.checks import check
from scenarios.files.frames import Source, is_path
from scenarios.scenario import Scenario
from scenarios.studies.curves.curve_file import read_curve_file
from scenarios.studies.curves.quotes_csv import Quotes, read_quotes
from scenarios.studies.curves.replay_curves import replay_curves
from sim.place import Place


def take_curves(scenario: Scenario, quotes: Source, *, dates: str | None = None) -> Scenario:
    """The scenario with `market.rates.curves` read from a CSV file or a frame of quotes of its first day.

    A TOML file of curves of that day will do as well, and curves by name.

    Of a folder of files, one a day, the first day's quotes are taken, and all zero rates become the storyline's.
    The first curve discounts, unless the scenario names another one of them. What was assumed is added to
    `scenario.notes`. Raises UserError with file and line.
    """
    if is_path(quotes) and Path(quotes).is_dir():
        read, scenario = replay_curves(scenario, Path(quotes), dates=dates)
    elif isinstance(quotes, Mapping) and all(isinstance(spec, CurveSpec) for spec in quotes.values()):
        read = Quotes(dict(quotes), None, ())
    elif is_path(quotes) and Path(quotes).suffix.lower() == ".toml":
        read = _of_file(Path(quotes), scenario, dates)
    else:
        read = read_quotes(quotes, day=scenario.start, dates=dates, as_given=scenario.run.as_given)
    rates, names = scenario.market.rates, list(read.specs)
    notes = list(read.notes)
    discount = rates.discount or names[0]
    if len(names) > 1 and not rates.discount:
        notes.append(f"{discount} discounts, the first of the curves {', '.join(names)}")
    market = replace(scenario.market, rates=replace(rates, curves=read.specs, discount=discount))
    taken = replace(scenario, market=market, notes=(*scenario.notes, *notes))
    check(taken, Place(scenario.name))
    return taken


def _of_file(file: Path, scenario: Scenario, dates: str | None) -> Quotes:
    """The curves of a TOML file. Raises UserError, also where it is of another day."""
    read = read_curve_file(file, day=scenario.start, dates=dates, as_given=scenario.run.as_given)
    if read.file.date not in (None, scenario.start):
        remedy = f"give those of the scenario's first day, {scenario.start}"
        raise read.place.at("date").error("the curves are of another day", value=str(read.file.date), remedy=remedy)
    return Quotes(read.file.curves, read.file.date, read.notes)
