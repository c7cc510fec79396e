"""Curves of other currencies at the start, and their prices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markets.curves.curve import Curve, currency_curve, spread_curve
from markets.curves.quoted_curve import QuotedGap
from markets.factors.key import FactorKey
from markets.products.foreign import Foreign
from markets.specs.fx import fx_column
from markets.specs.variable import FX
from scenarios.worlds.starting_curve import check_close, solved_curves

if TYPE_CHECKING:
    from scenarios.scenario import Scenario


def currencies(scenario: Scenario) -> dict[str, Foreign]:
    """Currencies that have both a curve and a price, by name. Raises UserError."""
    both = [name for name in scenario.market.rates.currencies if name in scenario.market.fx]
    return {
        name: Foreign(_curve(scenario, name), FactorKey(FX, name, fx_column(name)), _basis(scenario, name))
        for name in both
    }


def _curve(scenario: Scenario, name: str) -> Curve:
    """Of its own overnight rate, as it was quoted or through its nodes."""
    rates = scenario.market.rates
    plain, spec = currency_curve(rates, name), rates.currencies[name]
    if not spec.curve:
        return plain
    first = tuple(each.level for each in spec.variables(name))
    quoted = solved_curves(rates, scenario.start)[spec.curve]
    check_close(plain, quoted, first, f"market.rates.currencies.{name}.nodes", "rate")
    return replace(plain, quoted=quoted, first=first)


def _basis(scenario: Scenario, name: str) -> Curve | None:
    """The spread for collateral in dollars; where a quoted curve has its name, that curve less the currency's own."""
    rates = scenario.market.rates
    spec = rates.currencies[name]
    if not spec.basis:
        return None
    plain = spread_curve(rates, spec.basis)
    if spec.basis not in rates.curves or not spec.curve:
        return plain
    solved = solved_curves(rates, scenario.start)
    first = tuple(each.level for each in rates.spreads[spec.basis].variables(spec.basis))
    return replace(plain, quoted=QuotedGap(solved[spec.basis], solved[spec.curve]), first=first)
