"""Names at the start: hazard rates from their quotes, on the curve that all is discounted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.worlds.starting_curve import starting_curve
from sim.errors import placed
from sim.memo import Memo

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

    from markets.credit.name import CreditName
    from markets.curves.curve import Curve
    from markets.specs.credit_name import CreditNameSpec
    from scenarios.scenario import Scenario


def credits(scenario: Scenario) -> dict[str, CreditName]:
    """Every name that a scenario quotes. Raises UserError where no hazard rates meet its quotes."""
    specs = scenario.market.credits
    if not specs:
        return {}
    curve, first = starting_curve(scenario), scenario.storyline.anchor[0]
    levels = tuple(float(first.level(key.node) or 0.0) for key in curve.nodes)
    return _NAMES.get(
        lambda: {name: _name(name, spec, scenario.start, curve, levels) for name, spec in specs.items()},
        scenario.market,
        curve,
        scenario.start.toordinal(),
        *levels,
    )


def _name(name: str, spec: CreditNameSpec, day: date, curve: Curve, levels: tuple[float, ...]) -> CreditName:
    from markets.credit.contract import cds_of, credit_convention, maturity_after  # they load QuantLib, as few need
    from markets.credit.hazard_curve import CreditQuote, solve_hazards
    from markets.credit.name import CreditName
    from markets.curves.dates import parse_tenor

    place = f"market.credits.{name}.quotes"
    convention, rates = credit_convention(spec.contract), np.array(levels)

    def log_discount(years: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(-(curve.weights(years) @ rates + curve.excess(years)))

    quotes = []
    for tenor, spread in spec.quotes.items():
        with placed(f"{place}.{tenor}"):
            cds = cds_of(day, maturity_after(day, parse_tenor(tenor), convention), convention)
        quotes.append(CreditQuote(tenor=tenor, cds=cds, spread=spread, place=f"{place}.{tenor}"))
    with placed(place):
        solved = solve_hazards(name, day, convention, spec.recovery, quotes, log_discount, np.empty(0), form="midpoint")
    start = float(np.log(spec.quotes[spec.quoted]))
    return CreditName(
        name, start, solved.curve, spec.recovery, convention, spec.defaults, spec.cash_share, spec.cash_days
    )


_NAMES: Memo[dict[str, CreditName]] = Memo()
