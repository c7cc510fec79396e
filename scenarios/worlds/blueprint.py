"""The blueprint of a run: the common part of all its worlds and chunks, made once."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from markets.factors.storyline import Storyline, asset_level
from markets.venues.option_series import OptionSeries
from markets.venues.series import Series, series
from markets.venues.straddle_series import StraddleSeries
from markets.venues.variance_series import VarianceSeries
from scenarios.checking.sizes import check_sizes
from scenarios.checking.trading_days import check_dates
from scenarios.worlds.books import compile_books, starting_market
from scenarios.worlds.clock import make_clock
from scenarios.worlds.credit_contracts import traded_contracts
from scenarios.worlds.credits import credits
from scenarios.worlds.further_assets import seen_by
from scenarios.worlds.hull_white_line import by_hull_white
from scenarios.worlds.laid_out import laid_out
from scenarios.worlds.shocks import Shock, shocked, shocks_of
from scenarios.worlds.starting_curve import starting_curve
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.memo import Memo
from sim.place import Place

if TYPE_CHECKING:
    from markets.credit.name import CreditName
    from markets.curves.curve import Curve
    from markets.products.book import CompiledBook
    from markets.spec import RateSpec, VenuesSpec
    from markets.venues.credit_contract import CreditContract
    from scenarios.scenario import Scenario
    from sim.clock import Clock


@dataclass(frozen=True)
class Blueprint:
    """The clock of a scenario, and everything that is known before any path is drawn; picklable."""

    clock: Clock
    storyline: Storyline
    benchmarks: dict[str, Series]  # of every swap venue
    books: dict[str, CompiledBook]  # of every hedger, by its name
    straddles: dict[str, StraddleSeries]  # of every venue of straddles
    options: dict[str, OptionSeries] = field(default_factory=dict)  # of every venue of options on the asset
    variances: dict[str, VarianceSeries] = field(default_factory=dict)  # of every venue of variance swaps
    credits: dict[str, CreditName] = field(default_factory=dict)  # names with quotes
    contracts: dict[str, CreditContract] = field(default_factory=dict)  # that venues of names trade
    shocks: tuple[Shock, ...] = ()  # to the curve, which the storyline contains

    def along(self, scenario: Scenario) -> Blueprint:
        """The same along another storyline, that of `scenario`: its dates and first levels are those of this one."""
        return replace(self, storyline=_storyline(scenario, self.clock))


def blueprint_of(scenario: Scenario, file: str | None = None) -> Blueprint:
    """The blueprint of a scenario that can run: everything that a run would refuse is refused here, by file and key.

    file: what the user calls the scenario; by default its name. Raises UserError.
    """
    at = Place(file or scenario.name)
    try:
        check_dates(scenario, at)
        return draw_up(scenario, check=True)
    except UserError as error:
        raise UserError(error.rule, value=error.value, place=at.around(error.place), remedy=error.remedy) from None


def draw_up(scenario: Scenario, clock: Clock | None = None, *, check: bool = False) -> Blueprint:
    """The blueprint of a scenario on its clock. check: also whether the run is small enough. Raises UserError.

    Parts that the last blueprint had in common with this one are taken from it: runs of one scenario with other
    settings, loops or capitals share clock, storyline and books.
    """
    clock = clock or make_clock(scenario)
    storyline = _storyline(scenario, clock)
    for asset in scenario.assets:
        asset_level(asset, clock)
    if check:
        check_sizes(scenario, clock)
    start = scenario.storyline.anchor[0]
    agents, market, assets = scenario.agents, scenario.market, scenario.assets
    books = _BOOKS.get(lambda: compile_books(scenario, clock), agents, market, assets, start, clock)
    rates, venues = scenario.market.rates, scenario.venue
    curve = starting_curve(scenario)
    benchmarks = _BENCHMARKS.get(lambda: _benchmarks(rates, venues, clock, curve), rates, venues, clock, curve)
    straddles = _STRADDLES.get(lambda: _straddles(scenario, clock), scenario.market, start, clock)
    options = _OPTIONS.get(lambda: _options(scenario, clock), scenario.market, scenario.assets, start, clock)
    variances = _VARIANCES.get(lambda: _variances(scenario, clock), scenario.market, scenario.assets, start, clock)
    contracts = _CONTRACTS.get(lambda: traded_contracts(scenario, clock), scenario.market, start, clock)
    names, shocks = credits(scenario), shocks_of(scenario, clock)
    return Blueprint(clock, storyline, benchmarks, books, straddles, options, variances, names, contracts, shocks)


def _straddles(scenario: Scenario, clock: Clock) -> dict[str, StraddleSeries]:
    """The straddles of every venue that trades some."""
    specs = scenario.market.rates.straddles
    if not specs:
        return {}
    start = starting_market(scenario)
    return {name: StraddleSeries(spec, clock, start) for name, spec in specs.items()}


def _options(scenario: Scenario, clock: Clock) -> dict[str, OptionSeries]:
    """The options of every venue that trades some."""
    specs = scenario.market.options
    if not specs:
        return {}
    start = starting_market(scenario)
    return {name: OptionSeries(spec, clock, *seen_by(start, spec.asset)) for name, spec in specs.items()}


def _variances(scenario: Scenario, clock: Clock) -> dict[str, VarianceSeries]:
    """The variance swaps of every venue that trades some."""
    specs = scenario.market.variance_swaps
    if not specs:
        return {}
    start = starting_market(scenario)
    return {name: VarianceSeries(spec, clock, *seen_by(start, spec.asset)) for name, spec in specs.items()}


def _benchmarks(rates: RateSpec, venues: VenuesSpec, clock: Clock, curve: Curve) -> dict[str, Series]:
    """The benchmark swaps of every node that has a venue."""
    traded = venues.by_name()
    return {node.name: series(node.years, clock, curve) for node in rates.curve if node.name in traded}


def _storyline(scenario: Scenario, clock: Clock) -> Storyline:
    story, market, credit = scenario.storyline, scenario.market, scenario.credit

    def lay() -> Storyline:
        told = by_hull_white(laid_out(scenario, clock), scenario, clock)
        return shocked(told, shocks_of(scenario, clock))

    return _STORYLINE.get(lay, story, clock, market, credit)


_STORYLINE: Memo[Storyline] = Memo()
_BOOKS: Memo[dict[str, CompiledBook]] = Memo()
_STRADDLES: Memo[dict[str, StraddleSeries]] = Memo()
_OPTIONS: Memo[dict[str, OptionSeries]] = Memo()
_VARIANCES: Memo[dict[str, VarianceSeries]] = Memo()
_CONTRACTS: Memo[dict[str, CreditContract]] = Memo()
_BENCHMARKS: Memo[dict[str, Series]] = Memo()
