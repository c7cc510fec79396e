"""The curve of a scenario at its start: through the storyline's nodes, or as it was quoted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from markets.curves.curve import Curve, curve_of
from sim.errors import UserError
from sim.memo import Memo

if TYPE_CHECKING:
    from datetime import date

    from markets.curves.conventions import Convention
    from markets.curves.curve_set import CurveSet
    from markets.curves.quoted_curve import QuotedCurve
    from markets.specs.rates import RateSpec
    from scenarios.scenario import Scenario

PLACE = "market.rates.curves"
FARTHEST = 0.005  # decimal, between a node's quoted zero rate and the storyline's: more is a mistake in one of them


def solved_curves(rates: RateSpec, day: date) -> CurveSet:
    """The curves that a scenario quotes, solved together on its first day. Raises UserError."""
    from markets.curves.curve_set import solve_set  # it loads QuantLib, which few scenarios need

    places = {name: f"{PLACE}.{name}" for name in rates.curves}
    return _SOLVED.get(lambda: solve_set(rates.curves, day, places), rates, day.toordinal())


def starting_curve(scenario: Scenario) -> Curve:
    """What all is discounted on: the nodes, and the quoted curve of the first day. Raises UserError."""
    rates = scenario.market.rates
    plain = curve_of(rates)
    if not rates.curves:
        return plain
    first = scenario.storyline.anchor[0]
    quoted = solved_curves(rates, scenario.start)[discount_name(rates)]
    levels = tuple(np.array([first.level(key.node) for key in plain.nodes], dtype=np.float64).tolist())
    check_close(plain, quoted, levels, f"storyline.anchor.{scenario.start}")
    return _STARTING.get(lambda: replace(plain, quoted=quoted, first=levels), plain, quoted, *levels)


def floating_convention(scenario: Scenario) -> Convention | None:
    """How the market of the quoted curve counts from which floating rates are read; None without one."""
    rates = scenario.market.rates
    if not rates.curves:
        return None
    named = rates.projection if rates.projection in rates.curves else discount_name(rates)
    return solved_curves(rates, scenario.start).convention(named)


def discount_name(rates: RateSpec) -> str:
    """The quoted curve that all is discounted on."""
    return rates.discount or next(iter(rates.curves))


def own_currency(rates: RateSpec) -> str:
    """The currency that all money of a scenario is in: that of the curve it is discounted on, else the dollar."""
    if not rates.curves:
        return "$"
    from markets.curves.curve_set import currency_of  # it loads QuantLib, which few scenarios need

    return currency_of(rates.curves[discount_name(rates)]).upper()


def money_note(rates: RateSpec) -> str:
    """What $ stands for in figures, where it is no dollar."""
    currency = own_currency(rates)
    return "" if currency in ("$", "USD") else f"$ stands for {currency}"


def check_close(nodes: Curve, quoted: QuotedCurve, levels: tuple[float, ...], place: str, key: str = "") -> None:
    """The storyline starts where the quotes are. place: of the levels; key: of each in a table of its node."""
    for node, years, level in zip(nodes.nodes, nodes.years, levels, strict=True):
        rate = float(quoted.zero(years)) if years else level
        if abs(rate - level) > FARTHEST:
            raise UserError(
                f"the storyline starts more than {1e4 * FARTHEST:g} bp from the quoted zero rate of {100 * rate:.3f} %",
                value=level,
                place=".".join(filter(None, (place, node.node, key))),
                remedy=f"write {rate:.5f}, or other quotes",
            )


def projection_curve(scenario: Scenario) -> QuotedCurve | None:
    """What floating rates are read from at the start, where it is not what all is discounted on. Raises UserError."""
    rates = scenario.market.rates
    if rates.projection not in rates.curves or rates.projection == rates.discount:
        return None
    return solved_curves(rates, scenario.start)[rates.projection]


_SOLVED: Memo[CurveSet] = Memo()
_STARTING: Memo[Curve] = Memo()
