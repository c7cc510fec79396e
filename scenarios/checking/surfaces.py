"""What a surface that moves needs of its market."""

from __future__ import annotations

from markets.factors.surface import BUTTERFLY
from markets.specs.market import MarketSpec
from sim.place import Place


def check_moving(market: MarketSpec, at: Place, *, skew: float, vol: float | None) -> None:
    """It answers log returns, and its skew begins within the bound. at: the table in which the surface stands.

    skew, vol: at the start. Raises UserError.
    """
    if market.price_model != "lognormal":
        rule = "the surface answers log returns, and a normal price may fall to 0"
        raise at.at("surface").error(rule, remedy='leave it out, or write price_model = "lognormal"')
    if vol is not None and abs(skew) * vol > BUTTERFLY:
        rule = f"with a moving surface the skew lies within {BUTTERFLY:g} over the vol at the start"
        raise at.at("skew").error(rule, value=skew, remedy=f"write {BUTTERFLY / vol:.2f} or less")
