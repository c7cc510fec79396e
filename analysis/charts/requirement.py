"""Equity against the capital that is required, over time."""

from __future__ import annotations

from analysis import frames, regulatory
from analysis.charts import marks, theme
from analysis.charts.pnl import NO_HEDGER
from analysis.charts.scales import axis, dates, money_of
from analysis.charts.theme import HEDGED, TWIN, WIDTH, Chart
from analysis.spread import SHARES
from sim.dataset import Run

EQUITY = "equity (median, 25\N{EN DASH}75 and 5\N{EN DASH}95 %)"
REQUIRED = "capital required (the same)"


def capital(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Equity and required capital of the desk at closes, over paths."""
    frames.check_world(run, world)
    title = "Capital"
    if not frames.desks(run, agent):
        return theme.note(title, NO_HEDGER)
    day = regulatory.daily(run, agent, world)
    if not day.height:
        return theme.note(title, "Nobody limits the desk's capital in this run.")
    found = regulatory.capital(run, agent=agent, world=world)
    said = (
        f"At its peak the desk must have {found['capital_required'].brief()} on the median path; equity "
        f"falls short of what is required on {found['capital_short']} of paths."
    )
    wanted = [f"{name}_{q}" for name in ("equity", "required") for q in SHARES]
    unit = money_of(day, wanted)
    shown = unit.scaled(day, wanted)
    bands = marks.long_bands({EQUITY: (shown, "equity"), REQUIRED: (shown, "required")})
    palette = {EQUITY: HEDGED, REQUIRED: TWIN}
    drawn = marks.band_and_median(bands, palette, dates(shown), axis(f"equity and requirement, {unit.unit}"))
    return theme.finish(theme.layer(*drawn, marks.zero(), width=WIDTH, height=220), title, said)
