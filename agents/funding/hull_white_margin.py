"""Hull-White margin: a quantile of what the whole netting set may lose as the short rate moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from agents.funding.margin_periods import margin_days
from agents.funding.parametric_margin import beside_rates, yield_vol
from agents.funding.risk_classes import RATES
from markets.rate_vols.curve_move import curve_move
from markets.rate_vols.rate_table import CONVERGED, FINE, WIDE, RateTable, grid_quantile, points
from sim.dataclass import dataclass
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HullWhiteMargin(MarginModel):
    """What book and hedges lose over the margin period with probability 1 - level, their value a function of the
    short rate.

    Each day and on each path the netting set is valued, time passed included, at Chebyshev's points of the short rate's
    exact normal law; the whole curve of the path follows the rate. The quantile is that of the table: books that turn
    in the rate are right. The asset, spreads and currencies ask for what `parametric` asks.
    """

    kind: ClassVar[str] = "hull_white"
    level: float = param(0.99, unit="probability", help="that the loss stays below the margin", ge=0.5, le=0.9999)
    days: float | None = param(
        None, unit="trading days", help="margin period of rates (default: the lender's)", ge=0.01, le=250
    )
    reversion: float = param(0.03, unit="1/year", help="a of the short rate", ge=1e-6, le=10)
    sigma: float | None = param(
        None,
        unit="decimal per sqrt(year)",
        help="vol of the short rate (default: the vol that parametric margin on DV01 has)",
        ge=1e-6,
        le=0.5,
    )
    nodes: int = param(17, unit="points", help="of the short rate at which the set is valued", ge=5, le=257)

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        margin: Vector = beside_rates(portfolio, terms)
        if portfolio.has_rates:
            margin = margin + np.maximum(-self._quantile(portfolio, terms), 0.0)
        return margin

    def _quantile(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        """Of the gain over the margin period, (paths,) $.

        Paths on which an option expires within the period, so that the table has not converged, have a fine grid.
        """
        table = self.gains(portfolio, terms)
        found, sharp = table.quantile(1 - self.level), ~table.resolved(CONVERGED)
        if sharp.any():
            fine = self._gain(portfolio, terms, np.linspace(-WIDE, WIDE, FINE + 1))
            found = np.where(sharp, grid_quantile(fine, 1 - self.level), found)
        return found

    def gains(self, portfolio: Portfolio, terms: MarginTerms) -> RateTable:
        """Gain over the margin period by standard deviations of the short rate, a function a path, $."""
        return RateTable(-WIDE, WIDE, self._gain(portfolio, terms, points(-WIDE, WIDE, self.nodes)))

    def _gain(self, portfolio: Portfolio, terms: MarginTerms, where: Vector) -> Vector:
        """The same at some standard deviations, (where, paths) $."""
        clock, now = portfolio.clock, portfolio.factors.snapshot
        days = margin_days(terms, RATES) if self.days is None else self.days
        years = days / clock.days_a_year
        sigma = yield_vol(portfolio, terms) if self.sigma is None else np.full(portfolio.paths, self.sigma)
        curve = portfolio.curve
        move = curve_move(curve, now.block(curve.block), reversion=self.reversion, sigma=sigma, years=years)
        table = np.empty((where.size, portfolio.paths))
        for k, z in enumerate(where.tolist()):
            table[k] = portfolio.gain(now.with_rows({}, {curve.block: move.at(z)}), years=years)
        return table
