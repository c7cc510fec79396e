"""`@dataclass` for parameters: the standard library's, without compiling six methods for each class.

Compiling takes half a millisecond a class, and a command that shows a scenario loads two hundred of them. Frozen
classes whose fields are given by keyword share the methods below instead; any other class is the standard library's.
Fields, `replace`, equality, hash, repr, subclasses and pickles are those of any frozen dataclass. What is made at every
tick stays the library's, whose `__init__` is faster.
"""

from __future__ import annotations

import dataclasses
from inspect import Parameter, Signature
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

SHARED = {"frozen": True, "kw_only": True}

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type[Any] | None = None, /, **how: bool) -> Any:
        """As `dataclasses.dataclass`."""
        return _share if how == SHARED else dataclasses.dataclass(cls, **how)


def _share(cls: Any) -> Any:
    """Give a class its fields and the shared methods, save those that it defines itself."""
    below = any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:])  # must then be frozen from the outset
    dataclasses.dataclass(init=False, repr=False, eq=False, frozen=below, kw_only=True)(cls)
    cls.__dataclass_params__.frozen = True
    own = vars(cls)
    for name, method in METHODS.items():
        if own.get(name) is None:
            setattr(cls, name, method)
    return cls


def _init(self: Any, /, **given: Any) -> None:
    keep, missing = object.__setattr__, []
    for field in dataclasses.fields(self):
        if field.name in given:
            keep(self, field.name, given.pop(field.name))
        elif field.default is not dataclasses.MISSING:
            keep(self, field.name, field.default)
        elif field.default_factory is not dataclasses.MISSING:
            keep(self, field.name, field.default_factory())
        else:
            missing.append(repr(field.name))
    if given or missing:
        raise TypeError(_misfit(type(self), [repr(name) for name in given], missing))
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _misfit(cls: type[Any], unknown: list[str], missing: list[str]) -> str:
    if unknown:
        return f"{cls.__qualname__}.__init__() got an unexpected keyword argument {unknown[0]}"
    *first, last = missing
    names = " and ".join(filter(None, (", ".join(first), last)))
    return (
        f"{cls.__qualname__}.__init__() missing {len(missing)} required keyword-only argument{'s' * bool(first)}: "
        f"{names}"
    )


@recursive_repr()
def _repr(self: Any) -> str:
    values = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(values)})"


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    names = [f.name for f in dataclasses.fields(self) if f.compare]
    return tuple(getattr(self, name) for name in names) == tuple(getattr(other, name) for name in names)


def _hash(self: Any) -> int:
    counted = (f for f in dataclasses.fields(self) if (f.compare if f.hash is None else f.hash))
    return hash(tuple(getattr(self, f.name) for f in counted))


def _setattr(self: Any, name: str, value: Any) -> None:
    _refuse(self, name, "assign to")
    object.__setattr__(self, name, value)


def _delattr(self: Any, name: str) -> None:
    _refuse(self, name, "delete")
    object.__delattr__(self, name)


def _refuse(self: Any, name: str, doing: str) -> None:
    """As the standard library: everything on the class itself, its fields on a plain subclass."""
    if "__dataclass_fields__" in vars(type(self)) or name in {f.name for f in dataclasses.fields(self)}:
        raise dataclasses.FrozenInstanceError(f"cannot {doing} field {name!r}")


class _Signature:
    """What `inspect.signature` and notebooks show of a class: its fields."""

    def __get__(self, instance: Any, cls: Any) -> Signature:
        if instance is not None or cls.__init__ is not _init:
            raise AttributeError("__signature__")
        fields = [f for f in dataclasses.fields(cls) if f.init]
        return Signature(
            [Parameter(f.name, Parameter.KEYWORD_ONLY, default=_shown(f), annotation=f.type) for f in fields]
        )


def _shown(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return Parameter.empty if field.default_factory is dataclasses.MISSING else field.default_factory


METHODS = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__signature__": _Signature(),
}
