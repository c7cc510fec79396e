"""A scenario with the overnight rates of days before its first one, for swaps that are under way."""

from __future__ import annotations

from dataclasses import replace

from markets.plausible import RATE
from scenarios.checking.odd import outside, remedy_for, within
from scenarios.files.csv_table import read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from scenarios.files.units import one_unit
from scenarios.scenario import Scenario
from sim.errors import UserError

ALIASES: dict[str, tuple[str, ...]] = {
    "date": ("day", "effectivedate", "valuedate", "observationdate", "fixingdate"),
    "rate": ("fixing", "value", "sofr", "sonia", "estr", "tona", "saron"),
    "rate_percent": ("ratepct", "percent", "pct", "sofrpercent"),
}
RATES = {"rate": 1.0, "rate_percent": 0.01}


def take_fixings(scenario: Scenario, fixings: Source, *, dates: str | None = None) -> Scenario:
    """The scenario with `market.rates.fixings` read from a CSV file or a frame of date and rate.

    Days from the first one on are left out, and said. Raises UserError with file and line.
    """
    table = read_table(fixings, Layout("fixings", ALIASES, ("date",), ("date",), tuple(RATES)), dates=dates)
    units = one_unit(table, RATES)
    if not units:
        remedy = "name a column rate (0.043) or rate_percent (4.3)"
        raise UserError("there is no column of rates", place=table.name, remedy=remedy)
    ((column, scale),) = units.items()
    found: dict[str, float] = {}
    later = 0
    for row in table.rows:
        day, value = row.day("date"), row.number(column, percent=0.01 / scale)
        if day is None or value is None:
            raise row.place.error("a fixing has a date and a rate", remedy="fill both cells, or drop the line")
        rate, here = value * scale, row.place.at(column)
        if not scenario.run.as_given and not within(rate, RATE):
            raise outside(here, rate, RATE, remedy_for(rate, RATE, "decimal")).error
        if str(day) in found:
            raise row.place.at("date").error("a day has one fixing", value=str(day), remedy="drop one of the lines")
        if day < scenario.start:
            found[str(day)] = rate
        else:
            later += 1
    notes = [f"{table.name}: {note}" for note in table.notes]
    if later:
        notes.append(f"{table.name}: {later} fixings from {scenario.start} on are left out: the run makes its own")
    rates = replace(scenario.market.rates, fixings=found)
    market = replace(scenario.market, rates=rates)
    return replace(scenario, market=market, notes=(*scenario.notes, *notes))
