"""Schedule margin: a percentage of notional by asset class, with partial credit for netting."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from agents.funding.risk_classes import CREDIT, CURRENCIES, RATES
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio
    from agents.funding.positions import Holding

Vector = NDArray[np.float64]
SHORT, MEDIUM = 2.0, 5.0  # limits between the three maturity bands, years


@dataclass(frozen=True, kw_only=True)
class Schedule(MarginModel):
    """Gross margin x (1 - netting + netting x NGR): the schedule for derivatives that are not cleared centrally.

    Gross margin is the sum of notional x percentage over all derivatives. NGR is the net amount that the desk owes on
    all of them / the sum over those on which it owes something (1 if there is none). Assets held outright are no
    derivatives. BCBS and IOSCO, Margin requirements for non-centrally cleared derivatives (April 2020),
    requirement 3 and appendix A: 0.4 + 0.6 NGR; equity 15 %; interest rates 1, 2 and 4 % (up to 2, 5 and more years);
    credit 2, 5 and 10 % likewise; foreign exchange 6 %.
    """

    kind: ClassVar[str] = "schedule"
    by_position: ClassVar[bool] = True
    equity: float = param(0.15, unit="share of notional", help="options and futures on the asset", ge=0, le=1)
    rates_short: float = param(0.01, unit="share of notional", help="swaps of up to 2 years", ge=0, le=1)
    rates_medium: float = param(
        0.02, unit="share of notional", help="swaps of more than 2 and up to 5 years", ge=0, le=1
    )
    rates_long: float = param(0.04, unit="share of notional", help="swaps of more than 5 years", ge=0, le=1)
    credit_short: float = param(0.02, unit="share of notional", help="names, up to 2 years", ge=0, le=1)
    credit_medium: float = param(
        0.05, unit="share of notional", help="names, more than 2 and up to 5 years", ge=0, le=1
    )
    credit_long: float = param(0.10, unit="share of notional", help="names, more than 5 years", ge=0, le=1)
    fx: float = param(0.06, unit="share of notional", help="cross-currency swaps", ge=0, le=1)
    netting: float = param(
        0.6, unit="share", help="of the gross margin that goes with the net-to-gross ratio", ge=0, le=1
    )

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        held = portfolio.derivatives()
        zero = np.zeros(portfolio.paths)
        gross = sum((self.percentage(each) * each.notional for each in held), zero)
        owed = sum((np.maximum(-each.value, 0.0) for each in held), zero)
        net = np.maximum(-sum((each.value for each in held), zero), 0.0)
        ratio = np.where(owed > 0, net / np.where(owed > 0, owed, 1.0), 1.0)
        margin: Vector = gross * (1 - self.netting + self.netting * ratio)
        return margin

    def percentage(self, held: Holding) -> float:
        """Percentage of notional for a derivative, as a decimal."""
        if held.asset_class == RATES:
            return _by_years(held.years, self.rates_short, self.rates_medium, self.rates_long)
        if held.asset_class == CREDIT:
            return _by_years(held.years, self.credit_short, self.credit_medium, self.credit_long)
        return self.fx if held.asset_class == CURRENCIES else self.equity


def _by_years(years: float, short: float, medium: float, long: float) -> float:
    """The percentage of a maturity band."""
    if years <= SHORT:
        return short
    return medium if years <= MEDIUM else long
