"""The contracts that venues of names trade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.worlds.books import starting_market
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.venues.credit_contract import CreditContract
    from scenarios.scenario import Scenario
    from sim.clock import Clock


def traded_contracts(scenario: Scenario, clock: Clock) -> dict[str, CreditContract]:
    """The contract of each name that has a venue: of the tenor shown, at the coupon quoted for it.

    Raises UserError where it ends within the run.
    """
    specs = {name: spec for name, spec in scenario.market.credits.items() if spec.venue is not None}
    if not specs:
        return {}
    from markets.credit.contract import maturity_after  # they load QuantLib, as few need
    from markets.curves.dates import parse_tenor
    from markets.venues.credit_contract import CreditContract

    start, found = starting_market(scenario), {}
    for name, spec in specs.items():
        credit = start.credit(name)
        maturity = maturity_after(start.day, parse_tenor(spec.quoted), credit.convention)
        if maturity <= scenario.end:
            rule, place = "the contract that trades ends within the run", f"market.credits.{name}.shown"
            raise UserError(rule, value=str(maturity), place=place, remedy="show a longer one")
        coupon = spec.quotes[spec.quoted] if credit.convention.coupon is None else credit.convention.coupon
        found[name] = CreditContract.of(credit, maturity, coupon, spec.vol, clock, start)
    return found
