"""Parametric margin: a number of standard deviations of a desk's net sensitivities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from agents.funding.margin_periods import margin_days
from agents.funding.risk_classes import EQUITY, RATES
from markets.kernels.lending import asset_exposure, margin_of_moves
from markets.venues.straddle import VOL_OF_VOL
from markets.venues.vol_listing import VOL_OF_VOL as VOL_OF_IMPLIED
from sim.dataclass import dataclass
from sim.params import param

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
    between them. A further asset that the desk has options on has the exposure of the asset, at k s_j sqrt(mpor), s_j
    its own vol, and its vega counts as the asset's does. With `rates_margin = "rates_vol"` rates ask for
    k m sqrt(mpor) x |net DV01|, m the vol of rates. With `rates_days` they have that margin period, with `margin_days`
    each risk class has its own. Where straddles are listed the vega of rates counts too, of book and straddles
    together: k sqrt(mpor) x |net slope by m| x 0.8 m, the vol of m, scaled as rates are. Where options on assets are
    listed delta and gamma are those of book and options together, and so is vega, which counts too: k sqrt(mpor) x
    |net vega| x 0.8 s. Names may jump: `jump_to_default` adds a share of the worst default.
    """

    kind: ClassVar[str] = "parametric"
    jump_to_default: float = param(
        0.0, unit="share", help="of what the worst default of one name costs at once, as an add-on", ge=0, le=1
    )

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        margin = self._of_moves(portfolio, terms)
        return margin + self.jump_to_default * portfolio.worst_default() if self.jump_to_default else margin

    def _of_moves(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        factors, days = portfolio.factors, portfolio.clock.days_a_year
        move, delta, convexity = _exposure(portfolio, terms)
        rates = np.zeros(portfolio.paths)
        for slope in portfolio.node_slopes():
            rates += np.abs(slope)
        own = factors.margin_rates_vol if terms.rates_margin == "rates_vol" else None
        if terms.rates_days is not None or terms.margin_days is not None:
            root = np.sqrt(margin_days(terms, RATES) / days)
            by_period = terms.margin_multiple * yield_vol(portfolio, terms) * root * rates
            margin = np.asarray(move * (delta + convexity * move) + by_period)
        elif own is None:
            margin = np.empty(portfolio.paths)
            margin_of_moves(move, delta, convexity, rates, terms.rate_vol, factors.vol_law.base, margin)
        else:
            by_own = terms.margin_multiple * own * np.sqrt(terms.mpor_days / days) * rates
            margin = np.asarray(move * (delta + convexity * move) + by_own)
        return _with_vega(margin, portfolio, terms)


def beside_rates(portfolio: Portfolio, terms: MarginTerms) -> Vector:
    """The margin without that on the curve's nodes, (paths,) $: assets, spreads, currencies, and vega of rates."""
    move, delta, convexity = _exposure(portfolio, terms)
    return _with_vega(move * (delta + convexity * move), portfolio, terms)


def beside_assets(portfolio: Portfolio, terms: MarginTerms) -> Vector:
    """The margin without that on assets and their vols, (paths,) $: rates and their vol, spreads, currencies, names."""
    root = np.sqrt(margin_days(terms, RATES) / portfolio.clock.days_a_year)
    by_rate, further = terms.margin_multiple * yield_vol(portfolio, terms) * root, np.zeros(portfolio.paths)
    for one in _further(portfolio, terms):
        further = further + one
    margin = _move(portfolio, terms) * further
    for slope in portfolio.node_slopes():
        margin = margin + by_rate * np.abs(slope)
    return _with_vega(margin, portfolio, terms)


def yield_vol(portfolio: Portfolio, terms: MarginTerms) -> Vector:
    """The vol of rates that margin on DV01 has, (paths,) decimal a year."""
    factors = portfolio.factors
    own = factors.margin_rates_vol if terms.rates_margin == "rates_vol" else None
    return factors.margin_vol * terms.rate_vol / factors.vol_law.base if own is None else own


def _with_vega(margin: Vector, portfolio: Portfolio, terms: MarginTerms) -> Vector:
    """The margin with that on the vol of rates, (paths,) $, where straddles are listed."""
    vega = portfolio.vega()
    if vega is None:
        return margin
    factors = portfolio.factors
    own = factors.margin_rates_vol if terms.rates_margin == "rates_vol" else None
    vol = factors.margin_vol * factors.rate_vol() / factors.vol_law.base if own is None else own
    period = terms.mpor_days if terms.margin_days is None else margin_days(terms, RATES)
    move = terms.margin_multiple * np.sqrt(period / portfolio.clock.days_a_year) * VOL_OF_VOL * vol
    return np.asarray(margin + move * np.abs(vega))


def _exposure(portfolio: Portfolio, terms: MarginTerms) -> tuple[Vector, Vector, Vector]:
    """The move k s sqrt(mpor), and the exposure to it beside rates, of first and second order, (paths,) $."""
    factors = portfolio.factors
    spot, base, move = factors.spot, factors.vol_law.base, _move(portfolio, terms)
    delta, convexity = np.empty((2, portfolio.paths))
    asset_exposure(portfolio.delta(), portfolio.gamma(), spot, delta, convexity)
    for name in portfolio.assets[1:]:
        ratio = factors.margin_vol_of(name) / factors.margin_vol
        delta = delta + ratio * np.abs(portfolio.delta(name)) * portfolio.price(name)
        bent = 0.5 * np.maximum(-portfolio.gamma(name), 0.0) * portfolio.price(name) ** 2
        convexity = convexity + ratio**2 * bent
        own_vega = portfolio.asset_vega(name)
        delta = delta if own_vega is None else delta + ratio * np.abs(own_vega) * VOL_OF_IMPLIED
    for asset, value in portfolio.other_assets():
        delta = delta + np.abs(value) * asset.vol / base
    for one in _further(portfolio, terms):
        delta = delta + one
    vega = portfolio.asset_vega()
    if vega is not None:
        delta = delta + np.abs(vega) * VOL_OF_IMPLIED
    return move, delta, convexity


def _move(portfolio: Portfolio, terms: MarginTerms) -> Vector:
    """k s sqrt(mpor) of the main asset, (paths,)."""
    root = np.sqrt(margin_days(terms, EQUITY) / portfolio.clock.days_a_year)
    move: Vector = terms.margin_multiple * portfolio.factors.margin_vol * root
    return move


def _further(portfolio: Portfolio, terms: MarginTerms) -> Iterator[Vector]:
    """Exposure by spreads, other currencies, FX rates and names, in units of the main asset's move, (paths,) $ each."""
    period, base = margin_days(terms, EQUITY), portfolio.factors.vol_law.base
    for each in portfolio.further_slopes():
        one = np.abs(each.slope) * each.vol / base
        own = period if terms.margin_days is None else margin_days(terms, each.risk_class)
        yield one if own == period else np.sqrt(own / period) * one
