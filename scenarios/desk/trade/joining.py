"""Joining a class by its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from scenarios.desk.trade.asking import A_WRONG_ONE, address, rooms_of
from sim.errors import UserError

if TYPE_CHECKING:
    from starlette.requests import Request

    from scenarios.desk.trade.room import Room
    from scenarios.desk.trade.students import Student


def join_class(request: Request, code: object, name: object) -> tuple[Room, Student, str]:
    """The class, the new student, and the student's secret. Raises UserError or HTTPException."""
    room = rooms_of(request).of_code(code)
    if room is None:
        if not A_WRONG_ONE.allows(address(request)):
            raise HTTPException(429, "too many codes that no class has: wait a little")
        raise UserError("no class has this code", place="code", remedy="ask the lecturer for it")
    student, token = room.join(name)
    return room, student, token
