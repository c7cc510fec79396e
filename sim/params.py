"""Parameters: one place for a value's default, unit, meaning and limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sized
from typing import Any


def param(
    default: Any = dataclasses.MISSING,
    *,
    unit: str = "",
    help: str = "",
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    plausible: tuple[float, float] | None = None,
    against: str = "",
    longest: int | None = None,
    sparse: bool = False,
    among: Collection[str] | None = None,
    factory: Any = None,
    file: str = "",
) -> Any:
    """A dataclass field that documents and limits itself.

    Scenario files are validated against these fields, and the reference of keys is printed from them, so a default or a
    limit is written once.

    default, factory: the value where a file gives none, or what makes it; without either the file must give it.
    unit, help: unit and meaning, for the reference.
    gt, ge, lt, le: limits within which the engine can compute; a value outside is refused.
    plausible: range seen in markets, with a margin; a value outside is refused unless `run.as_given` is true.
    against: the amount of the same scenario that this one must be in proportion to.
    longest: maximum number of items of a list, or of characters of a text.
    sparse: an empty value is left out when a scenario is written.
    among: the names allowed for a text, looked up when a value is read.
    file: the kind of a file beside the scenario that may stand in place of the value, and is read with the scenario.
    """
    limits = {k: v for k, v in {"gt": gt, "ge": ge, "lt": lt, "le": le, "max_length": longest}.items() if v is not None}
    metadata = {
        "unit": unit,
        "help": help,
        "limits": limits,
        "plausible": plausible,
        "against": against,
        "sparse": sparse,
        "among": among,
        "file": file,
    }
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def written_fields(value: Any) -> list[dataclasses.Field[Any]]:
    """Fields of a parameter dataclass that are written to a file: sparse ones only if not empty."""
    return [f for f in dataclasses.fields(value) if not (f.metadata.get("sparse") and _empty(getattr(value, f.name)))]


def _empty(value: Any) -> bool:
    """Whether a value says nothing; a number always says something, 0 too."""
    return value is None or (isinstance(value, Sized) and not len(value))
