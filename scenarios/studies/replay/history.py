"""A user's own record, replayed day by day."""

from __future__ import annotations

import dataclasses
import math
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from markets.specs.memory import StartSpec
from scenarios.checking.trading_days import check_days
from scenarios.files.frames import Source, is_path
from scenarios.files.record_rows import COLUMNS, RecordRows, read_record_rows
from scenarios.reading import overrides as override
from scenarios.reading.loading import AS_GIVEN, from_dict
from scenarios.reading.shipped import catalogue, read_toml
from scenarios.scenario import Scenario
from scenarios.studies.estimation.fitted import PATH_CREDIT, PATH_MARKET
from scenarios.studies.replay.positions_csv import take_book
from scenarios.studies.replay.record_defaults import fill
from sim.clock import CONTINUOUS, CONTINUOUS_DAYS
from sim.errors import UserError
from sim.figure_text import significant
from sim.sessions import exchange_sessions

Anchors = Literal["observed", "exogenous"]

MOST_MISSING = 0.05  # share of the closes before a replay that may be missing: else they are not daily

DISPERSION = 0.25  # every row pins the bridge, and paths stay a quarter as far from the record as free ones
FEW_BLANK = 5  # cells of a column in a row that may be empty without a word
RATES = ("overnight", "us2y", "us10y")
SMALL = 0.001  # a decimal; ten-year yields of USD have always been above it
EXOGENOUS = "taken as the outside world (exogenous): the desks' impact comes on top of what the record has of it"
CAST = "calm_market"  # the preset whose agents replay a record


def from_history(
    history: Source,
    book: Source | None = None,
    *,
    overrides: override.Overrides = (),
    as_given: bool = False,
    dates: str | None = None,
    anchors: Anchors = "observed",
    since: date | None = None,
    trust: bool = True,
) -> Scenario:
    """A scenario that replays a record: every row is an anchor. The agents are those of the presets.

    Args:
        history: a CSV file, a frame of polars or pandas, or a table of arrays. Columns date and spx, and any of vix,
            overnight, us2y, us10y and ig_oas, also under their sources' names. The index is in points, the rest in
            percent (vix 15.04, us10y 1.58). More columns are ignored. Missing cells are interpolated, those before a
            column's first number take that number, and a column without any is derived or takes the calm market's
            level; `scenario.notes` say so.
        book: positions of the hedger, in the same forms (default: short puts 5 and 10 % out of the money that outlive
            the record).
        overrides: as of `load`. `market.dispersion` is 0.25 unless they say otherwise, so that paths stay near the
            record.
        as_given: take levels and moves that no market has had.
        dates: order of day and month in dates that do not tell: "mdy", "dmy", or "iso" for neither.
        anchors: "observed": the record contains what the desks did to it, and `run`, `sweep`, `frontier` and `ablate`
            take that out first. "exogenous": the record is the outside world.
        since: the first day to replay. If 60 closes or more stand up to it, vol and credit remember them.
        trust: import the classes that overrides name, as of `load`.

    Raises:
        UserError: for a mistake, with file and line.
    """
    changes = override.parse(overrides)
    insists = as_given or changes.get(AS_GIVEN) is True
    record = read_record_rows(history, dates=dates)
    record, past = _parted(record, since)
    levels, notes = _anchors(record, past, as_given=insists)
    tables = _tables(history, record, levels, anchors)
    named = {".".join(keys): value for keys, value in changes.items()}
    scenario = from_dict(tables, place=record.name, overrides=named, as_given=insists, trust=trust)
    dated = [(day, row.place.at("date")) for day, row in zip(record.days, record.rows, strict=True)]
    check_days(scenario.clock.calendar, dated, scenario.end)
    scenario, remembered = _remembering(scenario, _closes(past, as_given=insists))
    notes += [*remembered, *_without_close(scenario, [day for day, _ in _closes(record, as_given=insists)])]
    if scenario.storyline.anchors == "exogenous":
        notes.append(EXOGENOUS)
    said = tuple(f"{record.name}: {note}" for note in (*record.notes, *notes))
    scenario = dataclasses.replace(scenario, notes=(*scenario.notes, *said))
    return scenario if book is None else take_book(scenario, book, dates=dates)


def _parted(record: RecordRows, since: date | None) -> tuple[RecordRows, RecordRows]:
    """The rows from a day on, and those up to its first one, for what came before."""
    first = 0 if since is None else sum(day < since for day in record.days)
    if since is not None and first == len(record.days):
        remedy = f"choose a day up to {record.days[-1]}"
        raise UserError("the record has no day to begin with", value=str(since), place=record.name, remedy=remedy)
    part = [
        dataclasses.replace(record, rows=record.rows[cut], days=record.days[cut])
        for cut in (slice(first, None), slice(None, first + 1))
    ]
    return part[0], part[1]


def _closes(record: RecordRows, *, as_given: bool) -> list[tuple[date, float]]:
    """The days with a close, and their closes."""
    closes = record.levels("spx", as_given=as_given)
    return [(day, close) for day, close in zip(record.days, closes, strict=True) if close is not None]


def _remembering(scenario: Scenario, closes: list[tuple[date, float]]) -> tuple[Scenario, list[str]]:
    """The scenario with what the closes up to its first day left in the laws' memory, unless told; and a note of it."""
    from scenarios.studies.estimation.path_start import start_of_closes

    market, credit = scenario.market, scenario.credit
    told = {market.memory.start, credit.memory.start} != {StartSpec()}
    if told or "path_dependent" not in (market.vol_law, credit.law):
        return scenario, []
    if len(closes) < 2 or closes[-1][0] != scenario.start:
        return scenario, []
    a_year, missing = _counted(scenario, [day for day, _ in closes])
    if missing > MOST_MISSING * len(closes):
        return scenario, [f"closes before {scenario.start} are not daily ({missing:,} missing), and not remembered"]
    days, prices = [day for day, _ in closes], [close for _, close in closes]
    starts = start_of_closes(days, prices, market.memory, credit.memory, a_year)
    if starts is None:
        return scenario, []
    vol, spread = starts
    market = dataclasses.replace(market, memory=dataclasses.replace(market.memory, start=vol))
    credit = dataclasses.replace(credit, memory=dataclasses.replace(credit.memory, start=spread))
    note = f"vol and credit remember {len(closes) - 1:,} closes before {scenario.start}"
    return dataclasses.replace(scenario, market=market, credit=credit), [note]


def _without_close(scenario: Scenario, days: list[date]) -> list[str]:
    """A note of the sessions between a record's closes that have none: nothing is told there."""
    if scenario.clock.calendar == CONTINUOUS:
        return []
    sessions = exchange_sessions(scenario.clock.calendar, days[0], days[-1])
    gaps = [gap for before, after in pairwise(days) if (gap := sessions.missing(before, after))]
    if not gaps:
        return []
    longest, missing = max(gaps, key=len), sum(map(len, gaps))
    count = "a trading day" if missing == 1 else f"{missing:,} trading days"
    span = str(longest[0]) if len(longest) == 1 else f"{len(longest)} in a row from {longest[0]}"
    return [f"no close on {count}, {span}: between closes the median path goes straight"]


def _counted(scenario: Scenario, days: list[date]) -> tuple[float, int]:
    """Trading days that make a year on the scenario's calendar, and how many of them have no close between those."""
    if scenario.clock.calendar == CONTINUOUS:
        return float(CONTINUOUS_DAYS), (days[-1] - days[0]).days + 1 - len(days)
    sessions = exchange_sessions(scenario.clock.calendar, days[0], days[-1])
    missing = sum(len(sessions.missing(before, after)) for before, after in pairwise(days))
    return scenario.clock.days_a_year or sessions.a_year, missing


def _anchors(record: RecordRows, past: RecordRows, *, as_given: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """Anchor tables in decimals; and what was assumed.

    An empty cell of the first day takes the last number of the days before it, else the first one after it.
    """
    if len(record.rows) < 2:
        remedy = "begin earlier" if len(past.rows) > 1 else ""
        raise UserError("a record needs at least two days", value=len(record.rows), place=record.name, remedy=remedy)
    given = {
        key: [None if value is None else value * factor for value in record.levels(column, as_given=as_given)]
        for column, key, factor in COLUMNS
    }
    for column, key, factor in COLUMNS:
        earlier = [value for value in past.levels(column, as_given=as_given) if value is not None]
        if given[key][0] is None and earlier:
            given[key][0] = earlier[-1] * factor
    if not any(value is not None for value in given["spot"]):
        raise UserError("the column 'spx' has no number", place=record.name, remedy="fill at least two cells")
    levels, notes = fill(given, record.days, calm_levels())
    for key, values in given.items():
        notes += _gaps(key, values, record)
    notes += _small_rates(given)
    anchors: list[dict[str, Any]] = [{"date": day} for day in record.days]
    for key, values in levels.items():
        known = next(value for value in values if value is not None)
        values[0] = known if values[0] is None else values[0]
        for anchor, value in zip(anchors, values, strict=True):
            if value is not None:
                anchor[key] = value
    return anchors, notes


def calm_levels() -> dict[str, float]:
    """Levels at the start of the calm market, for what a record lacks."""
    first = read_toml(catalogue()[CAST])["storyline"]["anchor"][0]
    return {key: float(first[key]) for _, key, _ in COLUMNS}


def _gaps(key: str, values: list[float | None], record: RecordRows) -> list[str]:
    """Notes on a level's missing numbers before its first, after its last, and on the longest stretch between."""
    known = [i for i, value in enumerate(values) if value is not None]
    if not known:
        return []
    notes = []
    if known[0] > 0:
        notes.append(f"{key} begins on {record.days[known[0]]}; earlier days take its level of then")
    if known[-1] + 1 < len(values):
        notes.append(f"{key} ends on {record.days[known[-1]]}; later days take its level of then")
    before, after = max(pairwise(known), key=lambda pair: pair[1] - pair[0], default=(0, 0))
    if key != "spot" and after - before - 1 > FEW_BLANK:
        first, last = record.days[before + 1], record.days[after - 1]
        notes.append(f"{key} is blank from {first} to {last}: its storyline goes straight there")
    return notes


def _small_rates(given: dict[str, list[float | None]]) -> list[str]:
    """A note where no ten-year yield of a record reaches `SMALL`: more often decimals than percent."""
    yields = [value for value in given["us10y"] if value is not None]
    if not any(yields) or max(map(abs, yields)) >= SMALL:
        return []
    known = [value for key in RATES for value in given[key] if value is not None]
    which, small = ("all rates lie", known) if max(map(abs, known)) < SMALL else ("all of us10y lies", yields)
    low, high = (f"{significant(100 * value)} %" for value in (min(small), max(small)))
    return [f"{which} between {low} and {high}: read as percent; write 2.9 for 2.9 %, not 0.029"]


def _tables(source: Source, record: RecordRows, anchors: list[dict[str, Any]], are: Anchors) -> dict[str, Any]:
    """A scenario's tables: the record's anchors and the presets' cast."""
    first, last = record.days[0], record.days[-1]
    tables = read_toml(catalogue()[CAST])
    file = Path(source).name if is_path(source) else "a frame"
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(source).stem).strip("_-") if is_path(source) else ""
    tables |= {
        "name": name or "history",
        "title": f"Replay of {file}, {first} to {last}",
        "description": f"Every close of {file} is an anchor; the agents are those of the presets.",
        "regime": "a record, day by day",
        "market": {"dispersion": DISPERSION, **PATH_MARKET},
        "credit": dict(PATH_CREDIT),
        "storyline": {"anchors": are, "anchor": anchors},
    }
    length = math.ceil((last - first).days / 30)
    tables["agents"]["hedger"]["book"] = [
        {"kind": "put", "moneyness": 0.95, "months": length + 1, "notional": -6e9},
        {"kind": "put", "moneyness": 0.90, "months": length + 3, "notional": -6e9},
    ]
    return tables
