"""A scenario that changes another: `base` names a preset or a file beside it, and the rest is what differs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.files.beside import beside
from scenarios.reading.named_files import with_files
from scenarios.reading.shipped import catalogue, read_toml
from sim.nearest import nearest
from sim.place import Place

KEY = "base"
OWN = ("name", "title", "description", "regime", "notes")  # a scenario's own words: never its base's
SORTS = ("type", "kind")  # a table that names another one is another thing, and has none of the base's keys
DEEPEST = 8  # bases of bases


def with_base(tables: Mapping[str, Any], place: Place, folder: Path | None, *, trust: bool = True) -> dict[str, Any]:
    """The tables of the whole scenario: the base's, with these laid over them.

    Tables are laid over tables key by key, anchors over anchors of the same date; other lists and values replace the
    base's. A table with another `type` or `kind` replaces the base's whole. folder: where a base's file is looked for;
    the working folder where there is none. trust: follow links out of the folder. Raises UserError.
    """
    return _resolved(dict(tables), place, folder, trust, ())


def _resolved(
    tables: dict[str, Any], place: Place, folder: Path | None, trust: bool, above: tuple[Path, ...]
) -> dict[str, Any]:
    if KEY not in tables:
        return tables
    here = place.at(KEY)
    file = _file(tables[KEY], here, folder, trust)
    if file in above:
        raise here.error("a scenario is its own base", value=tables[KEY], remedy="name a preset, or a file without one")
    if len(above) == DEEPEST:
        raise here.error(f"a base has at most {DEEPEST} below it", value=tables[KEY], remedy="name one further down")
    home = file.parent.resolve()
    base = _resolved(read_toml(file), Place(str(file)), home, trust, (*above, file))
    if isinstance(base.get("agents"), Mapping):
        base["agents"] = with_files(base["agents"], Place(str(file)).at("agents"), home, trust=trust)
    inherited = {key: value for key, value in base.items() if key not in OWN}
    found = _laid_over(inherited, {key: value for key, value in tables.items() if key != KEY})
    rows = _anchors(inherited, tables)
    return found if rows is None else {**found, "storyline": {**found["storyline"], "anchor": rows}}


def _file(name: Any, place: Place, folder: Path | None, trust: bool) -> Path:
    presets = catalogue()
    if not isinstance(name, str):
        raise place.error("must be the name of a preset, or of a file beside this one", value=name)
    if name in presets:
        return presets[name].resolve()
    if not name.endswith(".toml"):
        raise place.error("no such preset", value=name, remedy=nearest(name, list(presets)))
    if folder is None and not trust:
        raise place.error("a base's file stands beside the scenario, and this one has no folder", value=name)
    file = beside(name, place, folder or Path.cwd(), links=trust)
    if not file.is_file():
        raise place.error("no such file beside this one", value=name, remedy="give its name, or a preset's")
    return file.resolve()


def _laid_over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and not _another(below, value):
            result[key] = _laid_over(below, value)
        else:
            result[key] = value
    return result


def _another(base: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    return any(key in own and own[key] != base.get(key) for key in SORTS)


def _anchors(base: Mapping[str, Any], own: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The base's anchors with those of the same date laid over them; None where the own list, if any, stands alone."""
    below, above = base.get("storyline"), own.get("storyline")
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return None
    rows, changed = _dated(below.get("anchor")), _dated(above.get("anchor"))
    if rows is None or changed is None:
        return None
    if len({str(row["date"]) for row in changed}) < len(changed):
        return None  # said where dates are checked
    by_date = {str(row["date"]): row for row in rows}
    for row in changed:
        by_date[str(row["date"])] = {**by_date.get(str(row["date"]), {}), **row}
    return [by_date[day] for day in sorted(by_date)]


def _dated(rows: Any) -> list[Mapping[str, Any]] | None:
    """Anchors with a date each; None where they are something else, which is told where they are read."""
    dated = isinstance(rows, list | tuple) and all(isinstance(row, Mapping) and "date" in row for row in rows)
    return list(rows) if dated else None
