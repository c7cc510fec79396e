"""Dotted keys into a scenario's tables: `agents.hedger.policy.kind=band`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from scenarios.reading.plain_values import DEEPEST, parse_toml
from sim.errors import UserError
from sim.place import Place

LONGEST_NAME = 100  # characters of a key in a message
Keys = tuple[str, ...]
Overrides = Mapping[str, Any] | Iterable[str]


def parse(overrides: Overrides) -> dict[Keys, Any]:
    """Key paths and values, from a mapping or from `KEY=VALUE` texts (TOML values; bare words are strings)."""
    if isinstance(overrides, Mapping):
        return {_keys(key): value for key, value in overrides.items()}
    if isinstance(overrides, str):
        overrides = (overrides,)
    if not isinstance(overrides, Iterable):
        raise UserError("overrides are a table or KEY=VALUE texts", value=overrides, place="overrides")
    return dict(_assignment(text) for text in overrides)


def apply(tables: Mapping[str, Any], overrides: Mapping[Keys, Any], place: Place) -> dict[str, Any]:
    """The tables with the overrides set; missing tables are made, items go by number (from 1) or date.

    The given tables stay as they are. Those that no override changes are the same objects in the result.
    """
    result = dict(tables)
    own: dict[int, Any] = {}
    for keys, value in overrides.items():
        _set(result, keys, value, place.overridden_by([keys]), own)
    return result


def _keys(dotted: Any) -> Keys:
    keys = tuple(dotted.strip().split(".", DEEPEST)) if isinstance(dotted, str) else ()
    if not keys or not all(keys):
        raise UserError(
            "a key is written part.part.part", value=dotted, place="--set", remedy="e.g. agents.hedger.capital"
        )
    return keys


def _assignment(text: Any) -> tuple[Keys, Any]:
    dotted, equals, value = text.partition("=") if isinstance(text, str) else ("", "", "")
    if not equals:
        raise UserError(
            "must be KEY=VALUE", value=text, place="--set", remedy="e.g. --set agents.hedger.policy.kind=band"
        )
    return _keys(dotted), _toml(value.strip(), f"--set {dotted.strip()[:LONGEST_NAME]}")


def _toml(text: str, place: str) -> Any:
    try:
        return parse_toml(f"value = {text}", place)["value"]
    except tomllib.TOMLDecodeError:
        return text


def _set(tables: dict[str, Any], keys: Keys, value: Any, place: Place, own: dict[int, Any]) -> None:
    """Set a value in tables that are the result's own; each table on the way is copied once, into `own` by identity."""
    holder: Any = tables
    for depth, key in enumerate(keys[:-1]):
        at: Any = key
        if isinstance(holder, list):
            at = _index(holder, key, place.at(*keys[: depth + 1]))
        elif not isinstance(holder.get(key), dict | list):
            holder[key] = {}
        holder[at] = holder = _own(holder[at], own)
    if isinstance(holder, list):
        holder[_index(holder, keys[-1], place.at(*keys))] = value
    else:
        holder[keys[-1]] = value


def _own(holder: Any, own: dict[int, Any]) -> Any:
    """The table or list itself if it has been copied, else a copy; a table in the place of a plain value."""
    if id(holder) in own:
        return holder
    copied = list(holder) if isinstance(holder, list) else dict(holder) if isinstance(holder, dict) else {}
    own[id(copied)] = copied
    return copied


def _index(items: list[Any], key: str, place: Place) -> int:
    for i, item in enumerate(items):
        if key == str(i + 1) or (isinstance(item, dict) and str(item.get("date", "")) == key):
            return i
    remedy = f"count from 1 to {len(items)}, or give an anchor's date"
    raise place.error("no such item", value=key, remedy=remedy)


def plain(tables: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, Any]]:
    """Dotted keys and values of nested tables; lists are values, keys that are dotted already stay so."""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from plain(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def expand(tables: Mapping[str, Any], dotted: str) -> list[str]:
    """The keys that a dotted key with `*` stands for: each item of a list, each name of a table, that has the rest."""
    head, star, rest = dotted.partition("*")
    if not star:
        return [dotted]
    holder: Any = tables
    for key in head.rstrip(".").split(".") if head else ():
        holder = holder[int(key) - 1] if isinstance(holder, list) else holder.get(key, {})
    names = range(1, len(holder) + 1) if isinstance(holder, list) else holder if isinstance(holder, Mapping) else ()
    found = [key for name in names for key in expand(tables, f"{head}{name}{rest}")]
    return [key for key in found if _has(tables, key)]


def _has(tables: Mapping[str, Any], dotted: str) -> bool:
    try:
        value_at(tables, dotted, Place(""))
    except UserError:
        return False
    return True


def value_at(tables: Mapping[str, Any], dotted: str, place: Place) -> Any:
    """The value at a dotted key; UserError if there is none."""
    holder: Any = tables
    for key in (keys := _keys(dotted)):
        if isinstance(holder, list):
            holder = holder[_index(holder, key, place.at(*keys))]
        elif isinstance(holder, Mapping) and key in holder:
            holder = holder[key]
        else:
            raise place.at(*keys).error("the scenario has no such key", remedy="`spiral keys` names them all")
    return holder
