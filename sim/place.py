"""The place of a value in a scenario, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sim.dataclass import dataclass
from sim.errors import UserError


@dataclass(frozen=True)
class Place:
    """A file (or preset) and a key path: prints as `crash.toml: agents.hedger.capital`, or as the `--set` behind it."""

    file: str
    keys: tuple[str, ...] = ()
    overrides: tuple[tuple[str, ...], ...] = ()

    def at(self, *keys: str | int) -> Place:
        """The place of a key below this one; integers count from 0 and print from 1."""
        below = tuple([str(k + 1) if isinstance(k, int) else k for k in keys])
        return Place(self.file, self.keys + below, self.overrides)  # `replace` takes three times as long

    def overridden_by(self, keys: Iterable[tuple[str, ...]]) -> Place:
        """The same place, with the keys that the command line has set."""
        return replace(self, overrides=tuple(keys))

    def error(self, rule: str, *, value: Any = None, remedy: str | None = None) -> UserError:
        """The user's mistake at this place, to be raised."""
        return UserError(rule, value=value, place=str(self), remedy=remedy)

    def around(self, inner: str | None) -> str:
        """This place prefixed to a relative one: `crash.toml: clock.calendar`."""
        return str(self) if not inner else inner if inner.startswith(self.file) else f"{self}: {inner}"

    def __str__(self) -> str:
        if any(keys == self.keys[: len(keys)] for keys in self.overrides):
            return f"--set {'.'.join(self.keys)}"
        for keys in self.overrides:
            if len(self.keys) > 1 and keys[:-1] in (self.keys, self.keys[:-1]):
                return f"--set {'.'.join(keys)}"  # it made the table, or is the one key that does not fit it
        return f"{self.file}: {'.'.join(self.keys)}" if self.keys else self.file
