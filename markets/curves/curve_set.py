"""Curves of a file solved together, and how every node follows from every quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.conventions import Convention, convention_named
from markets.curves.dates import years_between
from markets.curves.day_count import year_fraction
from markets.curves.flows import FlowTable, Nodes
from markets.curves.instruments import quote_of
from markets.curves.interpolation import INTERPOLATIONS, CurveShape, Turn
from markets.curves.meetings import node_years
from markets.curves.quote import Quote
from markets.curves.quoted_curve import QuotedCurve
from markets.curves.setting import Setting
from markets.curves.solver import Equations, Solution, ordered, solve
from markets.specs.curves import CurveSpec, QuoteKind, QuoteSpec, TurnSpec
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple
from sim.nearest import nearest

Floats = NDArray[np.float64]
STEEPEST = 5.0  # decimal: of a forward rate; discount factors of a century must stay numbers


class Fair(NamedTuple):
    """A fair quote, and the value per 1 of notional of 1.00 on it: the annuity of a swap's rate."""

    value: float
    annuity: float


@dataclass(frozen=True, eq=False)
class CurveSet:
    """The curves of one valuation day, solved from their quotes.

    specs: what was declared, by curve. Quotes and nodes stand curve by curve, by time: quote i decides node i.
    """

    day: date
    specs: Mapping[str, CurveSpec]
    equations: Equations
    solution: Solution

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The instruments, in the order of the nodes."""
        return self.equations.quotes

    @property
    def nodes(self) -> Nodes:
        """The stacked node values of all curves."""
        return self.equations.nodes

    @property
    def residual(self) -> float:
        """Largest error of a quote, per 1 of notional."""
        return self.solution.residual

    @cached_property
    def curves(self) -> dict[str, QuotedCurve]:
        """The curves by name."""
        return {
            name: QuotedCurve(
                name, currency_of(self.specs[name]), self.day, shape, self.solution.y[self.nodes.spans[name]]
            )
            for name, shape in self.nodes.shapes.items()
        }

    def __getitem__(self, name: str) -> QuotedCurve:
        """A curve by its name. Raises UserError."""
        if name not in self.curves:
            raise UserError("no such curve", value=name, remedy=nearest(name, list(self.curves)))
        return self.curves[name]

    def convention(self, name: str) -> Convention:
        """The convention of a curve. Raises UserError."""
        return convention_named(self.specs[self[name].name].convention)

    @cached_property
    def by_quote(self) -> Floats:
        """dy/dq, (nodes, quotes): -(dF/dy)^-1 dF/dq at the solution."""
        values = self.equations.flow_values(self.solution.y)
        slopes = np.array([quote.slope for quote in self.quotes])
        moved = np.diag(self.equations.units(values) * slopes)
        return np.asarray(-np.linalg.solve(self.solution.jacobian, moved), dtype=np.float64)

    def bent(self, direction: Floats) -> Floats:
        """Second derivative of the node values when all quotes move along `direction` (quotes,): (nodes,).

        From F(y(q), q) = 0 twice: F_y y'' = -(F_yy y' y' + 2 F_yq y' q' + F_qq q' q').
        """
        system, y, levels = self.equations, self.solution.y, self.equations.levels
        values = system.flow_values(y)
        along = system.flows.powers @ (system.weights @ (self.by_quote @ direction))
        moved = np.array([quote.slope for quote in self.quotes]) * direction
        bends = np.array([quote.bend for quote in self.quotes]) * direction**2
        second = system.joined(system.flows.summed(values * along**2), levels)
        mixed = np.split(system.flows.summed(-values * along), 2)[1] * moved
        rest = second + 2 * mixed + system.units(values) * bends
        return np.asarray(-np.linalg.solve(self.solution.jacobian, rest), dtype=np.float64)

    def fx_forward(self, curve: str, spot: float, years: ArrayLike) -> Floats:
        """Forward price of a cross-currency curve's own currency in the other one: spot x P own / P other.

        spot: units of the other currency for one of its own. Raises UserError where the curve has no other.
        """
        own, other = self[curve], self.specs[self[curve].name].against
        if not other:
            raise UserError("the curve has no other currency", value=curve, remedy="name a cross-currency curve")
        out: Floats = spot * np.exp(own.log_discount(years) - self[other].log_discount(years))
        return out

    def fair(self, curve: str, spec: QuoteSpec, place: str | None = None) -> Fair:
        """At what an instrument of a curve's market would be quoted on these curves; `spec`'s own rate does not matter.

        Raises UserError.
        """
        blank = replace(spec, rate=0.0, price=None)
        if spec.kind == "bond":
            blank = replace(spec, rate=None, price=100.0)
        quote = quote_of(blank, self._setting(curve), place)
        table = FlowTable.of([quote.known, quote.unit])
        weights, constant = self.nodes.at(table.points)
        known, unit = table.values(weights @ self.solution.y + constant)
        return Fair(quote.value_at(float(-known / unit)), abs(float(unit)))

    def _setting(self, curve: str) -> Setting:
        return _setting(self[curve].name, self.specs, self.day, curve)

    def requoted(self, values: Mapping[str, float]) -> CurveSet:
        """The set with some quotes' values changed, by name: a new solution from this one. Raises UserError."""
        known = {quote.name for quote in self.quotes}
        for name in values:
            if name not in known:
                raise UserError("no such quote", value=name, remedy=nearest(name, sorted(known)))
        quotes = [quote.at(values[quote.name]) if quote.name in values else quote for quote in self.quotes]
        equations = replace(self.equations, quotes=tuple(quotes))
        return replace(self, equations=equations, solution=_checked(equations, solve(equations, self.solution.y)))


def solve_set(
    specs: Mapping[str, CurveSpec],
    day: date,
    places: Mapping[str, str] | None = None,
    lines: Mapping[str, Sequence[str]] | None = None,
) -> CurveSet:
    """Solve all curves of some specs together.

    places: where each curve stands, for messages; lines: where each of its `quotes` stands, if not there.
    Raises UserError: an unknown name, two quotes on one node, a quote that cannot be met.
    """
    if not specs:
        raise UserError("no curve is declared", remedy="write [curves.sofr] with a convention and rates")
    at, own = places or {}, lines or {}
    quotes = [quote for name in specs for quote in _quotes(name, specs, day, at.get(name, name), own.get(name, ()))]
    found = ordered(quotes, list(specs))
    shapes = {
        name: _shape(specs[name], day, [q for q in found if q.curve == name], at.get(name, name)) for name in specs
    }
    equations = Equations.of(found, Nodes(shapes))
    return CurveSet(day, dict(specs), equations, _checked(equations, solve(equations)))


def _checked(equations: Equations, solution: Solution) -> Solution:
    """The solution, if its forward rates are rates at all. Raises UserError, naming the quote."""
    for name, span in equations.nodes.spans.items():
        shape, y = equations.nodes.shapes[name], solution.y[span]
        forwards = np.diff(y, prepend=0.0) / np.diff(shape.nodes, prepend=0.0)
        beyond = float(shape.last_forward_of(y))
        for rate, quote in zip((*forwards, beyond), (*equations.quotes[span], equations.quotes[span][-1]), strict=True):
            if not abs(rate) <= STEEPEST:
                rule = f"{quote.name} makes the forward rate up to or beyond its node {rate * 100:,.0f} %"
                remedy = "compare it with its neighbours: nodes a few days apart decide a rate of those days"
                raise UserError(rule, place=quote.place, remedy=remedy)
    return solution


def _quotes(name: str, specs: Mapping[str, CurveSpec], day: date, place: str, lines: Sequence[str]) -> list[Quote]:
    spec = specs[name]
    for key in ("discount", "projection", "against"):
        other = getattr(spec, key)
        if other and other not in specs:
            raise UserError("no such curve", value=other, place=f"{place}.{key}", remedy=nearest(other, list(specs)))
        if other == name and key != "discount":
            raise UserError("is the curve itself", value=other, place=f"{place}.{key}", remedy="name another curve")
    setting = _setting(name, specs, day, place)
    out = [quote_of(each, setting, f"{place}.rates.{each.tenor}") for each in par_quotes(spec)]
    wheres = lines or [f"{place}.quotes.{i}" for i in range(1, len(spec.quotes) + 1)]
    return out + [quote_of(each, setting, where) for each, where in zip(spec.quotes, wheres, strict=True)]


def par_quotes(spec: CurveSpec) -> tuple[QuoteSpec, ...]:
    """What a curve's `rates` stand for: par swaps of its own market."""
    kind: QuoteKind = "irs" if spec.discount else "ois"
    return tuple(QuoteSpec(kind=kind, tenor=tenor, rate=rate) for tenor, rate in spec.rates.items())


def _setting(name: str, specs: Mapping[str, CurveSpec], day: date, place: str) -> Setting:
    spec = specs[name]
    return Setting(
        curve=name,
        convention=convention_named(spec.convention, f"{place}.convention"),
        today=day,
        discount=spec.discount or name,
        projection=spec.projection,
        against=spec.against,
        other=convention_named(specs[spec.against].convention) if spec.against else None,
    )


def _shape(spec: CurveSpec, day: date, quotes: Sequence[Quote], place: str) -> CurveShape:
    market = convention_named(spec.convention)
    turns = tuple(_turn(each, market, day, f"{place}.turns.{i}") for i, each in enumerate(spec.turns, 1))
    nodes = np.array(node_years(spec, quotes, day, place))
    return CurveShape(nodes, INTERPOLATIONS[spec.interpolation], spec.ultimate_forward, spec.convergence, turns)


def _turn(spec: TurnSpec, market: Convention, day: date, place: str) -> Turn:
    """The jump as a continuous rate on days over 365: by the market's day count, -ln DF grows by rate x fraction."""
    if not day <= spec.start < spec.end:
        rule = "a turn begins on the valuation day or later, and ends after it began"
        raise UserError(rule, value=f"{spec.start} to {spec.end}", place=place)
    start, end = years_between(day, spec.start), years_between(day, spec.end)
    fraction = end - start if market.grid else year_fraction(market.deposit_day_count, spec.start, spec.end)
    return Turn(start, end, spec.rate * fraction / (end - start))


def currency_of(spec: CurveSpec) -> str:
    """The currency of a curve."""
    return spec.currency or convention_named(spec.convention).currency
