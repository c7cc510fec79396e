"""What a class has lived through: what each desk sees now, and how it came there."""

from __future__ import annotations

import json
from typing import Any

from scenarios.desk.trade.chosen import Chosen

SERIES = ("spot", "vol", "pnl", "held", "neutral")  # kept of every turn, by desk; the last two at the asset's venue

COMMON = ("time", "tick", "last", "is_close", "done")  # of all desks


class Lived:
    """Grows by a turn whenever the world has stepped."""

    def __init__(self) -> None:
        self.times: list[str] = []
        self.ticks: list[int] = []
        self.desks: list[dict[str, list[Any]]] = []
        self.bots: dict[str, list[Any]] = {}  # P&L
        self.bots_held: dict[str, list[Any]] = {}  # units, at the asset's venue
        self.alive: list[list[bool]] = []  # by desk
        self.now: dict[str, Any] = {}
        self.drawdowns: list[float] = []  # by desk: largest fall of the P&L below its highest value before, $
        self._peaks: list[float] = []
        self._shown: list[bytes] = []
        self.told: dict[int, list[dict[str, str]]] = {}  # news by desk, once they have been put together

    @property
    def turn(self) -> int:
        """Number of the decision that is open: 0 at the start."""
        return len(self.times) - 1

    @property
    def done(self) -> bool:
        """Whether the clock has ended."""
        return bool(self.now.get("done"))

    def add(self, seen: dict[str, Any], chosen: Chosen) -> None:
        """The next turn."""
        self.now = seen
        self.times.append(seen["time"])
        self.ticks.append(seen["tick"])
        self.desks = self.desks or [{name: [] for name in SERIES} for _ in seen["desks"]]
        self.alive = self.alive or [[] for _ in seen["desks"]]
        for series, alive, desk in zip(self.desks, self.alive, seen["desks"], strict=True):
            asset, account = desk["venues"]["asset"], desk["account"]
            values = desk["market"]["spot"], desk["market"]["vol"], account["pnl"], asset["held"], asset["neutral"]
            for name, value in zip(SERIES, values, strict=True):
                series[name].append(value)
            alive.append(not (account["liquidated"] or account["defaulted"]))
        self._fall([desk["account"]["pnl"] or 0.0 for desk in seen["desks"]])
        for name, desk in seen["bots"].items():
            self.bots.setdefault(name, []).append(desk["account"]["pnl"])
            self.bots_held.setdefault(name, []).append(desk["venues"]["asset"]["held"])
        self.prepare(chosen)

    def prepare(self, chosen: Chosen) -> None:
        """Make what each student may see now."""
        self.told = {}
        if self.now:
            common = {"turn": self.turn, **{key: self.now[key] for key in COMMON}}
            self._shown = [_shown(common, desk, chosen) for desk in self.now["desks"]]

    def shown(self, who: int) -> bytes:
        """What a student sees, as JSON; made once after each step."""
        return self._shown[who] if who < len(self._shown) else b"null"

    def _fall(self, pnl: list[float]) -> None:
        self._peaks = [max(peak, now) for peak, now in zip(self._peaks or [0.0] * len(pnl), pnl, strict=True)]
        falls = zip(self.drawdowns or [0.0] * len(pnl), self._peaks, pnl, strict=True)
        self.drawdowns = [max(fall, peak - now) for fall, peak, now in falls]

    def to_json(self) -> dict[str, Any]:
        """For the class's file, once it has ended."""
        names = "times", "ticks", "desks", "bots", "bots_held", "alive", "now", "drawdowns"
        return {name: getattr(self, name) for name in names}

    @classmethod
    def of_json(cls, told: dict[str, Any], chosen: Chosen) -> Lived:
        """As `to_json` gave it."""
        found = cls()
        for name, value in told.items():
            setattr(found, name, value)
        found.prepare(chosen)
        return found


def largest_fall(pnl: list[float | None]) -> float:
    """Of a P&L that begins at 0."""
    peak = fall = 0.0
    for value in pnl:
        known = value or 0.0
        peak = max(peak, known)
        fall = max(fall, peak - known)
    return fall


def _shown(common: dict[str, Any], desk: dict[str, Any], chosen: Chosen) -> bytes:
    """What the lecturer lets a student see of the desk."""
    kept = dict(desk)
    if "greeks" not in chosen.visible:
        kept["book"] = {"value": desk["book"]["value"], "share": desk["book"]["share"]}
    if "neutral" not in chosen.visible:
        kept["venues"] = {name: {**venue, "neutral": None} for name, venue in desk["venues"].items()}
    return json.dumps(common | kept, separators=(",", ":"), allow_nan=False).encode()
