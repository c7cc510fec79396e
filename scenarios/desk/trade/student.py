"""The students' pages: joining by a code, and the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from scenarios.desk.layout import page
from scenarios.desk.trade.asking import AN_ADDRESS, SEAT, address, fields, require, rooms_of, seated
from scenarios.desk.trade.joining import join_class
from scenarios.desk.trade.tokens import LONGEST
from sim.errors import UserError

if TYPE_CHECKING:
    from starlette.requests import Request

A_DAY = 24 * 3600


def join_page(request: Request) -> Response:
    """GET /join: who has a seat already goes on to it."""
    if request.cookies.get(SEAT) and rooms_of(request).of_student(request.cookies[SEAT][:LONGEST]):
        return RedirectResponse("/trade/seat", 303)
    return _page(request, {"code": request.query_params.get("code", "")})


def _page(request: Request, values: dict[str, str], error: UserError | None = None) -> Response:
    mistake = {"place": "", "text": ""} if error is None else {"place": error.place or "", "text": str(error)}
    values = {"code": "", "name": "", "key": "", **values}
    status = 200 if error is None else 400
    return page(request, "trade_join.html.j2", status=status, title="Join a class", values=values, error=mistake)


async def joined(request: Request) -> Response:
    """POST /join: by code and name, or back by the key that was shown at the desk."""
    require(AN_ADDRESS, address(request))
    form = await fields(request, 5)
    values = {name: str(form.get(name, ""))[:LONGEST] for name in ("code", "name", "key")}
    try:
        token = await run_in_threadpool(_token, request, values)
    except UserError as error:
        return _page(request, values, error)
    answer = RedirectResponse("/trade/seat", 303)
    answer.set_cookie(SEAT, token, max_age=A_DAY, httponly=True, samesite="strict")
    return answer


def _token(request: Request, values: dict[str, str]) -> str:
    """The secret of a new student, or of one who returns. Raises UserError."""
    key = values["key"].strip()
    if not key:
        return join_class(request, values["code"], values["name"])[2]
    found = rooms_of(request).of_student(key)
    if found is None:
        raise UserError("nobody has this key", place="key", remedy="join with the code instead")
    found[0].audit.note(found[1].name, "return", desk=found[1].who, address=address(request))
    return key


def seat(request: Request) -> Response:
    """GET /trade/seat: the desk."""
    try:
        room, student = seated(request)
    except HTTPException as error:
        if error.status_code != 401:
            raise
        return RedirectResponse("/join", 303)
    chosen = room.record.chosen
    return page(
        request,
        "trade_seat.html.j2",
        title=chosen.title,
        student=student,
        chosen=chosen,
        token=request.cookies.get(SEAT, ""),
        by_cookie=bool(request.cookies.get(SEAT)),
    )


def left(request: Request) -> Response:
    """POST /trade/leave: give the seat up in this browser; the key leads back."""
    answer = RedirectResponse("/join", 303)
    answer.delete_cookie(SEAT)
    return answer


ROUTES = [
    Route("/join", join_page),
    Route("/join", joined, methods=["POST"]),
    Route("/trade/seat", seat),
    Route("/trade/leave", left, methods=["POST"]),
]
