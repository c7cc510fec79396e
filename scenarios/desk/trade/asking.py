"""Who asks, how often, and for how much: what stands before every answer of the classroom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from scenarios.desk.trade.rate_limit import RateLimit
from scenarios.desk.trade.tokens import LONGEST, hashed
from sim.errors import UserError

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

    from scenarios.desk.trade.room import Room
    from scenarios.desk.trade.rooms import Rooms
    from scenarios.desk.trade.students import Student

SEAT = "spiral_seat"  # cookie of a student
LARGEST = 16 * 1024  # bytes of a request to the interface
LARGEST_FORM = 256 * 1024  # bytes
A_STUDENT = RateLimit(20.0, 60.0)  # requests a second, and at once, by secret
AN_ORDER = RateLimit(5.0, 20.0)
AN_ADDRESS = RateLimit(5.0, 120.0)  # joins, by address: a class may sit behind one
A_WRONG_ONE = RateLimit(0.5, 30.0)  # secrets and codes that nobody has, by address


def rooms_of(request: Request) -> Rooms:
    """The classes of the desk."""
    found: Rooms = request.app.state.rooms()
    return found


def seated(request: Request) -> tuple[Room, Student]:
    """The student who asks: by cookie, or by `Authorization: Bearer`. Raises HTTPException.

    The desk that is meant follows from the secret alone.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(SEAT, "")
    found = rooms_of(request).of_student(token) if 0 < len(token) <= LONGEST else None
    if found is None:
        if token and not A_WRONG_ONE.allows(address(request)):
            raise HTTPException(429, "too many secrets that nobody has: wait a little")
        raise HTTPException(401, "this needs the secret of a student who has joined")
    require(A_STUDENT, hashed(token))
    return found


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "nowhere"


def require(limit: RateLimit, asker: str) -> None:
    """Raises HTTPException where one asks too often."""
    if not limit.allows(asker):
        raise HTTPException(429, f"too many requests: at most {limit.rate:g} a second", {"Retry-After": "1"})


async def fields(request: Request, most: int) -> FormData:
    """The fields of a small form without files. Raises HTTPException for one that is too large, or does not say."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST_FORM:
        raise HTTPException(413, f"a form says its length, at most {LARGEST_FORM // 1024} KiB")
    return await request.form(max_files=0, max_fields=most)


async def told(request: Request) -> dict[str, Any]:
    """The JSON object in a request. Raises UserError, or HTTPException for one that is too large."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise HTTPException(413, f"a request has at most {LARGEST // 1024} KiB")
    try:
        found = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise UserError("a request is JSON", place="body", remedy='as {"orders": {"asset": -1000}}') from None
    if not isinstance(found, dict):
        raise UserError("a request is a JSON object", value=type(found).__name__, place="body")
    return found
