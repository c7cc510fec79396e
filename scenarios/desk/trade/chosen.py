"""What a lecturer has chosen for a class; frozen when it opens, and kept in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from agents.intervals import Interval
from scenarios.desk.trade.case import VISIBLE, Case, case
from scenarios.desk.trade.form_fields import lines_of, number, one_of
from scenarios.parameters.unseen import unseen_in
from scenarios.reading.loading import from_dict, load
from scenarios.reading.shipped import presets
from scenarios.scenario import Scenario
from scenarios.studies.sessions.due import EVENTS, when
from scenarios.worlds.clock import make_clock
from scenarios.worlds.orders_table import check_seat
from sim.errors import UserError

OWN, SHARED = "own", "shared"
MODES = {OWN: "a market each, with the same noise", SHARED: "one market for all, who crowd each other"}
SPLIT, WHOLE = "split", "whole"
SIZES = {SPLIT: "the desk's book and capital are divided among all", WHOLE: "everybody has the whole book"}
MOST_PLACES = 60
PACE = (0.5, 3600.0)  # seconds a decision may take
MOST_TEXT = 4000  # characters
OF_ONE = 0  # pace of a class that the lecturer steps by hand
OUTSIDE = "outside_"  # begins the keys of an anchor that are those of a world without the desks


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Plain values throughout, so that it goes through JSON."""

    title: str
    text: str
    notes: str
    scenario: dict[str, Any]  # tables, as `Scenario.to_dict` gives them
    seat: str
    decide: str
    mode: str
    size: str
    places: int
    seconds: float  # of a decision; OF_ONE: by hand
    visible: tuple[str, ...]
    pseudonyms: bool  # whether students see each other as "Desk 3"
    bots: tuple[tuple[str, dict[str, Any]], ...] = ()  # name, keys of the desk
    news: tuple[tuple[str, str], ...] = field(default=())  # ISO day, text

    def to_json(self) -> dict[str, Any]:
        """For the class's file."""
        return asdict(self)

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Chosen:
        """As `to_json` gave it."""
        bots = tuple((name, dict(keys)) for name, keys in told["bots"])
        news = tuple((day, text) for day, text in told["news"])
        return cls(**{**told, "visible": tuple(told["visible"]), "bots": bots, "news": news})

    def read_scenario(self) -> Scenario:
        """The scenario, classes of the user's own refused."""
        return from_dict(self.scenario, place="the class's scenario", trust=False)

    def decisions(self) -> int:
        """How often the world stops for orders, the first and the last day's close included."""
        clock, interval = make_clock(self.read_scenario()), Interval(self.decide)
        found, last = 0, 0
        for tick in range(len(clock.ticks)):
            if interval.due(clock, tick, last):
                found, last = found + 1, tick
        return found


def chosen(form: Mapping[str, Any]) -> Chosen:
    """What a lecturer's form says. Raises UserError, whose place is the field.

    form: `case` (a key of the catalogue, or "own" with `preset`), and optionally each field of `Chosen`, `changes`
    (lines KEY=VALUE on the preset), `until` and `seed`.
    """
    given = {key: value.strip() if isinstance(value, str) else value for key, value in form.items()}
    found = own_case(given) if given.get("case") == "own" else case(str(given.get("case", "")))
    scenario = _scenario(found, given)
    seat = check_seat(given.get("seat") or found.seat, scenario)
    decide = str(given.get("decide") or found.decide)
    when(decide)
    if decide == EVENTS:
        raise UserError("a class decides at ticks or intervals", value=decide, place="decide", remedy="'1d' or '2h'")
    by_hand = given.get("pace") == "hand"
    visible = tuple(each for each in VISIBLE if each in given["visible"]) if "visible" in given else found.visible
    return Chosen(
        title=_text(given, "title", found.title, 120),
        text=_text(given, "text", found.text, MOST_TEXT),
        notes=found.notes,
        scenario=scenario.to_dict(),
        seat=seat,
        decide=decide,
        mode=one_of("mode", given.get("mode") or OWN, MODES),
        size=one_of("size", given.get("size") or SPLIT, SIZES),
        places=int(number("places", given.get("places") or 32, 1, MOST_PLACES, whole=True)),
        seconds=OF_ONE if by_hand else number("seconds", given.get("seconds") or found.seconds, *PACE),
        visible=visible,
        pseudonyms=bool(given.get("pseudonyms")),
        bots=tuple((bot.name, dict(bot.keys)) for bot in found.bots) if given.get("bots", "yes") == "yes" else (),
        news=tuple((each.day.isoformat(), each.text) for each in found.news),
    )


def own_case(given: Mapping[str, Any]) -> Case:
    """A preset as a case without words; policies that every desk can have play along."""
    from scenarios.desk.trade.case import Bot

    preset = one_of("preset", str(given.get("preset", "")), presets())
    bots = (
        Bot("Never hedge", {"policy.kind": "never"}),
        Bot("Every half hour", {"policy.kind": "every", "policy.interval": "30m", "hedge_rates": True}),
        Bot("Once a day", {"policy.kind": "every", "policy.interval": "1d", "hedge_rates": True}),
    )
    read = load(preset)
    seat = "" if read.desk is None else read.desk.name
    words: dict[str, Any] = {"title": read.title, "text": " ".join(read.description.split()), "notes": ""}
    return Case(
        key="own", preset=preset, seat=seat, decide="1d", seconds=15.0, visible=tuple(VISIBLE), bots=bots, news=(),
        changes={}, **words,
    )  # fmt: skip


def _scenario(found: Case, given: Mapping[str, Any]) -> Scenario:
    changes: dict[str, Any] = dict(found.changes)
    for line in lines_of("changes", given.get("changes", "")):
        key, equals, value = line.partition("=")
        if not equals:
            raise UserError(
                "each line is KEY = VALUE", value=line, place="changes", remedy="agents.hedger.capital = 1e9"
            )
        changes[key.strip()] = _value(value.strip(), key.strip())
    if given.get("seed") not in (None, ""):
        changes["run.seed"] = int(number("seed", given["seed"], 0, 2**63 - 1, whole=True))
    read = load(found.preset, changes, trust=False)
    if foreign := unseen_in(read.agents):
        rule = "a class plays with Spiral's own agents and policies"
        raise UserError(rule, value=sorted(foreign)[0], place="changes", remedy="nothing is imported here")
    tables = read.to_dict()
    until = given.get("until") or found.until
    if until and str(until) != tables["storyline"]["anchor"][-1]["date"]:
        tables["storyline"] = _up_to(tables["storyline"], until)
    return from_dict(tables, place=found.preset, trust=False)


def _value(text: str, key: str) -> Any:
    from scenarios.reading.overrides import parse

    return next(iter(parse([f"{key}={text}"]).values()))


def _up_to(storyline: dict[str, Any], until: date | str) -> dict[str, Any]:
    """The storyline up to a day, which is one of its anchors'; its outside world is given then, not to be found."""
    days = [each["date"] for each in storyline["anchor"]]
    if str(until) not in days[1:]:
        raise UserError(
            "the last day is one of the storyline's", value=until, place="until", remedy=", ".join(days[1:])
        )
    kept = [_outside(each) for each in storyline["anchor"] if each["date"] <= str(until)]
    return {**storyline, "anchor": kept, "anchors": "exogenous", "calibration": None}


def _outside(anchor: dict[str, Any]) -> dict[str, Any]:
    """An anchor whose levels are those of the outside world, where it has such."""
    levels = {key.removeprefix(OUTSIDE): value for key, value in anchor.items() if key.startswith(OUTSIDE) and value}
    own = {key: value for key, value in anchor.items() if not key.startswith(OUTSIDE)}
    nodes = {**(own.get("nodes") or {}), **levels.pop("nodes", {})}
    return {**own, **levels, **({"nodes": nodes} if nodes else {})}


def _text(given: Mapping[str, Any], name: str, otherwise: str, most: int) -> str:
    found = str(given.get(name) or otherwise)
    if len(found) > most:
        raise UserError(f"has at most {most} characters", value=f"{len(found)} characters", place=name)
    return found
