"""What a class is by its journal: who joined, what was ordered, at which turn it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.desk.trade.case import VISIBLE
from scenarios.desk.trade.chosen import SHARED, Chosen
from scenarios.desk.trade.journal import Journal, lines
from scenarios.desk.trade.order_sheet import OrderSheet
from scenarios.desk.trade.students import Students

LOBBY, RUNNING, PAUSED, ENDED, BROKEN = "lobby", "running", "paused", "ended", "broken"
FILE = "journal.jsonl"


class Record:
    """Changed by lines of its journal alone, each written before it counts.

    state: one of the above. turn: the decision that takes orders. number: of desks, once the class has begun.
    """

    def __init__(self, folder: Path, chosen: Chosen) -> None:
        self.chosen, self.students, self.sheet = chosen, Students(), OrderSheet()
        self.state, self.turn, self.number = LOBBY, 0, 0
        self.seconds, self.notes = chosen.seconds, chosen.notes
        self._known: dict[str, Callable[[dict[str, Any]], None]] = {
            "join": self._join,
            "order": self._order,
            "begin": self._begin,
            "step": self._step,
            "state": self._state,
            "pace": self._pace,
            "show": self._show,
            "kick": self._kick,
            "notes": self._note,
        }
        for line in lines(folder / FILE):
            self._known[line["do"]](line)
        self._journal = Journal(folder / FILE)

    def do(self, do: str, *, sync: bool = False, **line: Any) -> None:
        """Write a line, then do what it says. sync: wait until it is on the disk."""
        self._journal.write({"do": do, **line}, sync=sync)
        self._known[do](line)

    def close(self) -> None:
        """Nothing more is written."""
        self._journal.close()

    @property
    def seated(self) -> int:
        """Desks that somebody has."""
        return self.number if self.chosen.mode == SHARED else len(self.students)

    def _join(self, line: dict[str, Any]) -> None:
        self.students.add(line["name"], line["token"])

    def _order(self, line: dict[str, Any]) -> None:
        self.sheet.place(line["turn"], line["who"], line["venue"], line["units"])

    def _begin(self, line: dict[str, Any]) -> None:
        self.state, self.number = RUNNING, line["desks"]

    def _step(self, line: dict[str, Any]) -> None:
        self.turn = line["turn"] + 1

    def _state(self, line: dict[str, Any]) -> None:
        self.state = line["state"]

    def _pace(self, line: dict[str, Any]) -> None:
        self.seconds = line["seconds"]

    def _show(self, line: dict[str, Any]) -> None:
        shown = {*self.chosen.visible, line["what"]} - (set() if line["shown"] else {line["what"]})
        self.chosen = replace(self.chosen, visible=tuple(each for each in VISIBLE if each in shown))

    def _kick(self, line: dict[str, Any]) -> None:
        self.students.all[line["who"]].kicked = True

    def _note(self, line: dict[str, Any]) -> None:
        self.notes = line["text"]
