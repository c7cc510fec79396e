"""A lender at work: margin, calls, interest, forced reductions, settlement, in one world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.base import Process
from agents.desk.close_out import close_out
from agents.funding.capital_limit import CapitalLimit
from agents.funding.client import Client
from agents.funding.credit_line import CreditLine
from agents.funding.default_fund import DefaultFund
from agents.funding.force import Force
from agents.funding.interest import Interest
from agents.funding.liquidity_record import LiquidityRecord
from agents.funding.margin_calls import MarginCalls
from agents.funding.netting_set import netting_sets
from agents.funding.portfolio import Portfolio
from agents.funding.repo_financing import repo_borrowers
from agents.funding.settlement import Settlement
from agents.lender_account import LenderAccount
from sim.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.desk.desk import Desk
    from agents.world import TradingWorld

Vector = NDArray[np.float64]
HOUR = 3600  # seconds


class Lending:
    """State of one lender in one world: an `agents.world.Lender`. agent: its FundingDesk."""

    def __init__(self, agent: Any, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        borrowers = self._borrowers()
        self.clients = {name: self._client(world.desks[name]) for name in borrowers if name in world.desks}
        self.settlement = Settlement(world, self.clients, netting=agent.netting)
        self.line = CreditLine(
            world,
            base=agent.line,
            power=agent.line_power,
            capital=agent.capital,
            repo_spread=agent.repo_spread,
            names={each.name: getattr(each, "funding_name", "") for each in world.agents},
        )
        self.interest = Interest(world, agent.name, self.line, borrowers, self.clients)
        self.calls = MarginCalls(
            world, self.line, agent, deadline_days=agent.deadline_days, minimum_call=agent.minimum_call
        )
        capital = agent.capital_model
        days, headroom = agent.deadline_days, agent.capital_headroom
        self.limit = None if capital is None else CapitalLimit(world, capital, deadline_days=days, headroom=headroom)
        self.fund = DefaultFund(world, agent.name, self.clients, skin=agent.skin) if agent.default_fund else None
        self.force = Force(world, agent.name, self.line, self.calls, self.limit, self.fund)
        world.lenders.append(self)

    def _client(self, desk: Desk) -> Client:
        agent = self.agent
        model = agent.margin_model
        by_position = (model is not None and model.by_position) or agent.capital_model is not None
        whole = Portfolio(self.world, desk, by_position=by_position)
        return Client(self.world, desk, whole, netting_sets(self.world, desk, agent, whole))

    def _borrowers(self) -> tuple[str, ...]:
        """The clients that it names, or else all agents that no lender names and that borrow in no repo market."""
        agents = self.world.agents
        claimed = {name for a in agents if a.role == self.agent.role for name in getattr(a, "lends_to", ())}
        claimed |= set(repo_borrowers(self.world))
        others = tuple(a.name for a in agents if a.role != self.agent.role and a.name not in claimed)
        return self.agent.lends_to or others

    def run(self) -> Process:
        """Each day: interest before the market moves. Each close: force before TRADE, close-outs and calls after it."""
        world, is_close, often = self.world, self.world.clock.plain.is_close, self.agent.intraday_hours
        called, watches, coming = world.now, self.agent.capital_headroom > 0, self._wakes()
        yield world.tick(Phase.SHOCK)  # every desk has taken over its hedge before this
        self._begin()
        while True:
            if is_close[world.tick_index] or watches:
                yield world.tick(Phase.QUOTE)
            if watches and self.limit is not None:
                for client in self.clients.values():
                    self.limit.expose(client)
            if is_close[world.tick_index]:
                for client in self.clients.values():
                    self.force.order(client)
                yield world.tick(Phase.FUND)
                self._close()
                called = world.now
            elif often is not None and world.now - called >= often * HOUR:
                yield world.tick(Phase.FUND)
                for client in self.clients.values():
                    self.calls.settle_intraday(client)
                called = world.now
            wakes = next(coming, None)
            if wakes is None:
                return
            yield world.at(wakes, Phase.SHOCK)
            self.interest.accrue()

    def _wakes(self) -> Iterator[int]:
        """Seconds of the ticks after the first at which there is something to do: else it sleeps over them."""
        clock, agent = self.world.clock, self.agent
        always = agent.capital_headroom > 0 or agent.intraday_hours is not None
        due = clock.is_open | clock.is_close | always
        return iter(clock.ticks[1:][due[1:]].tolist())

    def _begin(self) -> None:
        """First margin, and liquidity records if wanted."""
        for client in self.clients.values():
            self.calls.settle_first(client)
        if self.world.log.wants("liquidity"):
            days, repo = self.agent.deadline_days, self.agent.repo_spread is not None
            for client in self.clients.values():
                client.record = LiquidityRecord(self.world, client.desk, deadline_days=days, repo=repo)

    def _close(self) -> None:
        """At FUND of a close."""
        world = self.world
        for client in self.clients.values():
            client.desk.mark()
            close_out(client.desk, self.agent.closeout_cost)  # first, as a closed-out book needs no margin
        self.settlement.settle_due(int(world.clock.day[world.tick_index]))
        for client in self.clients.values():
            self.calls.settle(client)
            if self.limit is not None:
                self.limit.look(client)
        self._spread_stress()
        self._log()
        if world.tick_index == len(world.clock.ticks) - 1:
            for client in self.clients.values():
                if client.record:
                    client.record.write()

    # --- called by the world ---------------------------------------------------------------------------
    def funds(self, name: str) -> bool:
        """Whether it margins this desk."""
        return name in self.clients

    def account(self, name: str) -> LenderAccount:
        """How a desk that it margins stands."""
        client, world = self.clients[name], self.world
        required = world.full(0.0) if client.asked is None else client.asked.total
        return LenderAccount(required, client.unmet, client.deadline, self.line.headroom(name))

    def settle_broken(self) -> None:
        """Settle debts of and to desks that are wound up with negative equity."""
        self.settlement.settle_broken()

    def write_off(self, name: str, equity: Vector) -> None:
        """Bear the negative equity, (paths,) $, of a wound-up desk."""
        self.force.write_off(self.clients[name], equity)

    # --- stress ---------------------------------------------------------------------------------------------
    def _spread_stress(self) -> None:
        """Stress: unmet margin plus losses of lender and desks by defaults, as a share of all credit lines."""
        unmet = (np.where(c.desk.liquidated, 0.0, c.unmet) for c in self.clients.values())
        total = self.line.losses + self.settlement.unpaid + sum(unmet, np.zeros(self.world.paths))
        lines = self.agent.line * max(len(self.clients), 1)
        self.world.set_stress(self.agent.name, total, lines)

    def _log(self) -> None:
        world = self.world
        if not (world.log.sees("funding") or world.log.sees("netting_sets")):
            return
        for name, client in self.clients.items():
            assert client.asked is not None, "the close's margin is settled"
            world.log.add_witnesses(
                "funding",
                world.now,
                agent=name,
                overnight=world.factors.overnight,
                credit=self.line.spread(name),
                borrowed=self.line.drawn(name),
                line=self.line.size(),
                margin_required=client.asked.total,
                margin_posted=self.calls.posted(client),
                **client.asked._asdict(),
                option_credit=0.0 if client.credit is None else client.credit.whole,
                free_cash=self.line.free_cash(name),
            )
            if self.agent.netting_sets:
                self._log_sets(client)

    def _log_sets(self, client: Client) -> None:
        for each in client.sets:
            said = {"agent": client.name, "netting_set": each.name}
            credit = each.credit()
            figures = {"variation_margin": each.variation(), "initial_margin": each.asked}
            counted = 0.0 if credit is None else credit.whole
            self.world.log.add_witnesses("netting_sets", self.world.now, **said, **figures, option_credit=counted)
