"""The curves that floating rates in dollars are read from, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.curves.curve import spread_curve
from markets.factors.key import USD
from markets.products.projection import Projection
from scenarios.worlds.starting_curve import discount_name, solved_curves

if TYPE_CHECKING:
    from markets.curves.quoted_curve import QuotedCurve
    from scenarios.scenario import Scenario


DISCOUNT = "discount"  # name of the curve that all is discounted on, as that of a floating rate


def projections(scenario: Scenario) -> dict[str, Projection]:
    """Quoted curves in dollars, and spreads over the curve that all is discounted on, which is `discount`.

    "" is the market's own. A spread named like a quoted curve moves that curve. Raises UserError.
    """
    market, rates = scenario.market, scenario.market.rates
    quoted = _quoted(scenario)
    found = {DISCOUNT: Projection()} | {name: Projection(curve) for name, curve in quoted.items()}
    if rates.curves:
        found[discount_name(rates)] = Projection()
    for name, spec in rates.spreads.items():
        if spec.over == USD[1]:
            first = tuple(each.level for each in spec.variables(name)) if name in quoted else ()
            found[name] = Projection(quoted.get(name), 0.0, spread_curve(rates, name), first)
    own = found.get(rates.projection)
    if own is not None and own.spread is not None:
        found[""] = Projection(own.quoted, market.projection_spread, own.spread, own.first)
    return found


def _quoted(scenario: Scenario) -> dict[str, QuotedCurve]:
    """Quoted curves in the currency of the one that all is discounted on, by name."""
    rates = scenario.market.rates
    if not rates.curves:
        return {}
    curves = solved_curves(rates, scenario.start)
    currency = curves[discount_name(rates)].currency
    return {name: curves[name] for name in rates.curves if curves[name].currency == currency}
