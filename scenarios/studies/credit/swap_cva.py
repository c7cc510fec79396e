"""The credit value adjustment of a swap: its exposures are swaptions of the Hull-White model."""

from __future__ import annotations

import numpy as np

from markets.credit.cva import Cva
from markets.credit.hazard_curve import HazardCurve
from markets.curves.curve_set import CurveSet
from markets.curves.deal import make_deal
from markets.curves.swap_book import SwapBook
from markets.rate_vols.hull_white import HullWhite, SwapTerms
from markets.specs.curve_swaps import CurveSwapSpec
from scenarios.studies.curves.swap_text import parse_swap
from sim.errors import UserError

REVERSION = 0.03  # 1/year


def swap_cva(
    swap: str | CurveSwapSpec,
    curves: CurveSet,
    counterparty: HazardCurve,
    *,
    vol: float,
    reversion: float = REVERSION,
    place: str = "--cva",
) -> Cva:
    """What the default of a counterparty may cost on a swap with it, by dates, with exact risk to its quotes.

        cva = swap_cva("pay 4.3% 6Y 50m", curves, credit["acme"], vol=0.0096)
        cva.value, cva.exposures, cva.ladder, cva.hedge

    Args:
        swap: a line like 'receive par 10Y 1bn on sofr', of a bullet swap that starts now.
        curves: of `solve_curves`; the swap is discounted on the curve that its rates are read from.
        counterparty: of `solve_credit`.
        vol: of the short rate, decimal per square root of a year.
        reversion: of the short rate, 1/year.

    Returns:
        `times` of the fixed payments but the last, `exposures` (present values: swaptions into what is left), `died`,
        `value`, `ladder`, `hedge`.

    Raises:
        UserError: a mistake in the swap, or a swap that this does not hold for.
    """
    spec = parse_swap(swap, place) if isinstance(swap, str) else swap
    if spec.profile != "bullet" or spec.notionals or spec.spread or spec.discount:
        raise UserError("the exposure of a bullet swap without spread is known", value=spec.name, place=place)
    curve = curves[spec.curve or next(iter(curves.curves))]
    if curve.day != counterparty.day:
        rule = "curves and counterparty are of different days"
        raise UserError(rule, value=f"{curve.day}, {counterparty.day}", place=place)
    rate = spec.rate if spec.rate is not None else float(SwapBook.of([spec], curves, [place]).par[0])
    deal = make_deal(
        curves.convention(curve.name), curves.day, tenor=spec.tenor, start=spec.start, end=spec.end, place=place
    )
    leg = deal.fixed
    if leg.end.size < 2:
        raise UserError("a swap of one period has no exposure between its dates", value=spec.name, place=place)
    model = HullWhite(reversion=reversion, sigma=vol, log_discount=curve.log_discount)
    side = "payer" if spec.side == "pay" else "receiver"
    found = [
        float(model.swaption(SwapTerms(float(leg.end[k]), leg.pay[k + 1 :], leg.tau[k + 1 :]), rate, side=side))
        for k in range(leg.end.size - 1)
    ]
    return Cva(counterparty, np.asarray(leg.end[:-1]), spec.notional * np.array(found))
