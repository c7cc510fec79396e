"""How the desks of a class stand: live scores, for the students and the lecturer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scenarios.desk.trade.bots_lived import file_of
from scenarios.desk.trade.chosen import SHARED
from scenarios.desk.trade.lived import largest_fall

if TYPE_CHECKING:
    from scenarios.desk.trade.room import Room

Score = dict[str, Any]


def scores(room: Room) -> list[Score]:
    """name, pseudonym, P&L, drawdown ($), whether it stands, whether it has ordered: students, then policies."""
    record, lived = room.record, room.life.lived
    ordered = record.sheet.ordered(record.turn)
    begun = lived.turn >= 0
    found: list[Score] = [
        {
            "who": student.who,
            "name": student.name,
            "pseudonym": student.pseudonym,
            "kicked": student.kicked,
            "ordered": student.who in ordered,
            "pnl": lived.desks[student.who]["pnl"][-1] if begun else 0.0,
            "drawdown": lived.drawdowns[student.who] if begun else 0.0,
            "alive": lived.alive[student.who][-1] if begun else True,
        }
        for student in record.students.all
    ]
    return found + [_bot(name, pnl) for name, pnl in bots(room).items()]


def _bot(name: str, pnl: list[float]) -> Score:
    return {
        "who": None,
        "name": name,
        "pseudonym": name,
        "kicked": False,
        "ordered": False,
        "pnl": pnl[-1],
        "drawdown": largest_fall(list(pnl)),
        "alive": True,
    }


def bots(room: Room) -> dict[str, list[float]]:
    """P&L of the policies up to now, by name; of those that have lived that far. Empty while there is no world."""
    chosen, lived = room.record.chosen, room.life.lived
    if lived.turn < 0:
        return {}
    if chosen.mode == SHARED:
        return lived.bots
    lives = {name: life_of(room, number) for number, (name, _) in enumerate(chosen.bots)}
    return {name: [stage["pnl"] for stage in life[: lived.turn + 1]] for name, life in lives.items() if life}


def life_of(room: Room, number: int) -> list[dict[str, Any]]:
    """What a policy had at every decision; empty while it has not lived."""
    kept = room.lives.get(number)
    if kept is None and file_of(room.folder, number).exists():
        kept = room.lives[number] = json.loads(file_of(room.folder, number).read_text(encoding="utf-8"))
    return kept or []
