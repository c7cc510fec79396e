"""Lending: what a funding desk does in one world, with each of its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.accounts import WHOLESALE, margin_account
from agents.base import Process
from agents.funding.funding_desk import FundingDesk
from agents.funding.liquidity_record import LiquidityRecord
from agents.funding.requirement import Requirement
from agents.funding.settlement import Settlement
from markets.venues.swap_venue import SwapVenue
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class Client:
    """What the lender knows of one desk."""

    def __init__(self, world: TradingWorld, desk: Desk) -> None:
        self.desk = desk
        self.unmet = world.full(0.0)  # $ called and not paid
        self.called = world.full(0.0)
        self.required = world.full(0.0)
        self.asked: Requirement | None = None  # at the last close
        self.record: LiquidityRecord | None = None
        self.winding_up = np.zeros(world.paths, dtype=bool)  # found under water; the close-out may take days
        self.failed = np.zeros(world.paths, dtype=bool)  # could not pay another desk in full
        self.deadline = np.full(world.paths, -1, dtype=np.int64)  # day index, -1: no call outstanding


class Lending:
    """State of one lender in one world."""

    def __init__(self, agent: FundingDesk, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        claimed = {name for a in world.agents if isinstance(a, FundingDesk) for name in a.lends_to}
        others = tuple(a.name for a in world.agents if a.role != "funding_desk" and a.name not in claimed)
        self.borrowers = agent.lends_to or others
        self.clients = {name: Client(world, world.desks[name]) for name in self.borrowers if name in world.desks}
        self.settlement = Settlement(world, self.clients, netting=agent.netting)
        self.losses = world.full(0.0)
        self.accrued_through = 0
        world.ledger.open(WHOLESALE)
        world.lenders.append(self)

    def run(self) -> Process:
        """Interest before the day's market; forced orders before TRADE; close-outs and calls at the close."""
        world, clock = self.world, self.world.clock
        yield world.tick(Phase.SHOCK)  # by now every desk has taken over its hedge
        self._settle_first_margin()
        self._begin_records()
        world.start(self._force_at_deadlines())
        world.start(self._accrue_daily())
        while True:
            yield world.tick(Phase.FUND)
            if clock.is_close[world.tick_index]:
                for client in self.clients.values():
                    client.desk.mark()
                    client.desk.close_out(self.agent.closeout_cost)  # first: what is gone needs no margin
                self.settlement.settle_due(int(clock.day[world.tick_index]))
                for name, client in self.clients.items():
                    self._margin(name, client)
                self._spread_stress()
                self._log()
            if world.tick_index == len(clock.ticks) - 1:
                self._write_records()

    # --- interest --------------------------------------------------------------------------------------------------
    def _accrue_daily(self) -> Process:
        world, clock = self.world, self.world.clock
        while True:
            yield world.tick(Phase.SHOCK)
            tick = world.tick_index
            if tick > 0 and clock.is_open[tick]:
                years = float(clock.calendar_years[tick] - clock.calendar_years[self.accrued_through])
                self.accrued_through = tick
                for name in self.borrowers:
                    self._interest(name, years)

    def _interest(self, name: str, years: float) -> None:
        """On the balances and at the rates in force since the last accrual."""
        world, ledger = self.world, self.world.ledger
        cash = ledger.balance(name).copy()
        posted = ledger.balance(margin_account(name)) if name in self.clients else 0.0
        overnight, credit = world.factors.overnight, world.factors.credit
        on_balances = (cash + posted) * _growth(overnight, years, world.market.day_count)
        stock = self.repo(name)
        on_loans = np.maximum(-cash - stock, 0.0) * _growth(credit, years, world.market.day_count)
        if self.agent.repo_spread is not None:
            spread = world.full(self.agent.repo_spread)
            on_loans = on_loans + stock * _growth(spread, years, world.market.day_count)
        ledger.transfer(on_balances, source=self.agent.name, target=name, reason="funding_overnight")
        ledger.transfer(on_balances, source=WHOLESALE, target=self.agent.name, reason="funding_overnight")
        ledger.transfer(on_loans, source=name, target=self.agent.name, reason="funding_credit")

    def repo(self, name: str) -> Vector:
        """What a borrower's long stock raises in repo, (paths,) $: its market value, without a haircut; 0 without repo.

        The ledger's cash is net of the loan: a desk that bought stock for cash has it back from repo, at the spread.
        """
        if self.agent.repo_spread is None:
            return self.world.full(0.0)
        return np.maximum(self.world.venue("asset").value(name), 0.0)

    def headroom(self, name: str) -> Vector:
        """What a borrower can pay out of cash, repo and line, (paths,) $."""
        return np.maximum(self._reach(name), 0.0)

    def _reach(self, name: str) -> Vector:
        """Cash, repo and line, (paths,) $; below zero where the line has shrunk below what is drawn."""
        reach: Vector = self.world.ledger.balance(name) + self.repo(name) + self.line()
        return reach

    def _lacking(self, name: str, asked: Requirement) -> Vector:
        """What is required beyond margin posted, cash, repo and line, (paths,) $; below zero what is to spare."""
        lacking: Vector = asked.total - self.world.ledger.balance(margin_account(name)) - self._reach(name)
        return lacking

    # --- margin ----------------------------------------------------------------------------------------------------
    def line(self) -> Vector:
        """Credit line of each desk, (paths,) $: shrinks as credit widens and as the lender loses money."""
        factors, agent = self.world.factors, self.agent
        intact = np.clip(1 - self.losses / agent.capital, 0.0, 1.0)
        floor = max(factors.credit_law.at_start, 1e-12)
        line: Vector = (
            agent.line * np.minimum((floor / np.maximum(factors.credit, 1e-12)) ** agent.line_power, 1.0) * intact
        )
        return line

    def initial_margin(self, name: str, desk: Desk) -> Vector:
        """k s sqrt(mpor) x exposure, (paths,) $.

        Exposure of the asset: |net delta| S + short gamma S^2 x (k s sqrt(mpor)) / 2, the loss of a move of k standard
        deviations to second order; of rates: |net DV01| x yield vol / base vol.
        """
        world, agent, factors = self.world, self.agent, self.world.factors
        greeks, spot = desk.greeks(), factors.spot
        move = agent.margin_multiple * factors.margin_vol * np.sqrt(agent.mpor_days / world.clock.days_a_year)
        delta = np.abs(desk.scale * greeks.delta + world.venue("asset").held(name)) * spot
        convexity = 0.5 * np.maximum(-desk.scale * greeks.gamma, 0.0) * spot**2
        rates = np.zeros(world.paths)
        if desk.book.has_swaps:
            for node in ("us2y", "us10y"):
                own = desk.scale * (greeks.dv_us2y if node == "us2y" else greeks.dv_us10y)
                for venue in world.venues.values():
                    if isinstance(venue, SwapVenue):
                        own = own + venue.held(name) * venue.node_sensitivity()[node]
                rates += np.abs(own)
        for asset in world.other_assets:  # without netting between assets
            delta = delta + np.abs(world.venue(asset.name).value(name)) * asset.vol / factors.vol_law.base
        margin: Vector = move * (delta + convexity * move + rates * agent.rate_vol / factors.vol_law.base)
        return margin

    def requirement(self, name: str, desk: Desk) -> Requirement:
        """To be posted: short sales' proceeds, what book and swaps owe (or are owed), initial margin."""
        zero, venues = np.zeros(self.world.paths), self.world.venues.values()
        swaps = sum((v.value(name) for v in venues if isinstance(v, SwapVenue)), zero)
        borrowed_stock = sum((np.maximum(-v.value(name), 0.0) for v in venues if not isinstance(v, SwapVenue)), zero)
        return Requirement(borrowed_stock, -(desk.value_now() + swaps), self.initial_margin(name, desk))

    def _settle_first_margin(self) -> None:
        """The desks start with their margin in place, as far as cash and line go; the rest is called at once."""
        for name, client in self.clients.items():
            self._post(name, np.minimum(self.requirement(name, client.desk).total, self.headroom(name)))

    def _post(self, name: str, amount: Vector) -> None:
        self.world.ledger.transfer(amount, source=name, target=margin_account(name), reason="margin")

    def _margin(self, name: str, client: Client) -> None:
        """Release what is too much, take what can be paid, call the rest."""
        world, desk = self.world, client.desk
        day = int(world.clock.day[world.tick_index])
        asked = client.asked = self.requirement(name, desk)
        required = asked.total
        posted = world.ledger.balance(margin_account(name))
        need = required - posted
        lacking = self._lacking(name, asked) if client.record else need
        paid = np.minimum(need, self.headroom(name))
        self._post(name, paid)
        client.unmet = np.maximum(need - paid, 0.0)
        short = client.unmet > 1e-9 * np.maximum(np.abs(required), 1.0)
        outstanding = client.deadline >= 0
        self._report(name, client, outstanding & ~short, "met")
        fresh = short & ~outstanding & ~desk.liquidated
        client.called = np.where(fresh, need, client.called)
        client.required = np.where(fresh, required, client.required)
        client.deadline = np.where(fresh, day + self.agent.deadline_days, np.where(short, client.deadline, -1))
        prompt = (
            (need > 0) & ~short & ~outstanding & (need > self.agent.minimum_call * np.maximum(np.abs(required), 1.0))
        )
        world.log.add(
            "margin_calls",
            world.now,
            prompt,
            agent=name,
            required=required,
            called=need,
            met=paid,
            deadline=world.now,
            outcome="met",
        )
        if client.record:
            cash = world.ledger.balance(name) + self.repo(name)
            client.record.note(asked, free_cash=cash, line=self.line(), lacking=lacking)

    def _report(self, name: str, client: Client, mask: NDArray[np.bool_], outcome: str) -> None:
        world = self.world
        if not mask.any():
            return
        today, last = int(world.clock.day[world.tick_index]), int(world.clock.day[-1])
        days = np.where(client.deadline >= 0, np.minimum(client.deadline, last), today)
        world.log.add(
            "margin_calls",
            world.now,
            mask,
            agent=name,
            required=client.required,
            called=client.called,
            met=np.maximum(client.called - client.unmet, 0.0),
            deadline=world.close_of_day[days],
            outcome=outcome,
        )

    # --- force -----------------------------------------------------------------------------------------------------
    def _force_at_deadlines(self) -> Process:
        """Before TRADE of a close: whose call is due and still unmet is reduced, who is under water is wound up."""
        world, clock = self.world, self.world.clock
        while True:
            yield world.tick(Phase.QUOTE)
            tick = world.tick_index
            if not clock.is_close[tick]:
                continue
            for name, client in self.clients.items():
                self._force(name, client, int(clock.day[tick]))

    def _force(self, name: str, client: Client, day: int) -> None:
        world, desk = self.world, client.desk
        if client.record:
            asked = self.requirement(name, desk)
            client.record.note_force(asked, lacking=self._lacking(name, asked))
        equity = world.equity_now(name)
        ruined = ((equity < 0) | client.failed) & ~desk.liquidated
        due = (client.deadline >= 0) & (day >= client.deadline) & ~desk.liquidated
        if not (due | ruined).any():
            return
        required = self.requirement(name, desk).total
        lacking = required - world.ledger.balance(margin_account(name)) - self.headroom(name)
        releasable = np.maximum(self.initial_margin(name, desk), 1e-9)
        share = np.where(due, np.clip(lacking / releasable, 0.0, 1.0), 0.0)
        desk.forced = np.where(ruined, 1.0, share)
        client.unmet = np.where(due, np.maximum(lacking, 0.0), client.unmet)
        self._report(name, client, due & (desk.forced > 0) & ~ruined, "reduced")
        self._report(name, client, ruined & ~client.winding_up, "defaulted")
        client.winding_up |= ruined
        client.deadline = np.where(desk.forced > 0, -1, client.deadline)  # one that can pay by now does so in FUND

    def write_off(self, name: str, client_equity: Vector) -> None:
        """A wound-up desk that owes more than it has is written off; the lender bears it."""
        client = self.clients.get(name)
        if client is None:
            return
        desk, world = client.desk, self.world
        bad = desk.liquidated & (client_equity < 0)
        if not bad.any():
            return
        loss = np.where(bad, -client_equity, 0.0)
        world.ledger.transfer(loss, source=self.agent.name, target=name, reason="write_off")
        self.losses += loss
        fresh = bad & ~desk.defaulted
        world.log.add("events", world.now, fresh, kind="default", subject=name, value=loss)
        desk.defaulted |= bad

    def _spread_stress(self) -> None:
        """Stress: unmet margin, and what lender and desks lost by defaults, as a share of lending lines."""
        unmet = (np.where(c.desk.liquidated, 0.0, c.unmet) for c in self.clients.values())
        total = self.losses + self.settlement.unpaid + sum(unmet, np.zeros(self.world.paths))
        lines = self.agent.line * max(len(self.clients), 1)
        self.world.set_stress(self.agent.name, total, lines)

    def _log(self) -> None:
        world, factors, ledger = self.world, self.world.factors, self.world.ledger
        if not world.log.witness.size:
            return
        for name, client in self.clients.items():
            assert client.asked is not None, "_margin() has been here"
            world.log.add_witnesses(
                "funding",
                world.now,
                agent=name,
                overnight=factors.overnight,
                credit=factors.credit,
                borrowed=np.maximum(-ledger.balance(name) - self.repo(name), 0.0),
                line=self.line(),
                margin_required=client.asked.total,
                margin_posted=ledger.balance(margin_account(name)),
                **client.asked._asdict(),
                free_cash=ledger.balance(name) + self.repo(name),
            )

    def _begin_records(self) -> None:
        if self.world.log.wants("liquidity"):
            days, repo = self.agent.deadline_days, self.agent.repo_spread is not None
            for client in self.clients.values():
                client.record = LiquidityRecord(self.world, client.desk, deadline_days=days, repo=repo)

    def _write_records(self) -> None:
        for client in self.clients.values():
            if client.record:
                client.record.write()


def _growth(rate: Vector, years: float, day_count: str) -> Vector:
    """Interest on 1 $ over `years` act/365, (paths,)."""
    if day_count == "continuous":
        return np.expm1(rate * years)
    return rate * years * (365 / 360 if day_count == "act/360" else 1.0)
