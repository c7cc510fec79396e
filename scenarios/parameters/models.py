"""Scenario tables into parameter dataclasses: types and limits come from the dataclasses' own fields.

pydantic does the validating, on models made from the fields; every error leaves here as one line.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache, partial, reduce
from operator import or_
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticCustomError, PydanticKnownError

from agents.policies import Policy
from scenarios.parameters.classes import KINDS, find_class, kind_base
from scenarios.parameters.modules import Modules
from scenarios.parameters.rules import explain
from scenarios.parameters.unseen import known_values
from sim.errors import UserError
from sim.place import Place
from sim.sessions import EARLIEST, LATEST

Spec = TypeVar("Spec")
NOWHERE = Modules()
CONFIG = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=False)


def build(
    cls: type[Spec], table: Any, place: Place, *, default: Spec | None = None, modules: Modules = NOWHERE
) -> Spec:
    """An instance of the dataclass `cls` from a table of a scenario file.

    Keys that are missing keep the value they have in `default` (else the field's own default). Raises UserError.
    """
    if not isinstance(table, Mapping):
        raise place.error("must be a table of keys", value=table, remedy=f"write [{'.'.join(place.keys)}]")
    model: Any = model_of  # Any: mypy takes a type variable's class for unhashable
    try:
        valid = model(cls, partial=default is not None).model_validate(dict(table))
    except ValidationError as error:
        raise explain(error, place, cls, table) from None
    return _construct(cls, valid.model_dump(exclude_unset=True), place, default, modules)


@cache
def model_of(cls: type[Any], *, partial: bool = False) -> type[BaseModel]:
    """The pydantic model of a parameter dataclass; `partial` makes every key optional."""
    try:
        hints = get_type_hints(cls)
        fields: dict[str, Any] = {}
        for f in dataclasses.fields(cls):
            hint, among = hints[f.name], f.metadata.get("among")
            allowed = field_type(hint, partial=not required(f)) if among is None else _named(among)
            kind: Any = Annotated[allowed, Field(**f.metadata.get("limits", {}))]
            fields[f.name] = (kind, ... if required(f) and not partial else None)
        return create_model(cls.__name__, __config__=CONFIG, **fields)
    except (NameError, TypeError, PydanticUserError) as error:
        first = str(error).splitlines()[0]
        name = f"{cls.__module__}:{cls.__qualname__}"
        remedy = f"use plain types (numbers, strings, dates, tuples, dataclasses): {first}"
        raise UserError("a parameter's type cannot be written in a scenario file", place=name, remedy=remedy) from error


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


def field_type(hint: Any, *, partial: bool = False) -> Any:
    """The type that pydantic checks for a parameter's type hint. partial: of a table that overrides a default."""
    if kind_base(hint):
        return Any  # built by its `kind`, in `_chosen`
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return model_of(hint, partial=partial)
    if hint is date:
        return Annotated[date, BeforeValidator(_iso_date)]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is dict and dataclasses.is_dataclass(inner[1]):
        return types.GenericAlias(dict, (inner[0], field_type(inner[1])))
    if origin is tuple:
        items = tuple(i if i is Ellipsis else field_type(i) for i in inner)
        return Annotated[types.GenericAlias(tuple, items), Strict(False)]
    if origin is Union or origin is types.UnionType:
        return reduce(or_, (field_type(i) for i in inner))
    return hint


def _named(names: Collection[str]) -> Any:
    """A text that is one of some names at the time when it is read."""

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value not in names:
            *rest, last = (repr(name) for name in names)
            raise PydanticKnownError("literal_error", {"expected": " or ".join(filter(None, (", ".join(rest), last)))})
        return value

    return Annotated[Any, BeforeValidator(check)]


def _iso_date(value: Any) -> Any:
    """Dates as TOML or ISO text, that calendars reach to; never a number or a time of day."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("not a date")
    if not EARLIEST <= value <= LATEST:
        raise PydanticCustomError("date_out_of_reach", f"must lie between {EARLIEST} and {LATEST}")
    return value


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
    factory = {f.name: f for f in dataclasses.fields(cls)}[key].default_factory
    return None if factory is dataclasses.MISSING else factory()


def chosen(base: type[Spec], table: Any, place: Place) -> Spec:
    """What a table chooses by its `kind`: a policy, a model of margin. Raises UserError."""
    found: Spec = _chosen(base, table, place, None, NOWHERE)
    return found


def _chosen(base: type[Any], table: Any, place: Place, default: Any, modules: Modules) -> Any:
    """A parameter that is chosen by its `kind`: by default that of `default`, else the usual one."""
    usual = default.kind if default is not None else "every" if base is Policy else next(iter(KINDS[base]))
    if not isinstance(table, Mapping):
        raise place.error("must be a table of keys", value=table, remedy=f"write {place.keys[-1]}.kind = '{usual}'")
    values = dict(table)
    kind = values.pop("kind", usual)
    cls = find_class(kind, KINDS[base], base, str(place.at("kind")), modules)
    return build(cls, known_values(cls, values, kind), place, modules=modules)
