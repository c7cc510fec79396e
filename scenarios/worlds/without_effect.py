"""Settings that are taken, and change nothing: said before a run, since the user meant something by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agents.funding.funding_desk import FundingDesk
from agents.funding.models import MARGIN_MODELS
from agents.hedging.hedger import Hedger
from scenarios.parameters.classes import AGENTS

if TYPE_CHECKING:
    from scenarios.scenario import Scenario


def without_effect(scenario: Scenario) -> Iterator[str]:
    """A line each."""
    ticks = scenario.clock.tick_minutes
    for agent in scenario.agents:
        if AGENTS.is_a(agent, "LeveredProduct"):
            yield from _of_product(agent, ticks)
        if isinstance(agent, Hedger) and agent.counterparty is not None and not agent.book:
            yield f"{agent.name}: counterparty has no effect: there is no book that it could owe for; give one"
        if isinstance(agent, FundingDesk):
            yield from (said for model in models_of(agent) for said in _of_lookback(agent.name, model))


def models_of(lender: FundingDesk) -> Iterator[Any]:
    """The margin models of a lender, those of its netting sets, and those that are frozen."""
    for model in (lender.margin_model, *(terms.margin_model for terms in lender.netting_sets.values())):
        yield model.of if MARGIN_MODELS.is_a(model, "frozen") else model


def _of_product(product: Any, tick_minutes: int) -> Iterator[str]:
    if product.leverage == 1:
        yield f"{product.name}: leverage = 1 has no effect: such a product never trades; write 2 or 3, or -1"
    if 0 < product.window < tick_minutes:
        told = f"window = {product.window} has no effect: a tick takes {tick_minutes} minutes"
        yield f"{product.name}: {told}, and it trades at the last one alone; lengthen it, or shorten the ticks"


def _of_lookback(lender: str, model: Any) -> Iterator[str]:
    """Filtered margin that looks back on more days than there are before the start."""
    if not MARGIN_MODELS.is_a(model, "filtered_historical"):
        return
    past = model.history if model.record is None else len(model.record.dates) - (not model.of_moves)
    if model.lookback > past:
        source = "history" if model.record is None else "its record"
        told = f"lookback = {model.lookback} is longer than {source}, {past} returns"
        yield f"{lender}: {told}: margin begins with those alone; write lookback = {past}, or give more"
