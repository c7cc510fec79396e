"""Hedgers: desks that own a client book and hedge it by a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from agents.base import Agent, Process
from agents.desk.counterparty_terms import CounterpartyTerms
from agents.desk.hedge_leg import CreditLeg, OptionLeg, RatesLeg, VegaLeg
from agents.desk.leg_hedge import CreditHedge, RatesHedge, VegaHedge
from agents.desk.option_hedge import OptionHedge
from agents.hedging.positions import Position
from agents.hedging.seated_trader import SeatedTrader
from agents.hedging.trader import Trader
from agents.intervals import check_interval
from agents.policies import Every, Never, Policy
from markets.factors.key import MAIN
from markets.plausible import SECONDS
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place


@dataclass(frozen=True, kw_only=True)
class Hedger(Agent):
    """A desk that is short client options (or holds swaps) and hedges delta and DV01 at the venues.

    It starts with the hedge that its policy wants, taken over from outside investors at mid. Afterwards it looks at
    every interval of its policy; an unfilled remainder is tried again at the next tick.
    """

    role: ClassVar[str] = "hedger"
    capital: float = param(
        3e9, unit="$", help="cash at the start, besides the book's premium", gt=0, against="its book"
    )
    book: tuple[Position, ...] = param((), help="client positions", longest=100_000)
    policy: Policy = param(factory=Every, help="hedging policy")
    latency_seconds: int = param(
        0, unit="s", help="from seeing the price to the order's arrival", ge=0, le=10**9, plausible=SECONDS
    )
    hedge_rates: bool = param(True, help="hedge the DV01 of swaps at the swap venues by the same policy's timing")
    rates_leg: RatesLeg | None = param(
        None, help="with what and how closely rates are hedged; none: with par swaps, exactly at their nodes"
    )
    vega_leg: VegaLeg | None = param(None, help="straddles against the vega of options on rates; none: it stays open")
    credit_leg: CreditLeg | None = param(
        None, help="credit default swaps against the risk of names; none: it stays open", sparse=True
    )
    option_leg: OptionLeg | None = param(
        None, help="options on the asset against the book's vega and gamma; none: they stay open", sparse=True
    )

    counterparty: CounterpartyTerms | None = param(
        None,
        help="whom the whole book is with, where its credit counts; none: the book is sure",
        sparse=True,
    )

    funding_name: str = param(
        "",
        help="the one of `market.credits` whose spread it borrows at (default: the market's credit spread)",
        longest=40,
        sparse=True,
    )

    def check(self, cast: Cast, at: Place) -> None:
        """Its policy's interval and all positions of its book must be valid."""
        check_interval(self.policy.interval, at.at("policy", "interval"))
        self.policy.check(at.at("policy"))
        if self.rates_leg is not None:
            self.rates_leg.check(cast.rates_venues, cast.nodes, at.at("rates_leg"))
        if self.vega_leg is not None:
            self.vega_leg.check(cast.straddles, at.at("vega_leg"))
        if self.credit_leg is not None:
            self.credit_leg.check(cast.credits, at.at("credit_leg"))
        if self.funding_name and self.funding_name not in cast.names:
            names = list(cast.names)
            remedy = nearest(self.funding_name, names) if names else f"quote it in [market.credits.{self.funding_name}]"
            raise at.at("funding_name").error("no such name", value=self.funding_name, remedy=remedy)
        if self.counterparty is not None:
            self.counterparty.check(cast.names, at.at("counterparty"))
        if self.option_leg is not None:
            on = dict.fromkeys(cast.options, MAIN) | dict(cast.other_options)
            self.option_leg.check(on, at.at("option_leg"))
        elif self.policy.option_share is not None:
            share, remedy = self.policy.option_share, "add an option_leg, or leave the share out"
            raise at.at("policy", "option_share").error("the desk has no option leg", value=share, remedy=remedy)
        for i, position in enumerate(self.book):
            position.check(cast.start, at.at("book", i), cast.with_vol)

    def live(self, world: TradingWorld) -> Process:
        hedges, latency = self._give_legs(world), self.latency_seconds
        trader = SeatedTrader if self.name in world.seats else Trader
        yield from trader(self, world, self.policy, rates=hedges, latency=latency).run()

    def _give_legs(self, world: TradingWorld) -> bool:
        """Give the desk the legs that are named here. Returns: whether it hedges rates."""
        desk, passive = world.desks[self.name], isinstance(self.policy, Never)
        legs, hedges_rates = desk.legs, self.hedge_rates and not passive
        if self.rates_leg is not None:
            legs.rates = RatesHedge(self.rates_leg, world)
        if self.vega_leg is not None and hedges_rates:
            legs.hedge_vega(VegaHedge(self.vega_leg, world))
        if self.credit_leg is not None and not passive:
            legs.credit = CreditHedge(self.credit_leg, world, desk.needs)
        if self.option_leg is not None:
            share = 0.0 if passive else self.policy.option_share
            legs.hedge_options(OptionHedge(self.option_leg, world, share))
        return hedges_rates
