"""The book and the market of a scenario before it is run: as `spiral show`, `check` and `risk` say them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from agents.desk.book_record import FIGURES, figures, split
from agents.desk.book_table import VALUED
from agents.hedging.hedger import Hedger
from analysis import page
from analysis.book_words import TOTAL, quantity
from analysis.charts import curves as curve_charts
from analysis.charts.two_curves import two_curves
from analysis.numbers import money
from scenarios.describing.storyline_chart import storyline_chart
from scenarios.desk.jobs.reading import scenario_of
from scenarios.desk.layout import chart_json
from scenarios.studies.calibrating.before_run import plan
from scenarios.studies.curves.storyline_curves import FIRST, storyline_curves
from scenarios.studies.risk.book_risk import book_risk, hedger_of
from scenarios.studies.risk.shown import risk_columns, risk_tables
from scenarios.worlds.assumed import assumed
from scenarios.worlds.blueprint import blueprint_of
from scenarios.worlds.starting_curve import money_note
from sim.errors import UserError
from sim.figure_text import fixed
from sim.lists import framed

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.desk.jobs.wanted import Wanted
    from scenarios.desk.limits import Limits
    from scenarios.scenario import Scenario
    from scenarios.worlds.blueprint import Blueprint

LONGEST = 40  # rows of a table
OWN = ("Gamma by pairs of keys",)  # tables that a page leaves to the command line


@dataclass(frozen=True)
class Seen:
    """What a page shows: a line on the size, notes, tables, charts by name, and the commands that say the same."""

    size: str
    notes: tuple[str, ...]
    tables: tuple[page.Table, ...]
    charts: tuple[tuple[str, str, str], ...]  # name, specification, how to read it
    commands: tuple[str, ...]


def story(scenario: Scenario) -> str:
    """The storyline as a chart."""
    return chart_json(storyline_chart(scenario))


def seen(wanted: Wanted, folder: Path, agent: str | None, limits: Limits) -> Seen:
    """The book and the market of what is wanted. Raises UserError, as `spiral check`."""
    scenario = scenario_of(wanted, folder)
    limits.check_cast(scenario)
    blueprint = blueprint_of(scenario)
    clock = blueprint.clock
    size = f"{int(clock.day[-1])} days, {len(clock.ticks)} ticks, {len(scenario.agents)} agents"
    notes = (*assumed(scenario), *filter(None, [plan(scenario)]))
    said = money_note(scenario.market.rates)
    tables = [_book(name, blueprint, said) for name in _with_books(scenario) if agent in (None, "", name)]
    charts = [_curves(scenario)]
    with_rates = _risk(scenario, agent)
    tables += with_rates[0]
    charts += with_rates[1]
    return Seen(size, notes, tuple(tables), tuple(charts), _commands(wanted))


def _with_books(scenario: Scenario) -> list[str]:
    return [agent.name for agent in scenario.agents if isinstance(agent, Hedger) and agent.book]


def _book(name: str, blueprint: Blueprint, said: str) -> page.Table:
    """Value and Greeks of every position of a hedger at the start. said: what $ stands for, if no dollar."""
    book, day = blueprint.books[name], 1.0 / blueprint.clock.days_a_year
    market, rows = book.start.snapshot, []
    total = dict.fromkeys(FIGURES, 0.0)
    for part in split(book):
        found = figures(part.book, 0, market, part.book.new_fixings(1), day)
        total = {key: sum_ + float(found[key][0]) for key, sum_ in total.items()}
        rows.append((part.label, quantity(part.size), *(money(float(found[key][0])) for key in FIGURES)))
    rows.append((TOTAL, "", *(money(total[key]) for key in FIGURES)))
    header = ("position", "quantity", *(f"{column.label}" for column in VALUED))
    note = (
        "Value and delta in $; gamma: change of delta for +1 % of the asset; vega: +1 point of vol; theta: a trading "
        "day; DV01: +1 bp of all zero rates."
    )
    note = " ".join(filter(None, (note, said and f"{said}.")))
    return page.Table(f"The book of {name} at the start", header, rows, note=note, totals=(TOTAL,))


def _risk(scenario: Scenario, agent: str | None) -> tuple[list[page.Table], list[tuple[str, str, str]]]:
    """Risk of the book in rates, where it has any: tables, and the ladder as a chart."""
    try:
        name = hedger_of(scenario, agent).name
    except UserError:
        return [], []
    risk = book_risk(scenario, name)
    found = risk_columns(risk)
    tables = []
    for each in risk_tables(found, risk.currency):
        rows = each.rows[:LONGEST]
        if each.title in OWN or not rows:
            continue
        if each.total:
            rows.append(each.sums)
        header = [each.heads[key].replace("\n", ", ").rstrip(", ") for key in each.names]
        title = each.title.replace("The book", f"Risk in rates of {name}")
        tables.append(page.Table(title, header, rows, note=each.note, totals=("sum", "the book")))
    keyed = framed(found["key_rates"]).select(
        pl.lit(risk.currency).alias("currency"), pl.format("{}Y", pl.col("key")).alias("name"), "dv01"
    )
    if not keyed["dv01"].abs().max():
        return tables, []
    chart = curve_charts.bars(keyed, "dv01", f"Key-rate ladder of {name}, {risk.currency} per basis point")
    said = "Change of value for +1 bp of the zero curve in the tent of each key."
    return tables, [("ladder", chart_json(chart), said)]


def _curves(scenario: Scenario) -> tuple[str, str, str]:
    """The zero curve at the start, and where the storyline has it farthest from there."""
    found = storyline_curves(scenario)
    when = pl.when(pl.col("when") == FIRST).then(pl.lit("start, ")).otherwise(pl.lit("farthest, "))
    shown = found.with_columns((when + pl.col("date").cast(pl.String)).alias("series"))
    move = found.filter(pl.col("when") != FIRST)["zero"] - found.filter(pl.col("when") == FIRST)["zero"]
    largest = max(move.to_list(), key=abs) * 1e4
    told = f"Largest move of the zero curve on that day: {fixed(largest, 0, plus=True)} bp."
    chart = two_curves(shown, "The curve before and after", told)
    caption = "The day on which the storyline has a node farthest from its start. Dots: nodes. Trades come on top."
    return "two-curves", chart_json(chart), caption


def _commands(wanted: Wanted) -> tuple[str, ...]:
    """Of the terminal, that say the same."""
    bare = replace(wanted, paths=None, seed=None, twin=None, name="").command()
    return tuple(bare.replace("spiral run", f"spiral {name}", 1) for name in ("check", "risk"))
