"""Swaps on a set of curves: value and exact risk from the same flows, nothing bumped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.curve_set import CurveSet
from markets.curves.dates import DAYS_A_YEAR
from markets.curves.deal import make_deal
from markets.curves.flows import Flow, FlowTable, Point
from markets.curves.legs import averaged_flows, fixed_flows, floating_flows
from markets.curves.sparse import Sparse
from markets.curves.stress import BP, Stress
from markets.specs.curve_swaps import CurveSwapSpec
from sim.dataclass import dataclass
from sim.errors import UserError, placed

Floats = NDArray[np.float64]
DAY = 1 / DAYS_A_YEAR


@dataclass(frozen=True, eq=False)
class SwapBook:
    """Swaps valued on a set of curves, each in the currency of its curve; sums are over swaps of one currency.

    `legs` has two claims a swap, per 1 of notional: annuities (years), then floating legs.
    sign: (swaps,) +1 where the fixed rate is received; notional: (swaps,), in the curve's currency.
    """

    curves: CurveSet
    specs: tuple[CurveSwapSpec, ...]
    legs: FlowTable
    sign: Floats
    notional: Floats
    given: Floats  # (swaps,) fixed rate, NaN for par
    _weights: Floats = field(repr=False)
    _level: Floats = field(repr=False)  # -ln P at the points

    @staticmethod
    def of(specs: Sequence[CurveSwapSpec], curves: CurveSet, places: Sequence[str] = ()) -> SwapBook:
        """The book of some swaps. places: of each, for messages. Raises UserError."""
        if not specs:
            raise UserError("the book has no swap", remedy="write 'receive 3.5% 9Y 50m'")
        wheres = list(places) or [f"swap {i}" for i in range(1, len(specs) + 1)]
        pairs = [_legs(spec, curves, where) for spec, where in zip(specs, wheres, strict=True)]
        legs = FlowTable.of([*(fixed for fixed, _ in pairs), *(floating for _, floating in pairs)])
        weights, constant = curves.nodes.at(legs.points)
        return SwapBook(
            curves,
            tuple(specs),
            legs,
            np.array([1.0 if spec.side == "receive" else -1.0 for spec in specs]),
            np.array([spec.notional for spec in specs]),
            np.array([np.nan if spec.rate is None else spec.rate for spec in specs]),
            weights,
            weights @ curves.solution.y + constant,
        )

    def on(self, curves: CurveSet) -> SwapBook:
        """The same swaps on other curves of the same day and names, other quotes of them say.

        Swaps without a fixed rate keep the par rate that they have here. Raises UserError for another day, or
        where a curve is missing.
        """
        if curves.day != self.curves.day:
            rule, remedy = "swaps move to curves of their own day", "value them again with value_swaps"
            raise UserError(rule, value=str(curves.day), remedy=remedy)
        weights, constant = curves.nodes.at(self.legs.points)
        level = weights @ curves.solution.y + constant
        return replace(self, curves=curves, given=self.rate, _weights=weights, _level=level)

    @property
    def currencies(self) -> tuple[str, ...]:
        """In which each swap is worth what it is, (swaps,)."""
        names = (spec.curve or next(iter(self.curves.curves)) for spec in self.specs)
        return tuple(self.curves[name].currency for name in names)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the swaps, for tables."""
        return tuple(spec.name or _described(spec) for spec in self.specs)

    @cached_property
    def annuity(self) -> Floats:
        """Value of a fixed rate of 1, per 1 of notional: (swaps,) years."""
        return np.split(self.legs.values(self._level), 2)[0]

    @cached_property
    def floating(self) -> Floats:
        """Value of the floating leg, spread included, per 1 of notional: (swaps,)."""
        return np.split(self.legs.values(self._level), 2)[1]

    @property
    def par(self) -> Floats:
        """Fixed rates at which the swaps are worth nothing, (swaps,)."""
        return self.floating / self.annuity

    @cached_property
    def rate(self) -> Floats:
        """Fixed rates, (swaps,): as given, else par."""
        return np.where(np.isnan(self.given), self.par, self.given)

    @property
    def npv(self) -> Floats:
        """(swaps,), sign x notional x (rate x annuity - floating leg)."""
        return self.flows.values(self._level)

    @property
    def pv01(self) -> Floats:
        """Change of value for +1 bp on the fixed rate, (swaps,)."""
        return self.sign * self.notional * self.annuity * BP

    @cached_property
    def flows(self) -> FlowTable:
        """All flows in money, a claim a swap."""
        n, size = self.sign.size, self.sign * self.notional
        scale = np.concatenate([size * self.rate, -size])
        legs = self.legs
        return replace(legs, count=n, amounts=legs.amounts * scale[legs.rows], rows=legs.rows % n)

    @cached_property
    def by_point(self) -> Sparse:
        """dV by a move of the zero rate at each point of 1.00, (swaps, points) sparse."""
        slopes = self.flows.slopes(self.flows.flow_values(self._level))
        return slopes.scaled(self.flows.years)

    @cached_property
    def by_node(self) -> Floats:
        """dV/dy, by the node values y = -ln DF of all curves, (swaps, nodes)."""
        out: Floats = self.flows.slopes(self.flows.flow_values(self._level)) @ self._weights
        return out

    @property
    def ladder(self) -> Floats:
        """Change of value for one step of each quote (1 bp of a rate, 0.01 of a price), (swaps, quotes), exact."""
        steps = np.array([quote.step for quote in self.curves.quotes])
        out: Floats = self.by_node @ self.curves.by_quote * steps
        return out

    @property
    def par_dv01(self) -> Floats:
        """Change of value for +1 bp on every quoted rate, (swaps,)."""
        out: Floats = self.ladder[:, self._rates].sum(axis=1)
        return out

    @property
    def zero_ladder(self) -> Floats:
        """Change of value for +1 bp on the zero rate of each node, (swaps, nodes)."""
        return self.by_node * self.curves.nodes.years * BP

    def zero_dv01(self, *, curve: str | None = None, role: str | None = None) -> Floats:
        """Change of value for +1 bp on all zero rates, or those of one curve, or of one role, (swaps,)."""
        out: Floats = self.by_point @ np.where(self.flows.mask(curve=curve, role=role), BP, 0.0)
        return out

    def key_rates(self, tents: Floats) -> Floats:
        """Change of value for +1 bp in each tent, given at the points' years, (keys, points): (swaps, keys)."""
        out: Floats = self.by_point @ tents.T * BP
        return out

    @property
    def gamma(self) -> Floats:
        """Second derivative by a parallel move of all zero rates, per bp squared, (swaps,)."""
        values = self.flows.flow_values(self._level)
        out: Floats = self.flows.summed(values * (self.flows.powers @ self.flows.years) ** 2) * BP**2
        return out

    def cross_gamma(self, chosen: ArrayLike = 1.0) -> Floats:
        """Second derivatives by the zero rates of the nodes, per bp squared, (nodes, nodes), summed over swaps.

        chosen: (swaps,) how often each counts: 1 and 0 for a part of the book.
        """
        years = self.curves.nodes.years
        counts = np.broadcast_to(np.asarray(chosen, dtype=np.float64), self.sign.shape)
        values, rows = self.flows.flow_values(self._level), self.flows.powers @ self._weights
        values = values * counts[self.flows.rows]
        out: Floats = (rows.T * values) @ rows * np.outer(years, years) * BP**2
        return out

    @property
    def par_gamma(self) -> Floats:
        """Second derivative by a parallel move of all quoted rates, per bp squared, (swaps,)."""
        rates = self._rates.astype(np.float64)
        first = self.curves.by_quote @ rates
        along = self.flows.powers @ (self._weights @ first)
        own = self.flows.summed(self.flows.flow_values(self._level) * along**2)
        return (own + self.by_node @ self.curves.bent(rates)) * BP**2

    def theta(self) -> Floats:
        """Change of value over a calendar day, the forward rates realised, (swaps,)."""
        first = np.array([float(self.curves[p.curve].log_discount(DAY)) for p in self.flows.points])
        return self.flows.values(self._level + first) - self.npv

    def theta_same_zeros(self) -> Floats:
        """Change of value over a calendar day, the zero curve the same in time to maturity, (swaps,).

        What has begun to accrue has earned the first forward rate.
        """
        later = [Point(p.curve, p.years - DAY, p.role) for p in self.flows.points]
        weights, constant = self.curves.nodes.at(later)
        return self.flows.values(weights @ self.curves.solution.y + constant) - self.npv

    def stressed(self, stress: Stress) -> Floats:
        """Change of value in a move of the zero curve, revalued in full, (swaps,). Raises UserError."""
        return self.flows.values(self._moved(stress)) - self.npv

    def after(self, stress: Stress) -> SwapBook:
        """The same swaps once the zero curve has moved so: value, annuity, PV01, and risk by zero rates are of then.

        Quotes do not move with it: its risk by quote and its theta are not those of the moved curve. Raises UserError.
        """
        return replace(self, given=self.rate, _level=self._moved(stress))

    def _moved(self, stress: Stress) -> Floats:
        """-ln P at the points, (points,)."""
        level, years = self._level, self.flows.years
        for each in stress.all:
            curve = self.curves[each.curve].name if each.curve else None
            here = self.flows.mask(curve=curve, role=each.role or None)
            level = level + np.where(here, each.move(years) * years, 0.0)
        return level

    @cached_property
    def _rates(self) -> NDArray[np.bool_]:
        """Which quotes are rates, (quotes,)."""
        return np.array([quote.step == BP for quote in self.curves.quotes])


def _legs(spec: CurveSwapSpec, curves: CurveSet, place: str) -> tuple[list[Flow], list[Flow]]:
    with placed(place):
        return _placed_legs(spec, curves, place)


def _placed_legs(spec: CurveSwapSpec, curves: CurveSet, place: str) -> tuple[list[Flow], list[Flow]]:
    name = spec.curve or _only(curves, place)
    convention = curves.convention(name)
    discount = curves[spec.discount].name if spec.discount else curves.specs[name].discount or name
    deal = make_deal(convention, curves.day, tenor=spec.tenor, start=spec.start, end=spec.end, place=place)
    if deal.convention.grid and spec.stub != "front":
        raise UserError("a grid of years has its odd period in front", value=spec.stub, remedy="leave it out")
    deal = replace(deal, stub=spec.stub)
    fixed, floating = (
        deal.leg(leg, spec.months).shaped(spec.profile) for leg in (convention.fixed, convention.floating)
    )
    if spec.notionals:
        if spec.profile != "bullet":
            rule, remedy = "its notionals are a list or a profile, not both", "leave one out"
            raise UserError(rule, value=spec.profile, remedy=remedy)
        fixed = fixed.listed(spec.notionals, None)
        floating = floating.following(fixed)
    projection = curves.specs[name].projection or name  # a cross-currency curve discounts only
    paid = floating_flows(floating, projection, discount, spec.spread)
    if spec.compounding == "averaged":
        paid = averaged_flows(floating, convention, curves.day, projection, discount, spec.spread)
    return fixed_flows(fixed, discount), paid


def _described(spec: CurveSwapSpec) -> str:
    rate = "par" if spec.rate is None else f"{spec.rate * 100:.10g}%"
    length = spec.tenor or f"to {spec.end}"
    return " ".join(filter(None, (spec.side, rate, length, f"{spec.notional:,.0f}", spec.curve and f"on {spec.curve}")))


def _only(curves: CurveSet, place: str) -> str:
    names = list(curves.curves)
    if len(names) == 1:
        return names[0]
    raise UserError("the swap does not say its curve", place=place, remedy=f"one of {', '.join(names)}")
