"""Order in which to make things whose tables name one another."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Edges = list[set[int]]  # by index of a thing: indices of others


def declared_order(named: Sequence[tuple[str, Collection[str]]]) -> list[int]:
    """Indices of things, each after those that its table names, otherwise by name. named: (name, names in its table).

    So a new thing whose table names others does not change their order.
    """
    edges: Edges = [{k for k, (other, _) in enumerate(named) if other in names} for _, names in named]
    everybody = set(range(len(named)))
    needed = [len(reached(place, edges, everybody)) for place in range(len(named))]
    return sorted(everybody, key=lambda place: (needed[place], named[place][0]))


def reached(place: int, edges: Edges, among: set[int]) -> set[int]:
    """All things reachable from one over the edges within `among`, itself included."""
    found, fresh = {place}, [place]
    while fresh:
        new = (edges[fresh.pop()] & among) - found
        found |= new
        fresh += new
    return found
