"""From the lines of a book to instruments at the starting market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.products.registry import parse
from sim.errors import UserError

if TYPE_CHECKING:
    from agents.hedging.hedger import Hedger
    from markets.products.product import Instrument
    from markets.products.start import Start


def instruments(agent: Hedger, start: Start) -> tuple[Instrument, ...]:
    """An agent's book. Raises UserError for a line that lacks what its instrument needs."""
    found = []
    for i, line in enumerate(agent.book):
        try:
            found.append(parse(line, start))
        except UserError as error:
            place = error.place or f"agents.{agent.name}.book[{i}]"
            raise UserError(error.rule, value=error.value, place=place, remedy=error.remedy) from None
    return tuple(found)
