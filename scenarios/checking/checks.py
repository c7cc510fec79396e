"""Rules that several values of a scenario must satisfy together."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Container, Sequence

from agents.base import Agent
from agents.cast import Cast
from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from agents.making.option_maker import OptionMaker
from markets.factors.asset_noise import correlation_matrix
from markets.factors.correlation import mixing
from markets.factors.curve_noise import node_mixing
from markets.factors.key import MAIN, USD
from markets.factors.memory.path_memory import own_gain
from markets.spec import ClockSpec, HaircutSpec, StorylineSpec, VenueSpec
from markets.specs.option_listing import OptionListingSpec
from markets.specs.rates import SHOCK
from markets.specs.variance_swap import VarianceSwapSpec
from scenarios.checking.correlations import check_correlation
from scenarios.checking.curve_law import check_curve_law
from scenarios.checking.further import check_further
from scenarios.checking.names import check_names
from scenarios.checking.outside import check_outside
from scenarios.checking.quoted_curves import check_quoted
from scenarios.checking.shocks import check_shocks
from scenarios.checking.surfaces import check_moving
from scenarios.parameters.unseen import UnseenAgent, unseen_in
from scenarios.scenario import Scenario
from sim.clock import CONTINUOUS, CONTINUOUS_DAYS
from sim.errors import UserError
from sim.nearest import nearest
from sim.place import Place
from sim.sessions import TRADING_DAYS

FIRST_ANCHOR = ("spot", "vol", "overnight", "us2y", "us10y", "credit")


def check(scenario: Scenario, place: Place | None = None, passed: Container[int] = ()) -> None:
    """Raise UserError at the first rule that the scenario breaks.

    passed: parts, by identity, of a scenario that keeps all rules; what only they decide is not looked at again.
    """
    at = place or Place(scenario.name)
    check_names(scenario, at)
    if not (id(scenario.market) in passed and id(scenario.storyline) in passed):
        check_curve_law(scenario, at)
        check_storyline(scenario.storyline, tuple(scenario.market.rates.nodes), at.at("storyline"))
        check_curve(scenario, at)
    check_further_venues(scenario, at.at("venue"))
    check_shocks(scenario, at)
    check_laws(scenario, at)
    for name, venue in scenario.venue.by_name().items():
        check_venue(venue, at.at("venue", name), swap=name != MAIN)
    check_rates_vol(scenario, at)
    check_bonds(scenario, at.at("market", "rates", "bonds"))
    check_further(scenario, at)
    check_credit_venues(scenario, at.at("market", "credits"))
    check_straddles(scenario, at.at("market", "rates", "straddles"))
    check_options(scenario, at.at("market", "options"))
    check_variance_swaps(scenario, at.at("market", "variance_swaps"))
    check_surface(scenario, at)
    check_futures(scenario, at.at("market", "rates", "futures"))
    check_repo(scenario, at)
    check_vol_futures(scenario, at.at("market", "vol_futures"))
    check_assets(scenario, at.at("assets"))
    check_cast(scenario.agents, at.at("agents"))
    cast = cast_of(scenario)
    for agent in scenario.agents:
        agent.check(cast, at.at("agents", agent.name))


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
    check_quoted(rates, here)
    given: dict[frozenset[str], float] = {}  # correlations by pair
    for before, node in itertools.pairwise(rates.curve):
        if node.years == before.years:
            further = here.at("nodes", node.name if node.name in rates.nodes else before.name, "years")
            raise further.error("two nodes lie at one point of the curve", value=node.years, remedy="move one")
    names = [node.name for node in rates.curve]
    known_nodes = [*rates.nodes, *(node for spec in rates.currencies.values() for node in spec.nodes)]
    for name, spec in rates.nodes.items():
        known = [SHOCK, *(other for other in names if other != name)]
        check_correlation(name, spec.correlation, known, "node", given, here.at("nodes", name))
    for row in scenario.storyline.anchor:
        for name in row.nodes:
            if name not in known_nodes:
                where = at.at("storyline", "anchor", str(row.date), "nodes", name)
                raise where.error("no such node", value=name, remedy=nearest(name, known_nodes))
    try:
        node_mixing(rates.curve)
    except UserError as error:
        raise here.error(error.rule, value=error.value, remedy=error.remedy) from None


def check_further_venues(scenario: Scenario, at: Place) -> None:
    """A venue for swaps at a node of the curve is named after it."""
    rates = scenario.market.rates
    for name in scenario.venue.further:
        if name not in rates.nodes:
            raise at.at(name).error("no such node", value=name, remedy=nearest(name, [n.name for n in rates.curve]))


def check_venue(venue: VenueSpec, at: Place, *, swap: bool = False) -> None:
    """Circuit breakers are falls in (0, 1), in increasing order; swaps clear in sequence."""
    halts = venue.halts
    if any(not 0 < h < 1 for h in halts) or any(b <= a for a, b in itertools.pairwise(halts)):
        raise at.at("halts").error("halts must be increasing falls between 0 and 1", value=list(halts))
    if swap and venue.clearing != "sequential":
        remedy = "fixed-point clearing is for [venue.asset] and [assets.NAME.venue]"
        raise at.at("clearing").error("swap venues clear in sequence", value=venue.clearing, remedy=remedy)


def check_rates_vol(scenario: Scenario, place: Place) -> None:
    """The only curve is in dollars; a vol starts between its limits; anchors tell of it only where it is declared."""
    at = place.at("market", "rates", "vol")
    told = ("rates_vol",) if not scenario.market.rates.vol else ()
    _check_untold(scenario, told, "no vol of rates is declared", "add [market.rates.vol.usd]", place)
    for name, spec in scenario.market.rates.vol.items():
        if name != USD[1]:
            raise at.error("no such curve", value=name, remedy=f"call it {USD[1]}")
        if not spec.least <= spec.start <= spec.most:
            raise at.at(name, "start").error(f"lies outside {spec.least:g} to {spec.most:g}", value=spec.start)


def check_bonds(scenario: Scenario, at: Place) -> None:
    """A bond has a node, beyond the overnight rate, and somebody's quotes."""
    nodes = [node.name for node in scenario.market.rates.curve if node.years > 0]
    for name, bond in scenario.market.rates.bonds.items():
        if bond.node not in nodes:
            raise at.at(name, "node").error("no such node", value=bond.node, remedy=nearest(bond.node, nodes))
        check_venue(bond.venue, at.at(name, "venue"))
        _check_quoted(scenario, name, "bond", at)


def check_futures(scenario: Scenario, at: Place) -> None:
    """A bond future has a bond, and somebody's quotes."""
    rates = scenario.market.rates
    for name, future in rates.futures.items():
        if future.bond not in rates.bonds:
            remedy = nearest(future.bond, [*rates.bonds])
            raise at.at(name, "bond").error("no such bond", value=future.bond, remedy=remedy)
        check_venue(future.venue, at.at(name, "venue"))
        _check_haircut(future.margin, at.at(name, "margin"))
        _check_quoted(scenario, name, "future", at)


def _check_quoted(scenario: Scenario, name: str, what: str, at: Place, by: str = "a MarketMaker") -> None:
    quoted = {v for agent in scenario.agents if isinstance(agent, MarketMaker | OptionMaker) for v in agent.venues}
    if scenario.agents and name not in quoted and not unseen_in(scenario.agents):
        remedy = f"add '{name}' to the `venues` of {by}"
        raise at.at(name).error(f"nobody quotes this {what}", value=name, remedy=remedy)


def _check_haircut(spec: HaircutSpec, at: Place) -> None:
    if spec.most < spec.base:
        raise at.at("most").error(f"is at least the base, {spec.base:g}", value=spec.most)


def check_repo(scenario: Scenario, at: Place) -> None:
    """The only repo market is in dollars; its percentiles rise; anchors tell of it only where it is declared."""
    repo, here = scenario.market.rates.repo, at.at("market", "rates", "repo")
    for name, spec in repo.items():
        if name != USD[1]:
            raise here.error("no such curve", value=name, remedy=f"call it {USD[1]}")
        for low, high in (("p01", "p25"), ("p75", "p99")):
            if getattr(spec, low) > getattr(spec, high):
                rule = f"a percentile is at least the lower one, {low} = {getattr(spec, low):g}"
                raise here.at(name, high).error(rule, value=getattr(spec, high))
        _check_haircut(spec.haircut, here.at(name, "haircut"))
        _check_haircut(spec.cleared.haircut, here.at(name, "cleared", "haircut"))
    told = () if repo else ("repo_spread", "repo_tail")
    _check_untold(scenario, told, "no repo market is declared", "add [market.rates.repo.usd]", at)


def _check_untold(scenario: Scenario, keys: Sequence[str], rule: str, remedy: str, at: Place) -> None:
    """Raise UserError where an anchor has one of these keys."""
    for row in scenario.storyline.anchor:
        for key in keys:
            if row.level(key) is not None:
                raise at.at("storyline", "anchor", str(row.date), key).error(rule, value=row.level(key), remedy=remedy)


def check_straddles(scenario: Scenario, at: Place) -> None:
    """Straddles need a vol of rates that moves, an implied vol, and somebody's quotes."""
    rates = scenario.market.rates
    for name, straddle in rates.straddles.items():
        if not rates.vol:
            rule = "straddles trade the vol of rates, and none is declared"
            raise at.at(name).error(rule, value=name, remedy="add [market.rates.vol.usd]")
        if not (rates.normal_vol > 0 or rates.smiles):
            remedy = "e.g. market.rates.normal_vol = 0.0090"
            raise at.at(name).error("straddles need an implied vol", value=rates.normal_vol, remedy=remedy)
        check_venue(straddle.venue, at.at(name, "venue"), swap=True)
        _check_quoted(scenario, name, "straddle", at)


def check_options(scenario: Scenario, at: Place) -> None:
    """Options have one time to expiry, strangles a width, the price a logarithm, and somebody quotes them."""
    for name, option in scenario.market.options.items():
        here = at.at(name)
        _check_listed(scenario, option, here)
        if option.kind == "strangle" and not option.moneyness < 1:
            rule = "a strangle has its put below spot and its call at the inverse"
            raise here.at("moneyness").error(rule, value=option.moneyness, remedy="give a moneyness below 1")
        if scenario.market.price_model != "lognormal":
            rule = "listed options are struck at a share of the spot, and a normal price may fall to 0"
            raise here.error(rule, value=name, remedy='write price_model = "lognormal"')
        check_venue(option.venue, here.at("venue"), swap=True)
        _check_quoted(scenario, name, "option", at, by="a MarketMaker or an OptionMaker")


def check_variance_swaps(scenario: Scenario, at: Place) -> None:
    """Variance swaps have one time to expiry, the price a logarithm, and somebody quotes them."""
    for name, swap in scenario.market.variance_swaps.items():
        here = at.at(name)
        _check_listed(scenario, swap, here)
        if scenario.market.price_model != "lognormal":
            rule = "realised variance is that of log returns, and a normal price may fall to 0"
            raise here.error(rule, value=name, remedy='write price_model = "lognormal"')
        check_venue(swap.venue, here.at("venue"), swap=True)
        _check_quoted(scenario, name, "variance swap", at, by="a MarketMaker or an OptionMaker")


def _check_listed(scenario: Scenario, listed: OptionListingSpec | VarianceSwapSpec, at: Place) -> None:
    """One time to expiry, and an asset that has a vol."""
    vols = [asset.name for asset in scenario.assets if asset.implied is not None]
    if listed.asset not in (MAIN, *vols):
        remedy = nearest(listed.asset, vols) if vols else f"add [assets.{listed.asset}.implied]"
        raise at.at("asset").error("no further asset with a vol of its own", value=listed.asset, remedy=remedy)
    given = (listed.expiry_days, listed.expiry_months)
    if given.count(None) != 1:
        rule = "needs exactly one of expiry_days and expiry_months"
        raise at.error(rule, value=f"{2 - given.count(None)} of them", remedy="e.g. expiry_days = 30")


def check_credit_venues(scenario: Scenario, at: Place) -> None:
    """What trades has somebody's quotes."""
    for name, credit in scenario.market.credits.items():
        if credit.venue is not None:
            check_venue(credit.venue, at.at(name, "venue"), swap=True)
            _check_quoted(scenario, name, "name", at)


def check_surface(scenario: Scenario, at: Place) -> None:
    """Moving slope and skew answer log returns, and begin within the bound of the skew."""
    market, first = scenario.market, scenario.storyline.anchor[0]
    if market.surface is None:
        rule = "slope and skew are no factors of this market"
        _check_untold(scenario, ("vol_slope", "smile_skew"), rule, "add [market.surface]", at)
        return
    check_moving(market, at.at("market"), skew=market.surface_start(first)[1], vol=first.vol)


def check_vol_futures(scenario: Scenario, at: Place) -> None:
    """They have somebody's quotes."""
    for name, future in scenario.market.vol_futures.items():
        check_venue(future.venue, at.at(name, "venue"))
        _check_quoted(scenario, name, "vol future", at)


def check_assets(scenario: Scenario, at: Place) -> None:
    """Further assets have dates after the start, possible correlations, and somebody's quotes."""
    names = [asset.name for asset in scenario.assets]
    given: dict[frozenset[str], float] = {}  # correlations by pair
    quoted = {v for agent in scenario.agents if isinstance(agent, MarketMaker | OptionMaker) for v in agent.venues}
    for asset in scenario.assets:
        here = at.at(asset.name)
        known = [MAIN, *(name for name in names if name != asset.name)]
        check_correlation(asset.name, asset.correlation, known, "asset", given, here)
        for before, after in itertools.pairwise((scenario.start, *(anchor.date for anchor in asset.anchor))):
            if after <= before:
                rule = f"an asset's anchors must increase in date, after the start ({before} stands before)"
                raise here.at("anchor").error(rule, value=str(after), remedy="put them in order, one a date")
        own = asset.implied
        if own is not None and own.surface is not None:
            check_moving(scenario.market, here.at("implied"), skew=own.skew, vol=own.start)
        check_venue(asset.venue, here.at("venue"))
        if scenario.agents and asset.name not in quoted and not unseen_in(scenario.agents):
            remedy = f"add '{asset.name}' to the `venues` of a MarketMaker"
            raise here.error("nobody quotes this asset", value=asset.name, remedy=remedy)
    mixing(correlation_matrix(scenario.assets), str(at.at("*", "correlation")))


def check_cast(agents: tuple[Agent, ...], at: Place) -> None:
    """Every market has a maker, and no agent has two lenders."""
    if agents and not any(agent.role == "market_maker" and not isinstance(agent, OptionMaker) for agent in agents):
        remedy = "add a table [agents.maker] with type = 'MarketMaker'"
        raise at.error("nobody makes a market: an agent of type MarketMaker is required", remedy=remedy)
    lenders = [agent for agent in agents if isinstance(agent, FundingDesk)]
    if sum(not lender.lends_to for lender in lenders) > 1:
        names = ", ".join(lender.name for lender in lenders if not lender.lends_to)
        raise at.error("two lenders fund everybody", value=names, remedy="give all but one of them `lends_to`")
    for name, number in Counter(name for lender in lenders for name in lender.lends_to).items():
        if number > 1:
            raise at.error("an agent has two lenders", value=name, remedy="name it in one `lends_to` only")


def cast_of(scenario: Scenario) -> Cast:
    """The scenario as its agents' checks see it."""
    return Cast(
        agents=scenario.agents,
        hedgers=tuple(agent.name for agent in scenario.agents if isinstance(agent, Hedger | UnseenAgent)),
        venues=scenario.venues,
        options=tuple(name for name, each in scenario.market.vol_listings.items() if each.asset == MAIN),
        other_options={name: each.asset for name, each in scenario.market.vol_listings.items() if each.asset != MAIN},
        with_vol=tuple(asset.name for asset in scenario.assets if asset.implied is not None),
        credits=tuple(name for name, credit in scenario.market.credits.items() if credit.venue is not None),
        names=tuple(scenario.market.credits),
        straddles=tuple(scenario.market.rates.straddles),
        vol_futures=tuple(scenario.market.vol_futures),
        bonds=tuple(scenario.market.rates.bonds),
        futures={name: future.bond for name, future in scenario.market.rates.futures.items()},
        repo=bool(scenario.market.rates.repo),
        rates_vol=bool(scenario.market.rates.vol),
        assets=(MAIN, *(asset.name for asset in scenario.assets)),
        implied=(MAIN, *(asset.name for asset in scenario.assets if asset.implied is not None)),
        nodes=tuple(node.name for node in scenario.market.rates.curve),
        start=scenario.start,
        end=scenario.end,
    )
