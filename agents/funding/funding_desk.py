"""Funding desks: lend, ask margin, call, reduce by force."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funding.capital import CapitalModel
from agents.funding.capital_limit import CapitalLimit
from agents.funding.client import Client
from agents.funding.credit_line import CreditLine
from agents.funding.default_fund import DefaultFund
from agents.funding.force import Force
from agents.funding.interest import Interest
from agents.funding.liquidity_record import LiquidityRecord
from agents.funding.margin import MarginModel
from agents.funding.margin_calls import MarginCalls
from agents.funding.margin_periods import check_periods
from agents.funding.netting_set import netting_sets
from agents.funding.netting_terms import NettingTerms, check_sets
from agents.funding.portfolio import Portfolio
from agents.funding.repo_financing import repo_borrowers
from agents.funding.risk_classes import MarginDays
from agents.funding.settlement import Settlement
from agents.obligations import Obligation
from agents.standing import Standing
from markets.plausible import DAYS, HOURS, POWER, SHARE, YIELD_VOL
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.desk.desk import Desk
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]
HOUR = 3600  # seconds


@dataclass(frozen=True, kw_only=True)
class FundingDesk(Agent):
    """Lends at overnight + credit, pays overnight on balances, margins the desks' books, reduces desks that cannot
    pay."""

    role: ClassVar[str] = "funding_desk"
    capital: float = param(
        10e9, unit="$", help="cash at the start", gt=0, against="its line and its borrowers' capital"
    )
    lends_to: tuple[str, ...] = param((), help="names of the agents it funds (empty: every agent)")
    line: float = param(
        6e9,
        unit="$",
        help="credit line of each desk at the starting credit spread",
        ge=0,
        against="its borrowers' capital",
    )
    line_power: float = param(0.5, help="line = base (credit0/credit)^line_power", ge=0, plausible=POWER)
    repo_spread: float | None = param(
        None,
        unit="decimal a year",
        help="repo over overnight: what long stock is financed at, to its whole market value (default: no repo)",
        plausible=(-0.05, 0.2),
    )
    margin_model: MarginModel | None = param(
        None,
        help="how initial margin is computed: a table with its kind (default: parametric)",
        sparse=True,
    )
    netting_sets: dict[str, NettingTerms] = param(
        factory=dict, help="netting sets with terms of their own, a table each", sparse=True
    )
    margin_multiple: float = param(
        3.0,
        unit="standard deviations",
        help="k of initial margin k s sqrt(mpor) x exposure",
        ge=0,
        plausible=(0.01, 100.0),
    )
    mpor_days: float = param(
        10.0, unit="trading days", help="margin period of risk (bilateral: 10)", ge=0, plausible=DAYS
    )
    rates_days: float | None = param(
        None, unit="trading days", help="margin period of rates (default: mpor_days)", ge=0.01, plausible=DAYS
    )
    margin_days: MarginDays | None = param(
        None, help="margin periods by risk class (default: mpor_days, of rates rates_days)", sparse=True
    )
    threshold: float = param(0.0, unit="$", help="initial margin of each desk that is not asked", ge=0)
    minimum_transfer: float = param(0.0, unit="$", help="smaller amounts of margin are not moved", ge=0)
    collateral_haircut: float | None = param(
        None,
        unit="share of their value",
        help="long assets count as initial margin, less this (default: cash alone does)",
        ge=0,
        le=1,
    )
    intraday_hours: float | None = param(
        None,
        unit="hours",
        help="variation margin also moves within the day, this often (default: at closes)",
        ge=0.01,
        plausible=HOURS,
    )
    default_fund: float = param(
        0.0, unit="share of the first initial margin", help="paid in by each desk against others' defaults", ge=0, le=10
    )
    skin: float = param(
        0.0, unit="$", help="of its own capital that bears defaults before the other desks' default fund", ge=0
    )
    rate_vol: float = param(
        0.01,
        unit="decimal a year",
        help="yield vol at base implied vol, for margin on DV01",
        ge=0,
        plausible=YIELD_VOL,
    )
    rates_margin: Literal["implied_vol", "rates_vol"] = param(
        "implied_vol", help="margin on DV01 follows implied vol, or the vol of rates of `market.rates.vol`"
    )
    capital_model: CapitalModel | None = param(
        None,
        help="equity required of its desks, who shrink when short of it: a table with its kind (default: none)",
        sparse=True,
    )
    capital_headroom: float = param(
        0.0,
        unit="share of the requirement",
        help="capital that its desks keep beyond what is required, shrinking at once (0: they wait to be reduced)",
        ge=0,
        plausible=SHARE,
    )
    minimum_call: float = param(
        0.05, unit="share of the requirement", help="smaller needs are paid without a call", ge=0, plausible=SHARE
    )
    deadline_days: int = param(1, unit="trading days", help="time to meet a call", gt=0, le=100_000, plausible=DAYS)
    closeout_cost: float = param(
        0.02,
        unit="share of implied vol",
        help="half-spread in vol at which a book is closed out",
        ge=0,
        plausible=SHARE,
    )
    obligations: tuple[Obligation, ...] = param(
        (), help="what its hedgers owe one another: a list of {debtor, creditor, amount, due}", longest=10_000
    )
    netting: bool = param(False, help="set off what two desks owe each other before any default is settled")

    def check(self, cast: Cast, at: Place) -> None:
        """Its clients exist; every obligation is between two of its hedgers and due within the run."""
        if self.rates_margin == "rates_vol" and not cast.rates_vol:
            rule, remedy = "no vol of rates is declared", "add [market.rates.vol.usd], or leave this out"
            raise at.at("rates_margin").error(rule, value=self.rates_margin, remedy=remedy)
        if self.skin and not self.default_fund:
            rule, remedy = "skin comes before a default fund, and there is none", "give default_fund, or leave it out"
            raise at.at("skin").error(rule, value=self.skin, remedy=remedy)
        if self.skin > self.capital:
            raise at.at("skin").error("is a part of its capital", value=self.skin, remedy="write at most `capital`")
        check_periods(self.margin_days, self.rates_days, at)
        others = [agent.name for agent in cast.agents if agent.name != self.name]
        for name in self.lends_to:
            if name not in others:
                raise at.at("lends_to").error("lends to an unknown agent", value=name, remedy=nearest(name, others))
        elsewhere = {name for agent in cast.agents if isinstance(agent, FundingDesk) for name in agent.lends_to}
        funded = [
            name for name in cast.hedgers if name in self.lends_to or (not self.lends_to and name not in elsewhere)
        ]
        if self.margin_model is not None:
            self.margin_model.check(cast, at.at("margin_model"))
        check_sets(self.netting_sets, funded, cast, at.at("netting_sets"))
        for i, owed in enumerate(self.obligations):
            here = at.at("obligations", i)
            for key, name in (("debtor", owed.debtor), ("creditor", owed.creditor)):
                if name not in funded:
                    rule = f"not the name of a hedger that {self.name} funds"
                    raise here.at(key).error(rule, value=name, remedy=nearest(name, funded))
            if owed.debtor == owed.creditor:
                raise here.error("debtor and creditor are the same", value=owed.debtor, remedy="name two agents")
            if not cast.start < owed.due <= cast.end:
                remedy = f"choose a date after {cast.start} and not after {cast.end}"
                raise here.at("due").error("falls due outside the run", value=str(owed.due), remedy=remedy)

    def live(self, world: TradingWorld) -> Process:
        yield from _Lending(self, world).run()


class _Lending:
    """State of one lender in one world: an `agents.world.Lender`."""

    def __init__(self, agent: FundingDesk, world: TradingWorld) -> None:
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
        claimed = {name for a in agents if isinstance(a, FundingDesk) for name in a.lends_to}
        claimed |= set(repo_borrowers(self.world))
        others = tuple(a.name for a in agents if a.role != self.agent.role and a.name not in claimed)
        return self.agent.lends_to or others

    def run(self) -> Process:
        """Each day: interest before the market moves. Each close: force before TRADE, close-outs and calls after it."""
        world, is_close, often = self.world, self.world.clock.is_close, self.agent.intraday_hours
        called, watches = world.now, self.agent.capital_headroom > 0
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
            yield world.tick(Phase.SHOCK)
            self.interest.accrue()

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
            client.desk.close_out(self.agent.closeout_cost)  # first, as a closed-out book needs no margin
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

    def standing(self, name: str) -> Standing:
        """How a desk that it margins stands."""
        client, world = self.clients[name], self.world
        required = world.full(0.0) if client.asked is None else client.asked.total
        return Standing(required, client.unmet, client.deadline, self.line.headroom(name))

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
        if not world.log.witness.size:
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
                free_cash=self.line.free_cash(name),
            )
            if self.agent.netting_sets:
                self._log_sets(client)

    def _log_sets(self, client: Client) -> None:
        for each in client.sets:
            said = {"agent": client.name, "netting_set": each.name}
            figures = {"variation_margin": each.variation(), "initial_margin": each.asked}
            self.world.log.add_witnesses("netting_sets", self.world.now, **said, **figures)
