"""Parametric margin: a number of standard deviations of a desk's net sensitivities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from markets.venues.straddle import VOL_OF_VOL

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Parametric(MarginModel):
    """k s sqrt(mpor) x exposure, by the lender's `margin_multiple`, `mpor_days` and `rate_vol`.

    Exposure of the asset: |net delta| S + short gamma S^2 x (k s sqrt(mpor)) / 2, the loss of a move of k standard
    deviations to second order; of rates: |net DV01| x yield vol / base vol, node by node; of further assets: |value| x
    vol / base vol; of spreads, other currencies' nodes and FX rates: |slope| x own vol / base vol. Nothing is netted
    between them. With `rates_margin = "rates_vol"` rates ask for k m sqrt(mpor) x |net DV01|, m the vol of rates.
    Where straddles are listed the vega of rates counts too, of book and straddles together: k sqrt(mpor) x |net slope
    by m| x 0.8 m, the vol of m, scaled as rates are.
    """

    kind: ClassVar[str] = "parametric"

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        factors, days = portfolio.factors, portfolio.clock.days_a_year
        spot, base = factors.spot, factors.vol_law.base
        move = terms.margin_multiple * factors.margin_vol * np.sqrt(terms.mpor_days / days)
        delta = np.abs(portfolio.delta()) * spot
        convexity = 0.5 * np.maximum(-portfolio.gamma(), 0.0) * spot**2
        rates = np.zeros(spot.size)
        for slope in portfolio.node_slopes():
            rates += np.abs(slope)
        for asset, value in portfolio.other_assets():
            delta = delta + np.abs(value) * asset.vol / base
        for vol, slope in portfolio.further_slopes():
            delta = delta + np.abs(slope) * vol / base
        vega = portfolio.vega()
        own = factors.margin_rates_vol if terms.rates_margin == "rates_vol" else None
        if own is None:
            if vega is not None:
                delta = delta + np.abs(vega) * VOL_OF_VOL * factors.rate_vol() / base
            margin: Vector = move * (delta + convexity * move + rates * terms.rate_vol / base)
            return margin
        if vega is not None:
            rates = rates + np.abs(vega) * VOL_OF_VOL
        by_own = terms.margin_multiple * own * np.sqrt(terms.mpor_days / days) * rates
        return np.asarray(move * (delta + convexity * move) + by_own)
