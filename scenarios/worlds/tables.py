"""The tables of agents that a scenario's runs write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from agents.tables import agent_tables
from markets.products.registry import PRODUCTS
from markets.specs.smiles import smile_moves

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.columns import Table


def tables_of_agents(scenario: Scenario) -> tuple[Table, ...]:
    """Those of every scenario, `risk` where a desk has options on rates, or a leg of its own against rates, `capital`
    where a lender or a maker has a limit, `netting_sets` where a lender has some, and those of exposures where a book
    has a counterparty.
    """
    desks = [agent for agent in scenario.agents if isinstance(agent, Hedger)]
    lenders = [agent for agent in scenario.agents if isinstance(agent, FundingDesk)]
    market = scenario.market
    return agent_tables(
        vega_hedges=bool(market.rates.straddles),
        options=bool(market.vol_listings),
        fx=bool(market.fx),
        credit=bool(market.credits),
        risk=any(map(_tells, desks)),
        capital=capital_is_limited(scenario),
        netting_sets=any(lender.netting_sets for lender in lenders),
        option_credit=any(lender.credits_options for lender in lenders),
        smile=smile_moves(market, scenario.assets),
        counterparty=has_counterparty(scenario),
        marks_in_full=scenario.run.marks is not None,
        investors=any(venue.investors for venue in scenario.venues.values()),
    )


def has_counterparty(scenario: Scenario) -> bool:
    """Whether the credit of whom a desk's book is with counts."""
    return any(isinstance(agent, Hedger) and agent.counterparty is not None for agent in scenario.agents)


def capital_is_limited(scenario: Scenario) -> bool:
    """Whether any desk or maker must have capital for what it holds."""
    lenders = [agent for agent in scenario.agents if isinstance(agent, FundingDesk)]
    makers = [agent for agent in scenario.agents if isinstance(agent, MarketMaker)]
    return any(lender.capital_model for lender in lenders) or any(maker.capital_share for maker in makers)


def _tells(desk: Hedger) -> bool:
    legs = desk.rates_leg is not None or desk.vega_leg is not None
    return legs or any(PRODUCTS[line.kind].takes.vol for line in desk.book)
