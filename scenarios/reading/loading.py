"""Scenarios from presets, files and tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from agents.base import Agent
from markets.spec import (
    AssetSpec,
    ClockSpec,
    CreditSpec,
    FeedbackSpec,
    MarketSpec,
    RateSpec,
    StorylineSpec,
    VenueSpec,
    VenuesSpec,
)
from scenarios.checking.checks import check
from scenarios.checking.plausibility import check_plausible
from scenarios.parameters.classes import agent_types, find_class
from scenarios.parameters.models import build
from scenarios.parameters.modules import Modules
from scenarios.parameters.unseen import known_values
from scenarios.reading import overrides as override
from scenarios.reading.based import KEY, with_base
from scenarios.reading.before import Before
from scenarios.reading.named_files import with_files
from scenarios.reading.plain_values import LONGEST_TEXT, check_plain
from scenarios.reading.recorded import as_recorded
from scenarios.reading.shipped import catalogue, read_toml
from scenarios.reading.shipped import find as find
from scenarios.scenario import RunSpec, Scenario, TwinSpec
from sim.arguments import path, takes
from sim.nearest import nearest
from sim.place import Place

AS_GIVEN = ("run", "as_given")  # its key
TEXTS = {"name": 100, "title": 300, "description": LONGEST_TEXT, "regime": 1_000}  # longest, in characters
MOST_AGENTS, MOST_ASSETS = 10_000, 200
DEFAULTS: dict[str, Any] = {
    "clock": ClockSpec(),
    "market": MarketSpec(),
    "venue": VenuesSpec(),
    "feedback": FeedbackSpec(),
    "credit": CreditSpec(),
}


@takes(name_or_path=path)
def load(
    name_or_path: str | Path, overrides: override.Overrides = (), *, as_given: bool = False, trust: bool = True
) -> Scenario:
    """Read a preset by its name, or a scenario file by its path (it ends in .toml or has a folder in it).

    Args:
        name_or_path: the preset or the file.
        overrides: keys to change, `{"agents.hedger.capital": 1e9}` or `["agents.hedger.policy.kind=band"]`. Items of
            lists go by their number from 1, anchors also by date (`storyline.anchor.2020-03-16.vol`).
        as_given: take levels that no market has had.
        trust: import the classes that the file names (`module:Class`), which runs their modules. If false, something
            stands in for each, and the scenario can be looked at but not run.

    Raises:
        UserError: for a mistake, with file, key and remedy.
    """
    file = find(name_or_path)
    place, folder = _label(file), file.parent.resolve()
    tables = read_toml(file)
    return from_dict(tables, place=place, folder=folder, overrides=overrides, as_given=as_given, trust=trust)


def from_dict(
    tables: Mapping[str, Any],
    *,
    place: str = "scenario",
    folder: Path | None = None,
    overrides: override.Overrides = (),
    as_given: bool = False,
    trust: bool = True,
) -> Scenario:
    """A scenario from nested tables, as a TOML file or `Scenario.to_dict` gives them.

    Args:
        tables: the tables of a scenario file; with `base`, what differs from that preset or file. Complete ones without
            `run.generator` are older than that key, so of NumPy's (`scenarios.reading.recorded`).
        place: what messages call them.
        folder: where files that it names are looked for, and modules of own classes, after Python's own places.
        overrides: as of `load`.
        as_given: take levels outside their plausible bounds; the same as `run.as_given = true` in the tables.
        trust: as of `load`.

    Raises:
        UserError: for a mistake, with key and remedy.
    """
    root = Place(place)
    if not isinstance(tables, Mapping):
        raise root.error(
            "must be tables of keys", value=type(tables).__name__, remedy="as Scenario.to_dict() gives them"
        )
    changes = override.parse(overrides) | ({AS_GIVEN: True} if as_given else {})
    return read_tables(tables, root, folder, changes, trust=trust).scenario


def read_tables(
    tables: Mapping[str, Any],
    root: Place,
    folder: Path | None,
    changes: Mapping[override.Keys, Any],
    *,
    trust: bool = True,
    before: Before | None = None,
) -> Before:
    """The scenario of some tables with changes made to them, and what it was built from. Raises UserError.

    before: a scenario of the same tables with other changes; what is the same in both is taken from it.
    """
    for keys, value in changes.items():
        check_plain(value, str(root.at(*keys).overridden_by([keys])))
    if before is None:
        check_plain(tables, root.file)
    tables = with_base(as_recorded(tables), root, folder, trust=trust)
    tables = override.apply(tables, changes, root)
    root = root.overridden_by(keys for keys in changes if keys != AS_GIVEN)
    _refuse_unknown(tables, root)
    if "agents" in tables:
        tables = {**tables, "agents": with_files(tables["agents"], root.at("agents"), folder, trust=trust)}
    scenario = _assemble(tables, root, Modules(folder, trust), before)
    passed = before.passed if before else ()
    check(scenario, root, passed)
    check_plausible(scenario, root, passed)
    return Before(tables, scenario)


def _label(file: Path) -> str:
    return file.stem if file == catalogue().get(file.stem) else str(file)


def _refuse_unknown(tables: Mapping[str, Any], place: Place) -> None:
    known = [f.name for f in dataclasses.fields(Scenario)] + [KEY]
    for key in tables:
        if key not in known:
            raise place.at(key).error("unknown key", remedy=nearest(key, known))
    for key in ("name", "storyline"):
        if key not in tables:
            raise place.at(key).error("this key is required", remedy="`spiral new` writes a complete file")
    for key, longest in TEXTS.items():
        if not isinstance(tables.get(key, ""), str):
            raise place.at(key).error("must be a string", value=tables[key])
        if (length := len(tables.get(key, ""))) > longest:
            raise place.at(key).error(f"must have at most {longest:,} characters", value=length, remedy="shorten it")
    notes = tables.get("notes", ())
    if not isinstance(notes, list | tuple) or not all(isinstance(note, str) for note in notes):
        raise place.at("notes").error("must be a list of strings", value=notes)


def _assemble(tables: Mapping[str, Any], place: Place, modules: Modules, before: Before | None) -> Scenario:
    parts: dict[str, Any] = {key: tables.get(key, "") for key in TEXTS}
    parts["title"] = parts["title"] or parts["name"]
    parts["notes"] = tuple(tables.get("notes", ()))

    def take(key: str, make: Callable[[Any, Place], Any], *needs: str) -> None:
        if before is not None and before.has(key, tables, *needs):
            parts[key] = getattr(before.scenario, key)
        else:
            parts[key] = make(tables.get(key, {}), place.at(key))

    for key, default in DEFAULTS.items():
        if key == "venue":
            take(key, lambda table, at: _venues(table, at, parts["market"].rates), "market")
        else:
            take(key, partial(_build, default))
    take("storyline", partial(build, StorylineSpec))
    take("assets", _assets)
    parts["agents"] = _agents(tables.get("agents", {}), place.at("agents"), modules, before)
    take("run", lambda table, at: _run(table, at, parts["feedback"]), "feedback")
    return Scenario(**parts)


def _build(default: Any, table: Any, place: Place) -> Any:
    return build(type(default), table, place, default=default)


def _run(table: Any, place: Place, feedback: FeedbackSpec) -> RunSpec:
    """The run's settings; a table for the twin changes only the loops that it names."""
    twin = table.get("twin") if isinstance(table, Mapping) else None
    if not isinstance(twin, Mapping):
        return build(RunSpec, table, place)
    run = build(RunSpec, {k: v for k, v in table.items() if k != "twin"}, place)
    loops = {k: v for k, v in twin.items() if k not in ("name", "price_takers")}
    name, takers = twin.get("name", "twin"), twin.get("price_takers", False)
    if not isinstance(name, str) or name in ("", "actual", "none"):
        raise place.at("twin", "name").error("must be a name other than 'actual' and 'none'", value=name)
    if not isinstance(takers, bool):
        raise place.at("twin", "price_takers").error("must be true or false", value=takers)
    loops_built = build(FeedbackSpec, loops, place.at("twin"), default=feedback)
    spec = TwinSpec(name=name, feedback=loops_built, price_takers=takers)
    return dataclasses.replace(run, twin=spec)


def _venues(table: Any, place: Place, rates: RateSpec) -> VenuesSpec:
    """The venues; those of further nodes stand beside the others under the nodes' names."""
    given = table if isinstance(table, Mapping) else {}
    known = [f.name for f in dataclasses.fields(VenuesSpec) if f.name != "further"]
    for name in given:
        if name not in known and name not in rates.nodes:
            raise place.at(name).error("unknown key", remedy=nearest(name, [*known, *rates.nodes]))
    usual = {name: item for name, item in given.items() if name in known}
    spec = build(VenuesSpec, usual if given else table, place, default=VenuesSpec())
    further = {name: build(VenueSpec, item, place.at(name)) for name, item in given.items() if name not in known}
    return dataclasses.replace(spec, further=further)


def _assets(tables: Any, place: Place) -> tuple[AssetSpec, ...]:
    if not isinstance(tables, Mapping):
        raise place.error("must be a table of assets", value=tables, remedy="write [assets.NAME] for each")
    if len(tables) > MOST_ASSETS:
        raise place.error(f"a scenario has at most {MOST_ASSETS} further assets", value=len(tables))
    made = []
    for name, table in tables.items():
        if isinstance(table, Mapping) and table.get("name", name) != name:
            remedy = f"rename the table [assets.{name}] instead"
            raise place.at(name, "name").error("an asset's name is its table's", value=table["name"], remedy=remedy)
        values = {**table, "name": name} if isinstance(table, Mapping) else table
        made.append(build(AssetSpec, values, place.at(name)))
    return tuple(made)


def _agents(tables: Any, place: Place, modules: Modules, before: Before | None) -> tuple[Agent, ...]:
    if not isinstance(tables, Mapping):
        raise place.error("must be a table of agents", value=tables, remedy="write [agents.NAME] for each")
    for name, table in tables.items():
        if isinstance(table, Mapping) and "type" not in table:
            typed = [other for other, t in tables.items() if isinstance(t, Mapping) and "type" in t]
            from difflib import get_close_matches

            remedy = nearest(name, typed) if get_close_matches(name, typed) else nearest("", list(agent_types()))
            raise place.at(name, "type").error("this key is required", remedy=remedy)
    made: list[Agent] = []
    for name, table in tables.items():
        kept = before.agents(name, table) if before else []
        made += kept or _copies(name, table, place.at(name), modules)
        if len(made) > MOST_AGENTS:
            remedy = "make agents larger instead: their capital, their books, their size"
            raise place.error(f"a scenario has at most {MOST_AGENTS:,} agents", value=len(made), remedy=remedy)
    return tuple(made)


def _copies(name: str, table: Any, place: Place, modules: Modules) -> list[Agent]:
    """The agent of one table, `count` times: name, name-2, name-3, ..."""
    if not isinstance(table, Mapping):
        raise place.error("must be a table of keys", value=table, remedy=f"write [agents.{name}]")
    values = dict(table)
    count = values.pop("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise place.at("count").error("must be a whole number > 0", value=count, remedy="number of identical agents")
    if count > MOST_AGENTS:
        remedy = "make the agent larger instead: its capital, its book, its size"
        raise place.at("count").error(f"a scenario has at most {MOST_AGENTS:,} agents", value=count, remedy=remedy)
    kind = values.pop("type")
    cls = find_class(kind, agent_types(), Agent, str(place.at("type")), modules)
    if values.get("name", name) != name:
        remedy = f"rename the table [agents.{name}] instead"
        raise place.at("name").error("an agent's name is its table's", value=values["name"], remedy=remedy)
    first = build(cls, {**known_values(cls, values, kind), "name": name}, place, modules=modules)
    return [first, *(dataclasses.replace(first, name=f"{name}-{i}") for i in range(2, count + 1))]
