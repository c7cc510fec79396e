"""What a scenario must satisfy beyond the types and limits of single values."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import date

from agents.base import Agent
from agents.funding.funding_desk import FundingDesk
from agents.funds.executor import Executor
from agents.funds.levered_fund import LeveredFund
from agents.funds.proportional_fund import ProportionalFund
from agents.hedging.hedger import Hedger
from agents.hedging.positions import Position
from agents.intervals import Interval
from agents.making.client_flow import ClientFlow
from agents.making.market_maker import MarketMaker
from agents.making.order_flow import NoiseTrader
from markets.factors.asset_noise import correlation_matrix
from markets.factors.correlation import mixing
from markets.factors.curve_noise import node_mixing
from markets.factors.key import MAIN
from markets.factors.memory.path_memory import own_gain
from markets.products.registry import PRODUCTS
from markets.spec import ClockSpec, StorylineSpec, VenueSpec
from markets.specs.rates import SHOCK
from scenarios.checking.names import check_names
from scenarios.checking.outside import check_outside
from scenarios.parameters.unseen import UnseenAgent, unseen_in
from scenarios.scenario import Scenario
from sim.clock import CONTINUOUS, CONTINUOUS_DAYS
from sim.errors import UserError
from sim.nearest import nearest
from sim.place import Place
from sim.sessions import TRADING_DAYS

FIRST_ANCHOR = ("spot", "vol", "overnight", "us2y", "us10y", "credit")


def check(scenario: Scenario, place: Place | None = None) -> None:
    """Raise UserError at the first rule that the scenario breaks."""
    at = place or Place(scenario.name)
    check_names(scenario, at)
    check_storyline(scenario.storyline, tuple(scenario.market.rates.nodes), at.at("storyline"))
    check_curve(scenario, at)
    check_laws(scenario, at)
    for name, venue in scenario.venue.by_name().items():
        check_venue(venue, at.at("venue", name), swap=name != MAIN)
    check_assets(scenario, at.at("assets"))
    check_cast(scenario.agents, at.at("agents"))
    for agent in scenario.agents:
        check_agent(agent, scenario, at.at("agents", agent.name))


def check_storyline(storyline: StorylineSpec, further: Sequence[str], at: Place) -> None:
    """At least two anchors, dates strictly increasing, the first complete, outside levels where they belong.

    further: nodes of the curve that only this scenario has.
    """
    rows = storyline.anchor
    if len(rows) < 2:
        remedy = "write one [[storyline.anchor]] for the start and one for the end"
        raise at.at("anchor").error("needs at least two anchors", value=len(rows), remedy=remedy)
    for before, after in itertools.pairwise(rows):
        if after.date <= before.date:
            where = str(at.at("anchor", str(after.date), "date"))
            rule = f"dates must increase from anchor to anchor ({before.date} stands before)"
            raise UserError(rule, value=str(after.date), place=where, remedy="put the anchors in order, one a date")
    first, needed = at.at("anchor", str(rows[0].date)), (*FIRST_ANCHOR, *further)
    for key in needed:
        if rows[0].level(key) is None:
            here = first.at("nodes", key) if key in further else first.at(key)
            raise here.error("the first anchor needs this level", remedy=f"it needs {', '.join(needed)}")
    check_outside(storyline, at)


def check_laws(scenario: Scenario, at: Place) -> None:
    """Laws of the path need a price with a logarithm and a spread above 0; vol must not feed on itself without end."""
    market, credit = scenario.market, scenario.credit
    memory = at.at("market", "memory")
    laws = {"market.vol_law": market.vol_law, "credit.law": credit.law}
    for key in [key for key, law in laws.items() if law == "path_dependent"]:
        if market.price_model != "lognormal":
            rule = "a path-dependent law reads log returns, and a normal price may fall to 0"
            raise at.at(key).error(rule, value="path_dependent", remedy='write price_model = "lognormal"')
    if credit.law == "path_dependent":
        for row in scenario.storyline.anchor:
            if row.credit is not None and row.credit <= 0:
                here = at.at("storyline", "anchor", str(row.date), "credit")
                remedy = 'give a spread above 0, or write credit.law = "elasticity"'
                raise here.error("the path-dependent law of credit needs a spread above 0", value=0, remedy=remedy)
    if "path_dependent" in laws.values() and market.memory.most <= market.memory.base:
        rule, value = f"the law's highest vol lies above its lowest, base = {market.memory.base:g}", market.memory.most
        raise memory.at("most").error(rule, value=value, remedy="raise most, or lower base")
    if market.vol_law == "path_dependent":
        gain = own_gain(market.memory, _years_between_closes(scenario.clock))
        if gain >= 1:
            rule = "realised vol feeds on itself: level^2 (activity^2 mass of K2 + trend^2 mass of K1^2) must be < 1"
            remedy = "lower realised_activity or realised_level, or bring realised_trend closer to 0"
            raise memory.error(rule, value=f"{gain:.3f}", remedy=remedy)


def _years_between_closes(clock: ClockSpec) -> float:
    """Trading years, before the calendar is laid out; on the continuous calendar every tick is a close."""
    if clock.calendar == CONTINUOUS:
        return clock.tick_minutes / (CONTINUOUS_DAYS * 24 * 60)
    return 1 / (clock.days_a_year or TRADING_DAYS)


def check_curve(scenario: Scenario, at: Place) -> None:
    """Nodes lie apart, anchors know them, and variables with their correlations are possible."""
    rates, here = scenario.market.rates, at.at("market", "rates")
    given: dict[frozenset[str], float] = {}  # correlations by pair
    for before, node in itertools.pairwise(rates.curve):
        if node.years == before.years:
            further = here.at("nodes", node.name if node.name in rates.nodes else before.name, "years")
            raise further.error("two nodes lie at one point of the curve", value=node.years, remedy="move one")
    names = [node.name for node in rates.curve]
    for name, spec in rates.nodes.items():
        known = [SHOCK, *(other for other in names if other != name)]
        check_correlation(name, spec.correlation, known, "node", given, here.at("nodes", name))
    for row in scenario.storyline.anchor:
        for name in row.nodes:
            if name not in rates.nodes:
                where = at.at("storyline", "anchor", str(row.date), "nodes", name)
                raise where.error("no such node", value=name, remedy=nearest(name, [*rates.nodes]))
    for name in scenario.venue.further:
        if name not in rates.nodes:
            raise at.at("venue", name).error("no such node", value=name, remedy=nearest(name, names))
    try:
        node_mixing(rates.curve)
    except UserError as error:
        raise here.error(error.rule, value=error.value, remedy=error.remedy) from None


def check_correlation(
    name: str,
    table: dict[str, float],
    known: list[str],
    what: str,
    given: dict[frozenset[str], float],
    at: Place,
) -> None:
    """Correlations of one thing with `known` others; `given` remembers them by pair, which may not have two."""
    for other, value in table.items():
        here = at.at("correlation", other)
        if other not in known:
            raise here.error(f"no such {what}", value=other, remedy=nearest(other, known))
        mirrored = given.setdefault(frozenset((name, other)), value)
        if mirrored != value:
            rule = f"the table of {other} gives this pair another correlation ({mirrored})"
            raise here.error(rule, value=value, remedy="give it in one of the two")
        if not -1 <= value <= 1:
            raise here.error("a correlation is between -1 and 1", value=value)


def check_venue(venue: VenueSpec, at: Place, *, swap: bool = False) -> None:
    """Circuit breakers are falls in (0, 1), in increasing order; swaps clear in sequence."""
    halts = venue.halts
    if any(not 0 < h < 1 for h in halts) or any(b <= a for a, b in itertools.pairwise(halts)):
        raise at.at("halts").error("halts must be increasing falls between 0 and 1", value=list(halts))
    if swap and venue.clearing != "sequential":
        remedy = "fixed-point clearing is for [venue.asset] and [assets.NAME.venue]"
        raise at.at("clearing").error("swap venues clear in sequence", value=venue.clearing, remedy=remedy)


def check_assets(scenario: Scenario, at: Place) -> None:
    """Further assets have dates after the start, possible correlations, and somebody's quotes."""
    names = [asset.name for asset in scenario.assets]
    given: dict[frozenset[str], float] = {}  # correlations by pair
    quoted = {v for agent in scenario.agents if isinstance(agent, MarketMaker) for v in agent.venues}
    for asset in scenario.assets:
        here = at.at(asset.name)
        known = [MAIN, *(name for name in names if name != asset.name)]
        check_correlation(asset.name, asset.correlation, known, "asset", given, here)
        for before, after in itertools.pairwise((scenario.start, *(anchor.date for anchor in asset.anchor))):
            if after <= before:
                rule = f"an asset's anchors must increase in date, after the start ({before} stands before)"
                raise here.at("anchor").error(rule, value=str(after), remedy="put them in order, one a date")
        check_venue(asset.venue, here.at("venue"))
        if scenario.agents and asset.name not in quoted and not unseen_in(scenario.agents):
            remedy = f"add '{asset.name}' to the `venues` of a MarketMaker"
            raise here.error("nobody quotes this asset", value=asset.name, remedy=remedy)
    mixing(correlation_matrix(scenario.assets), str(at.at("*", "correlation")))


def check_cast(agents: tuple[Agent, ...], at: Place) -> None:
    """Somebody makes the markets, and nobody has two lenders."""
    if agents and not any(agent.role == "market_maker" for agent in agents):
        remedy = "add a table [agents.maker] with type = 'MarketMaker'"
        raise at.error("nobody makes a market: an agent of type MarketMaker is required", remedy=remedy)
    lenders = [agent for agent in agents if isinstance(agent, FundingDesk)]
    if sum(not lender.lends_to for lender in lenders) > 1:
        names = ", ".join(lender.name for lender in lenders if not lender.lends_to)
        raise at.error("two lenders fund everybody", value=names, remedy="give all but one of them `lends_to`")
    for name, number in Counter(name for lender in lenders for name in lender.lends_to).items():
        if number > 1:
            raise at.error("an agent has two lenders", value=name, remedy="name it in one `lends_to` only")


def check_agent(agent: Agent, scenario: Scenario, at: Place) -> None:
    """The rules of the built-in types."""
    if isinstance(agent, MarketMaker):
        venues = [*scenario.venue.by_name(), *(asset.name for asset in scenario.assets)]
        for venue in agent.venues:
            if venue not in venues:
                raise at.at("venues").error("no such venue", value=venue, remedy=nearest(venue, venues))
    if isinstance(agent, LeveredFund):
        check_held(agent.venue, scenario, at.at("venue"))
        check_every(agent.interval, at.at("interval"))
    if isinstance(agent, Executor | NoiseTrader):
        check_held(agent.venue, scenario, at.at("venue"))
    if isinstance(agent, Executor):
        check_every(agent.interval, at.at("interval"))
        if agent.quantity == 0:
            raise at.at("quantity").error("must not be 0", remedy="> 0 buys, < 0 sells")
    if isinstance(agent, ProportionalFund):
        if not agent.holdings:
            raise at.at("holdings").error("holds nothing", remedy="write holdings = { asset = 1e6 }, in units")
        for name, units in agent.holdings.items():
            check_held(name, scenario, at.at("holdings"))
            if units <= 0:
                raise at.at("holdings", name).error("must be > 0", value=units)
        check_every(agent.interval, at.at("interval"))
    if isinstance(agent, ClientFlow):
        check_client_flow(agent, scenario, at)
    if isinstance(agent, FundingDesk):
        names = [a.name for a in scenario.agents if a.name != agent.name]
        for name in agent.lends_to:
            if name not in names:
                raise at.at("lends_to").error("lends to an unknown agent", value=name, remedy=nearest(name, names))
        check_obligations(agent, scenario, at.at("obligations"))
    if isinstance(agent, Hedger):
        check_every(agent.policy.interval, at.at("policy", "interval"))
        for i, position in enumerate(agent.book):
            check_position(position, scenario.start, at.at("book", i))


def check_client_flow(flow: ClientFlow, scenario: Scenario, at: Place) -> None:
    """The venue exists and has a spread to measure distance in; somebody quotes there, and so does who is named."""
    venues = scenario.venue.by_name() | {asset.name: asset.venue for asset in scenario.assets}
    if flow.venue not in venues:
        raise at.at("venue").error("no such venue", value=flow.venue, remedy=nearest(flow.venue, list(venues)))
    if venues[flow.venue].half_spread == 0:
        remedy = f"give the venue {flow.venue} a half_spread above 0"
        raise at.at("venue").error("clients measure distance from mid in half-spreads, and it has none", remedy=remedy)
    others = [a for a in scenario.agents if a.role == "market_maker"]
    makers = [a.name for a in others if flow.venue in getattr(a, "venues", (flow.venue,))]
    for name in flow.makers:
        if name not in makers:
            rule = f"not the name of a maker of the venue {flow.venue}"
            raise at.at("makers").error(rule, value=name, remedy=nearest(name, makers))
    if not makers:
        remedy = f"add '{flow.venue}' to the `venues` of a MarketMaker"
        raise at.at("venue").error("nobody quotes there", value=flow.venue, remedy=remedy)


def check_obligations(lender: FundingDesk, scenario: Scenario, at: Place) -> None:
    """Both parties are hedgers that this desk funds, not the same one, and the date is within the run."""
    claimed = {name for a in scenario.agents if isinstance(a, FundingDesk) for name in a.lends_to}
    hedgers = [a.name for a in scenario.agents if isinstance(a, Hedger | UnseenAgent)]
    funded = [name for name in hedgers if (name in lender.lends_to if lender.lends_to else name not in claimed)]
    for i, owed in enumerate(lender.obligations):
        here = at.at(i)
        for key, name in (("debtor", owed.debtor), ("creditor", owed.creditor)):
            if name not in funded:
                rule = f"not the name of a hedger that {lender.name} funds"
                raise here.at(key).error(rule, value=name, remedy=nearest(name, funded))
        if owed.debtor == owed.creditor:
            raise here.error("debtor and creditor are the same", value=owed.debtor, remedy="name two agents")
        if not scenario.start < owed.due <= scenario.end:
            remedy = f"choose a date after {scenario.start} and not after {scenario.end}"
            raise here.at("due").error("falls due outside the run", value=str(owed.due), remedy=remedy)


def check_held(name: str, scenario: Scenario, at: Place) -> None:
    """Funds hold assets, not swaps."""
    known = [MAIN, *(asset.name for asset in scenario.assets)]
    if name not in known:
        raise at.error("no such asset", value=name, remedy=nearest(name, known))


def check_every(interval: str, at: Place) -> None:
    """Intervals are written '30m', '2h', '1d' or 'tick'."""
    try:
        Interval(interval)
    except UserError as error:
        raise at.error(error.rule, value=error.value, remedy=error.remedy) from None


def check_position(position: Position, start: date, at: Place) -> None:
    """One way to say strike, expiry and size; nothing that the instrument does not have."""
    takes = PRODUCTS[position.kind].takes
    for key in takes.none:
        _refuse(position, key, takes.why or f"a {position.kind} has none", at)
    if takes.expiry:
        _exactly_one(position, ("expiry", "months"), at)
    twice = position.strike is not None and position.moneyness is not None
    if takes.strike == "needed" or twice:
        _exactly_one(position, ("strike", "moneyness"), at)
    if not takes.notional:
        _exactly_one(position, ("quantity", "notional"), at)
    elif position.notional is None:
        raise at.at("notional").error(f"a {position.kind} needs its notional", remedy=takes.notional)
    if position.expiry is not None and position.expiry <= start:
        remedy = f"the scenario starts at the close of {start}"
        raise at.at("expiry").error("expiry must be after the start", value=str(position.expiry), remedy=remedy)


def _exactly_one(position: Position, keys: tuple[str, str], at: Place) -> None:
    given = [key for key in keys if getattr(position, key) is not None]
    if len(given) != 1:
        rule = f"needs exactly one of {keys[0]} and {keys[1]}"
        article = "an" if position.kind[0] in "aeiou" else "a"
        raise at.error(rule, value=f"{len(given)} of them", remedy=f"{article} {position.kind} has one of each pair")


def _refuse(position: Position, key: str, why: str, at: Place) -> None:
    if getattr(position, key) is not None:
        raise at.at(key).error(f"{key} does not belong here: {why}", value=getattr(position, key))
