"""`@dataclass`: the standard library's, without compiling up to six methods for each class at its import.

Compiling takes half a millisecond a class, and a command that shows a scenario loads three hundred of them. Frozen
classes whose fields are given by keyword share the methods below instead; other frozen classes have their own methods
compiled when one is first called (objects are made without for `FEW` calls), and then are the standard library's. Any
other class is its from the outset.
Fields, `replace`, equality, hash, repr, subclasses and pickles are those of any frozen dataclass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import partial
from inspect import Parameter, Signature
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

SHARED = {"frozen": True, "kw_only": True}
LATE = {"frozen", "kw_only", "eq"}
CLASS_VARIABLE: Any = vars(dataclasses)["_FIELD_CLASSVAR"]
FIELD: Any = vars(dataclasses)["_FIELD"]
NO_FIELDS = ("ClassVar", "InitVar", "KW_ONLY")  # annotations that mean something else
FEW = 20  # objects of a class that are made without compiling: it takes as long as making 200
LATER: dict[Any, Any] = {}  # methods that are not compiled yet, and whose they are

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type[Any] | None = None, /, **how: bool) -> Any:
        """As `dataclasses.dataclass`."""
        if how == SHARED:
            return _share
        if how.get("frozen") and how.keys() <= LATE:
            return partial(_compile_late, how)
        return dataclasses.dataclass(cls, **how)


def _share(cls: Any) -> Any:
    """Give a class its fields and the shared methods, save those that it defines itself."""
    _find_fields(cls, kw_only=True)
    _take(cls, METHODS)
    return cls


def _compile_late(how: dict[str, bool], cls: Any) -> Any:
    """Give a class its fields, and methods that are compiled at their first call, save those that it defines itself."""
    _find_fields(cls, kw_only=how.get("kw_only", False))
    own = ("__init__", "__eq__", "__hash__") if how.get("eq", True) else ("__init__",)
    shared = {name: METHODS[name] for name in ("__repr__", "__setattr__", "__delattr__", "__signature__")}
    _take(cls, {**{name: _late(cls, name) for name in own}, **shared})
    return cls


def _find_fields(cls: Any, *, kw_only: bool) -> None:
    """Make a frozen dataclass of a class, with no method. Below a frozen class the library would compile two, so the
    bases pass for others meanwhile.
    """
    bases = [vars(base)["__dataclass_params__"] for base in cls.__mro__[1:] if "__dataclass_params__" in vars(base)]
    if not all(base.frozen for base in bases):
        raise TypeError("cannot inherit frozen dataclass from a non-frozen one")
    given = vars(cls).get("__annotations__", {})
    try:
        for base in bases:
            base.frozen = False
        if given:
            cls.__annotations__ = {name: object if _is_plain(kind) else kind for name, kind in given.items()}
        dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
    finally:
        for base in bases:
            base.frozen = True
        if given:
            cls.__annotations__ = given
    cls.__dataclass_params__.frozen = True
    for name, field in vars(cls)["__dataclass_fields__"].items():
        if name in given:
            field.type = given[name]


def _is_plain(kind: Any) -> bool:
    """Whether an annotation is text that makes a field. The library looks at each with two regular expressions."""
    return isinstance(kind, str) and not any(name in kind for name in NO_FIELDS)


def _take(cls: Any, methods: dict[str, Any]) -> None:
    own = vars(cls)
    for name, method in methods.items():
        if own.get(name) is None:
            setattr(cls, name, method)


def _late(cls: Any, name: str) -> Any:
    """A method that at its first call puts the library's in its place."""

    left = FEW if name == "__init__" else 0

    def method(self: Any, /, *args: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0 and _filled(self, vars(cls)["__dataclass_fields__"].values(), args, named):
            return None
        return _compiled(cls, name)(self, *args, **named)

    method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
    LATER[method] = cls
    return method


def _filled(self: Any, fields: Iterable[Any], args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Give an object its fields, as its class' own `__init__` would. False, and nothing is done, where the arguments do
    not fit, which that one tells, and for fields that are no arguments and arguments that are no fields.
    """
    fields = [field for field in fields if field._field_type is not CLASS_VARIABLE]
    given = dict(zip((field.name for field in fields if not field.kw_only), args, strict=False)) | named
    known = {field.name: field for field in fields if field.init and field._field_type is FIELD}
    needed = [name for name, field in known.items() if _shown(field) is Parameter.empty]
    alike = len(given) == len(args) + len(named) and len(known) == len(fields)
    if not (alike and given.keys() <= known.keys() and all(name in given for name in needed)):
        return False
    for name, field in known.items():
        made = field.default is dataclasses.MISSING and name not in given
        object.__setattr__(self, name, field.default_factory() if made else given.get(name, field.default))
    if hasattr(self, "__post_init__"):
        self.__post_init__()
    return True


def _compiled(cls: Any, name: str) -> Any:
    """The library's method, which the class has from now on: that of a class with the same fields and no other part."""
    found = method = vars(cls)[name]
    if method in LATER:
        init = name == "__init__"
        fields = {f.name: f for f in dataclasses.fields(cls)}
        after = {"__post_init__": None} if hasattr(cls, "__post_init__") else {}
        twin = type(
            cls.__name__, (), {"__annotations__": {key: f.type for key, f in fields.items()}, **fields, **after}
        )
        twin.__module__, twin.__qualname__ = cls.__module__, cls.__qualname__
        found = vars(dataclasses.dataclass(frozen=True, repr=False, init=init, eq=not init)(twin))[name]
        setattr(cls, name, found)
        LATER.pop(method, None)
    return found


def _init(self: Any, /, **given: Any) -> None:
    keep, missing = object.__setattr__, []
    for field in type(self).__dataclass_fields__.values():
        if field._field_type is not FIELD:
            continue
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
        if cls.__init__ in LATER:
            _compiled(LATER[cls.__init__], "__init__")
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
