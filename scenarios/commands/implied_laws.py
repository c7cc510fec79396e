"""The laws that a scenario's smile implies at chosen expiries, and the arbitrage that they admit, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from agents.hedging.hedger import Hedger
from agents.hedging.positions import MOST_MONTHS
from markets.factors.key import MAIN
from markets.factors.storyline import Storyline
from markets.products.dates import add_months
from markets.vols.density import Breach, ImpliedLaw, SkewSmile
from markets.vols.smile import Form, slope_loading, term_response
from scenarios.commands.told_smile import ToldSmile, told_smile
from scenarios.scenario import Scenario
from scenarios.worlds.clock import make_clock
from scenarios.worlds.laid_out import laid_out
from scenarios.worlds.starting_curve import starting_curve
from sim.clock import Clock
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.figure_text import percent, significant, text_of

MONTHS = (1, 3, 12)
LADDER = (1, 2, 3, 6, 12)  # months, of total variances that are compared
SPAN = np.linspace(-0.5, 0.5, 41)  # ln of strike over forward, at which they are
SLIGHT = 1e-6  # a negative probability up to this is not reported
SLIGHT_FALL = 1e-3  # nor is a fall of total variance by this share
START, WORST = "at the start", "at the storyline's highest vol"
ON_SMILE = ("put", "call", "gamma_claim")


@dataclass(frozen=True, kw_only=True)
class DatedLaw:
    """The law at an expiry as the market stands on a day of the storyline."""

    when: str  # START or WORST
    day: date
    expiry: date
    law: ImpliedLaw
    slope: float = 0.0  # of vols in time there


def implied_laws(scenario: Scenario, months: Sequence[int] = MONTHS, asset: str = MAIN) -> list[DatedLaw]:
    """Laws `months` after the start: as seen at the start, and at the close of the highest vol before the expiry.

    Forward and discount are those of the storyline's curve. asset: the main one, or a further one that has a vol of
    its own. Raises UserError if a month is not above 0.
    """
    clock = make_clock(scenario)
    levels = laid_out(scenario, clock)
    smile = told_smile(scenario, clock, levels, asset)
    closes = np.flatnonzero(clock.is_close)
    found = []
    for number in months:
        if number < 1:
            raise UserError("an expiry lies after the start", value=number, place="--months")
        if number > MOST_MONTHS:
            rule = f"an expiry lies within {MOST_MONTHS // 12} years"
            raise UserError(rule, value=number, place="--months", remedy=f"write {MOST_MONTHS} or less")
        expiry = add_months(scenario.start, number)
        alive = closes[clock.ticks[closes] < clock.seconds(expiry)]
        worst = int(alive[np.argmax(smile.vol[alive])])
        found += [_law(scenario, clock, levels, smile, tick, expiry) for tick in dict.fromkeys((0, worst))]
    return found


def ladder_at(scenario: Scenario, clock: Clock, levels: Storyline, tick: int) -> list[DatedLaw]:
    """The laws of LADDER, months after the start, that have not expired at a tick, as it sees them."""
    smile = told_smile(scenario, clock, levels, MAIN)
    expiries = [add_months(scenario.start, months) for months in LADDER]
    alive = (expiry for expiry in expiries if clock.ticks[tick] < clock.seconds(expiry))
    return [_law(scenario, clock, levels, smile, tick, expiry) for expiry in alive]


def _law(scenario: Scenario, clock: Clock, levels: Storyline, told: ToldSmile, tick: int, expiry: date) -> DatedLaw:
    """The law at a tick, from the storyline's levels there."""
    spot, vol, base, slope = (
        float(level) for level in (told.spot[tick], told.vol[tick], told.vol[0], told.slope[tick])
    )
    spec = told.spec
    years = clock.calendar_years_to(expiry) - float(clock.calendar_years[tick])
    total = clock.variance_years_to(expiry)
    left = total - float(clock.variance_years[tick])
    rates = np.array([line.level[tick] for line in levels.nodes.values()])
    discount = float(np.exp(-starting_curve(scenario).zero(years, rates)))
    response = float(term_response(np.asarray(left), spec.term_reversion))
    start = float(told.spot[0])
    smile = SkewSmile(
        level=base * (vol / base) ** response * math.exp(slope * float(slope_loading(left))),
        spot=start * (spot / start) ** (1 - spec.stickiness),
        skew=float(told.skew[tick]),
        years=total,
        form=spec.smile,
    )
    forward = spot * math.exp(-spec.dividend_yield * years) / discount
    law = ImpliedLaw(smile=smile, forward=forward, years=left, discount=discount)
    day = clock.session_dates[int(clock.day[tick])]
    return DatedLaw(when=START if tick == 0 else WORST, day=day, expiry=expiry, law=law, slope=slope)


def warnings(laws: Sequence[DatedLaw]) -> Iterator[str]:
    """One line for each stretch of strikes at which a law has negative probability, of SLIGHT or more."""
    for dated in laws:
        for breach in (b for b in dated.law.breaches() if b.mass < -SLIGHT):
            yield f"{dated.expiry} seen on {dated.day}: {describe(breach)}"


def describe(breach: Breach) -> str:
    """A breach in words."""
    low, high = significant(breach.low, 4), significant(breach.high, 4)
    where = f"below {high}" if breach.low == 0 else f"from {low} to {high}"
    where = f"above {low}" if math.isinf(breach.high) else where
    return f"the smile admits arbitrage at strikes {where} (probability {text_of(breach.mass, 'share')})"


def assets_with_smile(scenario: Scenario) -> list[str]:
    """Assets on whose smile anything is valued: an option of a book, or one that is listed."""
    desks = [agent for agent in scenario.agents if isinstance(agent, Hedger)]
    lines = (line for desk in desks for line in desk.book if line.kind in ON_SMILE and line.model is None)
    on = {line.asset or MAIN for line in lines} | {each.asset for each in scenario.market.vol_listings.values()}
    return [name for name in (MAIN, *(each.name for each in scenario.assets)) if name in on]


def arbitrage(scenario: Scenario) -> Iterator[str]:
    """What `spiral check` and `show` note of each asset: the largest negative probability, and the largest fall of
    total variance.
    """
    for asset in assets_with_smile(scenario):
        yield from _strike_arbitrage(scenario, asset)
        yield from _calendar_arbitrage(scenario, asset)


def _strike_arbitrage(scenario: Scenario, asset: str) -> Iterator[str]:
    """The largest negative probability, if any."""
    found = [(breach, dated) for dated in implied_laws(scenario, asset=asset) for breach in dated.law.breaches()]
    if found and (worst := min(found, key=lambda each: each[0].mass))[0].mass < -SLIGHT:
        breach, dated = worst
        table, form = _keys(scenario, asset)
        remedy = f'write {table}.smile = "ssvi"' if form == "linear" else f"lower {table}.skew"
        yield f"{_of(asset)}for {dated.expiry}, seen on {dated.day}, {describe(breach)}; {remedy}"


def _calendar_arbitrage(scenario: Scenario, asset: str) -> Iterator[str]:
    """The largest fall of total variance from an expiry to a later one at one strike over forward, if any."""
    laws = implied_laws(scenario, LADDER, asset)
    pairs = [each for when in (START, WORST) for each in pairwise(law for law in laws if law.when == when)]
    falls = [(fall(near, far), near, far) for near, far in pairs if near.day == far.day]
    if falls and (worst := max(falls, key=lambda each: each[0][0]))[0][0] > SLIGHT_FALL:
        (share, moneyness), near, far = worst
        table, _ = _keys(scenario, asset)
        slope = "vol_slope of the anchors" if asset == MAIN else f"{table}.term_slope"
        also = f", or raise {slope}" if near.slope < 0 else ""
        yield (
            f"{_of(asset)}seen on {near.day}, total variance falls by {percent(share, 1)} from {near.expiry} to "
            f"{far.expiry} at {percent(math.exp(moneyness), 0)} of the forward: a calendar spread costs less than "
            f"nothing; lower {table}.term_reversion or {table}.skew{also}"
        )


def _keys(scenario: Scenario, asset: str) -> tuple[str, Form]:
    """The table in which the keys of an asset's smile stand, and its form."""
    own = next((each.implied for each in scenario.assets if each.name == asset and each.implied is not None), None)
    return ("market", scenario.market.smile) if own is None else (f"assets.{asset}.implied", own.smile)


def _of(asset: str) -> str:
    return "" if asset == MAIN else f"options on {asset}: "


def fall(near: DatedLaw, far: DatedLaw) -> tuple[float, float]:
    """Largest share by which total variance falls, and ln of strike over forward where it does."""
    one, other = (law.shape(law.forward * np.exp(SPAN)).vol ** 2 * law.years for law in (near.law, far.law))
    falls = 1 - other / one
    worst = int(np.argmax(falls))
    return float(falls[worst]), float(SPAN[worst])
