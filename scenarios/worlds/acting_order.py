"""In which order the agents of a world act at one instant, whatever the order of the file."""

from __future__ import annotations

from collections.abc import Iterable

from agents.base import Agent
from scenarios.parameters.classes import AGENTS

TURNS = (  # the order in which the presets declare their casts, so that their digits stay
    "MarketMaker",
    "LiabilityFund",
    "Executor",
    "Hedger",
    "ConvexityHedger",
    "BasisFund",
    "VolTargetFund",
    "TrendFollower",
    "LeveredFund",
    "ProportionalFund",
    "RiskParityFund",
    "LeveredProduct",
    "ValueInvestor",
    "FundingDesk",
    "OptionMaker",
    "ClientFlow",
    "NoiseTrader",
    "InformedTrader",
)


def in_acting_order(agents: Iterable[Agent]) -> tuple[Agent, ...]:
    """By kind, a user's own kinds last; of a kind by name, inverse products first.

    Sums over agents then round alike however a file lists them.
    """
    return tuple(sorted(agents, key=lambda agent: (_turn(agent), _multiple(agent), agent.name)))


def _turn(agent: Agent) -> int:
    return next((turn for turn, kind in enumerate(TURNS) if AGENTS.is_a(agent, kind)), len(TURNS))


def _multiple(agent: Agent) -> float:
    """Of the daily return, of a product that has one."""
    return float(agent.leverage) if AGENTS.is_a(agent, "LeveredProduct") else 0.0
