"""A book without a scenario: positions in rates on the curves of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.products.registry import PRODUCTS
from scenarios.reading.loading import from_dict
from scenarios.studies.curves.solving import read_and_solve
from scenarios.studies.curves.take_curves import take_curves
from scenarios.studies.replay.positions_csv import take_book
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.files.frames import Source
    from scenarios.scenario import Scenario

DAYS = 7  # of the scenario around the book, of which only the first is looked at
EXCHANGES = {"gbp": "XLON", "jpy": "XTKS", "eur": "XETR", "chf": "XSWX"}  # whose days are trading days, by currency
NODES = (("overnight", 1 / 365), ("us2y", 2.0), ("us10y", 10.0))


def bare_book(
    book: Source, curves: Source, *, day: str | None = None, dates: str | None = None, normal_vol: float | None = None
) -> Scenario:
    """A scenario that holds a book of rates on quoted curves, to look at it on the first day.

    book: CSV or frame of positions. curves: CSV, frame or TOML file of quotes, or curves by name; the first curve
    discounts. day: of the quotes, where nothing says it. normal_vol: of options that give none, decimal a year. Raises
    UserError: also for positions in an asset, which need a scenario with one.
    """
    solved = read_and_solve(curves, day=day, dates=dates)
    quoted = next(iter(solved.curves.curves.values()))
    levels = {name: round(float(quoted.zero(years)), 6) for name, years in NODES}
    first = {"date": solved.curves.day, "spot": 100.0, "vol": 0.2, "credit": 0.01, **levels}
    last = {"date": solved.curves.day.fromordinal(solved.curves.day.toordinal() + DAYS)}
    scenario = from_dict(
        {
            "name": "book",
            "clock": {"calendar": EXCHANGES.get(quoted.currency.lower(), "XNYS")},
            "market": {"rates": {} if normal_vol is None else {"normal_vol": normal_vol}},
            "storyline": {"anchor": [first, last]},
            "agents": {"maker": {"type": "MarketMaker"}, "hedger": {"type": "Hedger"}},
        },
        as_given=True,
    )
    held = take_book(take_curves(scenario, curves, dates=dates), book, dates=dates)
    for i, line in enumerate(held.agent("hedger").book):  # type: ignore[attr-defined]
        takes = PRODUCTS[line.kind].takes
        if takes.asset or not takes.rate:
            remedy = "give a scenario with the asset: spiral risk SCENARIO --book FILE --curves FILE"
            raise UserError(
                "is no position in rates", value=line.kind, place=f"{book}: position {i + 1}", remedy=remedy
            )
    return held
