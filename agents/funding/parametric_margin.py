"""Parametric margin: a number of standard deviations of a desk's net sensitivities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Parametric(MarginModel):
    """k s sqrt(mpor) x exposure, by the lender's `margin_multiple`, `mpor_days` and `rate_vol`.

    Exposure of the asset: |net delta| S + short gamma S^2 x (k s sqrt(mpor)) / 2, the loss of a move of k standard
    deviations to second order; of rates: |net DV01| x yield vol / base vol, node by node; of further assets: |value| x
    vol / base vol. Nothing is netted between them. Where a vol of rates m is declared, rates ask for k m sqrt(mpor) x
    |net DV01|.
    """

    kind: ClassVar[str] = "parametric"

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        factors, days = portfolio.factors, portfolio.clock.days_a_year
        spot, base = factors.spot, factors.vol_law.base
        deviations = terms.margin_multiple * np.sqrt(terms.mpor_days / days)
        move = deviations * factors.margin_vol
        delta = np.abs(portfolio.delta()) * spot
        convexity = 0.5 * np.maximum(-portfolio.gamma(), 0.0) * spot**2
        rates = np.zeros(spot.size)
        for slope in portfolio.node_slopes():
            rates += np.abs(slope)
        for asset, value in portfolio.other_assets():
            delta = delta + np.abs(value) * asset.vol / base
        own = factors.margin_rates_vol
        margin: Vector = move * (delta + convexity * move + (rates * terms.rate_vol / base if own is None else 0.0))
        return margin if own is None else margin + deviations * own * rates
