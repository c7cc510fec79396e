"""News lines of a class: the case's own, and what a day did to the market, in words."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sim.figure_text import fixed, percent

if TYPE_CHECKING:
    from scenarios.desk.trade.chosen import Chosen
    from scenarios.desk.trade.lived import Lived

MOST = 40  # lines shown
QUIET = 0.003  # of the asset: a smaller move is "little changed"


def news(chosen: Chosen, lived: Lived, who: int) -> list[dict[str, str]]:
    """Lines that a desk has seen so far, the youngest first: time and text."""
    if "news" not in chosen.visible or lived.turn < 0:
        return []
    if who in lived.told:
        return lived.told[who]
    now = lived.times[-1]
    found = [{"time": day, "text": text} for day, text in chosen.news if day <= now[:10]]
    found += _moves(lived, who)
    lived.told[who] = sorted(found, key=lambda line: line["time"], reverse=True)[:MOST]
    return lived.told[who]


def _moves(lived: Lived, who: int) -> list[dict[str, str]]:
    """One line for each day that has ended: the asset and its vol, from the last turn of a day to that of the next."""
    series = lived.desks[who]
    last: dict[str, int] = {time[:10]: turn for turn, time in enumerate(lived.times)}
    days = list(last.items())
    lines = []
    for (_, before), (_, turn) in pairwise(days):
        spot, vol = series["spot"][turn] / series["spot"][before] - 1, series["vol"][turn]
        word = "little changed" if abs(spot) < QUIET else f"{'up' if spot > 0 else 'down'} {percent(abs(spot), 1)}"
        text = f"The index is {word} since the day before, at {fixed(series['spot'][turn], 0)}; vol {percent(vol, 0)}."
        lines.append({"time": lived.times[turn], "text": text})
    return lines
