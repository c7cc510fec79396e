"""Funding desks: lend, ask margin, call, reduce by force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from agents.base import Agent, Process
from agents.funding.obligations import Obligation
from markets.plausible import DAYS, POWER, SHARE, YIELD_VOL
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place


@dataclass(frozen=True, kw_only=True)
class FundingDesk(Agent):
    """Lends at overnight + credit, pays overnight on balances, margins the desks' books, closes out who cannot pay."""

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
    rate_vol: float = param(
        0.01, unit="decimal a year", help="yield vol at base implied vol, for margin on DV01", ge=0, plausible=YIELD_VOL
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
        """Whom it lends to exists; what its hedgers owe one another is between two of them, and due within the run."""
        others = [agent.name for agent in cast.agents if agent.name != self.name]
        for name in self.lends_to:
            if name not in others:
                raise at.at("lends_to").error("lends to an unknown agent", value=name, remedy=nearest(name, others))
        elsewhere = {name for agent in cast.agents if isinstance(agent, FundingDesk) for name in agent.lends_to}
        funded = [
            name for name in cast.hedgers if name in self.lends_to or (not self.lends_to and name not in elsewhere)
        ]
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
        from agents.funding.lending import Lending  # which needs this class

        yield from Lending(self, world).run()
