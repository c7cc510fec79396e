"""pydantic's errors as one line: the rule, the value, the place, the remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from sim.errors import UserError
from sim.nearest import nearest
from sim.place import Place

if TYPE_CHECKING:
    from pydantic import ValidationError

RULES = {
    "missing": "this key is required",
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be a string",
    "tuple_type": "must be a list",
    "model_type": "must be a table of keys",
    "dict_type": "must be a table of keys",
    "too_long": "must have at most {max_length} items",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
    "value_error": "must be a date, YYYY-MM-DD",
    "extra_forbidden": "unknown key",
}


def explain(error: ValidationError, place: Place, cls: type[Any], table: Mapping[str, Any]) -> UserError:
    """The most telling of the errors: an unknown key first, since it often explains a missing one; or a long list."""
    errors = sorted(error.errors(), key=lambda e: e["type"] not in ("extra_forbidden", "too_long"))
    first = errors[0]
    kind = first["type"]
    path = first["loc"]
    # an unknown or a missing key comes last, even if it looks like a branch of a union
    end = len(path) - 1 if kind in ("extra_forbidden", "missing") else len(path)
    loc = tuple(key for key in path[:end] if not _is_branch(key)) + path[end:]
    where = _dated(place, loc, table)
    rule = RULES.get(kind, first["msg"][:1].lower() + first["msg"][1:]).format(**_numbers(first.get("ctx", {})))
    if kind == "missing":
        return where.error(rule, remedy=_help(cls, loc))
    if kind == "extra_forbidden":
        return where.error(rule, remedy=nearest(str(loc[-1]), _names(cls, loc[:-1])))
    long = kind in ("too_long", "string_too_long")
    return where.error(rule, value=len(first["input"]) if long else _shown(first["input"]), remedy=_help(cls, loc))


def _is_branch(key: str | int) -> bool:
    """pydantic names the branch of a union in the path; a scenario has no such key."""
    return isinstance(key, str) and (key in ("float", "int", "str", "bool", "none") or "[" in key)


def _numbers(ctx: Mapping[str, Any]) -> dict[str, Any]:
    return {k: f"{v:g}" if isinstance(v, float) else v for k, v in ctx.items()}


def _shown(value: Any) -> Any:
    """The offending value, shortened: a whole table would bury the message."""
    return "a table" if isinstance(value, Mapping) else str(value) if isinstance(value, date) else value


def _dated(place: Place, loc: tuple[str | int, ...], table: Mapping[str, Any]) -> Place:
    """The place of the error; an anchor goes by its date when it has one."""
    if loc[:1] == ("anchor",) and len(loc) > 1 and isinstance(loc[1], int):
        row = table["anchor"][loc[1]]
        when = row.get("date") if isinstance(row, Mapping) else None
        return place.at("anchor", str(when) if when else loc[1], *loc[2:])
    return place.at(*loc)


def _spec(cls: type[Any], loc: tuple[str | int, ...]) -> type[Any]:
    """The dataclass that holds the last key of `loc`."""
    for key in loc:
        hint = get_type_hints(cls).get(str(key)) if isinstance(key, str) else cls
        inner = [hint, *get_args(hint)]
        cls = next((h for h in inner if isinstance(h, type) and dataclasses.is_dataclass(h)), cls)
    return cls


def _names(cls: type[Any], loc: tuple[str | int, ...]) -> list[str]:
    return [f.name for f in dataclasses.fields(_spec(cls, loc)) if f.name != "name"]


def _help(cls: type[Any], loc: tuple[str | int, ...]) -> str | None:
    """The key's meaning, from its field."""
    fields = {f.name: f for f in dataclasses.fields(_spec(cls, loc[:-1]))}
    key = next((str(k) for k in reversed(loc) if isinstance(k, str)), "")
    if key not in fields or not fields[key].metadata.get("help"):
        return None
    unit = fields[key].metadata.get("unit")
    return f"{key} is: {fields[key].metadata['help']}" + (f" [{unit}]" if unit else "")
