"""Parameters: one place for a value's default, unit, meaning and limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
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
) -> Any:
    """A dataclass field that documents and limits itself; `longest`: most items of a list, most characters of a text.

    Scenario files are validated against these fields, and the reference of scenario keys is printed from them,
    so a default or a limit is written once. Limits (`gt` to `le`) are what the engine can compute with; `plausible`
    is where the markets' record lies, with room: a value outside it is refused unless the user insists. `against`
    names what else in the scenario the value is judged by, where only the proportion can be implausible. `sparse`:
    where the value is empty, the key is left out of what is written. `among`: the names that a text may be, looked up
    when a value is read.
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
    }
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def written_fields(value: Any) -> list[dataclasses.Field[Any]]:
    """Fields of a parameter dataclass that stand in what is written of it: sparse ones only where not empty."""
    return [f for f in dataclasses.fields(value) if not f.metadata.get("sparse") or getattr(value, f.name)]
