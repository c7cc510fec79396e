"""A world of a scenario, ready to run."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.accounting.accountant import Accountant
from agents.accounting.dividends import pay_dividends
from agents.funding.funding_desk import FundingDesk
from agents.funding.repo_financing import finance_in_repo
from agents.hedging.seat import ORDERS
from agents.watching.failure import is_built_in
from agents.watching.watched_world import WatchedWorld
from markets.recorder import Recorder
from markets.venues.carry import accrue
from markets.venues.further import FURTHER
from scenarios.checking.outside import is_pending
from scenarios.worlds.acting_order import in_acting_order
from scenarios.worlds.blueprint import Blueprint, draw_up
from scenarios.worlds.shocks import revalue
from scenarios.worlds.tables import tables_of_agents
from sim.errors import UserError
from sim.eventlog import EventLog
from sim.ledger import Ledger
from sim.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.world import Seat, TradingWorld
    from markets.spec import FeedbackSpec
    from scenarios.scenario import Scenario
    from sim.ensemble import Chunk
    from sim.profile import Profile


def make_world(
    scenario: Scenario,
    chunk: Chunk,
    feedback: FeedbackSpec,
    blueprint: Blueprint | None = None,
    tables: tuple[str, ...] | None = None,
    profile: Profile | None = None,
    *,
    price_takers: bool = False,
    seats: Mapping[str, Seat] | None = None,
) -> TradingWorld:
    """A world ready to run: market, agents, accountant, recorder.

    blueprint: the scenario's (default: drawn up here). tables: which are logged (default: all). price_takers: what
    agents do leaves no trace in the market. seats: hedgers whose orders come from outside; the table `orders` is then
    written. Raises UserError if the outside world of observed anchors is not known.
    """
    if is_pending(scenario.storyline):
        rule, remedy = "observed anchors run in the outside world that is found for them", "scenarios.ready finds it"
        raise UserError(rule, value="none", place=f"{scenario.name}: storyline.anchors", remedy=remedy)
    scenario = replace(scenario, agents=in_acting_order(scenario.agents))
    blueprint = blueprint or draw_up(scenario)
    settings = scenario.run
    common = bool(settings.common_noise)
    log = EventLog(world=chunk.world, first=chunk.first, paths=chunk.paths, witnesses=settings.witnesses, tables=tables)
    log.declare(*tables_of_agents(scenario), *([] if seats is None else [ORDERS]))
    world = WatchedWorld(
        name=chunk.world,
        clock=blueprint.clock,
        streams=Streams(settings.seed, chunk.first, chunk.paths, settings.generator, common=common),
        ledger=Ledger(chunk.paths),
        log=log,
        profile=profile,
        market=scenario.market,
        storyline=blueprint.storyline,
        feedback=feedback,
        price_takers=price_takers,
        credit=scenario.credit,
        venues=scenario.venue,
        benchmarks=blueprint.benchmarks,
        straddles=blueprint.straddles,
        options=blueprint.options,
        variances=blueprint.variances,
        credits=blueprint.credits,
        contracts=blueprint.contracts,
        assets=scenario.assets,
        agents=scenario.agents,
        books=blueprint.books,
        seats=seats,
        obligations=[o for agent in scenario.agents if isinstance(agent, FundingDesk) for o in agent.obligations],
    )
    # a user's own code, or who drives the world from outside, may read loop gains
    world.measures_gains |= seats is not None or bool(FURTHER) or any(map(_runs_own_code, scenario.agents))
    _start(world, scenario, blueprint)
    return world


def _start(world: WatchedWorld, scenario: Scenario, blueprint: Blueprint) -> None:
    """The processes of the market, then of the agents, of the accountant and the recorder."""
    world.start(accrue(world, world.venues.values()), "market")
    world.start(pay_dividends(world), "market")
    world.start(finance_in_repo(world), "market")
    world.start(revalue(world, blueprint.shocks), "market")
    for agent in scenario.agents:
        world.admit(agent)
    world.start(Accountant(world, scenario.run.attribution).live(), "accountant")
    world.start(Recorder(world).live(), "recorder")


def _runs_own_code(part: Any) -> bool:
    """Whether an agent, or a policy or a model of it, is of a user's class."""
    if not is_built_in(part):
        return True
    inner = (value for given in vars(part).values() for value in (given.values() if type(given) is dict else (given,)))
    return any(is_dataclass(value) and _runs_own_code(value) for value in inner)
