"""Curves that a scenario quotes: which of them its market uses, and where their quotes come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.nearest import nearest

if TYPE_CHECKING:
    from markets.specs.rates import RateSpec
    from sim.place import Place


def check_quoted(rates: RateSpec, at: Place) -> None:
    """`discount` and `projection` name quoted curves, and quotes stand in the scenario. Raises UserError.

    at: the place of `rates`.
    """
    names = list(rates.curves)
    for key in ("discount", "projection"):
        chosen = getattr(rates, key)
        known = [*names, *rates.spreads] if key == "projection" else names
        if chosen and chosen not in known:
            remedy = nearest(chosen, known) if known else "write [market.rates.curves.sofr] with a convention and rates"
            raise at.at(key).error("no such curve", value=chosen, remedy=remedy)
    if len(names) > 1 and not rates.discount:
        remedy = f'write discount = "{names[0]}"'
        raise at.at("discount").error("several curves: say which one discounts", value=", ".join(names), remedy=remedy)
    for name, spec in rates.curves.items():
        if spec.file:
            remedy = f"spiral run SCENARIO --curves {spec.file}"
            here = at.at("curves", name, "file")
            raise here.error("a scenario reads no other file", value=spec.file, remedy=remedy)
