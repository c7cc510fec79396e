"""The types of parameters, as their dataclasses write them."""

from __future__ import annotations

import dataclasses
import sys
from functools import cache
from typing import Any, get_args, get_type_hints

from scenarios.parameters.classes import kind_base

PLAIN = (bool, float, int, str)
COMMON: dict[str, Any] = {  # types that are looked up nowhere: half of all, and looking one up takes 0.01 ms
    **{kind.__name__: kind for kind in PLAIN},
    **{f"{kind.__name__} | None": kind | None for kind in PLAIN},
}


@cache
def hints_of(cls: type[Any]) -> dict[str, Any]:
    """The types of a dataclass' fields; kept, as a record has thousands of anchors."""
    return {name: hint for base in reversed(cls.__mro__) for name, hint in _own_hints(base).items()}


@cache
def _own_hints(cls: type[Any]) -> dict[str, Any]:
    """Of the fields that a class declares itself; most have types that need not be looked up."""
    told: dict[str, Any] = vars(cls).get("__annotations__", {})
    if not told:
        return {}
    names, own = getattr(sys.modules.get(cls.__module__), "__dict__", {}), dict(vars(cls))
    known = {} if any(kind.__name__ in names or kind.__name__ in own for kind in PLAIN) else COMMON
    others = {name: text for name, text in told.items() if not isinstance(text, str) or text not in known}
    part: Any = type(cls.__name__, (), {"__annotations__": others, "__module__": cls.__module__})
    found = get_type_hints(part, own, names)  # looked up as the library does: the module's names first
    return {name: found[name] if name in others else known[text] for name, text in told.items()}


def chosen_keys(cls: type[Any]) -> dict[str, type[Any]]:
    """Fields of a parameter dataclass that a file chooses by `kind`, with what they are chosen from."""
    known: Any = hints_of  # mypy takes a class variable of a type variable for unhashable
    try:
        hints = known(cls)
    except (NameError, TypeError):  # a class of the user's own whose fields no file can give
        return {}
    return {key: base for key, hint in hints.items() for base in map(kind_base, (hint, *get_args(hint))) if base}


def required(field: dataclasses.Field[Any]) -> bool:
    """Whether a scenario must give the field."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
