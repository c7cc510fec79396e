"""`NamedTuple`: the standard library's, without compiling every annotation at the import of its class.

That takes two thirds of the making of a class, and a command that shows a scenario makes seventy. Here annotations stay
the text that they are, as in any other class; `typing.get_type_hints` finds the types.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

OWN = ("__module__", "__annotations__")  # of a class' body, which are set as it is made

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Made(type):
        """Makes a named tuple of a class' body."""

        def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
            if not bases:
                return super().__new__(meta, name, bases, body)
            if bases != (NamedTuple,):
                raise TypeError("a named tuple has no other base")
            fields = body.get("__annotations__", {})
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__annotations__ = made.__new__.__annotations__ = fields  # the latter's are what `help` shows
            for key in body.keys() - {*OWN, *fields}:
                setattr(made, key, body[key])
            return made

    class NamedTuple(metaclass=_Made):
        """A tuple whose items have names, and types that are not looked at."""
