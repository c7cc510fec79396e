"""pydantic's models of parameter dataclasses: what says which rule a table breaks.

Loaded only for a table that `scenarios.parameters.accepted` does not accept: making the models takes a tenth of a
second.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticCustomError, PydanticKnownError

from scenarios.parameters.classes import kind_base
from scenarios.parameters.hints import required
from scenarios.parameters.rules import explain
from sim.errors import UserError
from sim.place import Place
from sim.sessions import EARLIEST, LATEST

CONFIG = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=False)


def validated(cls: type[Any], table: Mapping[str, Any], place: Place, *, partial: bool = False) -> dict[str, Any]:
    """The values that a table gives, by key. Raises UserError for the rule that it breaks."""
    model: Any = model_of  # Any: mypy takes a type variable's class for unhashable
    try:
        valid: BaseModel = model(cls, partial=partial).model_validate(dict(table))
    except ValidationError as error:
        raise explain(error, place, cls, table) from None
    found = valid.model_dump(exclude_unset=True)
    # A policy or a model that was made in Python stays as it is: of it pydantic makes a table without its class.
    return {key: made if dataclasses.is_dataclass(made := getattr(valid, key)) else found[key] for key in found}


def can_be_written(cls: type[Any]) -> bool:
    """Whether a file can give the parameters of a class."""
    model: Any = model_of  # as above
    try:
        model(cls)
    except UserError:
        return False
    return True


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
