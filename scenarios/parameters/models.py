"""Scenario tables into parameter dataclasses: types and limits come from the dataclasses' own fields.

A table that is plainly right is accepted at once; of any other, pydantic says what is wrong, and it leaves here as one
line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar, get_args, get_origin

from agents.policies import Policy
from scenarios.parameters.accepted import accepted
from scenarios.parameters.classes import KINDS, find_class, kind_base
from scenarios.parameters.hints import hints_of
from scenarios.parameters.modules import Modules
from scenarios.parameters.unseen import known_values
from sim.errors import UserError
from sim.place import Place

Spec = TypeVar("Spec")
NOWHERE = Modules()


def build(
    cls: type[Spec], table: Any, place: Place, *, default: Spec | None = None, modules: Modules = NOWHERE
) -> Spec:
    """An instance of the dataclass `cls` from a table of a scenario file.

    Keys that are missing keep the value they have in `default` (else the field's own default). Raises UserError.
    """
    if not isinstance(table, Mapping):
        raise place.error("must be a table of keys", value=table, remedy=f"write [{'.'.join(place.keys)}]")
    values = accepted(cls, table, partial=default is not None)
    if values is None:
        from scenarios.parameters.validation import validated  # it loads pydantic

        values = validated(cls, table, place, partial=default is not None)
    return _construct(cls, values, place, default, modules)


def _construct(cls: type[Spec], values: Mapping[str, Any], place: Place, default: Any, modules: Modules) -> Spec:
    """The dataclass from validated values, nested tables field by field over their defaults."""
    known: Any = hints_of  # Any: mypy takes a type variable's class for unhashable
    hints = known(cls)
    made = {
        k: _value(hints[k], v, place.at(k), getattr(default, k, None) or _factory(cls, k), modules)
        for k, v in values.items()
    }
    made_from: Any = cls if default is None else partial(dataclasses.replace, default)
    try:
        instance: Spec = made_from(**made)
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # a class of the user's own may raise anything
        raise place.error(f"cannot be made ({type(error).__name__}: {error})", remedy="change its keys") from error
    return instance


def _value(hint: Any, value: Any, place: Place, default: Any, modules: Modules) -> Any:
    for base in map(kind_base, (hint, *get_args(hint)) if value is not None else ()):
        if base:
            return _chosen(base, value, place, default, modules)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _construct(hint, value, place, default, modules)
    if get_origin(hint) is dict:
        kind = get_args(hint)[1]
        return {key: _value(kind, item, place.at(key), None, modules) for key, item in value.items()}
    for branch in get_args(hint) if isinstance(value, Mapping) else ():
        if isinstance(branch, type) and dataclasses.is_dataclass(branch):  # a table that may be left out
            return _construct(branch, value, place, None, modules)
    if get_origin(hint) is tuple and isinstance(value, tuple):
        inner = get_args(hint)[0]
        return tuple(_value(inner, item, place.at(i), None, modules) for i, item in enumerate(value))
    return value


def _factory(cls: type[Any], key: str) -> Any:
    """The default value of a field that is a table itself."""
    factory = vars(cls)["__dataclass_fields__"][key].default_factory  # `fields` makes a tuple of all each time
    return None if factory is dataclasses.MISSING else factory()


def chosen(base: type[Spec], table: Any, place: Place) -> Spec:
    """What a table chooses by its `kind`: a policy, a model of margin. Raises UserError."""
    found: Spec = _chosen(base, table, place, None, NOWHERE)
    return found


def _chosen(base: type[Any], table: Any, place: Place, default: Any, modules: Modules) -> Any:
    """A parameter that is chosen by its `kind`: by default that of `default`, else the usual one."""
    usual = default.kind if default is not None else "every" if base is Policy else next(iter(KINDS[base]))
    if isinstance(table, base):  # made in Python
        return build(type(table), {f.name: getattr(table, f.name) for f in dataclasses.fields(table)}, place)
    if not isinstance(table, Mapping):
        raise place.error("must be a table of keys", value=table, remedy=f"write {place.keys[-1]}.kind = '{usual}'")
    values = dict(table)
    kind = values.pop("kind", usual)
    cls = find_class(kind, KINDS[base], base, str(place.at("kind")), modules)
    return build(cls, known_values(cls, values, kind), place, modules=modules)
