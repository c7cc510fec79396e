"""Differences in the inputs of two runs: scenario, paths, seed, twin, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.dataset import Run
from sim.text import one_line

SHOWN = 8  # keys of the scenario that are named
LONG = 40  # characters of a value
FIGURES = ("seed", "paths", "witnesses", "twin")
WORDS = ("title", "regime", "description")  # keys of the scenario that change no result
BESIDE = (*WORDS, *(f"run.{key}" for key in FIGURES))  # scenario keys that are not named, or by `FIGURES`


def said(a: Run, b: Run) -> list[str]:
    """A line a kind of difference, e.g. `scenario: feedback.impact 1 against 0`; one line where there is none."""
    mine, other = a.manifest, b.manifest
    lines = [_line(key, mine.get(key), other.get(key)) for key in FIGURES if mine.get(key) != other.get(key)]
    keys = list(scenario_keys(mine.get("scenario") or {}, other.get("scenario") or {}))
    if keys:
        named = "; ".join(f"{key} {_short(x)} against {_short(y)}" for key, x, y in keys[:SHOWN])
        more = f"; and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
        lines.append(f"scenario: {named}{more}")
    old, new = mine.get("versions") or {}, other.get("versions") or {}
    changed = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    lines += [_line(f"version of {name}", old.get(name), new.get(name)) for name in changed]
    return [one_line(line) for line in lines] or ["nowhere: the same scenario, paths, seed, twin and versions"]


def scenario_keys(mine: Any, other: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted key, value of one, value of the other) where two scenarios differ, but for `BESIDE`."""
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        for key in [*mine, *(key for key in other if key not in mine)]:
            yield from scenario_keys(mine.get(key), other.get(key), f"{at}.{key}" if at else str(key))
    elif isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other):
        for i, (x, y) in enumerate(zip(mine, other, strict=True)):
            yield from scenario_keys(x, y, f"{at}.{i + 1}")
    elif mine != other and at not in BESIDE:
        yield at, mine, other


def _line(what: str, mine: Any, other: Any) -> str:
    return f"{what}: {_short(mine)} against {_short(other)}"


def _short(value: Any) -> str:
    """A value in a few characters; "none" for one that is missing."""
    if value is None:
        return "none"
    if isinstance(value, Mapping | list):
        return f"({len(value)} entries)"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONG else f"{text[:LONG]}..."
