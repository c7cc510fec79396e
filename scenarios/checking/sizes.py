"""Size of a run before it begins: memory per chunk, and disk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from agents.making.option_maker import OptionMaker
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.clock import Clock

LEAST_PATHS = 64  # of a chunk, however long the run
ROW = 250  # bytes of a row of marks or closes while a chunk is gathered
CALL = 1_500  # bytes that each set of rows of the witnesses takes beside its numbers
MOST_MEMORY = 8e9  # bytes that one chunk may gather
MOST_ROWS = 1e10  # of marks and closes in a whole run, about half a terabyte of Parquet


def check_sizes(scenario: Scenario, clock: Clock) -> None:
    """Raise UserError for a run that no machine of ours would finish: paths, memory of a chunk, rows written."""
    run = scenario.run
    rows = rows_a_path(scenario, clock)
    least = min(run.paths, LEAST_PATHS)
    gathered, witnessed = rows * least * ROW, witness_bytes(scenario, clock, min(run.witnesses, run.paths))
    if gathered > MOST_MEMORY:
        remedy = "have fewer agents, or a shorter storyline"
        raise _too_large(f"the closes of {least} paths", gathered, "agents", remedy)
    if witnessed > MOST_MEMORY:
        remedy = "have fewer (--witnesses 0), or lengthen clock.tick_minutes"
        raise _too_large(f"every tick of {min(run.witnesses, run.paths)} witnesses", witnessed, "run.witnesses", remedy)
    worlds = 1 if scenario.twin is None else 2
    if rows * run.paths * worlds > MOST_ROWS:
        rule = f"a run writes at most {MOST_ROWS:.0e} rows: paths x closes x agents x worlds"
        value = f"{rows * run.paths * worlds:.1e} rows"
        raise UserError(rule, value=value, place="run.paths", remedy="have fewer paths, or a shorter storyline")


def rows_a_path(scenario: Scenario, clock: Clock) -> int:
    """Rows of marks and closes of one path: one an agent and asset at every close."""
    return (len(scenario.agents) + 1 + len(scenario.assets)) * (int(clock.day[-1]) + 1)


def witness_bytes(scenario: Scenario, clock: Clock, witnesses: int) -> float:
    """Bytes that the rows of the witnesses' ticks take: levels of every venue, quotes of every maker, funding."""
    if not witnesses:
        return 0.0
    venues = 3 + len(scenario.assets) + len(scenario.market.vol_listings)
    quotes = sum(len(agent.venues) for agent in scenario.agents if isinstance(agent, MarketMaker | OptionMaker))
    desks = sum(isinstance(agent, Hedger) for agent in scenario.agents)
    lent = desks if any(isinstance(agent, FundingDesk) for agent in scenario.agents) else 0
    days, ticks = int(clock.day[-1]) + 1, len(clock.ticks)
    numbers = ticks * (12 * venues + 8 * quotes) + days * 8 * lent
    return numbers * 8.0 * witnesses + (ticks * (venues + quotes) + days * lent) * CALL


def _too_large(what: str, size: float, place: str, remedy: str) -> UserError:
    amount = f"about {math.ceil(size / 1e9):,} GB"
    return UserError(
        f"{what} must fit in {MOST_MEMORY / 1e9:.0f} GB of memory", value=amount, place=place, remedy=remedy
    )
