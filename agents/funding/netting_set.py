"""A netting set of one desk: what is in it, and by which model and terms it is margined."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.funding.holdings import Part
from agents.funding.margin import MarginTerms
from agents.funding.netting_terms import REST, owner_of
from agents.funding.option_credit import option_credit
from agents.funding.parametric_margin import Parametric
from agents.funding.portfolio import Portfolio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agents.desk.desk import Desk
    from agents.funding.capital import CapitalModel
    from agents.funding.margin import MarginModel
    from agents.funding.netting_terms import NettingTerms
    from agents.funding.option_credit import OptionCredit
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class LenderTerms(MarginTerms, Protocol):
    """Terms of a lender, and its netting sets."""

    @property
    def margin_model(self) -> MarginModel | None:
        """The model of all that no set has another for; None: `parametric`."""

    @property
    def capital_model(self) -> CapitalModel | None:
        """Of the equity that it requires; None for none."""

    @property
    def netting_sets(self) -> Mapping[str, NettingTerms]:
        """By name."""


class NettingSet:
    """Margin of one set, (paths,) $ each. Nothing is netted with other sets; calls are for all sets together."""

    def __init__(self, name: str, portfolio: Portfolio, model: MarginModel, terms: MarginTerms, least: float) -> None:
        """least: $, smaller changes of what is asked are not moved."""
        self.name, self.portfolio, self._model, self._terms, self._least = name, portfolio, model, terms, least
        self.asked = np.zeros(portfolio.paths)  # initial margin at the last look
        self._agreed: Vector | None = None  # what is asked, but for changes below the minimum transfer

    def initial(self) -> Vector:
        """By its model, beyond its threshold."""
        asked = self._model.initial(self.portfolio, self._terms)
        self.asked = np.maximum(asked - self._terms.threshold, 0.0) if self._terms.threshold else asked
        return self.asked

    def variation(self) -> Vector:
        """What the desk owes on what is in the set, negative if it is owed to it; assets held are paid for."""
        held = (v.value(self.portfolio.name) for v in self.portfolio.venues.values() if not v.listing.funded)
        return -sum(held, self.portfolio.value())

    @property
    def credits_options(self) -> bool:
        """Whether long listed options in it count."""
        return self._terms.option_credit > 0

    def credit(self) -> OptionCredit | None:
        """What they count for, with initial margin as at the last look; None where they do not count."""
        if not self.credits_options:
            return None
        owed = self.variation() + self.portfolio.sold_short()
        return option_credit(self._terms.option_credit, self.portfolio.liquidating_value(), owed, self.asked)

    def still(self) -> Vector | float:
        """Part of what is asked now that stays below the minimum transfer; the rest is agreed on."""
        if not self._least:
            return 0.0
        asked = self.variation() + self.asked
        gap = np.zeros_like(asked) if self._agreed is None else asked - self._agreed
        kept = np.where(np.abs(gap) < self._least, gap, 0.0)
        self._agreed = asked - kept
        return kept


def netting_sets(world: TradingWorld, desk: Desk, lender: LenderTerms, whole: Portfolio) -> tuple[NettingSet, ...]:
    """The netting sets of a desk: what the lender's terms claim, in their order, then the rest.

    whole: all that the desk holds, which is the rest of a lender without netting sets.
    """
    model = lender.margin_model or Parametric()
    found = []
    for name, part in _parts(world, desk, lender):
        if part is None:
            return (NettingSet(REST, whole, model, lender, 0.0),)
        terms = lender.netting_sets.get(name)
        own = model if terms is None else terms.margin_model or model
        by_position = own.by_position or lender.capital_model is not None
        portfolio = Portfolio(world, desk, by_position=by_position, part=part)
        said = lender if terms is None else _changed(lender, terms.said())
        found.append(NettingSet(name, portfolio, own, said, 0.0 if terms is None else terms.minimum_transfer))
    return tuple(found)


def _parts(world: TradingWorld, desk: Desk, lender: LenderTerms) -> Iterator[tuple[str, Part | None]]:
    """The desk's sets by name; `REST` alone, with everything, where none claims anything of it."""
    sets = {name: terms for name, terms in lender.netting_sets.items() if terms.is_for(desk.name)}
    if not sets:
        yield REST, None
        return
    lines = {agent.name: getattr(agent, "book", ()) for agent in world.agents}[desk.name]
    owners = [owner_of(number, line.kind, desk.name, sets) for number, line in enumerate(lines, start=1)]
    at_venues = {venue: name for name, terms in sets.items() for venue in terms.venues}
    if not at_venues and set(owners) <= {REST}:
        yield REST, None
        return
    for name in (*sets, REST):
        held = zip(desk.book.book.instruments, owners, strict=True)
        venues = frozenset(venue for venue in world.venues if at_venues.get(venue, REST) == name)
        part = Part(tuple(one for one, owner in held if owner == name), venues)
        if part.instruments or part.venues or name == REST:
            yield name, part


def _changed(terms: Any, said: dict[str, Any]) -> MarginTerms:
    """A lender's terms, with those of a set in their place."""
    found: MarginTerms = dataclasses.replace(terms, **said)
    return found
