"""Financing of bonds in repo: what funds that hold them pay for the cash that they have borrowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import WHOLESALE
from markets.venues.carry import accruals
from markets.venues.interest import growth
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from sim.world import Process

Vector = NDArray[np.float64]


def repo_borrowers(world: TradingWorld) -> tuple[str, ...]:
    """Names of the funds that hold bonds and are named by no lender; none where the scenario declares no repo."""
    rates, agents = world.market.rates, world.agents
    if not rates.repo:
        return ()
    named = {name for agent in agents for name in getattr(agent, "lends_to", ())}
    held = ((agent.name, getattr(agent, "venue", "")) for agent in agents if agent.role == "fund")
    return tuple(name for name, venue in held if venue in rates.bonds and name not in named)


def finance_in_repo(world: TradingWorld) -> Process:
    """At the first tick of each day, before the market moves: interest on funds' cash since the last one.

    Cash earns the overnight rate, borrowed cash pays the repo rate. Every fund has a place among the borrowers of each
    day, drawn from a stream of its own name; what it pays over the overnight rate follows from it.
    """
    repo, names = world.factors.repo, repo_borrowers(world)
    if repo is None or not names:
        return
    world.ledger.open(WHOLESALE)
    places = {name: world.streams.stream(f"{name}/repo") for name in names}
    for tick, years in accruals(world.clock):
        yield world.at(int(world.clock.ticks[tick]), Phase.SHOCK)
        for name, stream in places.items():
            over = repo.over_overnight(world.factors.tick, stream.uniform())
            _pay(world, name, over, years)


def _pay(world: TradingWorld, name: str, over: Vector, years: float) -> None:
    """Interest of one fund. over: (paths,) its repo rate over the overnight rate."""
    ledger, rule, overnight = world.ledger, world.market.day_count, world.factors.overnight
    cash = ledger.balance(name).copy()
    borrowed = np.maximum(-cash, 0.0)
    on_cash = cash * growth(overnight, years, rule)
    on_loans = borrowed * (growth(overnight + over, years, rule) - growth(overnight, years, rule))
    ledger.transfer(on_cash, source=WHOLESALE, target=name, reason="funding_overnight")
    ledger.transfer(on_loans, source=name, target=WHOLESALE, reason="funding_credit")
