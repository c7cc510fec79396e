"""In which order things are made whose tables name one another."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Edges = list[set[int]]  # by place of a thing: places of others


def declared_order(named: Sequence[tuple[str, Collection[str]]]) -> list[int]:
    """Places of things, each with its name and those that its table names: after these, and then by name.

    So a newcomer whose table names others leaves them where they were.
    """
    edges: Edges = [{k for k, (other, _) in enumerate(named) if other in names} for _, names in named]
    everybody = set(range(len(named)))
    needed = [len(reached(place, edges, everybody)) for place in range(len(named))]
    return sorted(everybody, key=lambda place: (needed[place], named[place][0]))


def reached(place: int, edges: Edges, among: set[int]) -> set[int]:
    """What can be reached from one over the edges without leaving `among`, itself included."""
    found, fresh = {place}, [place]
    while fresh:
        new = (edges[fresh.pop()] & among) - found
        found |= new
        fresh += new
    return found
