"""The form in which a class is opened: choices, usual values, and what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios.desk.trade.case import VISIBLE, Case, case, cases
from scenarios.desk.trade.chosen import MODES, MOST_PLACES, SIZES, own_case
from scenarios.reading.loading import load
from scenarios.reading.shipped import presets
from scenarios.worlds.orders_table import seats_of

DECIDE = {"1d": "once a day", "2h": "every two hours", "1h": "every hour", "30m": "every half hour", "tick": "at ticks"}
OWN = "own"


def form(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the template needs. given: what was typed or chosen so far; the rest is the case's own. Raises UserError."""
    found = _case(given)
    scenario = load(found.preset)
    values = {
        "title": found.title,
        "text": found.text,
        "seat": found.seat,
        "decide": found.decide,
        "seconds": f"{found.seconds:g}",
        "pace": "clock",
        "mode": "own",
        "size": "split",
        "places": "32",
        "until": scenario.end.isoformat(),
        "seed": str(scenario.run.seed),
        "changes": "",
        "bots": "yes",
        "pseudonyms": "",
        "visible": list(found.visible),
        "preset": found.preset,
        **given,
        "case": found.key,
    }
    return {
        "values": values,
        "cases": list(cases().values()),
        "case": found,
        "presets": list(presets()),
        "seats": [(name, name) for name in seats_of(scenario)],
        "days": [(day, day) for anchor in scenario.storyline.anchor[1:] if (day := anchor.date.isoformat())],
        "decides": DECIDE,
        "modes": MODES,
        "sizes": SIZES,
        "most_places": MOST_PLACES,
        "shown": VISIBLE,
        "policies": [bot.name for bot in found.bots],
    }


def _case(given: Mapping[str, Any]) -> Case:
    key = str(given.get("case") or next(iter(cases())))
    return own_case({"preset": "covid_crash_2020", **given}) if key == OWN else case(key)
