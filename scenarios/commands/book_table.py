"""A hedger's book position by position, as it stands at the start, for a terminal."""

from __future__ import annotations

from agents.desk.book_record import FIGURES, figures, split
from agents.desk.book_table import VALUED
from agents.hedging.hedger import Hedger
from analysis.book_words import TOTAL, quantity
from analysis.numbers import money
from scenarios.commands.screen import Screen
from scenarios.scenario import Scenario
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from scenarios.worlds.starting_curve import money_note
from sim.errors import UserError
from sim.screen.table import Table


def print_books(out: Screen, scenario: Scenario) -> None:
    """Opening value and sensitivities of every hedger's positions, if there are any; the sum last.

    An invalid calendar or book becomes a note, so that the rest of the scenario can still be shown.
    """
    hedgers = [agent for agent in scenario.agents if isinstance(agent, Hedger) and agent.book]
    if not hedgers:
        return
    try:
        clock = make_clock(scenario)
        books = compile_books(scenario, clock)
    except UserError as error:
        out.print(f"note: the book is not valued: {error}")
        return
    for agent in hedgers:
        market, day = books[agent.name].start.snapshot, 1.0 / clock.days_a_year
        table = Table(title=f"The book of {agent.name} at the start")
        for i, heading in enumerate(("position", "quantity", *(column.label for column in VALUED))):
            table.add_column(heading, justify="right" if i else "left")
        total = dict.fromkeys(FIGURES, 0.0)
        for part in split(books[agent.name]):
            found = figures(part.book, 0, market, part.book.new_fixings(1), day)
            total = {name: sum_ + float(found[name][0]) for name, sum_ in total.items()}
            cells = (part.label, quantity(part.size), *(money(float(found[name][0])) for name in FIGURES))
            table.add_row(*cells)
        table.add_row(TOTAL, "", *(money(total[name]) for name in FIGURES), style="bold")
        out.print(table)
        if note := money_note(scenario.market.rates):
            out.print(f"{note}.")
