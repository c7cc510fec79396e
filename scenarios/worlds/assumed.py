"""What a run takes for granted: what reading its files assumed, odd values, and rates of days before the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agents.hedging.hedger import Hedger
from markets.products.registry import PRODUCTS, parse
from scenarios.checking.plausibility import taken_as_given
from scenarios.worlds.books import starting_market
from scenarios.worlds.without_effect import without_effect
from sim.errors import UserError
from sim.figure_text import percent

if TYPE_CHECKING:
    from agents.hedging.positions import Position
    from scenarios.scenario import Scenario


def assumed(scenario: Scenario) -> tuple[str, ...]:
    """A line each; shown before a run, and kept in its manifest."""
    found = (common_noise, taken_as_given, past_fixings, without_effect)
    return (*scenario.notes, *(note for each in found for note in each(scenario)))


def common_noise(scenario: Scenario) -> Iterator[str]:
    """Paths that share one noise are no sample."""
    if scenario.run.common_noise:
        yield "all paths have the noise of one: they differ by orders alone, and standard errors say nothing of chance"


def past_fixings(scenario: Scenario) -> Iterator[str]:
    """Books with positions under way whose past overnight rates nobody gives: the first day's stands for them."""
    for agent in scenario.agents:
        rates = Counter(_taken(scenario, agent.book)) if isinstance(agent, Hedger) else Counter()
        for rate, count in rates.items():
            which = f"{count} position{'s' * (count > 1)} under way in the book of {agent.name}"
            yield (
                f"{which}: overnight rates before {scenario.start} are taken to be that day's, {percent(rate, 4)}; "
                "give --fixings, or past_rate"
            )


def _taken(scenario: Scenario, book: tuple[Position, ...]) -> Iterator[float]:
    """The rate that stands for the past, of each position that needs one, decimal."""
    if scenario.market.rates.fixings:
        return
    asking = [line for line in book if "past_rate" in PRODUCTS[line.kind].takes.more and line.past_rate is None]
    under_way = [line for line in asking if line.tenor or (line.start and line.start < scenario.start)]
    for line in under_way:
        rate = None
        with suppress(UserError):  # told, with its line, when the book is compiled
            start = starting_market(scenario)
            held: Any = parse(line, start)
            rate = held.assumed_rate(start) if PRODUCTS.is_a(held, "ois", "sofr_3m") else None
        if rate is not None:
            yield round(rate, 8)
