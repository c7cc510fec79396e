"""Spreads, curves of other currencies, FX rates and names: what they refer to exists, and correlations are possible."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from markets.factors.key import USD
from markets.factors.node_shocks import node_weights
from markets.factors.other_curves import answers
from markets.specs.rates import SHOCK
from markets.specs.variable import FX, HAZARD, SPREAD, Variable
from scenarios.checking.correlations import check_correlation
from sim.errors import UserError
from sim.nearest import nearest

if TYPE_CHECKING:
    from markets.specs.rates import RateSpec
    from scenarios.scenario import Scenario
    from sim.place import Place

WHAT = {"spreads": "spread", "fx": "price", "credits": "name"}  # by an anchor's key


def check_further(scenario: Scenario, at: Place) -> None:
    """Raise UserError at the first rule that spreads, currencies, FX rates or their anchors break."""
    rates, here = scenario.market.rates, at.at("market", "rates")
    for name in rates.currencies:
        _check_currency(rates, name, here.at("currencies", name))
    for name in rates.spreads:
        _check_spread(rates, name, here.at("spreads", name))
    for name, spec in scenario.market.fx.items():
        if name == USD[1]:
            raise at.at("market", "fx", name).error("prices are in this currency", value=name, remedy="name another")
        if spec.drift == "parity" and name not in rates.currencies:
            remedy = f'write [market.rates.currencies.{name}], or drift = "none"'
            raise at.at("market", "fx", name, "drift").error("parity needs the curve of the currency", remedy=remedy)
    for name, bond in rates.bonds.items():
        if bond.spread:
            _check_named(rates, bond.spread, USD[1], here.at("bonds", name, "spread"))
    for name in scenario.market.credits:
        _check_credit(scenario, name, at.at("market", "credits", name))
    _check_anchors(scenario, at)
    _check_correlations(scenario, at.at("market"))


def _check_spread(rates: RateSpec, name: str, at: Place) -> None:
    spec, known = rates.spreads[name], list(dict.fromkeys((USD[1], *rates.currencies)))
    if spec.over not in known:
        raise at.at("over").error("no such curve", value=spec.over, remedy=nearest(spec.over, known))
    if spec.nodes and (spec.level or spec.correlation):
        raise at.error("a spread with nodes has no level or correlation of its own", remedy="give them to the nodes")
    _check_apart(tuple(spec.variables(name)), at)


def _check_currency(rates: RateSpec, name: str, at: Place) -> None:
    spec = rates.currencies[name]
    if name == USD[1]:
        raise at.error("this curve is the nodes of [market.rates]", value=name, remedy="name another currency")
    if not spec.nodes:
        remedy = f"write [market.rates.currencies.{name}.nodes.NAME] with years and rate"
        raise at.at("nodes").error("a curve has a node", remedy=remedy)
    if spec.curve and spec.curve not in rates.curves:
        remedy = nearest(spec.curve, [*rates.curves]) if rates.curves else "quote it in [market.rates.curves.NAME]"
        raise at.at("curve").error("no such curve", value=spec.curve, remedy=remedy)
    if spec.basis:
        _check_named(rates, spec.basis, name, at.at("basis"))
    _check_apart(tuple(spec.variables(name)), at)


def _check_credit(scenario: Scenario, name: str, at: Place) -> None:
    """A name has quotes, the one that is shown among them, and follows no circle."""
    credits = scenario.market.credits
    spec = credits[name]
    if not spec.quotes:
        raise at.at("quotes").error("a name has a quote", remedy='write { "5Y" = 0.0080 } for 80 bp')
    for tenor, spread in spec.quotes.items():
        if not spread > 0:
            raise at.at("quotes", tenor).error("a spread must be > 0", value=spread)
    if spec.quoted not in spec.quotes:
        raise at.at("shown").error("no such quote", value=spec.shown, remedy=nearest(spec.shown, list(spec.quotes)))
    if spec.follows and spec.follows not in credits:
        raise at.at("follows").error("no such name", value=spec.follows, remedy=nearest(spec.follows, list(credits)))
    seen = [name]
    while (follows := credits[seen[-1]].follows) in credits:
        seen.append(follows)
        if follows in seen[:-1]:
            raise at.at("follows").error("names follow one another in a circle", value=" -> ".join(seen))


def _check_named(rates: RateSpec, name: str, over: str, at: Place) -> None:
    """A spread of that name lies over the curve of that currency."""
    known = [each for each, spec in rates.spreads.items() if spec.over == over]
    if name not in known:
        remedy = nearest(name, known) if known else f'write [market.rates.spreads.{name}] with over = "{over}"'
        raise at.error(f"no such spread over {over}", value=name, remedy=remedy)


def _check_apart(variables: tuple[Variable, ...], at: Place) -> None:
    for before, after in itertools.pairwise(variables):
        if before.years == after.years:
            here = at.at("nodes", after.name, "years")
            raise here.error("two nodes lie at one point of the curve", value=after.years, remedy="move one")


def _check_anchors(scenario: Scenario, at: Place) -> None:
    """Anchors after the first may give levels; that of the start stands in the table of its own."""
    further = scenario.market.further
    known = {
        "spreads": [each.name for each in further if each.family == SPREAD],
        "fx": [each.curve for each in further if each.family == FX],
        "credits": [each.name for each in further if each.family == HAZARD],
        "nodes": [each.name for each in further if each.family not in (SPREAD, FX, HAZARD)],
    }
    for row in scenario.storyline.anchor:
        given = {"spreads": row.spreads, "fx": row.fx, "credits": row.credits}
        for key, levels in given.items():
            for name, level in levels.items():
                here = at.at("storyline", "anchor", str(row.date), key, name)
                if name not in known[key]:
                    remedy = nearest(name, known[key]) if known[key] else f"declare it in [market.{_table(key)}]"
                    raise here.error(f"no such {WHAT[key]}", value=name, remedy=remedy)
                if key == "fx" and not level > 0:
                    raise here.error("a price is positive", value=level, remedy="e.g. 1.08")
                if key == "credits" and not level > 0:
                    raise here.error("a spread must be > 0", value=level, remedy="e.g. 0.0080 for 80 bp")
        if row.date == scenario.start:
            for key, levels in (*given.items(), ("nodes", row.nodes)):
                for name in levels.keys() & set(known[key]):
                    here = at.at("storyline", "anchor", str(row.date), key, name)
                    raise here.error("its level at the start stands in its own table", value=name, remedy="drop it")


def _table(key: str) -> str:
    return "rates.spreads.NAME" if key == "spreads" else f"{key}.NAME"


def _check_correlations(scenario: Scenario, at: Place) -> None:
    market = scenario.market
    if not market.further:
        return
    nodes = [node.name for node in market.rates.curve]
    given: dict[frozenset[str], float] = {}  # by pair
    for each in market.further:
        others = [SHOCK, *nodes, *(other.name for other in market.further if other.name != each.name)]
        check_correlation(each.name, dict(each.correlation), others, "factor", given, _place(scenario, each, at))
    try:
        answers(dict(zip(nodes, node_weights(market.rates)[0], strict=True)), market.further)
    except UserError as error:
        here = next((_place(scenario, each, at) for each in market.further if each.name == error.value), at)
        raise here.error(error.rule, value=error.value, remedy=error.remedy) from None


def _place(scenario: Scenario, variable: Variable, at: Place) -> Place:
    """The table of a variable."""
    if variable.family in (FX, HAZARD):
        return at.at("fx" if variable.family == FX else "credits", variable.curve)
    if variable.family == SPREAD:
        here = at.at("rates", "spreads", variable.curve)
        return here.at("nodes", variable.name) if scenario.market.rates.spreads[variable.curve].nodes else here
    return at.at("rates", "currencies", variable.curve, "nodes", variable.name)
