"""The laws that a scenario's smile implies at chosen expiries, as a chart and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np

from analysis.pages.report import save
from scenarios.commands.implied_laws import MONTHS, START, WORST, DatedLaw, implied_laws, warnings
from scenarios.scenario import Scenario
from sim.text import one_line

POINTS = 300  # of a line
TAIL = 1e-4  # probability left out on either side of the picture


def draw(scenario: Scenario, path: Path, months: Sequence[int] = MONTHS) -> list[str]:
    """Draw the densities, a panel an expiry, in the format of the file's ending; the warnings. Raises UserError."""
    laws = implied_laws(scenario, months)
    expiries = dict.fromkeys(dated.expiry for dated in laws)
    panels = [_panel([d for d in laws if d.expiry == expiry], scenario) for expiry in expiries]
    title = f"{one_line(scenario.title)}: density of the asset that the smile implies"
    save(alt.hconcat(*panels, title=title), path, title=title)
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
