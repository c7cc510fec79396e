"""Funding desks: lend, ask margin, call, reduce by force."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from agents.base import Agent, Process
from agents.funding.capital import CapitalModel
from agents.funding.margin import MarginModel
from agents.funding.margin_periods import check_periods
from agents.funding.netting_terms import NettingTerms, check_sets
from agents.funding.risk_classes import MarginDays
from agents.obligations import Obligation
from markets.plausible import DAYS, HOURS, POWER, SHARE, YIELD_VOL
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place


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
    option_credit: float = param(
        0.0,
        unit="share of what they would fetch",
        help="long listed options count in margin, what is owed included, and lower what is called",
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
        self._check_credit(cast, at)
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

    @property
    def credits_options(self) -> bool:
        """Whether long listed options count in the margin of any netting set."""
        return self.option_credit > 0 or any(terms.option_credit for terms in self.netting_sets.values())

    def _check_credit(self, cast: Cast, at: Place) -> None:
        if not self.credits_options or cast.options or cast.other_options:
            return
        here, value = at.at("option_credit"), self.option_credit
        for name, terms in self.netting_sets.items():
            if not value and terms.option_credit:
                here, value = at.at("netting_sets", name, "option_credit"), terms.option_credit
        raise here.error("no options are listed", value=value, remedy="add [market.options.NAME], or leave this out")

    def live(self, world: TradingWorld) -> Process:
        from agents.funding.lending import Lending  # with all that a run needs, and a look at a scenario does not

        yield from Lending(self, world).run()
