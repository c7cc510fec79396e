"""The laws that a scenario's smile implies at chosen expiries, and the arbitrage that they admit, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from agents.hedging.hedger import Hedger
from agents.hedging.positions import MOST_MONTHS
from markets.factors.storyline import Storyline
from markets.products.dates import add_months
from markets.vols.density import Breach, ImpliedLaw, SkewSmile
from markets.vols.smile import term_response
from scenarios.scenario import Scenario
from scenarios.worlds.clock import make_clock
from scenarios.worlds.laid_out import laid_out
from scenarios.worlds.starting_curve import starting_curve
from sim.clock import Clock
from sim.errors import UserError

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


def implied_laws(scenario: Scenario, months: Sequence[int] = MONTHS) -> list[DatedLaw]:
    """Laws `months` after the start: as seen at the start, and at the close of the highest vol before the expiry.

    Forward and discount are those of the storyline's curve. Raises UserError if a month is not above 0.
    """
    clock = make_clock(scenario)
    levels = laid_out(scenario, clock)
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
        worst = int(alive[np.argmax(levels.vol.level[alive])])
        found += [_law(scenario, clock, levels, tick, expiry) for tick in dict.fromkeys((0, worst))]
    return found


def _law(scenario: Scenario, clock: Clock, levels: Storyline, tick: int, expiry: date) -> DatedLaw:
    """The law at a tick, from the storyline's levels there."""
    market = scenario.market
    spot, vol, base = (float(np.exp(x)) for x in (levels.spot.level[tick], levels.vol.level[tick], levels.vol.level[0]))
    years = clock.calendar_years_to(expiry) - float(clock.calendar_years[tick])
    total = clock.variance_years_to(expiry)
    left = total - float(clock.variance_years[tick])
    rates = np.array([line.level[tick] for line in levels.nodes.values()])
    discount = float(np.exp(-starting_curve(scenario).zero(years, rates)))
    response = float(term_response(np.asarray(left), market.term_reversion))
    start = math.exp(levels.spot.level[0])
    smile = SkewSmile(
        level=base * (vol / base) ** response,
        spot=start * (spot / start) ** (1 - market.stickiness),
        skew=market.skew,
        years=total,
        form=market.smile,
    )
    forward = spot * math.exp(-market.dividend_yield * years) / discount
    law = ImpliedLaw(smile=smile, forward=forward, years=left, discount=discount)
    day = clock.session_dates[int(clock.day[tick])]
    return DatedLaw(when=START if tick == 0 else WORST, day=day, expiry=expiry, law=law)


def warnings(laws: Sequence[DatedLaw]) -> Iterator[str]:
    """One line for each stretch of strikes at which a law has negative probability, of SLIGHT or more."""
    for dated in laws:
        for breach in (b for b in dated.law.breaches() if b.mass < -SLIGHT):
            yield f"{dated.expiry} seen on {dated.day}: {describe(breach)}"


def describe(breach: Breach) -> str:
    """A breach in words."""
    where = f"below {breach.high:,.4g}" if breach.low == 0 else f"from {breach.low:,.4g} to {breach.high:,.4g}"
    where = f"above {breach.low:,.4g}" if math.isinf(breach.high) else where
    return f"the smile admits arbitrage at strikes {where} (probability {breach.mass:.1e})"


def has_smile(scenario: Scenario) -> bool:
    """Whether anything is valued on the smile: an option of a book, or one that is listed."""
    desks = [agent for agent in scenario.agents if isinstance(agent, Hedger)]
    held = any(line.kind in ON_SMILE and line.model is None for desk in desks for line in desk.book)
    return held or bool(scenario.market.vol_listings)


def arbitrage(scenario: Scenario) -> Iterator[str]:
    """What `spiral check` and `show` note: the largest negative probability, and the largest fall of total variance."""
    if not has_smile(scenario):
        return
    found = [(breach, dated) for dated in implied_laws(scenario) for breach in dated.law.breaches()]
    if found and (worst := min(found, key=lambda each: each[0].mass))[0].mass < -SLIGHT:
        breach, dated = worst
        remedy = '; write market.smile = "ssvi"' if scenario.market.smile == "linear" else "; lower market.skew"
        yield f"for {dated.expiry}, seen on {dated.day}, {describe(breach)}{remedy}"
    yield from calendar_arbitrage(scenario)


def calendar_arbitrage(scenario: Scenario) -> Iterator[str]:
    """The largest fall of total variance from an expiry to a later one at one strike over forward, if any."""
    laws = implied_laws(scenario, LADDER)
    pairs = [each for when in (START, WORST) for each in pairwise(law for law in laws if law.when == when)]
    falls = [(_fall(near, far), near, far) for near, far in pairs if near.day == far.day]
    if falls and (worst := max(falls, key=lambda each: each[0][0]))[0][0] > SLIGHT_FALL:
        (share, moneyness), near, far = worst
        yield (
            f"seen on {near.day}, total variance falls by {share:.1%} from {near.expiry} to {far.expiry} at "
            f"{math.exp(moneyness):.0%} of the forward: a calendar spread costs less than nothing; "
            "lower market.term_reversion or market.skew"
        )


def _fall(near: DatedLaw, far: DatedLaw) -> tuple[float, float]:
    """Largest share by which total variance falls, and ln of strike over forward where it does."""
    one, other = (law.shape(law.forward * np.exp(SPAN)).vol ** 2 * law.years for law in (near.law, far.law))
    falls = 1 - other / one
    worst = int(np.argmax(falls))
    return float(falls[worst]), float(SPAN[worst])
