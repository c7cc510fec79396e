"""The laws that a scenario's smile implies at chosen expiries, as a chart and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np

from agents.hedging.positions import MOST_MONTHS
from markets.factors.storyline import Storyline, lay_out
from markets.products.dates import add_months
from markets.vols.density import Breach, ImpliedLaw, SkewSmile
from markets.vols.smile import term_response
from scenarios.commands.storyline_chart import save
from scenarios.scenario import Scenario
from scenarios.worlds.clock import make_clock
from scenarios.worlds.starting_curve import starting_curve
from sim.clock import Clock
from sim.errors import UserError

MONTHS = (1, 3, 12)
POINTS = 300  # of a line
SLIGHT = 1e-6  # a negative probability up to this is not reported
TAIL = 1e-4  # probability left out on either side of the picture
START, WORST = "at the start", "at the storyline's highest vol"


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
    levels = lay_out(scenario.storyline, clock, scenario.market, scenario.credit)
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


def draw(scenario: Scenario, path: Path, months: Sequence[int] = MONTHS) -> list[str]:
    """Draw the densities, a panel an expiry, in the format of the file's ending; the warnings. Raises UserError."""
    laws = implied_laws(scenario, months)
    expiries = dict.fromkeys(dated.expiry for dated in laws)
    panels = [_panel([d for d in laws if d.expiry == expiry], scenario) for expiry in expiries]
    chart = alt.hconcat(*panels, title=f"{scenario.title}: density of the asset that the smile implies")
    save(chart, path)
    return list(warnings(laws))


def _panel(laws: Sequence[DatedLaw], scenario: Scenario) -> Any:
    spot = scenario.storyline.anchor[0].spot or 1.0
    rows = tuple(row for dated in laws for row in _line(dated, spot))  # Altair copies lists with every layer
    x = alt.X("strike:Q", title="level at expiry, % of the starting spot", scale=alt.Scale(zero=False, nice=False))
    colour = alt.Color("when:N", title=None, sort=[START, WORST], legend=alt.Legend(orient="bottom"))
    tips = ["when:N", "day:N", alt.Tooltip("strike:Q", format=".1f"), alt.Tooltip("above:Q", format=".4f")]
    y = alt.Y("density:Q", title="density, per 1 % of the starting spot")
    base = alt.Chart(alt.InlineData(values=rows), title=f"expiry {laws[0].expiry}", width=300, height=200)
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color="#9aa5b1").encode(y="zero:Q")
    line: alt.Chart = base.mark_line().encode(x=x, y=y, color=colour, tooltip=tips)
    return line + zero


def _line(dated: DatedLaw, spot: float) -> Iterator[dict[str, Any]]:
    law = dated.law
    strikes = law.strikes(POINTS)
    kept = strikes[(law.below(strikes) > TAIL) & (law.above(strikes) > TAIL)]
    strikes = np.linspace(kept[0], kept[-1], POINTS)
    for strike, density, above in zip(strikes, law.density(strikes), law.above(strikes), strict=True):
        yield {
            "when": dated.when,
            "day": str(dated.day),
            "strike": 100 * float(strike) / spot,
            "density": float(density) * spot / 100,
            "above": float(above),
        }
