"""Tables of correlations: they name others that exist, and a pair has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.nearest import nearest

if TYPE_CHECKING:
    from sim.place import Place


def check_correlation(
    name: str,
    table: dict[str, float],
    known: list[str],
    what: str,
    given: dict[frozenset[str], float],
    at: Place,
) -> None:
    """Correlations of one thing with `known` others; `given` remembers them by pair, which may not have two."""
    for other, value in table.items():
        here = at.at("correlation", other)
        if other not in known:
            raise here.error(f"no such {what}", value=other, remedy=nearest(other, known))
        mirrored = given.setdefault(frozenset((name, other)), value)
        if mirrored != value:
            rule = f"the table of {other} gives this pair another correlation ({mirrored})"
            raise here.error(rule, value=value, remedy="give it in one of the two")
        if not -1 <= value <= 1:
            raise here.error("a correlation is between -1 and 1", value=value)
