"""The market that a line of a book counts by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import UserError

if TYPE_CHECKING:
    from markets.curves.conventions import Convention
    from markets.products.start import Start

USUAL = "usd_sofr"


def money_market(name: str, start: Start, *, usual: str = USUAL) -> Convention:
    """The convention that a line names, else the one of the quoted curve of floating rates, else the usual one.

    usual: "" where there is none. Raises UserError, also for a grid of years, which has no days.
    """
    from markets.curves.conventions import convention_named

    if not name and start.convention is None and not usual:
        remedy = "quote a curve: [market.rates.curves.sofr] with a convention and rates, or --curves FILE.csv"
        raise UserError("an ois counts as the market of a quoted curve", value="no quoted curve", remedy=remedy)
    found = convention_named(name, "convention") if name else start.convention or convention_named(usual)
    if found.grid:
        rule, remedy = "a grid of years has no days", "write convention = 'usd_sofr'"
        raise UserError(rule, value=found.name, place="convention", remedy=remedy)
    return found
