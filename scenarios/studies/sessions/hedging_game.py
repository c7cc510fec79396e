"""Hedging as a game for learners: decisions go in, numbers and rewards come out, one set a path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.hedging.hedger import Hedger
from markets.factors.key import MAIN
from scenarios.studies.sessions.features import Scales, Seen, features
from scenarios.studies.sessions.session import Session
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from scenarios.studies.sessions.observation import Observation
    from scenarios.studies.sessions.plan import Plan

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Turn(NamedTuple):
    """What came of a decision, a row or entry a path."""

    seen: NDArray[np.float32]  # (paths, features)
    reward: Vector  # P&L since the last decision, share of the capital
    dead: Mask  # the desk has been closed out or is in default
    over: bool  # the clock has ended
    pnl: Vector  # since the start, $


class HedgingGame:
    """A session in which a decision is how much of each risk is hedged: -1 nothing, 0 all of it, 1 twice as much.

    The first number of a decision is for the asset; a second, where the desk has other hedges, for all of those.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan, self._seat = plan, plan.seats[0]
        desk = next(agent for agent in plan.scenario.agents if agent.name == self._seat)
        assert isinstance(desk, Hedger)
        self._desk = desk
        self.paths = plan.scenario.run.paths
        self._begin(plan.scenario.run.seed)
        self.others = [name for name, venue in self._now.venues.items() if name != MAIN and venue.neutral.any()]

    @property
    def choices(self) -> int:
        """How many numbers a decision has."""
        return 2 if self.others else 1

    def start(self, seed: int) -> NDArray[np.float32]:
        """Begin again with other noise; what is seen, (paths, features)."""
        self._begin(seed)
        return features(Seen(self._now, self._now, self._scales))

    def _begin(self, seed: int) -> None:
        run = replace(self._plan.scenario.run, seed=seed)
        self._session = Session(replace(self._plan, scenario=replace(self._plan.scenario, run=run)))
        self._now: Observation = self._session.observe(self._seat)
        self._scales = Scales.of(self._now, self._desk)

    def play(self, chosen: Vector) -> Turn:
        """Decide, (paths, choices), and let the world go on to the next decision."""
        before, share = self._now, 1 + np.clip(chosen, -1.0, 1.0)
        orders = {MAIN: self._order(MAIN, share[:, 0])}
        orders |= {name: self._order(name, share[:, 1]) for name in self.others}
        self._session.send(orders, seat=self._seat)
        now = self._now = self._session.advance()
        reward = (now.account.pnl - before.account.pnl) / self._desk.capital
        dead = now.account.liquidated | now.account.defaulted
        return Turn(features(Seen(now, before, self._scales)), reward, dead, now.done, now.account.pnl)

    def _order(self, venue: str, share: Vector) -> Vector:
        seen = self._now.venues[venue]
        alive = ~(self._now.account.liquidated | self._now.account.defaulted)
        return np.where(alive, share * seen.neutral - seen.held, 0.0)
