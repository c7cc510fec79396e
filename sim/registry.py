"""Classes (or commands) by the name that a user gives them, each imported when it is first asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeGuard, TypeVar, cast

Kind = TypeVar("Kind")


class Registry(MutableMapping[str, Kind]):
    """Classes of the house by name, in the order of their declaration.

    Names are known without importing anything. A name is looked up in `homes`, "package.module:Class", once.
    """

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._homes: dict[str, str | Kind] = dict(homes)

    def __getitem__(self, name: str) -> Kind:
        found: Any = self._homes[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = self._homes[name] = getattr(importlib.import_module(module), attribute)
        kind: Kind = found
        return kind

    def is_a(self, value: Any, *names: str) -> TypeGuard[Any]:
        """Whether a value is of one of these classes. Imports nothing: a class that is not imported has no values."""
        return any(isinstance(value, cast(type[Any], self[name])) for name in names if self._is_imported(name))

    def _is_imported(self, name: str) -> bool:
        found = self._homes[name]
        return not isinstance(found, str) or found.partition(":")[0] in sys.modules

    def __setitem__(self, name: str, kind: Kind) -> None:
        self._homes[name] = kind

    def __delitem__(self, name: str) -> None:
        del self._homes[name]

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)
