"""Tables that are plainly right: every key known, every value of its type and within its limits.

Only a yes is given here. What is not plainly right may still be right: that, and the words for what is wrong, are
pydantic's (`scenarios.parameters.validation`), which need not be loaded for a yes.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable, Collection, Mapping, Set
from datetime import date, datetime
from functools import cache, partial
from operator import ge, gt, le, lt
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin

from scenarios.parameters.classes import kind_base
from scenarios.parameters.hints import hints_of, required
from sim.sessions import EARLIEST, LATEST

Reader = Callable[[Any], Any]  # a value as its type has it; raises Unsure
COMPARE = {"gt": gt, "ge": ge, "lt": lt, "le": le}
LARGEST = 2**53  # whole numbers up to it are floats


class Unsure(Exception):
    """Not plainly right."""


def accepted(cls: type[Any], table: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any] | None:
    """The values that a table gives, by key, as pydantic reads them; None if it is not plainly right.

    partial: every key is optional.
    """
    reader: Any = _table  # Any: mypy takes a class for unhashable
    try:
        found: dict[str, Any] = reader(cls, partial)(dict(table))
    except Unsure:
        return None
    return found


@cache
def _table(cls: type[Any], partly: bool) -> Reader:
    """Reads a table into the keys of a parameter dataclass. Raises Unsure for a field of a type that is not here."""
    try:
        known: Any = hints_of  # as above
        hints = known(cls)
    except (NameError, TypeError):
        return _unsure
    fields = dataclasses.fields(cls)
    readers = {f.name: _field(f, hints[f.name]) for f in fields}
    if any(reader is _unsure for reader in readers.values()):
        return _unsure
    needed = frozenset() if partly else frozenset(f.name for f in fields if required(f))
    return partial(_read_table, readers, needed)


def _read_table(readers: dict[str, Reader], needed: Set[str], value: Any) -> dict[str, Any]:
    if type(value) is not dict or not needed <= value.keys() <= readers.keys():
        raise Unsure
    return {key: reader(value[key]) for key, reader in readers.items() if key in value}


def _field(field: dataclasses.Field[Any], hint: Any) -> Reader:
    limits, among = field.metadata.get("limits", {}), field.metadata.get("among")
    if among is not None:
        return _unsure if limits else partial(_read_name, among)
    reader = _reader(hint, partly=not required(field))
    return reader if not limits or reader is _unsure else partial(_read_limited, reader, limits)


def _read_limited(reader: Reader, limits: dict[str, Any], value: Any) -> Any:
    found = reader(value)
    if found is None:
        return None
    within = {key: limit for key, limit in limits.items() if key != "max_length"}
    if (within and type(found) not in (int, float)) or not all(COMPARE[key](found, to) for key, to in within.items()):
        raise Unsure
    longest = limits.get("max_length")
    if longest is not None and (type(found) not in (str, tuple, dict) or len(found) > longest):
        raise Unsure
    return found


def _reader(hint: Any, *, partly: bool = False) -> Reader:
    """What reads values of a type; `_unsure` for a type that is not here."""
    if kind_base(hint) or hint is Any:
        return _read_later
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        table: Any = _table
        found: Reader = table(hint, partly)
        return found
    if hint in SIMPLE:
        return SIMPLE[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal and all(type(word) is str for word in inner):
        return partial(_read_name, inner)
    if origin in (Union, types.UnionType):
        return _combined(tuple(map(_reader, inner)), _read_any_of)
    if origin is dict and inner[0] is str:
        return _combined((_reader(inner[1]),), _read_dict)
    if origin is tuple and inner[-1] is Ellipsis:
        return _combined((_reader(inner[0]),), _read_list)
    return _combined(tuple(map(_reader, inner)), _read_tuple) if origin is tuple else _unsure


def _combined(readers: tuple[Reader, ...], read: Callable[[tuple[Reader, ...], Any], Any]) -> Reader:
    return _unsure if _unsure in readers else partial(read, readers)


def _read_any_of(readers: tuple[Reader, ...], value: Any) -> Any:
    """What the one branch that takes the value makes of it; a text is the same for all."""
    found = []
    for reader in readers:
        try:
            found.append(reader(value))
        except Unsure:
            continue
    if not found or (len(found) > 1 and not all(type(each) is str for each in found)):
        raise Unsure
    return found[0]


def _read_dict(readers: tuple[Reader, ...], value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Unsure
    return {_read_text(key): readers[0](item) for key, item in value.items()}


def _read_list(readers: tuple[Reader, ...], value: Any) -> tuple[Any, ...]:
    if type(value) not in (list, tuple):
        raise Unsure
    return tuple(map(readers[0], value))


def _read_tuple(readers: tuple[Reader, ...], value: Any) -> tuple[Any, ...]:
    if type(value) not in (list, tuple) or len(value) != len(readers):
        raise Unsure
    return tuple(reader(item) for reader, item in zip(readers, value, strict=True))


def _read_name(among: Collection[str], value: Any) -> str:
    if type(value) is not str or value not in among:
        raise Unsure
    return value


def _read_float(value: Any) -> float:
    if type(value) is int and abs(value) <= LARGEST:
        return float(value)
    if type(value) is not float or not math.isfinite(value):
        raise Unsure
    return value


def _read_int(value: Any) -> int:
    if type(value) is not int or abs(value) >= 2**63:
        raise Unsure
    return value


def _read_text(value: Any) -> str:
    if type(value) is not str:
        raise Unsure
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unsure from None
    return value


def _read_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise Unsure
    return value


def _read_date(value: Any) -> date:
    try:
        found = date.fromisoformat(value) if type(value) is str else value
    except ValueError:
        raise Unsure from None
    if not isinstance(found, date) or isinstance(found, datetime) or not EARLIEST <= found <= LATEST:
        raise Unsure
    return found


def _read_none(value: Any) -> None:
    if value is not None:
        raise Unsure


def _read_later(value: Any) -> Any:
    """Tables, lists and plain values, read later."""
    if type(value) not in (dict, list, *SIMPLE):
        raise Unsure
    for item in (*value, *value.values()) if type(value) is dict else value if type(value) is list else ():
        _read_later(item)
    return value


def _unsure(value: Any) -> Any:
    raise Unsure


SIMPLE: dict[Any, Reader] = {
    float: _read_float,
    int: _read_int,
    str: _read_text,
    bool: _read_bool,
    date: _read_date,
    NoneType: _read_none,
}
