"""Errors for wrong results of agents and policies."""

from __future__ import annotations

from types import CodeType
from typing import Any

from sim.errors import SpiralError

YIELDS = "yield world.tick(Phase.TRADE), world.after(minutes(30), Phase.TRADE) or venue.trade(self, quantity)"


class WrongAnswer(SpiralError):
    """An agent or a policy returned or yielded something of the wrong kind. `code`: where it did."""

    def __init__(self, rule: str, code: CodeType | None = None, line: int | None = None) -> None:
        self.rule, self.code, self.line = rule, code, line
        super().__init__(rule, code, line)

    def __str__(self) -> str:
        return self.rule


def wrong_yield(event: Any, code: CodeType | None, line: int | None) -> WrongAnswer:
    """The error for a process that yields an event that can never come."""
    from simpy import Event  # a command that only reads a scenario needs no SimPy

    what = "an event of another world" if isinstance(event, Event) else shown(event)
    return WrongAnswer(f"it yielded {what}, which never comes; {YIELDS}", code, line)


def shown(value: Any) -> str:
    """A value in a few words."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} of {getattr(value, 'dtype', '?')} with shape {shape}"
    try:
        text = repr(value)
    except Exception:
        text = "?"
    return text if value is None else f"{type(value).__name__} {text[:60]}"
