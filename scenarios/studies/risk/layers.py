"""Slopes of a book by each curve that it depends on, and by the quotes that these curves are solved from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.curves.flows import Point
from scenarios.worlds.starting_curve import discount_name
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.curves.curve_set import CurveSet
    from markets.factors.snapshot import Block
    from markets.products.risk import Risk
    from markets.products.start import Start
    from markets.specs.rates import RateSpec

Floats = NDArray[np.float64]
DISCOUNTS, PROJECTS, FOREIGN, BASIS = "discounts", "projects", "foreign", "basis"


class Layer(NamedTuple):
    """A curve of a starting market.

    name: in tables, "" of one that does not move on its own. quoted: the quoted curve that it is, "" of none. below:
    block of the curve that it is a spread over, if it is one.
    """

    name: str
    role: str
    curve: Curve
    quoted: str = ""
    below: Block | None = None


def layers_of(start: Start, rates: RateSpec) -> list[Layer]:
    """The curves of a market that was put `apart`, that which all is discounted on first."""
    discount = discount_name(rates) if rates.curves else ""
    out = [Layer("", DISCOUNTS, start.curve, discount)]
    for name, projection in start.projections.items():
        assert projection.spread is not None
        named = name or rates.projection
        quoted = named if named in rates.curves and named != discount else ""
        moving = named if quoted or named in rates.spreads else ""
        out.append(Layer(moving, PROJECTS, projection.spread, quoted, start.curve.block))
    for name, each in start.currencies.items():
        spec = rates.currencies[name]
        out.append(Layer(name, FOREIGN, each.curve, spec.curve))
        if each.basis is not None:
            quoted = spec.basis if spec.curve and spec.basis in rates.curves else ""
            out.append(Layer(spec.basis, BASIS, each.basis, quoted, each.curve.block))
    return out


def slopes_by(risk: Risk, curve: Curve) -> Floats:
    """Change of value per 1.00 of each node of a curve, (nodes,) $; 0 where the book does not depend on it."""
    return np.array([risk.first(key)[0] if (key,) in risk.where else 0.0 for key in curve.nodes])


def quote_ladder(risk: Risk, found: list[Layer], curves: CurveSet) -> Floats:
    """Change of value for a step of each quote of all curves, (quotes,) $.

    A layer that is quoted itself stays where it is while the one below moves, so its slopes are taken from that one's.
    """
    own = {layer.curve.block: slopes_by(risk, layer.curve) for layer in found}
    total = np.zeros(len(curves.quotes))
    for layer in found:
        if not layer.quoted:
            continue
        upper = [own[each.curve.block] for each in found if each.quoted and each.below == layer.curve.block]
        rest = own[layer.curve.block] - sum(upper, np.zeros(1))
        times = layer.curve.times
        weights, _ = curves.nodes.at([Point(layer.quoted, float(t)) for t in times])
        total += (rest / times) @ weights @ curves.by_quote
    steps = np.array([quote.step for quote in curves.quotes])
    return np.asarray(total * steps)
