"""The types of parameters, as their dataclasses write them."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, get_args, get_type_hints

from scenarios.parameters.classes import kind_base


@cache
def hints_of(cls: type[Any]) -> dict[str, Any]:
    """The types of a dataclass' fields; kept, as a record has thousands of anchors."""
    return get_type_hints(cls)


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
