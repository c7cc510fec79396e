"""The accountant: marks every account at MARK, attributes its P&L, and checks that the parts add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from agents.accounting.figures import Figures
from agents.accounting.holdings import Holdings
from agents.accounting.proof import Proof
from agents.desk.book_record import BookRecord
from agents.desk.book_table import BOOK
from agents.desk.exposure_record import EXPOSURE, ExposureRecord
from agents.desk.loss import COSTS, HEDGE_CREDIT, HEDGES, components, option_hedges
from agents.desk.risk_record import RISK, RiskRecord
from agents.tables import DESKS, MARKS
from agents.world import TradingWorld
from markets.costs import INVENTORY
from markets.venues.vol_gains import explain_all
from sim.eventlog import ALL
from sim.kernels.proof import PNL
from sim.phases import Phase
from sim.world import Process

if TYPE_CHECKING:
    from agents.world import Participant

Vector = NDArray[np.float64]


class Accountant:
    """Runs in every world beside the agents.

    With attribution "none" books are still marked at every close and their P&L proved, but not split: the columns of
    the components are NaN.
    """

    def __init__(self, world: TradingWorld, attribution: Literal["daily", "tick", "none"]) -> None:
        self._world = world
        self._every_tick = attribution == "tick"
        self._attributed = attribution != "none"
        credit = bool(world.market.credits)
        met = any(desk.counterparty is not None for desk in world.desks.values())
        parts = components(fx=bool(world.market.fx), credit=credit, counterparty=met, smile=world.smile_moves)
        hedges = (*HEDGES, HEDGE_CREDIT.name) if credit else HEDGES
        options = option_hedges(rates=bool(world.straddles), options=bool(world.options), smile=world.smile_moves)
        costs = (*COSTS, *(step.name for step in options.values()))
        costs = (*costs, HEDGE_CREDIT.name) if credit else costs
        asked = any(venue.spec.investors for venue in world.venues.values())
        costs = (*costs, INVENTORY.name) if asked else costs
        self._holdings = Holdings(world)
        self._written = world.log.wants(MARKS.name)
        self._thinned = DESKS in world.log.tables
        self._desks_written = self._thinned and world.log.wants(DESKS)
        self._records: dict[str, BookRecord] = {}  # by desk, if the table is wanted
        self._proofs = {agent.name: Proof(world, agent, costs) for agent in world.agents}
        self._figures = {agent.name: Figures(world, agent, costs, hedges, parts) for agent in world.agents}
        self._risks: list[RiskRecord] = []  # of desks with rates, if the table is declared and wanted
        self._exposures: list[ExposureRecord] = []  # of desks with a counterparty, if the table is wanted
        self._nothing = np.empty(0)
        self._told = set(world.desks if self._desks_written else ())  # whose worth is wanted at every close
        for desk in world.desks.values():
            desk.attribution.on = self._attributed
            if world.log.wants(BOOK.name) and desk.book.book.instruments:
                self._records[desk.name] = BookRecord(desk)
                self._told.add(desk.name)
            if RISK.name in world.log.tables and world.log.wants(RISK.name) and desk.book.has_rates:
                self._risks.append(RiskRecord(desk))
            if desk.counterparty is not None and world.log.wants(EXPOSURE.name):
                self._exposures.append(ExposureRecord(desk, desk.counterparty))

    def live(self) -> Process:
        """Mark at every close, or at every tick."""
        world, closes, every = self._world, self._world.clock.plain.is_close, self._every_tick
        while True:
            yield world.tick(Phase.MARK)
            closing = closes[world.tick_index]
            if not (closing or every):
                continue
            for straddle in world.straddles:
                straddle.explain()
            if world.options:
                explain_all(world.traded_options)
            for desk in world.desks.values():
                desk.mark()
            if closing:
                self._close()

    def _close(self) -> None:
        world = self._world
        for each in world.lenders:
            each.settle_broken()
        for name, desk in world.desks.items() if world.lenders else ():
            if not desk.untouched and (lender := world.lender_of(name)):
                lender.write_off(name, world.equity_now(name))
        last = world.tick_index == len(world.clock.ticks) - 1
        # whether a path of this chunk has a row of `marks`
        whole = self._written and (last or not self._thinned or world.log.witnesses > 0)
        for agent in world.agents:
            if whole or agent.name in self._told:
                self._write(agent, last=last, whole=whole)
            else:
                self._proofs[agent.name].worth(self._claims(agent.name), seen=False)
        if last or not world.ledger.proven:
            world.ledger.check(lambda: f"{world.timestamp()} MARK")
        self._holdings.write(last=last)
        for record in self._records.values() if last else ():
            record.write()
        for exposure in self._exposures:
            exposure.write()
        for risk in self._risks if last or world.tick_index == 0 else ():
            risk.write(last=last)

    def _write(self, agent: Participant, *, last: bool, whole: bool) -> None:
        """Rows of `marks`: the witnesses' at every close, all paths' at the last; of `desks`: all paths' at each."""
        world, name = self._world, agent.name
        claims = self._claims(name)
        desk, record = world.desks.get(name), self._records.get(name)
        brief = desk is not None and self._desks_written
        wanted = brief or whole
        worth = self._proofs[name].worth(claims, seen=wanted or record is not None)
        if record is not None:
            record.look(worth[PNL])
        if not wanted:
            return
        figures, log, every = self._figures[name], world.log, whole and (last or not self._thinned)
        paths = ALL if every else log.witness  # of `marks`
        figures.look(worth, ALL if brief else paths, kept=every)
        if brief:
            log.add_kept(DESKS, world.now, agent=name, **figures.brief())
        if not whole:
            return
        row = {
            "agent": name,
            "role": agent.role,
            "claims": claims[paths].copy() if claims.size else 0.0,
            **figures.whole(paths),
        }
        add = log.add_kept if every else log.add_seen
        add(MARKS.name, world.now, **row)

    def _claims(self, name: str) -> Vector:
        """What others owe an agent, (paths,) $; (0,) where nobody owes anything."""
        claims = self._world.claims
        return claims.value(name) if claims.debts else self._nothing
